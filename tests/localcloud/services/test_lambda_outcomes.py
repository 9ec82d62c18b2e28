"""Destinations and dead letters of asynchronous events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from tests.localcloud.services import answers
from tests.localcloud.services.waiting import Queue, create_function, printed, settle

FAILS = "def handler(event, context):\n    print('attempt')\n    raise ValueError('no tea')"
ANSWERS = "def handler(event, context):\n    return {'sum': event['a'] + 1}"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()
    moto_api_backend.reset()


def send_event(cloud: Cloud, event: Any, **call: Any) -> None:
    payload = json.dumps(event).encode()
    cloud.client("lambda").invoke(FunctionName="f", InvocationType="Event", Payload=payload, **call)
    settle(cloud, 30_000)


def configure(cloud: Cloud, **settings: Any) -> None:
    cloud.client("lambda").put_function_event_invoke_config(FunctionName="f", **settings)


def test_the_dead_letter_queue_gets_the_event_as_it_was_once_all_attempts_failed(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html says."""
    letters = Queue(cloud)
    create_function(cloud, FAILS, DeadLetterConfig={"TargetArn": letters.arn})
    send_event(cloud, {"order": 7})
    (message,) = letters.messages()
    assert message["Body"] == '{"order": 7}'
    marks = {name: (value["DataType"], value["StringValue"]) for name, value in message["MessageAttributes"].items()}
    assert marks.pop("RequestID")[0] == "String"
    assert marks == {"ErrorCode": ("Number", "200"), "ErrorMessage": ("String", "no tea")}
    assert len(printed(cloud, "attempt")) == 3


def test_a_topic_takes_dead_letters_too(cloud: Cloud) -> None:
    heard, sns = Queue(cloud), cloud.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard.arn)
    create_function(cloud, FAILS, DeadLetterConfig={"TargetArn": topic})
    send_event(cloud, {"order": 7})
    (body,) = heard.bodies()
    assert body["Message"] == '{"order": 7}'


def test_dead_letters_are_part_of_the_configuration_and_can_be_changed(cloud: Cloud) -> None:
    letters, client = Queue(cloud), cloud.client("lambda")
    create_function(cloud, FAILS, DeadLetterConfig={"TargetArn": letters.arn})
    assert client.get_function_configuration(FunctionName="f")["DeadLetterConfig"] == {"TargetArn": letters.arn}
    client.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": ""})
    assert "DeadLetterConfig" not in client.get_function_configuration(FunctionName="f")
    refused = answers.error(
        client.update_function_configuration,
        FunctionName="f",
        DeadLetterConfig={"TargetArn": "arn:aws:s3:::letters"},
    )
    assert refused[0] == "InvalidParameterValueException"


def test_a_destination_gets_a_record_of_the_failure(cloud: Cloud) -> None:
    heard = Queue(cloud)
    arn = create_function(cloud, FAILS)
    configure(cloud, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": heard.arn}})
    send_event(cloud, {"order": 7})
    (record,) = heard.bodies()
    context = record.pop("requestContext")
    assert {key: context[key] for key in ("functionArn", "condition", "approximateInvokeCount")} == {
        "functionArn": f"{arn}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 2,
    }
    assert record.pop("responsePayload")["errorMessage"] == "no tea"
    assert record == {
        "version": "1.0",
        "timestamp": "2026-01-05T09:01:00.200Z",
        "requestPayload": {"order": 7},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    }


def test_another_function_is_a_destination_of_success(cloud: Cloud) -> None:
    create_function(cloud, ANSWERS)
    source = """
def handler(event, context):
    print("heard", event["requestContext"]["condition"], event["responsePayload"])
"""
    other = create_function(cloud, source, "g")
    configure(cloud, DestinationConfig={"OnSuccess": {"Destination": other}})
    send_event(cloud, {"a": 1})
    assert [line for _, line in printed(cloud, "heard", "g")] == ["Success {'sum': 2}"]


def test_an_event_bus_gets_an_event_of_lambda(cloud: Cloud) -> None:
    heard, events = Queue(cloud), cloud.client("events")
    bus = events.create_event_bus(Name="b")["EventBusArn"]
    events.put_rule(Name="r", EventPattern='{"source": ["lambda"]}', EventBusName="b")
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": heard.arn}], EventBusName="b")
    arn = create_function(cloud, ANSWERS)
    configure(cloud, DestinationConfig={"OnSuccess": {"Destination": bus}})
    send_event(cloud, {"a": 1})
    (body,) = heard.bodies()
    assert body["detail-type"] == "Lambda Function Invocation Result - Success"
    assert body["resources"] == [bus, f"{arn}:$LATEST"]
    assert body["detail"]["responsePayload"] == {"sum": 2}


def test_an_event_that_is_too_old_is_given_up(cloud: Cloud) -> None:
    heard = Queue(cloud)
    create_function(cloud, FAILS)
    configure(cloud, MaximumEventAgeInSeconds=90, DestinationConfig={"OnFailure": {"Destination": heard.arn}})
    send_event(cloud, {"order": 7})
    (record,) = heard.bodies()
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 2


def test_without_any_concurrency_events_are_given_up_at_once(cloud: Cloud) -> None:
    heard = Queue(cloud)
    create_function(cloud, ANSWERS)
    cloud.client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    configure(cloud, DestinationConfig={"OnFailure": {"Destination": heard.arn}})
    send_event(cloud, {"a": 1})
    (record,) = heard.bodies()
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert "responsePayload" not in record
