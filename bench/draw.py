"""How long a graph of sixty states takes: the first time, with its layout, and every time after."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import draw

ROUNDS = 9


def sixty() -> dict[str, Any]:
    """Sixty states: a Choice that jumps ahead now and then, every Task with a catch."""
    states: dict[str, Any] = {"Oops": {"Type": "Fail"}}
    for i in range(59):
        after = {"Next": f"S{i + 1}"} if i < 58 else {"End": True}
        if i % 7 or i == 58:
            catch = [{"ErrorEquals": ["States.ALL"], "Next": "Oops"}]
            states[f"S{i}"] = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Catch": catch, **after}
        else:
            rule = {"Variable": "$.a", "NumericGreaterThan": i, "Next": f"S{min(i + 3, 58)}"}
            states[f"S{i}"] = {"Type": "Choice", "Choices": [rule], "Default": f"S{i + 1}"}
    return {"StartAt": "S0", "States": states}


def measure() -> dict[str, float]:
    """Return medians in milliseconds."""
    machine = sixty()

    def first() -> None:
        draw._laid.cache_clear()
        draw.graph(machine)

    picture = draw.graph(machine, three_rounds(machine))
    return {
        "sixty_states_first_ms": _median(first),
        "sixty_states_later_ms": _median(lambda: draw.graph(machine)),
        "sixty_states_run_kb": round(len(picture.svg.encode()) / 1000, 1),
    }


def three_rounds(machine: dict[str, Any]) -> list[dict[str, Any]]:
    """A history in which every state is visited three times and every Task is tried twice on each visit."""
    events: list[dict[str, Any]] = [{"id": 1, "type": "ExecutionStarted", "timestamp": 0.0}]

    def add(kind: str, **details: Any) -> None:
        number = len(events) + 1
        events.append({"id": number, "previousEventId": number - 1, "timestamp": number / 10, "type": kind, **details})

    for name, state in 3 * [pair for pair in machine["States"].items() if pair[0] != "Oops"]:
        add(f"{state['Type']}StateEntered", stateEnteredEventDetails={"name": name})
        if state["Type"] == "Task":
            for end in ("TaskFailed", "TaskSucceeded"):
                add("TaskScheduled")
                add(end)
        add(f"{state['Type']}StateExited", stateExitedEventDetails={"name": name})
    return events


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return round(statistics.median(taken) * 1000, 1)
