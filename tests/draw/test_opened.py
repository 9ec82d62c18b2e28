"""What a graph shows besides its own history: child workflows, Map Runs, jobs at work."""

from __future__ import annotations

from typing import Any

import pytest

import draw
from draw import layout, model, opened
from tests.draw.machines import CHILD, MANY, PARENT, START_CHILD, STATES, History, chain, task
from tests.draw.pictures import Known, many_items, three_children

TIMES = "\N{MULTIPLICATION SIGN}"


def starting(machine: str, name: str = "Start it") -> dict[str, Any]:
    return {
        "StartAt": name,
        "States": {
            name: task(resource=START_CHILD, Parameters={"StateMachineArn": f"{STATES}:stateMachine:{machine}"})
        },
    }


def test_child_executions_are_counted_together_inside_the_state_that_began_them() -> None:
    drawn = draw.graph(PARENT, three_children(), name="receipts", source=Known())
    assert [" ".join(line.split()[2:]) for line in drawn.text.splitlines()[1:]] == [
        "Each receipt … running, 2 of 3 items",
        f"Convert {TIMES}3 5 s 1 succeeded, 1 caught, 1 running: States.TaskFailed",
        f"Read {TIMES}3 2 s 3 succeeded",
        f"Readable? {TIMES}3 0 s 3 succeeded",
        f"Keep {TIMES}2 2 s 1 succeeded, 1 running",
        "Refuse 0 s failed: Unreadable",
        "Set aside 0 s succeeded",
    ]


def test_a_state_says_how_many_of_its_visits_ended_as_its_colour_tells() -> None:
    drawn = draw.graph(PARENT, three_children(), source=Known())
    assert "1 of 3" in drawn.svg
    assert "Convert (3 times, 1 of them running)" in drawn.alt


def test_without_anybody_to_ask_a_child_workflow_stays_closed() -> None:
    drawn = draw.graph(PARENT, three_children())
    assert "Refuse" not in drawn.svg
    assert "Child workflow" in drawn.svg


def test_a_machine_alone_shows_the_machine_that_it_names() -> None:
    drawn = draw.graph(PARENT, source=Known())
    assert "Child workflow: convert" in drawn.svg
    assert "Refuse" in drawn.text


def test_what_the_cloud_does_not_know_stays_closed() -> None:
    assert "<text" in draw.graph(starting("gone"), source=Known()).svg
    assert "Child workflow: gone" not in draw.graph(starting("gone"), source=Known()).svg


def test_a_machine_that_starts_itself_is_not_opened_in_itself() -> None:
    source = Known(again=starting("again"))
    drawn = draw.graph(starting("again"), name="again", source=source)
    assert drawn.svg.count("Start it") == 1
    assert opened.ITSELF in drawn.text


def test_machines_that_start_each_other_are_opened_once() -> None:
    source = Known(one=starting("two", "To two"), two=starting("one", "To one"))
    drawn = draw.graph(starting("two", "To two"), name="one", source=source)
    assert (drawn.text.count("To two"), drawn.text.count("To one")) == (1, 1)


def test_machines_in_machines_are_opened_to_a_depth() -> None:
    source = Known(**{f"m{depth}": starting(f"m{depth + 1}", f"To {depth + 1}") for depth in range(12)})
    drawn = draw.graph(starting("m0", "To 0"), name="top", source=source)
    assert drawn.text.count("To ") == opened.DEEPEST
    assert opened.CLOSED in drawn.text


def test_children_that_make_a_picture_too_large_are_closed_together() -> None:
    long = chain(*(f"A rather long name of a step in it {number}" for number in range(150)))
    both = {
        "StartAt": "Big",
        "States": {
            "Big": {**starting("long")["States"]["Start it"], "Next": "Small"},
            "Small": starting("convert")["States"]["Start it"],
        },
    }
    both["States"]["Big"].pop("End")
    drawn = draw.graph(both, source=Known(long=long, convert=CHILD))
    assert len(drawn.svg.encode()) < draw.LARGEST
    assert "Readable?" not in drawn.svg
    assert "step in it" not in drawn.svg
    assert drawn.text.count(opened.CLOSED) == 2


