"""Task: calls, errors, Retry, Catch, timeouts, heartbeats, tokens and jobs."""

from __future__ import annotations

import itertools
import json
import threading
from typing import Any

import pytest

from localcloud.asl.environment import TaskFailure
from localcloud.time.clock import EPOCH

TASK = {"Type": "Task", "Resource": "arn:aws:states:::test:f"}


def fails(*errors: str) -> Any:
    """A task that fails with these errors, one a call, and then succeeds with the number of calls."""
    left = list(errors)

    def task(_arguments: Any) -> Any:
        if left:
            raise TaskFailure(left.pop(0), "because")
        return len(errors)

    return task


def scheduled_at(execution: Any) -> list[float]:
    return [round(e["timestamp"] - EPOCH, 3) for e in execution.history.events if e["type"] == "TaskScheduled"]


def test_a_task_leaves_scheduled_started_and_succeeded(world: Any) -> None:
    world.tasks["f"] = lambda arguments: {"got": arguments}
    execution = world.run({"StartAt": "S", "States": {"S": {**TASK, "Parameters": {"a": 1}, "End": True}}})
    events = execution.history.events
    assert [e["type"] for e in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert [e["previousEventId"] for e in events] == [0, 0, 2, 3, 4, 5, 6]
    assert events[2]["taskScheduledEventDetails"] == {
        "resourceType": "test",
        "resource": "f",
        "region": "us-east-1",
        "parameters": '{"a":1}',
    }


def test_retry_waits_longer_each_time(world: Any) -> None:
    world.tasks["f"] = fails("A", "A", "A")
    retry = [{"ErrorEquals": ["A"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 3}]
    execution = world.run({"StartAt": "S", "States": {"S": {**TASK, "Retry": retry, "End": True}}})
    assert execution.output == "3"
    assert scheduled_at(execution) == [0.02, 2.12, 8.22, 26.32]


def test_max_delay_caps_the_interval(world: Any) -> None:
    world.tasks["f"] = fails("A", "A", "A")
    retry = [{"ErrorEquals": ["A"], "IntervalSeconds": 10, "BackoffRate": 10, "MaxDelaySeconds": 11}]
    execution = world.run({"StartAt": "S", "States": {"S": {**TASK, "Retry": retry, "End": True}}})
    assert scheduled_at(execution) == [0.02, 10.12, 21.22, 32.32]


def test_full_jitter_stays_within_the_interval_and_is_the_same_in_every_run(world: Any) -> None:
    retry = [{"ErrorEquals": ["A"], "IntervalSeconds": 10, "BackoffRate": 1, "JitterStrategy": "FULL"}]
    definition = {"StartAt": "S", "States": {"S": {**TASK, "Retry": retry, "End": True}}}
    runs = []
    for _ in range(2):
        world.tasks["f"] = fails("A", "A", "A")
        times = scheduled_at(world.run(definition))
        gaps = [round(b - a - 0.1, 3) for a, b in itertools.pairwise(times)]
        assert all(0 <= gap <= 10 for gap in gaps)
        assert len(set(gaps)) == 3
        runs.append(gaps)
    assert runs[0] == pytest.approx(runs[1], abs=0.002)


def test_the_first_retrier_that_names_the_error_counts_and_is_used_up(world: Any) -> None:
    world.tasks["f"] = fails("B", "A", "B")
    retry = [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    execution = world.run({"StartAt": "S", "States": {"S": {**TASK, "Retry": retry, "End": True}}})
    assert (execution.status, execution.error, len(world.calls)) == ("FAILED", "B", 3)


def test_no_attempts_is_no_retry(world: Any) -> None:
    world.tasks["f"] = fails("A")
    retry = [{"ErrorEquals": ["A"], "MaxAttempts": 0}]
    execution = world.run({"StartAt": "S", "States": {"S": {**TASK, "Retry": retry, "End": True}}})
    assert (execution.status, len(world.calls)) == ("FAILED", 1)


@pytest.mark.parametrize(
    ("error", "names", "is_caught"),
    [
        ("Custom", ["Custom"], True),
        ("Custom", ["Other"], False),
        ("Custom", ["States.ALL"], True),
        ("Custom", ["States.TaskFailed"], True),
        ("States.Timeout", ["States.TaskFailed"], False),
        ("States.Timeout", ["States.ALL"], True),
        ("States.DataLimitExceeded", ["States.ALL"], True),
        ("States.Runtime", ["States.ALL"], False),
        ("States.Runtime", ["States.Runtime"], False),
        ("States.Permissions", ["States.Permissions"], True),
        ("States.BranchFailed", ["States.ALL"], True),
    ],
)
def test_which_errors_a_catch_names(world: Any, error: str, names: list[str], is_caught: bool) -> None:
    world.tasks["f"] = fails(error)
    catch = [{"ErrorEquals": names, "Next": "C"}]
    definition = {
        "StartAt": "S",
        "States": {"S": {**TASK, "Catch": catch, "End": True}, "C": {"Type": "Pass", "End": True}},
    }
    execution = world.run(definition)
    if is_caught:
        assert json.loads(execution.output) == {"Error": error, "Cause": "because"}
    else:
        assert (execution.status, execution.error) == ("FAILED", error)


def test_a_jsonata_catch_has_the_error_output_and_assigns(world: Any) -> None:
    world.tasks["f"] = fails("A")
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "S",
        "States": {
            "S": {
                **TASK,
                "Catch": [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "Assign": {"why": "{% $states.errorOutput.Cause %}"},
                        "Output": "{% $states.errorOutput.Error %}",
                        "Next": "C",
                    }
                ],
                "End": True,
            },
            "C": {"Type": "Pass", "Output": "{% $states.input & ' ' & $why %}", "End": True},
        },
    }
    assert world.output(definition) == "A because"


def test_a_task_over_its_timeout_fails_with_states_timeout(world: Any) -> None:
    release = threading.Event()
    world.tasks["f"] = lambda arguments: release.wait(20)
    try:
        execution = world.run({"StartAt": "S", "States": {"S": {**TASK, "TimeoutSeconds": 1, "End": True}}})
    finally:
        release.set()
    assert (execution.status, execution.error, execution.cause) == ("FAILED", "States.Timeout", None)
    assert execution.history.events[4]["taskTimedOutEventDetails"]["error"] == "States.Timeout"
    assert execution.stop_date - EPOCH == pytest.approx(1.02)


@pytest.mark.parametrize("field", ["TimeoutSeconds", "HeartbeatSeconds"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_in_time_must_be_positive(world: Any, field: str, value: int) -> None:
    resource = "arn:aws:states:::test:f"
    error, cause = world.failure({"Type": "Task", "Resource": resource, f"{field}Path": "$.limit"}, {"limit": value})
    assert error == "States.Runtime"
    assert f"{field} must be a positive integer, but was: {value}" in cause
    query = {"QueryLanguage": "JSONata", field: "{% $states.input.limit %}"}
    error, _ = world.failure({"Type": "Task", "Resource": resource, **query}, {"limit": value})
    assert error == "States.QueryEvaluationError"
    assert world.calls == []


def test_a_machine_over_its_timeout_is_timed_out(world: Any) -> None:
    states = {"W": {"Type": "Wait", "Seconds": 100, "End": True}}
    execution = world.run({"StartAt": "W", "TimeoutSeconds": 10, "States": states})
    assert (execution.status, execution.stop_date - EPOCH) == ("TIMED_OUT", 10)
    assert [e["type"] for e in execution.history.events][-2:] == ["WaitStateAborted", "ExecutionTimedOut"]


CALLBACK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::test:f.waitForTaskToken",
    "Parameters": {"token.$": "$$.Task.Token"},
}


def test_a_callback_task_ends_with_what_its_token_is_answered(world: Any) -> None:
    execution = world.start({"StartAt": "S", "States": {"S": {**CALLBACK, "End": True}}})
    assert world.asked.wait(10)
    world.answers["token-0"].signal.set({"approved": True})
    world.wait(execution)
    assert json.loads(execution.output) == {"approved": True}
    assert world.calls[0].arguments == {"token": "token-0"}
    assert "TaskSubmitted" in [e["type"] for e in execution.history.events]


def test_a_callback_that_fails_without_an_error_name_is_caught_by_all(world: Any) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    definition = {
        "StartAt": "S",
        "States": {"S": {**CALLBACK, "Catch": catch, "End": True}, "C": {"Type": "Pass", "End": True}},
    }
    execution = world.start(definition)
    assert world.asked.wait(10)
    world.answers["token-0"].signal.fail(TaskFailure(None, None))
    world.wait(execution)
    assert json.loads(execution.output) == {"Error": None, "Cause": None}


@pytest.mark.parametrize("name", ["States.Timeout", "States.HeartbeatTimeout"])
def test_a_missed_heartbeat_is_a_timeout_and_answers_to_both_names(world: Any, name: str) -> None:
    catch = [{"ErrorEquals": [name], "Next": "C"}]
    state = {**CALLBACK, "HeartbeatSeconds": 5, "TimeoutSeconds": 600, "Catch": catch, "End": True}
    definition = {"StartAt": "S", "States": {"S": state, "C": {"Type": "Pass", "End": True}}}
    execution = world.run(definition)
    assert json.loads(execution.output) == {"Error": "States.Timeout", "Cause": ""}
    timed_out = next(e for e in execution.history.events if e["type"] == "TaskTimedOut")
    assert timed_out["timestamp"] - EPOCH == pytest.approx(5.02)


def test_a_job_is_waited_for_and_its_description_is_the_result(world: Any) -> None:
    world.tasks["job"] = lambda arguments: {"Status": "Completed"}
    execution = world.run(
        {
            "StartAt": "S",
            "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::test:job.sync", "End": True}},
        }
    )
    assert json.loads(execution.output) == {"Status": "Completed"}
    assert execution.stop_date - EPOCH == pytest.approx(60.02)


def test_a_job_is_stopped_with_its_execution(world: Any) -> None:
    world.tasks["job"] = lambda arguments: {}
    states = {
        "S": {"Type": "Task", "Resource": "arn:aws:states:::test:job.sync", "End": True},
    }
    execution = world.run({"StartAt": "S", "TimeoutSeconds": 20, "States": states})
    assert execution.status == "TIMED_OUT"
    world.clock.call(lambda: None)
    assert len(world.cancelled) == 1


def test_a_result_over_256_kib_is_refused_by_name(world: Any) -> None:
    world.tasks["f"] = lambda arguments: "x" * 300_000
    error, cause = world.failure(TASK)
    assert error == "States.DataLimitExceeded"
    assert cause == (
        "The state/task 'test' returned a result with a size exceeding the maximum number of bytes service limit."
    )
