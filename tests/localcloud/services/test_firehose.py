"""Delivery streams: what arrives in S3, when, under which key, in which order."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from localcloud.errors import UnsupportedLocally
from localcloud.services.firehose import prefixes
from tests.localcloud.services import answers
from tests.localcloud.services.waiting import ROLE, create_function, settle

#: Upper case for "ok", and what else a function can say of a record.
TRANSFORM = """
import base64, json
def handler(event, context):
    records = []
    for record in event["records"]:
        data = base64.b64decode(record["data"]).decode()
        result = {"drop": "Dropped", "fail": "ProcessingFailed"}.get(data, "Ok")
        answer = {"recordId": record["recordId"], "result": result}
        if result == "Ok":
            answer["data"] = base64.b64encode((data.upper() + "\\n").encode()).decode()
            answer["metadata"] = {"partitionKeys": {"kind": data[:1]}}
        records += [] if data == "forget" else [answer, answer] if data == "twice" else [answer]
    return {"records": records}
"""

#: Its call is where a fault can kill it.
CALLING = """
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    s3.head_bucket(Bucket="lake")
    return {"records": [{**each, "result": "Ok"} for each in event["records"]]}
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    made.client("s3").create_bucket(Bucket="lake")
    yield made
    made.close()
    moto_api_backend.reset()


def settings(**changes: Any) -> dict[str, Any]:
    return {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake", **changes}


def create(cloud: Cloud, name: str, source: str | None = None, **changes: Any) -> Any:
    """A delivery stream that is active; the client."""
    firehose = answers.client(cloud, "firehose")
    more: dict[str, Any] = {}
    if source is not None:
        more = {
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {"KinesisStreamARN": source, "RoleARN": ROLE},
        }
    changes.setdefault("Prefix", f"{name}/")
    firehose.create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=settings(**changes), **more
    )
    settle(cloud, 40)
    return firehose


def processing(*processors: tuple[str, dict[str, str]]) -> dict[str, Any]:
    made = [
        {"Type": kind, "Parameters": [{"ParameterName": n, "ParameterValue": v} for n, v in parameters.items()]}
        for kind, parameters in processors
    ]
    return {"ProcessingConfiguration": {"Enabled": True, "Processors": made}}


def batch(firehose: Any, name: str, *data: str) -> None:
    firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": each.encode()} for each in data])


def delivered(cloud: Cloud, prefix: str) -> dict[str, bytes]:
    """The objects below a prefix, unpacked, in the order of their keys."""
    s3 = cloud.client("s3")
    found = {}
    for each in s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", []):
        body = s3.get_object(Bucket="lake", Key=each["Key"])["Body"].read()
        found[each["Key"]] = gzip.decompress(body) if each["Key"].endswith(".gz") else body
    return found


def test_records_share_an_object_until_the_interval_has_passed(cloud: Cloud) -> None:
    firehose = create(cloud, "plain", BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 60})
    answer = firehose.put_record(DeliveryStreamName="plain", Record={"Data": b"one\n"})
    batch(firehose, "plain", "two\n", "three\n")
    began = cloud.clock.now()
    assert delivered(cloud, "plain/") == {}
    settle(cloud, 61)
    ((key, body),) = delivered(cloud, "plain/").items()
    assert (body, len(answer["RecordId"])) == (b"one\ntwo\nthree\n", 56)
    assert re.fullmatch(r"plain/2026/01/05/09/plain-1-2026-01-05-09-\d\d-\d\d-[0-9a-f-]{36}", key)
    assert cloud.clock.now() - began < 62


def test_a_full_buffer_is_delivered_at_once(cloud: Cloud) -> None:
    firehose = create(cloud, "full", BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900})
    for _ in range(3):
        batch(firehose, "full", "x" * 400_000)
    settle(cloud, 0.2)
    assert [len(body) for body in delivered(cloud, "full/").values()] == [1_200_000]


