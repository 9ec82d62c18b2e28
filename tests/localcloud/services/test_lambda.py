"""Lambda's API over the registry of moto: what boto3 sees."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from localcloud.services.lambda_ import LocalFunctions
from localcloud.time.clock import EPOCH

ECHO = "def handler(event, context):\n    return event"

#: Says so, and fails when told to.
FRAIL = "def handler(event, context):\n    print('attempt')\n    assert 'fail' not in str(event)"

Create = Callable[..., str]


def package(source: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", source)
    return archive.getvalue()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()
    moto_api_backend.reset()  # the registry is the process's, not the cloud's


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return cloud.client("lambda")


@pytest.fixture
def create(cloud: Cloud, client: Any) -> Create:
    """Makes a function of a handler's source and returns its ARN."""
    role = cloud.client("iam").create_role(RoleName="test-lambda", AssumeRolePolicyDocument="{}")["Role"]

    def make(source: str = ECHO, name: str = "f", **settings: Any) -> str:
        settings = {"Runtime": "python3.12", "Timeout": 30, "Code": {"ZipFile": package(source)}} | settings
        cloud.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
        found: str = client.create_function(FunctionName=name, Role=role["Arn"], Handler="handler.handler", **settings)[
            "FunctionArn"
        ]
        return found

    return make


def messages(cloud: Cloud, name: str = "f") -> list[str]:
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]


def refusal(call: Callable[[], Any]) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def test_invoke_answers_with_the_payload_and_the_version(client: Any, create: Create) -> None:
    create()
    answer = client.invoke(FunctionName="f", Payload=b'{"a": [1, "x"]}')
    assert json.load(answer["Payload"]) == {"a": [1, "x"]}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert "LogResult" not in answer


def test_an_event_that_was_left_out_is_an_empty_object(client: Any, create: Create) -> None:
    create()
    assert client.invoke(FunctionName="f")["Payload"].read() == b"{}"


def test_an_error_of_the_function_is_no_error_of_the_call(client: Any, create: Create) -> None:
    create(FRAIL)
    answer = client.invoke(FunctionName="f", Payload=b'"fail"')
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"])["errorType"] == "AssertionError"


def test_log_type_tail_returns_the_end_of_the_log(client: Any, create: Create) -> None:
    create("def handler(event, context):\n    print('x' * 5000)\n    print('last words')")
    log = base64.b64decode(client.invoke(FunctionName="f", LogType="Tail")["LogResult"]).decode()
    assert len(log) == 4096
    assert "last words\nEND RequestId: " in log


def test_the_log_is_in_cloudwatch_logs_at_virtual_time(cloud: Cloud, client: Any, create: Create) -> None:
    create(FRAIL)
    client.invoke(FunctionName="f")
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert {event["timestamp"] for event in events} == {int(EPOCH * 1000)}
    assert [event["message"].split()[0] for event in events] == [
        *("INIT_START", "START", "attempt", "END", "REPORT"),
    ]


def test_the_context_s_client_context_is_what_the_caller_passed(client: Any, create: Create) -> None:
    create("def handler(event, context):\n    return context.client_context.custom")
    passed = base64.b64encode(b'{"custom": {"shop": "7"}}').decode()
    assert json.load(client.invoke(FunctionName="f", ClientContext=passed)["Payload"]) == {"shop": "7"}


@pytest.mark.parametrize(
    ("form", "qualifier"),
    [("f", ""), ("f:live", ":live"), ("{arn}", ""), ("{arn}:1", ":1"), ("123456789012:function:f", "")],
)
def test_a_function_is_found_by_every_form_of_its_name(client: Any, create: Create, form: str, qualifier: str) -> None:
    arn = create("def handler(event, context):\n    return context.invoked_function_arn")
    client.publish_version(FunctionName="f")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    answer = client.invoke(FunctionName=form.format(arn=arn))
    assert json.load(answer["Payload"]) == arn + qualifier
    assert answer["ExecutedVersion"] == ("1" if qualifier else "$LATEST")


