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

# Four fifths of XGBoost's import, two seconds of each job, are scikit-learn's, for an interface that is not used here.
sys.modules.setdefault("sklearn", None)  # type: ignore[arg-type]  # None: importing it fails
import xgboost  # noqa: E402

if sys.modules.get("sklearn") is None:
    del sys.modules["sklearn"]  # some of the image's metrics are its own

_ML = Path(os.environ["_OPT_ML"])

#: (least, or None; whether that is allowed itself; most, or None; whether that is) of a number.
_Interval = tuple[float | None, bool, float | None, bool]


def _from(least: float, most: float | None = None) -> _Interval:
    return least, True, most, True


def _above(least: float, most: float | None = None, *, itself: bool = True) -> _Interval:
    return least, False, most, itself


_SWITCH = ["true", "false"]

#: Hyperparameters with their ranges, and what they are parsed to, as the image has them:
#: https://github.com/aws/sagemaker-xgboost-container, algorithm_mode/hyperparameter_validation.py
_INTEGERS: dict[str, _Interval] = {
    "num_round": _from(1),
    "csv_weights": _from(0, 1),
    "early_stopping_rounds": _from(1),
    "verbosity": _from(0, 3),
    "nthread": _from(1),
    "max_depth": _from(0),
    "refresh_leaf": _from(0, 1),
    "max_leaves": _from(0),
    "max_bin": _from(0),
    "one_drop": _from(0, 1),
    "num_class": _from(2),
    "seed": _above(-(2**31), 2**31 - 1, itself=False),
    "num_parallel_tree": _from(1),
    "prob_buffer_row": _above(1.0),
}
_NUMBERS: dict[str, _Interval] = {
    "eta": _from(0, 1),
    "gamma": _from(0),
    "min_child_weight": _from(0),
    "max_delta_step": _from(0),
    "subsample": _above(0, 1),
    "colsample_bytree": _above(0, 1),
    "colsample_bylevel": _above(0, 1),
    "colsample_bynode": _above(0, 1),
    "lambda": _from(0),
    "alpha": _from(0),
    "sketch_eps": _above(0, 1, itself=False),
    "scale_pos_weight": _above(0),
    "rate_drop": _from(0, 1),
    "skip_drop": _from(0, 1),
    "lambda_bias": _from(0, 1),
    "tweedie_variance_power": _above(1, 2, itself=False),
    "base_score": _from(0),
    "aft_loss_distribution_scale": _from(0),
}
_CHOICES: dict[str, list[str]] = {
    "booster": ["gbtree", "gblinear", "dart"],
    "tree_method": ["auto", "exact", "approx", "hist", "gpu_hist"],
    "dsplit": ["row", "col"],
    "process_type": ["default", "update"],
    "grow_policy": ["depthwise", "lossguide"],
    "predictor": ["auto", "cpu_predictor", "gpu_predictor"],
    "sample_type": ["uniform", "weighted"],
    "normalize_type": ["tree", "forest"],
    "objective": [
        *("aft_loss_distribution", "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson"),
        *("multi:softmax", "multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear"),
        *("reg:squarederror", "reg:logistic", "reg:gamma", "reg:pseudohubererror", "reg:squaredlogerror"),
        *("reg:absoluteerror", "reg:tweedie", "survival:aft", "survival:cox"),
    ],
    "save_model_on_termination": _SWITCH,
    "aft_loss_distribution": ["normal", "logistic", "extreme"],
    "deterministic_histogram": _SWITCH,
    "sampling_method": ["uniform", "gradient_based"],
    "use_dask_gpu_training": _SWITCH,
}
#: Taken as they are; XGBoost reads them itself.
_FREE = ("updater", "monotone_constraints", "interaction_constraints", "eval_metric", "_tuning_objective_metric")

_ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}

#: For the image, not for XGBoost's own `train`.
_IMAGES = ("_tuning_objective_metric", "save_model_on_termination", "use_dask_gpu_training", "dsplit", "predictor")

#: Metrics that the image adds to XGBoost's own, of a prediction's most likely class.
_ADDED = (
    *("accuracy", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "mse", "r2"),
    *("precision", "precision_macro", "precision_micro", "recall", "recall_macro", "recall_micro"),
)

#: XGBoost's own that the image takes (constants/xgb_constants.py).
_METRICS = [
    *("accuracy", "auc", "aucpr", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "map", "ndcg", "precision"),
    *("r2", "recall", "precision_macro", "precision_micro", "recall_macro", "recall_micro", "aft-nloglik"),
    *("cox-nloglik", "error", "gamma-deviance", "gamma-nloglik", "interval-regression-accuracy", "logloss", "mae"),
    *("mape", "merror", "mlogloss", "mphe", "mse", "poisson-nloglik", "rmse", "rmsle", "tweedie-nloglik"),
]


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
        words = str(problem).partition("\nStack trace:")[0]  # its frames are places on this machine
        raise ClientError(f"XGB train call failed with exception:\n{words}") from None
    booster.save_model(_ML / "model" / "xgboost-model.ubj")
    (_ML / "model" / "xgboost-model.ubj").replace(_ML / "model" / "xgboost-model")


