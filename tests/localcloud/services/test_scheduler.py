"""EventBridge Scheduler: when schedules come, what their targets get, and its API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from localcloud.door import moto
from tests.localcloud.services import answers
from tests.localcloud.services.waiting import ROLE, Queue, create_function, printed, settle

OFF = {"Mode": "OFF"}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()
    moto_api_backend.reset()


def schedule(cloud: Cloud, expression: str, arn: str, name: str = "s", **settings: Any) -> None:
    target = {"Arn": arn, "RoleArn": ROLE, **settings.pop("target", {})}
    cloud.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, FlexibleTimeWindow=OFF, Target=target, **settings
    )


def test_a_one_time_schedule_comes_at_its_time_and_lets_time_pass_for_that(cloud: Cloud) -> None:
    heard, arrived = Queue(cloud), threading.Event()
    undo = moto.on_arrival(cloud.clock.now, lambda _: arrived.set())
    schedule(cloud, "at(2026-01-05T12:00:00)", heard.arn, ScheduleExpressionTimezone="Europe/Berlin")
    assert arrived.wait(60)
    undo()
    (body,) = heard.bodies()
    arn = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/s"
    assert {key: body[key] for key in ("source", "time", "resources", "detail")} == {
        "source": "aws.scheduler",
        "time": "2026-01-05T11:00:00Z",
        "resources": [arn],
        "detail": "{}",
    }
    assert cloud.clock.datetime().hour == 11
    assert cloud.client("scheduler").get_schedule(Name="s")["Arn"] == arn


def test_a_one_time_schedule_whose_time_has_passed_comes_at_once(cloud: Cloud) -> None:
    heard = Queue(cloud)
    settle(cloud, 3 * 86_400)
    schedule(cloud, "at(2026-01-05T10:00:00)", heard.arn, target={"Input": '"<aws.scheduler.scheduled-time>"'})
    settle(cloud, 60)
    assert heard.bodies() == ["2026-01-05T10:00:00Z"]


def test_it_is_deleted_after_completion_when_it_says_so(cloud: Cloud) -> None:
    heard = Queue(cloud)
    schedule(cloud, "at(2026-01-05T09:01:00)", heard.arn, ActionAfterCompletion="DELETE")
    settle(cloud, 61)
    assert len(heard.bodies()) == 1
    assert answers.error(cloud.client("scheduler").get_schedule, Name="s") == (
        "ResourceNotFoundException",
        "Schedule s does not exist.",
    )


def test_recurring_schedules_come_while_time_passes_between_their_start_and_end(cloud: Cloud) -> None:
    heard = Queue(cloud)
    schedule(
        cloud,
        "rate(10 minutes)",
        heard.arn,
        StartDate="2026-01-05T09:20:00Z",
        EndDate="2026-01-05T09:45:00Z",
        target={"Input": '"<aws.scheduler.scheduled-time>"'},
    )
    schedule(cloud, "cron(30 9 * * ? *)", heard.arn, name="cron", target={"Input": '"cron"'})
    assert heard.bodies() == []
    settle(cloud, 3600)
    assert heard.bodies() == ["2026-01-05T09:20:00Z", "cron", "2026-01-05T09:30:00Z", "2026-01-05T09:40:00Z"]


def test_a_disabled_schedule_waits_until_it_is_enabled_and_a_deleted_one_never_comes(cloud: Cloud) -> None:
    heard, client = Queue(cloud), cloud.client("scheduler")
    schedule(cloud, "at(2026-01-05T10:00:00)", heard.arn, State="DISABLED")
    settle(cloud, 60)
    assert cloud.clock.datetime().hour == 9
    target = {"Arn": heard.arn, "RoleArn": ROLE, "Input": '"now"'}
    client.update_schedule(
        Name="s", ScheduleExpression="at(2026-01-05T10:00:00)", FlexibleTimeWindow=OFF, Target=target
    )
    settle(cloud, 3600)
    assert heard.bodies() == ["now"]
    schedule(cloud, "rate(1 minute)", heard.arn, name="gone")
    client.delete_schedule(Name="gone")
    settle(cloud, 600)
    assert heard.bodies() == []


def test_a_function_and_a_state_machine_are_targets(cloud: Cloud) -> None:
    function = create_function(cloud, "def handler(event, context):\n    print('got', event['id'])")
    states = cloud.client("stepfunctions")
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
    machine = states.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
    schedule(cloud, "at(2026-01-05T10:00:00)", function, target={"Input": '{"id": 7}'})
    schedule(cloud, "at(2026-01-05T10:00:00)", machine, name="m", target={"Input": '{"id": 7}'})
    settle(cloud, 3700)
    assert [line for _, line in printed(cloud, "got")] == ["7"]
    (execution,) = states.list_executions(stateMachineArn=machine)["executions"]
    assert states.describe_execution(executionArn=execution["executionArn"])["input"] == '{"id": 7}'


def test_a_universal_target_calls_an_api(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html says."""
    heard = Queue(cloud)
    wanted = {"QueueUrl": heard.url, "MessageBody": '"<aws.scheduler.scheduled-time>"'}
    arn = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
    schedule(cloud, "at(2026-01-05T10:00:00)", arn, target={"Input": json.dumps(wanted)})
    settle(cloud, 3700)
    assert heard.bodies() == ["2026-01-05T10:00:00Z"]


