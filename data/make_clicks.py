"""Makes data/clicks/: sessions of a shop that does not exist, and which of six offers each visitor took.

`python data/make_clicks.py` writes the same files every time. The signal is known, since it is written down here:
a visitor's chance to take an offer grows with the seconds spent on its page, on a phone the voucher is taken more
often, and so on (`_scores`). The label is drawn from these chances, so that nobody can be right every time:
`best_possible` is the share that a model that knew this file would get right.

In the second file, three weeks later, it is winter: who looks at tents takes the stove, and jackets go better.
"""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path

FOLDER = Path(__file__).with_name("clicks")
OFFERS = ("boots", "tent", "bike", "stove", "jacket", "voucher")
PAGES = (*OFFERS[:5], "sale", "search", "help", "home")
DEVICES = ("phone", "desktop", "tablet")
FILES = {"sessions-1.csv": (6000, False), "sessions-2.csv": (2000, True)}
_SEED = 20260105


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(exist_ok=True)
    for name, (rows, best) in make().items():
        with (FOLDER / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["session", "device", "visits", "clicks", "offer"])
            writer.writerows(rows)
        print(f"{name}: {len(rows)} sessions; at best {best:.1%} of the offers can be predicted")


def make() -> dict[str, tuple[list[list[str]], float]]:
    """For each file its rows, and the share that the best possible model gets right."""
    draw = random.Random(_SEED)
    number = 0
    files = {}
    for name, (count, winter) in FILES.items():
        rows, right = [], 0.0
        for _ in range(count):
            number += 1
            device = draw.choices(DEVICES, (5, 4, 1))[0]
            visits = 1 + min(int(draw.expovariate(0.5)), 9)
            clicks = _clicks(draw)
            chances = _chances(device, visits, clicks, winter=winter)
            right += max(chances)
            offer = draw.choices(OFFERS, chances)[0]
            trail = " ".join(f"{page}:{seconds}" for page, seconds in clicks)
            rows.append([f"s{number:05}", device, str(visits), trail, offer])
        files[name] = (rows, right / count)
    return files


def _clicks(draw: random.Random) -> list[tuple[str, int]]:
    """Pages with the seconds spent there: most visitors have one or two pages that they come for."""
    favourites = draw.sample(PAGES[:6], 2)
    clicks = [("home", draw.randint(2, 20))]
    for _ in range(draw.randint(2, 7)):
        page = draw.choice(favourites) if draw.random() < 0.65 else draw.choice(PAGES)
        clicks.append((page, 3 + min(int(draw.expovariate(1 / (40 if page in favourites else 12))), 180)))
    return clicks


def _chances(device: str, visits: int, clicks: list[tuple[str, int]], *, winter: bool) -> list[float]:
    weights = [math.exp(score) for score in _scores(device, visits, clicks, winter=winter)]
    return [weight / sum(weights) for weight in weights]


def _scores(device: str, visits: int, clicks: list[tuple[str, int]], *, winter: bool) -> list[float]:
    """The signal: one number for each offer; the chances are their softmax."""
    spent = dict.fromkeys(PAGES, 0)
    for page, seconds in clicks:
        spent[page] += seconds
    scores = {offer: 1.5 * math.log1p(spent.get(offer, 0) / 8) for offer in OFFERS}
    scores["voucher"] = 1.5 * math.log1p(spent["sale"] / 8) + 0.8 * (device == "phone") + 0.1 * visits
    scores["bike"] += 0.6 * (device == "desktop")
    if winter:
        scores["stove"] += 1.5 * math.log1p(spent["tent"] / 8)
        scores["tent"] -= 1.5
        scores["jacket"] += 0.8
    return [scores[offer] for offer in OFFERS]


if __name__ == "__main__":
    main()
