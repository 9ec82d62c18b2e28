"""A session of clicks as numbers. Preparing, training and predicting all import this: they cannot disagree."""

import math

PAGES = ("boots", "tent", "bike", "stove", "jacket", "sale", "search", "help")
OFFERS = ("boots", "tent", "bike", "stove", "jacket", "voucher")


def features(session):
    """Twelve numbers: seconds on each page (their logarithm), visits, clicks, phone, desktop."""
    spent = dict.fromkeys(PAGES, 0)
    clicks = session["clicks"].split()
    for click in clicks:
        page, _, seconds = click.partition(":")
        if page in spent:
            spent[page] += int(seconds)
    times = [math.log1p(spent[page]) for page in PAGES]
    device = session["device"]
    return [*times, int(session["visits"]), len(clicks), int(device == "phone"), int(device == "desktop")]
