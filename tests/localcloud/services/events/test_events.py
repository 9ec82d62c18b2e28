"""EventBridge's API, and what arrives at the targets of rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.localcloud.services import answers
from tests.localcloud.services.waiting import ROLE, Queue, create_function, printed, settle

ORDER = {"Source": "shop", "DetailType": "order", "Detail": '{"id": 7, "state": "new", "items": ["tea"]}'}


def rule(cloud: Cloud, *targets: dict[str, Any], pattern: Any = None, bus: str = "default") -> None:
    events = cloud.client("events")
    text = json.dumps(pattern or {"source": ["shop"]})
    events.put_rule(Name="r", EventPattern=text, EventBusName=bus)
    numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    events.put_targets(Rule="r", Targets=numbered, EventBusName=bus)


def put(cloud: Cloud, **entry: Any) -> str:
    answer = cloud.client("events").put_events(Entries=[{**ORDER, **entry}])
    assert answer["FailedEntryCount"] == 0
    settle(cloud)
    found: str = answer["Entries"][0]["EventId"]
    return found


# ---- targets


def test_a_queue_gets_the_event_in_eventbridges_form(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html says."""
    heard = Queue(cloud)
    rule(cloud, {"Arn": heard.arn})
    event_id = put(cloud, Resources=["arn:mine"])
    assert heard.bodies() == [
        {
            "version": "0",
            "id": event_id,
            "detail-type": "order",
            "source": "shop",
            "account": "123456789012",
            "time": "2026-01-05T09:00:00Z",
            "region": "us-east-1",
            "resources": ["arn:mine"],
            "detail": {"id": 7, "state": "new", "items": ["tea"]},
        }
    ]


def test_an_event_that_does_not_match_goes_nowhere_nor_does_any_once_the_rule_is_disabled(cloud: Cloud) -> None:
    heard = Queue(cloud)
    rule(cloud, {"Arn": heard.arn}, pattern={"detail": {"id": [8]}})
    put(cloud)
    assert heard.bodies() == []
    cloud.client("events").disable_rule(Name="r")
    put(cloud, Detail='{"id": 8}')
    assert heard.bodies() == []
    cloud.client("events").enable_rule(Name="r")
    put(cloud, Detail='{"id": 8}')
    assert len(heard.bodies()) == 1


def test_a_function_runs_on_the_event(cloud: Cloud) -> None:
    arn = create_function(cloud, "def handler(event, context):\n    print('got', event['detail']['id'])")
    rule(cloud, {"Arn": arn})
    put(cloud)
    assert [line for _, line in printed(cloud, "got")] == ["7"]


def test_a_state_machine_is_started_with_the_event_and_named_after_it(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions")
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
    machine = states.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
    target = {"Arn": machine, "RoleArn": ROLE, "InputPath": "$.detail"}
    rule(cloud, target, target)
    event_id = put(cloud)
    execution, other = states.list_executions(stateMachineArn=machine)["executions"]
    assert {execution["name"].partition("_")[0], other["name"].partition("_")[0]} == {event_id}
    assert execution["status"] == "SUCCEEDED"
    done = states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(done["input"]) == json.loads(ORDER["Detail"])


def test_a_topic_passes_it_on_to_its_subscribers(cloud: Cloud) -> None:
    heard, sns = Queue(cloud), cloud.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard.arn)
    rule(cloud, {"Arn": topic, "Input": '"an order"'})
    put(cloud)
    (body,) = heard.bodies()
    assert body["Message"] == '"an order"'


def test_another_bus_gets_the_same_event(cloud: Cloud) -> None:
    heard, events = Queue(cloud), cloud.client("events")
    bus = events.create_event_bus(Name="orders")["EventBusArn"]
    rule(cloud, {"Arn": bus, "RoleArn": ROLE})
    rule(cloud, {"Arn": heard.arn}, bus="orders")
    event_id = put(cloud)
    assert [body["id"] for body in heard.bodies()] == [event_id]


