"""Map Runs: describing, listing and changing them, and the executions that they start."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Refused = Callable[..., str]
MakeMachine = Callable[..., str]
Ended = Callable[[str], dict[str, Any]]

ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:work"
PASS = {"Type": "Pass", "End": True}
WORK = {"Type": "Task", "Resource": ACTIVITY, "End": True}


def distributed(state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": state},
    }
    each = {"Type": "Map", "Label": "items", "ItemProcessor": processor, "End": True} | fields
    return {"StartAt": "Every", "States": {"Every": each}}


def run(sfn: Any, machine: MakeMachine, definition: dict[str, Any], items: list[Any]) -> str:
    arn = sfn.start_execution(stateMachineArn=machine(definition), name="parent", input=json.dumps(items))
    return str(arn["executionArn"])


def test_a_map_run_that_succeeded_is_described_and_listed(sfn: Any, machine: MakeMachine, ended: Ended) -> None:
    definition = distributed(PASS, MaxConcurrency=2, ToleratedFailurePercentage=50)
    arn = run(sfn, machine, definition, [1, 2, 3])
    ended(arn)
    (listed,) = sfn.list_map_runs(executionArn=arn)["mapRuns"]
    assert listed["executionArn"] == arn
    assert listed["stateMachineArn"].endswith(":stateMachine:machine/items")
    found = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])
    assert found["mapRunArn"].startswith("arn:aws:states:us-east-1:123456789012:mapRun:machine/items:")
    assert (found["status"], found["maxConcurrency"], found["toleratedFailurePercentage"]) == (
        "SUCCEEDED",
        2,
        50.0,
    )
    for counts in (found["itemCounts"], found["executionCounts"]):
        assert (counts["total"], counts["succeeded"], counts["failed"]) == (3, 3, 0)


def test_the_executions_of_a_map_run_are_found_by_it(sfn: Any, machine: MakeMachine, ended: Ended) -> None:
    arn = run(sfn, machine, distributed(PASS), [1, 2, 3])
    ended(arn)
    map_run = sfn.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
    children = sfn.list_executions(mapRunArn=map_run)["executions"]
    assert len(children) == 3
    assert all((each["mapRunArn"], each["itemCount"]) == (map_run, 1) for each in children)
    child = sfn.describe_execution(executionArn=children[0]["executionArn"])
    assert child["mapRunArn"] == map_run
    assert child["stateMachineArn"].endswith(":stateMachine:machine/items")
    events = sfn.get_execution_history(executionArn=child["executionArn"])["events"]
    assert events[-1]["type"] == "ExecutionSucceeded"
    described = sfn.describe_state_machine_for_execution(executionArn=child["executionArn"])
    assert (described["mapRunArn"], described["label"], described["name"]) == (map_run, "items", "machine")
    own = sfn.list_executions(stateMachineArn=sfn.describe_execution(executionArn=arn)["stateMachineArn"])
    assert [each["name"] for each in own["executions"]] == ["parent"]  # children are not the machine's own


def test_a_higher_concurrency_counts_at_once(sfn: Any, machine: MakeMachine, refused: Refused) -> None:
    sfn.create_activity(name="work")
    arn = run(sfn, machine, distributed(WORK, MaxConcurrency=1), [1, 2, 3])
    first = sfn.get_activity_task(activityArn=ACTIVITY)
    map_run = sfn.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
    assert sfn.describe_map_run(mapRunArn=map_run)["itemCounts"]["running"] == 1
    sfn.update_map_run(mapRunArn=map_run, maxConcurrency=3, toleratedFailureCount=1)
    found = sfn.describe_map_run(mapRunArn=map_run)
    assert (found["maxConcurrency"], found["toleratedFailureCount"]) == (3, 1)
    assert found["itemCounts"]["running"] == 3
    assert "stopDate" not in found
    assert {first["input"], *(sfn.get_activity_task(activityArn=ACTIVITY)["input"] for _ in range(2))} == {
        "1",
        "2",
        "3",
    }


def test_a_map_run_that_has_ended_cannot_be_changed(
    sfn: Any, machine: MakeMachine, ended: Ended, refused: Refused
) -> None:
    arn = run(sfn, machine, distributed(PASS), [1])
    ended(arn)
    map_run = sfn.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
    refused("ValidationException", sfn.update_map_run, mapRunArn=map_run, maxConcurrency=3)


def test_a_failed_child_can_be_redriven_only_with_its_parent(
    sfn: Any, machine: MakeMachine, ended: Ended, refused: Refused
) -> None:
    fail = {"Type": "Fail", "Error": "Broken"}
    arn = run(sfn, machine, distributed(fail), [1])
    assert ended(arn)["error"] == "States.ExceedToleratedFailureThreshold"
    map_run = sfn.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
    assert sfn.describe_map_run(mapRunArn=map_run)["status"] == "FAILED"
    (child,) = sfn.list_executions(mapRunArn=map_run, statusFilter="FAILED")["executions"]
    found = sfn.describe_execution(executionArn=child["executionArn"])
    assert found["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    refused("ExecutionNotRedrivable", sfn.redrive_execution, executionArn=child["executionArn"])


def test_a_redriven_map_run_runs_its_failed_children_again(sfn: Any, machine: MakeMachine, ended: Ended) -> None:
    sfn.create_activity(name="work")
    arn = run(sfn, machine, distributed(WORK), [1])
    sfn.send_task_failure(taskToken=sfn.get_activity_task(activityArn=ACTIVITY)["taskToken"], error="Bad")
    assert ended(arn)["status"] == "FAILED"
    sfn.redrive_execution(executionArn=arn)
    sfn.send_task_success(taskToken=sfn.get_activity_task(activityArn=ACTIVITY)["taskToken"], output="7")
    assert ended(arn)["output"] == "[7]"
    map_run = sfn.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
    assert sfn.describe_map_run(mapRunArn=map_run)["redriveCount"] == 1
    (child,) = sfn.list_executions(mapRunArn=map_run)["executions"]
    assert (child["status"], child["redriveCount"]) == ("SUCCEEDED", 1)
    ids = [event["id"] for event in sfn.get_execution_history(executionArn=child["executionArn"])["events"]]
    assert ids == list(range(1, len(ids) + 1))


def test_a_missing_map_run_is_refused(sfn: Any, refused: Refused) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:mapRun:machine/items:1"
    assert refused("ResourceNotFound", sfn.describe_map_run, mapRunArn=arn) == f"Resource not found: '{arn}'"
    refused("ResourceNotFound", sfn.update_map_run, mapRunArn=arn)
    refused("InvalidArn", sfn.describe_map_run, mapRunArn="no")


def test_deleting_the_machine_forgets_the_children_too(
    sfn: Any, machine: MakeMachine, ended: Ended, refused: Refused
) -> None:
    arn = run(sfn, machine, distributed(PASS), [1])
    ended(arn)
    map_run = sfn.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
    (child,) = sfn.list_executions(mapRunArn=map_run)["executions"]
    sfn.delete_state_machine(stateMachineArn=sfn.describe_execution(executionArn=arn)["stateMachineArn"])
    refused("ExecutionDoesNotExist", sfn.describe_execution, executionArn=child["executionArn"])
    refused("ResourceNotFound", sfn.describe_map_run, mapRunArn=map_run)
