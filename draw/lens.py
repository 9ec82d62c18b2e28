"""What each state did to its data: stage by stage, from the definition and the history.

The history records a state's input, what its task was given and answered, its variables, and its output. What stands
between (Amazon States Language, "Input and Output Processing") is worked out from those with `paths`; what neither
the history nor `paths` can tell is said to be not shown.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from draw import history, rows, words
from draw.history import Event, RecordedVisit
from draw.paths import UNKNOWN, fill, look_up, place
from draw.values import value_of

ASKED = {"TaskScheduled": "parameters", "LambdaFunctionScheduled": "input", "ActivityScheduled": "input"}
ANSWERED = ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded")
WORKING = ("Task", "Parallel", "Map", "Pass")
Kind = Literal["pick", "template", "place", "value", "variables", "tries", "choice", "error"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a state's data.

    Args:
        name: the field that did it ("ResultPath"), or "Result", "Tries", "Error".
        kind: how: a path picked, a template was filled in, a value was put into the input …
        says: what the field says, as it stands in the definition; UNKNOWN when there is no field.
        before: what it was done to; UNKNOWN when there is nothing to compare with.
        after: what came out; of "tries", each failed try's error and cause; of "choice", the next state.
        recorded: the history has it; else it was worked out.
    """

    name: str
    kind: Kind
    says: Any
    before: Any
    after: Any
    recorded: bool = True


