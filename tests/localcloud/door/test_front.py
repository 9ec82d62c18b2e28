"""Who answers a request, and how a refusal looks."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError
from werkzeug.test import Client, EnvironBuilder

from localcloud import services
from localcloud.cloud import Cloud
from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.host import Service


def send(
    cloud: Cloud, service: str, target: str | None, body: bytes, *, key: str = "reader", method: str = "POST"
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """One request as it comes from outside; returns status, headers and the JSON of the answer."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    if service:
        scope = f"Credential={key}/20260105/us-east-1/{service}/aws4_request"
        environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
    if target is not None:
        environ["HTTP_X_AMZ_TARGET"] = target
    seen: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _exc: Any = None) -> None:
        seen[:] = [int(status.split()[0]), dict(headers)]

    answer = b"".join(cloud.front(environ, start))
    return seen[0], seen[1], json.loads(answer)


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_registered_action_is_ours_and_sees_bytes(cloud: Cloud) -> None:
    requests = []

    def detect(request: dict[str, Any]) -> dict[str, Any]:
        requests.append(request)
        return {"Blocks": [{"Text": "Total 12.50"}]}

    cloud.registry.add(Service("textract", {"DetectDocumentText": detect}))
    answer = cloud.client("textract").detect_document_text(Document={"Bytes": b"\x89PNG"})
    assert answer["Blocks"][0]["Text"] == "Total 12.50"
    assert requests == [{"Document": {"Bytes": b"\x89PNG"}}]


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "named"),
    [
        (
            "polly",
            "synthesize_speech",
            {"Text": "x", "OutputFormat": "mp3", "VoiceId": "Amy"},
            "polly:SynthesizeSpeech",
        ),
        ("bedrock-runtime", "invoke_model", {"modelId": "m"}, "bedrock-runtime:InvokeModel"),
        ("sesv2", "list_email_identities", {}, "sesv2:ListEmailIdentities"),
        ("apigatewayv2", "get_apis", {}, "apigatewayv2:GetApis"),
        (
            "sagemaker-runtime",
            "invoke_endpoint",
            {"EndpointName": "e", "Body": b""},
            "sagemaker-runtime:InvokeEndpoint",
        ),
        ("rekognition", "detect_labels", {"Image": {"Bytes": b"x"}}, "rekognition:DetectLabels"),
        ("glue", "start_job_run", {"JobName": "j"}, "glue:StartJobRun"),
        ("batch", "submit_job", {"jobName": "j", "jobQueue": "q", "jobDefinition": "d"}, "batch:SubmitJob"),
    ],
)
def test_what_moto_would_only_pretend_is_refused_by_name(
    cloud: Cloud, service: str, operation: str, arguments: dict[str, Any], named: str
) -> None:
    if service in cloud.registry.names:
        cloud.registry.add(Service(service, {}))  # as long as nobody has made the action real
    code, message = refusal(getattr(cloud.client(service), operation), **arguments)
    assert code == "UnsupportedLocally"
    assert named in message
    assert "WORKSHOP_TARGET=aws" in message


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "instead"),
    [
        ("sagemaker", "create_pipeline", {"PipelineName": "p", "RoleArn": "r" * 20}, "a Step Functions state machine"),
        ("ec2", "run_instances", {"MinCount": 1, "MaxCount": 1}, "a SageMaker job"),
        ("rds", "describe_db_instances", {}, "DynamoDB"),
        ("sts", "assume_role", {"RoleArn": "r" * 20, "RoleSessionName": "s1"}, "this cloud's own key"),
        ("cloudformation", "list_stacks", {}, "boto3"),
        ("route53", "list_hosted_zones", {}, "README.md"),
        ("gamelift", "list_builds", {}, "README.md"),
    ],
)
def test_what_nobody_lists_is_refused_with_what_to_do_instead(
    cloud: Cloud, service: str, operation: str, arguments: dict[str, Any], instead: str
) -> None:
    code, message = refusal(getattr(cloud.client(service), operation), **arguments)
    assert code == "UnsupportedLocally"
    assert f"{service}:" in message
    assert instead in message


