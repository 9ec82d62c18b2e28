"""Event source mappings: a function gets the messages of a queue, or the records of a stream, in batches.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html, with-sqs.html,
services-sqs-errorhandling.html, with-kinesis.html, with-ddb.html, invocation-eventfiltering.html. moto keeps queues,
Kinesis streams and DynamoDB's streams; their mappings are here, and all waiting is on the virtual clock.

A failed batch is tried again: a queue's when its visibility timeout has passed, a stream's after a pause that doubles.
Where nothing bounds that (no dead-letter queue, no MaximumRetryAttempts), the first tries drive the clock and later
ones wait for time to pass (`Clock.tick`): a message that no try can save would otherwise let days pass in a second.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from localcloud import host
from localcloud.acting import acting_as
from localcloud.door import moto
from localcloud.door.constraints import detected, sentence
from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.host import Invocation
from localcloud.services._lambda_code import invalid
from localcloud.services._lambda_outcomes import Outcomes, iso
from localcloud.services._on_clock import on_clock
from localcloud.services._regional import Regional
from localcloud.services.events.patterns import BadPattern, Pattern, compile_pattern
from localcloud.time import durations

if TYPE_CHECKING:
    from localcloud.host import Host, Invocation

log = logging.getLogger(__name__)

Shape = dict[str, Any]
Action = Callable[[Shape], Shape]


class Functions(host.Functions, Protocol):
    """The Lambda functions, as their event sources call them."""

    outcomes: Outcomes

    def find(self, name_or_arn: str) -> tuple[Any, str]:
        """A function, and its ARN as the call names it."""


#: Batch sizes: what a mapping gets without one, and the most.
_READING = {
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards"),
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream"),
}
_SIZES = {"sqs": (10, 10_000), "sqs fifo": (10, 10), "kinesis": (100, 10_000), "dynamodb": (100, 10_000)}

#: Batches of a queue that are under way at a time: "Lambda starts with five concurrent batches" (with-sqs.html).
_BATCHES = 5

#: Tries that let time pass by themselves where nothing bounds them.
_DRIVEN = 10

#: Virtual seconds before a stream's batch is tried again, and the most. AWS publishes no figures.
_PAUSE, _LONGEST_PAUSE = 1.0, 60.0

#: Real seconds for which moto hides a message that a mapping holds: longer than any handler runs.
_HIDDEN = 43_200

_NOT_RUN = (
    *("AmazonManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "ProvisionedPollerConfig", "Queues"),
    *("SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig", "SourceAccessConfigurations", "Topics"),
    "TumblingWindowInSeconds",
)

#: Settings of a mapping that are told as they were given.
_KEPT = (
    *("BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria", "FunctionResponseTypes", "ScalingConfig"),
    *("DestinationConfig", "BisectBatchOnFunctionError", "MaximumRetryAttempts", "MaximumRecordAgeInSeconds"),
    *("ParallelizationFactor", "StartingPosition", "StartingPositionTimestamp", "KMSKeyArn", "MetricsConfig"),
)

#: What a stream's mapping says where it was given nothing.
_STREAM_DEFAULTS = {
    "BisectBatchOnFunctionError": False,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
}


@dataclass(slots=True)
class EventSourceMapping:
    """One event source mapping.

    Args:
        uuid, source, function, region: which.
        kind: "sqs", "sqs fifo", "kinesis" or "dynamodb".
        role: the function's.
        settings: as they were given, with defaults.
        enabled: whether it reads.
        modified: in seconds since the Unix epoch.
        filters: compiled; without any, everything passes.
        result: LastProcessingResult.
        batches: under way, of a queue.
        positions: of a stream: shard -> sequence number of the last record that is done with.
        reading: shards, or the queue, that are being read.
    """

    uuid: str
    source: str
    function: str
    region: str
    kind: str
    role: str
    settings: Shape
    enabled: bool
    modified: float
    filters: Sequence[Pattern] = ()
    result: str = "No records processed"
    batches: int = 0
    positions: dict[str, int] = field(default_factory=dict)
    reading: set[str] = field(default_factory=set)

    @property
    def window(self) -> float:
        """MaximumBatchingWindowInSeconds."""
        return float(self.settings.get("MaximumBatchingWindowInSeconds", 0))

    @property
    def partial(self) -> bool:
        """Whether the function reports which items failed."""
        return "ReportBatchItemFailures" in self.settings.get("FunctionResponseTypes", ())

    def describe(self, state: str | None = None) -> Shape:
        """As the API says it."""
        return {
            "UUID": self.uuid,
            "EventSourceArn": self.source,
            "EventSourceMappingArn": (
                f"arn:aws:lambda:{self.region}:{self.function.split(':')[4]}:event-source-mapping:{self.uuid}"
            ),
            "FunctionArn": self.function,
            "State": state or ("Enabled" if self.enabled else "Disabled"),
            "StateTransitionReason": "USER_INITIATED",
            "LastModified": self.modified,
            "LastProcessingResult": self.result,
            "FunctionResponseTypes": [],
            **self.settings,
        }

    def passes(self, item: Shape) -> bool:
        """Whether its filters let an item through."""
        return not self.filters or any(pattern.matches(item) for pattern in self.filters)


@dataclass(frozen=True, slots=True)
class Item:
    """A record of a stream.

    Args:
        sequence: its number.
        arrived: in seconds since the Unix epoch.
        record: as the function gets it.
        filtered: as filters see it.
    """

    sequence: int
    arrived: float
    record: Shape
    filtered: Shape


class Sources:
    """The event source mappings of one local cloud.

    Args:
        cloud: its clock.
        functions: what is invoked.
    """

    def __init__(self, cloud: Host, functions: Functions) -> None:
        self._cloud, self._clock, self._functions = cloud, cloud.clock, functions
        self._mappings: Regional[str, EventSourceMapping] = Regional(self._cloud)
        self._made = 0
        self.close = moto.on_arrival(cloud.clock.now, self._arrived)
        actions: dict[str, Action] = {
            "CreateEventSourceMapping": self._create,
            "UpdateEventSourceMapping": self._update,
            "GetEventSourceMapping": lambda request: self._find(request).describe(),
            "DeleteEventSourceMapping": self._delete,
            "ListEventSourceMappings": self._listed,
        }
        self.actions = {name: on_clock(cloud, action) for name, action in actions.items()}

    # ---- the API

    def _find(self, request: Shape) -> EventSourceMapping:
        found = self._mappings.get(request["UUID"])
        if found is None:
            raise ServiceError(
                "ResourceNotFoundException", "The resource you requested does not exist.", 404, {"Type": "User"}
            )
        return found

    def _create(self, request: Shape) -> Shape:
        source = request.get("EventSourceArn")
        refused = [name for name in _NOT_RUN if request.get(name)]
        kind = _kind(source or "")
        if refused or (source and kind is None):
            raise UnsupportedLocally(
                f"An event source mapping with {', '.join(refused) or source} is not run by the local cloud. Map an "
                "SQS queue, a Kinesis stream or a DynamoDB stream, or set WORKSHOP_TARGET=aws."
            )
        if not source or kind is None:
            raise invalid("EventSourceArn is required.")
        found, arn = self._functions.find(request["FunctionName"])
        for mapping in self._mappings.values():
            if (mapping.source, mapping.function) == (source, arn):
                raise ServiceError(
                    "ResourceConflictException",
                    f'The event source arn (" {source} ") and function (" {found.function_name} ") provided mapping '
                    f"already exists. Please update or delete the existing mapping with UUID {mapping.uuid}",
                    409,
                    {"Type": "User"},
                )
        self._made += 1
        identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source} {arn} {self._made}"))
        region = source.split(":")[3]
        mapping = EventSourceMapping(
            identity, source, arn, region, kind, found.role, {}, request.get("Enabled", True), 0.0
        )
        self._set(mapping, request, found.timeout)
        if not kind.startswith("sqs"):
            mapping.positions = self._start_positions(mapping)
        self._mappings[identity] = mapping
        self._wake(mapping)
        return mapping.describe("Creating")

    def _update(self, request: Shape) -> Shape:
        mapping = self._find(request)
        timeout = 0
        if "FunctionName" in request:
            found, mapping.function = self._functions.find(request["FunctionName"])
            timeout = found.timeout
        self._set(mapping, request, timeout)
        mapping.enabled = request.get("Enabled", mapping.enabled)
        self._wake(mapping)
        return mapping.describe("Updating")

    def _set(self, mapping: EventSourceMapping, request: Shape, timeout: int) -> None:
        """Check the settings of a request and take them."""
        least, most = _SIZES[mapping.kind]
        is_stream = not mapping.kind.startswith("sqs")
        settings = {
            "BatchSize": least,
            "MaximumBatchingWindowInSeconds": 0,
            **(_STREAM_DEFAULTS if is_stream else {}),
            **mapping.settings,
            **{name: request[name] for name in _KEPT if name in request},
        }
        size, window = settings["BatchSize"], settings["MaximumBatchingWindowInSeconds"]
        if not 1 <= size <= most:
            raise invalid(f"Batch size {size} is not in the range of 1 to {most} for {mapping.source}.")
        if mapping.kind == "sqs" and size > 10 and window < 1:
            raise invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
            )
        if mapping.kind == "sqs fifo" and window:
            raise invalid("Batching window is not supported for FIFO queues.")
        if is_stream and "StartingPosition" not in settings:
            raise invalid(detected([sentence(None, "StartingPosition", "Member must not be null.")]))
        patterns = [each.get("Pattern", "{}") for each in settings.get("FilterCriteria", {}).get("Filters", ())]
        try:
            mapping.filters = [compile_pattern(text) for text in patterns]
        except BadPattern:
            raise invalid("Invalid filter pattern definition.") from None
        self._check_source(mapping, timeout)
        mapping.settings, mapping.modified = settings, self._clock.now()

    def _check_source(self, mapping: EventSourceMapping, timeout: int) -> None:
        with acting_as(mapping.role):
            self._check_permissions(mapping)
        if not mapping.kind.startswith("sqs"):
            if not self._shards(mapping):
                raise invalid(f"Stream not found: {mapping.source}")
            return
        queue = self._queue(mapping)
        if queue is None:
            raise invalid(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
                "SQS Error Message: The specified queue does not exist."
            )
        hidden = int(queue.visibility_timeout)
        if hidden < timeout:
            raise invalid(
                f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds"
            )

    def _check_permissions(self, mapping: EventSourceMapping) -> None:
        """Lambda reads with the function's rights, and looks at them when it is told to read.

        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, services-kinesis-create.html
        """
        service = mapping.source.split(":")[2]
        for action in _READING[service]:
            try:
                self._cloud.require(f"{service}:{action}", mapping.source)
            except ServiceError:
                raise invalid(
                    f"The function execution role does not have permissions to call {action} on {service.upper()}"
                ) from None

    def _delete(self, request: Shape) -> Shape:
        mapping = self._find(request)
        mapping.enabled = False
        del self._mappings[mapping.uuid]
        return mapping.describe("Deleting")

    def _listed(self, request: Shape) -> Shape:
        name, source = request.get("FunctionName"), request.get("EventSourceArn")
        arn = self._functions.find(name)[1] if name else None
        found = [
            mapping.describe()
            for mapping in self._mappings.values()
            if source in (None, mapping.source) and arn in (None, mapping.function)
        ]
        return {"EventSourceMappings": found}

    # ---- waking

    def _arrived(self, source: str) -> None:
        """Something has arrived. From any thread."""
        if any(mapping.source == source for mapping in self._mappings.everywhere()):
            self._clock.call(self._wake_all, source)

    def _wake_all(self, source: str) -> None:
        for mapping in self._mappings.everywhere():
            if mapping.source == source:
                self._wake(mapping)

    def _wake(self, mapping: EventSourceMapping) -> None:
        if not mapping.enabled:
            return
        keys = [mapping.source] if mapping.kind.startswith("sqs") else list(self._shards(mapping))
        for key in keys:
            if key not in mapping.reading:
                mapping.reading.add(key)
                read = self._read_queue(mapping) if mapping.kind.startswith("sqs") else self._read_shard(mapping, key)
                self._clock.spawn(self._until_read(mapping, key, read))

    async def _until_read(self, mapping: EventSourceMapping, key: str, read: Any) -> None:
        try:
            await read
        finally:
            mapping.reading.discard(key)

    # ---- queues

    def _queue(self, mapping: EventSourceMapping) -> Any:
        _, _, _, region, account, name = mapping.source.split(":")
        return moto.backend("sqs", account, region).queues.get(name)

    async def _read_queue(self, mapping: EventSourceMapping) -> None:
        clock, waited = self._clock, False
        await clock.sleep(0)
        while mapping.enabled and (queue := self._queue(mapping)) is not None:
            self._show_delayed(mapping, queue)
            most = mapping.settings.get("ScalingConfig", {}).get("MaximumConcurrency", _BATCHES)
            if not queue.messages or mapping.batches >= most:
                return
            if mapping.window and not waited and len(queue.messages) < mapping.settings["BatchSize"]:
                waited = True
                await clock.sleep(mapping.window)
                continue
            waited = False
            messages = moto.backend("sqs", queue.account_id, queue.region).receive_message(
                queue.name, mapping.settings["BatchSize"], 0, _HIDDEN, ["All"]
            )
            batch = []
            for message in messages:
                if mapping.passes(_filtered_message(message)):
                    batch.append(message)
                else:  # "Lambda automatically deletes messages that don't match"
                    queue.delete_message(str(message.receipt_handle))
            if batch:
                mapping.batches += 1
                clock.spawn(self._handle_messages(mapping, queue, batch))

    def _show_delayed(self, mapping: EventSourceMapping, queue: Any) -> None:
        """Let messages that are sent with a delay come at their virtual time: moto would wait in real time."""
        for message in list(queue._messages):
            if message.delayed and not hasattr(message, "is_due"):
                message.is_due = True
                seconds = round((message.delayed_until - message.sent_timestamp) / 1000)
                self._clock.spawn(self._show(mapping, message, seconds))

    async def _show(self, mapping: EventSourceMapping, message: Any, seconds: float) -> None:
        await self._clock.sleep(seconds)
        message.delayed_until = 0.0
        self._wake(mapping)

    async def _handle_messages(self, mapping: EventSourceMapping, queue: Any, batch: list[Any]) -> None:
        clock = self._clock
        began = clock.now()
        event = {"Records": [_message_record(message, mapping, began) for message in batch]}
        try:
            done = await self._invoke(mapping, event)
        finally:
            mapping.batches -= 1
        if done is None or done.function_error:
            failed = {message.id for message in batch}
        elif mapping.partial:
            names = _reported(done.payload)
            known = {message.id for message in batch}
            failed = known if names is None or not set(names) <= known else set(names)
        else:
            failed = set()
        mapping.result = "PROBLEM: Function call failed" if failed else "OK"
        for message in batch:
            if message.id in failed:
                clock.spawn(self._return(mapping, queue, message, began))
            else:
                _forget(queue, message)
        self._wake(mapping)

    async def _return(self, mapping: EventSourceMapping, queue: Any, message: Any, began: float) -> None:
        """Let a message be seen again when its visibility timeout has passed."""
        clock = self._clock
        when = began + int(queue.visibility_timeout)
        bounded = queue.dead_letter_queue is not None or message.approximate_receive_count < _DRIVEN
        await (clock.sleep_until(when) if bounded else clock.tick(when))
        for kept in queue._messages:
            if kept.id == message.id:
                kept.first_received = getattr(kept, "first_received", began)
                kept.visible_at = 0.0
                queue.pending_messages.discard(kept)
        self._wake(mapping)

    # ---- streams

    def _shards(self, mapping: EventSourceMapping) -> Mapping[str, Callable[[], list[Item]]]:
        """The shards of a stream, each with what reads all its records."""
        parts = mapping.source.split(":", 5)
        region, account, name = parts[3], parts[4], parts[5].split("/")[1]
        if mapping.kind == "kinesis":
            stream = moto.backend("kinesis", account, region).streams.get(name)
            if stream is None:
                return {}

            def reader(shard: Any) -> Callable[[], list[Item]]:
                return lambda: [_kinesis_item(mapping, shard.shard_id, each) for each in shard.records.values()]

            return {shard.shard_id: reader(shard) for shard in stream.shards.values()}
        table = moto.backend("dynamodb", account, region).tables.get(name)
        changes: Any = getattr(table, "stream_shard", None)
        if changes is None:
            return {}
        return {changes.id: lambda: [_change_item(mapping, each) for each in changes.items]}

    def _start_positions(self, mapping: EventSourceMapping) -> dict[str, int]:
        start, since = mapping.settings["StartingPosition"], mapping.settings.get("StartingPositionTimestamp", 0.0)
        positions = {}
        for name, read in self._shards(mapping).items():
            before = [
                item.sequence
                for item in read()
                if start == "LATEST" or (start == "AT_TIMESTAMP" and item.arrived < since)
            ]
            positions[name] = max(before, default=0)
        return positions

    def _waiting(self, mapping: EventSourceMapping, shard: str) -> list[Item]:
        read = self._shards(mapping).get(shard)
        done = mapping.positions.get(shard, 0)
        return [item for item in read() if item.sequence > done] if read is not None else []

    async def _read_shard(self, mapping: EventSourceMapping, shard: str) -> None:
        clock, size = self._clock, mapping.settings["BatchSize"]
        await clock.sleep(0)
        while mapping.enabled and (items := self._waiting(mapping, shard)):
            if mapping.window and len(items) < size:
                await clock.sleep(mapping.window)
                items = self._waiting(mapping, shard)
            batch = items[:size]
            await self._handle_items(mapping, shard, [item for item in batch if mapping.passes(item.filtered)])
            mapping.positions[shard] = batch[-1].sequence

    async def _handle_items(self, mapping: EventSourceMapping, shard: str, items: list[Item]) -> None:
        """Have the function handle records, in order, until they are done or given up."""
        settings, clock = mapping.settings, self._clock
        most, age = settings["MaximumRetryAttempts"], settings["MaximumRecordAgeInSeconds"]
        todo: list[tuple[list[Item], int]] = [(items, 0)] if items else []
        pause = _PAUSE
        while todo and mapping.enabled:
            batch, tried = todo.pop(0)
            done = await self._invoke(mapping, {"Records": [item.record for item in batch]})
            rest = _rest(batch, done, partial=mapping.partial)
            mapping.result = "PROBLEM: Function call failed" if rest else "OK"
            if not rest:
                pause = _PAUSE
                continue
            if len(rest) < len(batch):  # a checkpoint is progress
                tried = 0
            tried += 1
            too_old = age != -1 and clock.now() - rest[0].arrived > age
            if too_old or (most != -1 and tried > most):
                self._give_up(mapping, shard, rest, done, tried, too_old=too_old)
                continue
            if settings["BisectBatchOnFunctionError"] and len(rest) > 1:
                middle = len(rest) // 2
                todo[:0] = [(rest[:middle], tried), (rest[middle:], tried)]
            else:
                todo.insert(0, (rest, tried))
            bounded = most != -1 or age != -1 or tried < _DRIVEN
            when = clock.now() + pause
            await (clock.sleep_until(when) if bounded else clock.tick(when))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _give_up(
        self,
        mapping: EventSourceMapping,
        shard: str,
        batch: list[Item],
        done: Invocation | None,
        tried: int,
        *,
        too_old: bool,
    ) -> None:
        arn = (mapping.settings.get("DestinationConfig", {}).get("OnFailure") or {}).get("Destination")
        log.warning("function %s gave up %d records of %s", mapping.function, len(batch), mapping.source)
        if not arn:
            return
        now = self._clock.datetime()
        request_id = done.request_id if done is not None else mapping.uuid
        name, word = (
            ("KinesisBatchInfo", "Arrival") if mapping.kind == "kinesis" else ("DDBStreamBatchInfo", "Creation")
        )
        suffix = "OfFirstRecord" if mapping.kind == "kinesis" else "DateTimeOfFirstRecord"
        first, last = batch[0], batch[-1]
        record: Shape = {
            "requestContext": {
                "requestId": request_id,
                "functionArn": mapping.function,
                "condition": "RecordAgeExceeded" if too_old else "RetryAttemptsExhausted",
                "approximateInvokeCount": tried,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": done.executed_version if done is not None else "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": iso(now),
            name: {
                "shardId": shard,
                "startSequenceNumber": str(first.sequence),
                "endSequenceNumber": str(last.sequence),
                f"approximate{word}{suffix}": _iso(first.arrived),
                f"approximate{word}{suffix.replace('First', 'Last')}": _iso(last.arrived),
                "batchSize": len(batch),
                "streamArn": mapping.source,
            },
        }
        with acting_as(mapping.role):
            self._functions.outcomes.send({"Arn": arn}, record, request_id)

    # ---- the function

    async def _invoke(self, mapping: EventSourceMapping, event: Shape) -> Invocation | None:
        """What the function makes of a batch; None when it could not be called."""
        payload = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode(errors="backslashreplace")
        request_id = self._functions.request_id(mapping.function, payload)

        def run() -> Invocation:
            return self._functions.invoke(mapping.function, payload, request_id=request_id)

        try:
            return await self._clock.work(run, seconds=durations.LAMBDA)
        except (ServiceError, UnsupportedLocally) as error:
            log.warning("function %s could not be called for %s: %s", mapping.function, mapping.source, error)
            return None


def _kind(source: str) -> str | None:
    found = re.fullmatch(r"arn:[^:]+:(sqs|kinesis|dynamodb):[^:]+:\d{12}:(.+)", source)
    if found is None or (found[1] == "dynamodb" and "/stream/" not in found[2]):
        return None
    return "sqs fifo" if found[1] == "sqs" and found[2].endswith(".fifo") else found[1]


def _forget(queue: Any, message: Any) -> None:
    moto.delete_message(queue, message)


def _reported(payload: bytes) -> list[str] | None:
    """The identifiers in batchItemFailures; None when the response says that all has failed.

    Lambda takes an empty or missing list for success, and anything malformed for the failure of the whole batch
    (services-sqs-errorhandling.html, "Success and failure conditions").
    """
    try:
        answer = json.loads(payload)
    except ValueError:
        return None
    if not answer:
        return []
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return []
    names = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in failures]
    return [str(name) for name in names] if all(isinstance(name, str) and name for name in names) else None


def _rest(batch: list[Item], done: Invocation | None, *, partial: bool) -> list[Item]:
    """What of a stream's batch is to be tried again: all from the lowest failed sequence number on."""
    if done is None or done.function_error:
        return batch
    names = _reported(done.payload) if partial else []
    if names is None:
        return batch
    failed = {item.sequence for item in batch} & {int(name) for name in names if name.isdecimal()}
    if names and not failed:
        return batch
    return [item for item in batch if failed and item.sequence >= min(failed)]


