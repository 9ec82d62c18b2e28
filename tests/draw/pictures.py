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


def thousand_items() -> Events:
    """A Map of a thousand items, of which every hundredth fails once."""
    told = History()
    begun = told.add("MapStateStarted", told.enter("Each", "Map"), length=1000)
    for index in range(1000):
        opened = told.add("MapIterationStarted", begun, name="Each", index=index)
        last = told.visit("Load", previous=opened)
        last = told.visit("Score", previous=last, tries=("Busy", None) if index % 100 == 0 else (None,))
        last = told.add("MapIterationSucceeded", last, name="Each", index=index)
    last = told.leave("Each", "Map", previous=told.add("MapStateSucceeded", last))
    told.add("ExecutionSucceeded", last)
    return told.events


THOUSAND = {
    "StartAt": "Each",
    "States": {"Each": {"Type": "Map", "ItemProcessor": chain("Load", "Score"), "End": True}},
}


def converted(number: int) -> Events:
    """CHILD, which refuses the second receipt and is still at work on the third."""
    told = History()
    told.now += number
    told.visit("Read")
    told.enter("Readable?", "Choice")
    told.leave("Readable?", "Choice")
    if number == 1:
        told.add("ExecutionFailed", told.enter("Refuse", "Fail"), error="Unreadable", cause="too dark")
    elif number == 0:
        told.add("ExecutionSucceeded", told.visit("Keep"))
    else:
        told.add("TaskScheduled", told.enter("Keep"))
    return told.events


def three_children() -> Events:
    """PARENT with three receipts: one converted, one refused, one still at work."""
    told = History()
    begun = told.add("MapStateStarted", told.enter("Each receipt", "Map"), length=3)
    for index in range(3):
        opened = told.add("MapIterationStarted", begun, name="Each receipt", index=index)
        entered = told.enter("Convert", previous=opened)
        about = {"resourceType": "states", "resource": "startExecution.sync:2"}
        arguments = f'{{"StateMachineArn": "{STATES}:stateMachine:convert"}}'
        scheduled = told.add("TaskScheduled", entered, parameters=arguments, **about)
        output = f'{{"ExecutionArn": "{STATES}:execution:convert:{index}"}}'
        last = told.add("TaskSubmitted", told.add("TaskStarted", scheduled), output=output, **about)
        if index == 2:
            break
        if index == 1:
            last = told.add("TaskFailed", last, 4, error="States.TaskFailed", cause="{}", **about)
            last = told.leave("Convert", previous=last)
            told.enter("Set aside", "Pass", previous=last)
            last = told.leave("Set aside", "Pass")
        else:
            last = told.leave("Convert", previous=told.add("TaskSucceeded", last, 5, output=output, **about))
        told.add("MapIterationSucceeded", last, name="Each receipt", index=index)
    return told.events


def many_items() -> Events:
    """MANY, while its Map Run is at work."""
    told = History()
    last = told.add("MapStateStarted", told.enter("Score all", "Map"), length=1000)
    told.add("MapRunStarted", last, 90, mapRunArn=f"{STATES}:mapRun:many/Scoreall:1")
    return told.events


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
