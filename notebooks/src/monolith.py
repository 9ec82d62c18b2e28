"""Lambda function of notebook 02: handles a pile of receipts, from the photos to the notifications.

Input: {"bucket": …, "keys": […]}. Output: {"done": [a record for each], "failed": [{"key": …, "error": …}]}.
"""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TABLE = os.environ["TABLE"]
TOPIC = os.environ["TOPIC"]

MAX_TRIES = 6
FIRST_PAUSE = 0.5  # seconds, doubled after each try
RETRYABLE = {
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "ThrottledException",
    "ThrottlingException",
}
DATES = ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y")

# boto3 would retry in silence; with_retries does it where the log shows it.
once = Config(retries={"total_max_attempts": 1})
textract = boto3.client("textract", config=once)
dynamodb = boto3.client("dynamodb", config=once)
sns = boto3.client("sns", config=once)


class UnreadableReceipt(Exception):
    """There is no total, or no vendor."""


def handler(event, context):
    """Handle one receipt after the other; a bad one must not stop the rest."""
    print(f"INFO {len(event['keys'])} receipts")
    done, failed = [], []
    for key in event["keys"]:
        try:
            record = handle_receipt(event["bucket"], key)
        except Exception as error:
            print(f"ERROR {key}: {error}")
            failed.append({"key": key, "error": str(error)})
        else:
            print(f"INFO {key}: {record['decision']}")
            done.append(record)
    print(f"INFO {len(done)} done, {len(failed)} failed")
    return {"done": done, "failed": failed}


def handle_receipt(bucket, key):
    """Read, check, decide, store, notify."""
    record = to_record(key, *read(bucket, key))
    record["decision"] = "approved" if record["adds_up"] else "rejected"
    store(record)
    notify(record)
    return record


def read(bucket, key):
    """Both readings of the photo, at the same time."""
    photo = {"S3Object": {"Bucket": bucket, "Name": key}}
    with ThreadPoolExecutor(max_workers=2) as pool:
        text = pool.submit(with_retries, textract.detect_document_text, Document=photo)
        expense = pool.submit(with_retries, textract.analyze_expense, Document=photo)
        return text.result(), expense.result()


def with_retries(call, **request):
    """The call's answer; a call that is throttled is tried again, after longer and longer pauses."""
    attempt, pause = 1, FIRST_PAUSE
    while True:
        try:
            return call(**request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in RETRYABLE or attempt == MAX_TRIES:
                raise
            print(f"WARN {call.__name__}: {code}, try {attempt + 1} in {pause} s")
        time.sleep(pause)
        attempt, pause = attempt + 1, 2 * pause


def to_record(key, text, expense):
    """What Textract read, as one record."""
    document = expense["ExpenseDocuments"][0]
    fields = best_values(document["SummaryFields"])
    missing = [name for name in ("VENDOR_NAME", "TOTAL") if name not in fields]
    if missing:
        raise UnreadableReceipt(f"{key} has no {' and no '.join(missing)}")
    lines = [
        best_values(line["LineItemExpenseFields"])
        for group in document["LineItemGroups"]
        for line in group["LineItems"]
    ]
    prices = [to_amount(line.get("PRICE", "")) for line in lines]
    total, tax = to_amount(fields["TOTAL"]), to_amount(fields.get("TAX", ""))
    counted = sum(prices, tax)
    return {
        "receipt": key,
        "vendor": fields["VENDOR_NAME"],
        "date": to_date(fields.get("INVOICE_RECEIPT_DATE", "")),
        "total": float(total),
        "adds_up": counted == total,
        "reason": f"Items and tax come to {counted}, the receipt says {total}.",
        "text": "\n".join(block["Text"] for block in text["Blocks"] if block["BlockType"] == "LINE"),
    }


def best_values(fields):
    """Field type -> the text that Textract is surest of."""
    best = {}
    for field in fields:
        kind, value = field["Type"]["Text"], field["ValueDetection"]
        if kind not in best or value["Confidence"] > best[kind]["Confidence"]:
            best[kind] = value
    return {kind: value["Text"] for kind, value in best.items()}


def to_amount(text):
    """The number in "$1,234.50"; 0 when there is none."""
    digits = re.sub(r"[^0-9.\-]", "", text.replace(",", ""))
    return Decimal(digits or "0").quantize(Decimal("0.01"))


def to_date(text):
    """A date in any of the forms on our receipts, as 2025-12-31; "" when it is none of them."""
    for form in DATES:
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a receipt has no time zone
        except ValueError:
            continue
    return ""


def store(record):
    """One item in DynamoDB."""
    texts = ("receipt", "vendor", "date", "decision", "reason", "text")
    item = {name: {"S": record[name]} for name in texts} | {"total": {"N": str(record["total"])}}
    with_retries(dynamodb.put_item, TableName=TABLE, Item=item)


def notify(record):
    """One message to the sender."""
    message = "{receipt} for {vendor} is {decision}. {reason}".format(**record)
    with_retries(sns.publish, TopicArn=TOPIC, Message=message)
