"""Values that a workflow hands to a service: what is converted, and what is refused by whom and in which words.

Sources: aws-cdk#9181 ("The value for the field 'S' must be a STRING"); five aws-samples workflows that give DynamoDB
plain strings and a BOOL as text; boto3#4253 (`Nul`); the services' own validation errors.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.session import get_session

from localcloud.cloud import Cloud
from localcloud.integrations import naming, shapes
from tests.localcloud.integrations.integration_calls import failure, perform

ARN = "arn:aws:states:::"


@pytest.fixture
def table(cloud: Cloud) -> Cloud:
    cloud.client("dynamodb").create_table(
        TableName="tab",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return cloud


def test_dynamodb_takes_plain_text_and_converts_numbers_and_truth_values(table: Cloud) -> None:
    item = {
        "id": "1",
        "count": {"N": 7},
        "done": {"BOOL": "false"},
        "tags": ["a", "b"],
        "list": {"L": ["x", {"N": "1.5"}]},
        "map": {"M": {"plain": "text", "none": {"NULL": "true"}}},
        "absent": None,  # com.amazonaws.protocol.json.internal.JsonMarshallers writes no null of a map
    }
    perform(table, ARN + "dynamodb:putItem", {"TableName": "tab", "Item": item})
    found = perform(table, ARN + "dynamodb:getItem", {"TableName": "tab", "Key": {"id": "1"}, "ConsistentRead": "true"})
    assert found["Item"] == {
        "id": {"S": "1"},
        "count": {"N": "7"},
        "done": {"BOOL": False},
        "tags": {"SS": ["a", "b"]},
        "list": {"L": [{"S": "x"}, {"N": "1.5"}]},
        "map": {"M": {"plain": {"S": "text"}, "none": {"NULL": True}}},
    }


def test_the_sdk_for_java_2_spells_null_nul_both_ways_and_takes_no_plain_text(table: Cloud) -> None:
    put = {"TableName": "tab", "Item": {"id": {"S": "1"}, "n": {"Nul": True}, "b": {"Bool": False}}}
    perform(table, ARN + "aws-sdk:dynamodb:putItem", put)
    found = perform(table, ARN + "aws-sdk:dynamodb:getItem", {"TableName": "tab", "Key": {"id": {"S": "1"}}})
    assert found["Item"] == put["Item"]
    error, cause = failure(table, ARN + "aws-sdk:dynamodb:getItem", {"TableName": "tab", "Key": {"id": "1"}})
    assert error == "States.Runtime"
    assert cause.endswith("[The value for the field 'id' must be an OBJECT]")


def test_a_number_for_a_time_is_milliseconds_where_the_sdk_for_java_1_reads_it() -> None:
    """java.util.Date is made of milliseconds; so does an optimised integration give it."""
    seen: list[Any] = []
    entry = {"Detail": {}, "DetailType": "d", "Source": "s"}
    shape = api_shape("events", "PutEvents")
    for spell, time in ((naming.capitalised, 1_767_225_600_250), (naming.member, 1_767_225_600.25)):
        problems: list[str] = []
        request = shapes.to_request(shape, {"Entries": [{**entry, "Time": time}]}, spell, problems)
        seen.append((request["Entries"][0]["Time"], problems))
    assert seen == [(1_767_225_600.25, [])] * 2


def api_shape(service: str, action: str) -> Any:
    return get_session().get_service_model(service).operation_model(action).input_shape


@pytest.mark.parametrize(
    ("resource", "arguments", "problem"),
    [
        ("lambda:invoke", {"FunctionName": {"id": "1"}}, "The value for the field 'FunctionName' must be a STRING"),
        ("lambda:invoke", {"FunctionName": ["f"]}, "The value for the field 'FunctionName' must be a STRING"),
        (
            "dynamodb:getItem",
            {"TableName": "tab", "Key": {"id": {"S": {}}}},
            "The value for the field 'S' must be a STRING",
        ),
        ("dynamodb:getItem", {"TableName": "tab", "Key": "1"}, "The value for the field 'Key' must be an OBJECT"),
        (
            "dynamodb:getItem",
            {"TableName": "tab", "Key": {"id": "1"}, "ConsistentRead": "perhaps"},
            "The value for the field 'ConsistentRead' must be a BOOLEAN",
        ),
        ("sqs:sendMessage", {"QueueUrl": {}, "MessageBody": {}}, "The value for the field 'QueueUrl' must be a STRING"),
        (
            "sqs:sendMessage",
            {"QueueUrl": "q", "MessageBody": "m", "DelaySeconds": "soon"},
            "DelaySeconds' must be a NUMBER",
        ),
        ("states:startExecution", {"StateMachineArn": {}, "Input": {}}, "'StateMachineArn' must be a STRING"),
        ("events:putEvents", {"Entries": {}}, "The value for the field 'Entries' must be an ARRAY"),
        (
            "events:putEvents",
            {"Entries": [{"Time": "yesterday"}]},
            "The value for the field 'Time' must be a TIMESTAMP",
        ),
        ("sagemaker:createModel", {"ModelName": {"a": 1}}, "The value for the field 'ModelName' must be a STRING"),
        ("aws-sdk:s3:getObject", {"Bucket": {"a": 1}, "Key": "k"}, "The value for the field 'Bucket' must be a STRING"),
        ("aws-sdk:comprehend:detectSentiment", {"Text": {}, "LanguageCode": "en"}, "'Text' must be a STRING"),
    ],
)
def test_a_value_of_another_type_is_refused_in_the_words_of_step_functions(
    cloud: Cloud, resource: str, arguments: dict[str, Any], problem: str
) -> None:
    error, cause = failure(cloud, ARN + resource, arguments)
    assert error == "States.Runtime"
    assert "could not be used to start the Task: [" in cause
    assert problem in cause


@pytest.mark.parametrize(
    ("resource", "arguments", "error", "message"),
    [
        (
            "dynamodb:getItem",
            {"TableName": None, "Key": {"id": "1"}},
            "DynamoDB.AmazonDynamoDBException",
            "Value null at 'tableName' failed to satisfy constraint: Member must not be null",
        ),
        (
            "dynamodb:putItem",
            {"TableName": "tab", "Item": {"id": "1", "v": {"L": [None]}}},
            "DynamoDB.AmazonDynamoDBException",
            "Value null at 'item.v.member.l.1.member' failed to satisfy constraint: Member must not be null",
        ),
        (
            "aws-sdk:dynamodb:query",
            {"TableName": "tab", "Limit": 0},
            "DynamoDb.DynamoDbException",
            "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "sagemaker:createModel",
            {"ModelName": "m", "ExecutionRoleArn": "role"},
            "SageMaker.AmazonSageMakerException",
            "Value 'role' at 'executionRoleArn' failed to satisfy constraint: Member must have length greater than or "
            "equal to 20",
        ),
        ("states:startExecution", {"StateMachineArn": None}, "StepFunctions.ValidationException", "'stateMachineArn'"),
        (
            "events:putEvents",
            {"Entries": [None]},
            "EventBridge.AmazonEventBridgeException",
            "null at 'entries.1.member'",
        ),
        ("events:putEvents", {"Entries": None}, "EventBridge.AmazonEventBridgeException", "Value null at 'entries'"),
        (
            "sqs:sendMessage",
            {"QueueUrl": None, "MessageBody": "m"},
            "SQS.AmazonSQSException",
            "The request must contain the parameter QueueUrl.",
        ),
        (
            "lambda:invoke",
            {"FunctionName": None},
            "Lambda.SdkClientException",
            "Parameter 'FunctionName' must not be null",
        ),
        (
            "aws-sdk:s3:getObject",
            {"Bucket": None, "Key": "k"},
            "S3.SdkClientException",
            "Parameter 'Bucket' must not be",
        ),
        (
            "aws-sdk:s3:getObject",
            {"Bucket": "No Bucket!", "Key": "k"},
            "S3.S3Exception",
            "The specified bucket is not valid.",
        ),
        (
            "aws-sdk:comprehend:detectSentiment",
            {"Text": None, "LanguageCode": "en"},
            "Comprehend.ComprehendException",
            "'text'",
        ),
        (
            "sns:publish",
            {"TopicArn": "news", "Message": "m"},
            "SNS.InvalidParameterException",
            "at least 6 elements, not 1",
        ),
        (
            "dynamodb:getItem",
            {"TableName": "tab", "Key": {"id": {}}},
            "DynamoDB.AmazonDynamoDBException",
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            "lambda:invoke",
            {"FunctionName": "f", "ClientContext": "no base64"},
            "Lambda.InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
        ),
    ],
)
def test_what_the_service_would_refuse_is_its_own_error_which_a_catch_takes(
    cloud: Cloud, resource: str, arguments: dict[str, Any], error: str, message: str
) -> None:
    got, cause = failure(cloud, ARN + resource, arguments)
    assert got == error
    assert message in cause


def test_a_null_for_what_may_be_left_out_is_left_out(table: Cloud) -> None:
    found = perform(table, ARN + "dynamodb:getItem", {"TableName": "tab", "Key": {"id": "1"}, "ConsistentRead": None})
    assert "Item" not in found


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1767603600.0, "2026-01-05T09:00:00Z"),
        (1767603600.1199999, "2026-01-05T09:00:00.120Z"),
        (1767603600.0200002, "2026-01-05T09:00:00.020Z"),
        (1767603599.9999998, "2026-01-05T09:00:00Z"),
    ],
)
def test_times_are_milliseconds_without_the_noise_of_a_float(seconds: float, text: str) -> None:
    assert shapes.iso(datetime.fromtimestamp(seconds, UTC)) == text
