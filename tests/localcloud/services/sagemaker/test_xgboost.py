"""XGBoost: as the built-in algorithm, and as the framework with the reader's script."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture(scope="module")
def rows(lab: Any) -> np.ndarray:
    """A table with the label first, in S3 as csv and as libsvm."""
    random = np.random.default_rng(11)
    features = random.normal(size=(200, 3)).round(3)
    label = features[:, 0] * features[:, 1] > 0
    table = np.column_stack([label, features]).astype(np.float32)
    lines = [",".join(map(str, row)) for row in table]
    lab.put("xgb/train/a.csv", "\n".join(lines[:100]) + "\n")
    lab.put("xgb/train/b.csv", "\n".join(lines[100:150]))
    lab.put("xgb/validation/a.csv", "\n".join(lines[150:]) + "\n")
    sparse = [" ".join([str(row[0]), *(f"{n}:{cell}" for n, cell in enumerate(row[1:]))]) for row in table[:150]]
    lab.put("xgb/libsvm/a", "\n".join(sparse) + "\n")
    return table


HYPERPARAMETERS = {"num_round": 12, "objective": "binary:logistic", "eval_metric": "auc,logloss", "max_depth": 3}


def train(lab: Any, new_channel: Any, kind: str = "text/csv", **changes: Any) -> dict[str, Any]:
    request = lab.training(image=XGBOOST, **changes)
    folder = "libsvm" if "libsvm" in kind else "train"
    request["InputDataConfig"] = [new_channel("train", f"s3://lab/xgb/{folder}/", ContentType=kind)]
    if folder == "train":
        request["InputDataConfig"].append(new_channel("validation", "s3://lab/xgb/validation/", ContentType=kind))
    lab.sagemaker.create_training_job(**request)
    description: dict[str, Any] = lab.ended("training_job", request["TrainingJobName"])
    return description


def by_hand(rows: np.ndarray) -> np.ndarray:
    data = xgboost.DMatrix(rows[:150, 1:], label=rows[:150, 0])
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": "3"}, data, 12)
    answer: np.ndarray = booster.predict(xgboost.DMatrix(rows[150:, 1:]))
    return answer


@pytest.fixture(scope="module")
def trained_on_csv(lab: Any, rows: np.ndarray, new_channel: Any) -> dict[str, Any]:
    return train(lab, new_channel, hyperparameters=HYPERPARAMETERS)


@pytest.mark.parametrize("kind", ["text/csv", "text/libsvm"])
def test_algorithm_trains_and_predicts_as_xgboost_by_hand(
    lab: Any, rows: np.ndarray, new_channel: Any, trained_on_csv: dict[str, Any], kind: str
) -> None:
    description = trained_on_csv if "csv" in kind else train(lab, new_channel, kind, hyperparameters=HYPERPARAMETERS)
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    name = lab.name()
    container = {"Image": XGBOOST, "ModelDataUrl": description["ModelArtifacts"]["S3ModelArtifacts"]}
    lab.sagemaker.create_model(ModelName=name, ExecutionRoleArn=description["RoleArn"], PrimaryContainer=container)
    endpoint = lab.endpoint(**{name: 1})
    body = "\n".join(",".join(map(str, row[1:])) for row in rows[150:])
    answer = lab.invoke(endpoint, body, ContentType="text/csv")
    expected = by_hand(rows)
    assert np.array([float(each) for each in answer.split(b",")], np.float32).tolist() == expected.tolist()
    sparse = "\n".join(" ".join(f"{n}:{cell}" for n, cell in enumerate(row[1:])) for row in rows[150:])
    scored = json.loads(lab.invoke(endpoint, sparse, ContentType="text/libsvm", Accept="application/json"))
    assert np.array([each["score"] for each in scored["predictions"]], np.float32).tolist() == expected.tolist()


def test_metrics_of_each_round_are_in_the_log_and_the_last_in_the_description(
    lab: Any, trained_on_csv: dict[str, Any]
) -> None:
    description = trained_on_csv
    lines = [line for line in lab.log(f"TrainingJobs/{description['TrainingJobName']}") if line.startswith("[")]
    assert len(lines) == 12
    assert lines[0].startswith("[0]#011train-auc:0.")
    metrics = {each["MetricName"]: each["Value"] for each in description["FinalMetricDataList"]}
    assert set(metrics) == {"train:auc", "train:logloss", "validation:auc", "validation:logloss"}
    assert lines[-1].endswith(f"#011validation-logloss:{metrics['validation:logloss']:.5f}")


def test_early_stopping_ends_it_early(lab: Any, rows: np.ndarray, new_channel: Any) -> None:
    settings = HYPERPARAMETERS | {"num_round": 400, "early_stopping_rounds": 3}
    description = train(lab, new_channel, hyperparameters=settings)
    rounds = [line for line in lab.log(f"TrainingJobs/{description['TrainingJobName']}") if line.startswith("[")]
    assert 3 < len(rounds) < 400


def test_hyperparameter_that_is_wrong_is_the_clients_error(lab: Any, rows: np.ndarray, new_channel: Any) -> None:
    description = train(lab, new_channel, hyperparameters=HYPERPARAMETERS | {"num_rounds": 3})
    assert description["FailureReason"].startswith("ClientError: Extraneous hyperparameter found: num_rounds")


@pytest.fixture
def algorithm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that runs in a job, in this process."""
    monkeypatch.setenv("_OPT_ML", str(tmp_path))
    monkeypatch.delitem(sys.modules, "localcloud.runtimes.xgboost_algorithm", raising=False)
    return importlib.import_module("localcloud.runtimes.xgboost_algorithm")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_round": "many"}, "Hyperparameter num_round: could not parse value (caused by ValueError)"),
        (
            {"objective": '"binary:logistic"'},
            "Hyperparameter objective: \"binary:logistic\" is not in ['aft_loss_distribution', ",
        ),
        ({"num_round": 0}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
        ({"eta": 1.5}, "Hyperparameter eta: 1.5 is not in [0, 1]"),
        ({"learning_rate": -1}, "Hyperparameter eta: -1.0 is not in [0, 1]"),
        ({"subsample": 0}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        ({"booster": "forest"}, "Hyperparameter booster: forest is not in ['gbtree', 'gblinear', 'dart']"),
        ({"eval_metric": "auc,nope"}, "Hyperparameter eval_metric: value ['auc', 'nope'] not in range ["),
        ({"eval_metric": "auc@0.5"}, "Metric 'auc@0.5' is not supported."),
        ({"objective": "reg:squarederror"}, "Metric 'auc' can only be applied for classification"),
        ({"objective": "multi:softmax"}, "Require input for parameter 'num_class' for multi-classific"),
        ({"_kfold": 3}, "Hyperparameter _kfold: the local cloud does no cross validation."),
    ],
)
def test_hyperparameters_keep_to_the_images_ranges(algorithm: Any, changes: dict[str, Any], words: str) -> None:
    given = {name: str(value) for name, value in (HYPERPARAMETERS | changes).items()}
    with pytest.raises(algorithm.ClientError, match="^" + re.escape(words)):
        algorithm._settings(given)


