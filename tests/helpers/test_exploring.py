"""explore: planted bugs of real kinds are found, named and cut down; a sound workflow holds; a seed is one world."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers import WorkshopError, deploy, explore, show
from helpers.session import Session

SOURCE = "def handler(event, context):\n    return {'seen': event['n']}\n"


def retry(*errors: str, most: int = 4) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(errors), "IntervalSeconds": 1, "MaxAttempts": most}]


def task(resource: str, following: str | None = None, **fields: Any) -> dict[str, Any]:
    way = {"Next": following} if following else {"End": True}
    arn = resource if resource.startswith("arn:") else f"arn:aws:states:::{resource}"
    return {"Type": "Task", "Resource": arn, "ResultPath": None, **way, **fields}


def alone(state: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "Do", "States": {"Do": state, **more}}


class Things:
    """What the workflows call."""

    def __init__(self, workshop: Session, folder: Path) -> None:
        self.queue = workshop.client("sqs").create_queue(QueueName="workshop-explore")["QueueUrl"]
        key = {"AttributeName": "id", "KeyType": "HASH"}
        workshop.client("dynamodb").create_table(
            TableName="workshop-explore",
            KeySchema=[key],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        file = folder / "see.py"
        file.write_text(SOURCE)
        self.function = deploy(file, "workshop-explore-see").arn
        nap = {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 5, "End": True}}}
        self.child = deploy(nap, "workshop-explore-child").arn

    def send(self, following: str | None = None, **fields: Any) -> dict[str, Any]:
        body = {"QueueUrl": self.queue, "MessageBody.$": "States.JsonToString($)"}
        return task("sqs:sendMessage", following, Parameters=body, **fields)

    def store(self, following: str | None = None, **fields: Any) -> dict[str, Any]:
        item = {"TableName": "workshop-explore", "Item": {"id": {"S.$": "States.JsonToString($)"}}}
        return task("dynamodb:putItem", following, Parameters=item, **fields)

    def ask(self, **fields: Any) -> dict[str, Any]:
        body = {"QueueUrl": self.queue, "MessageBody.$": "$$.Task.Token"}
        return task("sqs:sendMessage.waitForTaskToken", Parameters=body, **fields)

    def see(self, **fields: Any) -> dict[str, Any]:
        return task(self.function, Parameters={"n.$": "$"}, **fields)

    def nap(self, **fields: Any) -> dict[str, Any]:
        return task("states:startExecution.sync:2", Parameters={"StateMachineArn": self.child}, **fields)

    def each(self, state: dict[str, Any], **more: Any) -> dict[str, Any]:
        many = {"Type": "Map", "ItemProcessor": alone(state, **more), "MaxConcurrency": 2, "End": True}
        return {"StartAt": "Each", "States": {"Each": many}}


ALL = ("States.ALL",)
RUN = ("Lambda.TooManyRequestsException", "Lambda.SdkClientException", "Sandbox.Timedout", "Runtime.ExitError")

#: What is planted, given `Things`; what is said; the fewest faults; more of explore's arguments.
PLANTED: list[tuple[str, Any, str, int, dict[str, Any]]] = [
    ("no retry", lambda t: t.each(t.store()), "no Retry on DynamoDB.ThrottlingException at 'Do', and no Catch", 1, {}),
    (
        "too few tries",
        lambda t: alone(t.store(Retry=retry(*ALL, most=1))),
        "Retry on DynamoDB.ThrottlingException at 'Do' gives up after 1 try",
        2,
        {"faults": ["throttled"]},
    ),
    (
        "the wrong error is retried",
        lambda t: t.each(t.see(Retry=retry("Lambda.ServiceException"))),
        "no Retry on Lambda.TooManyRequestsException at 'Do', and no Catch",
        1,
        {},
    ),
    (
        "a callback without a limit",
        lambda t: alone(t.ask(Retry=retry(*ALL))),
        "no TimeoutSeconds or HeartbeatSeconds at 'Do', and nobody answers",
        1,
        {"faults": ["lost callback"]},
    ),
    (
        "a limit that nobody catches",
        lambda t: alone(t.ask(TimeoutSeconds=60)),
        "no Retry on States.Timeout at 'Do', and no Catch",
        1,
        {"faults": ["lost callback"]},
    ),
    (
        "a message is sent twice",
        lambda t: alone(t.send("Store", Retry=retry(*ALL)), Store=t.store(Retry=retry(*ALL))),
        "'Do' is tried again and does its work twice: it is not idempotent",
        1,
        {},
    ),
    (
        "a function is killed",
        lambda t: alone(t.see(Retry=retry("Lambda.TooManyRequestsException", "Sandbox.Timedout"))),
        "no Retry on Runtime.ExitError at 'Do', and no Catch",
        1,
        {"faults": ["killed"]},
    ),
    (
        "a Catch swallows an item",
        lambda t: t.each(
            t.store(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Shrug"}]), Shrug={"Type": "Pass", "End": True}
        ),
        "the workflow succeeds, and nothing does what was to be done at 'Do'",
        1,
        {"faults": ["throttled"]},
    ),
    ("a slow child", lambda t: alone(t.nap(Retry=retry(*ALL))), "takes longer than it may", 1, {"within": 600}),
    (
        "a dear way round",
        lambda t: alone(
            t.see(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Feel"}]),
            Feel=task("aws-sdk:comprehend:detectSentiment", Parameters={"Text": "Good.", "LanguageCode": "en"}),
        ),
        "costs more than it may",
        1,
        {"faults": ["killed"], "max_usd": 0.0003},
    ),
    (
        "a child that never ends",
        lambda t: alone(t.nap(Retry=retry(*ALL))),
        "no TimeoutSeconds or HeartbeatSeconds at 'Do', and nobody answers",
        1,
        {"faults": ["timed out"]},
    ),
    (
        "a batch done in part",
        lambda t: alone(
            task(
                "aws-sdk:sqs:sendMessageBatch",
                Parameters={
                    "QueueUrl": t.queue,
                    "Entries": [{"Id": "1", "MessageBody": "a"}, {"Id": "2", "MessageBody": "b"}],
                },
                Retry=retry("Sqs.RequestThrottledException"),
            )
        ),
        "the workflow succeeds, and nothing looks at what was left undone at 'Do'",
        1,
        {"faults": ["partial batch"]},
    ),
]


@pytest.fixture(scope="module")
def things(workshop: Session, tmp_path_factory: pytest.TempPathFactory) -> Things:
    return Things(workshop, tmp_path_factory.mktemp("explore"))


@pytest.mark.parametrize(("name", "build", "missing", "fewest", "more"), PLANTED, ids=[each[0] for each in PLANTED])
def test_a_planted_bug_is_found_named_and_cut_down(
    things: Things, name: str, build: Any, missing: str, fewest: int, more: dict[str, Any]
) -> None:
    machine = deploy(build(things), "workshop-explore-" + name.replace(" ", "-"))
    exploration = explore(machine, [1, 2, 3], seeds=60, answers={"Do": {"yes": True}}, **more)
    (found,) = [each for each in exploration.found if each.missing == missing]
    assert len(found.faults) == fewest
    again = explore(machine, [1, 2, 3], seeds=found.seed + 1, answers={"Do": {"yes": True}}, **more)
    assert (found.missing, found.faults) in [(each.missing, each.faults) for each in again.found]
    assert missing in exploration.text
    assert found.execution.events[0]["type"] == "ExecutionStarted"
    assert (
        "injected" in json.dumps(found.execution.events, default=str)
        or found.execution.status != "FAILED"
        or (found.error == "States.Timeout")
    )


def test_a_sound_workflow_holds_and_is_called_once_for_each_thing_it_asks(workshop: Session, things: Things) -> None:
    sound = things.each(
        things.see(following="Store", Retry=retry(*RUN)), Store=things.store("Send", Retry=retry(*ALL)),
        Send=things.send(Retry=retry("SQS.RequestThrottledException", "SQS.AmazonSQSException")),
    )  # fmt: skip
    machine = deploy(sound, "workshop-explore-sound")
    receive = workshop.client("sqs").receive_message
    while receive(QueueUrl=things.queue, MaxNumberOfMessages=10).get("Messages"):
        pass
    exploration = explore(machine, [1, 2, 3], seeds=200)
    assert exploration.found == []
    assert exploration.text == "workshop-explore-sound held in all 200 worlds"
    sent = receive(QueueUrl=things.queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted(each["Body"] for each in sent) == ["1", "2", "3"]


def test_what_breaks_it_opens_like_any_execution(things: Things) -> None:
    exploration = explore(deploy(things.each(things.store()), "workshop-explore-open"), [1], seeds=1)
    (found,) = exploration.found
    assert found.execution.status == "FAILED"
    assert "injected" in show(found.execution).text or "ThrottlingException" in show(found.execution).text


def test_a_workflow_that_fails_by_itself_is_refused(things: Things) -> None:
    machine = deploy(alone({"Type": "Fail", "Error": "Odd"}), "workshop-explore-failing")
    with pytest.raises(WorkshopError, match=r"Where nothing goes wrong, the workflow ends FAILED \(Odd\)"):
        explore(machine, seeds=1)
    with pytest.raises(WorkshopError, match=r"There is no fault 'throtled'. There are: throttled, timed out"):
        explore(machine, faults=["throtled"])