def test_an_action_of_another_service_under_the_same_signature_is_not_taken_for_a_kept_one(cloud: Cloud) -> None:
    code, message = refusal(cloud.client("s3control").list_jobs, AccountId="1")
    assert (code, "s3control:ListJobs" in message) == ("UnsupportedLocally", True)
    request = EnvironBuilder("/v20180820/jobs", headers={"Authorization": "Credential=x/0/us-east-1/s3/aws4_request"})
    assert b"s3control:GET /v20180820/jobs" in Client(cloud.front).open(request).data


def test_an_action_that_moto_lacks_is_refused_by_name(cloud: Cloud) -> None:
    code, message = refusal(cloud.client("sqs").list_message_move_tasks, SourceArn="arn:aws:sqs:us-east-1:1:q")
    assert code == "UnsupportedLocally"
    assert "sqs:ListMessageMoveTasks" in message


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("dynamodb", "DynamoDB_20120810.DropEverything"),
        ("dynamodb", "DynamoDB.ListTables.x"),
        ("kinesis", "Kinesis_20131202.Nope"),
        ("textract", "Textract.Nope"),
    ],
)
def test_a_target_that_the_service_has_not_is_an_unknown_operation(cloud: Cloud, service: str, target: str) -> None:
    cloud.registry.add(Service("textract", {}))
    status, headers, answer = send(cloud, service, target, b"{}")
    assert (status, answer["__type"]) == (400, "UnknownOperationException")
    assert headers["x-amzn-ErrorType"] == "UnknownOperationException"


