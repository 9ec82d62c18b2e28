"""Two executions side by side: every difference that is named is one, and the first is where they part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import draw
from draw.comparison import NOTHING, Difference, Side, changed, differences
from tools.soak.machines import World, input_of, machine


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def side(name: str, definition: dict[str, Any], events: list[dict[str, Any]]) -> Side:
    return Side(name, definition, events, (f":m:{name}",))


def events_of(one: Side, state: str, end: str) -> list[dict[str, Any]]:
    """The details of a state's events whose type ends so."""
    found = [each for each in one.events if each["type"].endswith(end)]
    details = [each.get(f"state{end.removeprefix('State')}EventDetails", {}) for each in found]
    return [dict(each) for each in details if each["name"] == state]


def holds(each: Difference, one: Side, value: Any) -> bool:
    """Whether an execution's own events say what a difference says of it."""
    entered, exited = events_of(one, each.state, "StateEntered"), events_of(one, each.state, "StateExited")
    if value is NOTHING:
        return each.what in ("next", "output", "variables", "error") or len(entered) < len(one.events)
    said = {
        "input": [json.loads(event["input"]) for event in entered],
        "output": [json.loads(event["output"]) for event in exited],
        "next": [event["stateEnteredEventDetails"]["name"] for event in one.events if "Entered" in event["type"]],
    }
    if each.what == "visit":
        return bool(entered)
    return value in said[each.what] if each.what in said else True


def test_every_difference_between_two_runs_of_a_random_machine_is_one(world: World) -> None:
    for seed in range(40):
        definition = machine(seed)
        sides = []
        for name, who in (("one", seed), ("two", seed + 1)):
            ran = world.run(definition, input_of(who) | {"items": [1, 2]}, name)
            sides.append(side(name, definition, ran.history.events))
        found = differences(*sides)
        assert found, "the inputs differ"
        for each in found:
            assert each.first is not each.second
            assert each.first != each.second or json.dumps(each.first) != json.dumps(each.second)
            assert all(holds(each, one, value) for one, value in zip(sides, (each.first, each.second), strict=True))
            visits = [each.key in one.visits for one in sides]
            assert all(visits) is (each.what != "visit")
        order = {key: at for at, key in enumerate(sides[0].visits)}
        assert order[found[0].key] == 0, "the first state's input"


def test_an_execution_and_its_fork_that_changes_nothing_do_not_differ(world: World) -> None:
    for seed in range(10):
        definition = machine(seed)
        one = world.run(definition, input_of(seed))
        name = next(e["stateEnteredEventDetails"]["name"] for e in one.history.events if "Entered" in e["type"])
        two = world.fork(one, definition, name)
        assert differences(*(side(each.name, definition, each.history.events) for each in (one, two))) == []


OLD = {
    "StartAt": "Read",
    "States": {
        "Read": {"Type": "Pass", "Result": {"total": 9}, "Next": "Enough?"},
        "Enough?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.total", "NumericGreaterThan": 10, "Next": "Pay"}],
            "Default": "Ask",
        },
        "Ask": {"Type": "Wait", "Seconds": 30, "Next": "Pay"},
        "Pay": {"Type": "Pass", "End": True},
    },
}


@pytest.fixture(scope="module")
def versions(world: World) -> tuple[Side, Side]:
    """The old version asks, the new one reads another total, pays, and keeps what it paid."""
    new: dict[str, Any] = json.loads(json.dumps(OLD))
    new["States"]["Read"]["Result"] = {"total": 20}
    new["States"]["Pay"] = {"Type": "Pass", "Next": "Keep"}
    new["States"]["Keep"] = {"Type": "Pass", "End": True}
    old_run, new_run = world.run(OLD, {}, "one"), world.run(new, {}, "two")
    return side("old", OLD, old_run.history.events), side("new", new, new_run.history.events)


def test_the_first_difference_then_those_that_follow_then_the_definitions(versions: tuple[Side, Side]) -> None:
    found = [(each.where, each.what) for each in differences(*versions)]
    assert found[0] == ("Read", "output")
    assert ("Enough?", "next") in found
    assert ("Ask", "visit") in found
    assert ("Keep", "visit") in found
    assert [each.state for each in changed(*versions)] == ["Read", "Pay", "Keep"]


def test_the_page_lights_the_first_difference_and_says_times_and_costs(versions: tuple[Side, Side]) -> None:
    page = draw.compare(*versions, cost=lambda events: 0.001 * len(list(events)))
    lines = page.text.splitlines()
    assert lines[0].startswith("old and new: ")
    assert "first: Read: output" in lines
    (ask,) = [line for line in lines if line.startswith("Ask  ")]
    assert ask.split("  ")[-1] == "visit"
    assert "\N{MINUS SIGN}30 s" in ask
    assert "\N{MINUS SIGN}$2.000 a thousand" in ask
    assert "first difference" in page.html
    assert "only here" in page.html
    assert 'alt="old and new' in page.html
    assert "%3Canimate" in page.html, "it plays without a kernel"


def test_two_executions_that_did_the_same_have_no_difference(versions: tuple[Side, Side]) -> None:
    page = draw.compare(versions[0], versions[0], landscape=True)
    assert "no difference" in page.text
    assert "first difference" not in page.html