def test_objects_are_zipped_and_named_as_the_destination_says(cloud: Cloud) -> None:
    name = "dated"
    firehose = create(
        cloud,
        name,
        Prefix="dated/day=!{timestamp:yyyy-MM-dd}/at=!{timestamp:HH}/",
        ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
        CompressionFormat="GZIP",
        CustomTimeZone="Asia/Tokyo",
        **processing(("AppendDelimiterToRecord", {"Delimiter": "\\n"})),
    )
    batch(firehose, name, '{"a": 1}', '{"a": 2}')
    settle(cloud, 301)
    ((key, body),) = delivered(cloud, "dated/").items()
    assert key.startswith("dated/day=2026-01-05/at=18/dated-1-2026-01-05-09-")
    assert (key.endswith(".gz"), body) == (True, b'{"a": 1}\n{"a": 2}\n')


def test_a_record_goes_to_the_partition_that_jq_finds_in_it(cloud: Cloud) -> None:
    firehose = create(
        cloud,
        "parts",
        Prefix="parts/shop=!{partitionKeyFromQuery:shop}/",
        ErrorOutputPrefix="lost/!{firehose:error-output-type}/",
        BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 60},
        DynamicPartitioningConfiguration={"Enabled": True},
        **processing(
            ("MetadataExtraction", {"MetadataExtractionQuery": "{shop: .shop}", "JsonParsingEngine": "JQ-1.6"}),
            ("AppendDelimiterToRecord", {"Delimiter": "\\n"}),
        ),
    )
    batch(firehose, "parts", '{"shop": "a", "n": 1}', '{"shop": "b"}', '{"shop": "a", "n": 2}', "{}", "no JSON")
    settle(cloud, 61)
    found = {key.split("/")[1]: body for key, body in delivered(cloud, "parts/").items()}
    assert found == {"shop=a": b'{"shop": "a", "n": 1}\n{"shop": "a", "n": 2}\n', "shop=b": b'{"shop": "b"}\n'}
    ((key, body),) = delivered(cloud, "lost/").items()
    lost = [json.loads(line) for line in body.splitlines()]
    assert key.startswith("lost/processing-failed/")
    assert [base64.b64decode(each["rawData"]) for each in lost] == [b"{}", b"no JSON"]
    assert {each["errorCode"] for each in lost} == {"DynamicPartitioning.MetadataExtractionFailed"}


def test_a_function_transforms_drops_or_fails_each_record(cloud: Cloud) -> None:
    arn = create_function(cloud, TRANSFORM, "transform")
    firehose = create(cloud, "shouting", ErrorOutputPrefix="shouted/", **processing(("Lambda", {"LambdaArn": arn})))
    batch(firehose, "shouting", "one", "drop", "fail", "two", "forget", "twice")
    settle(cloud, 400)
    assert list(delivered(cloud, "shouting/").values()) == [b"ONE\nTWO\n"]
    ((key, body),) = delivered(cloud, "shouted/").items()
    lost = [json.loads(line) for line in body.splitlines()]
    assert key.startswith("shouted/processing-failed/2026/01/05/")
    assert [(each["errorCode"], base64.b64decode(each["rawData"]).decode()) for each in lost] == [
        ("Lambda.ProcessingFailedStatus", "fail"),
        ("Lambda.MissingRecordId", "forget"),
        ("Lambda.DuplicatedRecordId", "twice"),
    ]
    assert {(each["attemptsMade"], each["lambdaArn"]) for each in lost} == {(1, arn)}