def test_a_version_keeps_the_code_that_it_was_published_with(client: Any, create: Create) -> None:
    create("def handler(event, context):\n    return 'old'", Publish=True)
    client.publish_version(FunctionName="f")
    client.update_function_code(FunctionName="f", ZipFile=package("def handler(event, context):\n    return 'new'"))
    assert client.invoke(FunctionName="f", Qualifier="1")["Payload"].read() == b'"old"'
    assert client.invoke(FunctionName="f")["Payload"].read() == b'"new"'


def test_new_code_and_new_configuration_take_effect_at_once(client: Any, create: Create) -> None:
    source = "import os\ndef handler(event, context):\n    return os.environ.get('TABLE', '{}')"
    create(source.format("none"))
    assert client.invoke(FunctionName="f")["Payload"].read() == b'"none"'
    client.update_function_code(FunctionName="f", ZipFile=package(source.format("unset")))
    assert client.invoke(FunctionName="f")["Payload"].read() == b'"unset"'
    client.update_function_configuration(FunctionName="f", Environment={"Variables": {"TABLE": "orders"}})
    assert client.invoke(FunctionName="f")["Payload"].read() == b'"orders"'


def test_code_may_come_from_s3(cloud: Cloud, client: Any, create: Create) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="test-lambda-code")
    s3.put_object(Bucket="test-lambda-code", Key="f.zip", Body=package("def handler(event, context):\n    return 3"))
    create(Code={"S3Bucket": "test-lambda-code", "S3Key": "f.zip"})
    assert client.invoke(FunctionName="f")["Payload"].read() == b"3"


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ({"Timeout": 99_999}, "ValidationException", "'99999' at 'timeout' failed to satisfy constraint"),
        ({"MemorySize": 99_999}, "ValidationException", "'99999' at 'memorySize' failed to satisfy constraint"),
        ({"Timeout": 901}, "ValidationException", "'901' at 'timeout' failed to satisfy constraint"),
        ({"MemorySize": 10_241}, "ValidationException", "'MemorySize' value failed to satisfy constraint"),
        ({"Runtime": "python2.7"}, "InvalidParameterValueException", "We recommend you use the new runtime (python3"),
        ({"Runtime": "python3"}, "InvalidParameterValueException", "python3.13, "),
        ({"Environment": {"Variables": {"1": "x"}}}, "ValidationException", "Map key must satisfy constraint"),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x", "AB": "y"}}},
            "InvalidParameterValueException",
            "Reserved keys used in this request: AWS_REGION",
        ),
        (
            {"Environment": {"Variables": {"AB": "x" * 4096}}},
            "InvalidParameterValueException",
            "exceeded the 4KB limit",
        ),
    ],
)
def test_a_setting_that_lambda_has_not_is_refused_and_nothing_is_made(
    client: Any, create: Create, setting: dict[str, Any], code: str, words: str
) -> None:
    found, _, message = refusal(lambda: create(name="g", **setting))
    assert (found, words in message) == (code, True), message
    assert client.list_functions()["Functions"] == []
    create()
    assert refusal(lambda: client.update_function_configuration(FunctionName="f", **setting))[0] == code


def test_a_layer_is_importable(client: Any, create: Create) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("python/rates.py", "VAT = 19")
    layer = client.publish_layer_version(LayerName="rates", Content={"ZipFile": archive.getvalue()})
    create("import rates\ndef handler(event, context):\n    return rates.VAT", Layers=[layer["LayerVersionArn"]])
    assert client.invoke(FunctionName="f")["Payload"].read() == b"19"


def test_a_function_that_is_not_there_is_named_by_its_arn(client: Any, create: Create) -> None:
    create()
    prefix = "Function not found: arn:aws:lambda:us-east-1:123456789012:function:"
    assert refusal(lambda: client.invoke(FunctionName="g")) == (
        "ResourceNotFoundException",
        404,
        f"{prefix}g",
    )
    assert refusal(lambda: client.invoke(FunctionName="f", Qualifier="8"))[2] == f"{prefix}f:8"


