"""What each state did to its data: stage by stage, from the definition and the history.

The history records a state's input, what its task was given and answered, and its output. What stands between
(Amazon States Language, "Input and Output Processing") is worked out from those with `paths`; what neither the
history nor `paths` can tell is said to be not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from helpers.draw import history, rows
from helpers.draw.history import Event, Visit
from helpers.draw.page import value_of
from helpers.draw.paths import UNKNOWN, fill, look_up, place

ASKED = {"TaskScheduled": "parameters", "LambdaFunctionScheduled": "input", "ActivityScheduled": "input"}
ANSWERED = ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded")


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a state's data.

    Args:
        name: the field that did it ("ResultPath"), or "result".
        says: what the field says, as it stands in the definition.
        before: what it was done to; UNKNOWN when there is nothing to compare with.
        after: what came out.
        recorded: the history has it; else it was worked out.
    """

    name: str
    says: Any
    before: Any
    after: Any
    recorded: bool


@dataclass(slots=True)
class Seen:
    """A visit and its data; the output is UNKNOWN while it has none."""

    visit: Visit
    item: int | None
    input: Any
    output: Any
    stages: list[Stage] = field(default_factory=list)
    agrees: bool = True  # what was worked out is what the history recorded


def read(definition: Mapping[str, Any], events: Iterable[Event]) -> list[Seen]:
    """Every visit of an execution with its data, in the order of entry."""
    return _Lens(definition, list(events)).read()


