"""An execution event by event: the same pictures as `svg` draws, in little room, with what each visit got and gave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import draw
from draw import history, replay, svg
from tests.draw.machines import History

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def recorded(path: Path) -> tuple[str, list[dict[str, Any]]]:
    stored = json.loads(path.read_text(encoding="utf-8"))
    definition = stored["definition"]
    return definition if isinstance(definition, str) else json.dumps(definition), stored["events"]


def train() -> tuple[str, list[dict[str, Any]]]:
    return recorded(next(path for path in HISTORIES if path.stem == "train"))


def pictures(film: dict[str, Any]) -> list[str]:
    """What a browser puts together, moment for moment."""
    shown: list[int] = []
    found = []
    for moment in film["moments"]:
        for first, gone, *come in moment["changes"]:
            shown[first : first + gone] = come
        found.append("".join(film["pieces"][piece] for piece in shown))
    return found


def visits_of(film: dict[str, Any], state: str) -> list[dict[str, Any]]:
    number = [each["name"] for each in film["states"]].index(state)
    return [visit for visit in film["visits"] if visit["state"] == number]


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_each_moment_is_the_picture_of_the_history_so_far(path: Path) -> None:
    definition, events = recorded(path)
    film = draw.film(definition, events, name="x")
    found = pictures(film)
    _, plan = draw._laid(draw.Opening("", definition), landscape=False)
    assert len(found) == len(events)
    for count in {1, 2, len(events) // 3, len(events) // 2, len(events) - 1, len(events)}:
        assert found[count - 1] == svg.render(plan, history.read(events[:count]), "x")[0]


def test_a_thousand_events_take_less_than_a_megabyte() -> None:
    definition, events = recorded(next(path for path in HISTORIES if path.stem == "many"))
    film = draw.film(definition, events)
    assert len(json.dumps(film)) / len(events) * 1000 < 1_000_000


def test_a_visit_has_what_it_got_and_gave_and_each_try_that_failed() -> None:
    definition, events = train()
    film = draw.film(definition, events)
    [visit] = visits_of(film, "Start training")
    answer = [event for event in events if history.details(event).get("name") == "Start training"]
    assert json.loads(film["texts"][visit["input"]]) == json.loads(answer[0]["stateEnteredEventDetails"]["input"])
    assert json.loads(film["texts"][visit["output"]]) == json.loads(answer[1]["stateExitedEventDetails"]["output"])
    assert [name for _, name, _ in visit["failures"]] == ["Model.Busy"]
    at, status, tries, left, *_ = visit["changes"][-1]
    assert film["moments"][at]["type"] == "TaskStateExited"
    assert (status, tries, left) == ("succeeded", 2, film["moments"][at]["seconds"])


def test_iterations_of_a_map_know_their_item_and_rounds_of_a_loop_do_not() -> None:
    film = draw.film(*train())
    assert sorted(visit["item"] for visit in visits_of(film, "Load batch")) == [0, 1, 2]
    assert {visit["item"] for visit in visits_of(film, "Get status")} == {None}


def rectangles(element: ElementTree.Element, x: int = 0, y: int = 0) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, width and height of every rectangle of a picture."""
    if moved := re.fullmatch(r"translate\((\d+) (\d+)\)", element.get("transform", "")):
        x, y = x + int(moved[1]), y + int(moved[2])
    if element.tag.endswith("rect") and "." not in f"{element.get('x')}{element.get('y')}":
        left, top, wide, high = (int(float(element.get(name, 0))) for name in ("x", "y", "width", "height"))
        yield x + left, y + top, wide, high
    for inner in element:
        yield from rectangles(inner, x, y)


@pytest.mark.parametrize("landscape", [False, True])
def test_a_state_is_where_it_is_said_to_be(landscape: bool) -> None:
    film = draw.film(*train(), name="x", landscape=landscape)
    drawn = set(rectangles(ElementTree.fromstring(pictures(film)[-1])))
    assert {tuple(state["place"]) for state in film["states"]} <= drawn
    assert len(film["states"]) == 17


def test_a_still_film_has_the_last_moment_alone() -> None:
    definition, events = train()
    film = draw.film(definition, events, name="x", moving=False)
    assert pictures(film) == [pictures(draw.film(definition, events, name="x"))[-1]]
    assert film["moments"][0]["id"] == events[-1]["id"]


def test_of_a_very_long_history_only_some_events_are_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MOST_MOMENTS", 10)
    definition, events = train()
    film = draw.film(definition, events)
    ids = [moment["id"] for moment in film["moments"]]
    assert len(ids) <= 11
    assert (ids[0], ids[-1]) == (1, events[-1]["id"])
    assert len(film["visits"]) == len(history.read(events).visits)


def test_long_inputs_are_cut_and_letters_that_no_file_holds_are_replaced() -> None:
    recording = History()
    recording.visit("Validate input")
    recording.events[1]["stateEnteredEventDetails"]["input"] = json.dumps({"long": "x" * 9000, "odd": "a\x00\ud800"})
    film = draw.film(train()[0], recording.events)
    [visit] = visits_of(film, "Validate input")
    text = film["texts"][visit["input"]]
    assert text.endswith("… of 9,036 letters")
    assert len(text) < replay.MOST_LETTERS + 40
    odd = replay.pretty(json.dumps("a\x00\ud800"), 100)
    odd.encode()
    assert odd.startswith('"a')


def test_json_is_laid_out_with_what_is_short_on_one_line() -> None:
    value = {"batches": [[1, 2], [3, 4]], "text": "x" * 40, "inner": {"a": None}}
    answer = replay.pretty(json.dumps(value), 1000)
    assert json.loads(answer) == value
    assert '  "batches": [[1, 2], [3, 4]],' in answer.splitlines()
    assert replay.pretty("no JSON", 1000) == "no JSON"