def test_a_log_group_and_a_stream_get_it(cloud: Cloud) -> None:
    logs, kinesis = cloud.client("logs"), cloud.client("kinesis")
    logs.create_log_group(logGroupName="/aws/events/orders")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    rule(
        cloud,
        {"Arn": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/orders", "InputPath": "$.detail.id"},
        {
            "Arn": "arn:aws:kinesis:us-east-1:123456789012:stream/s",
            "RoleArn": ROLE,
            "InputPath": "$.detail.state",
            "KinesisParameters": {"PartitionKeyPath": "$.source"},
        },
    )
    put(cloud)
    (line,) = logs.filter_log_events(logGroupName="/aws/events/orders")["events"]
    assert line["message"] == "7"
    iterator = kinesis.get_shard_iterator(
        StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert record["Data"] == b'"new"'


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"fixed": 1}'}, '{"fixed": 1}'),
        ({"InputPath": "$.detail"}, '{"id":7,"state":"new","items":["tea"]}'),
        ({"InputPath": "$.detail.items[0]"}, '"tea"'),
        (
            {"InputTransformer": {"InputPathsMap": {"s": "$.detail.state"}, "InputTemplate": '"order is <s>"'}},
            '"order is new"',
        ),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"n": "$.detail.id", "s": "$.detail.state", "d": "$.detail"},
                    "InputTemplate": '{"n": <n>, "s": <s>, "text": "<s> of <n>", "all": <d>, "flat": "<d>"}',
                }
            },
            '{"n": 7, "s": "new", "text": "new of 7", "all": {"id":7,"state":"new","items":["tea"]}, '
            '"flat": "{id:7,state:new,items:[tea]}"}',
        ),
        (
            {"InputTransformer": {"InputTemplate": '{"rule": <aws.events.rule-name>, "arn": <aws.events.rule-arn>}'}},
            '{"rule": "r", "arn": "arn:aws:events:us-east-1:123456789012:rule/r"}',
        ),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"gone": "$.detail.gone"},
                    "InputTemplate": '{"a": "<gone>", "b": <gone>, "at": <aws.events.event.ingestion-time>}',
                }
            },
            '{"a": "", "b": "", "at": "2026-01-05T09:00:00Z"}',
        ),
    ],
)
def test_a_target_gets_what_its_input_settings_say(cloud: Cloud, target: dict[str, Any], expected: str) -> None:
    """As https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html says."""
    heard = Queue(cloud)
    rule(cloud, {"Arn": heard.arn, **target})
    put(cloud)
    assert [message["Body"] for message in heard.messages()] == [expected]


def test_what_a_transformer_calls_the_event_has_no_detail_unless_it_is_asked_for(cloud: Cloud) -> None:
    heard = Queue(cloud)
    template = '{"without": <aws.events.event>, "with": <aws.events.event.json>}'
    rule(cloud, {"Arn": heard.arn, "InputTransformer": {"InputTemplate": template}})
    put(cloud)
    (body,) = heard.bodies()
    assert "detail" not in body["without"]
    assert body["with"] == body["without"] | {"detail": json.loads(ORDER["Detail"])}


