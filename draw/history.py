"""What happened: visits, tries and transitions, read from an execution's history events alone.

Events are linked by `previousEventId`, so the visits of parallel branches and Map iterations come apart even
where their events are interleaved (Step Functions API Reference, "HistoryEvent").
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from draw.model import END, START

Event = Mapping[str, Any]

_ENDINGS = {
    "ExecutionSucceeded": "succeeded",
    "ExecutionFailed": "failed",
    "ExecutionTimedOut": "timed out",
    "ExecutionAborted": "aborted",
}
_STARTS = {"ParallelStateStarted", "MapStateStarted", "MapIterationStarted", "MapRunStarted"}
TRIES = {
    "TaskScheduled",
    "LambdaFunctionScheduled",
    "ActivityScheduled",
    "ParallelStateStarted",
    "MapStateStarted",
}
#: In the cause of what the local cloud was asked to do wrong (localcloud.injection).
INJECTED = "(injected)"

FAILURE = re.compile(r"(?<!^Execution)(Failed|TimedOut)$")
_WORST_FIRST = ("running", "failed", "timed out", "aborted", "caught", "succeeded")


@dataclass(slots=True)
class RecordedVisit:
    """One stay in one state.

    Args:
        state, kind: the state's name and ASL type.
        holder: the visit of the Parallel or Map around it.
        entered, left: seconds since the execution began; `left` is None while it is there.
        status: "running", "succeeded", "caught", "failed", "timed out" or "aborted".
        tries: how often its work was begun; 1 unless it was retried.
        error, cause: of its last failure, if any.
        injected: how many of its failures were made on purpose.
        iterations: for a Map, how many items were begun and done.
        events: the ids of its events.
    """

    state: str
    kind: str
    holder: RecordedVisit | None
    entered: float
    left: float | None = None
    status: str = "running"
    tries: int = 0
    error: str | None = None
    cause: str | None = None
    injected: int = 0
    iterations: list[int] = field(default_factory=lambda: [0, 0])
    events: list[int] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """How many Parallel and Map states are around it."""
        return 0 if self.holder is None else self.holder.depth + 1


@dataclass(slots=True)
class Summary:
    """All visits of one state together.

    Args:
        status: that of its last visit, or the worst of the last visits when a Map went through it many times.
        visits, retries: how many.
        share: how many of how many have this status, of the visits that count for it.
        error: of the visit that gave the status.
        injected: how many failures were made on purpose.
        iterations: for a Map, items done and begun in its last visit.
    """

    status: str
    visits: int
    retries: int
    share: tuple[int, int]
    error: str | None
    injected: int
    iterations: tuple[int, int] | None


@dataclass(slots=True)
class Trace:
    """An execution up to its last event.

    Args:
        status: "running" or how it ended.
        begin: its first event, in seconds since 1970.
        seconds: from the first event to the last.
        visits: in the order in which states were entered.
        taken: how often each transition was made, by source, target and kind ("flow" or "catch").
        error, cause: of the execution.
    """

    status: str = "running"
    begin: float = 0.0
    seconds: float = 0.0
    visits: list[RecordedVisit] = field(default_factory=list)
    taken: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    error: str | None = None
    cause: str | None = None

    def states(self) -> dict[str, Summary]:
        """A summary for each state that was entered, in the order of first entry."""
        return summaries([self])

    def failed(self) -> RecordedVisit | None:
        """The visit at which the execution failed: the innermost of those that ended so."""
        ended = [visit for visit in self.visits if visit.status in ("failed", "timed out")]
        lost = [visit for visit in ended if all(holder.status != "caught" for holder in _holders(visit))]
        return max(lost, key=lambda visit: visit.depth, default=None)


def read(events: Iterable[Event]) -> Trace:
    """Reads a history, complete or not, from its first event on, in ascending order of ids.

    Args:
        events: as GetExecutionHistory gives them; timestamps as datetime or seconds.
    """
    return _Reader().read(events)


def steps(events: Iterable[Event]) -> Iterator[tuple[Trace, RecordedVisit | None]]:
    """The trace after each event, and the visit that the event belongs to; it is one trace, which changes."""
    reader = _Reader()
    for event in events:
        yield reader.read([event]), reader.at.get(int(event["id"]))


def summaries(traces: Iterable[Trace]) -> dict[str, Summary]:
    """A summary for each state that was entered in any of these executions of one machine."""
    grouped: dict[str, list[RecordedVisit]] = {}
    last: dict[str, dict[tuple[int, int], RecordedVisit]] = {}
    for number, trace in enumerate(traces):
        for visit in trace.visits:
            same = grouped.setdefault(visit.state, [])
            # Iterations of one Map run under one holder and never follow each other: all of them count.
            in_map = visit.holder is not None and visit.holder.kind == "Map"
            key = (-1, len(same)) if in_map else (number, id(visit.holder))
            last.setdefault(visit.state, {})[key] = visit
            same.append(visit)
    return {name: _summary(visits, list(last[name].values())) for name, visits in grouped.items()}


def _summary(visits: list[RecordedVisit], last: list[RecordedVisit]) -> Summary:
    worst = min(last, key=lambda visit: _WORST_FIRST.index(visit.status))
    begun, done = visits[-1].iterations
    return Summary(
        worst.status,
        len(visits),
        sum(max(0, visit.tries - 1) for visit in visits),
        (sum(visit.status == worst.status for visit in last), len(last)),
        worst.error if worst.status in ("caught", "failed", "timed out") else None,
        sum(visit.injected for visit in visits),
        (done, begun) if visits[-1].kind == "Map" and begun else None,
    )


def _holders(visit: RecordedVisit) -> Iterable[RecordedVisit]:
    while visit.holder is not None:
        visit = visit.holder
        yield visit


def details(event: Event) -> Mapping[str, Any]:
    """The event's details, whatever its type calls them."""
    return next((value for key, value in event.items() if key.endswith("EventDetails")), {})


