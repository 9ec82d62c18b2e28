"""Preprocessor of an InferencePipeline: sessions in, features out, in front of any model. It has nothing to learn."""

import csv
import io

from click_features import OFFERS, features

FIELDS = ("session", "device", "visits", "clicks", "offer")


def main():
    """The training job of a preprocessor that learns nothing."""
    print("nothing to learn")


# ---- the model server calls these four


def model_fn(model_dir):
    """What predict_fn gets as its model."""
    return features


def input_fn(data, content_type):
    """Lines of CSV become sessions; the first line of a file names its columns."""
    sessions = csv.DictReader(io.StringIO(data), FIELDS)
    return [session for session in sessions if session["session"] != "session"]


def predict_fn(sessions, to_features):
    """The label first, as XGBoost wants it: the offer that was taken, 0 where nobody knows yet."""
    return [[OFFERS.index(session["offer"] or OFFERS[0]), *to_features(session)] for session in sessions]


def output_fn(rows, accept):
    """libsvm, which XGBoost reads when nobody tells it a content type: `label 0:value 1:value ...`."""
    lines = [" ".join([str(label), *(f"{n}:{value:g}" for n, value in enumerate(row))]) for label, *row in rows]
    return "\n".join(lines) + "\n", "text/libsvm"


if __name__ == "__main__":
    main()
