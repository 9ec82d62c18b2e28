"""What a Resource calls, and what its task gives or fails with."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from localcloud.asl.environment import TaskFailure
from localcloud.asl.validation.catalogue import OPTIMISED
from localcloud.cloud import Cloud
from localcloud.door.wire import ServiceError
from localcloud.host import Service
from localcloud.integrations import LocalIntegrations
from localcloud.time import durations
from tests.localcloud.integrations.integration_calls import EXECUTION, MACHINE, failure, perform, task_call, wait

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
ARN = "arn:aws:states:::"
TOPIC = "arn:aws:sns:us-east-1:123456789012:none"


@pytest.fixture
def table(cloud: Cloud) -> Cloud:
    cloud.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return cloud


# ---- which integration a Resource means


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:f:live", ("LambdaFunction", "lambda", "request")),
        ("arn:aws:states:::lambda:invoke", ("Task", "lambda", "request")),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", ("Task", "lambda", "callback")),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", ("Task", "sqs", "callback")),
        ("arn:aws:states:::states:startExecution.sync:2", ("Task", "states", "sync")),
        ("arn:aws:states:::sagemaker:createTrainingJob.sync", ("Task", "sagemaker", "sync")),
        ("arn:aws:states:::sagemaker:createTrainingJob", ("Task", "sagemaker", "request")),
        ("arn:aws:states:::aws-sdk:s3:getObject", ("Task", "aws-sdk:s3", "request")),
        ("arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken", ("Task", "aws-sdk:sqs", "callback")),
        ("arn:aws:states:::ecs:runTask.sync", ("Task", "ecs", "sync")),
    ],
)
def test_a_resource_says_its_kind_and_pattern(cloud: Cloud, resource: str, expected: tuple[str, str, str]) -> None:
    found = LocalIntegrations(cloud).resolve(resource)
    assert (found.kind, found.resource_type, found.pattern) == expected
    if found.kind == "Task":
        assert resource.endswith(f":{found.resource}")


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::teapot:brew",
        "arn:aws:states:::dynamodb:scan",
        "arn:aws:states:::dynamodb:putItem.waitForTaskToken",
        "arn:aws:states:::dynamodb:putItem.sync",
        "arn:aws:states:::sagemaker:createModel.sync",
        "arn:aws:states:::sns:publish.async",
        "arn:aws:states:::aws-sdk:teapot:brew",
        "arn:aws:states:::aws-sdk:s3:boilObject",
        "arn:aws:states:::aws-sdk:s3:GetObject",
        "arn:aws:states:::aws-sdk:batch:submitJob.sync",
        "not an arn",
    ],
)
def test_a_resource_that_aws_has_not_is_not_recognized(cloud: Cloud, resource: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        LocalIntegrations(cloud).resolve(resource)
    assert caught.value.error == "States.Runtime"
    assert f"The resource provided {resource} is not recognized." in str(caught.value.cause)


def test_every_optimised_resource_that_aws_has_runs_or_is_refused_naming_state_and_action(cloud: Cloud) -> None:
    resources = [
        f"{service}:{action}{suffix}"
        for service, actions in OPTIMISED.items()
        for action, suffixes in actions.items()
        for suffix in suffixes
    ]
    refused = set()
    for resource in resources:
        error, cause = failure(cloud, ARN + resource, {})
        assert "is not recognized" not in cause
        if error == "UnsupportedLocally":
            assert f'state "Do it" calls {resource}, which' in cause
            assert cause.endswith("or set WORKSHOP_TARGET=aws.")
            refused.add(resource.split(":")[0] if not resource.startswith("sagemaker") else resource)
    real = {"athena", "dynamodb", "events", "lambda", "sagemaker", "sns", "sqs", "states"}
    assert refused == OPTIMISED.keys() - real | {"sagemaker:createLabelingJob.sync"}


def test_work_that_moto_only_pretends_is_refused_to_sdk_integrations_too(cloud: Cloud) -> None:
    error, cause = failure(cloud, ARN + "aws-sdk:glue:startJobRun", {"JobName": "j"})
    assert error == "UnsupportedLocally"
    assert cause.startswith('state "Do it": The local cloud does not run glue:StartJobRun.')


# ---- optimised integrations


def test_dynamodb_gives_the_item_and_what_the_sdk_knows_of_the_response(table: Cloud) -> None:
    item = {"id": {"S": "a"}, "total": {"N": "5"}}
    put = perform(table, ARN + "dynamodb:putItem", {"TableName": "orders", "Item": item})
    assert list(put) == ["SdkHttpMetadata", "SdkResponseMetadata"]
    found = perform(table, ARN + "dynamodb:getItem", {"TableName": "orders", "Key": {"id": {"S": "a"}}})
    assert found["Item"] == item
    assert found["SdkHttpMetadata"]["HttpStatusCode"] == 200
    headers = found["SdkHttpMetadata"]["HttpHeaders"]
    assert headers["Content-Length"] == str(len(json.dumps({"Item": item}, separators=(",", ":"))))
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    assert headers["x-amzn-RequestId"] == found["SdkResponseMetadata"]["RequestId"]
    assert found["SdkHttpMetadata"]["AllHttpHeaders"] == {name: [value] for name, value in headers.items()}


def test_an_error_that_the_api_models_has_its_name(cloud: Cloud) -> None:
    error, cause = failure(cloud, ARN + "dynamodb:getItem", {"TableName": "none", "Key": {"id": {"S": "a"}}})
    assert error == "DynamoDB.ResourceNotFoundException"
    assert re.fullmatch(
        r"Requested resource not found \(Service: AmazonDynamoDBv2; Status Code: 400; "
        rf"Error Code: ResourceNotFoundException; Request ID: {UUID}; Proxy: null\)",
        cause,
    )


def test_an_error_that_the_api_does_not_model_has_the_services_general_name(table: Cloud) -> None:
    error, cause = failure(table, ARN + "dynamodb:getItem", {"TableName": "orders", "Key": {"no": {"S": "a"}}})
    assert error == "DynamoDB.AmazonDynamoDBException"
    assert "Error Code: ValidationException" in cause


def test_a_condition_that_fails_can_be_caught_by_name(table: Cloud) -> None:
    arguments = {
        "TableName": "orders",
        "Item": {"id": {"S": "a"}},
        "ConditionExpression": "attribute_exists(id)",
    }
    assert failure(table, ARN + "dynamodb:putItem", arguments)[0] == "DynamoDB.ConditionalCheckFailedException"


def test_a_json_message_is_sent_as_text(cloud: Cloud) -> None:
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    body = {"order": {"id": 7}}
    sent = perform(cloud, ARN + "sqs:sendMessage", {"QueueUrl": url, "MessageBody": body})
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == '{"order":{"id":7}}'
    assert (sent["MessageId"], sent["MD5OfMessageBody"]) == (message["MessageId"], message["MD5OfBody"])
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{cloud.account_id}:q")
    perform(cloud, ARN + "sns:publish", {"TopicArn": topic, "Message": body, "Subject": "new"})
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["Message"] == '{"order":{"id":7}}'


def test_a_queue_that_is_not_there_is_named_by_its_shape(cloud: Cloud) -> None:
    arguments = {"QueueUrl": f"{cloud.endpoint}/{cloud.account_id}/none", "MessageBody": "x"}
    error, cause = failure(cloud, ARN + "sqs:sendMessage", arguments)
    assert error == "SQS.QueueDoesNotExistException"
    assert "Error Code: AWS.SimpleQueueService.NonExistentQueue" in cause


def test_a_topic_that_is_not_there_fails_by_name(cloud: Cloud) -> None:
    error, cause = failure(cloud, ARN + "sns:publish", {"TopicArn": TOPIC, "Message": "x"})
    assert error == "SNS.NotFoundException"
    assert cause.startswith("Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; ")


def test_a_notifications_response_is_as_long_as_awss_indented_xml(cloud: Cloud) -> None:
    topic = cloud.client("sns").create_topic(Name="news")["TopicArn"]
    done = perform(cloud, ARN + "sns:publish", {"TopicArn": topic, "Message": {"hello": "world"}})
    headers = done["SdkHttpMetadata"]["HttpHeaders"]
    assert (headers["Content-Type"], headers["Content-Length"]) == ("text/xml", "294")


def test_events_carry_the_workflow_among_their_resources(cloud: Cloud) -> None:
    events, sqs = cloud.client("events"), cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    events.put_rule(Name="all", EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{cloud.account_id}:q"}
    events.put_targets(Rule="all", Targets=[target])
    entry = {"Source": "shop", "DetailType": "order", "Detail": {"id": 7}, "Resources": ["arn:mine"]}
    done = perform(cloud, ARN + "events:putEvents", {"Entries": [entry]})
    assert done["FailedEntryCount"] == 0
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail"] == {"id": 7}
    assert event["resources"] == ["arn:mine", MACHINE, EXECUTION]


def test_a_json_response_has_the_protocols_content_type_and_compact_length(cloud: Cloud) -> None:
    entry = {"Source": "shop", "DetailType": "ordered", "Detail": {"order": 7}}
    done = perform(cloud, ARN + "events:putEvents", {"Entries": [entry]})
    body = json.dumps({key: done[key] for key in ("Entries", "FailedEntryCount")}, separators=(",", ":"))
    headers = done["SdkHttpMetadata"]["HttpHeaders"]
    assert headers["Content-Type"] == "application/x-amz-json-1.1"
    assert headers["Content-Length"] == str(len(body))


def test_one_refused_event_fails_the_task(cloud: Cloud) -> None:
    def refuse(_request: dict[str, Any]) -> dict[str, Any]:
        return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}

    cloud.registry.add(Service("events", {"PutEvents": refuse}))
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    error, cause = failure(cloud, ARN + "events:putEvents", {"Entries": [entry]})
    assert error == "EventBridge.FailedEntry"
    assert json.loads(cause)["Entries"] == [{"ErrorCode": "ThrottlingException"}]


def test_fields_that_the_api_has_not_and_fields_that_miss_are_told_together(cloud: Cloud) -> None:
    error, cause = failure(cloud, ARN + "sqs:sendMessage", {"QueueURL": "x", "MessageBody": "y"})
    assert error == "States.Runtime"
    assert cause == (
        'The Parameters \'{"QueueURL":"x","MessageBody":"y"}\' could not be used to start the Task: '
        '[The field "QueueURL" is not supported by Step Functions, '
        'The field "QueueUrl" is required but was missing]'
    )


def test_a_call_takes_its_nominal_time_whether_it_succeeds_or_fails(table: Cloud) -> None:
    before = table.clock.now()
    perform(table, ARN + "dynamodb:getItem", {"TableName": "orders", "Key": {"id": {"S": "a"}}})
    assert table.clock.now() - before == pytest.approx(durations.API_CALL)
    failure(table, ARN + "dynamodb:getItem", {"TableName": "none", "Key": {"id": {"S": "a"}}})
    assert table.clock.now() - before == pytest.approx(2 * durations.API_CALL)


def test_request_ids_follow_from_the_call_alone() -> None:
    """The same in every run, different for each call of a run."""
    runs = []
    for _ in range(2):
        made = Cloud()
        made.client("sqs").create_queue(QueueName="other")  # what others do does not matter
        url = made.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        call = {"QueueUrl": url, "MessageBody": "x"}
        runs.append(
            [perform(made, ARN + "sqs:sendMessage", call)["SdkResponseMetadata"]["RequestId"] for _ in range(2)]
        )
        made.close()
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 2


# ---- aws-sdk integrations


def test_objects_are_json_text_on_the_way_in_and_text_on_the_way_out(cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(Bucket="workshop")
    arguments = {"Bucket": "workshop", "Key": "k", "Body": {"a": [1, "ü"]}, "ContentType": "application/json"}
    put = perform(cloud, ARN + "aws-sdk:s3:putObject", arguments)
    assert put["ETag"].startswith('"')
    assert "SdkHttpMetadata" not in put
    found = perform(cloud, ARN + "aws-sdk:s3:getObject", {"Bucket": "workshop", "Key": "k"})
    assert found["Body"] == '{"a":[1,"ü"]}'
    assert found["ContentLength"] == 14
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["LastModified"])


def test_parameters_and_results_are_in_pascal_case_at_every_depth(cloud: Cloud) -> None:
    logs = ARN + "aws-sdk:cloudwatchlogs:"
    assert perform(cloud, logs + "createLogGroup", {"LogGroupName": "/workshop", "Tags": {"made-by": "me"}}) == {}
    found = perform(cloud, logs + "describeLogGroups", {"LogGroupNamePrefix": "/work"})
    assert found["LogGroups"][0]["LogGroupName"] == "/workshop"
    tags = perform(
        cloud, logs + "listTagsForResource", {"ResourceArn": found["LogGroups"][0]["Arn"].removesuffix(":*")}
    )
    assert tags == {"Tags": {"made-by": "me"}}  # keys of a map are data


@pytest.mark.parametrize(
    ("resource", "arguments", "error", "service"),
    [
        ("s3:getObject", {"Bucket": "workshop", "Key": "no"}, "S3.NoSuchKeyException", "S3"),
        ("s3:headObject", {"Bucket": "workshop", "Key": "no"}, "S3.NoSuchKeyException", "S3"),
        ("s3:getObject", {"Bucket": "nowhere", "Key": "no"}, "S3.NoSuchBucketException", "S3"),
        ("dynamodb:describeTable", {"TableName": "no"}, "DynamoDb.ResourceNotFoundException", "DynamoDb"),
        ("sns:getTopicAttributes", {"TopicArn": TOPIC}, "Sns.NotFoundException", "Sns"),
        ("s3:getBucketPolicy", {"Bucket": "workshop"}, "S3.S3Exception", "S3"),
    ],
)
def test_sdk_errors_are_the_services_name_and_the_errors(
    cloud: Cloud, resource: str, arguments: dict[str, Any], error: str, service: str
) -> None:
    cloud.client("s3").create_bucket(Bucket="workshop")
    found, cause = failure(cloud, ARN + "aws-sdk:" + resource, arguments)
    assert found == error
    assert f"(Service: {service}, Status Code: 4" in cause
    assert cause.endswith(") (SDK Attempt Count: 1)")
    assert ("Extended Request ID" in cause) is (service == "S3")


def test_calls_that_compute_run_off_the_clock_thread_and_take_their_time(cloud: Cloud) -> None:
    import threading

    threads = []

    def detect(_request: dict[str, Any]) -> dict[str, Any]:
        threads.append(threading.get_ident())
        return {"Blocks": [], "DocumentMetadata": {"Pages": 1}}

    cloud.registry.add(Service("textract", {"DetectDocumentText": detect}))
    before = cloud.clock.now()
    arguments = {"Document": {"S3Object": {"Bucket": "workshop", "Name": "n"}}}
    found = perform(cloud, ARN + "aws-sdk:textract:detectDocumentText", arguments)
    assert found == {"Blocks": [], "DocumentMetadata": {"Pages": 1}}
    assert threads != [cloud.clock.call(threading.get_ident)]
    assert cloud.clock.now() - before == pytest.approx(durations.COMPUTING["textract"])


# ---- jobs


def training(cloud: Cloud, statuses: list[str]) -> list[str]:
    """A SageMaker whose one job goes through the statuses; returns the calls it gets."""
    calls = []

    def create(_request: dict[str, Any]) -> dict[str, Any]:
        calls.append("create")
        return {"TrainingJobArn": "arn:job"}

    def describe(request: dict[str, Any]) -> dict[str, Any]:
        calls.append("describe")
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        return {
            "TrainingJobName": request["TrainingJobName"],
            "TrainingJobStatus": status,
            "CreationTime": cloud.clock.datetime(),
        }

    def stop(_request: dict[str, Any]) -> dict[str, Any]:
        calls.append("stop")
        return {}

    actions = {"CreateTrainingJob": create, "DescribeTrainingJob": describe, "StopTrainingJob": stop}
    cloud.registry.add(Service("sagemaker", actions))
    return calls


JOB = {
    "TrainingJobName": "prices-1",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "RoleArn": "arn:aws:iam::123456789012:role/training",
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
TRAIN = ARN + "sagemaker:createTrainingJob.sync"


def test_a_job_is_waited_for_and_its_description_is_the_result(cloud: Cloud) -> None:
    calls = training(cloud, ["InProgress", "InProgress", "Completed"])
    before = cloud.clock.now()
    done = perform(cloud, TRAIN, JOB)
    assert done["TrainingJobStatus"] == "Completed"
    assert done["CreationTime"] == round(cloud.clock.now() * 1000)
    assert calls == ["create", "describe", "describe", "describe"]
    assert cloud.clock.now() - before == pytest.approx(durations.API_CALL + 2 * durations.POLL)


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_does_not_complete_fails_with_its_description(cloud: Cloud, status: str) -> None:
    training(cloud, ["InProgress", status])
    error, cause = failure(cloud, TRAIN, JOB)
    assert error == "States.TaskFailed"
    assert json.loads(cause)["TrainingJobStatus"] == status


def test_a_job_whose_task_ends_early_is_stopped(cloud: Cloud) -> None:
    calls = training(cloud, ["InProgress"])
    integration = LocalIntegrations(cloud).resolve(TRAIN)
    call = task_call(TRAIN, JOB)
    response = wait(cloud, integration.submit(call))
    wait(cloud, integration.cancel(call, response))
    assert calls == ["create", "stop"]


def test_a_job_that_cannot_be_created_fails_by_the_services_name(cloud: Cloud) -> None:
    def create(_request: dict[str, Any]) -> dict[str, Any]:
        raise ServiceError("ResourceInUse", "Training job names must be unique.")

    cloud.registry.add(Service("sagemaker", {"CreateTrainingJob": create}))
    error, cause = failure(cloud, TRAIN, JOB)
    assert error == "SageMaker.ResourceInUseException"
    assert "Error Code: ResourceInUse;" in cause


def test_a_job_of_days_is_not_looked_at_every_second(cloud: Cloud) -> None:
    from localcloud.integrations.jobs import next_look

    assert next_look(10) == durations.POLL
    assert next_look(86_400) == pytest.approx(864)
