"""What SageMaker tells EventBridge, as its guide "Events that SageMaker sends to EventBridge" shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.localcloud.services.waiting import Queue, settle

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


@pytest.fixture
def heard(lab: Any) -> Iterator[Queue]:
    heard, events = Queue(lab.cloud, lab.name()), lab.cloud.client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": heard.arn}])
    yield heard
    events.remove_targets(Rule="all", Ids=["1"])
    events.delete_rule(Name="all")


def test_a_processing_job_tells_that_it_runs_and_how_it_ended(lab: Any, heard: Queue) -> None:
    name = lab.name()
    lab.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn="arn:aws:iam::123456789012:role/workshop-training",
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-c", "raise SystemExit(3)"]},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}},
        Tags=[{"Key": "course", "Value": "one"}],
    )
    described = lab.ended("processing_job", name)
    settle(lab.cloud)
    running, failed = heard.bodies()
    assert {running["detail-type"], failed["detail-type"]} == {"SageMaker Processing Job State Change"}
    assert failed["resources"] == [described["ProcessingJobArn"]]
    assert running["detail"]["ProcessingJobStatus"] == "InProgress"
    detail = failed["detail"]
    assert (detail["ProcessingJobName"], detail["ProcessingJobStatus"]) == (name, "Failed")
    assert detail["FailureReason"] == described["FailureReason"]
    assert detail["ProcessingEndTime"] == round(described["ProcessingEndTime"].timestamp() * 1000)
    assert detail["Tags"] == {"course": "one"}
