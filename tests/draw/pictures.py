"""The pictures that were looked at, and the executions in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import draw
from tests.draw.machines import CHILD, MACHINES, MANY, PARENT, ROUTES, STATES, TRAIN, History, chain

Events = list[dict[str, Any]]

GOLDEN = Path(__file__).parent / "golden"


def one_element_a_line(svg: str) -> str:
    """A picture as its golden file holds it, so that a diff can be read: line ends added, nothing else changed."""
    assert "\n" not in svg
    return svg.replace("><", ">\n<") + "\n"


def golden(name: str) -> str:
    """What was looked at."""
    return (GOLDEN / f"{name}.svg").read_text(encoding="utf-8")


def keep(name: str, svg: str) -> None:
    """Make a picture the golden one. Look at it first."""
    (GOLDEN / f"{name}.svg").write_text(one_element_a_line(svg), encoding="utf-8", newline="\n")


def failed_training() -> list[dict[str, Any]]:
    """TRAIN, up to a training that fails four times and is caught."""
    recording = History()
    recording.visit("Validate input")
    recording.visit("Start training", tries=("States.TaskFailed",) * 4)
    recording.visit("Notify failure")
    last = recording.enter("Rejected", "Fail")
    recording.add("ExecutionFailed", last, error="Rejected", cause="not good enough")
    return recording.events


def polled_training() -> list[dict[str, Any]]:
    """TRAIN, after three rounds of its loop, in the middle of its Parallel."""
    recording = History()
    recording.visit("Validate input")
    recording.visit("Start training", tries=("Busy", None))
    for _ in range(3):
        recording.enter("Wait", "Wait")
        recording.now += 30
        recording.leave("Wait", "Wait")
        recording.visit("Get status")
        recording.enter("Training done?", "Choice")
        recording.leave("Training done?", "Choice")
    started = recording.add("ParallelStateStarted", recording.enter("Evaluate", "Parallel"))
    recording.visit("Accuracy", previous=started)
    recording.enter("Sample", previous=started)
    return recording.events


def thousand_items() -> Events:
    """A Map of a thousand items, of which every hundredth fails once."""
    recording = History()
    begun = recording.add("MapStateStarted", recording.enter("Each", "Map"), length=1000)
    for index in range(1000):
        opened = recording.add("MapIterationStarted", begun, name="Each", index=index)
        last = recording.visit("Load", previous=opened)
        last = recording.visit("Score", previous=last, tries=("Busy", None) if index % 100 == 0 else (None,))
        last = recording.add("MapIterationSucceeded", last, name="Each", index=index)
    last = recording.leave("Each", "Map", previous=recording.add("MapStateSucceeded", last))
    recording.add("ExecutionSucceeded", last)
    return recording.events


THOUSAND = {
    "StartAt": "Each",
    "States": {"Each": {"Type": "Map", "ItemProcessor": chain("Load", "Score"), "End": True}},
}


def converted(number: int) -> Events:
    """CHILD, which refuses the second receipt and is still at work on the third."""
    recording = History()
    recording.now += number
    recording.visit("Read")
    recording.enter("Readable?", "Choice")
    recording.leave("Readable?", "Choice")
    if number == 1:
        recording.add("ExecutionFailed", recording.enter("Refuse", "Fail"), error="Unreadable", cause="too dark")
    elif number == 0:
        recording.add("ExecutionSucceeded", recording.visit("Keep"))
    else:
        recording.add("TaskScheduled", recording.enter("Keep"))
    return recording.events


def three_children() -> Events:
    """PARENT with three receipts: one converted, one refused, one still at work."""
    recording = History()
    begun = recording.add("MapStateStarted", recording.enter("Each receipt", "Map"), length=3)
    for index in range(3):
        opened = recording.add("MapIterationStarted", begun, name="Each receipt", index=index)
        entered = recording.enter("Convert", previous=opened)
        about = {"resourceType": "states", "resource": "startExecution.sync:2"}
        arguments = f'{{"StateMachineArn": "{STATES}:stateMachine:convert"}}'
        scheduled = recording.add("TaskScheduled", entered, parameters=arguments, **about)
        output = f'{{"ExecutionArn": "{STATES}:execution:convert:{index}"}}'
        last = recording.add("TaskSubmitted", recording.add("TaskStarted", scheduled), output=output, **about)
        if index == 2:
            break
        if index == 1:
            last = recording.add("TaskFailed", last, 4, error="States.TaskFailed", cause="{}", **about)
            last = recording.leave("Convert", previous=last)
            recording.enter("Set aside", "Pass", previous=last)
            last = recording.leave("Set aside", "Pass")
        else:
            last = recording.leave("Convert", previous=recording.add("TaskSucceeded", last, 5, output=output, **about))
        recording.add("MapIterationSucceeded", last, name="Each receipt", index=index)
    return recording.events


def many_items() -> Events:
    """MANY, while its Map Run is at work."""
    recording = History()
    last = recording.add("MapStateStarted", recording.enter("Score all", "Map"), length=1000)
    recording.add("MapRunStarted", last, 90, mapRunArn=f"{STATES}:mapRun:many/Scoreall:1")
    return recording.events


class Known:
    """A cloud that knows the machines and executions of these pictures."""

    def __init__(self, **machines: Mapping[str, Any]) -> None:
        self.histories: list[Iterable[Mapping[str, Any]]] = []
        self.counts = {"pending": 600, "running": 40, "succeeded": 351, "failed": 7, "timedOut": 2, "total": 1000}
        self.machines = machines or {"convert": CHILD}

    def machine(self, arn: str) -> str | None:
        found = self.machines.get(arn.rpartition(":")[2])
        return None if found is None else json.dumps(found)

    def execution(self, arn: str) -> tuple[str, Iterable[Mapping[str, Any]]] | None:
        *_, name, number = arn.split(":")
        return f"{STATES}:stateMachine:{name}", converted(int(number))

    def map_run(self, arn: str) -> Mapping[str, int] | None:
        return self.counts if ":mapRun:" in arn else None

    def items(self, arn: str) -> list[Iterable[Mapping[str, Any]]]:
        return self.histories

    def job(self, resource: str, request: Mapping[str, Any]) -> str | None:
        return f"{request['TrainingJobName']}, 2 min" if "TrainingJob" in resource else None


def _pictures() -> dict[str, Callable[[], draw.Picture]]:
    graph = partial(draw.graph, source=Known())
    drawn: dict[str, Callable[[], draw.Picture]] = {name: partial(graph, machine) for name, machine in MACHINES.items()}
    for form in ("", "_landscape"):
        wide = bool(form)
        drawn[f"train_failed{form}"] = partial(
            graph, TRAIN, failed_training(), name="train-and-publish", landscape=wide
        )
        drawn[f"train_running{form}"] = partial(
            graph, TRAIN, polled_training(), name="train-and-publish", landscape=wide
        )
        drawn[f"child{form}"] = partial(graph, PARENT, three_children(), name="receipts", landscape=wide)
        drawn[f"many_running{form}"] = partial(graph, MANY, many_items(), name="score", landscape=wide)
    drawn["child_alone"] = partial(graph, PARENT, name="receipts")
    drawn["routes_landscape"] = partial(graph, ROUTES, landscape=True)
    drawn["odd_landscape"] = partial(graph, MACHINES["odd"], landscape=True)
    drawn["choices_landscape"] = partial(graph, MACHINES["choices"], landscape=True)
    drawn["thousand"] = partial(graph, THOUSAND, thousand_items(), name="score")
    return drawn


PICTURES = _pictures()
