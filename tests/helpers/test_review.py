"""What a review finds in a definition, and that each mend ends the finding in a definition that AWS would take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from helpers import show
from helpers.review import REMOVED, Review, walk
from localcloud.asl.validation import diagnose

RETRY = [{"ErrorEquals": ["States.ALL"]}]


def task(resource: str, **fields: Any) -> dict[str, Any]:
    arn = resource if resource.startswith("arn:") else f"arn:aws:states:::{resource}"
    return {"Type": "Task", "Resource": arn, "End": True, **fields}


def alone(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"StartAt": "Do", "States": {"Do": state, "Go on": {"Type": "Succeed"}, **more}}


def in_map(inner: dict[str, Any], **fields: Any) -> dict[str, Any]:
    mode = (
        {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"} if fields.pop("distributed", False) else {"Mode": "INLINE"}
    )
    processor = {"ProcessorConfig": mode, "StartAt": "Each", "States": {"Each": inner}}
    return alone({"Type": "Map", "ItemProcessor": processor, "End": True, **fields})


def caught(jsonata: bool = False, **entry: Any) -> dict[str, Any]:
    entry = {"ErrorEquals": ["States.ALL"], "Next": "Go on", **entry}
    language: dict[str, Any] = {"QueryLanguage": "JSONata"} if jsonata else {}
    return (
        alone(task("sns:publish", Catch=[entry]), Stop={"Type": "Fail", "Error": "Bad", "Cause": "It went wrong"})
        | language
    )


def polling() -> dict[str, Any]:
    look = task("aws-sdk:transcribe:getTranscriptionJob", Next="Done?", Retry=RETRY)
    del look["End"]
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.s", "StringEquals": "y", "Next": "End"}], "Default": "Wait"}
    wait = {"Type": "Wait", "Seconds": 30, "Next": "Look"}
    return {"StartAt": "Wait", "States": {"Wait": wait, "Look": look, "Done?": choice, "End": {"Type": "Succeed"}}}


LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"
SMALL = {"ResultPath": None}
LARGE, COSTLY = "a payload that can pass 256 KB", "waits that cost more than a callback"
CROWD, TWICE = "a Map without a limit over a service that has one", "retries what is not idempotent"
FOUND: list[tuple[dict[str, Any], str, str]] = [
    (alone(task(LAMBDA, Retry=RETRY)), "Do", "no limit"),
    (alone(task("sqs:sendMessage.waitForTaskToken")), "Do", "no limit"),
    (alone(task("arn:aws:states:us-east-1:123456789012:activity:a")), "Do", "no limit"),
    (alone(task("states:startExecution.sync:2")), "Do", "no limit"),
    (alone(task("sns:publish", Retry=RETRY)), "Do", TWICE),
    (alone(task("states:startExecution", Retry=RETRY, Parameters={"StateMachineArn": "arn:a"})), "Do", TWICE),
    (
        alone(task("dynamodb:updateItem", Retry=RETRY, Parameters={"UpdateExpression": "SET n = n + :1"})),
        "Do",
        TWICE,
    ),
    (alone(task("aws-sdk:comprehend:detectSentiment")), "Do", "no Retry on Comprehend.TooManyRequestsException"),
    (caught(ResultPath=None), "Do", "Catch loses the error"),
    (caught(), "Do", "Catch loses the input"),
    (caught(Next="Stop"), "Do", "Catch loses the error"),
    (caught(jsonata=True), "Do", "Catch loses the input"),
    (caught(jsonata=True, Output={"failed": True}), "Do", "Catch loses the error"),
    (caught(jsonata=True, Next="Stop"), "Do", "Catch loses the error"),
    (alone(task("aws-sdk:textract:analyzeExpense", Retry=RETRY)), "Do", LARGE),
    (alone(task("aws-sdk:s3:getObject")) | {"QueryLanguage": "JSONata"}, "Do", LARGE),
    (in_map({"Type": "Pass", "End": True}, distributed=True), "Do", LARGE),
    (in_map(task("aws-sdk:textract:analyzeExpense", Retry=RETRY, **SMALL)), "Do", CROWD),
    (in_map(task(LAMBDA, Retry=RETRY, TimeoutSeconds=9), distributed=True, ResultWriter={}), "Do", CROWD),
    (polling(), "Wait", COSTLY),
]
SOUND = [
    in_map(task("aws-sdk:textract:analyzeExpense", Retry=RETRY, **SMALL), MaxConcurrency=4),
    alone(task("dynamodb:putItem", Arguments="{% $states.input %}")) | {"QueryLanguage": "JSONata"},
    caught(ResultPath="$.error"),
    alone(task("states:startExecution", Retry=RETRY, Parameters={"Name.$": "$.id"})),
    alone(task(LAMBDA, Retry=RETRY)) | {"TimeoutSeconds": 60},
    alone(task("sqs:sendMessage.waitForTaskToken", HeartbeatSeconds=60)),
    alone({"Type": "Wait", "Seconds": 86_400, "Next": "Go on"}),
]


def mended(definition: dict[str, Any], mend: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with a finding's mend in it."""
    changed: dict[str, Any] = json.loads(json.dumps(definition))
    for place in walk(changed):
        for field, value in mend.get(place.name, {}).items():
            if value is REMOVED:
                place.state.pop(field, None)
            else:
                place.state[field] = value
    return changed


