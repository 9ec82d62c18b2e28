"""The timeline: what each row says, its bytes, what it leaves out.

After a wanted change of the pictures, look at them, then: python -m tests.draw.test_timeline
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import draw
from draw import rows, scale
from tests.draw.machines import History
from tests.draw.pictures import golden, keep, one_element_a_line

STORIES = ("train", "refused", "many", "night", "plain")


def events_of(name: str) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = json.loads(
        (Path(__file__).parent / "histories" / f"{name}.json").read_text(encoding="utf-8")
    )["events"]
    return stored


def child_of_night(arn: str) -> list[dict[str, Any]] | None:
    return events_of("child") if ":child:" in arn else None


def timeline(name: str) -> draw.Picture:
    return draw.timeline(events_of(name), name=name, children=child_of_night)


def labels(name: str) -> list[tuple[int, str]]:
    found = rows.read(events_of(name), child_of_night)[1]
    return [(depth, row.label) for row in found for depth, row in row.walk()]


@pytest.mark.parametrize("name", STORIES)
def test_a_timeline_has_the_same_bytes_as_when_it_was_looked_at(name: str) -> None:
    assert one_element_a_line(timeline(name).svg) == golden(f"timeline_{name}")


@pytest.mark.parametrize("name", STORIES)
def test_a_timeline_is_small_well_formed_and_has_presentation_attributes_only(name: str) -> None:
    drawn = timeline(name).svg
    assert len(drawn.encode()) < 60_000
    attributes = {attribute for element in ElementTree.fromstring(drawn).iter() for attribute in element.attrib}
    assert not {"style", "class", "id", "href"} & attributes


def test_tries_that_failed_and_the_pauses_between_them_are_parts_of_a_bar() -> None:
    found = rows.read(events_of("refused"))[1]
    bar = next(row for row in found if row.label == "Start training").bars[0]
    assert [part.kind for part in bar.parts] == ["failed", "wait", "failed", "wait", "failed", "wait", "failed"]
    assert [round(part.end - part.start) for part in bar.parts] == [5, 1, 5, 2, 5, 4, 5]
    assert (bar.status, bar.error, bar.tries) == ("caught", "Model.Busy", 4)


def test_a_loop_is_one_row_with_a_bar_a_round() -> None:
    row = next(row for row in rows.read(events_of("train"))[1] if row.label == "Wait")
    assert [round(bar.start) for bar in row.bars] == [13, 44, 76]
    assert all(part.kind == "wait" for bar in row.bars for part in bar.parts)


def test_a_map_has_a_row_an_item() -> None:
    at = labels("train").index((0, "Score batches"))
    assert labels("train")[at + 1 : at + 4] == [(1, "#0"), (1, "#1"), (1, "#2")]


def test_of_many_items_those_that_failed_are_shown_and_the_rest_are_drawn_together() -> None:
    assert [label for _, label in labels("many")] == [
        *("Each receipt", "#0", "#1", "#2", "#3", "#4", "#30", "#31", "#52"),
        "52 more items",
    ]
    assert "up to 12 at once" in timeline("many").svg


def test_a_child_execution_stands_inside_at_its_own_time() -> None:
    assert labels("night")[2:6] == [(0, "Convert"), (1, "child"), (2, "Read"), (2, "Write")]
    found = rows.read(events_of("night"), child_of_night)[1]
    convert, child = found[2].bars[0], found[2].rows[0]
    assert convert.start <= child.bars[0].start <= child.rows[0].bars[0].start < convert.end


def test_the_child_execution_of_one_item_stands_for_those_that_went_well() -> None:
    recording = History()
    begun = recording.add("MapStateStarted", recording.enter("Each", "Map"))
    for item in range(60):
        last = recording.enter("Tag", previous=recording.add("MapIterationStarted", begun, name="Each", index=item))
        last = recording.add("TaskScheduled", last)
        output = json.dumps({"ExecutionArn": f"arn:aws:states:us-east-1:1:execution:child:{item}"})
        recording.add("TaskSubmitted", last, resource="startExecution.sync:2", output=output)
    asked = []

    def child(arn: str) -> list[dict[str, Any]]:
        asked.append(arn)
        return events_of("child")

    found = rows.read(recording.events, child)[1]
    assert [(depth, row.label) for depth, row in found[0].walk()][:5] == [
        *((0, "Each"), (1, "#0"), (2, "child"), (3, "Read"), (3, "Write")),
    ]
    assert len(asked) == 1  # and not one for each of sixty


def test_histories_of_children_are_asked_for_so_often_and_no_more() -> None:
    recording = History()
    for visit in range(100):
        recording.add("TaskScheduled", recording.enter("Start"))
        output = json.dumps({"ExecutionArn": f"arn:aws:states:us-east-1:1:execution:child:{visit}"})
        recording.add("TaskSucceeded", len(recording.events), resource="startExecution", output=output)
        recording.leave("Start")
    asked: list[str] = []
    draw.timeline(recording.events, children=lambda arn: asked.append(arn))
    assert len(asked) == rows.MOST_CHILDREN


def test_a_map_run_has_a_bar_for_each_child_execution() -> None:
    recording = History()
    arn = "arn:aws:states:us-east-1:1:mapRun:machine/Each:1"
    begin = recording.now
    recording.add("MapRunStarted", recording.enter("Each", "Map"), mapRunArn=arn)
    recording.add("MapRunSucceeded", len(recording.events), after=20)
    recording.leave("Each", "Map")

    def runs(asked: str) -> list[dict[str, Any]]:
        assert asked == arn
        times = [(at, begin + at, begin + at + 2) for at in range(12)]
        ended = {5: "ABORTED", 11: "FAILED"}
        return [
            {"name": f"child {at}", "status": ended.get(at, "SUCCEEDED"), "startDate": start, "stopDate": stop}
            for at, start, stop in reversed(times)
        ]

    found = rows.read(recording.events, None, runs)[1]
    assert [row.label for _, row in found[0].walk()] == [
        *("Each", "child 0", "child 1", "child 2", "child 3", "child 4", "child 5", "child 11", "5 more items"),
    ]
    assert [(row.bars[0].start, row.bars[0].status) for row in found[0].rows[5:7]] == [(5, "aborted"), (11, "failed")]
    drawn = draw.timeline(recording.events, runs=runs).svg
    assert [drawn.count(f">{status}<") for status in ("aborted", "failed")] == [1, 1]


def test_a_night_in_which_nothing_happens_is_folded() -> None:
    stretches = scale.Scale([0, 40, 14 * 3600, 14 * 3600 + 30], 0, 800).stretches
    assert [stretch.folded for stretch in stretches] == [False, True, False]
    assert "time folded" in timeline("night").svg
    assert "time folded" not in timeline("train").svg


def test_a_short_execution_is_never_folded() -> None:
    assert not any(stretch.folded for stretch in scale.Scale([0, 2, 59, 61], 0, 800).stretches)


def test_a_wait_with_nothing_around_it_is_not_folded_away() -> None:
    assert not any(stretch.folded for stretch in scale.Scale([0, 0.02, 3600, 3600.02], 0, 800).stretches)


def test_ticks_are_told_as_finely_as_they_stand() -> None:
    assert [said for _, said in scale.Scale([0, 1.11], 0, 1800).ticks()][-3:] == ["1.00 s", "1.05 s", "1.10 s"]
    assert [said for _, said in scale.Scale([0, 180], 0, 240).ticks()] == ["0 s", "1 min", "2 min", "3 min"]


def test_an_error_is_said_in_full_beside_an_item_that_ends_last() -> None:
    recording = History()
    begun = recording.add("MapStateStarted", recording.enter("Each", "Map"))
    first = recording.add("MapIterationStarted", begun, name="Each", index=0)
    recording.enter("Convert to record", previous=first)
    failed = recording.attempt(len(recording.events), error="UnreadableReceipt")
    ended = recording.add("MapIterationFailed", failed, name="Each", index=0)
    recording.add("ExecutionFailed", recording.add("MapStateFailed", ended), error="UnreadableReceipt")
    assert draw.timeline(recording.events).svg.count("failed: UnreadableReceipt") == 2


def test_a_thousand_rounds_and_a_hundred_states_stay_a_small_picture() -> None:
    recording = History()
    for _ in range(1000):
        recording.visit("Poll")
    for at in range(100):
        recording.visit(f"State {at}")
    drawn = draw.timeline(recording.events)
    assert len(drawn.svg.encode()) < 60_000
    assert "+54 more states" in drawn.svg


def test_every_prefix_of_a_history_has_a_timeline() -> None:
    events = events_of("train")
    for end in range(len(events) + 1):
        drawn = draw.timeline(events[:end])
        assert ElementTree.fromstring(drawn.svg) is not None
        assert drawn.text


def test_the_story_is_told_in_a_sentence_and_for_a_terminal() -> None:
    drawn = timeline("refused")
    assert drawn.alt == (
        "Timeline of refused, which failed after 30 s; most time went to Start training (27 s), Validate input (2 s), "
        "Notify failure (1 s); Start training caught: Busy, Rejected failed: Rejected."
    )
    assert drawn.text.splitlines()[2].split() == [
        *("2.0", "s", "Start", "training", "27", "s", "|"),
        *("xxxxxxx.xxxxxxx...xxxxxx.....xxxxxxxx", "|", "caught:", "Busy"),
    ]


def test_markup_in_names_stays_text() -> None:
    recording = History()
    recording.visit("<script>alert(1)</script>")
    assert "<script" not in draw.timeline(recording.events, name="<b>").svg


if __name__ == "__main__":
    for story in STORIES:
        keep(f"timeline_{story}", timeline(story).svg)
