"""show in all its forms, and watching an execution as it goes."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import IPython.core.getipython
import IPython.display
import pytest
from stepfunctions import steps
from stepfunctions.workflow import Workflow

from helpers import ExecutionFailed, WorkshopError, deploy, run, screen, show, views
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
    told = show.data(parent, state="Child").text
    assert "differs from what the history recorded" not in told
    assert json.dumps({"output": {"a": 1, "b": 2}}) in told


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
    monkeypatch.setattr(workshop, "target", "aws")
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


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Shown:
    shown = Shown()
    monkeypatch.setattr(IPython.display, "display", shown.display)
    monkeypatch.setattr(IPython.core.getipython, "get_ipython", lambda: shown)
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    return shown


@pytest.mark.parametrize("reason", ["speed", "pytest", "terminal"])
def test_where_nobody_can_watch_only_the_last_picture_is_drawn(
    workshop: Session, notebook: Shown, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setenv("WORKSHOP_SPEED", "max" if reason == "speed" else "10")
    if reason == "pytest":
        monkeypatch.setenv("PYTEST_VERSION", "9")
    if reason == "terminal":
        monkeypatch.setattr(IPython.core.getipython, "get_ipython", lambda: None)
    execution = run(deploy(CHILD, "workshop-view-child"), {}, watch=True)
    assert [picture.svg for picture in notebook.pictures] == [show(execution).svg]
    assert not notebook.displayed_for_updates


def test_pictures_replace_each_other_and_the_last_is_the_one_that_show_gives(
    workshop: Session, notebook: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_SPEED", "10")
    execution = run(deploy(CHILD, "workshop-view-child"), {}, watch=True)
    assert notebook.displayed_for_updates
    assert notebook.pictures[-1].svg == show(execution).svg
    assert screen.Screen().live
