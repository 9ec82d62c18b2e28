"""What `workshop.py soak` takes for trouble in a notebook."""

from __future__ import annotations

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


def found(*runs: Ran) -> list[str]:
    return list(judged(SOURCES, list(runs)))


def test_from_top_to_bottom_there_is_none() -> None:
    assert found(*good(0, 1, 2, 3, 4, 5)) == []


def test_an_error_may_have_ten_lines() -> None:
    assert found(Ran(0, "", SHORT)) == []
    assert found(Ran(0, "", LONG)) == ["code cell 1 (workshop = connect()): a traceback of 11 lines: ValueError: why"]


def test_a_checkpoint_after_a_failure_in_its_section_is_a_wrong_one() -> None:
    answer = found(*good(0), Ran(1, "", SHORT), *good(2))
    assert answer == [
        "code cell 3 (print('Checkpoint: built')): says Checkpoint, though code cells [2] have not worked "
        "since the last clean-up"
    ]
    assert found(*good(0), Ran(1, "", SHORT), Ran(2, "", SHORT)) == []


def test_what_worked_once_may_be_refused_the_second_time() -> None:
    assert found(*good(0, 1), Ran(1, "", SHORT), *good(2)) == []


def test_a_failure_before_the_last_checkpoint_does_not_count() -> None:
    assert found(Ran(1, "", SHORT), *good(3, 4)) == []


def test_after_clean_up_and_after_a_restart_nothing_has_worked_yet() -> None:
    assert len(found(*good(0, 1, 2, 3, 4, 5), *good(2))) == 1
    assert len(found(*good(0, 1, 2), Ran(-1, "", ""), *good(2))) == 1


def test_every_order_runs_cells_that_there_are() -> None:
    for order in ORDERS.values():
        assert {cell for cell in order(SOURCES) if cell is not None} <= set(range(len(SOURCES)))


def test_the_set_up_is_all_cells_down_to_the_one_that_connects() -> None:
    steps = ORDERS["again after clean_up but for the set-up"](["check()", *SOURCES])
    assert steps == [*range(7), *range(2, 7)]
