"""A mocked result must be one that the API could have given."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.services.stepfunctions.mocked_results import nonconformity

ARN = "arn:aws:states:::"

START = {"ExecutionArn": "arn", "StartDate": "2026-01-05T09:00:00Z"}


@pytest.mark.parametrize(
    ("resource", "result"),
    [
        ("lambda:invoke", {"StatusCode": 200, "Payload": "{}", "Later": {"added": True}}),
        ("states:startExecution", START),
        ("dynamodb:getItem", {"Item": {"id": {"S": "1"}}}),
        ("aws-sdk:s3:getObject", {"Body": "text", "ContentLength": 4, "ETag": "e", "Metadata": {"a": "b"}}),
        ("aws-sdk:s3:listBuckets", {"Buckets": [{"Name": "b"}]}),
        ("sqs:sendMessage.waitForTaskToken", ["anything"]),
        ("apigateway:invoke", ["anything"]),
        ("glue:startJobRun.sync", ["anything"]),
        ("nosuch:thing", ["anything"]),
    ],
)
def test_a_result_that_fits_or_has_no_model_is_taken(cloud: Any, resource: str, result: Any) -> None:
    assert nonconformity(cloud, ARN + resource, result, True) is None


def test_the_result_of_a_function_has_no_model(cloud: Any) -> None:
    assert nonconformity(cloud, "arn:aws:lambda:us-east-1:123456789012:function:f", [1], True) is None


@pytest.mark.parametrize(
    ("resource", "result", "problem"),
    [
        ("lambda:invoke", {"StatusCode": "200"}, "Field 'StatusCode' must be a number"),
        ("lambda:invoke", {"StatusCode": True}, "Field 'StatusCode' must be a number"),
        ("lambda:invoke", {"Payload": {}}, "Field 'Payload' must be a string"),
        ("dynamodb:getItem", {"Item": {"id": {"BOOL": 1}}}, "Field 'BOOL' must be a boolean"),
        ("dynamodb:getItem", {"Item": []}, "Field 'Item' must be an object"),
        ("aws-sdk:s3:listBuckets", {"Buckets": {}}, "Field 'Buckets' must be an array"),
        ("states:startExecution", {**START, "StartDate": 1.5}, "Field 'StartDate' must be a string"),
        ("aws-sdk:s3:getObject", {"StorageClass": "LUKEWARM"}, "Field 'StorageClass' is not an expected value"),
        ("lambda:invoke", [], "The result must be an object"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_wrong_type_is_named(cloud: Any, resource: str, result: Any, problem: str, strict: bool) -> None:
    assert nonconformity(cloud, ARN + resource, result, strict) == problem


def test_required_fields_count_only_when_strict(cloud: Any) -> None:
    resource, result = f"{ARN}states:startExecution", {"ExecutionArn": "arn"}
    assert nonconformity(cloud, resource, result, True) == "Required field 'StartDate' is missing"
    assert nonconformity(cloud, resource, result, False) is None


@pytest.mark.parametrize("suffix", [".sync", ".sync:2"])
def test_the_result_of_a_job_is_its_description(cloud: Any, suffix: str) -> None:
    resource = f"{ARN}states:startExecution{suffix}"
    assert nonconformity(cloud, resource, {"Output": {}}, False) == "Field 'Output' must be a string"
    assert nonconformity(cloud, resource, {"Status": "DONE"}, False) == "Field 'Status' is not an expected value"
