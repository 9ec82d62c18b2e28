"""What pictures show besides an execution's own history, asked of a cloud."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from helpers import asking, deploy, run, show
from helpers.asking import Asking
from helpers.session import Session

NUMBERS = {"numbers": [{"n": number} for number in range(5)]}
ODD = {
    "StartAt": "Odd?",
    "States": {
        "Odd?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericEquals": 3, "Next": "Refuse"}],
            "Default": "Accept",
        },
        "Accept": {"Type": "Pass", "End": True},
        "Refuse": {"Type": "Fail", "Error": "Three"},
    },
}


def parent(machine: str) -> dict[str, Any]:
    """Starts a machine for each number."""
    asked = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": machine, "Input.$": "$"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Set aside"}],
        "End": True,
    }
    inside = {"StartAt": "Ask", "States": {"Ask": asked, "Set aside": {"Type": "Pass", "End": True}}}
    each = {"Type": "Map", "ItemsPath": "$.numbers", "ItemProcessor": inside, "End": True}
    return {"StartAt": "Each", "States": {"Each": each}}


def test_child_workflows_open_in_place_with_what_happened_in_all_of_them(workshop: Session) -> None:
    machine = deploy(parent(deploy(ODD, "workshop-asking-odd").arn), "workshop-asking")
    assert "Child workflow: workshop-asking-odd" in show(machine).svg
    assert "Refuse" in show(machine).text
    answer = show(run(machine, NUMBERS)).text
    assert "Accept \N{MULTIPLICATION SIGN}4" in answer
    assert "failed: Three" in answer


def test_a_slide_has_the_same_story(workshop: Session) -> None:
    machine = deploy(parent(deploy(ODD, "workshop-asking-odd").arn), "workshop-asking")
    slide, page = show(machine, landscape=True), show(machine)
    assert (slide.text, slide.alt) == (page.text, page.alt)
    assert slide.width / slide.height > page.width / page.height


def test_a_map_run_is_described(workshop: Session) -> None:
    each = {
        "Type": "Map",
        "ItemsPath": "$.numbers",
        "ToleratedFailurePercentage": 50,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **ODD},
        "End": True,
    }
    machine = deploy({"StartAt": "Each", "States": {"Each": each}}, "workshop-asking-many")
    drawn = show(run(machine, NUMBERS))
    assert "4 succeeded" in drawn.svg
    assert "4 of 5 items succeeded, 1 failed" in drawn.alt
    assert "Accept \N{MULTIPLICATION SIGN}4" in drawn.text


def test_of_a_map_run_with_many_items_only_their_numbers_are_asked_for(
    workshop: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_ITEMS", 3)
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **ODD}
    each = {
        "Type": "Map",
        "ItemsPath": "$.numbers",
        "ToleratedFailureCount": 1,
        "ItemProcessor": processor,
        "End": True,
    }
    drawn = show(run(deploy({"StartAt": "Each", "States": {"Each": each}}, "workshop-asking-many"), NUMBERS))
    assert "4 succeeded" in drawn.svg
    assert "Accept" not in drawn.text


def test_what_the_cloud_refuses_to_tell_is_not_drawn(workshop: Session) -> None:
    gone = f"arn:aws:states:{workshop.region}:{workshop.account_id}:stateMachine:gone"
    assert "Child workflow" in show(parent(gone)).svg
    assert Asking().execution(gone.replace("stateMachine", "execution") + ":run") is None
    assert Asking().map_run(gone.replace("stateMachine", "mapRun") + "/Each:run") is None


def test_a_definition_is_drawn_without_a_cloud(unconnected: pytest.MonkeyPatch) -> None:
    assert "Ask: Child workflow" in show(parent("arn:aws:states:us-east-1:123456789012:stateMachine:odd")).text


DESCRIBED = {
    "ResourceConfig": {"VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/model.tar.gz"},
    "AlgorithmSpecification": {"TrainingInputMode": "File"},
    "TrainingJobName": "clicks",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/clicks",
    "TrainingJobStatus": "InProgress",
    "SecondaryStatus": "Downloading",
    "CreationTime": datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
    "LastModifiedTime": datetime(2026, 1, 5, 9, 2, 40, tzinfo=UTC),
}


def test_a_training_job_is_told_with_its_status_and_its_time(workshop: Session) -> None:
    with Stubber(workshop.client("sagemaker")) as answers:
        answers.add_response("describe_training_job", DESCRIBED, {"TrainingJobName": "clicks"})
        answers.add_client_error("describe_training_job", "AccessDeniedException")
        request = {"TrainingJobName": "clicks"}
        assert Asking().job("sagemaker:createTrainingJob.sync", request) == "downloading, 2 min 40 s"
        assert Asking().job("sagemaker:createTrainingJob.sync", request) is None


def test_a_call_that_does_not_wait_for_its_job_tells_nothing(workshop: Session) -> None:
    assert Asking().job("sagemaker:createTrainingJob", {"TrainingJobName": "clicks"}) is None
    assert Asking().job("lambda:invoke", {}) is None