def test_an_event_that_its_target_does_not_take_is_left_to_the_dead_letter_queue(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html says."""
    letters = Queue(cloud, "letters")
    gone = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    rule(cloud, {"Arn": gone, "DeadLetterConfig": {"Arn": letters.arn}, "Input": '"x"'})
    event_id = put(cloud)
    (message,) = letters.messages()
    assert json.loads(message["Body"])["id"] == event_id
    marks = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert marks == {
        "RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/r",
        "TARGET_ARN": gone,
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": f"Function not found: {gone}",
        "RETRY_ATTEMPTS": "0",
    }


def test_two_runs_give_the_same_ids_and_equal_events_differ(cloud: Cloud) -> None:
    first = [put(cloud), cloud.client("events").put_events(Entries=[ORDER, ORDER])["Entries"]]
    other = Cloud()
    second = [put(other), other.client("events").put_events(Entries=[ORDER, ORDER])["Entries"]]
    other.close()
    assert first == second
    assert len({first[0], *(entry["EventId"] for entry in first[1])}) == 3  # type: ignore[union-attr]


# ---- PutEvents


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html: 128 characters
        (
            {"DetailType": "x" * 129},
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: it is over 128 characters.",
        ),
        ({"Source": ""}, "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        ({"Detail": "{"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": "[1]"}, "MalformedDetail", "Detail is malformed."),
        ({"Source": "aws.s3"}, "NotAuthorizedForSourceException", "Not authorized for the source."),
    ],
)
def test_each_entry_is_refused_by_itself(cloud: Cloud, entry: dict[str, str], code: str, message: str) -> None:
    answer = cloud.client("events").put_events(Entries=[{**ORDER, **entry}, ORDER])
    assert answer["FailedEntryCount"] == 1
    refused, taken = answer["Entries"]
    assert (refused["ErrorCode"], refused["ErrorMessage"]) == (code, message)
    assert "EventId" in taken


def test_a_call_takes_ten_entries_and_one_megabyte(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html; botocore: "must be less than 1MB"."""
    client = answers.client(cloud, "events")
    code, message = answers.error(client.put_events, Entries=[ORDER] * 11)
    assert (code, "less than or equal to 10" in message) == ("ValidationException", True)
    large = {**ORDER, "Detail": json.dumps({"text": "x" * (1 << 20)})}
    assert answers.error(client.put_events, Entries=[large]) == (
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    )


# ---- rules, buses, targets


def test_rules_and_targets_are_described_as_they_were_put(cloud: Cloud) -> None:
    events, heard = cloud.client("events"), Queue(cloud)
    rule(cloud, {"Arn": heard.arn})
    described = events.describe_rule(Name="r")
    assert described["Arn"] == "arn:aws:events:us-east-1:123456789012:rule/r"
    assert (described["State"], described["EventPattern"]) == ("ENABLED", '{"source": ["shop"]}')
    assert [each["Name"] for each in events.list_rules()["Rules"]] == ["r"]
    assert events.list_targets_by_rule(Rule="r")["Targets"] == [{"Id": "0", "Arn": heard.arn}]
    assert events.list_rule_names_by_target(TargetArn=heard.arn)["RuleNames"] == ["r"]
    assert answers.error(events.delete_rule, Name="r") == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )
    events.remove_targets(Rule="r", Ids=["0"])
    events.delete_rule(Name="r")
    assert answers.error(events.describe_rule, Name="r") == (
        "ResourceNotFoundException",
        "Rule r does not exist on EventBus default.",
    )


def test_buses_are_made_listed_and_deleted(cloud: Cloud) -> None:
    events = cloud.client("events")
    arn = events.create_event_bus(Name="orders", Tags=[{"Key": "a", "Value": "b"}])["EventBusArn"]
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default", "orders"]
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert answers.error(events.create_event_bus, Name="orders")[0] == "ResourceAlreadyExistsException"
    events.delete_event_bus(Name="orders")
    assert answers.error(events.describe_event_bus, Name="orders") == (
        "ResourceNotFoundException",
        "Event bus orders does not exist.",
    )
    assert answers.error(events.delete_event_bus, Name="default")[0] == "ValidationException"


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ({}, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        (
            {"ScheduleExpression": "rate(1 minutes)"},
            "ValidationException",
            "Parameter ScheduleExpression is not valid.",
        ),
        (
            {"ScheduleExpression": "rate(1 minute)", "EventBusName": "b"},
            "ValidationException",
            "ScheduleExpression is supported only on the default event bus.",
        ),
        (
            {"EventPattern": "{}"},
            "InvalidEventPatternException",
            'Event pattern is not valid. Reason: Empty objects are not allowed\n at [Source: (String)"{}"; '
            "line: 1, column: 3]",
        ),
    ],
)
def test_rules_that_eventbridge_refuses(cloud: Cloud, settings: dict[str, str], code: str, message: str) -> None:
    events = cloud.client("events")
    events.create_event_bus(Name="b")
    assert answers.error(events.put_rule, Name="r", **settings) == (code, message)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"Arn": "heard"}, "Parameter heard is not valid. Reason: Provided Arn is not in correct format."),
        (
            {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "Input": "1", "InputPath": "$"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target 0.",
        ),
        (
            {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "InputTransformer": {"InputTemplate": '"<who>"'}},
            "InputTemplate for target 0 contains invalid placeholder who.",
        ),
        (
            {"Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"},
            "RoleArn is required for target arn:aws:states:us-east-1:123456789012:stateMachine:m.",
        ),
        (
            {"Arn": "arn:aws:sqs:us-east-1:123456789012:q.fifo"},
            "Parameter(s) SqsParameters must be specified for target: 0.",
        ),
    ],
)
def test_targets_that_eventbridge_refuses(cloud: Cloud, target: dict[str, Any], message: str) -> None:
    events = cloud.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    refused = answers.error(events.put_targets, Rule="r", Targets=[{"Id": "0", **target}])
    assert refused == ("ValidationException", message)


