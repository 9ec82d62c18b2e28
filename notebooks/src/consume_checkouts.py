"""Lambda function of notebook 01: keeps each checkout of a batch by its number, and prints the large ones."""

import base64
import json
import os
from decimal import Decimal

import boto3

LARGE = 100
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    """Takes what Lambda reads from the stream; an error in one record fails the whole batch."""
    with table.batch_writer(overwrite_by_pkeys=["order_id"]) as batch:
        for record in event["Records"]:
            keep(record, batch)


def keep(record, batch):
    order = json.loads(base64.b64decode(record["kinesis"]["data"]))
    price = Decimal(str(order["price"]))
    batch.put_item(Item={**order, "order_id": str(order["order_id"]), "price": price})
    if price > LARGE:
        print(f"LARGE order {order['order_id']}: {order['shop']} has sold a {order['item']} for ${price:.2f}")
