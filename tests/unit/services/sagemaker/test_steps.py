"""SageMaker as tasks: `.sync` waits, Catch gets the reason, stopping the execution stops the job."""

from __future__ import annotations

import json
import threading
from typing import Any


def machine(lab: Any, states: dict[str, Any], start: str) -> str:
    arn: str = lab.cloud.client("stepfunctions").create_state_machine(
        name=lab.name(),
        definition=json.dumps({"StartAt": start, "States": states}),
        roleArn="arn:aws:iam::123456789012:role/workshop-states",
    )["stateMachineArn"]
    return arn


def ended(lab: Any, arn: str) -> dict[str, Any]:
    client = lab.cloud.client("stepfunctions")
    while (told := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
        threading.Event().wait(0.02)
    answer: dict[str, Any] = told
    return answer


def training_state(lab: Any, script: str, **more: Any) -> tuple[dict[str, Any], str]:
    request = lab.training(script)
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": request, **more}, request["TrainingJobName"]


def test_sync_returns_the_description_after_the_jobs_minutes(lab: Any) -> None:
    state, name = training_state(lab, "print('x')", End=True)
    client = lab.cloud.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine(lab, {"Train": state}, "Train"))
    told = ended(lab, started["executionArn"])
    assert told["status"] == "SUCCEEDED", told
    output = json.loads(told["output"])
    assert output["TrainingJobName"] == name
    assert output["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://lab/out/{name}/output/model.tar.gz"
    assert 175 <= (told["stopDate"] - told["startDate"]).total_seconds() < 180


def test_catch_gets_the_failure_reason(lab: Any) -> None:
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Keep the old model", "ResultPath": "$.problem"}]
    state, _ = training_state(lab, "raise RuntimeError('bad data')", End=True, Catch=catch)
    states = {"Train": state, "Keep the old model": {"Type": "Pass", "End": True}}
    started = lab.cloud.client("stepfunctions").start_execution(stateMachineArn=machine(lab, states, "Train"))
    told = ended(lab, started["executionArn"])
    cause = json.loads(json.loads(told["output"])["problem"]["Cause"])
    assert "RuntimeError: bad data" in cause["FailureReason"]


def test_stopped_execution_stops_its_job(lab: Any) -> None:
    ready = lab.cloud.scratch / "ready-to-be-stopped"
    script = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    state, name = training_state(lab, script, End=True)
    client = lab.cloud.client("stepfunctions")
    started = client.start_execution(stateMachineArn=machine(lab, {"Train": state}, "Train"))
    pause = threading.Event()
    while not ready.exists():
        pause.wait(0.02)
    client.stop_execution(executionArn=started["executionArn"])
    assert ended(lab, started["executionArn"])["status"] == "ABORTED"
    assert lab.ended("training_job", name)["TrainingJobStatus"] == "Stopped"
    assert lab.processes() == []


def test_task_that_times_out_stops_its_job(lab: Any) -> None:
    state, name = training_state(lab, "import time; time.sleep(600)", End=True, TimeoutSeconds=100)
    started = lab.cloud.client("stepfunctions").start_execution(stateMachineArn=machine(lab, {"Train": state}, "Train"))
    told = ended(lab, started["executionArn"])
    assert (told["status"], told["error"]) == ("FAILED", "States.Timeout")
    assert lab.ended("training_job", name)["TrainingJobStatus"] == "Stopped"


def test_endpoint_is_polled_the_same_number_of_times_in_every_run(lab: Any) -> None:
    """A loop of Wait and Describe sees Creating until the endpoint's minutes have passed, whatever else goes on."""
    script = "def model_fn(model_dir): return None"
    config = lab.config(**{lab.model({"code/inference.py": script}): 1})
    lengths = []
    for _ in range(2):
        name = lab.name()
        states = {
            "Create": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sagemaker:createEndpoint",
                "Parameters": {"EndpointName": name, "EndpointConfigName": config},
                "Next": "Wait",
            },
            "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Look"},
            "Look": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
                "Parameters": {"EndpointName": name},
                "Next": "Ready?",
            },
            "Ready?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.EndpointStatus", "StringEquals": "Creating", "Next": "Wait"}],
                "Default": "Done",
            },
            "Done": {"Type": "Pass", "End": True},
        }
        client = lab.cloud.client("stepfunctions")
        started = client.start_execution(stateMachineArn=machine(lab, states, "Create"))
        told = ended(lab, started["executionArn"])
        assert json.loads(told["output"])["EndpointStatus"] == "InService", told
        events = client.get_execution_history(executionArn=started["executionArn"], maxResults=1000)["events"]
        lengths.append([event["type"] for event in events].count("WaitStateEntered"))
    assert lengths == [3, 3]
