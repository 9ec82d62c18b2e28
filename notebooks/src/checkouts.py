"""Notebook 01: what the tills of four shops send, made up the same way each time."""

import json
import random

SHOPS = ("harbour", "larkspur", "pinewood", "greenleaf")
MENU = {"tea": 2.5, "coffee": 3.2, "cake": 4.8, "bread": 3.9, "beans": 11.5}


def checkouts(first, last):
    """The checkouts of the orders with these numbers; one in a hundred is a hamper."""
    orders = []
    for number in range(first, last + 1):
        dice = random.Random(number)
        item, count = dice.choice(list(MENU)), dice.randint(1, 4)
        order = {"order_id": number, "shop": dice.choice(SHOPS), "item": item, "price": round(count * MENU[item], 2)}
        orders.append({**order, "item": "hamper", "price": 120.0} if number % 100 == 0 else order)
    return orders


def send(kinesis, stream, orders):
    """Put orders into a stream, 500 a call, those of a shop into one shard; returns how many went in."""
    sent = 0
    for start in range(0, len(orders), 500):
        records = [
            {"Data": json.dumps(order).encode(), "PartitionKey": order["shop"]} for order in orders[start : start + 500]
        ]
        sent += len(records) - kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"]
    return sent
