"""Transitions: targets that do not exist, states that nothing leads to, workflows that cannot end.

Source: answers of ValidateStateMachineDefinition. Each machine is judged by itself, because a state can only
lead to states beside it. A workflow without a terminal state is reported for the outermost machine alone, and
then nothing is said about reachability.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.asl.validation.report import Report


def check_transitions(machine: Any, report: Report, location: str = "") -> None:
    """Reports on `machine` and the machines inside it; what the schema already refused is passed over."""
    if not isinstance(machine, dict):
        return
    states, start = machine.get("States"), machine.get("StartAt")
    if not isinstance(states, dict) or not states:
        return
    if isinstance(start, str):
        _check_one(states, start, report, location)
    for name, state in states.items():
        for inner, place in _machines_in(state):
            check_transitions(inner, report, f"{location}/States/{name}/{place}")


def _check_one(states: dict[str, Any], start: str, report: Report, location: str) -> None:
    if start not in states:
        _missing(start, f"{location}/StartAt", report)
    for name, state in states.items():
        for target, place in _targets(state):
            if target not in states:
                _missing(target, f"{location}/States/{name}/{place}", report)
    if not location and not any(_ends(state) for state in states.values()):
        report.error("MISSING_END_STATE", "Workflow has no terminal state", None)
        return
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name in states and name not in reached:
            reached.add(name)
            ahead += [target for target, _ in _targets(states[name])]
    for name in states:
        if name not in reached:
            report.error("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', f"{location}/States/{name}")


def _missing(target: str, location: str, report: Report) -> None:
    # "Next" whatever the field's name is: AWS says so for StartAt and Default too.
    report.error("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", location)


def _targets(state: Any) -> Iterator[tuple[str, str]]:
    """The names a state can lead to, each with the place of the name in the state."""
    if not isinstance(state, dict):
        return
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield state[field], field
    for field in ("Choices", "Catch"):
        entries = state.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("Next"), str):
                yield entry["Next"], f"{field}[{index}]/Next"


def _ends(state: Any) -> bool:
    """Whether the workflow can end here; yes for a state too broken to tell, which has its own diagnostic."""
    if not isinstance(state, dict) or state.get("Type") in ("Succeed", "Fail"):
        return True
    return ("End" in state and state["End"] is not False) or not any(_targets(state))


def _machines_in(state: Any) -> Iterator[tuple[Any, str]]:
    if not isinstance(state, dict):
        return
    branches = state.get("Branches")
    for index, branch in enumerate(branches if isinstance(branches, list) else ()):
        yield branch, f"Branches[{index}]"
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield state[field], field