@dataclass(slots=True)
class Seen:
    """A visit and its data; the output is UNKNOWN while it has none."""

    visit: RecordedVisit
    item: int | None
    state: Mapping[str, Any]
    input: Any
    output: Any
    stages: list[Stage] = field(default_factory=list)
    asked: Any = UNKNOWN  # what its task was given, and answered
    result: Any = UNKNOWN
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
        self.inside: dict[int, list[RecordedVisit]] = {}
        for visit in self.trace.visits:
            self.inside.setdefault(id(visit.holder), []).append(visit)
        self.input = value_of(str(history.details(events[0]).get("input", "null"))) if events else None
        self.next: dict[int, str] = {}
        self.known: dict[int, dict[str, Any]] = {}  # a visit's variables as it began
        self._walk()

    def _walk(self) -> None:
        """Follows the links of events: which state came after a visit, and which variables each began with."""
        at = {number: visit for visit in self.trace.visits for number in visit.events}
        after: dict[int, dict[str, Any]] = {}
        for visit in self.trace.visits:
            before = at.get(int(self.events[visit.events[0]].get("previousEventId", 0)))
            if before is not None and before.holder is visit.holder:
                self.next[id(before)] = visit.state
                known = after[id(before)]
            else:
                known = {} if visit.holder is None else self.known[id(visit.holder)]
            self.known[id(visit)] = known
            after[id(visit)] = known | self._assigned(visit)

    def read(self) -> list[Seen]:
        return [self._seen(visit) for visit in self.trace.visits]

    def _seen(self, visit: RecordedVisit) -> Seen:
        state, language = self.states.get(visit.state, ({}, "JSONPath"))
        given, put_out = self._detail(visit, "StateEntered", "input"), self._detail(visit, "StateExited", "output")
        seen = Seen(visit, self.items.get(id(visit)), state, given, put_out)
        seen.asked, seen.result = self._asked(visit), self._result(visit)
        seen.stages = list((self._jsonata if language == "JSONata" else self._jsonpath)(seen, state))
        return seen

    # JSONata: every stage is in the history, except the items of a Map

    def _jsonata(self, seen: Seen, state: Mapping[str, Any]) -> Iterator[Stage]:
        if "Items" in state:
            yield Stage("Items", "value", state["Items"], seen.input, self._each(seen.visit, state))
        for name in ("Arguments", "ItemSelector"):
            if name in state:
                yield Stage(name, "template", state[name], seen.input, seen.asked)
        if (yield from self._worked(seen, state)):
            yield from self._variables(seen.visit, state)
            if "Output" in state:
                yield Stage("Output", "template", state["Output"], seen.input, seen.output)

    # JSONPath: from the input forward, from the output back

    def _jsonpath(self, seen: Seen, state: Mapping[str, Any]) -> Iterator[Stage]:
        visit, taken, names = seen.visit, seen.input, self._names(seen)
        if state.get("InputPath", "$") != "$":
            path = state["InputPath"]
            taken = {} if path is None else look_up(seen.input, path, names)
            yield Stage("InputPath", "pick", path, seen.input, taken, False)
        if visit.kind == "Map" and "ItemsPath" in state:
            found = look_up(taken, state["ItemsPath"], names)
            yield Stage("ItemsPath", "pick", state["ItemsPath"], taken, found, False)
        given = taken
        for name in ("Parameters", "ItemSelector"):
            if name in state:
                given, recorded = fill(state[name], taken, names) if visit.kind != "Map" else UNKNOWN, False
                if seen.asked is not UNKNOWN:
                    given, recorded = seen.asked, True
                elif given is UNKNOWN and visit.kind == "Pass" and "Result" not in state:
                    given, recorded = self._back(seen, state), True
                yield Stage(name, "template", state[name], taken, given, recorded)
        if not (yield from self._worked(seen, state)):
            return
        if visit.kind in WORKING:
            yield from self._after_work(seen, state, given)
        elif state.get("OutputPath", "$") != "$":
            yield self._output_path(seen, state, taken)
        yield from self._variables(visit, state)

    def _after_work(self, seen: Seen, state: Mapping[str, Any], given: Any) -> Iterator[Stage]:
        result = state.get("Result", given) if seen.visit.kind == "Pass" else seen.result
        path = state.get("ResultPath", "$")
        plain = state.get("OutputPath", "$") == "$"
        selected, recorded = result, False
        if "ResultSelector" in state or result is UNKNOWN:
            selected = fill(state.get("ResultSelector", UNKNOWN), result, self._names(seen))
            if selected is UNKNOWN:
                selected, recorded = self._back(seen, state), True
        if "ResultSelector" in state:
            yield Stage("ResultSelector", "template", state["ResultSelector"], result, selected, recorded)
        placed = place(seen.input, path, selected)
        if plain and seen.output is not UNKNOWN:
            seen.agrees = placed is UNKNOWN or placed == seen.output
            placed = seen.output
        if path != "$":
            yield Stage("ResultPath", "place", path, seen.input, placed, plain)
        if not plain:
            yield self._output_path(seen, state, placed)

    def _back(self, seen: Seen, state: Mapping[str, Any]) -> Any:
        """What ResultPath put into the output, read off the output."""
        path = state.get("ResultPath", "$")
        if path is None or state.get("OutputPath", "$") != "$" or seen.output is UNKNOWN:
            return UNKNOWN
        return look_up(seen.output, path)

    def _output_path(self, seen: Seen, state: Mapping[str, Any], before: Any) -> Stage:
        path = state["OutputPath"]
        chosen = {} if path is None else UNKNOWN if before is UNKNOWN else look_up(before, path, self._names(seen))
        if chosen is not UNKNOWN and seen.output is not UNKNOWN:
            seen.agrees = chosen == seen.output
        return Stage("OutputPath", "pick", path, before, seen.output)

    # Both

    def _worked(self, seen: Seen, state: Mapping[str, Any]) -> Generator[Stage, None, bool]:
        """Tries, result or error; returns whether the state went on to its output by itself."""
        visit = seen.visit
        lost = [failure for failure in self._failures(visit) if failure["Error"]]
        if visit.kind == "Task" and visit.tries > 1:
            yield Stage("Tries", "tries", state.get("Retry", UNKNOWN), UNKNOWN, lost)
        if visit.kind == "Choice" and id(visit) in self.next:
            following = self.next[id(visit)]
            yield Stage("Choices", "choice", _reason(state, following), UNKNOWN, following)
        if visit.kind == "Pass" and "Result" in state:
            yield Stage("Result", "value", UNKNOWN, UNKNOWN, state["Result"])
        if seen.result is not UNKNOWN:
            yield Stage("Result", "value", UNKNOWN, UNKNOWN, seen.result)
        if visit.status == "succeeded":
            return True
        if visit.error is not None:
            cause = value_of(visit.cause) if visit.cause else None
            failure = {"Error": visit.error, "Cause": cause if isinstance(cause, dict) else visit.cause}
            yield Stage("Error", "error", UNKNOWN, UNKNOWN, failure)
        if visit.status == "caught":
            catcher = _catcher(state, str(visit.error), self.next.get(id(visit), ""))
            yield Stage("Catch", "place", catcher, seen.input, seen.output)
            yield from self._variables(visit, catcher)
        return False

    def _names(self, seen: Seen) -> dict[str, Any]:
        """Variables, and what is known of the context object."""
        context: dict[str, Any] = {"State": {"Name": seen.visit.state}, "Execution": {"Input": self.input}}
        if seen.item is not None and seen.visit.holder is not None and seen.visit.holder.kind == "Map":
            context["Map"] = {"Item": {"Index": seen.item}}
        return self.known[id(seen.visit)] | {"$": context}

    def _detail(self, visit: RecordedVisit, suffix: str, key: str) -> Any:
        """A detail, JSON as text, of the visit's last event of such a type."""
        for number in reversed(visit.events):
            event = self.events[number]
            if str(event["type"]).endswith(suffix) and key in history.details(event):
                return value_of(str(history.details(event)[key]))
        return UNKNOWN

    def _asked(self, visit: RecordedVisit) -> Any:
        """What a task was given; for a Parallel or Map, what the first state inside it was given."""
        if visit.kind == "Task":
            found = (self._detail(visit, kind, key) for kind, key in ASKED.items())
            return next((value for value in found if value is not UNKNOWN), UNKNOWN)
        inner = self.inside.get(id(visit), [])
        return self._detail(inner[0], "StateEntered", "input") if inner else UNKNOWN

    def _each(self, visit: RecordedVisit, state: Mapping[str, Any]) -> Any:
        """The items of a Map, where its states were given them as they are."""
        first: dict[int, Any] = {}
        for inner in self.inside.get(id(visit), []):
            first.setdefault(self.items.get(id(inner), 0), self._detail(inner, "StateEntered", "input"))
        return UNKNOWN if "ItemSelector" in state or not first else [value for _, value in sorted(first.items())]

    def _result(self, visit: RecordedVisit) -> Any:
        """What a task answered, what the branches or the items of a Parallel or Map put out."""
        if visit.kind == "Task":
            answers = (self._detail(visit, kind, "output") for kind in ANSWERED)
            return next((value for value in answers if value is not UNKNOWN), UNKNOWN)
        if visit.kind not in ("Parallel", "Map") or visit.status != "succeeded":
            return UNKNOWN
        state, _ = self.states.get(visit.state, ({}, ""))
        last: dict[int, Any] = {}
        branches = [set(branch.get("States", {})) for branch in state.get("Branches", [])]
        for inner in self.inside.get(id(visit), []):
            key = self.items.get(id(inner), 0)
            if visit.kind == "Parallel":
                key = next((at for at, names in enumerate(branches) if inner.state in names), 0)
            last[key] = self._detail(inner, "StateExited", "output")
        kinds = {str(self.events[number]["type"]) for number in visit.events}
        if not last and "MapRunStarted" in kinds:  # its children have the data
            return UNKNOWN
        values = [value for _, value in sorted(last.items())]
        return UNKNOWN if any(value is UNKNOWN for value in values) else values

    def _failures(self, visit: RecordedVisit) -> Iterator[dict[str, Any]]:
        for number in visit.events:
            kind, details = str(self.events[number]["type"]), history.details(self.events[number])
            if history.FAILURE.search(kind):
                error = details.get("error") or ("States.Timeout" if kind.endswith("TimedOut") else None)
                yield {"Error": error, "Cause": details.get("cause")}

    def _assigned(self, visit: RecordedVisit) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number in visit.events:
            assigned = history.details(self.events[number]).get("assignedVariables") or {}
            found |= {name: value_of(str(value)) for name, value in assigned.items()}
        return found

    def _variables(self, visit: RecordedVisit, says: Mapping[str, Any]) -> Iterator[Stage]:
        new = self._assigned(visit)
        if new:
            before = {name: value for name, value in self.known[id(visit)].items() if name in new}
            yield Stage("Assign", "variables", says.get("Assign", UNKNOWN), before, new)


