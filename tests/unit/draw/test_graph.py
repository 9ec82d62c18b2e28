"""The picture as a whole: its story, its bytes, its geometry.

After a wanted change of the pictures, look at them, then: python -m tests.unit.draw.test_graph
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from helpers import draw
from helpers.draw import layout, model, plan
from tests.unit.draw.machines import LONG_NAME, MACHINES, ONE, TRAIN, History

GOLDEN = Path(__file__).parent / "golden"


def failed_training() -> list[dict[str, Any]]:
    """TRAIN, up to a training that fails four times and is caught."""
    told = History()
    told.visit("Validate input")
    told.visit("Start training", tries=("States.TaskFailed",) * 4)
    told.visit("Notify failure")
    last = told.enter("Rejected", "Fail")
    told.add("ExecutionFailed", last, error="Rejected", cause="not good enough")
    return told.events


def polled_training() -> list[dict[str, Any]]:
    """TRAIN, after three rounds of its loop, in the middle of its Parallel."""
    told = History()
    told.visit("Validate input")
    told.visit("Start training", tries=("Busy", None))
    for _ in range(3):
        told.enter("Wait", "Wait")
        told.now += 30
        told.leave("Wait", "Wait")
        told.visit("Get status")
        told.enter("Training done?", "Choice")
        told.leave("Training done?", "Choice")
    started = told.add("ParallelStateStarted", told.enter("Evaluate", "Parallel"))
    told.visit("Accuracy", previous=started)
    told.enter("Sample", previous=started)
    return told.events


def pictures() -> dict[str, draw.Picture]:
    drawn = {name: draw.graph(machine) for name, machine in MACHINES.items() if name != "sixty"}
    drawn["train_failed"] = draw.graph(TRAIN, failed_training(), name="train-and-publish")
    drawn["train_running"] = draw.graph(TRAIN, polled_training(), name="train-and-publish")
    return drawn


@pytest.mark.parametrize("name", [*(name for name in MACHINES if name != "sixty"), "train_failed", "train_running"])
def test_a_picture_has_the_same_bytes_as_when_it_was_looked_at(name: str) -> None:
    assert pictures()[name].svg == (GOLDEN / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MACHINES)
def test_a_picture_is_small_well_formed_and_has_presentation_attributes_only(name: str) -> None:
    drawn = draw.graph(MACHINES[name])
    assert len(drawn.svg.encode()) < 60_000
    elements = list(ElementTree.fromstring(drawn.svg).iter())
    assert {element.tag.rpartition("}")[2] for element in elements} <= {"svg", "g", "rect", "path", "circle", "text"}
    forbidden = {"style", "class", "id", "href", "onload"}
    assert not forbidden & {attribute for element in elements for attribute in element.attrib}


def _rectangles(placed: plan.Plan, left: int = 0, top: int = 0) -> list[tuple[plan.Plan, plan.Box, int, int]]:
    found = []
    for box in placed.boxes:
        found.append((placed, box, left + box.x, top + box.y))
        for x, y, inner in box.inner:
            found += _rectangles(inner, left + box.x + x, top + box.y + y)
    return found


@pytest.mark.parametrize("name", MACHINES)
def test_states_do_not_overlap_and_stay_inside_their_box(name: str) -> None:
    for placed, box, _, _ in _rectangles(layout.place(model.parse(MACHINES[name]))):
        assert box.x >= 0
        assert box.x + box.w <= placed.w
        assert box.y + box.h <= placed.h
        for other in placed.boxes:
            apart = (
                box.x + box.w <= other.x
                or other.x + other.w <= box.x
                or box.y + box.h <= other.y
                or other.y + other.h <= box.y
            )
            assert other is box or apart, (box.name, other.name)


@pytest.mark.parametrize("name", MACHINES)
def test_edges_run_at_right_angles_and_never_through_a_state(name: str) -> None:
    scopes = {id(placed): placed for placed, *_ in _rectangles(layout.place(model.parse(MACHINES[name])))}
    for placed in scopes.values():
        for route in placed.routes:
            for (x0, y0), (x1, y1) in zip(route.points, route.points[1:], strict=False):
                assert x0 == x1 or y0 == y1
                for box in placed.boxes:
                    inside = (
                        min(x0, x1) < box.x + box.w
                        and max(x0, x1) > box.x
                        and min(y0, y1) < box.y + box.h
                        and max(y0, y1) > box.y
                    )
                    assert not inside, (route.edge, box.name)


def test_the_main_path_is_a_straight_spine() -> None:
    boxes = {box.name[0]: box for box in layout.place(model.parse(TRAIN)).boxes}
    spine = ("Start", "Validate input", "Wait", "Evaluate", "Good enough?", "Score batches", "Published", "End")
    assert len({boxes[name].middle for name in spine}) == 1


def test_markup_in_names_stays_text() -> None:
    drawn = draw.graph(MACHINES["odd"], [], name="<script>alert(2)</script>")
    html = drawn._repr_mimebundle_()["text/html"]
    assert "<script" not in drawn.svg
    assert "<script" not in html
    assert "&lt;script&gt;alert(2)" in drawn.svg


def test_control_characters_do_not_break_the_picture() -> None:
    odd = {"StartAt": "a\x00\ud800b", "States": {"a\x00\ud800b": {"Type": "Succeed"}}}
    assert ElementTree.fromstring(draw.graph(odd).svg) is not None


def test_jupyter_gets_an_image_with_a_sentence_and_a_terminal_gets_a_trace() -> None:
    drawn = draw.graph(TRAIN, failed_training(), name="train-and-publish")
    bundle = drawn._repr_mimebundle_()
    image = re.fullmatch(
        r'<img alt="([^"]+)" width="(\d+)" height="(\d+)" src="data:image/svg\+xml;base64,([^"]+)">',
        bundle["text/html"],
    )
    assert image is not None
    assert image[1] == (
        "train-and-publish failed after 12 s: Validate input, then Start training (3 retries, caught: task "
        "failed), then Notify failure, then Rejected (failed: Rejected)."
    )
    assert base64.b64decode(image[4]).decode() == drawn.svg
    assert bundle["text/plain"].splitlines() == [
        "train-and-publish: failed after 12 s",
        "       0.0 s  Validate input       2 s  succeeded",
        "       2.0 s  Start training       8 s  caught, 4 tries: States.TaskFailed",
        "      10.0 s  Notify failure       2 s  succeeded",
        "      12.0 s  Rejected             0 s  failed: Rejected",
        "Rejected: not good enough",
    ]


def test_a_map_is_told_state_by_state() -> None:
    told = History()
    begun = told.add("MapStateStarted", told.enter("Each", "Map"), length=2)
    for index in range(2):
        opened = told.add("MapIterationStarted", begun, name="Each", index=index)
        last = told.visit("Work", previous=opened, tries=("Boom",) if index else (None,))
        told.add("MapIterationSucceeded", last, name="Each", index=index)
    machine = {
        "StartAt": "Each",
        "States": {"Each": {"Type": "Map", "End": True, "Iterator": {"StartAt": "Work", "States": {}}}},
    }
    assert draw.graph(machine, told.events).text.splitlines()[1:] == [
        "       0.0 s  Each              …  running, 2 of 2 items",
        "       0.0 s    Work \N{MULTIPLICATION SIGN}2       2 s  1 succeeded, 1 caught: Boom",
    ]


def test_every_prefix_of_a_history_draws_and_nothing_moves() -> None:
    events = polled_training()
    sizes = set()
    for end in range(1, len(events) + 1):
        drawn = draw.graph(TRAIN, events[:end], name="t")
        sizes.add((drawn.width, drawn.height))
    assert len(sizes) == 1


def test_a_long_name_is_wrapped_and_heard_in_full() -> None:
    drawn = draw.graph(MACHINES["odd"])
    assert "…</text>" in drawn.svg
    assert LONG_NAME in drawn.alt


def test_no_definition_is_refused() -> None:
    with pytest.raises(ValueError, match="StartAt and States"):
        draw.graph({"States": {}})


def test_one_state_is_enough() -> None:
    assert draw.graph(ONE).text == "workflow\n  Only: succeed; -> End"


if __name__ == "__main__":
    for golden, picture in pictures().items():
        (GOLDEN / f"{golden}.svg").write_text(picture.svg, encoding="utf-8", newline="\n")
