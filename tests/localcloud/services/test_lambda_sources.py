"""Event source mappings: what a function gets of a queue or a stream, and what becomes of a batch that fails."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from localcloud.time.clock import EPOCH
from tests.localcloud.services import answers
from tests.localcloud.services.waiting import Queue, create_function, printed, seen_after, settle

#: Prints the bodies, and reports those that say "bad" as failed, or fails altogether.
PARTIAL = """
def handler(event, context):
    print("got", [record["body"] for record in event["Records"]])
    failed = [record["messageId"] for record in event["Records"] if "bad" in record["body"]]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""
WHOLE = """
def handler(event, context):
    print("got", [record["body"] for record in event["Records"]])
    assert not any("bad" in record["body"] for record in event["Records"])
"""
STREAM = """
import base64
def handler(event, context):
    data = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
    print("got", data)
    assert "bad" not in data
"""


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()
    moto_api_backend.reset()


def connect(cloud: Cloud, source: str, **settings: Any) -> dict[str, Any]:
    made: dict[str, Any] = cloud.client("lambda").create_event_source_mapping(
        FunctionName="f", EventSourceArn=source, **settings
    )
    return made


def redriven(cloud: Cloud, times: int) -> tuple[Queue, Queue]:
    """A queue and the one where its messages go that were received so many times."""
    letters = Queue(cloud, "letters")
    policy = json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": times})
    return Queue(cloud, "orders", RedrivePolicy=policy), letters


def left(queue: Queue) -> int:
    """How many messages the queue still has, hidden ones included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = queue.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in answer.values())


# ---- queues


def test_a_record_has_what_lambda_says_of_a_message(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html shows."""
    source = "import json\ndef handler(event, context):\n    print('got', json.dumps(event['Records'][0]))"
    orders = Queue(cloud, "orders")
    create_function(cloud, source)
    connect(cloud, orders.arn)
    orders.sqs.send_message(
        QueueUrl=orders.url,
        MessageBody="tea",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "order"}},
    )
    settle(cloud)
    ((_, line),) = printed(cloud, "got")
    record = json.loads(line)
    assert record["attributes"] == {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1767603600000",
        "SenderId": record["attributes"]["SenderId"],
        "ApproximateFirstReceiveTimestamp": "1767603600000",
    }
    assert record["messageAttributes"]["kind"] == {
        "dataType": "String",
        "stringListValues": [],
        "binaryListValues": [],
        "stringValue": "order",
    }
    assert {key: record[key] for key in ("body", "md5OfBody", "eventSource", "eventSourceARN", "awsRegion")} == {
        "body": "tea",
        "md5OfBody": hashlib.md5(b"tea").hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": orders.arn,
        "awsRegion": "us-east-1",
    }
    assert left(orders) == 0


def test_what_one_call_sends_comes_in_one_batch_as_large_as_the_mapping_says(cloud: Cloud) -> None:
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE)
    connect(cloud, orders.arn, BatchSize=2)
    orders.send("a", "b", "c")
    settle(cloud)
    assert [line for _, line in printed(cloud, "got")] == ["['a', 'b']", "['c']"]


