"""The table of notebook 04: an audit for each call."""

from typing import Any

TABLE = "workshop-04-audits"


def make_table(dynamodb: Any, tags: list[dict[str, str]]) -> None:
    """Make the table, empty, and wait until it is there."""
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "call", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "call", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=tags,
    )
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE)
