"""Lambda function that Firehose calls with what it gathers: old tills send lines, and the lake keeps JSON."""

import base64
import json


def handler(event, context):
    return {"records": [{"recordId": record["recordId"], **clean(record["data"])} for record in event["records"]]}


def clean(data):
    """What becomes of one record: "Ok" with other data, "Dropped", or "ProcessingFailed" as it came."""
    line = base64.b64decode(data).decode().strip()
    if line == "TEST":
        return {"result": "Dropped", "data": data}
    try:
        shop, item, price = line.split(";")
        checkout = {"shop": shop, "item": item, "price": float(price)}
    except ValueError:
        return {"result": "ProcessingFailed", "data": data}
    return {"result": "Ok", "data": base64.b64encode(json.dumps(checkout).encode() + b"\n").decode()}