def test_a_reported_message_returns_after_its_visibility_timeout_and_ends_as_a_dead_letter(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html says."""
    orders, letters = redriven(cloud, 3)
    create_function(cloud, PARTIAL)
    connect(cloud, orders.arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    orders.send("good", "bad")
    assert seen_after(cloud, 1, lambda: (left(orders), letters.messages())) == (1, [])
    settle(cloud, 100)
    assert [(round(when), line) for when, line in printed(cloud, "got")] == [
        (0, "['good', 'bad']"),
        (30, "['bad']"),
        (60, "['bad']"),
    ]
    assert [message["Body"] for message in letters.messages()] == ["bad"]
    assert left(orders) == 0


def test_without_reports_the_whole_batch_returns(cloud: Cloud) -> None:
    orders, letters = redriven(cloud, 2)
    create_function(cloud, WHOLE)
    connect(cloud, orders.arn)
    orders.send("good", "bad")
    settle(cloud, 100)
    assert [line for _, line in printed(cloud, "got")] == ["['good', 'bad']", "['good', 'bad']"]
    assert sorted(message["Body"] for message in letters.messages()) == ["bad", "good"]


@pytest.mark.parametrize(
    ("response", "again"),
    [
        ("None", False),
        ("{}", False),
        ("{'batchItemFailures': []}", False),
        ("{'batchItemFailures': [{'itemIdentifier': ''}]}", True),
        ("{'batchItemFailures': [{'itemIdentifier': None}]}", True),
        ("{'batchItemFailures': [{'id': 'x'}]}", True),
        ("{'batchItemFailures': [{'itemIdentifier': 'unknown'}]}", True),
    ],
)
def test_a_malformed_report_fails_the_batch_and_an_empty_one_does_not(
    cloud: Cloud, response: str, *, again: bool
) -> None:
    """The guide's "Success and failure conditions"."""
    orders, letters = redriven(cloud, 1)
    create_function(cloud, f"def handler(event, context):\n    return {response}")
    connect(cloud, orders.arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    orders.send("a")
    settle(cloud, 100)
    assert len(letters.messages()) == (1 if again else 0)


def test_a_message_that_no_try_can_save_does_not_let_days_pass(cloud: Cloud) -> None:
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE)
    connect(cloud, orders.arn)
    orders.send("bad")
    settle(cloud, 10_000)
    tries = len(printed(cloud, "got"))
    settle(cloud, 0)
    assert left(orders) == 1
    assert tries == 334  # every 30 seconds, as long as something else lets time pass
    assert cloud.clock.now() < EPOCH + 10_300


def test_its_first_ten_tries_let_time_pass_by_themselves(cloud: Cloud) -> None:
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE)
    connect(cloud, orders.arn)
    orders.send("bad")
    deadline = time.monotonic() + 30
    while len(printed(cloud, "got")) < 10:
        assert time.monotonic() < deadline
        time.sleep(0.05)  # who asks without a pause keeps the function's answers waiting
    settle(cloud, 0)
    assert len(printed(cloud, "got")) == 10
    assert round(cloud.clock.now() - EPOCH) == 270


