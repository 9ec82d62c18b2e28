"""How records travel through a delivery stream: buffered, transformed, partitioned, put into S3.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html,
data-transformation-failure-handling.html, dynamic-partitioning.html, basic-deliver.html. Buffers age on the virtual
clock, which gives the outside a second before it jumps: records that a program sends one after the other share an
object, as on AWS.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import logging
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.acting import acting_as
from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.services.firehose import prefixes
from localcloud.time import durations

if TYPE_CHECKING:
    from localcloud.host import Host, Invocation
    from localcloud.time.clock import Clock, Fiber

log = logging.getLogger(__name__)

Shape = dict[str, Any]

_MB = 1 << 20

#: "Firehose retries for up to 24 hours" (basic-deliver.html); how often it does is not documented.
_RETRY_FOR, _RETRY_EVERY = 86_400.0, 60.0

#: An answer of a function is at most 6 MB, and what it gets too: so many bytes of data at the most.
_LAMBDA_BYTES = 3 * _MB


@dataclass(frozen=True, slots=True)
class Record:
    """A record under way.

    Args:
        identity: its recordId.
        data: its bytes.
        arrived: seconds since the Unix epoch.
        source: kinesisRecordMetadata; None when it was put directly.
        keys: its partition keys.
        error: what made it unprocessable: the code, the message and the attempts.
    """

    identity: str
    data: bytes
    arrived: float
    source: Shape | None = None
    keys: tuple[tuple[str, str], ...] = ()
    error: tuple[str, str, int] | None = None


class Buffer:
    """Gathers records until they are large or old enough, then hands them on, one batch at a time and in order.

    Args:
        clock: what it ages on.
        size: bytes.
        seconds: age of the oldest record.
        deliver: gets each batch; the next waits for its end.
    """

    def __init__(
        self, clock: Clock, size: float, seconds: float, deliver: Callable[[list[Record]], Coroutine[Any, Any, None]]
    ) -> None:
        self._clock, self._size, self._seconds, self._deliver = clock, size, seconds, deliver
        self._records: list[Record] = []
        self._bytes = 0
        self._aging: Fiber[None] | None = None
        self._batches: deque[list[Record]] = deque()
        self._draining = False

    def add(self, record: Record) -> None:
        """Take a record. Clock thread only."""
        self._records.append(record)
        self._bytes += len(record.data)
        if self._bytes >= self._size:
            self.flush()
        elif self._aging is None:
            self._aging = self._clock.spawn(self._age())

    def flush(self) -> None:
        """Hand on what there is. Clock thread only."""
        if self._aging is not None:
            self._aging.cancel()
        self._aging = None
        if self._records:
            self._batches.append(self._records)
        self._records, self._bytes = [], 0
        if self._batches and not self._draining:
            self._draining = True
            self._clock.spawn(self._drain())

    async def _age(self) -> None:
        with self._clock.awaiting_outside():
            await self._clock.sleep(self._seconds)
        self._aging = None
        self.flush()

    async def _drain(self) -> None:
        try:
            while self._batches:
                await self._deliver(self._batches.popleft())
        finally:
            self._draining = False


@dataclass(slots=True)
class Delivery:
    """The way of one delivery stream's records under one version of its settings.

    Args:
        cloud: its clock, functions and S3.
        name, arn, version: the stream's.
        source: ARN of its Kinesis stream.
        settings: ExtendedS3DestinationDescription.
    """

    cloud: Host
    name: str
    arn: str
    version: str
    source: str | None
    settings: Shape
    _open: bool = True
    _arrived: Buffer | None = None
    _ready: dict[tuple[Any, ...], Buffer] = field(default_factory=dict)
    _objects: int = 0

    def __post_init__(self) -> None:
        function = self.processor("Lambda")
        if function is not None:
            size = float(function.get("BufferSizeInMBs", 1)) * _MB
            seconds = float(function.get("BufferIntervalInSeconds", 60))
            self._arrived = Buffer(self.cloud.clock, min(size, _LAMBDA_BYTES), seconds, self._transform)

    def processor(self, kind: str) -> Shape | None:
        """The parameters of a processor, or None."""
        wanted = self.settings.get("ProcessingConfiguration", {})
        for each in wanted.get("Processors", ()) if wanted.get("Enabled") else ():
            if each["Type"] == kind:
                return {one["ParameterName"]: one["ParameterValue"] for one in each.get("Parameters", ())}
        return None

    def add(self, record: Record) -> None:
        """Take a record. Clock thread only."""
        if self._arrived is not None:
            self._arrived.add(record)
        else:
            self._make_ready(record)

    def flush(self) -> None:
        """Deliver what there is: its settings have changed. Clock thread only."""
        for buffer in [self._arrived, *self._ready.values()]:
            if buffer is not None:
                buffer.flush()

    def close(self) -> None:
        """Deliver nothing more."""
        self._open = False

    # ---- processing

    async def _transform(self, records: list[Record]) -> None:
        """Have the function transform a batch: what it returns, what it drops, what it could not do."""
        function = self.processor("Lambda") or {}
        attempts, most = 0, 1 + int(function.get("NumberOfRetries", 3))
        done, problem = None, ""
        while done is None and attempts < most and self._open:
            attempts += 1
            done, problem = await self._invoke(function["LambdaArn"], records)
        answers: dict[str, list[Shape]] = {}
        for answer in (done or {}).get("records", ()):
            answers.setdefault(answer.get("recordId"), []).append(answer)
        for record in records:
            found = answers.get(record.identity, [])
            if done is None:
                error = "Lambda.FunctionError", problem, attempts
            elif len(found) > 1:
                error = "Lambda.DuplicatedRecordId", "Multiple records were returned with the same record ID.", attempts
            elif not found:
                error = "Lambda.MissingRecordId", "One or more record IDs were not returned.", attempts
            elif found[0].get("result") == "Dropped":
                continue
            elif found[0].get("result") == "Ok":
                keys = (found[0].get("metadata") or {}).get("partitionKeys") or {}
                data = base64.b64decode(found[0].get("data") or "")
                self._make_ready(replace(record, data=data, keys=tuple(sorted(keys.items()))))
                continue
            else:
                error = "Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record", attempts
            self._make_ready(replace(record, error=error))

    async def _invoke(self, function: str, records: list[Record]) -> tuple[Shape | None, str]:
        """What the function answers; or None, and why it did not."""
        region = self.arn.split(":")[3]
        event = {
            "invocationId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.arn} {records[0].identity}")),
            "deliveryStreamArn": self.arn,
            "region": region,
            **({"sourceKinesisStreamArn": self.source} if self.source else {}),
            "records": [_event(record) for record in records],
        }
        payload = json.dumps(event, separators=(",", ":")).encode()

        def run() -> Invocation:
            with acting_as(self.settings["RoleARN"]):
                self.cloud.require("lambda:InvokeFunction", function)
            return self.cloud.functions.invoke(function, payload)

        try:
            done = await self.cloud.clock.work(run, seconds=durations.LAMBDA)
        except (ServiceError, UnsupportedLocally) as error:
            return None, str(error)
        if done.function_error:
            return None, f"The Lambda function returned an error: {done.payload.decode(errors='replace')}"
        try:
            answer = json.loads(done.payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(answer.get("records"), list):
            return None, "The Lambda function was successfully invoked but it returned no list of records."
        return answer, ""

    def _make_ready(self, record: Record) -> None:
        """Find a record's partition, end it with the delimiter, and gather it for its object."""
        if record.error is None:
            record = self._partitioned(record)
        delimiter = self.processor("AppendDelimiterToRecord")
        if record.error is None and delimiter is not None:
            mark = delimiter.get("Delimiter", "\\n").encode().decode("unicode_escape").encode()
            record = replace(record, data=record.data + mark)
        place: tuple[Any, ...] = (record.error is not None, record.keys)
        if place not in self._ready:
            hints = self.settings["BufferingHints"]
            size, seconds = hints["SizeInMBs"] * _MB, hints["IntervalInSeconds"]
            self._ready[place] = Buffer(self.cloud.clock, size, seconds, self._put)
        self._ready[place].add(record)

    def _partitioned(self, record: Record) -> Record:
        query = self.processor("MetadataExtraction")
        keys = dict(record.keys)
        try:
            if query is not None:
                found = compiled(query["MetadataExtractionQuery"]).input_text(record.data.decode()).first()
                keys |= {name: value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}
        except (ValueError, StopIteration) as problem:
            return replace(record, error=("DynamicPartitioning.MetadataExtractionFailed", str(problem), 1))
        wanted = self.settings.get("DynamicPartitioningConfiguration", {}).get("Enabled")
        if wanted and not all(value and value != "null" for value in keys.values()):
            message = "partitionKeys values must not be null or empty"
            return replace(record, error=("DynamicPartitioning.MetadataExtractionFailed", message, 1))
        return replace(record, keys=tuple(sorted(keys.items())) if wanted else ())

    # ---- S3

    async def _put(self, records: list[Record]) -> None:
        """Put a batch as one object, and try again for a day where S3 refuses it."""
        settings, clock = self.settings, self.cloud.clock
        failed = records[0].error is not None
        prefix = settings.get("ErrorOutputPrefix" if failed else "Prefix", "")
        first = min(record.arrived for record in records)
        self._objects += 1
        identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.arn} {self.version} {self._objects}")
        random = hashlib.sha256(identity.bytes).hexdigest()[:11]
        folder = prefixes.evaluate(
            prefix,
            first,
            settings.get("CustomTimeZone", "UTC"),
            random,
            dict(records[0].keys),
            "processing-failed" if failed else "",
        )
        moment = datetime.fromtimestamp(first, UTC).strftime("%Y-%m-%d-%H-%M-%S")
        zipped = settings["CompressionFormat"] == "GZIP"
        ending = settings.get("FileExtension") or (".gz" if zipped else "")
        key = f"{folder}{self.name}-{self.version}-{moment}-{identity}{ending}"
        body = b"".join(self._failure(record) for record in records) if failed else b"".join(r.data for r in records)
        where = {"Bucket": settings["BucketARN"].rpartition(":")[2], "Key": key}
        content = {"Body": gzip.compress(body, mtime=0) if zipped else body, "ContentType": "application/octet-stream"}

        def put() -> None:
            with acting_as(self.settings["RoleARN"]):
                self.cloud.client("s3").put_object(**where, **content)

        until = clock.now() + _RETRY_FOR
        while self._open:
            try:
                await clock.work(put, seconds=durations.API_CALL)
                return
            except ClientError as problem:
                log.warning("delivery stream %s: %s", self.name, problem)
                if clock.now() >= until:
                    return
                await clock.tick(clock.now() + _RETRY_EVERY)

    def _failure(self, record: Record) -> bytes:
        """A record that could not be processed, as it stands in the error's object."""
        code, message, attempts = record.error or ("", "", 0)
        function = self.processor("Lambda")
        said = {
            "attemptsMade": attempts,
            "arrivalTimestamp": round(record.arrived * 1000),
            "errorCode": code,
            "errorMessage": message,
            "attemptEndingTimestamp": round(self.cloud.clock.now() * 1000),
            "rawData": base64.b64encode(record.data).decode(),
            **({"lambdaArn": function["LambdaArn"]} if function and code.startswith("Lambda.") else {}),
        }
        return json.dumps(said, separators=(",", ":")).encode() + b"\n"


@cache
def compiled(query: str) -> Any:
    """A program of jq.

    Raises:
        ValueError: it is none.
    """
    import jq

    return jq.compile(query)


def keys_of(query: str) -> set[str]:
    """The names that a MetadataExtractionQuery gives values to, found by running it on an empty record.

    Raises:
        ServiceError: InvalidArgumentException.
    """
    try:
        found: Sequence[Any] = compiled(query).input_text("{}").all()
    except ValueError as problem:
        raise prefixes.invalid(f"MetadataExtractionQuery is not a valid jq expression: {problem}") from None
    if len(found) != 1 or not isinstance(found[0], dict):
        raise prefixes.invalid("MetadataExtractionQuery must make one object of a record: {name:.field}.")
    return set(found[0])


def _event(record: Record) -> Shape:
    """A record as the function gets it."""
    return {
        "recordId": record.identity,
        "approximateArrivalTimestamp": round(record.arrived * 1000),
        "data": base64.b64encode(record.data).decode(),
        **({"kinesisRecordMetadata": record.source} if record.source else {}),
    }