def seconds(timestamp: datetime | float) -> float:
    """A timestamp as seconds since 1970, from boto3's datetime or from JSON's number."""
    return timestamp.timestamp() if isinstance(timestamp, datetime) else float(timestamp)


def parsed(event: Event, field: str) -> Mapping[str, Any]:
    """The JSON object in a field of the event's details; {} where there is none, or it was cut off."""
    try:
        found = json.loads(details(event).get(field) or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def began(event: Event) -> str | None:
    """The ARN of the execution that a task started, where the event tells of one."""
    resource = str(details(event).get("resource"))
    if event["type"] not in ("TaskSubmitted", "TaskSucceeded") or "startExecution" not in resource:
        return None
    arn = parsed(event, "output").get("ExecutionArn")
    return arn if isinstance(arn, str) else None


class _Reader:
    def __init__(self) -> None:
        self.trace = Trace()
        self.at: dict[int, RecordedVisit] = {}  # the visit in which an event happened
        self.types: dict[int, str] = {}
        self.waiting: set[int] = set()  # visits whose last try failed and that have not begun another
        self.cut: list[RecordedVisit] = []  # visits that the execution's end closed
        self.begin: float | None = None

    def read(self, events: Iterable[Event]) -> Trace:
        for event in events:
            self._take(event)
        return self.trace

    def _take(self, event: Event) -> None:
        kind, number = str(event["type"]), int(event["id"])
        previous = int(event.get("previousEventId", 0))
        now = seconds(event["timestamp"])
        if self.begin is None:
            self.begin = self.trace.begin = now
        now = round(now - self.begin, 6)
        self.trace.seconds = max(self.trace.seconds, now)
        self.types[number] = kind
        if kind.endswith("StateEntered"):
            visit = self._enter(event, previous, kind.removesuffix("StateEntered"), now)
        elif kind in _ENDINGS:
            self._end(event, previous, _ENDINGS[kind], now)
            return
        elif kind == "ExecutionRedriven":
            self._reopen()
            return
        else:
            found = self._visit(event, previous, kind)
            if found is None:
                return
            visit = found
            self._note(visit, event, kind, now)
        self.at[number] = visit
        visit.events.append(number)

    def _enter(self, event: Event, previous: int, kind: str, now: float) -> RecordedVisit:
        name = str(details(event).get("name", ""))
        before = self.at.get(previous)
        if before is None:
            holder = None
            self.trace.taken[START, name, "flow"] += 1
        elif self.types[previous] in _STARTS:
            holder = before
        else:
            holder = before.holder
            self.trace.taken[before.state, name, "catch" if before.status == "caught" else "flow"] += 1
        visit = RecordedVisit(name, kind, holder, now)
        self.trace.visits.append(visit)
        return visit

    def _visit(self, event: Event, previous: int, kind: str) -> RecordedVisit | None:
        """The open visit that an event belongs to: its predecessor's, or one around that."""
        visit = self.at.get(previous)
        named = kind.startswith("MapIteration") or kind.endswith("StateExited")
        name = details(event).get("name") if named else None
        wanted = "Map" if kind.startswith("Map") else "Parallel" if kind.startswith("ParallelState") else None
        while visit is not None:
            fits = (name is None or visit.state == name) and (wanted is None or visit.kind == wanted)
            if fits and (visit.left is None or (name is None and wanted is None)):
                return visit
            visit = visit.holder
        return None

    def _note(self, visit: RecordedVisit, event: Event, kind: str, now: float) -> None:
        if kind.endswith("StateExited"):
            visit.left = now
            visit.status = "caught" if id(visit) in self.waiting else "succeeded"
            self._close_inside(visit, now)
        elif kind == "MapIterationStarted":
            visit.iterations[0] += 1
        elif kind == "MapIterationSucceeded":
            visit.iterations[1] += 1
        elif FAILURE.search(kind):
            visit.error, visit.cause = details(event).get("error"), details(event).get("cause")
            visit.injected += INJECTED in (visit.cause or "")
            if visit.error is None and kind.endswith("TimedOut"):
                visit.error = "States.Timeout"
            self.waiting.add(id(visit))
            inside = self.at.get(int(event.get("previousEventId", 0)))
            if inside is not None and inside is not visit and inside.left is None and inside.error is None:
                # A state without tries (Fail, Choice …) has no event of its own that says that it failed.
                inside.error, inside.cause = visit.error, visit.cause
                self.waiting.add(id(inside))
        elif kind in TRIES:
            visit.tries += 1
            self._close_inside(visit, now)
            self.waiting.discard(id(visit))
        elif kind.endswith("Succeeded"):
            self.waiting.discard(id(visit))

    def _close_inside(self, holder: RecordedVisit, now: float) -> None:
        """What was still open inside a Parallel or Map that is left or begun again did not end by itself."""
        if holder.kind in ("Parallel", "Map"):
            for visit in self.trace.visits:
                if visit.left is None and holder in _holders(visit):
                    visit.left = now
                    visit.status = "failed" if id(visit) in self.waiting else "aborted"

    def _end(self, event: Event, previous: int, status: str, now: float) -> None:
        trace = self.trace
        trace.status = status
        trace.error, trace.cause = details(event).get("error"), details(event).get("cause")
        last = self.at.get(previous)
        if last is not None and last.holder is None and (status == "succeeded" or last.kind == "Fail"):
            trace.taken[last.state, END, "flow"] += 1
        guilty: list[RecordedVisit] = []
        if last is not None and status == "failed":
            last.error, last.cause = last.error or trace.error, last.cause or trace.cause
            guilty = [last, *_holders(last)]
        for visit in trace.visits:
            if visit.left is None:
                visit.left = now
                lost = any(visit is other for other in guilty) or id(visit) in self.waiting
                visit.status = status if status != "failed" or lost else "aborted"
                self.cut.append(visit)

    def _reopen(self) -> None:
        """A redrive goes on in the states at which the execution ended."""
        self.trace.status, self.trace.error, self.trace.cause = "running", None, None
        for visit in self.cut:
            visit.left, visit.status = None, "running"
        self.cut = []
