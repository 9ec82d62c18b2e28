"""The proof of parity: what is compared of two clouds' histories, and that planted differences are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.draw.pictures import History
from tools import execute, histories, verify

MACHINE = "workshop-00-x"


def polling(rounds: int) -> list[str]:
    recorded = History()
    for _ in range(rounds):
        recorded.visit("Wait")
        recorded.visit("Look", tries=(None,))
    recorded.visit("Keep", tries=("Busy", None))
    recorded.add("ExecutionSucceeded", recorded.visit("Done"))
    return histories.lines(recorded.events)


def test_how_often_a_loop_looks_is_no_difference() -> None:
    assert polling(2) == polling(7)
    assert [line.partition(":")[0] for line in polling(3)] == ["Wait", "Look", "Keep", "Done", "succeeded"]


def test_an_execution_with_injected_faults_is_not_compared() -> None:
    recorded = History()
    recorded.visit("Keep", tries=("Busy", None))
    recorded.events[4]["taskFailedEventDetails"]["cause"] = "Slow down (injected)"
    assert histories.lines(recorded.events) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (lambda run: run, []),
        (lambda run: [*run[:-1], "failed States.Timeout"], ["not there: succeeded", "instead: failed States.Timeout"]),
        (lambda run: [line for line in run if not line.startswith("Look")], ["not there: Look"]),
        (lambda run: [*run[:1], "Pass: PassStateEntered", *run[1:]], ["instead: Pass"]),
        (lambda run: [run[1], run[0], *run[2:]], ["the same steps in another order"]),
    ],
    ids=["none", "another end", "a state less", "a state more", "another order"],
)
def test_a_planted_difference_is_found(planted: Any, found: list[str]) -> None:
    run = polling(2)
    differences = histories.differences({MACHINE: [run, run]}, {MACHINE: [run, planted(run)]})
    assert len(differences) == len(found)
    assert all(line.startswith(f"{MACHINE}: {start}") for line, start in zip(differences, found, strict=True))


def test_executions_and_machines_that_are_missing_or_more_are_found() -> None:
    run = polling(2)
    assert histories.differences({MACHINE: [run, run]}, {MACHINE: [run], "workshop-00-y": [run]}) == [
        f"{MACHINE}: an execution less that ended succeeded",
        "workshop-00-y: not known",
    ]


CELLS = (
    "from helpers import *; workshop = connect()",
    'again = deploy({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, "workshop-00-a")',
    "run(again); run(again)",
    "clean_up()",
)


def test_a_notebook_is_run_and_compared_and_the_report_names_no_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "00_a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]), path)
    monkeypatch.setattr(execute, "find", lambda name: [path])
    monkeypatch.setattr(verify, "REPORT", tmp_path / "report.json")
    execute.histories_of(path).parent.mkdir()
    _, found = execute.run(path, 60)
    assert found == {"workshop-00-a": [["A: PassStateEntered, PassStateExited", "succeeded"]] * 2}
    found["workshop-00-a"][0][0] = "A: TaskStateEntered in 123456789012"
    execute.histories_of(path).write_text(json.dumps(found))
    assert verify.main(["00"]) == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["notebooks"]["00_a"]["differences"] == [
        "workshop-00-a: not there: A: TaskStateEntered in (account)",
        "workshop-00-a: instead: A: PassStateEntered, PassStateExited",
    ]
    assert "00_a: 2 executions, 2 DIFFERENCES" in capsys.readouterr().out
