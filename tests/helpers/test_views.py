"""show in all its forms, and watching an execution as it goes."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import IPython.display
import pytest
from botocore.exceptions import ClientError
from stepfunctions import steps
from stepfunctions.workflow import Workflow

from helpers import ExecutionFailed, WorkshopError, deploy, run, screen, show, views, watching
from helpers.pace import LONGEST, SHORTEST
from helpers.session import Session

PARENT = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Child"},
        "Child": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn.$": "$.machine", "Input": {"a": 1}},
            "ResultSelector": {"output.$": "$.Output"},
            "ResultPath": "$.child",
            "End": True,
        },
    },
}
CHILD = {"StartAt": "Add", "States": {"Add": {"Type": "Pass", "Result": 2, "ResultPath": "$.b", "End": True}}}
FAILING = {"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "Odd", "Cause": "7"}}}


@pytest.fixture(scope="module")
def parent(workshop: Session) -> Any:
    """An execution that waited and ran another."""
    child = deploy(CHILD, "workshop-view-child")
    return run(deploy(PARENT, "workshop-view"), {"machine": child.arn})


def test_the_timeline_has_the_child_execution_inside_the_state_that_began_it(parent: Any) -> None:
    lines = [line.split("s  ")[1].strip() for line in show.timeline(parent).text.splitlines()[1:]]
    assert [line.split("  ")[0] for line in lines] == ["Wait", "Child", "workshop-view-child", "Add"]


def test_events_are_chosen(parent: Any) -> None:
    assert show.events(parent, state="Wait", type="Exited").text.splitlines()[0].endswith("1 of 10 events")


def test_the_data_of_a_state_is_that_of_the_real_history(parent: Any) -> None:
    text = show.data(parent, state="Child").text
    assert "differs from what the history recorded" not in text
    assert json.dumps({"output": {"a": 1, "b": 2}}) in text


def test_a_failure_and_the_sdks_own_execution_are_executions(workshop: Session) -> None:
    with pytest.raises(ExecutionFailed) as raised:
        run(deploy(FAILING, "workshop-view-fails"))
    assert "failed: Odd" in show.timeline(raised.value).text
    workflow = Workflow("workshop-view-sdk", steps.Pass("Only"), workshop.roles.states)
    deploy(workflow)
    execution = workflow.execute(inputs={})
    show.live(execution)
    assert "StateExited" in show.events(execution).text


def test_what_is_no_execution_has_no_timeline(workshop: Session) -> None:
    with pytest.raises(WorkshopError, match="A dict is no execution"):
        show.timeline(CHILD)


def test_the_pages_address_is_told_to_a_reader_and_kept_out_of_committed_outputs(
    workshop: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "127.0.0.1" not in show.page().text + show.page().html
    monkeypatch.setattr(views, "attended", lambda: True)
    with urllib.request.urlopen(show.page().text) as answer:
        assert b"<title>" in answer.read()
    monkeypatch.setattr(workshop, "cloud", None)  # as on AWS
    assert "us-east-1.console.aws.amazon.com/states" in show.page().html


class Shown:
    """Stands for the notebook: what is displayed, and what replaces it."""

    def __init__(self) -> None:
        self.pictures: list[Any] = []

    def display(self, picture: Any, display_id: bool = False) -> Shown | None:
        self.pictures = [picture]
        self.displayed_for_updates = display_id
        return self if display_id else None

    def update(self, picture: Any) -> None:
        self.pictures.append(picture)


class Hurry:
    """Stands for the time module: nobody really waits, but the clock goes on."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 0.01
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """A notebook at which somebody sits."""
    shown = Shown()
    monkeypatch.setattr(IPython.display, "display", shown.display)
    monkeypatch.setattr(screen, "attended", lambda: True)
    return shown


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Hurry:
    clock = Hurry()
    monkeypatch.setattr(watching, "time", clock)
    return clock


HOUR = {
    "StartAt": "Begin",
    "States": {
        "Begin": {"Type": "Pass", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 3600, "Next": "Child"},
        "Child": PARENT["States"]["Child"],
    },
}


