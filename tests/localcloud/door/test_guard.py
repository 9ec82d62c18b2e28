"""A cloud that looks at policies: what IAM's documents allow, and what a call is turned away with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalCloud
from localcloud.door.permissions import Context, decide
from localcloud.errors import UnsupportedLocally

BUCKET, OBJECT = "arn:aws:s3:::shop", "arn:aws:s3:::shop/a/b.csv"


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::shop/secret/*"}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return allow(Condition={operator: {key: value}})


PASSED: Context = {"iam:PassedToService": "sagemaker.amazonaws.com", "aws:TagKeys": ["a", "b"], "n": "5"}


@pytest.mark.parametrize(
    ("statement", "action", "resource", "decision"),
    [
        (allow(), "s3:GetObject", OBJECT, "allowed"),
        (allow(), "s3:PutObject", OBJECT, "not allowed"),
        (allow("S3:get*"), "s3:GetObject", OBJECT, "allowed"),
        (allow(["sqs:*", "s3:Get?bject"]), "s3:GetObject", OBJECT, "allowed"),
        (allow(resource=BUCKET), "s3:GetObject", OBJECT, "not allowed"),
        (allow(resource=f"{BUCKET}/*"), "s3:GetObject", OBJECT, "allowed"),
        (allow(resource=f"{BUCKET}/A/*"), "s3:GetObject", OBJECT, "not allowed"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "s3:GetObject", OBJECT, "allowed"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "iam:PassRole", "*", "not allowed"),
        ({"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/a/*"}, "s3:GetObject", OBJECT, "not allowed"),
        (allow(resource="arn:aws:s3:::shop/${aws:username}/*"), "s3:GetObject", OBJECT, "not allowed"),
        (allow(resource="arn:aws:s3:::shop/${aws:username, 'a'}/*"), "s3:GetObject", OBJECT, "allowed"),
        (when("StringEquals", "iam:passedtoservice", "sagemaker.amazonaws.com"), "s3:GetObject", OBJECT, "allowed"),
        (when("StringEquals", "iam:PassedToService", ["lambda.amazonaws.com"]), "s3:GetObject", OBJECT, "not allowed"),
        (when("StringNotEquals", "iam:PassedToService", "lambda.amazonaws.com"), "s3:GetObject", OBJECT, "allowed"),
        (when("StringLike", "iam:PassedToService", "sage*"), "s3:GetObject", OBJECT, "allowed"),
        (when("StringEquals", "aws:missing", "x"), "s3:GetObject", OBJECT, "not allowed"),
        (when("StringEqualsIfExists", "aws:missing", "x"), "s3:GetObject", OBJECT, "allowed"),
        (when("StringNotEquals", "aws:missing", "x"), "s3:GetObject", OBJECT, "allowed"),
        (when("Null", "aws:missing", "true"), "s3:GetObject", OBJECT, "allowed"),
        (when("Bool", "aws:missing", False), "s3:GetObject", OBJECT, "not allowed"),
        (when("NumericLessThan", "n", 6), "s3:GetObject", OBJECT, "allowed"),
        (when("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b", "c"]), "s3:GetObject", OBJECT, "allowed"),
        (when("ForAllValues:StringEquals", "aws:TagKeys", ["a"]), "s3:GetObject", OBJECT, "not allowed"),
        (when("ForAnyValue:StringEquals", "aws:TagKeys", "b"), "s3:GetObject", OBJECT, "allowed"),
        ([allow("s3:*"), DENY], "s3:GetObject", "arn:aws:s3:::shop/secret/a", "denied"),
        ([allow("s3:*"), DENY], "s3:GetObject", OBJECT, "allowed"),
    ],
)
def test_a_policy_says(statement: Any, action: str, resource: str, decision: str) -> None:
    assert decide([{"Statement": statement}], action, resource, PASSED) == decision


def test_a_condition_that_is_not_evaluated_is_named() -> None:
    with pytest.raises(UnsupportedLocally, match='operator "IpAddress"'):
        decide([{"Statement": when("IpAddress", "n", "10.0.0.0/8")}], "s3:GetObject", OBJECT, PASSED)


PASSING = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
READER = {
    "Version": "2012-10-17",
    "Statement": [
        allow(["iam:CreateRole", "iam:AttachRolePolicy"], "*"),
        allow("iam:PassRole", "*", Condition=PASSING),
        allow(
            [
                "s3:CreateBucket",
                "s3:ListAllMyBuckets",
                "sqs:GetQueueUrl",
                "states:CreateStateMachine",
                "lambda:*",
                "dynamodb:Put*",
            ],
            "*",
        ),
    ],
}
CODE = """
import boto3