@pytest.mark.parametrize(("definition", "state", "what"), FOUND)
def test_a_finding_names_state_and_reason_and_its_mend_ends_it(
    definition: dict[str, Any], state: str, what: str
) -> None:
    (found,) = Review(definition, "").findings
    assert (found.state, found.what) == (state, what)
    assert found.why
    assert found.page.startswith("https://docs.aws.amazon.com/")
    better = mended(definition, found.mend)
    assert Review(better, "").findings == []
    problems = {str(each.message) for each in diagnose(json.dumps(better))}
    assert problems <= {str(each.message) for each in diagnose(json.dumps(definition))}


@pytest.mark.parametrize("definition", SOUND)
def test_a_sound_definition_has_nothing_to_mend(definition: dict[str, Any]) -> None:
    assert Review(definition, "").findings == []


def test_a_thousand_executions_cost_what_their_states_and_calls_do() -> None:
    calls = task("aws-sdk:textract:analyzeExpense", Retry=RETRY, **SMALL)
    cost = Review(in_map(calls, MaxConcurrency=4), "").cost
    assert cost == pytest.approx({"Step Functions": 11 * 0.000025, "Textract": 10 * 0.01})


def test_the_rights_are_those_that_the_workflows_role_gets() -> None:
    called = "arn:aws:states:r:1:stateMachine:m"
    states = {
        "Do": task("dynamodb:putItem", Parameters={"TableName": "t"}, Next="Then"),
        "Then": task("states:startExecution.sync:2", Parameters={"StateMachineArn": called}, Next="Ask"),
        "Ask": task("aws-sdk:translate:translateText", Parameters={}),
    }
    review = Review({"StartAt": "Do", "States": states}, "")
    allowed = {each["Resource"]: each["Action"] for each in review.rights["Statement"]}
    assert allowed["arn:aws:dynamodb:*:*:table/t"] == ["dynamodb:PutItem"]
    assert allowed[called] == ["states:StartExecution"]
    assert review.unknown == ["translate"]
    assert "those of translate, which are not known here" in review.html


def test_the_page_says_state_reason_source_and_mend() -> None:
    review = show.review(FOUND[4][0])
    assert review.text.splitlines()[0] == "workflow: 1 to mend"
    for said in ("Do: retries what is not idempotent", "sends the message twice", "SNS.ThrottledException"):
        assert said in review.text
    assert 'href="https://docs.aws.amazon.com/wellarchitected' in review.html
