"""Processing job: sessions of clicks become features, in three parts.

Three fifths are to train with, one fifth is the validation part, by which models are compared. The last fifth, the
test part, takes no part in either choice; it stays as the sessions were, for a transform job to send to the model.
"""

import csv
from pathlib import Path

from click_features import OFFERS, features

PROCESSING = Path("/opt/ml/processing")


def main():
    sessions = []
    for path in sorted((PROCESSING / "sessions").glob("*.csv")):
        with path.open(newline="") as file:
            sessions += csv.DictReader(file)
    rows = [[OFFERS.index(session["offer"]), *features(session)] for session in sessions]
    parts = {
        "train": [row for number, row in enumerate(rows) if number % 5 > 1],
        "validation": rows[::5],
        "test": [list(session.values()) for session in sessions[1::5]],
    }
    for name, part in parts.items():
        with (PROCESSING / name / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(part)
        print(f"{name}: {len(part)} sessions")


if __name__ == "__main__":
    main()