@pytest.fixture(scope="module")
def waiting(workshop: Session) -> tuple[Any, dict[str, str]]:
    """A machine that waits for an hour and runs another, and its input."""
    return deploy(HOUR, "workshop-view-hour"), {"machine": deploy(CHILD, "workshop-view-child").arn}


def test_where_nobody_sits_only_the_last_picture_is_drawn(
    waiting: Any, notebook: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "attended", lambda: False)
    execution = run(*waiting, watch=True)
    assert [picture.svg for picture in notebook.pictures] == [show(execution).svg]
    assert not notebook.displayed_for_updates


def test_an_hour_is_watched_in_seconds_with_a_clock_that_runs(waiting: Any, notebook: Shown, hurry: Hurry) -> None:
    execution = run(*waiting, watch=True)
    assert SHORTEST <= hurry.now <= LONGEST
    assert notebook.displayed_for_updates
    assert notebook.pictures[-1].svg == show(execution).svg
    clocks = [found[1] for picture in notebook.pictures if (found := re.search(">([^<]* gone)<", picture.svg))]
    assert len(set(clocks)) >= 3
    assert any("times as fast" in picture.svg for picture in notebook.pictures)
    assert not any("Child succeeded" in picture.alt for picture in notebook.pictures[:3])


def test_a_child_is_watched_as_it_was_then(waiting: Any, notebook: Shown, hurry: Hurry) -> None:
    run(*waiting, watch=True)
    visited = [picture.text.splitlines()[-1].split()[2] for picture in notebook.pictures if " s  " in picture.text]
    assert list(dict.fromkeys(visited)) == ["Begin", "Wait", "Child", "Add"]


def test_watching_changes_no_history(waiting: Any, notebook: Shown, hurry: Hurry) -> None:
    def answer(execution: Any) -> list[Any]:
        begin = execution.events[0]["timestamp"]
        seconds = [round((event["timestamp"] - begin).total_seconds(), 3) for event in execution.events]
        return [(event["id"], event["type"], at) for event, at in zip(execution.events, seconds, strict=True)]

    assert answer(run(*waiting, watch=True)) == answer(run(*waiting))


def test_in_real_time_it_is_shown_as_it_comes(
    waiting: Any, notebook: Shown, hurry: Hurry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_SPEED", "100")  # the cloud of these tests jumps: all has come at the first look
    execution = run(*waiting, watch=True)
    assert hurry.now < SHORTEST
    assert notebook.pictures[-1].svg == show(execution).svg


def test_an_interrupt_a_limit_or_lost_credentials_end_the_waiting_and_say_that_the_execution_goes_on(
    workshop: Session, notebook: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    def expire(_: float) -> None:
        raise ClientError({"Error": {"Code": "ExpiredTokenException"}}, "DescribeExecution")

    hurry = Hurry()
    monkeypatch.setattr(hurry, "sleep", interrupt)
    monkeypatch.setattr(watching, "time", hurry)
    queue = workshop.client("sqs").create_queue(QueueName="workshop-view-queue")["QueueUrl"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    machine = deploy({"StartAt": "Ask", "States": {"Ask": task}}, "workshop-view-ask")
    for watch in (False, True):
        with pytest.raises(KeyboardInterrupt, match="workshop-view-ask goes on") as raised:
            run(machine, watch=watch)
        arn = re.search(r'show.live\("([^"]+)"\)', str(raised.value))
        assert arn
        monkeypatch.setattr(watching, "LIMIT", -1.0)
        monkeypatch.setattr(hurry, "sleep", lambda seconds: None)
        with pytest.raises(WorkshopError, match="The execution of workshop-view-ask goes on"):
            run(arn[1], watch=watch)  # waited for again, and for too long
        monkeypatch.setattr(watching, "LIMIT", 7200.0)
        monkeypatch.setattr(hurry, "sleep", expire)
        with pytest.raises(WorkshopError, match=r"Sign in again.* The execution of workshop-view-ask goes on"):
            run(arn[1], watch=watch)
        monkeypatch.setattr(hurry, "sleep", interrupt)
        assert "Ask" in show(arn[1]).text
        workshop.client("stepfunctions").stop_execution(executionArn=arn[1])
        assert "aborted" in show(arn[1]).text
