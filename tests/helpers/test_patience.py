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
    made.see({"name": "workshop-new", "other": 1}, SimpleNamespace(name="CreateStateMachine"))
    return made


def again(patience: Patience, code: str, action: str, body: str, message: str = "", began: float | None = None) -> Any:
    context = {} if began is None else {"workshop_began": began}
    request = {"url": "https://aws/", "body": body.encode(), "context": context}
    response = None if not code else (SimpleNamespace(), {"Error": {"Code": code, "Message": message}})
    return patience.again(response, SimpleNamespace(name=action), request)


@pytest.mark.parametrize(
    ("code", "action", "body", "message"),
    [
        ("ExecutionDoesNotExist", "DescribeExecution", NEW_ARN, ""),
        ("AWS.SimpleQueueService.NonExistentQueue", "GetQueueAttributes", "https://sqs/1/workshop-new", ""),
        ("NoSuchBucket", "PutObject", "workshop-new", ""),
        ("StateMachineDeleting", "CreateStateMachine", "any", ""),
        ("AWS.SimpleQueueService.QueueDeletedRecently", "CreateQueue", "any", ""),
        ("OperationAborted", "CreateBucket", "any", ""),
        ("ThrottlingException", "DescribeExecution", "any", ""),
        ("InvalidParameterValueException", "CreateFunction", "any", "The role … cannot be assumed by Lambda."),
    ],
)
def test_what_passes_is_asked_again(patience: Patience, code: str, action: str, body: str, message: str) -> None:
    assert 0 < again(patience, code, action, body, message) <= 5
    assert again(patience, code, action, body, message, began=time.monotonic() - NEW - 1) is None, "and not for ever"


@pytest.mark.parametrize(
    ("code", "action", "body"),
    [
        ("", "DescribeExecution", NEW_ARN),
        ("ExecutionDoesNotExist", "DescribeExecution", NEW_ARN.replace("workshop-new", "workshop-old")),
        ("ResourceNotFoundException", "DeleteFunction", "workshop-new"),
        ("StateMachineDeleting", "StartExecution", "workshop-new"),
        ("ValidationException", "CreateTrainingJob", "workshop-new"),
    ],
)
def test_what_stands_is_not(patience: Patience, code: str, action: str, body: str) -> None:
    assert again(patience, code, action, body) is None
