"""Where the outcome of an asynchronous event goes: destinations and the dead-letter queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html. A destination gets a record
of the invocation, a dead-letter queue the event as it was.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.services.events.targets import Arn, Delivery, Targets, Undeliverable

if TYPE_CHECKING:
    from localcloud.host import Host

log = logging.getLogger(__name__)

Shape = dict[str, Any]

#: What a function's events can be passed on to here; AWS has S3 buckets too, for failures.
_KINDS = ("event bus", "lambda", "sns", "sqs")

#: Characters of an error message in a dead letter's attributes.
_MOST_ERROR = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of a function's events.

    Args:
        retries: attempts after the first.
        age: seconds after which an event is not tried again.
        on_success, on_failure, dead_letters: ARNs, or None.
    """

    retries: int
    age: float
    on_success: str | None
    on_failure: str | None
    dead_letters: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """An asynchronous event and what came of it.

    Args:
        function_arn: with the version or alias that was called.
        request_id: of its attempts.
        payload: the event, JSON.
        attempts: how many there were.
        response, function_error, version: of the last attempt; None when there was none.
    """

    function_arn: str
    request_id: str
    payload: bytes
    attempts: int
    response: bytes | None
    function_error: str | None
    version: str | None


class Outcomes:
    """The destinations of one local cloud's functions.

    Args:
        cloud: its clock and its services.
    """

    def __init__(self, cloud: Host) -> None:
        self._cloud = cloud
        self._targets = Targets(cloud)

    def plan(self, settings: Mapping[str, Any], dead_letters: str | None, retries: int, age: float) -> Plan:
        """Read a function's event invoke config.

        Args:
            settings: as PutFunctionEventInvokeConfig took it.
            dead_letters: DeadLetterConfig's TargetArn.
            retries, age: where the config says nothing.

        Raises:
            UnsupportedLocally: a destination is of a kind that is not delivered to.
        """
        wanted = settings.get("DestinationConfig") or {}
        found = {name: (wanted.get(name) or {}).get("Destination") for name in ("OnSuccess", "OnFailure")}
        for arn in found.values():
            if arn and Arn.of(arn).kind not in _KINDS:
                raise UnsupportedLocally(
                    f"{arn} is the destination of a function's events, to which the local cloud delivers nothing. Use "
                    "an SQS queue, an SNS topic, a function or an event bus, or set WORKSHOP_TARGET=aws."
                )
        return Plan(
            settings.get("MaximumRetryAttempts", retries),
            settings.get("MaximumEventAgeInSeconds", age),
            found["OnSuccess"],
            found["OnFailure"],
            dead_letters,
        )

    def succeeded(self, plan: Plan, event: Event) -> None:
        """Pass on that a function returned."""
        if plan.on_success:
            self._pass_on(plan.on_success, event, "Success", "Success")

    def failed(self, plan: Plan, event: Event, condition: str) -> None:
        """Pass on that an event is given up.

        Args:
            condition: RetriesExhausted, EventAgeExceeded or ZeroReservedConcurrency.
        """
        if plan.on_failure:
            self._pass_on(plan.on_failure, event, condition, "Failure")
        if plan.dead_letters:
            self._bury(plan.dead_letters, event)

    def _pass_on(self, arn: str, event: Event, condition: str, word: str) -> None:
        record: Shape = {
            "version": "1.0",
            "timestamp": iso(self._cloud.clock.datetime()),
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": event.function_arn,
                "condition": condition,
                "approximateInvokeCount": event.attempts,
            },
            "requestPayload": json.loads(event.payload),
        }
        if event.response is not None:
            record["responseContext"] = {"statusCode": 200, "executedVersion": event.version}
            if event.function_error:
                record["responseContext"]["functionError"] = event.function_error
            record["responsePayload"] = _value(event.response)
        target = {
            "Arn": arn,
            "EventBridgeParameters": {
                "Source": "lambda",
                "DetailType": f"Lambda Function Invocation Result - {word}",
                "Resources": [arn, event.function_arn],
            },
        }
        self.send(target, record, event.request_id)

    def send(self, target: Shape, record: Shape, key: str) -> None:
        """Send a record; one that cannot be sent is lost, as on AWS, but for a line in our log."""
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
        try:
            self._targets.send(Delivery(target, text, None, key, text, {}))
        except (Undeliverable, ServiceError) as error:
            log.warning("the destination %s did not take a record: %s", target["Arn"], error)

    def _bury(self, arn: str, event: Event) -> None:
        error = _value(event.response or b"null")
        message = error.get("errorMessage", "") if isinstance(error, dict) else ""
        marks = {
            "RequestID": {"DataType": "String", "StringValue": event.request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": "200" if event.response is not None else "429"},
        }
        if message:
            marks["ErrorMessage"] = {"DataType": "String", "StringValue": str(message)[:_MOST_ERROR]}
        try:
            if Arn.of(arn).kind == "sqs":
                self._cloud.client("sqs").send_message(
                    QueueUrl=self._targets.queue_url(arn), MessageBody=event.payload.decode(), MessageAttributes=marks
                )
            else:
                self._cloud.client("sns").publish(TopicArn=arn, Message=event.payload.decode(), MessageAttributes=marks)
        except ClientError as problem:
            log.warning("the dead-letter target %s did not take an event: %s", arn, problem)


def _value(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")


def iso(when: datetime) -> str:
    """A time as Lambda's records have it."""
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"
