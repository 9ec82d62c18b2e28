"""The table of notebook 04: an audit for each call."""

TABLE = "workshop-04-audits"


def make_table(workshop):
    """Make the table, empty, and wait until it is there; returns the client of DynamoDB.

    Args:
        workshop: what connect() returned.
    """
    dynamodb = workshop.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "call", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "call", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=workshop.tags,
    )
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE)
    return dynamodb