def test_ten_thousand_records_arrive_once_and_in_the_order_of_their_shard_under_faults(local_cloud: Any) -> None:
    """Whoever sends is throttled, and the function that transforms is killed, in the middle of its work."""
    local_cloud.client("s3").create_bucket(Bucket="lake")
    kinesis, firehose = local_cloud.client("kinesis"), local_cloud.client("firehose")
    kinesis.create_stream(StreamName="many", ShardCount=4)
    source = kinesis.describe_stream_summary(StreamName="many")["StreamDescriptionSummary"]["StreamARN"]
    calling = create_function(local_cloud, CALLING, "calling")
    transforming = processing(
        ("Lambda", {"LambdaArn": calling, "BufferSizeInMBs": "0.2"}), ("AppendDelimiterToRecord", {})
    )
    firehose.create_delivery_stream(
        DeliveryStreamName="lossless",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": source, "RoleARN": ROLE},
        ExtendedS3DestinationConfiguration=settings(
            Prefix="lossless/",
            CompressionFormat="GZIP",
            BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 60},
            **transforming,
        ),
    )
    described = "DeliveryStreamDescription"
    wait_until(
        lambda: (
            firehose.describe_delivery_stream(DeliveryStreamName="lossless")[described]["DeliveryStreamStatus"]
            == "ACTIVE"
        )
    )
    shards: dict[str, list[int]] = {}
    too_many = {"error": "ProvisionedThroughputExceededException", "probability": 0.3, "seed": 1}
    with (
        local_cloud.faults("s3:HeadBucket", kill=True, times=3) as killed,
        local_cloud.faults("kinesis:PutRecords", **too_many) as throttled,
    ):
        for start in range(0, 10_000, 500):
            records = [{"Data": f"{n:0200}".encode(), "PartitionKey": str(n)} for n in range(start, start + 500)]
            placed = retried(kinesis.put_records, StreamName="many", Records=records)["Records"]
            for number, each in enumerate(placed, start):
                shards.setdefault(each["ShardId"], []).append(number)
        wait_until(lambda: len(lines_of(delivered(local_cloud, "lossless/"))) >= 10_000)
    arrived = [int(line) for line in lines_of(delivered(local_cloud, "lossless/"))]
    assert sorted(arrived) == list(range(10_000))
    assert (throttled.hits > 3, killed.hits) == (True, 3)
    place = {number: position for position, number in enumerate(arrived)}
    for numbers in shards.values():
        assert sorted(numbers, key=place.__getitem__) == numbers
    assert len(shards) == 4


def lines_of(objects: dict[str, bytes]) -> list[bytes]:
    return [line for body in objects.values() for line in body.splitlines()]


def retried(call: Callable[..., Any], **request: Any) -> Any:
    while True:
        try:
            return call(**request)
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "ProvisionedThroughputExceededException":
                raise


def wait_until(true: Callable[[], bool]) -> None:
    """Ask a cloud whose virtual time goes on while nobody works."""
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_function_that_always_fails_is_tried_as_often_as_the_processor_says(cloud: Cloud) -> None:
    arn = create_function(cloud, "def handler(event, context):\n    raise ValueError('no')\n", "broken")
    firehose = create(
        cloud,
        "given-up",
        ErrorOutputPrefix="given-up-errors/",
        **processing(("Lambda", {"LambdaArn": arn, "NumberOfRetries": "1"})),
    )
    batch(firehose, "given-up", "a")
    settle(cloud, 400)
    ((key, body),) = delivered(cloud, "given-up-errors/").items()
    lost = json.loads(body)
    assert key.startswith("given-up-errors/processing-failed/2026/01/05/")
    assert (lost["errorCode"], lost["attemptsMade"]) == ("Lambda.FunctionError", 2)
    assert "ValueError" in lost["errorMessage"]


def test_new_settings_hold_from_the_next_record_on(cloud: Cloud) -> None:
    firehose = create(cloud, "changing", Prefix="old/")
    batch(firehose, "changing", "a")
    firehose.update_destination(
        DeliveryStreamName="changing",
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"Prefix": "new/"},
    )
    batch(firehose, "changing", "b")
    settle(cloud, 301)
    assert list(delivered(cloud, "old/").values()) == [b"a"]
    assert list(delivered(cloud, "new/").values()) == [b"b"]
    answer = firehose.describe_delivery_stream(DeliveryStreamName="changing")["DeliveryStreamDescription"]
    assert (answer["VersionId"], answer["Destinations"][0]["ExtendedS3DestinationDescription"]["Prefix"]) == (
        "2",
        "new/",
    )
    stale = {"CurrentDeliveryStreamVersionId": "1", "DestinationId": "destinationId-000000000001"}
    code, _ = answers.error(firehose.update_destination, DeliveryStreamName="changing", **stale)
    assert code == "ConcurrentModificationException"


def test_an_object_that_s3_refuses_is_put_when_its_bucket_exists(cloud: Cloud) -> None:
    firehose = create(cloud, "patient", BucketARN="arn:aws:s3:::later", Prefix="")
    batch(firehose, "patient", "a")
    settle(cloud, 301)
    cloud.client("s3").create_bucket(Bucket="later")
    settle(cloud, 61)
    assert cloud.client("s3").list_objects_v2(Bucket="later")["KeyCount"] == 1