def _reason(state: Mapping[str, Any], following: str) -> str:
    """Which rule of a Choice leads to a state, in words; "" where more than one does."""
    rules = [words.rule(rule) for rule in state.get("Choices", []) if rule.get("Next") == following]
    rules += ["default"] if state.get("Default") == following else []
    return rules[0] if len(rules) == 1 else ""


def _catcher(state: Mapping[str, Any], error: str, following: str) -> Mapping[str, Any]:
    """The catcher that took an error: the first that names it or everything, of those that lead where it went."""
    fitting = [catcher for catcher in state.get("Catch", []) if catcher.get("Next") == following]
    named = [catcher for catcher in fitting if error in catcher.get("ErrorEquals", [])]
    return next(iter([*named, *fitting]), {})


def _states(machine: Mapping[str, Any], language: str) -> Iterator[tuple[str, tuple[Mapping[str, Any], str]]]:
    """Every state at every depth, with its query language: names are unique in a whole machine."""
    for name, state in machine.get("States", {}).items():
        own = str(state.get("QueryLanguage", language))
        yield name, (state, own)
        inner = [*state.get("Branches", []), state.get("ItemProcessor") or state.get("Iterator") or {}]
        for scope in inner:
            yield from _states(scope, str(scope.get("QueryLanguage", language)))
