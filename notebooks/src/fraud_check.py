"""The fraud check of notebook 02: what somebody has to change in src/monolith.py, and two diffs side by side."""

import difflib
import json
import tempfile
from html import escape
from pathlib import Path

from IPython.display import HTML

MONOLITH = Path(__file__).with_name("monolith.py")
FOLDER = tempfile.TemporaryDirectory(prefix="workshop-")  # goes with the kernel

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


def edited_monolith():
    """The file of the monolith with the fraud check in it: a copy, under the same name."""
    source = MONOLITH.read_text("utf-8")
    for old, new in EDITS.items():
        assert source.count(old) == 1, f"src/monolith.py has not exactly one {old!r}"
        source = source.replace(old, new)
    copy = Path(FOLDER.name) / MONOLITH.name
    copy.write_text(source, "utf-8")
    return copy


def diff(before, after):
    """The lines that differ, each with its sign, and the line before and after each change.

    Args:
        before, after: files, or what deploy() returned for a workflow.
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), lineterm="", n=1)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _lines(what):
    if isinstance(what, Path):
        return what.read_text("utf-8").splitlines()
    return json.dumps(json.loads(what.definition), indent=1).splitlines()


def touched(lines):
    """How many lines of a diff were changed or removed, and how many were added beyond those."""
    gone, new = (sum(line.startswith(sign) for line in lines) for sign in "-+")
    return f"{gone} + {new - gone}"


def side_by_side(**diffs):
    """Two diffs in two columns, under their names; a sign and a colour for each line that differs."""
    heads = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in diffs)
    style = "text-align:left;vertical-align:top;width:50%"
    columns = "".join(f'<td style="{style}">{_column(lines)}</td>' for lines in diffs.values())
    return HTML(f'<table style="width:100%;table-layout:fixed"><tr>{heads}</tr><tr>{columns}</tr></table>')


def _column(lines):
    style = "white-space:pre-wrap;overflow-wrap:break-word;font-size:11px;line-height:1.4;margin:0"
    return f'<pre style="{style}">{chr(10).join(map(_marked, lines))}</pre>'


def _marked(line):
    tag, colour = {"+": ("ins", "rgba(0,158,115,0.25)"), "-": ("del", "rgba(213,94,0,0.25)")}.get(line[:1], ("", ""))
    text = escape(line)
    return f'<{tag} style="background-color:{colour};text-decoration:none">{text}</{tag}>' if tag else text
