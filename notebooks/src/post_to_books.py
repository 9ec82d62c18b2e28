"""Lambda function of notebook 03: posts a record to the accounting books, which are busy at first.

Input: {"posting": a name of its own, "receipt": …, "total": …}. The first two tries of each posting fail.
"""

import os

import boto3

TABLE, REFUSALS = os.environ["TABLE"], 2  # a table counts the tries: a function remembers nothing
dynamodb = boto3.client("dynamodb")


class BooksBusy(Exception):
    """Somebody else is writing in the books; a moment later they are free."""


def handler(event, context):
    """What was posted, and at which try."""
    counted = dynamodb.update_item(
        TableName=TABLE,
        Key={"posting": {"S": event["posting"]}},
        UpdateExpression="ADD tries :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    tries = int(counted["Attributes"]["tries"]["N"])
    if tries <= REFUSALS:
        raise BooksBusy(f"try {tries} of {event['receipt']}: the books are busy, come back in a moment")
    return {"posted": event["receipt"], "total": event["total"], "tries": tries}
