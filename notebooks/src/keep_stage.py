"""Lambda function of notebook 06: keeps what a stage made, in S3 and in the catalog with its lineage.

Input: {"made": an s3:// address, "of": [the addresses that it was made of], "execution": …, "state": …}, and
"body" if the object is still to be written; "words": true if people should find it by the words in it. An address
that ends in "/" is everything below it.
"""

import hashlib
import json
import os
import re
from contextlib import suppress

import boto3

TABLE = os.environ["TABLE"]

s3 = boto3.client("s3")  # once for each worker, not for each event
dynamodb = boto3.client("dynamodb")


def handler(event, context):
    """The address, and the checksum of each object below it, computed from the object as it lies in S3."""
    if "body" in event:
        bucket, key = split(event["made"])
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(event["body"], indent=1), ContentType="application/json")
    inputs = {address: sha256(read(address)) for source in event["of"] for address in below(source)}
    kept = {}
    for address in below(event["made"]):
        content = read(address)
        kept[address] = sha256(content)
        entry = {"object": address, "execution": event["execution"], "state": event["state"], "sha256": kept[address]}
        write(entry, inputs, words_in(content.decode()) if event.get("words") else [])
    return {"object": event["made"], "sha256": kept}


def write(entry, inputs, words):
    """One entry of the catalog; a set in DynamoDB is never empty."""
    item = {name: {"S": value} for name, value in entry.items()}
    item["inputs"] = {"M": {address: {"S": checksum} for address, checksum in inputs.items()}}
    dynamodb.put_item(TableName=TABLE, Item={**item, "words": {"SS": words}} if words else item)


def words_in(text):
    """The words of three letters or more in JSON or in any other text, in alphabetical order."""
    with suppress(json.JSONDecodeError):  # no JSON: a table, say
        text = " ".join(texts(json.loads(text)))
    return sorted(set(re.findall(r"[^\W\d_]{3,}", text.casefold())))


def texts(value):
    """Every text in a JSON value, without the names of its fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def below(address):
    """The objects at an address, in alphabetical order, without what a service hides there (`.name`)."""
    if not address.endswith("/"):
        return [address]
    bucket, prefix = split(address)
    listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in listed for item in page.get("Contents", [])]
    return [f"s3://{bucket}/{key}" for key in keys if not key.rpartition("/")[2].startswith(".")]


def read(address):
    bucket, key = split(address)
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def split(address):
    """The bucket and the key of s3://bucket/key."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key
