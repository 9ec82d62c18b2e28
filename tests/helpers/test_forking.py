"""fork: a new execution in the cloud that goes on from a moment of another's, as a reader asks for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpers import WorkshopError, deploy, fork, run, show
from helpers.resources import Execution
from helpers.session import Session

QUEUE = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
MACHINE = {
    "StartAt": "Note",
    "States": {
        "Note": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl.$": "$.queue", "MessageBody": "noted"},
            "ResultPath": "$.noted",
            "Next": "Ask",
        },
        "Ask": {
            "Type": "Task",
            "Resource": QUEUE,
            "TimeoutSeconds": 3600,
            "Parameters": {"QueueUrl.$": "$.queue", "MessageBody.$": "$$.Task.Token"},
            "ResultPath": "$.answer",
            "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "Give up"}],
            "Next": "Tell",
        },
        "Tell": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl.$": "$.queue", "MessageBody.$": "$.answer.says"},
            "ResultPath": None,
            "End": True,
        },
        "Give up": {"Type": "Pass", "End": True},
    },
}


@pytest.fixture(scope="module")
def lost(workshop: Session) -> Execution:
    """An execution whose callback never came."""
    queue = workshop.client("sqs").create_queue(QueueName="workshop-fork")["QueueUrl"]
    return run(deploy(MACHINE, "workshop-fork"), {"queue": queue})


def messages(workshop: Session, lost: Execution) -> list[str]:
    """All that has come to the queue since it was asked the last time."""
    found = []
    while got := workshop.client("sqs").receive_message(QueueUrl=lost.input["queue"]).get("Messages"):
        found += [each["Body"] for each in got]
        workshop.client("sqs").delete_message(QueueUrl=lost.input["queue"], ReceiptHandle=got[0]["ReceiptHandle"])
    return found


def test_from_the_lost_callback_on_only_what_comes_after_is_done(workshop: Session, lost: Execution) -> None:
    messages(workshop, lost)
    forked = fork(lost, "Ask", result={"says": "approved"})
    assert messages(workshop, lost) == ["approved"]
    assert forked.output["answer"] == {"says": "approved"}
    kept = next(event for event in lost.events if event["type"] == "TaskTimedOut")["id"] - 1
    assert forked.events[:kept] == lost.events[:kept]
    assert "-fork-" in forked.name
    listed = workshop.client("stepfunctions").list_executions(stateMachineArn=lost.machine.arn)["executions"]
    assert {lost.arn, forked.arn} <= {each["executionArn"] for each in listed}


def test_a_fork_can_be_redriven_forked_and_compared(lost: Execution) -> None:
    forked = fork(lost, "Ask", result={"no": "words"})
    assert forked.status == "FAILED"
    again = fork(forked, "Tell", input=forked.input | {"answer": {"says": "yes"}})
    assert again.status == "SUCCEEDED"
    text = show.compare(forked, again).text
    assert "first: Tell: input" in text


def test_a_recording_is_forked_by_its_definition_and_events_alone(workshop: Session, lost: Execution) -> None:
    recording: Any = {"definition": lost.machine.definition, "events": lost.events}
    better = json.loads(lost.machine.definition)
    better["States"]["Give up"] = {"Type": "Pass", "Result": "again", "End": True}
    forked = fork(recording, "Give up", workflow=better)
    assert forked.output == "again"
    assert forked.events[:-4] == lost.events[:-4]
    assert "no difference" not in show.compare(recording, forked).text


def test_what_cannot_be_is_refused_in_words(lost: Execution) -> None:
    with pytest.raises(WorkshopError, match='There is no such visit: "Asc" was visited 0 times'):
        fork(lost, "Asc")
    with pytest.raises(WorkshopError, match="Invalid State Machine Definition"):
        fork(lost, "Ask", workflow={"StartAt": "X", "States": {}})
