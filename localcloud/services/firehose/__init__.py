"""Amazon Data Firehose: delivery streams into S3, from their own API or from a Kinesis stream.

API reference: https://docs.aws.amazon.com/firehose/latest/APIReference/. Other destinations, format conversion, source
backups and logging of errors are refused; `delivery` says how records travel.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localcloud.door import moto
from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.host import Service
from localcloud.services._on_clock import on_clock
from localcloud.services._regional import Regional
from localcloud.services.firehose import delivery, prefixes
from localcloud.services.firehose.delivery import Delivery, Record

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

#: Virtual seconds until a stream is ACTIVE. AWS says "within a minute".
_CREATION = 30.0

#: https://docs.aws.amazon.com/firehose/latest/dev/limits.html
_MOST_BATCH = 4 << 20

#: Settings of a destination that are acted on, or kept and change nothing in what is delivered.
_SETTINGS = (
    *("RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat"),
    *("EncryptionConfiguration", "ProcessingConfiguration", "DynamicPartitioningConfiguration", "FileExtension"),
    "CustomTimeZone",
)

#: Members of CreateDeliveryStream that are refused.
_OTHER = ("DeliveryStreamEncryptionConfigurationInput", "MSKSourceConfiguration", "DatabaseSourceConfiguration")

#: Parameters that processors are run with.
_PARAMETERS = {
    "AppendDelimiterToRecord": {"Delimiter"},
    "Lambda": {"LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"},
    "MetadataExtraction": {"MetadataExtractionQuery", "JsonParsingEngine"},
}


@dataclass(slots=True)
class DeliveryStream:
    """One delivery stream.

    Args:
        name, arn, kind: which, and DirectPut or KinesisStreamAsSource.
        created: seconds since the Unix epoch.
        delivery: where its records go now.
        role: the role that reads the Kinesis stream.
        tags: by key.
        positions: of a Kinesis stream: shard -> sequence number of the last record that was read.
        status: CREATING or ACTIVE.
        records: how many were put.
        version: of its settings.
        modified: when these were changed.
    """

    name: str
    arn: str
    kind: str
    created: float
    delivery: Delivery
    role: str
    tags: dict[str, str]
    positions: dict[str, int] = field(default_factory=dict)
    status: str = "CREATING"
    records: int = 0
    version: int = 1
    modified: float | None = None

    def describe(self) -> Shape:
        """As DescribeDeliveryStream says it."""
        settings = self.delivery.settings
        plain = ("RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat")
        source = {
            "KinesisStreamSourceDescription": {
                "KinesisStreamARN": self.delivery.source,
                "RoleARN": self.role,
                "DeliveryStartTimestamp": self.created,
            }
        }
        return {
            "DeliveryStreamName": self.name,
            "DeliveryStreamARN": self.arn,
            "DeliveryStreamStatus": self.status,
            "DeliveryStreamType": self.kind,
            "VersionId": str(self.version),
            "CreateTimestamp": self.created,
            **({"LastUpdateTimestamp": self.modified} if self.modified is not None else {}),
            **({"Source": source} if self.delivery.source else {}),
            "Destinations": [
                {
                    "DestinationId": "destinationId-000000000001",
                    "S3DestinationDescription": {
                        "EncryptionConfiguration": settings["EncryptionConfiguration"],
                        **{name: settings[name] for name in plain if name in settings},
                    },
                    "ExtendedS3DestinationDescription": {"S3BackupMode": "Disabled", **settings},
                }
            ],
            "HasMoreDestinations": False,
        }


def register(cloud: Host) -> Service:
    """The actions on delivery streams and their records."""
    streams = Streams(cloud)
    actions: dict[str, Callable[[Shape], Shape]] = {
        "CreateDeliveryStream": streams.create,
        "DeleteDeliveryStream": streams.delete,
        "DescribeDeliveryStream": lambda request: {"DeliveryStreamDescription": streams.find(request).describe()},
        "ListDeliveryStreams": streams.listed,
        "ListTagsForDeliveryStream": streams.tags,
        "PutRecord": streams.put,
        "PutRecordBatch": streams.put_batch,
        "TagDeliveryStream": streams.tag,
        "UntagDeliveryStream": streams.untag,
        "UpdateDestination": streams.update,
    }
    return Service(
        "firehose",
        {name: on_clock(cloud, action) for name, action in actions.items()},
        close=moto.on_arrival(cloud.clock.now, streams.arrived),
    )


class Streams:
    """The delivery streams of one local cloud.

    Args:
        cloud: its clock and its services.
    """

    def __init__(self, cloud: Host) -> None:
        self._cloud, self._clock = cloud, cloud.clock
        self._streams: Regional[str, DeliveryStream] = Regional(cloud)

    # ---- the API

    def find(self, request: Shape) -> DeliveryStream:
        """The stream that a request names. Raises ServiceError: ResourceNotFoundException."""
        name = request["DeliveryStreamName"]
        found = self._streams.get(name)
        if found is None:
            raise _missing(f"Firehose {name} under account {self._cloud.account_id} not found.")
        return found

    def create(self, request: Shape) -> Shape:
        """CreateDeliveryStream."""
        name, kind = request["DeliveryStreamName"], request.get("DeliveryStreamType", "DirectPut")
        if name in self._streams:
            raise ServiceError("ResourceInUseException", f"Firehose {name} is already in use.")
        destinations = [each for each in request if each.endswith("DestinationConfiguration")]
        own = {"ExtendedS3DestinationConfiguration", "S3DestinationConfiguration"}
        source = request.get("KinesisStreamSourceConfiguration", {})
        others = [*(set(destinations) - own), *(each for each in _OTHER if request.get(each))]
        if others or kind not in ("DirectPut", "KinesisStreamAsSource"):
            raise _not_run(", ".join(sorted(others)) or f"DeliveryStreamType {kind}")
        if len(destinations) != 1:
            raise prefixes.invalid("Exactly one destination configuration is required.")
        if (kind == "KinesisStreamAsSource") != bool(source):
            raise prefixes.invalid("KinesisStreamSourceConfiguration is for KinesisStreamAsSource, which needs it.")
        arn = f"arn:aws:firehose:{self._cloud.region}:{self._cloud.account_id}:deliverystream/{name}"
        way = Delivery(
            self._cloud, name, arn, "1", source.get("KinesisStreamARN"), self._settings({}, request[destinations[0]])
        )
        tags = {each["Key"]: each.get("Value", "") for each in request.get("Tags", ())}
        stream = DeliveryStream(name, arn, kind, self._clock.now(), way, source.get("RoleARN", ""), tags)
        if source:
            shards = self._shards(stream)
            if shards is None:
                raise _missing(f"Kinesis stream {source['KinesisStreamARN']} was not found.")
            stream.positions = {shard: max(records, default=0) for shard, records in shards.items()}
        self._streams[name] = stream
        self._clock.spawn(self._start(stream))
        return {"DeliveryStreamARN": arn}

    async def _start(self, stream: DeliveryStream) -> None:
        await self._clock.sleep(_CREATION)
        stream.status = "ACTIVE"
        self._read(stream)

    def delete(self, request: Shape) -> Shape:
        """DeleteDeliveryStream: what is still buffered is dropped."""
        stream = self.find(request)
        stream.delivery.close()
        del self._streams[stream.name]
        return {}

    def listed(self, request: Shape) -> Shape:
        """ListDeliveryStreams, by name."""
        after, most = request.get("ExclusiveStartDeliveryStreamName", ""), request.get("Limit", 10)
        kind = request.get("DeliveryStreamType")
        names = sorted(name for name, stream in self._streams.items() if name > after and kind in (None, stream.kind))
        return {"DeliveryStreamNames": names[:most], "HasMoreDeliveryStreams": len(names) > most}

    def update(self, request: Shape) -> Shape:
        """UpdateDestination: records that were buffered before are delivered by the settings of before."""
        stream = self.find(request)
        if request["CurrentDeliveryStreamVersionId"] != str(stream.version):
            raise ServiceError(
                "ConcurrentModificationException",
                f"Cannot update firehose: {stream.name} since the current version id: {stream.version} and specified "
                f"version id: {request['CurrentDeliveryStreamVersionId']} do not match",
            )
        changes = [each for each in request if each.endswith("DestinationUpdate")]
        if changes not in (["ExtendedS3DestinationUpdate"], ["S3DestinationUpdate"]):
            raise _not_run(", ".join(changes) or "no update of its S3 destination")
        settings = self._settings(stream.delivery.settings, request[changes[0]])
        before, stream.version, stream.modified = stream.delivery, stream.version + 1, self._clock.now()
        stream.delivery = Delivery(self._cloud, stream.name, stream.arn, str(stream.version), before.source, settings)
        before.flush()
        return {}

    def tags(self, request: Shape) -> Shape:
        """ListTagsForDeliveryStream."""
        found = [{"Key": key, "Value": value} for key, value in sorted(self.find(request).tags.items())]
        after, most = request.get("ExclusiveStartTagKey", ""), request.get("Limit", 50)
        rest = [each for each in found if each["Key"] > after]
        return {"Tags": rest[:most], "HasMoreTags": len(rest) > most}

    def tag(self, request: Shape) -> Shape:
        """TagDeliveryStream."""
        self.find(request).tags.update({each["Key"]: each.get("Value", "") for each in request["Tags"]})
        return {}

    def untag(self, request: Shape) -> Shape:
        """UntagDeliveryStream."""
        for key in request["TagKeys"]:
            self.find(request).tags.pop(key, None)
        return {}

    def put(self, request: Shape) -> Shape:
        """PutRecord."""
        return {"RecordId": self._put(self._writable(request), request["Record"]["Data"]), "Encrypted": False}

    def put_batch(self, request: Shape) -> Shape:
        """PutRecordBatch."""
        stream, records = self._writable(request), [each["Data"] for each in request["Records"]]
        if sum(map(len, records)) > _MOST_BATCH:
            raise prefixes.invalid("Records size exceeds 4 MB limit")
        return {
            "FailedPutCount": 0,
            "Encrypted": False,
            "RequestResponses": [{"RecordId": self._put(stream, data)} for data in records],
        }

    def _writable(self, request: Shape) -> DeliveryStream:
        stream = self.find(request)
        if stream.status != "ACTIVE":
            raise _missing(f"Firehose {stream.name} under account {self._cloud.account_id} is not ACTIVE.")
        if stream.kind != "DirectPut":
            raise prefixes.invalid(f"This operation is not permitted on {stream.kind} delivery stream type.")
        return stream

    def _put(self, stream: DeliveryStream, data: bytes) -> str:
        stream.records += 1
        identity = f"{stream.records:056}"
        stream.delivery.add(Record(identity, data, self._clock.now()))
        return identity

    # ---- settings

    def _settings(self, before: Shape, request: Shape) -> Shape:
        """The settings of a destination: those of before, with a request's changes. Raises where AWS or we refuse."""
        conversion = request.get("DataFormatConversionConfiguration", {})
        refused = {
            "CloudWatchLoggingOptions": request.get("CloudWatchLoggingOptions", {}).get("Enabled"),
            "DataFormatConversionConfiguration": conversion and conversion.get("Enabled", True),
            "S3BackupMode": request.get("S3BackupMode") == "Enabled",
        }
        named = [name for name, wanted in refused.items() if wanted]
        settings: Shape = {
            "CompressionFormat": "UNCOMPRESSED",
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            **before,
            **{name: request[name] for name in _SETTINGS if name in request},
        }
        if settings["CompressionFormat"] not in ("UNCOMPRESSED", "GZIP"):
            named.append(f"CompressionFormat {settings['CompressionFormat']}")
        hints = {"SizeInMBs": 5, "IntervalInSeconds": 300, **settings.get("BufferingHints", {})}
        settings["BufferingHints"] = hints
        processing = settings.get("ProcessingConfiguration", {})
        processors = processing.get("Processors", []) if processing.get("Enabled") else []
        queried: set[str] = set()
        for each in processors:
            parameters = {one["ParameterName"]: one["ParameterValue"] for one in each.get("Parameters", ())}
            strange = parameters.keys() - _PARAMETERS.get(each["Type"], parameters.keys())
            if each["Type"] not in _PARAMETERS or strange:
                named.append(f"processor {each['Type']} {' '.join(sorted(strange))}".rstrip())
            elif each["Type"] == "MetadataExtraction":
                queried = delivery.keys_of(parameters.get("MetadataExtractionQuery", ""))
            elif each["Type"] == "Lambda" and "LambdaArn" not in parameters:
                raise prefixes.invalid("The Lambda processor needs the parameter LambdaArn.")
        if named:
            raise _not_run(", ".join(named))
        partitioned = bool(settings.get("DynamicPartitioningConfiguration", {}).get("Enabled"))
        if partitioned and hints["SizeInMBs"] < 64:
            raise prefixes.invalid("BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.")
        try:
            ZoneInfo(settings.get("CustomTimeZone", "UTC"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise prefixes.invalid(f"CustomTimeZone {settings['CustomTimeZone']} is not valid.") from None
        prefixes.check(settings.get("Prefix", ""), settings.get("ErrorOutputPrefix"), queried, partitioned=partitioned)
        return settings

    # ---- Kinesis

    def arrived(self, source: str) -> None:
        """Something has arrived in a stream. From any thread."""
        for stream in self._streams.everywhere():
            if stream.delivery.source == source:
                self._clock.call(self._read, stream)

    def _shards(self, stream: DeliveryStream) -> dict[str, dict[int, Any]] | None:
        """The records of each shard of the Kinesis stream, by sequence number; None when there is no such stream."""
        _, _, _, region, account, name = str(stream.delivery.source).split(":")
        found = moto.backend("kinesis", account, region).streams.get(name.partition("/")[2])
        return None if found is None else {shard.shard_id: shard.records for shard in found.shards.values()}

    def _read(self, stream: DeliveryStream) -> None:
        """Take what is new in each shard, in order."""
        if stream.status != "ACTIVE":
            return
        for shard, records in (self._shards(stream) or {}).items():
            done = stream.positions.get(shard, 0)
            for number, found in list(records.items()):
                if number > done:
                    stream.positions[shard] = number
                    stream.delivery.add(self._record(shard, number, found))

    def _record(self, shard: str, number: int, found: Any) -> Record:
        arrived = getattr(found, "arrived", found.created_at)
        source = {
            "sequenceNumber": str(number),
            "subsequenceNumber": 0,
            "partitionKey": found.partition_key,
            "shardId": shard,
            "approximateArrivalTimestamp": round(arrived * 1000),
        }
        data = base64.b64decode(found.data) if isinstance(found.data, str) else found.data
        return Record(f"{shard}{number}{0:06}", data, arrived, source)


def _missing(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message)


def _not_run(what: str) -> UnsupportedLocally:
    return UnsupportedLocally(
        f"The local cloud's delivery streams have no {what}. Deliver to S3, uncompressed or GZIP, with the processors "
        "Lambda, MetadataExtraction and AppendDelimiterToRecord, or set WORKSHOP_TARGET=aws."
    )
