"""XGBoost: as the built-in algorithm, and as the framework with the reader's script."""

from __future__ import annotations

import json
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
    told: dict[str, Any] = lab.ended("training_job", request["TrainingJobName"])
    return told


def by_hand(rows: np.ndarray) -> np.ndarray:
    data = xgboost.DMatrix(rows[:150, 1:], label=rows[:150, 0])
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": "3"}, data, 12)
    answer: np.ndarray = booster.predict(xgboost.DMatrix(rows[150:, 1:]))
    return answer


@pytest.mark.parametrize("kind", ["text/csv", "text/libsvm"])
def test_algorithm_trains_and_predicts_as_xgboost_by_hand(
    lab: Any, rows: np.ndarray, new_channel: Any, kind: str
) -> None:
    told = train(lab, new_channel, kind, hyperparameters=HYPERPARAMETERS)
    assert told["TrainingJobStatus"] == "Completed", told.get("FailureReason")
    name = lab.name()
    container = {"Image": XGBOOST, "ModelDataUrl": told["ModelArtifacts"]["S3ModelArtifacts"]}
    lab.sagemaker.create_model(ModelName=name, ExecutionRoleArn=told["RoleArn"], PrimaryContainer=container)
    endpoint = lab.endpoint(**{name: 1})
    body = "\n".join(",".join(map(str, row[1:])) for row in rows[150:])
    answer = lab.invoke(endpoint, body, ContentType="text/csv")
    expected = by_hand(rows)
    assert np.array([float(each) for each in answer.split(b",")], np.float32).tolist() == expected.tolist()
    sparse = "\n".join(" ".join(f"{n}:{cell}" for n, cell in enumerate(row[1:])) for row in rows[150:])
    scored = json.loads(lab.invoke(endpoint, sparse, ContentType="text/libsvm", Accept="application/json"))
    assert np.array([each["score"] for each in scored["predictions"]], np.float32).tolist() == expected.tolist()


def test_metrics_of_each_round_are_in_the_log_and_the_last_in_the_description(
    lab: Any, rows: np.ndarray, new_channel: Any
) -> None:
    told = train(lab, new_channel, hyperparameters=HYPERPARAMETERS)
    lines = [line for line in lab.log(f"TrainingJobs/{told['TrainingJobName']}") if line.startswith("[")]
    assert len(lines) == 12
    assert lines[0].startswith("[0]#011train-auc:0.")
    metrics = {each["MetricName"]: each["Value"] for each in told["FinalMetricDataList"]}
    assert set(metrics) == {"train:auc", "train:logloss", "validation:auc", "validation:logloss"}
    assert lines[-1].endswith(f"#011validation-logloss:{metrics['validation:logloss']:.5f}")


def test_early_stopping_ends_it_early(lab: Any, rows: np.ndarray, new_channel: Any) -> None:
    settings = HYPERPARAMETERS | {"num_round": 400, "early_stopping_rounds": 3}
    told = train(lab, new_channel, hyperparameters=settings)
    rounds = [line for line in lab.log(f"TrainingJobs/{told['TrainingJobName']}") if line.startswith("[")]
    assert 3 < len(rounds) < 400


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_rounds": 3}, "ClientError: Extraneous hyperparameter found: num_rounds"),
        ({"objective": "binary:nonsense"}, "ClientError: XGB train call failed with exception"),
        ({"num_round": "many"}, "ClientError: Hyperparameter num_round"),
    ],
)
def test_hyperparameter_that_is_wrong_is_the_clients_error(
    lab: Any, rows: np.ndarray, new_channel: Any, changes: dict[str, Any], words: str
) -> None:
    told = train(lab, new_channel, hyperparameters=HYPERPARAMETERS | changes)
    assert told["FailureReason"].startswith(words)


def test_missing_train_channel_is_the_clients_error(lab: Any, rows: np.ndarray) -> None:
    told = lab.train(image=XGBOOST, hyperparameters=HYPERPARAMETERS, channels={"other": "s3://lab/xgb/train/"})
    assert told["FailureReason"] == "ClientError: Missing required channel: train, exit code: 1"


def test_framework_script_may_use_the_images_helpers(lab: Any, rows: np.ndarray) -> None:
    script = """
        import xgboost
        from sagemaker_xgboost_container.data_utils import get_dmatrix
        data = get_dmatrix("/opt/ml/input/data/train", "csv")
        booster = xgboost.train({"objective": "binary:logistic"}, data, 2)
        booster.save_model("/opt/ml/model/xgboost-model.json")
        print(data.num_row())
    """
    told = lab.train(script, image=XGBOOST, channels={"train": "s3://lab/xgb/train/"})
    assert told["TrainingJobStatus"] == "Completed", told["FailureReason"]
    assert list(lab.unpacked(told["ModelArtifacts"]["S3ModelArtifacts"])) == ["xgboost-model.json"]


def test_what_xgboost_prints_in_a_framework_script_is_its_metric(lab: Any) -> None:
    """Tabs are #011 in SageMaker's logs, and the image's metric definitions hold in script mode too."""
    script = """
        import numpy as np, xgboost
        rows = np.arange(40.0).reshape(20, 2)
        data = xgboost.DMatrix(rows, label=rows[:, 0] > 9)
        xgboost.train({"eval_metric": "rmse"}, data, 3, evals=[(data, "train"), (data, "validation")])
    """
    told = lab.train(script, image=XGBOOST, metrics={"own": r"#011validation-rmse:(\S+)"})
    lines = [line for line in lab.log(f"TrainingJobs/{told['TrainingJobName']}") if line.startswith("[")]
    metrics = {each["MetricName"]: each["Value"] for each in told["FinalMetricDataList"]}
    assert set(metrics) == {"train:rmse", "validation:rmse", "own"}
    assert metrics["own"] == metrics["validation:rmse"]
    assert lines[0].startswith("[0]#011train-rmse:0.")