def test_what_a_target_does_not_take_is_left_to_its_dead_letter_queue(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html says."""
    letters = Queue(cloud, "letters")
    gone = "arn:aws:sqs:us-east-1:123456789012:gone"
    schedule(
        cloud,
        "at(2026-01-05T10:00:00)",
        gone,
        target={"Input": '"x"', "DeadLetterConfig": {"Arn": letters.arn}},
    )
    settle(cloud, 3700)
    (message,) = letters.messages()
    marks = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert message["Body"] == '"x"'
    assert marks["SCHEDULE_ARN"] == "arn:aws:scheduler:us-east-1:123456789012:schedule/default/s"
    assert (marks["TARGET_ARN"], marks["SCHEDULED_TIME"]) == (gone, "2026-01-05T10:00:00Z")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ScheduleExpression": "soon"}, "Invalid Schedule Expression soon."),
        ({"ScheduleExpressionTimezone": "Mars/Base"}, "Invalid Time Zone Mars/Base."),
        (
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
            "MaximumWindowInMinutes is required when FlexibleTimeWindow Mode is FLEXIBLE.",
        ),
        (
            {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:receiveMessage", "RoleArn": ROLE}},
            "The API action receiveMessage is not supported for sqs.",
        ),
        (
            {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:fly", "RoleArn": ROLE}},
            "arn:aws:scheduler:::aws-sdk:sqs:fly is not a valid target: sqs has no API action fly.",
        ),
    ],
)
def test_schedules_that_are_refused(cloud: Cloud, settings: dict[str, Any], message: str) -> None:
    request = {
        "Name": "s",
        "ScheduleExpression": "rate(1 minute)",
        "FlexibleTimeWindow": OFF,
        "Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": ROLE},
    }
    refused = answers.error(cloud.client("scheduler").create_schedule, **(request | settings))
    assert refused == ("ValidationException", message)


def test_schedules_stand_in_groups_that_take_them_along_when_they_are_deleted(cloud: Cloud) -> None:
    client = answers.client(cloud, "scheduler")
    client.create_schedule_group(Name="nightly", Tags=[{"Key": "a", "Value": "b"}])
    schedule(cloud, "rate(1 hour)", "arn:aws:sqs:us-east-1:123456789012:q", GroupName="nightly")
    assert answers.error(client.create_schedule_group, Name="nightly")[0] == "ConflictException"
    assert [each["Name"] for each in client.list_schedules(GroupName="nightly")["Schedules"]] == ["s"]
    arn = client.get_schedule_group(Name="nightly")["Arn"]
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    client.delete_schedule_group(Name="nightly")
    assert [group["Name"] for group in client.list_schedule_groups()["ScheduleGroups"]] == ["default"]
    assert client.list_schedules()["Schedules"] == []
