"""Where events go: the targets of rules and schedules and the destinations of functions, by their ARNs.

A delivery that fails is tried again, or goes to the target's dead-letter queue:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html and eb-rule-dlq.html.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ParamValidationError

from localcloud.acting import acting_as
from localcloud.door import moto
from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally

if TYPE_CHECKING:
    from localcloud.host import Host

log = logging.getLogger(__name__)

Shape = dict[str, Any]

#: What EventBridge does by default: 185 retries in 24 hours.
_RETRIES, _AGE = 185, 86_400.0

#: Virtual seconds before the first retry, which double, and the most that they come to. AWS publishes no figures.
_PAUSE, _LONGEST_PAUSE = 1.0, 600.0

#: Errors of a target that pass; all others are for good.
_PASSING = ("Throttl", "TooManyRequests", "ServiceUnavailable", "LimitExceeded")

#: What EventBridge calls some errors in a dead letter's ERROR_CODE.
_CODES = (
    ("INVALID_JSON", ("INVALID_JSON",)),
    ("NO_RESOURCE", ("NotFound", "DoesNotExist", "NonExistent")),
    ("THROTTLING", ("Throttl", "TooManyRequests")),
)


class Undeliverable(Exception):
    """A target did not take what it was sent.

    Args:
        code: the service's error code.
        message: the service's message.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message

    @property
    def passes(self) -> bool:
        """Whether trying again may help."""
        return any(part in self.code for part in _PASSING)

    @property
    def kind(self) -> str:
        """EventBridge's name for it."""
        return next((name for name, parts in _CODES if any(part in self.code for part in parts)), "SDK_CLIENT_ERROR")


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an ARN that say where to.

    Args:
        service, region, account, resource: as they stand in it.
    """

    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def of(cls, text: str) -> Arn:
        """Read one.

        Raises:
            ServiceError: ValidationException.
        """
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[2] or not parts[5]:
            raise ServiceError(
                "ValidationException", f"Parameter {text} is not valid. Reason: Provided Arn is not in correct format."
            )
        return cls(parts[2], parts[3], parts[4], parts[5])

    @property
    def kind(self) -> str:
        """The kind of target: a service's name, but for services with several."""
        if self.service == "events":
            return "event bus" if self.resource.startswith("event-bus/") else "api destination"
        if self.service == "states":
            return "state machine" if self.resource.startswith("stateMachine:") else "activity"
        return self.service


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something on its way to a target.

    Args:
        target: the target as its API took it: Arn, RetryPolicy, DeadLetterConfig and what its kind has.
        text: what it gets.
        event: the event, for a target that is an event bus; None when `text` is all there is.
        key: what tells this delivery from others.
        letter: the body of its dead letter.
        marks: message attributes of its dead letter, beside the error.
    """

    target: Shape
    text: str
    event: Shape | None
    key: str
    letter: str
    marks: Mapping[str, str]


class Targets:
    """The targets of one local cloud.

    Args:
        cloud: whose services they are.
        forward: takes an event, whole, to the bus of an ARN; raises ServiceError.
    """

    def __init__(self, cloud: Host, forward: Callable[[Shape, str], None] | None = None) -> None:
        self._cloud = cloud
        self._forward = forward
        self._send = {
            "lambda": self._function,
            "state machine": self._execution,
            "sns": self._topic,
            "sqs": self._queue,
            "event bus": self._bus,
            "kinesis": self._stream,
            "logs": self._logs,
        }

    def check(self, arn: str, what: str) -> Arn:
        """Refuse what cannot be delivered to.

        Raises:
            ServiceError: it is no ARN.
            UnsupportedLocally: events do not get there.
        """
        place = Arn.of(arn)
        if place.kind not in self._send:
            raise UnsupportedLocally(
                f"{what} is {arn}, to which the local cloud delivers nothing. It delivers to Lambda functions, state "
                "machines, SNS topics, SQS queues, Kinesis streams, log groups and event buses; or set "
                "WORKSHOP_TARGET=aws."
            )
        return place

    def queue_url(self, arn: str) -> str:
        """A queue's URL."""
        place = Arn.of(arn)
        return f"{self._cloud.endpoint}/{place.account}/{place.resource}"

    async def deliver(self, delivery: Delivery, send: Callable[[Delivery], None] | None = None) -> None:
        """Send, try again as the target's retry policy says, and leave the rest to its dead-letter queue.

        Args:
            delivery: what.
            send: how; raises Undeliverable. Else as its ARN says.
        """
        clock = self._cloud.clock
        policy = delivery.target.get("RetryPolicy", {})
        most = policy.get("MaximumRetryAttempts", _RETRIES)
        until = clock.now() + policy.get("MaximumEventAgeInSeconds", _AGE)
        retries, pause = 0, _PAUSE
        while True:
            try:
                with acting_as(delivery.target.get("RoleArn")):
                    (send or self.send)(delivery)
                return
            except Undeliverable as problem:
                error = problem
            exhausted = None
            if error.passes:
                exhausted = (
                    "MaximumRetryAttempts"
                    if retries >= most
                    else "MaximumEventAgeInSeconds"
                    if clock.now() + pause > until
                    else None
                )
            if not error.passes or exhausted:
                break
            await clock.sleep(pause)
            retries, pause = retries + 1, min(2 * pause, _LONGEST_PAUSE)
        self._bury(delivery, error, retries, exhausted)

    def send(self, delivery: Delivery) -> None:
        """Send once.

        Raises:
            Undeliverable: the target did not take it.
        """
        try:
            self._send[Arn.of(delivery.target["Arn"]).kind](delivery)
        except ClientError as error:
            details = error.response["Error"]
            raise Undeliverable(details.get("Code", ""), details.get("Message", "")) from None
        except ServiceError as error:
            raise Undeliverable(error.code, error.message) from None
        except ParamValidationError as error:
            raise Undeliverable("ValidationException", str(error)) from None
        except UnsupportedLocally as error:
            raise Undeliverable("UnsupportedLocally", str(error)) from None

    def _bury(self, delivery: Delivery, error: Undeliverable, retries: int, exhausted: str | None) -> None:
        arn = delivery.target.get("DeadLetterConfig", {}).get("Arn")
        log.warning("%s did not take an event: %s", delivery.target["Arn"], error)
        if arn is None:
            return
        marks = {
            **delivery.marks,
            "TARGET_ARN": delivery.target["Arn"],
            "ERROR_CODE": error.kind,
            "ERROR_MESSAGE": error.message or error.code,
            "RETRY_ATTEMPTS": str(retries),
        }
        if exhausted:
            marks["EXHAUSTED_RETRY_CONDITION"] = exhausted
        try:
            self._cloud.client("sqs").send_message(
                QueueUrl=self.queue_url(arn),
                MessageBody=delivery.letter,
                MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in marks.items()},
            )
        except ClientError as problem:
            log.warning("the dead-letter queue %s did not take an event either: %s", arn, problem)

    # ---- one way each

    def _function(self, delivery: Delivery) -> None:
        _check_json(delivery.text)
        self._cloud.functions.post(delivery.target["Arn"], delivery.text.encode())

    def _execution(self, delivery: Delivery) -> None:
        _check_json(delivery.text)
        self._cloud.client("stepfunctions").start_execution(
            stateMachineArn=delivery.target["Arn"], input=delivery.text, name=delivery.key
        )

    def _topic(self, delivery: Delivery) -> None:
        self._cloud.client("sns").publish(TopicArn=delivery.target["Arn"], Message=delivery.text)

    def _queue(self, delivery: Delivery) -> None:
        group = delivery.target.get("SqsParameters", {}).get("MessageGroupId")
        more = {} if group is None else {"MessageGroupId": group, "MessageDeduplicationId": delivery.key}
        self._cloud.client("sqs").send_message(
            QueueUrl=self.queue_url(delivery.target["Arn"]), MessageBody=delivery.text, **more
        )

    def _bus(self, delivery: Delivery) -> None:
        if delivery.event is not None and self._forward is not None:
            self._forward(delivery.event, delivery.target["Arn"])
            return
        given = delivery.target["EventBridgeParameters"]
        answer = self._cloud.client("events").put_events(
            Entries=[
                {
                    "Source": given["Source"],
                    "DetailType": given["DetailType"],
                    "Detail": delivery.text,
                    "EventBusName": delivery.target["Arn"],
                    "Resources": given.get("Resources", []),
                }
            ]
        )
        (entry,) = answer["Entries"]
        if "ErrorCode" in entry:
            raise Undeliverable(entry["ErrorCode"], entry.get("ErrorMessage", ""))

    def _stream(self, delivery: Delivery) -> None:
        given = delivery.target.get("KinesisParameters", {})
        self._cloud.client("kinesis").put_record(
            StreamName=Arn.of(delivery.target["Arn"]).resource.removeprefix("stream/"),
            Data=delivery.text.encode(),
            PartitionKey=given.get("PartitionKey", delivery.key),
        )

    def _logs(self, delivery: Delivery) -> None:
        """Straight to the stream: PutLogEvents would compare virtual times with today's date."""
        place = Arn.of(delivery.target["Arn"])
        name = place.resource.removeprefix("log-group:").removesuffix(":*")
        account, region = self._cloud.account_id, self._cloud.region
        if name not in moto.backend("logs", account, region).groups:
            raise Undeliverable("ResourceNotFoundException", "The specified log group does not exist.")
        message = {"timestamp": int(self._cloud.clock.now() * 1000), "message": delivery.text}
        moto.append_log_events(account, region, name, delivery.key, [message], make_group=False)


def _check_json(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        raise Undeliverable("INVALID_JSON", "Invalid JSON in the target's input") from None
