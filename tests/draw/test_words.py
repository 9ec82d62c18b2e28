"""Definitions in words."""

from __future__ import annotations

from typing import Any

import pytest

from draw import words


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:states:::lambda:invoke", "Lambda function"),
        ("arn:aws:lambda:us-east-1:123456789012:function:tag", "Lambda function"),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", "Lambda function, waits for answer"),
        ("arn:aws:states:::sagemaker:createTrainingJob.sync", "SageMaker training job"),
        ("arn:aws:states:::aws-sdk:textract:detectDocumentText", "Textract: detect document text"),
        ("arn:aws-cn:states:::dynamodb:putItem", "DynamoDB: put item"),
        ("arn:aws:states:::states:startExecution.sync:2", "Child workflow"),
        ("arn:aws:states:us-east-1:123456789012:activity:review", "Activity: review"),
        ("", "task"),
    ],
)
def test_resources(arn: str, said: str) -> None:
    assert words.resource(arn) == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"Variable": "$.status", "StringEquals": "Failed"}, "status = Failed"),
        ({"Variable": "$.note", "StringEquals": ""}, 'note = ""'),
        ({"Variable": "$.total", "NumericGreaterThanEquals": 0.9}, "total ≥ 0.9"),
        ({"Variable": "$.a", "NumericLessThanPath": "$.b"}, "a < b"),
        ({"Variable": "$.ok", "BooleanEquals": False}, "not ok"),
        ({"Variable": "$.name", "StringMatches": "*.png"}, "name matches *.png"),
        ({"Variable": "$.name", "IsPresent": False}, "name is missing"),
        ({"Variable": "$$.Execution.Name", "StringEquals": "x"}, "Execution.Name = x"),
        ({"Not": {"Variable": "$.a", "IsNull": True}}, "not a is null"),
        ({"Condition": "{% $states.input.total > 100 %}"}, "total > 100"),
        (
            {
                "And": [
                    {"Variable": "$.a", "BooleanEquals": True},
                    {"Or": [{"Variable": "$.b", "IsPresent": True}, {"Variable": "$.c", "IsPresent": True}]},
                ]
            },
            "a and (b is present or c is present)",
        ),
    ],
)
def test_choice_rules(rule: dict[str, Any], said: str) -> None:
    assert words.rule(rule) == said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"Type": "Wait", "Seconds": 30}, "wait 30 s"),
        ({"Type": "Wait", "Seconds": 7200}, "wait 2 h"),
        ({"Type": "Wait", "SecondsPath": "$.delay"}, "wait delay seconds"),
        ({"Type": "Wait", "Timestamp": "2026-01-05T09:00:00Z"}, "wait until 2026-01-05T09:00:00Z"),
        ({"Type": "Map", "ItemsPath": "$.batches", "MaxConcurrency": 2}, "map over batches, 2 at a time"),
        ({"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}}, "distributed map"),
        ({"Type": "Parallel", "Branches": [{}]}, "parallel, 1 branch"),
        ({"Type": "Fail", "Error": "Rejected"}, "fail: Rejected"),
        ({"Type": "Pass"}, "pass"),
    ],
)
def test_states(state: dict[str, Any], said: str) -> None:
    assert words.state(state) == said


def test_errors_are_named_short_and_many_are_counted() -> None:
    assert words.errors(["States.ALL"]) == "any error"
    assert words.errors(["Textract.BadDocumentException"]) == "BadDocument"
    assert words.errors(["States.Timeout", "Oops"]) == "timeout or Oops"
    assert words.errors(["Textract.UnsupportedDocumentException", "B", "C"]) == "UnsupportedDocument or 2 others"


def test_the_cause_of_a_function_is_its_message() -> None:
    assert words.cause('{"errorType": "ValueError", "errorMessage": "no total"}') == "no total"
    assert words.cause("plain text") == "plain text"
    assert words.cause(None) == "no cause given"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (0.44, "0.4 s"), (30, "30 s"), (137, "2 min 17 s"), (3600, "1 h"), (180_000, "2 d 2 h")],
)
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said
