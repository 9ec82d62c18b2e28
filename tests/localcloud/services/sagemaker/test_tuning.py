"""Tuning jobs: proposals within their ranges, the best by the objective, several at a time."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

#: A valley at x=0.3, n=4, deeper for kind "b".
SCRIPT = """
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("-x", type=float)
    parser.add_argument("-n", type=int)
    parser.add_argument("--kind")
    parser.add_argument("--fixed", type=int)
    given = parser.parse_args()
    assert given.fixed == 7
    print(f"loss={(given.x - 0.3) ** 2 + (given.n - 4) ** 2 + (given.kind == 'a'):.6f};")
"""


def request(lab: Any, script: str = SCRIPT, strategy: str = "Bayesian", jobs: int = 6, **config: Any) -> dict[str, Any]:
    training = lab.training(script, hyperparameters={"fixed": 7}, metrics={"loss": r"loss=(\S+);"})
    definition = {key: value for key, value in training.items() if key not in ("TrainingJobName", "HyperParameters")}
    return {
        "HyperParameterTuningJobName": lab.name(),
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "x", "MinValue": "0.01", "MaxValue": "1", "ScalingType": "Logarithmic"}
                ],
                "IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "8"}],
                "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}],
            },
            **config,
        },
        "TrainingJobDefinition": {**definition, "StaticHyperParameters": training["HyperParameters"]},
    }


@pytest.mark.parametrize("strategy", ["Bayesian", "Random"])
def test_best_job_is_the_one_with_the_best_metric(lab: Any, strategy: str) -> None:
    wanted = request(lab, strategy=strategy)
    name = wanted["HyperParameterTuningJobName"]
    lab.sagemaker.create_hyper_parameter_tuning_job(**wanted)
    description = lab.ended("hyper_parameter_tuning_job", name)
    assert description["HyperParameterTuningJobStatus"] == "Completed", description.get("FailureReason")
    assert description["TrainingJobStatusCounters"]["Completed"] == 6
    jobs = lab.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    summaries = jobs["TrainingJobSummaries"]
    values = [each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for each in summaries]
    best = description["BestTrainingJob"]
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == min(values)
    for each in summaries:
        tuned = each["TunedHyperParameters"]
        assert 0.01 <= float(tuned["x"]) <= 1
        assert tuned["n"] in "12345678"
        assert tuned["kind"] in "ab"
    described = lab.sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert described["TuningJobArn"] == description["HyperParameterTuningJobArn"]
    assert described["HyperParameters"]["x"] == best["TunedHyperParameters"]["x"]
    # Two at a time: three rounds of the 175 seconds that one job takes.
    assert (description["HyperParameterTuningEndTime"] - description["CreationTime"]).total_seconds() == 3 * 175


def test_proposals_are_the_same_in_every_run(lab: Any) -> None:
    found = []
    for _ in range(2):
        wanted = request(lab, jobs=3)
        name = wanted["HyperParameterTuningJobName"]
        lab.sagemaker.create_hyper_parameter_tuning_job(**wanted)
        lab.ended("hyper_parameter_tuning_job", name)
        jobs = lab.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        found.append([each["TunedHyperParameters"] for each in jobs["TrainingJobSummaries"]])
    assert found[0] == found[1]


def test_it_fails_when_every_job_does(lab: Any) -> None:
    wanted = request(lab, "exit(1)", jobs=2)
    lab.sagemaker.create_hyper_parameter_tuning_job(**wanted)
    description = lab.ended("hyper_parameter_tuning_job", wanted["HyperParameterTuningJobName"])
    assert description["FailureReason"].startswith("All training jobs failed.")
    assert description["TrainingJobStatusCounters"]["NonRetryableError"] == 2


def test_stop_stops_its_jobs(lab: Any) -> None:
    wanted = request(lab, "import time; time.sleep(600)")
    name = wanted["HyperParameterTuningJobName"]
    lab.sagemaker.create_hyper_parameter_tuning_job(**wanted)
    lab.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert lab.ended("hyper_parameter_tuning_job", name)["HyperParameterTuningJobStatus"] == "Stopped"
    assert lab.processes() == []


def test_strategy_that_is_not_here_is_refused(lab: Any) -> None:
    with pytest.raises(ClientError, match="the local cloud has Bayesian and Random"):
        lab.sagemaker.create_hyper_parameter_tuning_job(**request(lab, strategy="Hyperband"))


def test_image_that_does_not_run_is_refused_at_once(lab: Any) -> None:
    wanted = request(lab)
    wanted["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"] = "my-image:latest"
    with pytest.raises(ClientError, match="The images that run are") as raised:
        lab.sagemaker.create_hyper_parameter_tuning_job(**wanted)
    assert raised.value.response["Error"]["Code"] == "UnsupportedLocally"


def test_instances_may_be_told_as_the_sdks_tuner_tells_them(lab: Any) -> None:
    """HyperParameterTuningResourceConfig stands for ResourceConfig; the first of several instance types is taken."""
    wanted = request(lab, jobs=1)
    definition = wanted["TrainingJobDefinition"]
    del definition["ResourceConfig"]
    instances = [
        {"InstanceType": kind, "InstanceCount": 1, "VolumeSizeInGB": 5} for kind in ("ml.c5.xlarge", "ml.m5.large")
    ]
    definition["HyperParameterTuningResourceConfig"] = {"InstanceConfigs": instances}
    lab.sagemaker.create_hyper_parameter_tuning_job(**wanted)
    description = lab.ended("hyper_parameter_tuning_job", wanted["HyperParameterTuningJobName"])
    assert description["HyperParameterTuningJobStatus"] == "Completed", description.get("FailureReason")
    job = lab.sagemaker.describe_training_job(TrainingJobName=description["BestTrainingJob"]["TrainingJobName"])
    assert job["ResourceConfig"] == instances[0]