def _settings(hyperparameters: dict[str, str]) -> dict[str, Any]:
    """Hyperparameters as values that XGBoost takes, checked as the image does.

    https://github.com/aws/sagemaker-xgboost-container, sagemaker_algorithm_toolkit/hyperparameter_validation.py
    """
    given = {_ALIASES.get(name, name): value for name, value in hyperparameters.items()}
    if "num_round" not in given:
        raise ClientError("Missing required hyperparameter: num_round")
    settings = {name: _parsed(name, value) for name, value in given.items()}
    for name, value in settings.items():
        _check_range(name, value)
    tuned = given.get("_tuning_objective_metric", "").partition(":")[2]
    if tuned and tuned not in settings.setdefault("eval_metric", []):
        settings["eval_metric"].append(tuned)
    _check_together(settings)
    return {name: value for name, value in settings.items() if name not in _IMAGES}


def _parsed(name: str, value: str) -> Any:
    if name in ("_kfold", "_num_cv_round"):
        raise ClientError(f"Hyperparameter {name}: the local cloud does no cross validation. Remove it")
    if name not in (*_INTEGERS, *_NUMBERS, *_CHOICES, *_FREE):
        raise ClientError(f"Extraneous hyperparameter found: {name}")
    try:
        if name in _INTEGERS:
            return int(value)
        if name in _NUMBERS:
            return float(value)
    except ValueError:
        raise ClientError(f"Hyperparameter {name}: could not parse value (caused by ValueError)") from None
    if name == "eval_metric":
        return [each.strip() for each in value.strip("[]").replace("'", "").replace('"', "").split(",") if each.strip()]
    return value


def _check_range(name: str, value: Any) -> None:
    interval = _INTEGERS.get(name) or _NUMBERS.get(name)
    if interval is not None:
        least, closed, most, ends = interval
        low = least is None or value > least or (closed and value == least)
        high = most is None or value < most or (ends and value == most)
        if not (low and high):
            end = "+inf)" if most is None else f"{most}{']' if ends else ')'}"
            raise ClientError(f"Hyperparameter {name}: {value} is not in {'[' if closed else '('}{least}, {end}")
    elif name in _CHOICES and value not in _CHOICES[name]:
        raise ClientError(f"Hyperparameter {name}: {value} is not in {_CHOICES[name]}")
    elif name == "eval_metric":
        for metric in value:
            _check_metric(metric, value)


def _check_metric(metric: str, metrics: list[str]) -> None:
    name, at, threshold = (part.strip() for part in metric.partition("@"))
    if not at:
        if metric not in _METRICS:
            raise ClientError(f"Hyperparameter eval_metric: value {metrics} not in range {_METRICS}")
        return
    if name not in ("error", "ndcg", "map"):
        raise ClientError(
            f"Metric '{metric}' is not supported. Parameter 'eval_metric' with customized threshold should be one of "
            "these options: 'error', 'ndcg', 'map'."
        )
    try:
        float(threshold)
    except ValueError:
        raise ClientError(f"Threshold value 't' in '{name}@t' expects float input.") from None


def _check_together(settings: dict[str, Any]) -> None:
    """Hyperparameters that go only with others."""
    objective, metrics = settings.get("objective", ""), settings.get("eval_metric", [])
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in settings:
        raise ClientError("Require input for parameter 'num_class' for multi-classification")
    if "auc" in metrics and objective and not objective.startswith(("binary:", "rank:")):
        raise ClientError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise ClientError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")
    method = settings.get("tree_method")
    if "monotone_constraints" in settings and method not in ("exact", "hist"):
        raise ClientError(
            "monotone_constraints can be used only when the tree_method parameter is set to either 'exact' or 'hist'."
        )
    if "interaction_constraints" in settings and method not in ("exact", "hist", "approx"):
        raise ClientError(
            "interaction_constraints can be used only when the tree_method parameter is set to either 'exact', 'hist' "
            "or 'approx'."
        )


def _matrix(channel: str, channels: dict[str, dict[str, str]], weighted: bool) -> xgboost.DMatrix:
    """All files of a channel as one matrix."""
    kind = _content_type(channels[channel].get("ContentType"))
    folder = _ML / "input" / "data" / channel
    # As the image's _is_data_file has it.
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))
    if not files:
        raise ClientError(f"No data in {channel} channel path {folder}")
    if kind == "csv":
        rows = np.vstack(_same_width([_csv(path) for path in files], files))
        weights, first = (rows[:, 1], 2) if weighted else (None, 1)
        return xgboost.DMatrix(rows[:, first:], label=rows[:, 0], weight=weights)
    for path in files:
        _check_libsvm(path)
    return _libsvm("".join(path.read_text(encoding="utf-8").rstrip("\n") + "\n" for path in files))


