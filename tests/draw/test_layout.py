"""Where things stand: nothing on top of anything else, in portrait and in landscape."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from draw import folds, layout, model
from draw.forms import LANDSCAPE, PORTRAIT, Form
from draw.plan import Plan, Route, reach
from tests.draw.machines import ANY, LAMBDA, MACHINES, TRAIN, Machine

FORMS = {"portrait": PORTRAIT, "landscape": LANDSCAPE}
Area = tuple[int, int, int, int]  # left, top, right, bottom

every_machine = pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES.keys())
both_forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
every_form = pytest.mark.parametrize("form", [*FORMS.values(), None], ids=[*FORMS, "folded"])


def scopes(placed: Plan) -> Iterator[Plan]:
    yield placed
    for box in placed.boxes:
        for _, _, inner in box.inner:
            yield from scopes(inner)


def areas(placed: Plan) -> dict[str, Area]:
    return {box.node.name: (box.x, box.y, box.x + box.w, box.y + box.h) for box in placed.boxes}


def overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def stretches(route: Route) -> Iterator[Area]:
    for (x0, y0), (x1, y1) in zip(route.points, route.points[1:], strict=False):
        assert x0 == x1 or y0 == y1, "not at right angles"
        yield min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def placed_as(machine: Machine, form: Form | None) -> Plan:
    """A machine placed in a form; as None in columns, however short it is."""
    if form is not None:
        return layout.place(model.parse(machine), form)
    plan = layout.place(model.parse(machine))
    cuts = folds._cuts(plan)
    return folds._folded(plan, tuple(cuts[1::2])) if len(cuts) > 1 else plan


def check(machine: Machine, form: Form | None) -> None:
    """States stand apart and inside their scope; edges run at right angles and through no state."""
    for placed in scopes(placed_as(machine, form)):
        found = areas(placed)
        for name, area in found.items():
            assert area[0] >= 0
            assert area[1] >= 0
            assert area[2] <= placed.w
            assert area[3] <= placed.h
            assert not [other for other in found if other != name and overlap(area, found[other])], name
            for route in placed.routes:
                assert not any(overlap(area, stretch) for stretch in stretches(route)), (name, route.edge)


@every_form
@every_machine
def test_states_stand_apart_and_edges_run_between_them(machine: Machine, form: Form | None) -> None:
    check(machine, form)


@every_form
@every_machine
def test_words_on_edges_stand_apart_from_states_and_from_each_other(machine: Machine, form: Form | None) -> None:
    for placed in scopes(placed_as(machine, form)):
        said = [route for route in placed.routes if route.label and any(route.label.lines)]
        for number, route in enumerate(said):
            assert not [name for name, area in areas(placed).items() if overlap(reach(route), area)], route.edge
            for other in said[number + 1 :]:
                assert not overlap(reach(route), reach(other)), (route.edge, other.edge)


@both_forms
def test_the_main_path_is_a_straight_spine(form: Form) -> None:
    boxes = {box.node.name.strip("\0"): box for box in layout.place(model.parse(TRAIN), form).boxes}
    spine = [
        boxes[name] for name in ("start", "Validate input", "Wait", "Evaluate", "Score batches", "Published", "end")
    ]
    across = {box.y + box.h // 2 if form.landscape else box.middle for box in spine}
    along = [box.x if form.landscape else box.y for box in spine]
    assert len(across) == 1
    assert along == sorted(along)


def chain(length: int) -> Machine:
    """States one after the other."""
    states = {f"Step {number}": {"Type": "Pass", "Next": f"Step {number + 1}"} for number in range(length - 1)}
    return {"StartAt": "Step 0", "States": states | {f"Step {length - 1}": {"Type": "Succeed"}}}


@pytest.mark.parametrize("length", [8, 12, 20])
def test_a_long_chain_fits_a_projector_in_columns_from_left_to_right(length: int) -> None:
    plan = folds.fold(layout.place(model.parse(chain(length))))
    assert plan.h <= 720
    assert plan.w <= 1280
    steps = [box for box in plan.boxes if box.node.kind == "Pass"]
    assert [(box.x, box.y) for box in steps] == sorted((box.x, box.y) for box in steps)


def test_what_fits_is_not_folded() -> None:
    plan = layout.place(model.parse(chain(4)))
    assert folds.fold(plan) is plan


@pytest.mark.parametrize("machine", [MACHINES["train"], MACHINES["sixty"], chain(20)], ids=["train", "sixty", "chain"])
def test_edges_that_go_around_lie_on_no_other(machine: Machine) -> None:
    """But for those that share their way to one state."""
    plan = folds.fold(layout.place(model.parse(machine)))
    taken: dict[tuple[bool, int], list[tuple[int, int, str]]] = {}
    for route in plan.routes:
        for left, top, right, low in stretches(route):
            upright = left == right
            line = taken.setdefault((upright, left if upright else top), [])
            start, end = (top, low) if upright else (left, right)
            for other_start, other_end, target in line:
                apart = end <= other_start or other_end <= start
                assert apart or route.edge.target == target or _near_a_state(plan, left, top), route.edge
            line.append((start, end, route.edge.target))


def _near_a_state(plan: Plan, x: int, y: int) -> bool:
    """Whether edges out of one state begin here together."""
    return any(box.x - 30 <= x <= box.x + box.w + 30 and box.y <= y <= box.y + box.h + 60 for box in plan.boxes)


def test_branches_that_are_too_many_for_a_page_stand_in_bands() -> None:
    wide = {"StartAt": "All", "States": {"All": {"Type": "Parallel", "Branches": [MACHINES["one"]] * 12, "End": True}}}
    box = next(box for box in layout.place(model.parse(wide)).boxes if box.inner)
    assert len({top for _, top, _ in box.inner}) == 2
    assert box.w < 1400


def tangled(seed: int, depth: int = 0) -> Machine:
    """A machine whose states lead anywhere, as no sensible person would write it."""
    dice = random.Random(seed)
    names = [f"{depth}.{number} {'x' * dice.randint(0, 18)}" for number in range(dice.randint(1, 8))]
    states: dict[str, Any] = {}
    for number, name in enumerate(names):
        kind = dice.choice(["Task", "Task", "Choice", "Wait", "Fail", "Parallel", "Map"])
        if depth > 1 and kind in ("Parallel", "Map"):
            kind = "Task"
        state: dict[str, Any] = {"Type": kind, "Resource": LAMBDA}
        if kind == "Choice":
            rules = [
                {"Variable": "$.v", "NumericEquals": i, "Next": dice.choice(names)} for i in range(dice.randint(1, 4))
            ]
            state |= {"Choices": rules, "Default": dice.choice(names)}
        elif kind != "Fail":
            state |= {"Next": dice.choice(names[number + 1 :])} if number + 1 < len(names) else {"End": True}
            state["Catch"] = [{"ErrorEquals": ANY, "Next": dice.choice(names)} for _ in range(dice.randint(0, 2))]
        if kind == "Parallel":
            state["Branches"] = [tangled(dice.randrange(10**9), depth + 1) for _ in range(dice.randint(1, 3))]
        if kind == "Map":
            state["ItemProcessor"] = tangled(dice.randrange(10**9), depth + 1)
        states[name] = state
    return {"StartAt": names[0], "States": states}


@every_form
@pytest.mark.parametrize("seed", range(40))
def test_however_tangled_a_machine_is_its_states_stand_apart(seed: int, form: Form | None) -> None:
    check(tangled(seed), form)