class _Lens:
    def __init__(self, definition: Mapping[str, Any], events: list[Event]) -> None:
        self.states = dict(_states(definition, str(definition.get("QueryLanguage", "JSONPath"))))
        self.events = {int(event["id"]): event for event in events}
        self.trace = history.read(events)
        self.items = rows.items(self.trace, self.events)
        self.inside: dict[int, list[Visit]] = {}
        for visit in self.trace.visits:
            self.inside.setdefault(id(visit.holder), []).append(visit)

    def read(self) -> list[Seen]:
        return [self._seen(visit) for visit in self.trace.visits]

    def _seen(self, visit: Visit) -> Seen:
        seen = Seen(visit, self.items.get(id(visit)), self._detail(visit, "StateEntered", "input"), self._output(visit))
        state, language = self.states.get(visit.state, ({}, "JSONPath"))
        if visit.status == "caught":
            wrong = {"Error": visit.error, "Cause": visit.cause}
            seen.stages = [Stage("error", UNKNOWN, UNKNOWN, wrong, True)]
            seen.stages.append(Stage("Catch", UNKNOWN, seen.input, seen.output, True))
        elif language == "JSONata":
            seen.stages = list(self._jsonata(seen, state))
        else:
            seen.stages = list(self._jsonpath(seen, state))
        return seen

    # JSONata: every stage is in the history

    def _jsonata(self, seen: Seen, state: Mapping[str, Any]) -> Iterator[Stage]:
        if "Arguments" in state:
            yield Stage("Arguments", state["Arguments"], seen.input, self._asked(seen.visit), True)
        result = self._result(seen.visit)
        if result is not UNKNOWN:
            yield Stage("result", UNKNOWN, UNKNOWN, result, True)
        yield from self._assigned(seen.visit, state)
        if "Output" in state:
            before = seen.input if result is UNKNOWN else result
            yield Stage("Output", state["Output"], before, seen.output, True)

    # JSONPath: from the input forward, from the output back

    def _jsonpath(self, seen: Seen, state: Mapping[str, Any]) -> Iterator[Stage]:
        visit, taken = seen.visit, seen.input
        if state.get("InputPath", "$") != "$":
            path = state["InputPath"]
            taken = {} if path is None else look_up(seen.input, path)
            yield Stage("InputPath", path, seen.input, taken, False)
        given = taken
        if visit.kind == "Map" and "ItemsPath" in state:
            yield Stage("ItemsPath", state["ItemsPath"], UNKNOWN, look_up(taken, state["ItemsPath"]), False)
        for name in ("Parameters", "ItemSelector"):
            if name in state:
                asked = self._asked(visit)
                given = fill(state[name], taken) if asked is UNKNOWN else asked
                yield Stage(name, state[name], taken, given, asked is not UNKNOWN)
        if visit.kind in ("Task", "Parallel", "Map", "Pass"):
            yield from self._after_work(seen, state, given)
        elif state.get("OutputPath", "$") != "$":
            yield self._output_path(seen, state, taken)
        yield from self._assigned(visit, state)

    def _after_work(self, seen: Seen, state: Mapping[str, Any], given: Any) -> Iterator[Stage]:
        result = state.get("Result", given) if seen.visit.kind == "Pass" else self._result(seen.visit)
        if seen.visit.kind != "Pass" or "Result" in state:
            yield Stage("result", UNKNOWN, UNKNOWN, result, seen.visit.kind != "Pass")
        path = state.get("ResultPath", "$")
        plain = state.get("OutputPath", "$") == "$"
        selected, recorded = result, False
        if "ResultSelector" in state or result is UNKNOWN:
            selected = fill(state.get("ResultSelector", UNKNOWN), result)
            if selected is UNKNOWN and plain and path is not None and seen.output is not UNKNOWN:
                selected, recorded = look_up(seen.output, path), True
        if "ResultSelector" in state:
            yield Stage("ResultSelector", state["ResultSelector"], result, selected, recorded)
        placed = place(seen.input, path, selected)
        if plain and seen.output is not UNKNOWN:
            seen.agrees = placed is UNKNOWN or placed == seen.output
            placed = seen.output
        if path != "$":
            yield Stage("ResultPath", path, seen.input, placed, plain)
        if not plain:
            yield self._output_path(seen, state, placed)

    def _output_path(self, seen: Seen, state: Mapping[str, Any], before: Any) -> Stage:
        path = state["OutputPath"]
        chosen = {} if path is None else UNKNOWN if before is UNKNOWN else look_up(before, path)
        if chosen is not UNKNOWN and seen.output is not UNKNOWN:
            seen.agrees = chosen == seen.output
        return Stage("OutputPath", path, before, seen.output, True)

    # What the history has

    def _detail(self, visit: Visit, suffix: str, key: str) -> Any:
        """A detail, JSON as text, of the visit's last event of such a type."""
        for number in reversed(visit.events):
            event = self.events[number]
            if str(event["type"]).endswith(suffix) and key in history.details(event):
                return value_of(str(history.details(event)[key]))
        return UNKNOWN

    def _output(self, visit: Visit) -> Any:
        return self._detail(visit, "StateExited", "output")

    def _asked(self, visit: Visit) -> Any:
        """What a task was given; for a Parallel or Map, what the first state inside it was given."""
        if visit.kind == "Task":
            found = (self._detail(visit, kind, key) for kind, key in ASKED.items())
            return next((told for told in found if told is not UNKNOWN), UNKNOWN)
        inner = self.inside.get(id(visit), [])
        return self._detail(inner[0], "StateEntered", "input") if inner else UNKNOWN

    def _result(self, visit: Visit) -> Any:
        """What a task answered, what the branches or the items of a Parallel or Map put out."""
        if visit.kind == "Task":
            answers = (self._detail(visit, kind, "output") for kind in ANSWERED)
            return next((told for told in answers if told is not UNKNOWN), UNKNOWN)
        state, _ = self.states.get(visit.state, ({}, ""))
        last: dict[int, Any] = {}
        branches = [set(branch.get("States", {})) for branch in state.get("Branches", [])]
        for inner in self.inside.get(id(visit), []):
            key = self.items.get(id(inner), 0)
            if visit.kind == "Parallel":
                key = next((at for at, names in enumerate(branches) if inner.state in names), 0)
            last[key] = self._output(inner)
        values = [value for _, value in sorted(last.items())]
        return UNKNOWN if not values or UNKNOWN in values else values

    def _assigned(self, visit: Visit, state: Mapping[str, Any]) -> Iterator[Stage]:
        for number in visit.events:
            told = history.details(self.events[number]).get("assignedVariables")
            if told:
                values = {name: value_of(str(value)) for name, value in told.items()}
                yield Stage("Assign", state.get("Assign", UNKNOWN), UNKNOWN, values, True)


def _states(machine: Mapping[str, Any], language: str) -> Iterator[tuple[str, tuple[Mapping[str, Any], str]]]:
    """Every state at every depth, with its query language: names are unique in a whole machine."""
    for name, state in machine.get("States", {}).items():
        yield name, (state, str(state.get("QueryLanguage", language)))
        inner = [*state.get("Branches", []), state.get("ItemProcessor") or state.get("Iterator") or {}]
        for scope in inner:
            yield from _states(scope, language)
