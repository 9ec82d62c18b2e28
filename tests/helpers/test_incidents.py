"""Notebook 10's game: each incident is broken, its repairs are judged by behaviour, and the seed repeats it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers import checks
from helpers.session import Session

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture(scope="module")
def play(workshop: Session) -> Iterator[Callable[..., Any]]:
    """Begins a game: `play(seed=1)`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(NOTEBOOKS))
        module = importlib.import_module("src.game_day")
        yield lambda **more: module.GameDay(workshop, **more)


@pytest.fixture(scope="module")
def game(play: Callable[..., Any]) -> Any:
    return play(seed=7)


def states(definition: Any) -> Any:
    return definition["States"]


def retry_everything(definition: Any) -> None:
    states(definition)["Charge"]["Retry"][0]["ErrorEquals"] = ["States.ALL"]


def wake_nobody(definition: Any) -> None:
    states(definition)["Charge"]["Catch"][0]["ErrorEquals"] = ["BankBusy"]
    states(definition)["Charge"]["Catch"].reverse()


def forget_the_order(definition: Any) -> None:
    states(definition)["Charge"]["Catch"].reverse()
    states(definition)["Charge"]["Catch"][0]["ResultPath"] = "$"


def no_path_at_all(definition: Any) -> None:
    states(definition)["Label for abroad"]["Parameters"] = {"to.$": "$.address.city"}


def parcel_by_default(definition: Any) -> None:
    states(definition)["How to send?"]["Default"] = "Parcel"


def give_up_at_once(definition: Any) -> None:
    states(definition)["Printed?"]["Choices"][1]["StringEquals"] = "PRINTING"


def wait_for_nobody(definition: Any) -> None:
    states(definition)["Ask the warehouse"]["Resource"] = "arn:aws:states:::sqs:sendMessage"


def drop_the_losers(definition: Any) -> None:
    pack = states(definition)["Pack each item"]["ItemProcessor"]["States"]["Pack"]
    pack["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Skip"}]
    states(states(definition)["Pack each item"]["ItemProcessor"])["Skip"] = {"Type": "Pass", "End": True}


def one_key_for_all(definition: Any) -> None:
    states(definition)["Write up"]["Parameters"]["Payload"]["keep_at"] = "text"
    states(definition)["Count words"]["OutputPath"] = "$"


def never_again(definition: Any) -> None:
    del states(definition)["Book"]["Retry"]


def once_for_each_customer(definition: Any) -> None:
    states(definition)["Book"]["Parameters"]["Payload"]["request.$"] = "$.customer"


def long_and_often(definition: Any) -> None:
    states(definition)["Ask the carrier"]["TimeoutSeconds"] = 100


def output_as_text(definition: Any) -> None:
    states(definition)["Print the part"]["Resource"] += ".sync"


@pytest.mark.parametrize(
    ("number", "change", "remark"),
    [
        (1, None, 'should be stored with its total of '),
        (2, None, "whose card is busy should be charged"),
        (2, retry_everything, "the bank was asked 5 times about the card 'declined'"),
        (3, None, "should be 'another card'"),
        (3, wake_nobody, "the card 'unknown' should be 'person'"),
        (3, forget_the_order, "nobody knows whose order it was"),
        (4, None, "should say 'Graz, AT'"),
        (4, no_path_at_all, "should say 'Graz, AT'"),
        (5, None, "an order of 100 should go by courier"),
        (5, parcel_by_default, "an order of 100 should go by courier"),
        (6, None, "should end with PrintFailed"),
        (6, give_up_at_once, "done at the third look should be delivered"),
        (7, None, "should go on with its answer"),
        (7, wait_for_nobody, "should go on with its answer"),
        (8, None, "items should be packed, in their order"),
        (8, drop_the_losers, "items should be packed, in their order"),
        (9, None, "minutes has"),
        (9, one_key_for_all, "should be all of the output"),
        (10, None, "is booked 2 times"),
        (10, never_again, "should go through though the bank's answer is lost once"),
        (10, once_for_each_customer, "order 2 should be booked once, and is booked 0 times"),
        (11, None, "the order should go to the carrier"),
        (11, long_and_often, "and may take 300"),
        (12, None, "child.Output.pages"),
        (12, output_as_text, "child.Output.pages"),
    ],
)  # fmt: skip
def test_a_wrong_repair_is_told_what_still_happens(
    number: int, change: Any, remark: str, game: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def repair(definition: Any) -> Any:
        if change:
            change(definition)
        return definition

    checks.repaired(repair, game, number)
    words = capsys.readouterr().out
    assert words.startswith("Not yet: ")
    assert remark in words


def test_a_repair_is_asked_for_in_its_form(game: Any, capsys: pytest.CaptureFixture[str]) -> None:
    checks.repaired(..., game, 1)
    checks.repaired(lambda definition: None, game, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Not done yet")
    assert "Its last line is `return definition`" in lines[1]


def test_wrong_repairs_cost_points_and_a_second_solution_brings_none(play: Callable[..., Any]) -> None:
    game, namespace = play(seed=1), dict[str, Any]()
    exec((NOTEBOOKS / "solutions/10_incident_05_round_sum.py").read_text(), namespace)
    for repair in (lambda definition: definition, namespace["repair_5"], namespace["repair_5"]):
        checks.repaired(repair, game, 5)
    assert game.solved[5][0] == 8
    assert "5 round sum         8 of 10" in game.board()
    assert "8 of 220 points, 1 of 12 incidents." in game.board()


def test_a_seed_gives_the_same_game_again(play: Callable[..., Any]) -> None:
    drawn = [[play(seed=seed).draw(number).random() for number in range(1, 13)] for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]
