"""Lambda function of notebook 01, repaired: says which records of a batch it could not keep."""

import base64
import json
import os
from decimal import Decimal, InvalidOperation

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    """Takes what Lambda reads from the stream, and returns the sequence numbers of what failed."""
    failed = []
    with table.batch_writer(overwrite_by_pkeys=["order_id"]) as batch:
        for record in event["Records"]:
            try:
                order = json.loads(base64.b64decode(record["kinesis"]["data"]))
                item = {**order, "order_id": str(order["order_id"]), "price": Decimal(str(order["price"]))}
            except (ValueError, KeyError, InvalidOperation):
                failed.append(record["kinesis"]["sequenceNumber"])
            else:
                batch.put_item(Item=item)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
