"""The fraud check in notebook 02's monolith: what somebody has to change in src/monolith.py, and the diff of it."""

import difflib
from pathlib import Path

MONOLITH = Path(__file__).with_name("monolith.py")

#: Lines of the file -> what takes their place.
EDITS = {
    'TOPIC = os.environ["TOPIC"]\n': 'TOPIC = os.environ["TOPIC"]\nSEEN = os.environ["SEEN"]\n',
    '    record["decision"] = "approved" if record["adds_up"] else "rejected"\n': (
        '    record["suspicious"] = seen_before(record)\n'
        '    record["decision"] = "approved" if record["adds_up"] and not record["suspicious"] else "rejected"\n'
    ),
    "\n\ndef store(record):\n": '''

def seen_before(record):
    """Whether a receipt with the same vendor, date and total was handed in under another name."""
    fingerprint = "{vendor} {date} {total}".format(**record)
    try:
        with_retries(
            dynamodb.put_item,
            TableName=SEEN,
            Item={"fingerprint": {"S": fingerprint}, "receipt": {"S": record["receipt"]}},
            ConditionExpression="attribute_not_exists(fingerprint) OR receipt = :receipt",
            ExpressionAttributeValues={":receipt": {"S": record["receipt"]}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return True
    return False


def store(record):
''',
}


def edited():
    """The source of the monolith with the fraud check in it."""
    source = MONOLITH.read_text("utf-8")
    for old, new in EDITS.items():
        assert source.count(old) == 1, f"src/monolith.py has not exactly one {old!r}"
        source = source.replace(old, new)
    return source


def diff(before, after):
    """The lines that differ between two texts, each with its sign, and the line before each change."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return [line for line in lines if not line.startswith(("---", "+++"))]
