"""XGBoost as SageMaker's built-in algorithm: runs inside a training job's process. Nothing of ours is imported.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html and the image's own source
(https://github.com/aws/sagemaker-xgboost-container, algorithm_mode/train.py): CSV without a header and with the
label in the first column, or libsvm; channels `train` and `validation`; one line of metrics for each round, in
which a tab is written `#011`, as the logs of the image have it; the model is `xgboost-model`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

_ML = Path(os.environ["_OPT_ML"])

#: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html
_KNOWN = frozenset(
    """
    alpha base_score booster colsample_bylevel colsample_bynode colsample_bytree csv_weights
    deterministic_histogram early_stopping_rounds eta eval_metric gamma grow_policy interaction_constraints
    lambda lambda_bias max_bin max_delta_step max_depth max_leaves min_child_weight monotone_constraints
    normalize_type nthread num_class num_parallel_tree num_round objective one_drop process_type rate_drop
    refresh_leaf sample_type save_model_on_termination scale_pos_weight seed seed_per_iteration sketch_eps
    skip_drop subsample tree_method tweedie_variance_power updater verbosity
    """.split()  # noqa: SIM905 - fifty quoted words would be harder to read
)

#: Metrics that the image adds to XGBoost's own, of a prediction's most likely class.
_ADDED = ("accuracy", "f1", "mse", "r2")


class ClientError(Exception):
    """What the reader can put right: SageMaker's word for it."""


def main() -> None:
    """Train, and write the model."""
    hyperparameters = json.loads((_ML / "input" / "config" / "hyperparameters.json").read_text(encoding="utf-8"))
    channels = json.loads((_ML / "input" / "config" / "inputdataconfig.json").read_text(encoding="utf-8"))
    settings = _settings(hyperparameters)
    if "train" not in channels:
        raise ClientError("Missing required channel: train")
    weighted = bool(settings.pop("csv_weights", 0))
    train = _matrix("train", channels, weighted)
    watched = [(train, "train")]
    if "validation" in channels:
        watched.append((_matrix("validation", channels, False), "validation"))
    print(f"INFO:root:Train matrix has {train.num_row()} rows and {train.num_col()} columns", flush=True)
    rounds, early = settings.pop("num_round"), settings.pop("early_stopping_rounds", None)
    metrics = settings.pop("eval_metric", [])
    own = [metric for metric in metrics if metric not in _ADDED]
    if own:
        settings["eval_metric"] = own
    added = [metric for metric in metrics if metric in _ADDED]
    try:
        booster = xgboost.train(
            settings,
            train,
            num_boost_round=rounds,
            evals=watched,
            custom_metric=_custom(added) if added else None,
            early_stopping_rounds=early,
            callbacks=[_Lines()],
            verbose_eval=False,
        )
    except (ValueError, xgboost.core.XGBoostError) as problem:
        raise ClientError(f"XGB train call failed with exception:\n{problem}") from None
    booster.save_model(_ML / "model" / "xgboost-model.ubj")
    (_ML / "model" / "xgboost-model.ubj").replace(_ML / "model" / "xgboost-model")


def _settings(hyperparameters: dict[str, str]) -> dict[str, Any]:
    """Hyperparameters as values that XGBoost takes."""
    settings: dict[str, Any] = {}
    for name, value in hyperparameters.items():
        if name == "_tuning_objective_metric":
            continue
        if name not in _KNOWN:
            raise ClientError(f"Extraneous hyperparameter found: {name}")
        if name in ("num_round", "early_stopping_rounds", "csv_weights"):
            try:
                settings[name] = int(value)
            except ValueError:
                raise ClientError(f"Hyperparameter {name}: could not parse value {value}") from None
        elif name == "eval_metric":
            settings[name] = [each.strip() for each in value.strip("[]").replace("'", "").split(",") if each.strip()]
        elif name != "save_model_on_termination":
            settings[name] = value
    if "num_round" not in settings:
        raise ClientError("Missing required hyperparameter: num_round")
    tuned = hyperparameters.get("_tuning_objective_metric", "").partition(":")[2]
    if tuned and tuned not in settings.setdefault("eval_metric", []):
        settings["eval_metric"].append(tuned)
    return settings


def _matrix(channel: str, channels: dict[str, dict[str, str]], weighted: bool) -> xgboost.DMatrix:
    """All files of a channel as one matrix."""
    kind = channels[channel].get("ContentType", "text/libsvm").partition(";")[0].strip().lower()
    files = sorted(path for path in (_ML / "input" / "data" / channel).rglob("*") if path.is_file())
    if not files:
        raise ClientError(f"No data in {channel} channel path {_ML / 'input' / 'data' / channel}")
    if kind in ("csv", "text/csv"):
        try:
            rows = np.vstack([np.loadtxt(path, delimiter=",", ndmin=2, dtype=np.float32) for path in files])
        except ValueError as problem:
            raise ClientError(f"Failed to load csv data with exception:\n{problem}") from None
        weights, first = (rows[:, 1], 2) if weighted else (None, 1)
        return xgboost.DMatrix(rows[:, first:], label=rows[:, 0], weight=weights)
    if kind in ("libsvm", "text/libsvm", "text/x-libsvm"):
        return _libsvm("".join(path.read_text(encoding="utf-8").rstrip("\n") + "\n" for path in files))
    raise ClientError(f"{kind} is not an accepted ContentType: csv, libsvm, text/csv, text/libsvm, text/x-libsvm.")


def _libsvm(text: str) -> xgboost.DMatrix:
    """XGBoost 3 reads no text files any more."""
    from scipy.sparse import csr_matrix

    labels: list[float] = []
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    try:
        for line in filter(str.strip, text.splitlines()):
            label, *cells = line.partition("#")[0].split()
            labels.append(float(label.partition(":")[0]))
            for cell in cells:
                column, _, value = cell.partition(":")
                columns.append(int(column))
                values.append(float(value))
            ends.append(len(values))
    except ValueError as problem:
        raise ClientError(f"Failed to load libsvm data with exception:\n{problem}") from None
    return xgboost.DMatrix(csr_matrix((np.array(values, np.float32), columns, ends)), label=labels)


def _custom(metrics: list[str]) -> Any:
    def measure(predicted: Any, matrix: xgboost.DMatrix) -> list[tuple[str, float]]:
        from sklearn import metrics as known

        truth = matrix.get_label()
        if predicted.ndim > 1:
            classes = predicted.argmax(axis=1)
        else:
            classes = predicted > 0.5 if set(np.unique(truth)) <= {0.0, 1.0} else predicted
        measures = {
            "accuracy": lambda: known.accuracy_score(truth, classes),
            "f1": lambda: known.f1_score(truth, classes, average="macro"),
            "mse": lambda: known.mean_squared_error(truth, predicted),
            "r2": lambda: known.r2_score(truth, predicted),
        }
        return [(metric, float(measures[metric]())) for metric in metrics]

    return measure


class _Lines(xgboost.callback.TrainingCallback):
    """`[0]#011train-auc:0.91234#011validation-auc:0.89012` after each round."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        values = [
            f"#011{data}-{metric}:{history[-1]:.5f}"
            for data, metrics in evals_log.items()
            for metric, history in metrics.items()
        ]
        print(f"[{epoch}]{''.join(values)}", flush=True)
        return False


if __name__ == "__main__":
    try:
        main()
    except ClientError as problem:
        print(f"ERROR:sagemaker-containers:Reporting training FAILURE\n{problem}", flush=True)
        (_ML / "output" / "failure").write_text(f"ClientError: {problem}", encoding="utf-8")
        sys.exit(1)
