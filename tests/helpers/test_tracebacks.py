"""Errors in a notebook: the kit's and AWS's in ten lines with their cure, everybody else's as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from IPython.core.interactiveshell import InteractiveShell
from stepfunctions import steps
from stepfunctions.steps.states import Graph
from stepfunctions.workflow import Workflow

from helpers import WorkshopError, tracebacks
from helpers.errors import LocalCloudDied
from helpers.session import Session

Show = Callable[..., list[str]]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Show:
    """Runs cells in a shell with the kit's errors; returns the lines that the last one showed."""
    monkeypatch.chdir(tmp_path)  # beside the notebook are only the reader's own files
    shell = InteractiveShell()
    seen: list[str] = []
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, value, lines: seen.append("\n".join(lines)))
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    tracebacks.install()

    def run(*cells: str, **names: Any) -> list[str]:
        shell.user_ns.update(names)
        for cell in cells:
            seen.clear()
            shell.run_cell(cell, store_history=True)
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(seen)).splitlines()

    return run


def refuse(code: str, message: str = "No.") -> None:
    raise ClientError({"Error": {"Code": code, "Message": message}}, "CreateTable")


def deep(error: Exception, floors: int = 30) -> None:
    if floors:
        deep(error, floors - 1)
    raise error


def test_an_error_of_the_kit_is_the_readers_line_and_the_message(shown: Show) -> None:
    lines = shown("a = 1\n\ndeep(error)", deep=deep, error=WorkshopError("Do this."))
    assert lines == ["Cell In[1], line 3", "----> 3 deep(error)", "", "WorkshopError: Do this."]


@pytest.mark.parametrize("message", ["one line", "\n".join(map(str, range(40)))])
def test_it_has_ten_lines_at_most_whatever_its_message(shown: Show, message: str) -> None:
    lines = shown("deep(error)", deep=deep, error=LocalCloudDied(message))
    assert len(lines) <= 10
    assert lines[-1].endswith(message.splitlines()[-1])


def test_a_function_of_the_readers_is_shown_with_its_line(shown: Show) -> None:
    lines = shown("def mine():\n    deep(error)", "mine()", deep=deep, error=WorkshopError("No."))
    assert lines[:4] == ["Cell In[2], line 1", "----> 1 mine()", "Cell In[1], line 2", "----> 2 deep(error)"]


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        ("NoSuchBucket", "The specified bucket does not exist", "Run the first cell again"),
        ("ResourceInUseException", "Table already exists: t", "Go on with the next cell"),
        ("StateMachineDoesNotExist", "State Machine Does Not Exist", "Run the cells above"),
        ("ResourceNotFoundException", "Function not found", "Run the cells above"),
        ("AWS.SimpleQueueService.NonExistentQueue", "", "Run the cells above"),
        ("ValidationException", 'Could not find model "m"', "Run the cells above"),
        ("EndpointConnectionError", "Could not connect to the endpoint URL", "Restart the kernel"),
    ],
)
def test_what_aws_says_after_clean_up_or_a_second_run_has_its_cure(
    shown: Show, code: str, message: str, remedy: str
) -> None:
    lines = shown("refuse(code, message)", refuse=refuse, code=code, message=message)
    assert code in "\n".join(lines)
    assert remedy in lines[-1]
    assert len(lines) <= 10


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("assert 1 == 2", "AssertionError"),
        ("None.uploaded", "There is no uploaded yet."),
        ("(started,) = []", "not enough values to unpack"),
    ],
)
def test_a_checkpoint_that_does_not_hold_and_what_is_not_there_yet_send_back(shown: Show, cell: str, said: str) -> None:
    lines = shown("\n" * 12 + cell)
    assert said in "\n".join(lines)
    assert lines[-1].endswith("from the last checkpoint on.")
    assert len(lines) <= 10


def test_run_before_the_set_up_is_a_name_that_is_missing_and_no_magic(shown: Show) -> None:
    assert "NameError: name 'run' is not defined" in "\n".join(shown("run(workflow, {})"))


def test_a_function_that_returns_no_state_is_named_as_the_cause(shown: Show) -> None:
    lines = shown("Graph(steps.Chain([steps.Pass('Begin'), None]))", Graph=Graph, steps=steps)
    assert lines[-1] == "A state of this workflow is None: a function above returns nothing. Return its state."


def test_an_error_that_nobody_knows_a_cure_for_has_none(shown: Show) -> None:
    assert shown("refuse('Throttling')", refuse=refuse)[-1].startswith("ClientError: An error occurred (Throttling)")


def test_the_readers_own_error_is_shown_in_full(shown: Show) -> None:
    lines = shown("import json\njson.loads('{')")
    assert sum("json/decoder.py" in line for line in lines) >= 1
    assert len(lines) > 10


def test_a_mistake_in_the_language_points_at_it(shown: Show) -> None:
    assert any("x = = 3" in line for line in shown("x = = 3"))


@pytest.mark.parametrize(("answer", "remedy"), [(..., "still `...`"), ({"MaxAttempts": 1}, "steps.Retry(...)")])
def test_what_the_sdk_stumbles_over_is_named_with_its_cure(
    shown: Show, workshop: Session, answer: object, remedy: str
) -> None:
    task = steps.Task("Read", resource="arn:aws:states:::lambda:invoke", retry=answer)
    cell = "Workflow('workshop-open', task, 'arn:aws:iam::123456789012:role/r')"
    lines = shown(cell, Workflow=Workflow, task=task)
    assert remedy in lines[-1]
    assert len(lines) <= 10


def test_the_name_of_a_skipped_cell_names_the_cell(
    shown: Show, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cells = [
        {"cell_type": "markdown", "source": "later = 3"},
        {"cell_type": "code", "source": ["# The tasks\n", "%matplotlib inline\n", "read, later = 1, 2"]},
        {"cell_type": "code", "source": "this is no Python"},
    ]
    path = tmp_path / "one.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert shown("later")[-1] == "The cell that makes later has not run. It begins: %matplotlib inline"
    assert not any("has not run" in line for line in shown("misspelt"))
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert not any("has not run" in line for line in shown("later"))


def test_an_interrupt_is_short_and_says_what_to_do(shown: Show) -> None:
    def stop(*answer: str) -> None:
        raise KeyboardInterrupt(*answer)

    assert shown("stop('It goes on.')", stop=stop)[-1] == "KeyboardInterrupt: It goes on."
    interrupted = shown("stop()", stop=stop)
    assert interrupted[-1] == "You interrupted this cell. Run it again: it starts from its beginning."
    assert len(interrupted) <= 6


def test_an_interrupt_that_comes_when_the_cell_has_failed_already_is_as_short(shown: Show) -> None:
    def stop(_: object) -> None:
        try:
            deep(LocalCloudDied("It is gone."))
        except LocalCloudDied:
            raise KeyboardInterrupt  # noqa: B904 - as it comes, out of nowhere

    lines = shown("get_ipython().events.register('post_run_cell', stop)", stop=stop)
    assert lines[-1] == "You interrupted this cell. Run it again: it starts from its beginning."
    assert len(lines) <= 6