def _parsed(text: str) -> Any:
    """JSON where a text is some: filters look into it."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict) else text


def _filtered_message(message: Any) -> Shape:
    return {"body": _parsed(message.body), "messageId": message.id}


def _message_record(message: Any, mapping: EventSourceMapping, now: float) -> Shape:
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(round(getattr(message, "arrived", now) * 1000)),
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(round(getattr(message, "first_received", now) * 1000)),
        **{name: each["StringValue"] for name, each in message.system_attributes.items() if "StringValue" in each},
    }
    if mapping.kind == "sqs fifo":
        extra = {
            "SequenceNumber": message.sequence_number,
            "MessageGroupId": message.group_id,
            "MessageDeduplicationId": message.deduplication_id,
        }
        attributes |= {name: value for name, value in extra.items() if value is not None}
    record = {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {name: _attribute(value) for name, value in message.message_attributes.items()},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source,
        "awsRegion": mapping.region,
    }
    if message.message_attributes:
        record["md5OfMessageAttributes"] = message.attribute_md5
    return record


def _attribute(value: Mapping[str, Any]) -> Shape:
    attribute: Shape = {"dataType": value.get("DataType", "String"), "stringListValues": [], "binaryListValues": []}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        raw = value["BinaryValue"]
        attribute["binaryValue"] = base64.b64encode(raw).decode() if isinstance(raw, bytes) else raw
    return attribute


def _kinesis_item(mapping: EventSourceMapping, shard: str, found: Any) -> Item:
    arrived = getattr(found, "arrived", found.created_at)
    data = found.data if isinstance(found.data, str) else base64.b64encode(found.data).decode()
    inner = {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": found.partition_key,
        "sequenceNumber": str(found.sequence_number),
        "data": data,
        "approximateArrivalTimestamp": round(arrived, 3),
    }
    record = {
        "kinesis": inner,
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{found.sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": mapping.role,
        "awsRegion": mapping.region,
        "eventSourceARN": mapping.source,
    }
    content = _parsed(base64.b64decode(data).decode(errors="replace"))
    return Item(found.sequence_number, arrived, record, {"data": content, "partitionKey": found.partition_key})


def _change_item(mapping: EventSourceMapping, found: Any) -> Item:
    kept = found.to_json()
    arrived = getattr(found, "arrived", 0.0)
    change = {**kept["dynamodb"], "ApproximateCreationDateTime": int(arrived)}
    record = {
        "eventID": kept["eventID"],
        "eventName": kept["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": mapping.region,
        "dynamodb": change,
        "eventSourceARN": mapping.source,
    }
    return Item(int(change["SequenceNumber"]), arrived, record, {"dynamodb": change, "eventName": kept["eventName"]})


def _iso(when: float) -> str:
    return iso(datetime.fromtimestamp(round(when, 3), UTC))
