"""Searching the catalog of notebook 05: one key looked up, whatever the size of the library."""

CATALOG, TAGS = "workshop-05-catalog", "workshop-05-tags"


def search(dynamodb, word):
    """The names of the photos that have this label or this word in them, in alphabetical order.

    Args:
        dynamodb: a client.
        word: in any case.
    """
    found = dynamodb.get_item(TableName=CATALOG, Key={"word": {"S": word.casefold()}})
    return sorted(found.get("Item", {}).get("photos", {"SS": []})["SS"])


def make_tables(dynamodb, tags):
    """Two empty tables: each photo's tags, and each word's photos."""
    for name, key in ((TAGS, "photo"), (CATALOG, "word")):
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=tags,
        )
        dynamodb.get_waiter("table_exists").wait(TableName=name)
