"""Notebook 09: the same orders in each form that a distributed Map reads, and what an item of each looks like."""

import gzip
import json

from helpers import steps as newer

from stepfunctions import steps

ORDERS = [
    {"shop": "Larkspur", "item": "tea", "price": 2.5},
    {"shop": "Pinewood", "item": "cake", "price": 12},
    {"shop": "Larkspur", "item": "milk", "price": 1.2},
]
LINES = "\n".join(f"{order['shop']},{order['item']},{order['price']}" for order in ORDERS)

#: Name -> object, ReaderConfig.
FORMS = {
    "CSV, header in the file": (f"shop,item,price\n{LINES}", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}),
    "CSV, header given": (
        LINES.replace(",", "\t"),
        {
            "InputType": "CSV",
            "CSVHeaderLocation": "GIVEN",
            "CSVHeaders": ["shop", "item", "price"],
            "CSVDelimiter": "TAB",
        },
    ),
    "JSON, an array": (json.dumps(ORDERS), {"InputType": "JSON"}),
    "JSON, an array within": (
        json.dumps({"today": {"orders": ORDERS}}),
        {"InputType": "JSON", "ItemsPointer": "/today/orders"},
    ),
    "JSON, an object": (json.dumps({order["item"]: order for order in ORDERS}), {"InputType": "JSON"}),
    "JSON Lines, the first two": (
        "\n".join(json.dumps(order) for order in ORDERS),
        {"InputType": "JSONL", "MaxItems": 2},
    ),
    "a folder's files, flattened": (None, {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}),
    "a manifest of an S3 inventory": (None, {"InputType": "MANIFEST"}),
    "a manifest of Athena's UNLOAD": (None, {"ManifestType": "ATHENA_DATA", "InputType": "JSONL"}),
}


def upload_forms(workshop):
    """Put the orders into S3 in each form."""

    def put(key, text):
        body = text if isinstance(text, bytes) else text.encode()
        workshop.client("s3").put_object(Bucket=workshop.bucket, Key=f"forms/{key}", Body=body)

    for number, (text, _) in enumerate(FORMS.values()):
        if text is not None:
            put(str(number), text)
    for number, order in enumerate(ORDERS):
        put(f"parts/{number}.jsonl", json.dumps(order))
    put("inventory.csv.gz", gzip.compress("\n".join(f'"{workshop.bucket}","{n}.jpg"' for n in range(3)).encode()))
    inventory = {"fileFormat": "CSV", "fileSchema": "Bucket, Key", "files": [{"key": "forms/inventory.csv.gz"}]}
    put("7", json.dumps(inventory))
    put("8", "\n".join(f"s3://{workshop.bucket}/forms/parts/{number}.jsonl" for number in range(3)))


def read_forms(workshop):
    """A Parallel with a distributed Map for each form, which put out their items."""
    every = newer.Parallel("Every form")
    for number, (name, (_, config)) in enumerate(FORMS.items()):
        listing = "Transformation" in config
        where = {"Prefix": "forms/parts/"} if listing else {"Key": f"forms/{number}"}
        reader = {
            "Resource": f"arn:aws:states:::s3:{'listObjectsV2' if listing else 'getObject'}",
            "ReaderConfig": config,
            "Parameters": {"Bucket": workshop.bucket, **where},
        }
        every.add_branch(
            newer.DistributedMap(
                name, iterator=steps.Pass(f"Look {number}"), item_reader=reader, execution_type="EXPRESS"
            )
        )
    return every


def print_forms(execution):
    """A line for each form: how many items, and the first."""
    for name, items in zip(FORMS, execution.output, strict=True):
        print(f"{name:31}{len(items)}  {json.dumps(items[0])}")
