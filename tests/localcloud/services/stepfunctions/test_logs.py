"""What state machines write to CloudWatch Logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.cloud import Cloud

MakeMachine = Callable[..., str]
Ended = Callable[[str], dict[str, Any]]

GROUP = "/aws/vendedlogs/states/machine"
FAIL = {
    "StartAt": "Keep",
    "States": {
        "Keep": {"Type": "Pass", "Next": "Stop"},
        "Stop": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"},
    },
}
ROLE = "arn:aws:iam::123456789012:role/workshop"


@pytest.fixture
def log_group(cloud: Cloud) -> Any:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    yield logs
    logs.delete_log_group(logGroupName=GROUP)


def logging(level: str, *, data: bool) -> dict[str, Any]:
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}:*"
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]
    return {"level": level, "includeExecutionData": data, "destinations": destinations}


def written(logs: Any) -> list[dict[str, Any]]:
    """The logged events, in order."""
    result = []
    for stream in logs.describe_log_streams(logGroupName=GROUP)["logStreams"]:
        if stream["logStreamName"].startswith("states/"):
            found = logs.get_log_events(logGroupName=GROUP, logStreamName=stream["logStreamName"], startFromHead=True)
            result += [json.loads(event["message"]) for event in found["events"]]
    return result


def test_every_event_is_written_in_the_format_of_aws(
    sfn: Any, machine: MakeMachine, ended: Ended, log_group: Any
) -> None:
    arn = machine(FAIL, loggingConfiguration=logging("ALL", data=True))
    execution = sfn.start_execution(stateMachineArn=arn, name="one", input='{"a":1}')["executionArn"]
    ended(execution)
    events = written(log_group)
    assert events[0] == {
        "details": {"input": '{"a":1}', "inputDetails": {"truncated": False}, "roleArn": ROLE},
        "redrive_count": "0",
        "id": "1",
        "type": "ExecutionStarted",
        "previous_event_id": "0",
        "event_timestamp": "1767603600000",
        "execution_arn": execution,
    }
    assert [event["id"] for event in events] == ["1", "2", "3", "4", "5"]
    assert events[-1]["details"] == {"error": "Broken", "cause": "on purpose"}
    streams = log_group.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert sorted(stream["logStreamName"] for stream in streams) == [
        "log_stream_created_by_aws_to_validate_log_delivery_subscriptions",
        "states/machine/2026-01-05-09/00000000",
    ]


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("ERROR", ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_the_level_says_which_events_are_written(
    sfn: Any, machine: MakeMachine, ended: Ended, log_group: Any, level: str, kinds: list[str]
) -> None:
    arn = machine(FAIL, loggingConfiguration=logging(level, data=True))
    ended(sfn.start_execution(stateMachineArn=arn)["executionArn"])
    assert [event["type"] for event in written(log_group)] == kinds


def test_without_execution_data_names_stay_and_data_goes(
    sfn: Any, machine: MakeMachine, ended: Ended, log_group: Any
) -> None:
    arn = machine(FAIL, loggingConfiguration=logging("ALL", data=False))
    ended(sfn.start_execution(stateMachineArn=arn, input='{"secret":1}')["executionArn"])
    events = written(log_group)
    assert events[0]["details"] == {"roleArn": ROLE}
    assert events[1]["details"] == {"name": "Keep"}
    assert "secret" not in json.dumps(events)


def test_an_express_execution_leaves_nothing_but_its_log(sfn: Any, machine: MakeMachine, log_group: Any) -> None:
    arn = machine(FAIL, type="EXPRESS", loggingConfiguration=logging("ALL", data=True))
    found = sfn.start_sync_execution(stateMachineArn=arn)
    events = written(log_group)
    assert {event["execution_arn"] for event in events} == {found["executionArn"]}
    assert events[-1]["type"] == "ExecutionFailed"


def test_the_log_shows_an_execution_that_waits_and_later_its_end_once(
    sfn: Any, machine: MakeMachine, ended: Ended, log_group: Any
) -> None:
    activity = sfn.create_activity(name="work")["activityArn"]
    definition = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": activity, "End": True}}}
    arn = machine(definition, loggingConfiguration=logging("ALL", data=True))
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    assert [event["type"] for event in written(log_group)] == ["ExecutionStarted", "TaskStateEntered"]
    sfn.send_task_success(taskToken=token, output="1")
    ended(execution)
    assert [event["id"] for event in written(log_group)] == [str(number) for number in range(1, 8)]


def test_a_log_group_deleted_meanwhile_does_not_hurt_the_execution(
    cloud: Cloud, sfn: Any, machine: MakeMachine, ended: Ended
) -> None:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    arn = machine(FAIL, loggingConfiguration=logging("ALL", data=True))
    logs.delete_log_group(logGroupName=GROUP)
    assert ended(sfn.start_execution(stateMachineArn=arn)["executionArn"])["error"] == "Broken"