def test_streams_are_listed_tagged_and_deleted(cloud: Cloud) -> None:
    firehose = create(cloud, "zebra")
    listed = firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName="y")
    assert listed["DeliveryStreamNames"] == ["zebra"]
    firehose.tag_delivery_stream(DeliveryStreamName="zebra", Tags=[{"Key": "run", "Value": "1"}, {"Key": "x"}])
    firehose.untag_delivery_stream(DeliveryStreamName="zebra", TagKeys=["x"])
    assert firehose.list_tags_for_delivery_stream(DeliveryStreamName="zebra")["Tags"] == [{"Key": "run", "Value": "1"}]
    code, _ = answers.error(
        firehose.create_delivery_stream, DeliveryStreamName="zebra", S3DestinationConfiguration=settings()
    )
    assert code == "ResourceInUseException"
    firehose.delete_delivery_stream(DeliveryStreamName="zebra")
    code, message = answers.error(firehose.put_record, DeliveryStreamName="zebra", Record={"Data": b""})
    assert (code, message) == ("ResourceNotFoundException", "Firehose zebra under account 123456789012 not found.")


PARTITIONED = {
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "BufferingHints": {"SizeInMBs": 64},
    "ErrorOutputPrefix": "e/!{firehose:error-output-type}/",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix can't be null"),
        ({"Prefix": "!{nothing:yyyy}/", "ErrorOutputPrefix": "e/"}, "none of Firehose's"),
        ({"Prefix": "!{timestamp:q}/", "ErrorOutputPrefix": "e/"}, "unknown letter"),
        ({"Prefix": "!{firehose:error-output-type}/", "ErrorOutputPrefix": "e/"}, "cannot contain"),
        ({"ErrorOutputPrefix": "!{timestamp:yyyy}/"}, "must contain at least one instance"),
        ({"Prefix": "!{partitionKeyFromQuery:a}/", "ErrorOutputPrefix": "e/"}, "to be enabled"),
        ({**PARTITIONED, "Prefix": "a/"}, "must contain a partition key"),
        ({**PARTITIONED, "Prefix": "!{partitionKeyFromQuery:a}/"}, "the same keys: a"),
        ({**PARTITIONED, "BufferingHints": {"SizeInMBs": 5}}, "at least 64"),
        ({"CustomTimeZone": "Mars/Olympus"}, "not valid"),
        (processing(("MetadataExtraction", {"MetadataExtractionQuery": "{"})), "not a valid jq expression"),
        (processing(("MetadataExtraction", {"MetadataExtractionQuery": ".a"})), "one object"),
        (processing(("Lambda", {})), "LambdaArn"),
    ],
)
def test_a_destination_that_firehose_refuses_is_refused(cloud: Cloud, changes: dict[str, Any], said: str) -> None:
    code, message = answers.error(
        cloud.client("firehose").create_delivery_stream,
        DeliveryStreamName="refused",
        ExtendedS3DestinationConfiguration=settings(**changes),
    )
    assert code == "InvalidArgumentException"
    assert said in message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"CompressionFormat": "ZIP"}, "no CompressionFormat ZIP"),
        ({"S3BackupMode": "Enabled"}, "no S3BackupMode"),
        ({"DataFormatConversionConfiguration": {}}, None),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "no DataFormatConversionConfiguration"),
        (processing(("Decompression", {"CompressionFormat": "GZIP"})), "no processor Decompression"),
    ],
)
def test_what_is_not_made_real_is_refused(cloud: Cloud, changes: dict[str, Any], said: str | None) -> None:
    name = "not-run" if said else "run"
    wanted = {"DeliveryStreamName": name, "ExtendedS3DestinationConfiguration": settings(**changes)}
    if said is None:
        cloud.client("firehose").create_delivery_stream(**wanted)
    else:
        with pytest.raises(UnsupportedLocally, match=said):
            cloud.service("firehose").actions["CreateDeliveryStream"](wanted)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("yyyy/MM/dd/HH", "2026/01/05/09"), ("yy-M-d'T'h a", "26-1-5T9 AM"), ("DDD E mm:ss.SSS", "005 Mon 00:07.000")],
)
def test_a_date_is_written_as_java_writes_it(pattern: str, text: str) -> None:
    assert prefixes.date(pattern, datetime(2026, 1, 5, 9, 0, 7, tzinfo=UTC)) == text