def test_the_deepest_children_are_closed_first() -> None:
    long = chain(*(f"Step {number}" for number in range(60)))
    source = Known(outer=starting("long", "To long"), long=long)
    drawn = draw.graph(starting("outer"), source=source)
    assert "To long" in drawn.svg
    assert "Step 7" not in drawn.svg


def test_several_machines_of_one_state_are_counted_not_opened() -> None:
    recording = History()
    for name in ("convert", "other"):
        arguments = f'{{"StateMachineArn": "{STATES}:stateMachine:{name}"}}'
        entered = recording.enter("Start it")
        about = {"resourceType": "states", "resource": "startExecution"}
        recording.add("TaskScheduled", entered, parameters=arguments, **about)
        recording.leave("Start it")
    drawn = draw.graph(starting("convert"), recording.events, source=Known())
    assert "Child workflow: one of 2" in drawn.svg


def test_every_prefix_of_a_history_with_children_draws_and_nothing_moves() -> None:
    events = three_children()
    sizes = set()
    for end in range(1, len(events) + 1):
        drawn = draw.graph(PARENT, events[:end], name="t", source=Known())
        sizes.add((drawn.width, drawn.height))
    assert len(sizes) == 1


def test_a_distributed_map_tells_what_became_of_its_items() -> None:
    drawn = draw.graph(MANY, many_items(), source=Known())
    for said in ("351 succeeded", "9 failed", "40 running", "600 pending", "360 of 1,000 items done"):
        assert said in drawn.svg
    assert "351 of 1,000 items succeeded, 9 failed" in drawn.alt


@pytest.mark.parametrize("counts", [{}, {"total": 0}, {"total": 3, "succeeded": 3}, {"total": 9_999_999, "failed": 1}])
def test_a_progress_bar_stays_inside_its_box(counts: dict[str, int]) -> None:
    source = Known()
    source.counts = counts
    box = next(box for box in layout.place(model.parse(MANY)).boxes if box.inner)
    drawn = draw.graph(MANY, many_items(), source=source).svg
    bars = [part for part in drawn.split("<rect ") if 'height="10"' in part]
    for bar in bars:
        left, wide = (int(bar.split(f'{key}="')[1].split('"')[0]) for key in ("x", "width"))
        assert left >= box.x + 16
        assert left + wide <= box.x + box.w - 16


def test_a_job_at_work_says_how_far_it_is() -> None:
    recording = History()
    entered = recording.enter("Train")
    about = {"resourceType": "sagemaker", "resource": "createTrainingJob.sync"}
    recording.add("TaskScheduled", entered, parameters='{"TrainingJobName": "job-7"}', **about)
    machine = {
        "StartAt": "Train",
        "States": {"Train": task(resource="arn:aws:states:::sagemaker:createTrainingJob.sync")},
    }
    drawn = draw.graph(machine, recording.events, source=Known())
    assert "job-7, 2 min" in drawn.svg
    assert "Train (job-7, 2 min)" in drawn.alt
    recording.add("TaskSucceeded", len(recording.events), **about)
    recording.leave("Train")
    assert "job-7" not in draw.graph(machine, recording.events, source=Known()).svg


def test_what_happened_to_few_items_is_drawn_inside_the_map() -> None:
    source = Known()
    items = []
    for failed in (False, True):
        recording = History()
        recording.visit("Read", tries=("Busy",) if failed else (None,))
        recording.visit("Score")
        items.append(recording.events)
    source.histories = [*items]
    drawn = draw.graph(MANY, many_items(), source=source)
    assert f"Score {TIMES}2" in drawn.text
    assert "caught: Busy" in drawn.svg
    assert "1 of 2" in drawn.svg


def test_a_child_workflow_in_a_distributed_map_opens_too() -> None:
    processor = {**starting("convert"), "ProcessorConfig": {"Mode": "DISTRIBUTED"}}
    state = {"Type": "Map", "ItemProcessor": processor, "End": True}
    drawn = draw.graph({"StartAt": "All", "States": {"All": state}}, source=Known())
    assert "Refuse" in drawn.svg