def trained(lab: Any, new_channel: Any, body: str, **settings: Any) -> dict[str, Any]:
    """A training job over one file, data.csv."""
    name = lab.name()
    lab.put(f"xgb/{name}/data.csv", body)
    request = lab.training(image=XGBOOST, hyperparameters={"num_round": 2, "objective": "binary:logistic"})
    request["InputDataConfig"] = [new_channel("train", f"s3://lab/xgb/{name}/", **settings)]
    lab.sagemaker.create_training_job(**request)
    description: dict[str, Any] = lab.ended("training_job", request["TrainingJobName"])
    return description


ROWS = "".join(f"{number % 2},{number / 10},{number}\n" for number in range(40))


def test_empty_field_is_a_missing_value(lab: Any, new_channel: Any) -> None:
    description = trained(lab, new_channel, ROWS + "1,,3\n0,2,\n", ContentType="text/csv; label_size=1")
    assert description["TrainingJobStatus"] == "Completed", description["FailureReason"]
    log = lab.log(f"TrainingJobs/{description['TrainingJobName']}")
    assert "INFO:root:Train matrix has 42 rows and 2 columns" in log


def test_data_that_cannot_be_read_are_the_clients_error(lab: Any, new_channel: Any) -> None:
    description = trained(lab, new_channel, ROWS)
    assert description["FailureReason"].startswith(
        "ClientError: Blankspace and colon not found in firstline '0,0.0,0...' of file 'data.csv'. ContentType by "
        "default is in libsvm. Please ensure the file is in libsvm format."
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "label,a,b\n" + ROWS,
            "Non-numeric value 'l' found in the header line 'label,a,b...' of file 'data.csv'. CSV format require no "
            "header line in it.",
        ),
        (ROWS + "1,x,2\n", "Failed to load csv data with exception:\nNon-numeric value 'x' in line 41 of file"),
        (ROWS + "1,2\n", "Failed to load csv data with exception:\nLine 41 of file 'data.csv' has 2 fields"),
        (ROWS + ",2,3\n", "Failed to load csv data with exception:\nLine 41 of file 'data.csv' has no label"),
    ],
)
def test_line_that_does_not_fit_is_named(algorithm: Any, tmp_path: Path, body: str, words: str) -> None:
    (tmp_path / "data.csv").write_text(body)
    with pytest.raises(algorithm.ClientError, match="^" + re.escape(words)):
        algorithm._csv(tmp_path / "data.csv")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text/csv; label_size=0", "text/csv; label_size=0 is not an accepted csv ContentType. Optional"),
        ("application/json", "application/json is not an accepted ContentType: csv, libsvm, parquet, "),
        (
            "application/x-parquet",
            "application/x-parquet is not read by the local cloud. Give the channel in CSV",
        ),
    ],
)
def test_content_types_are_the_images(algorithm: Any, kind: str, words: str) -> None:
    with pytest.raises(algorithm.ClientError, match="^" + re.escape(words)):
        algorithm._content_type(kind)


