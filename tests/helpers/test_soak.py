"""What `workshop.py soak` takes for trouble in a notebook."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import nullcontext
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools.execute import find
from tools.soak import readers, trials
from tools.soak.orders import ORDERS, Ran, judged

SOURCES = [
    "workshop = connect()",
    "build()",
    "print('Checkpoint: built')",
    "go_on()",
    "print('Checkpoint: gone on')",
    "clean_up()",
]
LONG = "\n".join(["line"] * 10 + ["ValueError: why"])
SHORT = "Cell In[1], line 1\nValueError: why"


def good(*cells: int) -> list[Ran]:
    return [Ran(cell, "Checkpoint" if "Checkpoint" in SOURCES[cell] else "", "") for cell in cells]


def troubles(*runs: Ran) -> list[str]:
    return list(judged(SOURCES, list(runs)))


def test_from_top_to_bottom_there_is_none() -> None:
    assert troubles(*good(0, 1, 2, 3, 4, 5)) == []


def test_an_error_may_have_ten_lines() -> None:
    assert troubles(Ran(0, "", SHORT)) == []
    assert troubles(Ran(0, "", LONG)) == [
        "code cell 1 (workshop = connect()): a traceback of 11 lines: ValueError: why"
    ]


def test_a_checkpoint_after_a_failure_in_its_section_is_a_wrong_one() -> None:
    answer = troubles(*good(0), Ran(1, "", SHORT), *good(2))
    assert answer == [
        "code cell 3 (print('Checkpoint: built')): says Checkpoint, though code cells [2] have not worked "
        "since the last clean-up"
    ]
    assert troubles(*good(0), Ran(1, "", SHORT), Ran(2, "", SHORT)) == []


def test_what_worked_once_may_be_refused_the_second_time() -> None:
    assert troubles(*good(0, 1), Ran(1, "", SHORT), *good(2)) == []


def test_a_failure_before_the_last_checkpoint_does_not_count() -> None:
    assert troubles(Ran(1, "", SHORT), *good(3, 4)) == []


def test_after_clean_up_and_after_a_restart_nothing_has_worked_yet() -> None:
    assert len(troubles(*good(0, 1, 2, 3, 4, 5), *good(2))) == 1
    assert len(troubles(*good(0, 1, 2), Ran(-1, "", ""), *good(2))) == 1


def test_every_order_runs_cells_that_there_are() -> None:
    for order in ORDERS.values():
        assert {cell for cell in order(SOURCES) if cell is not None} <= set(range(len(SOURCES)))


def test_the_set_up_is_all_cells_down_to_the_one_that_connects() -> None:
    steps = ORDERS["again after clean_up but for the set-up"](["check()", *SOURCES])
    assert steps == [*range(7), *range(2, 7)]


def test_there_are_twelve_readers_and_each_ends_where_the_notebook_does() -> None:
    (path,) = find("03")
    lesson = readers.read(path)
    assert len(readers.READERS) == 12
    for habit, steps in readers.READERS.items():
        assert list(steps(lesson))[-1] == (lesson.end, lesson.cells[lesson.end]), habit
    assert set(lesson.solutions) < set(lesson.exercises)
    assert lesson.wrong(lesson.exercises[0]) == "goes_to = 'seven'"


@pytest.mark.parametrize(
    ("broken", "stumbles", "problem"),
    [(99, [], None), (1, ["code cell 2: NameError: no"] * 2, "code cell 2 does not work in the end: NameError: no")],
)
def test_a_cell_that_fails_to_the_last_is_a_problem_and_one_that_is_mended_a_stumble(
    broken: int, stumbles: list[str], problem: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = [new_code_cell(source) for source in ("workshop = connect()", "one = 1", "clean_up()")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "tiny.ipynb")

    def execute(client: object, number: int, source: str) -> Ran:
        return Ran(number, "", "line 1\nNameError: no\n" if number == broken else "")

    monkeypatch.setattr(readers, "kernel", lambda path: nullcontext((None, None)))
    monkeypatch.setattr(readers, "execute", execute)
    found = readers.reading(tmp_path / "tiny.ipynb", "runs each cell twice")
    assert found.stumbles == stumbles
    assert found.problems == ([problem] if problem else [])


def test_trials_go_on_until_their_goals_and_the_table_counts_what_was_lost_and_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", tempfile.gettempdir())

    def sound(chance: random.Random) -> Generator[trials.Try]:
        while True:
            yield trials.Try(2)

    def leaky(chance: random.Random) -> Generator[trials.Try]:
        yield trials.Try(lost=("an answer",))
        yield trials.Try(left=("a folder",))

    assert trials.run({"sound": (4, sound), "leaky": (2, leaky)}, 1, seed=0) == 1
    shown = capsys.readouterr().out
    assert "leaky, try 1: an answer" in shown
    assert "| sound | 4 of 4 | 4 | 0 | 0 | 0 |" in shown
    assert "| leaky | 2 of 2 | 1 | 1 | 1 | 0 |" in shown
    assert trials.run({"sound": (4, sound)}, 1, seed=0) == 0


def test_what_a_trial_starts_counts_as_left_while_it_lives_in_the_trials_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen(["sleep", "60"], env={**os.environ, "TMPDIR": str(tmp_path)}) as process:
        (found,) = trials.left(set(), 0)
        assert found.startswith(f"{process.pid} ")
        process.kill()
    assert trials.left(set(), 10) == ()
