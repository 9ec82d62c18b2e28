"""Processing job: sessions of clicks become features, four fifths to train with, one fifth to judge by."""

import csv
from pathlib import Path

from click_features import OFFERS, features

PROCESSING = Path("/opt/ml/processing")


def main():
    rows = []
    for path in sorted((PROCESSING / "sessions").glob("*.csv")):
        with path.open(newline="") as file:
            for session in csv.DictReader(file):
                rows.append([OFFERS.index(session["offer"]), *features(session)])
    parts = {
        "train": [row for number, row in enumerate(rows) if number % 5],
        "validation": rows[::5],
    }
    for name, part in parts.items():
        with (PROCESSING / name / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(part)
        print(f"{name}: {len(part)} sessions, {len(part[0]) - 1} features")


if __name__ == "__main__":
    main()
