"""A thousand comments of customers, and where they stand in S3."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

SHOPS = ("Fern Field", "Greenleaf", "Larkspur", "Pinewood")
GLAD = ("I love the new coffee.", "Friendly people, and quick.", "Best cake in town, thank you!", "A great place.")
SO_SO = ("The order was number forty.", "I came on Monday at nine.", "They sell bread and tea.")
CROSS = ("The soup was cold and awful.", "I waited an hour. Terrible.", "They were rude to my mother.", "Never again.")
#: How many of twenty comments are cross, for each shop.
CROSS_OF_TWENTY = dict(zip(SHOPS, (1, 2, 9, 3), strict=True))


def comments(count):
    """That many comments, the same every time: {"number", "shop", "text"}."""
    dice = random.Random(9)
    made = []
    for number in range(count):
        shop = SHOPS[number % len(SHOPS)]
        mood = dice.randrange(20)
        texts = CROSS if mood < CROSS_OF_TWENTY[shop] else SO_SO if mood > 16 else GLAD
        made.append({"number": number, "shop": shop, "text": dice.choice(texts)})
    return made


def key_of(folder, comment):
    """Where a comment stands: in order of their numbers, as S3 lists by name."""
    return f"{folder}/{comment['number']:04}.json"


def upload(workshop, folder, made):
    """Puts each comment into an object of its own; returns the keys."""
    s3 = workshop.client("s3")

    def put(comment):
        key = key_of(folder, comment)
        s3.put_object(Bucket=workshop.bucket, Key=key, Body=json.dumps(comment).encode())
        return key

    with ThreadPoolExecutor(16) as threads:
        return list(threads.map(put, made))
