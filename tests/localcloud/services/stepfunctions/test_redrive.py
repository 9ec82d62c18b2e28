"""RedriveExecution: when it may, what it continues, and what the descriptions say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Refused = Callable[..., str]
MakeMachine = Callable[..., str]
Ended = Callable[[str], dict[str, Any]]

PASS = {"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}}
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:work"
TWO_STEPS = {
    "StartAt": "Prepare",
    "States": {
        "Prepare": {"Type": "Pass", "Next": "Work"},
        "Work": {"Type": "Task", "Resource": ACTIVITY, "End": True},
    },
}


@pytest.fixture
def failed(sfn: Any, machine: MakeMachine, ended: Ended) -> str:
    """An execution whose second state failed."""
    sfn.create_activity(name="work")
    arn = str(sfn.start_execution(stateMachineArn=machine(TWO_STEPS))["executionArn"])
    sfn.send_task_failure(taskToken=sfn.get_activity_task(activityArn=ACTIVITY)["taskToken"], error="Bad")
    assert ended(arn)["status"] == "FAILED"
    return arn


def test_a_redriven_execution_goes_on_from_the_state_that_failed(sfn: Any, failed: str, ended: Ended) -> None:
    date = sfn.redrive_execution(executionArn=failed)["redriveDate"]
    found = sfn.describe_execution(executionArn=failed)
    assert (found["status"], found["redriveCount"], found["redriveDate"]) == ("RUNNING", 1, date)
    assert "error" not in found
    assert "stopDate" not in found
    sfn.send_task_success(taskToken=sfn.get_activity_task(activityArn=ACTIVITY)["taskToken"], output="1")
    assert ended(failed)["output"] == "1"
    events = sfn.get_execution_history(executionArn=failed)["events"]
    kinds = [event["type"] for event in events]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert kinds.count("PassStateEntered") == 1
    assert "ExecutionRedriven" in kinds


def test_the_filter_tells_redriven_executions_from_others(sfn: Any, failed: str, ended: Ended) -> None:
    machine_arn = sfn.describe_execution(executionArn=failed)["stateMachineArn"]
    assert sfn.list_executions(stateMachineArn=machine_arn, redriveFilter="REDRIVEN")["executions"] == []
    sfn.redrive_execution(executionArn=failed)
    (found,) = sfn.list_executions(stateMachineArn=machine_arn, redriveFilter="REDRIVEN")["executions"]
    assert found["redriveCount"] == 1
    assert sfn.list_executions(stateMachineArn=machine_arn, redriveFilter="NOT_REDRIVEN")["executions"] == []


def test_the_same_client_token_redrives_once(sfn: Any, failed: str, ended: Ended) -> None:
    first = sfn.redrive_execution(executionArn=failed, clientToken="t-1")
    again = sfn.redrive_execution(executionArn=failed, clientToken="t-1")
    assert first["redriveDate"] == again["redriveDate"]
    assert sfn.describe_execution(executionArn=failed)["redriveCount"] == 1


def test_what_runs_or_succeeded_is_not_redriven(
    sfn: Any, machine: MakeMachine, failed: str, ended: Ended, refused: Refused
) -> None:
    sfn.redrive_execution(executionArn=failed)
    message = refused("ExecutionNotRedrivable", sfn.redrive_execution, executionArn=failed)
    assert message == "Execution Not Redrivable: 'Execution is RUNNING and cannot be redriven'"
    arn = sfn.start_execution(stateMachineArn=machine(PASS, name="other"))["executionArn"]
    ended(arn)
    message = refused("ExecutionNotRedrivable", sfn.redrive_execution, executionArn=arn)
    assert message == "Execution Not Redrivable: 'Execution is SUCCEEDED and cannot be redriven'"


def test_two_weeks_after_its_end_an_execution_cannot_be_redriven(
    sfn: Any, failed: str, refused: Refused, time_passes: Callable[[float], None]
) -> None:
    time_passes(14 * 86_400 + 1)
    found = sfn.describe_execution(executionArn=failed)
    assert found["redriveStatus"] == "NOT_REDRIVABLE"
    assert found["redriveStatusReason"] == "Execution redrivable period exceeded"
    refused("ExecutionNotRedrivable", sfn.redrive_execution, executionArn=failed)
