"""Searching the catalog of notebook 05: one key looked up, whatever the size of the library."""

from helpers.session import current

CATALOG = "workshop-05-catalog"


def search(dynamodb, word):
    """The names of the photos that have this label or this word in them, in alphabetical order.

    Args:
        dynamodb: a client.
        word: in any case.
    """
    found = dynamodb.get_item(TableName=current().name(CATALOG), Key={"word": {"S": word.casefold()}})
    return sorted(found.get("Item", {}).get("photos", {"SS": []})["SS"])
