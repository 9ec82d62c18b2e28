"""Searching the index of notebook 08."""

from helpers.session import current

INDEX = "workshop-08-index"


def search(dynamodb, word):
    """Title -> sentiment of the episodes in which the word, the name or the phrase is said, in alphabetical order.

    A Scan reads every entry, which is fine for a few hundred episodes. For more, see notebook 05's catalog.

    Args:
        dynamodb: a client.
        word: in any case.
    """
    found = dynamodb.scan(
        TableName=current().name(INDEX),
        FilterExpression="contains(words, :word)",
        ExpressionAttributeValues={":word": {"S": word.casefold()}},
    )
    titles = {entry["title"]["S"]: entry["sentiment"]["S"] for entry in found["Items"]}
    return dict(sorted(titles.items()))