@pytest.mark.parametrize("body", [b"{", b'{"TableName": ', b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("target", ["DynamoDB_20120810.DescribeTable", "Textract.DetectDocumentText"])
def test_a_body_that_is_not_json_is_a_serialization_exception(cloud: Cloud, target: str, body: bytes) -> None:
    cloud.registry.add(Service("textract", {"DetectDocumentText": dict}))
    status, _, answer = send(cloud, target.partition(".")[0].partition("_")[0].lower(), target, body)
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert "Traceback" not in answer["message"]


def test_a_value_of_the_wrong_type_is_named_by_its_place(cloud: Cloud) -> None:
    cloud.registry.add(Service("textract", {"DetectDocumentText": dict}))
    body = b'{"Document": {"S3Object": {"Bucket": 5}}}'
    _, _, answer = send(cloud, "textract", "Textract.DetectDocumentText", body)
    assert answer["__type"] == "SerializationException"
    assert "'Document.S3Object.Bucket'" in answer["message"]


def test_missing_members_are_all_told_at_once(cloud: Cloud) -> None:
    cloud.registry.add(Service("textract", {"AnalyzeDocument": dict}))
    _, _, answer = send(cloud, "textract", "Textract.AnalyzeDocument", b"{}")
    assert answer["__type"] == "ValidationException"
    assert answer["message"] == (
        "2 validation errors detected: "
        "Value null at 'document' failed to satisfy constraint: Member must not be null; "
        "Value null at 'featureTypes' failed to satisfy constraint: Member must not be null"
    )


def test_a_service_error_keeps_its_code_status_and_details(cloud: Cloud) -> None:
    def detect(_request: dict[str, Any]) -> dict[str, Any]:
        raise ServiceError("ThrottlingException", "Slow down.", 429, {"reason": "quota"})

    cloud.registry.add(Service("textract", {"DetectDocumentText": detect}))
    status, _, answer = send(cloud, "textract", "Textract.DetectDocumentText", b'{"Document": {}}')
    assert status == 429
    assert answer == {"__type": "ThrottlingException", "message": "Slow down.", "reason": "quota"}


def test_a_mistake_of_ours_is_one_line_and_no_traceback(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    def detect(_request: dict[str, Any]) -> dict[str, Any]:
        raise KeyError("lines")

    cloud.registry.add(Service("textract", {"DetectDocumentText": detect}))
    status, _, answer = send(cloud, "textract", "Textract.DetectDocumentText", b'{"Document": {}}')
    assert status == 501  # boto3 tries a 500 again
    assert answer["__type"] == "InternalFailure"
    found = re.fullmatch(
        r"The local cloud's textract failed: KeyError: 'lines' \(fault (\w{8}) in the local cloud's log\)",
        answer["message"],
    )
    assert found
    assert f"fault {found[1]}" in caplog.text
    assert "Traceback" in caplog.text


def test_a_module_that_cannot_be_imported_costs_only_its_own_service(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, f"{services.__name__}.textract", None)
    code, message = refusal(cloud.client("textract").detect_document_text, Document={"Bytes": b"x"})
    assert code == "UnsupportedLocally"
    assert "textract service did not load" in message
    assert cloud.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_service_that_boto3_does_not_know_is_refused(cloud: Cloud) -> None:
    with pytest.raises(UnsupportedLocally, match="teapots"):
        cloud.client("teapots")


@pytest.mark.parametrize(
    ("service", "target", "key", "counts"),
    [
        ("states", "AWSStepFunctions.SendTaskSuccess", "reader", True),
        ("states", "AWSStepFunctions.DescribeExecution", "reader", False),
        ("states", "AWSStepFunctions.GetExecutionHistory", "reader", False),
        ("states", "AWSStepFunctions.SendTaskSuccess", "worker", False),
        ("dynamodb", "DynamoDB_20120810.PutItem", "reader", True),
        ("dynamodb", "DynamoDB_20120810.Query", "reader", False),
        ("sqs", "AmazonSQS.ReceiveMessage", "reader", False),
    ],
)
def test_only_what_changes_something_holds_up_virtual_time(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, service: str, target: str, key: str, counts: bool
) -> None:
    """Or an execution that waits for a task token would never time out while it is watched."""
    steps: list[None] = []
    monkeypatch.setattr(cloud.clock, "outside", lambda: steps.append(None))
    send(cloud, service, target, b"{}", key=cloud.access.worker.access_key_id if key == "worker" else key)
    assert bool(steps) is counts


def test_a_message_handed_to_a_worker_gives_it_time_to_answer(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="do this")
    steps: list[None] = []
    monkeypatch.setattr(cloud.clock, "outside", lambda: steps.append(None))
    body = json.dumps({"QueueUrl": url}).encode()
    send(cloud, "sqs", "AmazonSQS.ReceiveMessage", body)
    assert len(steps) == 1
    send(cloud, "sqs", "AmazonSQS.ReceiveMessage", body)  # the queue is empty now
    assert len(steps) == 1


def test_an_object_of_300_kb_and_its_odd_metadata_come_back_whole(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="workshop")
    s3.put_object(Bucket="workshop", Key="a b/ü", Body=b"x" * 300_000, Metadata={"with_underscore": "1"})
    found = s3.get_object(Bucket="workshop", Key="a b/ü")
    assert found["Body"].read() == b"x" * 300_000
    assert found["Metadata"] == {"with_underscore": "1"}


def test_a_missing_object_is_s3s_own_error(cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(Bucket="workshop")
    assert refusal(cloud.client("s3").get_object, Bucket="workshop", Key="no")[0] == "NoSuchKey"


def test_clients_check_parameters_as_boto3_does(cloud: Cloud) -> None:
    from botocore.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError, match="QueueName"):
        cloud.client("sqs").create_queue()


def test_rest_actions_are_found_by_their_path_and_answered_with_their_parts(cloud: Cloud) -> None:
    requests = []

    def invoke(request: dict[str, Any]) -> dict[str, Any]:
        requests.append(request)
        return {"Body": b"[0.5]", "ContentType": "application/json", "InvokedProductionVariant": "main"}

    cloud.registry.add(Service("sagemaker-runtime", {"InvokeEndpoint": invoke}))
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="house-prices", Body=b"1,2", ContentType="text/csv", TargetVariant="v"
    )
    assert answer["Body"].read() == b"[0.5]"
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "main"
    assert requests == [
        {"EndpointName": "house-prices", "Body": b"1,2", "ContentType": "text/csv", "TargetVariant": "v"}
    ]


def test_parts_of_a_path_are_decoded(cloud: Cloud) -> None:
    asked: list[dict[str, Any]] = []
    cloud.registry.add(Service("scheduler", {"ListTagsForResource": lambda request: asked.append(request) or {}}))
    arn = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/prices"
    cloud.client("scheduler").list_tags_for_resource(ResourceArn=arn)
    assert asked == [{"ResourceArn": arn}]


def test_times_and_bytes_of_an_answer_travel_as_the_protocol_writes_them(cloud: Cloud) -> None:
    now = cloud.clock.datetime()
    job = {"TranscriptionJobName": "j", "CreationTime": now, "StartTime": now.timestamp() + 0.25}
    cloud.registry.add(Service("transcribe", {"GetTranscriptionJob": lambda _: {"TranscriptionJob": job}}))
    found = cloud.client("transcribe").get_transcription_job(TranscriptionJobName="j")["TranscriptionJob"]
    assert found["CreationTime"] == now
    assert (found["StartTime"] - now).total_seconds() == 0.25


def test_an_action_that_aws_has_not_cannot_be_registered(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="textract has no action ReadMinds"):
        cloud.registry.add(Service("textract", {"ReadMinds": dict}))


def test_clients_of_the_cloud_need_no_socket() -> None:
    made = Cloud()
    try:
        made.endpoint = "http://127.0.0.1:9"  # nobody listens there
        assert made.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
    finally:
        made.close()


def test_request_ids_are_the_same_in_every_run() -> None:
    seen = []
    for _ in range(2):
        made = Cloud()
        made.registry.add(Service("textract", {"DetectDocumentText": lambda _: {}}))
        answer = made.client("textract").detect_document_text(Document={"Bytes": b"x"})
        seen.append(answer["ResponseMetadata"]["RequestId"])
        made.close()
    assert seen[0] == seen[1]


_ATTRIBUTE = ("InvalidAttributeValue", "VisibilityTimeout")
_MESSAGE = {"QueueUrl": "q", "MessageBody": "m"}
_EMPTY = {"DataType": "String", "StringValue": ""}
_NO_METRIC: dict[str, Any] = {
    "MetricDataQueries": [{"Id": "a", "MetricStat": {"Metric": {}, "Period": 60, "Stat": "Sum"}}],
    "StartTime": 0,
    "EndTime": 60,
}
_ELEVEN = {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(11)}
_TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
_BUCKETS = ("192.168.0.1", "a..b", "xn--abc", "abc-s3alias", "ab", "Abc")


@pytest.mark.parametrize(
    ("service", "action", "parameters", "code", "words"),
    [
        ("sns", "publish", {"Message": "x"}, "InvalidParameter", "TopicArn or TargetArn Reason: no value"),
        ("sns", "delete_topic", {"TopicArn": "a:b"}, "InvalidParameter", "at least 6 elements, not 2"),
        (
            "sqs",
            "create_queue",
            {"QueueName": "q", "Attributes": {"DelaySeconds": "soon"}},
            "InvalidAttributeValue",
            "DelaySeconds",
        ),
        ("secretsmanager", "list_secret_version_ids", {"SecretId": "s"}, "ResourceNotFoundException", "can't find"),
        ("sagemaker", "list_tags", {"ResourceArn": "x"}, "ValidationException", "'resourceArn' failed to satisfy"),
        ("kinesis", "get_records", {"ShardIterator": "x"}, "InvalidArgumentException", "ShardIterator"),
        ("kinesis", "create_stream", {"StreamName": "s"}, "InvalidArgumentException", "ShardCount"),
        ("kinesis", "list_streams", {"ExclusiveStartStreamName": "s"}, "InvalidArgumentException", "no stream"),
        ("dynamodb", "execute_statement", {"Statement": "0"}, "ValidationException", "wasn't well formed"),
        ("dynamodb", "transact_write_items", {"TransactItems": [{}]}, "ValidationException", "only contain one of"),
        ("glue", "create_table", {"DatabaseName": "d"}, "InvalidInputException", "TableInput"),
        ("ssm", "list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": "p"}, "InvalidResourceId", "p"),
        # What each API reference says of sizes, counts and names; the words are in localcloud/door/malformed.py.
        ("sqs", "create_queue", {"QueueName": "q", "Attributes": {"VisibilityTimeout": "43201"}}, *_ATTRIBUTE),
        (
            "sqs",
            "send_message_batch",
            {"QueueUrl": "q", "Entries": []},
            "AWS.SimpleQueueService.EmptyBatchRequest",
            "at least one",
        ),
        ("sqs", "send_message", {**_MESSAGE, "MessageAttributes": _ELEVEN}, "InvalidParameterValue", "allowed maximum"),
        ("sqs", "send_message", {**_MESSAGE, "MessageAttributes": {"a": _EMPTY}}, "InvalidParameterValue", "non-empty"),
        ("sqs", "send_message", {**_MESSAGE, "MessageDeduplicationId": "d"}, "InvalidParameterValue", "queue type"),
        ("sns", "publish", {"TopicArn": _TOPIC, "Message": "m", "Subject": "a\nb"}, "InvalidParameter", "Subject"),
        *(("s3", "create_bucket", {"Bucket": name}, "InvalidBucketName", "not valid") for name in _BUCKETS),
        ("s3", "put_object", {"Bucket": "any", "Key": "k" * 1025}, "KeyTooLongError", "key is too long"),
        ("s3", "list_objects_v2", {"Bucket": "any", "MaxKeys": -1}, "InvalidArgument", "maxKeys"),
        (
            "secretsmanager",
            "create_secret",
            {"Name": "a b", "SecretString": "x"},
            "ValidationException",
            "Invalid name",
        ),
        ("ssm", "put_parameter", {"Name": "p", "Type": "String", "Value": "v" * 4097}, "ValidationException", "4096"),
        (
            "dynamodb",
            "put_item",
            {"TableName": "tab", "Item": {"a": {"N": "1" * 39}}},
            "ValidationException",
            "38 signif",
        ),
        ("sqs", "list_queues", {"QueueNamePrefix": "["}, "InvalidParameterValue", "alphanumeric"),
        ("s3", "put_bucket_policy", {"Bucket": "any", "Policy": "x"}, "MalformedPolicy", "valid JSON"),
        (
            "s3",
            "create_bucket",
            {"Bucket": "tagged", "CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "\0"}]}},
            "MalformedXML",
            "not well-formed",
        ),
        ("ssm", "put_parameter", {"Name": "a:b", "Type": "String", "Value": "v"}, "ValidationException", "sub-path"),
        ("ssm", "put_parameter", {"Name": "p", "Value": "\ud800"}, "SerializationException", "surrogate"),
        (
            "sns",
            "publish_batch",
            {"TopicArn": _TOPIC, "PublishBatchRequestEntries": [{"Id": "\0", "Message": "m"}]},
            "InvalidBatchEntryId",
            "abide",
        ),
        ("dynamodbstreams", "describe_stream", {"StreamArn": _TOPIC + "x" * 9}, "ResourceNotFoundException", "found"),
        ("cloudwatch", "get_metric_data", _NO_METRIC, "MissingParameter", "Namespace"),
    ],
)
def test_a_malformed_value_is_the_callers_fault_not_ours(
    cloud: Cloud, service: str, action: str, parameters: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        getattr(cloud.client(service), action)(**parameters)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_answer_in_xml_can_be_read_whatever_name_it_repeats(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="\ufffd not found"):
        cloud.client("iam").get_policy(PolicyArn="arn:aws:iam::123456789012:policy/\0")


def test_an_object_is_not_begun_with_an_acl_that_is_none_and_no_queue_without_a_name_is_notified(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="no-acl")
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.create_multipart_upload(Bucket="no-acl", Key="k", ACL="AUTO")
    queue = {"QueueArn": "", "Events": []}
    with pytest.raises(ClientError, match="InvalidArgument"):
        s3.put_bucket_notification_configuration(
            Bucket="no-acl", NotificationConfiguration={"QueueConfigurations": [queue]}
        )


def test_tags_of_an_object_that_is_not_there_are_not_deleted(cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(Bucket="no-object")
    with pytest.raises(ClientError, match="NoSuchKey"):
        cloud.client("s3").delete_object_tagging(Bucket="no-object", Key="k")