def test_a_deleted_function_is_gone_with_its_workers(cloud: Cloud, client: Any, create: Create) -> None:
    create()
    client.invoke(FunctionName="f")
    client.delete_function(FunctionName="f")
    assert refusal(lambda: client.invoke(FunctionName="f"))[0] == "ResourceNotFoundException"
    assert refusal(lambda: client.delete_function(FunctionName="f"))[0] == "ResourceNotFoundException"
    assert not cloud.functions.runtime._workers


def test_what_is_no_json_is_refused(client: Any, create: Create) -> None:
    create()
    code, status, message = refusal(lambda: client.invoke(FunctionName="f", Payload=b"{'a': 1}"))
    assert (code, status) == ("InvalidRequestContentException", 400)
    assert message.startswith("Could not parse request body into json: Could not parse payload into json: ")


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6 << 20), ("Event", 1 << 20)])
def test_an_event_above_the_limit_is_refused(client: Any, create: Create, kind: str, limit: int) -> None:
    create()
    event = b'"' + b"x" * limit + b'"'
    assert refusal(lambda: client.invoke(FunctionName="f", InvocationType=kind, Payload=event)) == (
        "RequestEntityTooLargeException",
        413,
        f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
    )


def test_a_dry_run_checks_and_runs_nothing(cloud: Cloud, client: Any, create: Create) -> None:
    create(FRAIL)
    assert client.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    assert messages(cloud) == []
    assert refusal(lambda: client.invoke(FunctionName="g", InvocationType="DryRun"))[1] == 404


def test_no_reserved_concurrency_throttles_every_call(client: Any, create: Create) -> None:
    create()
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    throttled = ("TooManyRequestsException", 429, "Rate Exceeded.")
    assert refusal(lambda: client.invoke(FunctionName="f")) == throttled
    client.delete_function_concurrency(FunctionName="f")
    assert client.invoke(FunctionName="f")["StatusCode"] == 200


def test_reserved_concurrency_throttles_the_call_that_is_one_too_many(client: Any, create: Create) -> None:
    create("import time\ndef handler(event, context):\n    time.sleep(1)")
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor() as threads:
        calls = [threads.submit(client.invoke, FunctionName="f") for _ in range(3)]
        failures = [call.exception() for call in calls]
    assert sorted(failure is None for failure in failures) == [False, False, True]


def test_other_runtimes_and_images_are_refused_with_what_to_do(client: Any, create: Create) -> None:
    create(Runtime="nodejs22.x")
    code, _, message = refusal(lambda: client.invoke(FunctionName="f"))
    assert code == "UnsupportedLocally"
    assert "nodejs22.x" in message
    assert "WORKSHOP_TARGET=aws" in message


def test_request_ids_are_the_same_in_every_run_and_differ_from_call_to_call(cloud: Cloud) -> None:
    def ids(functions: LocalFunctions) -> list[str]:
        return [functions.request_id(name, event) for name in "fg" for event in (b"1", b"2", b"1")]

    first, second = ids(LocalFunctions(cloud)), ids(LocalFunctions(cloud))
    assert first == second
    assert len(set(first)) == 6


# ---- asynchronous invocation


def settle(cloud: Cloud) -> None:
    """Wait until every event that was posted has had all its attempts."""

    async def later() -> None:
        await cloud.clock.sleep(600)

    assert cloud.clock.spawn(later()).join(60)


@pytest.mark.parametrize(("event", "attempts"), [("fine", 1), ("fail", 3)])
def test_an_event_is_handled_later_and_tried_again_twice_when_that_fails(
    cloud: Cloud, client: Any, create: Create, event: str, attempts: int
) -> None:
    create(FRAIL)
    answer = client.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps(event).encode())
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    settle(cloud)
    logged = messages(cloud)
    assert logged.count("attempt\n") == attempts
    assert len({line for line in logged if line.startswith("START")}) == 1  # all with one request id


