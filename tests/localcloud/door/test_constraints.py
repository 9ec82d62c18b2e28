"""Values that a service's model does not allow, in its words: whoever keeps them, ours or moto.

Sources of codes and words: aws/amazon-sagemaker-examples#2236, legion#530 (IAM), fluent-plugin-cloudwatch-logs#223
(Logs), linuxacademy/content-aws-mls-c01#1 (Transcribe), amazon-redshift-monitoring#25 (Lambda's runtimes), dynalite
(DynamoDB), LocalStack's recordings (messages of SNS and SQS).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud

TABLE = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEM = {"TableName": "orders", "Key": {"id": {"S": "1"}}}
IAM = "is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
STATEMENT = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}'
POLICY = f'{{"Version": "2012-10-17", "Statement": [{STATEMENT}]}}'


def pattern(value: str, where: str) -> str:
    return (
        f"Value '{value}' at '{where}' failed to satisfy constraint: Member must satisfy regular expression pattern: "
    )


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    made.client("dynamodb").create_table(TableName="orders", **TABLE)
    made.client("sqs").create_queue(QueueName="q")
    made.client("sns").create_topic(Name="t")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("call", "request_", "code", "words"),
    [
        ("dynamodb.create_table", {"TableName": "a b", **TABLE}, "ValidationException", pattern("a b", "tableName")),
        ("dynamodb.get_item", {**ITEM, "Key": {}}, "ValidationException", "does not match the schema"),
        (
            "dynamodb.put_item",
            {"TableName": "orders", "Item": {"id": {"S": "1"}, "x": {"L": [{"SS": ["a", "a"]}]}}},
            "ValidationException",
            "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
        ),
        (
            "dynamodb.put_item",
            {"TableName": "orders", "Item": {"id": {"S": "1"}}, "ReturnValues": "ALL"},
            "ValidationException",
            "Value 'ALL' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [NONE, ",
        ),
        ("iam.get_role", {"RoleName": "a b"}, "ValidationError", f"The specified value for roleName {IAM}"),
        ("iam.get_role", {"RoleName": "\0"}, "ValidationError", "roleName"),
        ("ssm.label_parameter_version", {"Name": "none", "Labels": ["l"]}, "ParameterNotFound", "none not found"),
        ("iam.get_role", {"RoleName": "ä"}, "ValidationError", f"The specified value for roleName {IAM}"),
        (
            "iam.get_role",
            {"RoleName": "r" * 65},
            "ValidationError",
            f"1 validation error detected: Value '{'r' * 65}' at 'roleName' failed to satisfy constraint: Member must "
            "have length less than or equal to 64",
        ),
        ("kinesis.create_stream", {"StreamName": "a b"}, "ValidationException", pattern("a b", "streamName")),
        ("logs.create_log_group", {"logGroupName": "a b"}, "InvalidParameterException", pattern("a b", "logGroupName")),
        ("lambda.publish_layer_version", {"LayerName": "a b", "Content": {}}, "ValidationException", "'layerName'"),
        ("athena.create_work_group", {"Name": "a b"}, "InvalidRequestException", pattern("a b", "name")),
        (
            "transcribe.start_transcription_job",
            {"TranscriptionJobName": "calls/1", "Media": {"MediaFileUri": "s3://b/k"}},
            "BadRequestException",
            pattern("calls/1", "transcriptionJobName") + "^[0-9a-zA-Z._-]+",
        ),
        ("events.put_rule", {"Name": "a b"}, "ValidationException", pattern("a b", "name") + r"[\.\-_A-Za-z0-9]+"),
        ("scheduler.create_schedule_group", {"Name": "a b"}, "ValidationException", pattern("a b", "name")),
        ("sqs.send_message", {"QueueUrl": "/q", "MessageBody": ""}, "MissingParameter", "the parameter MessageBody."),
        (
            "sqs.send_message",
            {"QueueUrl": "/q", "MessageBody": "\0"},
            "InvalidMessageContents",
            "Invalid characters found",
        ),
        (
            "sns.publish",
            {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": ""},
            "InvalidParameter",
            "Invalid parameter: Empty message",
        ),
        # Of a batch each is looked at; of a map its keys and values.
        (
            "sqs.send_message_batch",
            {"QueueUrl": "/q", "Entries": [{"Id": "1", "MessageBody": "x"}, {"Id": "2", "MessageBody": ""}]},
            "MissingParameter",
            "the parameter MessageBody.",
        ),
        (
            "sagemaker.add_tags",
            {"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/m", "Tags": [{"Key": "a|b", "Value": "x"}]},
            "ValidationException",
            pattern("a|b", "tags.1.member.key"),
        ),
    ],
)
def test_a_value_that_the_model_does_not_allow_is_refused_in_the_services_words(
    cloud: Cloud, call: str, request_: dict[str, Any], code: str, words: str
) -> None:
    service, _, action = call.partition(".")
    if request_.get("QueueUrl"):
        request_ = {**request_, "QueueUrl": f"{cloud.endpoint}/{cloud.account_id}{request_['QueueUrl']}"}
    with pytest.raises(ClientError) as caught:
        getattr(cloud.client(service), action)(**request_)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    assert words in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("service", "action", "request_"),
    [
        ("iam", "create_policy", {"PolicyName": "a+b=c,d.e@f_g-h", "PolicyDocument": POLICY}),
        ("logs", "create_log_group", {"logGroupName": "/aws/vendedlogs/states/a.b#c"}),
        ("logs", "create_log_group", {"logGroupName": "g", "tags": {"Straße 5 / @": "é+="}}),
        ("glue", "create_database", {"DatabaseInput": {"Name": "a b"}}),
        ("secretsmanager", "create_secret", {"Name": "a/b+c=d.e@f!", "SecretString": "x"}),
        ("ssm", "describe_parameters", {}),  # a label for what was not there has broken nothing
        ("ssm", "put_parameter", {"Name": "/a/b.c-d", "Value": "x", "Type": "String"}),
    ],
)
def test_what_the_model_allows_is_kept(cloud: Cloud, service: str, action: str, request_: dict[str, Any]) -> None:
    getattr(cloud.client(service), action)(**request_)


def test_dynamodb_tells_the_consumed_capacity_to_who_asks(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    dynamodb.put_item(TableName="orders", Item={"id": {"S": "1"}})
    assert "ConsumedCapacity" not in dynamodb.get_item(**ITEM)
    assert dynamodb.get_item(**ITEM, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]["TableName"] == "orders"
