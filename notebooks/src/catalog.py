"""The catalog of notebook 06: what was made, of what, by which execution, and which words are in it.

`src/keep_stage.py` writes its entries, one for each object in S3.
"""

import hashlib

from helpers.session import current

TABLE = "workshop-06-catalog"


def entries(dynamodb, **filters):
    """Address -> entry, of those that pass the filters of a Scan; in alphabetical order."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=current().name(TABLE), **filters)
    found = [entry for page in pages for entry in page["Items"]]
    return {entry["object"]["S"]: entry for entry in sorted(found, key=lambda entry: entry["object"]["S"])}


def search(dynamodb, word):
    """Line -> what of it has this word in it, one search for all lines."""
    found = entries(
        dynamodb,
        FilterExpression="contains(words, :word)",
        ExpressionAttributeValues={":word": {"S": word.casefold()}},
    )
    lines = {}
    for address in found:
        _, line, *_, name = key(address).split("/")
        lines.setdefault(line, set()).add(name.removesuffix(".json").removesuffix(".out"))
    return {line: sorted(names) for line, names in lines.items()}


def lineage(dynamodb, address):
    """What an object was made of, and that of what, down to raw data: (depth, address, entry or None) each."""
    known, todo = entries(dynamodb), [(0, address)]
    while todo:
        depth, address = todo.pop()
        entry = known.get(address)
        yield depth, address, entry
        todo += [(depth + 1, made_of) for made_of in reversed(sorted(entry["inputs"]["M"]) if entry else [])]


def changed(s3, dynamodb):
    """The objects that are gone, or no longer what they were when they, or something of them, were made."""
    noted = set()
    for address, entry in entries(dynamodb).items():
        noted |= {(address, entry["sha256"]["S"])}
        noted |= {(made_of, checksum["S"]) for made_of, checksum in entry["inputs"]["M"].items()}
    return sorted({address for address, checksum in noted if sha256(s3, address) != checksum})


def sha256(s3, address):
    """An object's checksum, computed from its bytes; None when it is gone."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        return hashlib.sha256(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).hexdigest()
    except s3.exceptions.NoSuchKey:
        return None


def key(address):
    """What comes after s3://bucket/."""
    return address.split("/", 3)[3]