def test_metrics_that_the_image_adds_are_measured(lab: Any, rows: np.ndarray, new_channel: Any) -> None:
    added = ("accuracy", "balanced_accuracy", "f1_binary", "precision", "precision_macro", "recall", "recall_micro")
    description = train(lab, new_channel, hyperparameters=HYPERPARAMETERS | {"eval_metric": ",".join(("auc", *added))})
    metrics = {each["MetricName"]: each["Value"] for each in description["FinalMetricDataList"]}
    assert {f"train:{metric}" for metric in added} <= set(metrics)
    assert metrics["train:accuracy"] == metrics["train:recall_micro"]


def test_missing_train_channel_is_the_clients_error(lab: Any, rows: np.ndarray) -> None:
    description = lab.train(image=XGBOOST, hyperparameters=HYPERPARAMETERS, channels={"other": "s3://lab/xgb/train/"})
    assert description["FailureReason"] == "ClientError: Missing required channel: train, exit code: 1"


def test_framework_script_may_use_the_images_helpers(lab: Any, rows: np.ndarray) -> None:
    script = """
        import xgboost
        from sagemaker_xgboost_container.data_utils import get_dmatrix
        data = get_dmatrix("/opt/ml/input/data/train", "csv")
        booster = xgboost.train({"objective": "binary:logistic"}, data, 2)
        booster.save_model("/opt/ml/model/xgboost-model.json")
        print(data.num_row())
    """
    description = lab.train(script, image=XGBOOST, channels={"train": "s3://lab/xgb/train/"})
    assert description["TrainingJobStatus"] == "Completed", description["FailureReason"]
    assert list(lab.unpacked(description["ModelArtifacts"]["S3ModelArtifacts"])) == ["xgboost-model.json"]


def test_what_xgboost_prints_in_a_framework_script_is_its_metric(lab: Any) -> None:
    """Tabs are #011 in SageMaker's logs, and the image's metric definitions hold in script mode too."""
    script = """
        import numpy as np, xgboost
        rows = np.arange(40.0).reshape(20, 2)
        data = xgboost.DMatrix(rows, label=rows[:, 0] > 9)
        xgboost.train({"eval_metric": "rmse"}, data, 3, evals=[(data, "train"), (data, "validation")])
    """
    description = lab.train(script, image=XGBOOST, metrics={"own": r"#011validation-rmse:(\S+)"})
    lines = [line for line in lab.log(f"TrainingJobs/{description['TrainingJobName']}") if line.startswith("[")]
    metrics = {each["MetricName"]: each["Value"] for each in description["FinalMetricDataList"]}
    assert set(metrics) == {"train:rmse", "validation:rmse", "own"}
    assert metrics["own"] == metrics["validation:rmse"]
    assert lines[0].startswith("[0]#011train-rmse:0.")