def test_the_attempts_of_an_event_are_one_and_two_minutes_apart(cloud: Cloud, client: Any, create: Create) -> None:
    create(FRAIL)
    client.invoke(FunctionName="f", InvocationType="Event", Payload=b'"fail"')
    settle(cloud)
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    began = [event["timestamp"] for event in events if event["message"].startswith("START")]
    assert [round((later - before) / 1000) for before, later in pairwise(began)] == [
        60,
        120,
    ]


def test_the_event_invoke_config_says_how_often_to_try_again(cloud: Cloud, client: Any, create: Create) -> None:
    create(FRAIL)
    client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    client.invoke(FunctionName="f", InvocationType="Event", Payload=b'"fail"')
    settle(cloud)
    assert messages(cloud).count("attempt\n") == 1


def test_a_bucket_as_the_destination_of_events_is_refused(client: Any, create: Create) -> None:
    create()
    wanted = {"OnFailure": {"Destination": "arn:aws:s3:::failures"}}
    client.put_function_event_invoke_config(FunctionName="f", DestinationConfig=wanted)
    code, _, message = refusal(lambda: client.invoke(FunctionName="f", InvocationType="Event"))
    assert code == "UnsupportedLocally"
    assert "Use an SQS queue" in message


def test_a_message_to_a_topic_reaches_the_function_that_subscribes(cloud: Cloud, client: Any, create: Create) -> None:
    arn = create("def handler(event, context):\n    print(event['Records'][0]['Sns']['Message'])")
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="test-lambda")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="approve 7?")
    settle(cloud)
    assert "approve 7?\n" in messages(cloud)


def test_an_object_put_into_a_bucket_reaches_the_function_that_it_notifies(
    cloud: Cloud, client: Any, create: Create
) -> None:
    arn = create("def handler(event, context):\n    print(event['Records'][0]['s3']['object']['key'])")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="test-lambda-inbox")
    s3.put_bucket_notification_configuration(
        Bucket="test-lambda-inbox",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    s3.put_object(Bucket="test-lambda-inbox", Key="receipt.png", Body=b"")
    settle(cloud)
    assert "receipt.png\n" in messages(cloud)


def test_a_queue_s_message_reaches_the_function_that_is_mapped_to_it(cloud: Cloud, client: Any, create: Create) -> None:
    arn = create("def handler(event, context):\n    print(event['Records'][0]['body'])")
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="test-lambda")["QueueUrl"]
    source = "arn:aws:sqs:us-east-1:123456789012:test-lambda"
    client.create_event_source_mapping(FunctionName=arn, EventSourceArn=source)
    sqs.send_message(QueueUrl=queue, MessageBody="order 7")
    settle(cloud)
    assert "order 7\n" in messages(cloud)


def test_a_handler_s_own_calls_of_aws_reach_the_local_cloud(local_cloud: Any) -> None:
    source = """
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    s3.create_bucket(Bucket=event)
    s3.put_object(Bucket=event, Key="made", Body=b"by a handler")
    return boto3.client("sts").get_caller_identity()["Account"]
"""
    role = local_cloud.client("iam").create_role(RoleName="test-lambda-calls", AssumeRolePolicyDocument="{}")
    client = local_cloud.client("lambda")
    client.create_function(
        FunctionName="test-lambda-calls",
        Role=role["Role"]["Arn"],
        Handler="handler.handler",
        Runtime="python3.12",
        Timeout=60,
        Code={"ZipFile": package(source)},
    )
    answer = client.invoke(FunctionName="test-lambda-calls", Payload=b'"test-lambda-calls"')
    assert json.load(answer["Payload"]) == local_cloud.account_id
    made = local_cloud.client("s3").get_object(Bucket="test-lambda-calls", Key="made")["Body"].read()
    assert made == b"by a handler"