def test_targets_to_which_nothing_is_delivered_and_archives_are_refused_with_what_to_do(cloud: Cloud) -> None:
    events = cloud.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    target = {"Id": "0", "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/c"}
    code, message = answers.error(events.put_targets, Rule="r", Targets=[target])
    assert (code, "WORKSHOP_TARGET=aws" in message) == ("UnsupportedLocally", True)
    bus = events.describe_event_bus()["Arn"]
    assert answers.error(events.create_archive, ArchiveName="a", EventSourceArn=bus)[0] == "UnsupportedLocally"


def test_a_pattern_can_be_tried_without_a_rule(cloud: Cloud) -> None:
    events = cloud.client("events")
    event = {
        "id": "1",
        "account": "1",
        "source": "shop",
        "time": "t",
        "region": "r",
        "resources": [],
        "detail-type": "d",
    }
    tried = events.test_event_pattern(EventPattern='{"source": [{"prefix": "s"}]}', Event=json.dumps(event))
    assert tried["Result"] is True
    refused = answers.error(events.test_event_pattern, EventPattern='{"source": "s"}', Event=json.dumps(event))
    assert refused[0] == "InvalidEventPatternException"


# ---- schedules


def test_a_scheduled_rule_comes_while_time_passes_and_never_alone(cloud: Cloud) -> None:
    heard, events = Queue(cloud), cloud.client("events")
    events.put_rule(Name="often", ScheduleExpression="rate(5 minutes)")
    events.put_targets(Rule="often", Targets=[{"Id": "1", "Arn": heard.arn}])
    assert heard.bodies() == []
    assert cloud.clock.datetime().isoformat() == "2026-01-05T09:00:00+00:00"
    settle(cloud, 601)
    bodies = heard.bodies()
    assert [body["time"] for body in bodies] == ["2026-01-05T09:05:00Z", "2026-01-05T09:10:00Z"]
    assert {key: bodies[0][key] for key in ("source", "detail-type", "resources", "detail")} == {
        "source": "aws.events",
        "detail-type": "Scheduled Event",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/often"],
        "detail": {},
    }


def test_a_scheduled_function_that_fails_is_no_reason_for_the_schedule_to_come_again(cloud: Cloud) -> None:
    arn = create_function(cloud, "def handler(event, context):\n    print('at', event['time'])\n    assert False")
    events = cloud.client("events")
    events.put_rule(Name="often", ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule="often", Targets=[{"Id": "1", "Arn": arn}])
    settle(cloud, 61)
    cloud.client("lambda").get_function(FunctionName="f")

    async def attempts() -> None:  # its two retries come after one minute and two more: at 09:04 and a little
        while cloud.clock.now() < 1_767_603_600 + 300:
            await cloud.clock.sleep(1)

    coro = attempts()
    fiber = cloud.clock.call(_as_a_schedules, cloud, coro)
    assert fiber.join(60)
    assert {line for _, line in printed(cloud, "at")} == {"2026-01-05T09:01:00Z"}
    assert len(printed(cloud, "at")) == 3


def _as_a_schedules(cloud: Cloud, coro: Any) -> Any:
    fiber = cloud.clock.spawn(coro)
    fiber.by_schedule = True
    return fiber