def _content_type(given: str | None) -> str:
    """Csv or libsvm, of what the image takes (data_utils.py); libsvm when nothing is said."""
    kind, *parameters = (part.strip() for part in (given or "libsvm").lower().split(";"))
    if kind in ("csv", "text/csv"):
        sizes = [each.partition("=")[2].strip() for each in parameters if each.startswith("label_size")]
        if sizes not in ([], ["1"]):
            raise ClientError(
                f"{given} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
            )
        return "csv"
    if kind in ("libsvm", "text/libsvm", "text/x-libsvm"):
        return "libsvm"
    if kind in ("parquet", "application/x-parquet", "recordio-protobuf", "application/x-recordio-protobuf"):
        raise ClientError(f"{given} is not read by the local cloud. Give the channel in CSV or LIBSVM")
    raise ClientError(
        f"{given} is not an accepted ContentType: csv, libsvm, parquet, recordio-protobuf, text/csv, text/libsvm, "
        "text/x-libsvm, application/x-parquet, application/x-recordio-protobuf."
    )


def _csv(path: Path) -> np.ndarray:
    """The rows of a file; an empty field is a missing value.

    A first line that is no numbers is refused in the words of
    https://github.com/aws-samples/amazon-sagemaker-immersion-day/issues/82.
    """
    lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if not lines:
        return np.empty((0, 0), np.float32)
    separator = next((each for each in ",;\t|" if each in lines[0]), ",")  # the image sniffs it from the first line
    rows: list[list[float]] = []
    for number, line in enumerate(lines):
        cells = [cell.strip() for cell in line.split(separator)]
        for cell in cells:
            if cell and not _is_number(cell):
                if number == 0:
                    raise ClientError(
                        f"Non-numeric value '{cell[:1]}' found in the header line '{line[:50]}...' of file "
                        f"'{path.name}'. CSV format require no header line in it. If header line is already removed, "
                        "XGBoost does not accept non-numeric value in the data."
                    )
                raise ClientError(
                    f"Failed to load csv data with exception:\nNon-numeric value '{cell}' in line {number + 1} of file "
                    f"'{path.name}'"
                )
        if rows and len(cells) != len(rows[0]):
            raise ClientError(
                f"Failed to load csv data with exception:\nLine {number + 1} of file '{path.name}' has {len(cells)} "
                f"fields, the first has {len(rows[0])}"
            )
        rows.append([float(cell) if cell else float("nan") for cell in cells])
    table = np.array(rows, np.float32)
    if np.isnan(table[:, 0]).any():
        first = int(np.flatnonzero(np.isnan(table[:, 0]))[0]) + 1
        raise ClientError(
            f"Failed to load csv data with exception:\nLine {first} of file '{path.name}' has no label: its first "
            "field is empty"
        )
    return table


def _same_width(tables: list[np.ndarray], files: list[Path]) -> list[np.ndarray]:
    found = [(table, path) for table, path in zip(tables, files, strict=True) if table.size]
    if not found:
        raise ClientError(f"Failed to load csv data with exception:\nFile '{files[0].name}' is empty")
    first = found[0][0].shape[1]
    for table, path in found:
        if table.shape[1] != first:
            raise ClientError(
                f"Failed to load csv data with exception:\nFile '{path.name}' has {table.shape[1]} fields in a line, "
                f"file '{found[0][1].name}' has {first}"
            )
    return [table for table, _ in found]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _check_libsvm(path: Path) -> None:
    """The first line, in the words of https://github.com/aws/amazon-sagemaker-examples/issues/668."""
    with path.open(encoding="utf-8", errors="ignore") as file:
        line = file.readline().rstrip("\n")
    label, *cells = line.split() or [""]
    if line and not (_is_number(label.partition(":")[0]) and all(":" in cell for cell in cells)):
        missing = "Blankspace and colon" if not cells else "Colon"
        raise ClientError(
            f"{missing} not found in firstline '{line[:50]}...' of file '{path.name}'. ContentType by default is in "
            "libsvm. Please ensure the file is in libsvm format."
        )


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
            "balanced_accuracy": lambda: known.balanced_accuracy_score(truth, classes),
            "f1": lambda: known.f1_score(truth, classes, average="macro"),
            "f1_binary": lambda: known.f1_score(truth, classes),
            "f1_macro": lambda: known.f1_score(truth, classes, average="macro"),
            "mse": lambda: known.mean_squared_error(truth, predicted),
            "r2": lambda: known.r2_score(truth, predicted),
            "precision": lambda: known.precision_score(truth, classes),
            "precision_macro": lambda: known.precision_score(truth, classes, average="macro"),
            "precision_micro": lambda: known.precision_score(truth, classes, average="micro"),
            "recall": lambda: known.recall_score(truth, classes),
            "recall_macro": lambda: known.recall_score(truth, classes, average="macro"),
            "recall_micro": lambda: known.recall_score(truth, classes, average="micro"),
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