def test_filters_let_through_what_matches_and_delete_the_rest(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html says."""
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE)
    pattern = json.dumps({"body": {"kind": ["tea", {"prefix": "cof"}]}})
    connect(cloud, orders.arn, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    orders.send('{"kind": "tea"}', '{"kind": "cake"}', "plain", '{"kind": "coffee"}')
    settle(cloud)
    assert [line for _, line in printed(cloud, "got")] == ["""['{"kind": "tea"}', '{"kind": "coffee"}']"""]
    assert left(orders) == 0


def test_a_window_gathers_what_comes_within_it(cloud: Cloud) -> None:
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE)
    connect(cloud, orders.arn, BatchSize=100, MaximumBatchingWindowInSeconds=20)

    async def two_calls() -> None:
        orders.send("a")
        await cloud.clock.sleep(10)
        orders.send("b")
        await cloud.clock.sleep(60)

    assert cloud.clock.spawn(two_calls()).join(30)
    assert [(round(when), line) for when, line in printed(cloud, "got")] == [(20, "['a', 'b']")]


def test_a_delayed_message_comes_at_its_virtual_time(cloud: Cloud) -> None:
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE)
    connect(cloud, orders.arn)
    orders.sqs.send_message(QueueUrl=orders.url, MessageBody="later", DelaySeconds=600)
    settle(cloud, 700)
    assert [(round(when), line) for when, line in printed(cloud, "got")] == [(600, "['later']")]


def test_what_was_in_the_queue_comes_when_the_mapping_is_made_or_enabled(cloud: Cloud) -> None:
    orders, client = Queue(cloud, "orders"), cloud.client("lambda")
    create_function(cloud, WHOLE)
    orders.send("a")
    mapping = connect(cloud, orders.arn, Enabled=False)
    settle(cloud)
    assert printed(cloud, "got") == []
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    settle(cloud)
    client.delete_event_source_mapping(UUID=mapping["UUID"])
    orders.send("b")
    settle(cloud)
    assert [line for _, line in printed(cloud, "got")] == ["['a']"]
    assert client.list_event_source_mappings()["EventSourceMappings"] == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"BatchSize": 100}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"body": "x"}'}]}}, "Invalid filter pattern definition."),
        (
            {"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:gone"},
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue.",
        ),
        (
            {"EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/gone", "StartingPosition": "LATEST"},
            "Stream not found: arn:aws:kinesis:us-east-1:123456789012:stream/gone",
        ),
    ],
)
def test_mappings_that_lambda_refuses(cloud: Cloud, settings: dict[str, Any], message: str) -> None:
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE)
    client = cloud.client("lambda")
    request = {"FunctionName": "f", "EventSourceArn": orders.arn} | settings
    code, answer = answers.error(client.create_event_source_mapping, **request)
    assert (code, answer.startswith(message)) == ("InvalidParameterValueException", True)


def test_a_queue_hides_messages_at_least_as_long_as_the_function_may_run(cloud: Cloud) -> None:
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE, Timeout=60)
    refused = answers.error(
        cloud.client("lambda").create_event_source_mapping, FunctionName="f", EventSourceArn=orders.arn
    )
    assert refused == (
        "InvalidParameterValueException",
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
    )


def test_one_function_reads_one_queue_once(cloud: Cloud) -> None:
    orders = Queue(cloud, "orders")
    create_function(cloud, WHOLE)
    connect(cloud, orders.arn)
    refused = answers.error(
        cloud.client("lambda").create_event_source_mapping, FunctionName="f", EventSourceArn=orders.arn
    )
    assert refused[0] == "ResourceConflictException"


# ---- streams


def stream(cloud: Cloud) -> str:
    cloud.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    return "arn:aws:kinesis:us-east-1:123456789012:stream/s"


def put(cloud: Cloud, *data: str) -> None:
    records = [{"Data": each.encode(), "PartitionKey": "p"} for each in data]
    cloud.client("kinesis").put_records(StreamName="s", Records=records)


def test_records_come_in_order_from_where_the_mapping_starts(cloud: Cloud) -> None:
    source = stream(cloud)
    create_function(cloud, STREAM)
    put(cloud, "a")
    connect(cloud, source, StartingPosition="LATEST", BatchSize=2)
    put(cloud, "b", "c", "d")
    settle(cloud)
    assert [line for _, line in printed(cloud, "got")] == ["['b', 'c']", "['d']"]


def test_a_batch_that_fails_is_split_and_what_cannot_be_saved_goes_to_the_destination(cloud: Cloud) -> None:
    """As https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html shows."""
    source, heard = stream(cloud), Queue(cloud)
    arn = create_function(cloud, STREAM)
    put(cloud, "a", "bad", "c", "d")
    connect(
        cloud,
        source,
        StartingPosition="TRIM_HORIZON",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=3,
        DestinationConfig={"OnFailure": {"Destination": heard.arn}},
    )
    settle(cloud, 60)
    lines = [line for _, line in printed(cloud, "got")]
    assert lines == [
        "['a', 'bad', 'c', 'd']",
        "['a', 'bad']",
        "['a']",
        "['bad']",
        "['bad']",
        "['c', 'd']",
    ]
    (record,) = heard.bodies()
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["functionArn"] == arn
    batch = record["KinesisBatchInfo"]
    assert (batch["batchSize"], batch["startSequenceNumber"], batch["streamArn"]) == (1, "2", source)


def test_a_reported_record_is_where_the_next_try_starts(cloud: Cloud) -> None:
    source = stream(cloud)
    handler = """
import base64
tries = 0
def handler(event, context):
    global tries
    tries += 1
    records = event["Records"]
    print("got", [base64.b64decode(record["kinesis"]["data"]).decode() for record in records])
    if tries == 1:
        return {"batchItemFailures": [{"itemIdentifier": records[1]["kinesis"]["sequenceNumber"]}]}
"""
    create_function(cloud, handler)
    put(cloud, "a", "b", "c")
    connect(cloud, source, StartingPosition="TRIM_HORIZON", FunctionResponseTypes=["ReportBatchItemFailures"])
    settle(cloud, 60)
    assert [line for _, line in printed(cloud, "got")] == ["['a', 'b', 'c']", "['b', 'c']"]


def test_the_changes_of_a_table_reach_a_function(cloud: Cloud) -> None:
    table = cloud.client("dynamodb").create_table(
        TableName="tab",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    source = """
def handler(event, context):
    for record in event["Records"]:
        print("got", record["eventName"], record["dynamodb"]["Keys"], record["dynamodb"].get("NewImage"))
"""
    create_function(cloud, source)
    pattern = json.dumps({"eventName": ["INSERT", "REMOVE"]})
    connect(
        cloud,
        table["LatestStreamArn"],
        StartingPosition="LATEST",
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
    )
    dynamodb = cloud.client("dynamodb")
    dynamodb.put_item(TableName="tab", Item={"id": {"S": "1"}, "n": {"N": "2"}})
    dynamodb.put_item(TableName="tab", Item={"id": {"S": "1"}, "n": {"N": "3"}})
    dynamodb.delete_item(TableName="tab", Key={"id": {"S": "1"}})
    settle(cloud)
    assert [line for _, line in printed(cloud, "got")] == [
        "INSERT {'id': {'S': '1'}} {'id': {'S': '1'}, 'n': {'N': '2'}}",
        "REMOVE {'id': {'S': '1'}} None",
    ]