def handler(event, context):
    return boto3.client("s3").list_buckets()["Buckets"]
"""


@pytest.fixture(scope="module")
def strict() -> Iterator[LocalCloud]:
    with LocalCloud("max", "localcloud", READER) as cloud:
        yield cloud


@pytest.mark.parametrize(
    ("service", "action", "parameters", "code", "words"),
    [
        (
            "s3",
            "put_object",
            {"Bucket": "b", "Key": "k"},
            "AccessDenied",
            's3:PutObject on resource: "arn:aws:s3:::b/k"',
        ),
        (
            *("dynamodb", "get_item", {"TableName": "t", "Key": {"a": {"S": "b"}}}, "AccessDeniedException"),
            "dynamodb:GetItem on resource: arn:aws:dynamodb:us-east-1:123456789012:table/t because no identity-based",
        ),
        ("sns", "create_topic", {"Name": "t"}, "AuthorizationError", "sns:CreateTopic on resource"),
        ("sqs", "create_queue", {"QueueName": "q"}, "AccessDenied", "sqs:us-east-1:123456789012:q"),
        ("iam", "delete_role", {"RoleName": "r"}, "AccessDenied", "arn:aws:iam::123456789012:role/r"),
        (
            *("stepfunctions", "create_state_machine"),
            {"name": "m", "definition": "{}", "roleArn": "arn:aws:iam::123456789012:role/r"},
            *("AccessDeniedException", "iam:PassRole on resource: arn:aws:iam"),
        ),
        ("textract", "detect_document_text", {"Document": {"Bytes": b"a"}}, "AccessDeniedException", "textract:"),
    ],
)
def test_what_the_reader_may_not_is_turned_away_in_aws_s_words(
    strict: LocalCloud, service: str, action: str, parameters: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(_client(strict, service), action)(**parameters)
    error = refused.value.response["Error"]
    assert error["Code"] == code
    assert error["Message"].startswith("User: arn:aws:iam::123456789012:user/reader is not authorized to perform: ")
    assert words in error["Message"]


def test_a_function_may_do_what_its_role_may(strict: LocalCloud) -> None:
    iam, functions = _client(strict, "iam"), _client(strict, "lambda")
    role = iam.create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(READER))["Role"]["Arn"]
    functions.create_function(
        FunctionName="f", Role=role, Runtime="python3.12", Handler="handler.handler", Code={"ZipFile": _zip(CODE)}
    )
    said = json.load(functions.invoke(FunctionName="f")["Payload"])
    assert "assumed-role/f/" in said["errorMessage"]
    iam.attach_role_policy(RoleName="f", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    assert json.load(functions.invoke(FunctionName="f")["Payload"]) == []


def test_a_role_is_passed_to_whom_the_policy_says(strict: LocalCloud) -> None:
    with pytest.raises(ClientError, match="iam:PassRole on resource: arn:aws:iam::123456789012:role/f"):
        _client(strict, "stepfunctions").create_state_machine(
            name="m", definition="{}", roleArn="arn:aws:iam::123456789012:role/f"
        )


def _client(cloud: LocalCloud, service: str) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(service, config=Config(retries={"max_attempts": 0}), **cloud.settings())


def _zip(source: str) -> bytes:
    import io
    import zipfile

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", source)
    return archive.getvalue()
