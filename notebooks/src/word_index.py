"""Notebook 01: an index to search: for each word, what it stands in."""

import re


def add_words(dynamodb, table, source, text):
    """Enter a text's words; returns how many there are."""
    words = sorted(set(re.findall(r"[a-z]{3,}", text.lower())))
    for word in words:
        dynamodb.update_item(
            TableName=table,
            Key={"word": {"S": word}},
            UpdateExpression="ADD sources :s",
            ExpressionAttributeValues={":s": {"SS": [source]}},
        )
    return len(words)


def find_word(dynamodb, table, word):
    """What a word stands in: one key looked up, whatever the size of the index."""
    found = dynamodb.get_item(TableName=table, Key={"word": {"S": word.lower()}})
    return sorted(found.get("Item", {}).get("sources", {"SS": []})["SS"])
