"""Training job and model server: which of six offers will a visitor take? scikit-learn, script mode."""

import argparse
import csv
import io
import json
import os
from pathlib import Path

import joblib
import numpy as np
from click_features import OFFERS, features


def main():
    """The training job: arguments are the hyperparameters, folders come as SM_ variables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-depth", type=int, default=6)
    parser.add_argument("--trees", type=int, default=40)
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    options = parser.parse_args()
    if options.max_depth < 1:
        raise ValueError(f"a tree of depth {options.max_depth} decides nothing")

    from sklearn.ensemble import RandomForestClassifier  # takes a second: only where it is needed

    train = np.loadtxt(Path(options.train, "train.csv"), delimiter=",")
    validation = np.loadtxt(Path(options.validation, "validation.csv"), delimiter=",")
    model = RandomForestClassifier(options.trees, max_depth=options.max_depth, random_state=7)
    model.fit(train[:, 1:], train[:, 0])
    # SageMaker finds the metric in the log, by the regular expression of the metric definition.
    print(f"accuracy={model.score(validation[:, 1:], validation[:, 0]):.4f};")
    joblib.dump(model, Path(options.model_dir, "model.joblib"))


# ---- the model server calls these four


def model_fn(model_dir):
    """Load what the training job saved."""
    return joblib.load(Path(model_dir, "model.joblib"))


def input_fn(data, content_type):
    """Sessions, as JSON (one) or as CSV (many), become features."""
    if content_type == "application/json":
        sessions = [json.loads(data)]
    else:
        fields = ("session", "device", "visits", "clicks")
        sessions = list(csv.DictReader(io.StringIO(data), fields))
    return np.array([features(session) for session in sessions])


def predict_fn(rows, model):
    """The chance of each offer, for each session."""
    return model.predict_proba(rows)


def output_fn(chances, accept):
    """The best offer and its chance, as JSON for one session or as CSV lines."""
    best = [(OFFERS[row.argmax()], round(float(row.max()), 4)) for row in chances]
    if accept == "text/csv":
        return "".join(f"{offer},{chance}\n" for offer, chance in best), accept
    return json.dumps({"offer": best[0][0], "chance": best[0][1]}), "application/json"


if __name__ == "__main__":
    main()
