"""Lambda function of notebook 10: everybody whom its workflows call. `do` says what, and the event what goes wrong."""

import os
import uuid

import boto3

TABLE, BUCKET = os.environ["TABLE"], os.environ["BUCKET"]
WORDS_A_MINUTE = 150


class BankBusy(Exception):
    """It passes: a moment later the bank is free."""


class BankSilent(Exception):
    """The money was booked, and the answer was lost on its way."""


class CardDeclined(Exception):
    """It does not pass, however often one asks."""


def handler(event, context):
    return ACTIONS[event["do"]](event)


def count(name):
    """How often this was counted, this time included: a function remembers nothing, a table does."""
    answer = boto3.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"id": {"S": f"count/{name}"}},
        UpdateExpression="ADD times :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["times"]["N"])


def price(event):
    return {"total": event["quantity"] * event["price"]}


def charge(event):
    """The bank is busy twice, declines, or has a fault of its own, as `card` says."""
    if event["card"] == "declined":
        raise CardDeclined(f"{event['order']}: the bank declines this card")
    if event["card"] == "busy" and count(event["order"]) <= 2:
        raise BankBusy(f"{event['order']}: try again in a moment")
    return {"charged": event["order"], "account": event["accounts"][event["card"]]}


def book(event):
    """Books under the name of the request, once; without a name, each request is a new one."""
    table, request = boto3.resource("dynamodb").Table(TABLE), event.get("request") or str(uuid.uuid4())
    item = {"id": f"booking/{request}", "order": event["order"], "total": event["total"]}
    if "Item" not in table.get_item(Key={"id": item["id"]}):
        table.put_item(Item=item)
    if event["line"] == "bad" and count(event["order"]) == 1:
        raise BankSilent(f"{event['order']}: no answer")
    return {"booked": event["order"]}


def look(event):
    """Where a print job is: done at the third look, failed at the second, or never done."""
    looks = count(event["job"])
    if event["kind"] == "torn" and looks > 1:
        return {"status": "FAILED"}
    return {"status": "DONE" if event["kind"] == "short" and looks > 2 else "PRINTING"}


def pack(event):
    return {"packed": event["item"]}


def write_up(event):
    """The text of a recording; kept in S3 under `keep_at`, if that is given."""
    text = "word " * (WORDS_A_MINUTE * event["minutes"])
    if "keep_at" not in event:
        return {"text": text}
    boto3.client("s3").put_object(Bucket=BUCKET, Key=event["keep_at"], Body=text.encode())
    return {"key": event["keep_at"]}


def count_words(event):
    """Takes what `write_up` answers: the text, or the key that it is kept at."""
    written = event["written"]
    if "key" in written:
        return {"words": len(boto3.client("s3").get_object(Bucket=BUCKET, Key=written["key"])["Body"].read().split())}
    return {"words": len(written["text"].split())}


ACTIONS = {action.__name__: action for action in (price, charge, book, look, pack, write_up, count_words)}
