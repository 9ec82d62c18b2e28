"""Lambda function of notebook 05: turns the tags of all photos into the entries of a catalog, one for each word.

Input: {"photos": [{"photo": …, "labels": [name, …], "words": [line of text, …]}, …]}.
"""

import re


def handler(event, context):
    """The entries in alphabetical order: {"word": "bird", "photos": ["bird.jpg"]}."""
    index = {}
    for tags in event["photos"]:
        for word in words_of(tags):
            index.setdefault(word, set()).add(tags["photo"].rpartition("/")[2])
    return [{"word": word, "photos": sorted(index[word])} for word in sorted(index)]


def words_of(tags):
    """Labels whole ("wine glass"), text word by word; what has no three letters in a row is left out."""
    read = re.findall(r"[^\W\d_]{3,}", " ".join(tags["words"]))
    return {word.casefold() for word in [*tags["labels"], *read]}
