"""Whether a call is made again: what is new may not be known yet, what was deleted may block its name."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.patience import NEW, Patience

NEW_ARN = "arn:aws:states:us-east-1:123456789012:execution:workshop-new:one"


@pytest.fixture
def patience() -> Patience:
    made = Patience()
    for service, action, name in (
        ("stepfunctions", "CreateStateMachine", "workshop-new"),
        ("sqs", "CreateQueue", "workshop-new"),
        ("s3", "CreateBucket", "workshop-new"),
        ("dynamodb", "CreateTable", "workshop-gone"),
        ("dynamodb", "DeleteTable", "workshop-gone"),
    ):
        made.see({"name": name, "other": 1}, operation(service, action))
    return made


def operation(service: str, action: str) -> Any:
    return SimpleNamespace(name=action, service_model=SimpleNamespace(service_name=service))


def again(
    patience: Patience, code: str, service: str, action: str, body: str, message: str = "", began: float | None = None
) -> Any:
    context = {} if began is None else {"workshop_began": began}
    request = {"url": "https://aws/", "body": body.encode(), "context": context}
    response = None if not code else (SimpleNamespace(), {"Error": {"Code": code, "Message": message}})
    return patience.again(response, operation(service, action), request)


@pytest.mark.parametrize(
    ("code", "service", "action", "body", "message"),
    [
        ("ExecutionDoesNotExist", "stepfunctions", "DescribeExecution", NEW_ARN, ""),
        ("AWS.SimpleQueueService.NonExistentQueue", "sqs", "GetQueueAttributes", "https://sqs/1/workshop-new", ""),
        ("NoSuchBucket", "s3", "PutObject", "workshop-new", ""),
        ("StateMachineDeleting", "stepfunctions", "CreateStateMachine", "any", ""),
        ("AWS.SimpleQueueService.QueueDeletedRecently", "sqs", "CreateQueue", "any", ""),
        ("OperationAborted", "s3", "CreateBucket", "any", ""),
        ("ThrottlingException", "stepfunctions", "DescribeExecution", "any", ""),
        (
            "InvalidParameterValueException",
            "lambda",
            "CreateFunction",
            "any",
            "The role … cannot be assumed by Lambda.",
        ),
    ],
)
def test_what_passes_is_asked_again(
    patience: Patience, code: str, service: str, action: str, body: str, message: str
) -> None:
    assert 0 < again(patience, code, service, action, body, message) <= 5
    assert again(patience, code, service, action, body, message, began=time.monotonic() - NEW - 1) is None, (
        "and not for ever"
    )


@pytest.mark.parametrize(
    ("code", "service", "action", "body"),
    [
        ("", "stepfunctions", "DescribeExecution", NEW_ARN),
        (
            "ExecutionDoesNotExist",
            "stepfunctions",
            "DescribeExecution",
            NEW_ARN.replace("workshop-new", "workshop-old"),
        ),
        ("ResourceNotFoundException", "lambda", "DeleteFunction", "workshop-new"),
        ("StateMachineDeleting", "stepfunctions", "StartExecution", "workshop-new"),
        ("ResourceNotFoundException", "events", "DescribeRule", "workshop-new"),
        ("ResourceNotFoundException", "dynamodb", "DescribeTable", "workshop-gone"),
        ("ValidationException", "sagemaker", "CreateTrainingJob", "workshop-new"),
    ],
)
def test_what_stands_is_not(patience: Patience, code: str, service: str, action: str, body: str) -> None:
    assert again(patience, code, service, action, body) is None
