"""While a cloud recalls, a job that ran before with the same script and data is put back, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

#: No two runs of it leave the same model.
SCRIPT = """
import os, pathlib
number = os.urandom(8).hex()
pathlib.Path("/opt/ml/model/number").write_text(number)
print(f"number={int(number, 16)};", *pathlib.Path("/opt/ml/input/data/train").iterdir())
"""
CALLS = SCRIPT + "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))"
STARTS = SCRIPT + "os.system('exit')"
FAILS = SCRIPT + "raise SystemExit(3)"


@pytest.fixture
def recalling(lab: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("LOCALCLOUD_REMEMBER", str(tmp_path / "answers"))
    monkeypatch.setattr(lab.cloud, "recalls", True)
    lab.put("one/rows.csv", "1,2\n")
    lab.put("two/rows.csv", "1,3\n")
    return lab


def train(lab: Any, script: str = SCRIPT, data: str = "one", **changes: Any) -> dict[str, Any]:
    request = {"metrics": {"number": r"number=(\d+);"}, "channels": {"train": f"s3://lab/{data}"}, **changes}
    description: dict[str, Any] = lab.train(script, **request)
    return description


def number(description: dict[str, Any]) -> float:
    return float(description["FinalMetricDataList"][0]["Value"])


def test_a_job_with_the_same_script_and_data_is_put_back_with_model_metrics_and_log(recalling: Any) -> None:
    first, second = train(recalling), train(recalling)
    assert number(first) == number(second)
    models = [recalling.unpacked(each["ModelArtifacts"]["S3ModelArtifacts"]) for each in (first, second)]
    assert models[0] == models[1] != {}
    logs = [recalling.log(f"TrainingJobs/{each['TrainingJobName']}") for each in (first, second)]
    assert logs[0] == logs[1]
    assert logs[0][-1].endswith("/opt/ml/input/data/train/rows.csv")


@pytest.mark.parametrize(
    "changes",
    [{"data": "two"}, {"script": f"{SCRIPT}#"}, {"hyperparameters": {"depth": 3}}, {"Environment": {"DEPTH": "3"}}],
    ids=["data", "script", "hyperparameter", "variable"],
)
def test_a_job_that_differs_runs(recalling: Any, changes: dict[str, Any]) -> None:
    assert number(train(recalling)) != number(train(recalling, **changes))


def test_a_job_that_failed_fails_again_in_the_same_words(recalling: Any) -> None:
    first, second = train(recalling, FAILS), train(recalling, FAILS)
    assert first["FailureReason"].replace(first["TrainingJobName"], "") == second["FailureReason"]
    assert number(first) == number(second)


@pytest.mark.parametrize("script", [CALLS, STARTS], ids=["call", "program"])
def test_a_job_that_calls_over_the_network_or_starts_a_program_runs_each_time(recalling: Any, script: str) -> None:
    assert number(train(recalling, script)) != number(train(recalling, script))


def test_a_job_of_a_reader_runs_each_time(recalling: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalling.cloud, "recalls", False)
    assert number(train(recalling)) != number(train(recalling))


#: A model that never answers the same.
MODEL = """
import os
def model_fn(folder): return os.urandom(8).hex()
def input_fn(data, kind): return data
def predict_fn(data, model): return model + os.urandom(8).hex()
def output_fn(answer, accept): return answer, "text/plain"
"""


def test_a_model_that_answered_before_is_loaded_when_it_is_asked_something_new(recalling: Any) -> None:
    model = {"code/inference.py": MODEL, "weights": "1"}
    first = recalling.endpoint(**{recalling.model(model): 1})
    answer = recalling.invoke(first, "1,2", ContentType="text/csv")
    recalling.sagemaker.delete_endpoint(EndpointName=first)
    packed_anew = dict(reversed(model.items()))
    second = recalling.endpoint(**{recalling.model(packed_anew): 1})
    assert recalling.invoke(second, "1,2", ContentType="text/csv") == answer
    assert recalling.invoke(second, "1,3", ContentType="text/csv") != answer
