"""When things happened: rows of bars, read from a history, for `bars` to draw.

A row is a state, with a bar for each visit, or one item of a Map, with a bar for each state it went through.
Rows hold rows: a Parallel's and a Map's states, a child workflow's. What is too many is drawn together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from draw import history, words
from draw.history import Event, RecordedVisit, Trace

MOST_ROWS = 48
FIRST_ITEMS, BAD_ITEMS = 5, 3  # of a Map's items: those always shown, and more of those that failed
DEEPEST = 8  # child workflow in child workflow

ENDED = {
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "PENDING_REDRIVE": "failed",
    "TIMED_OUT": "timed out",
    "ABORTED": "aborted",
}  # as ListExecutions says it
MOST_CHILDREN = 40  # histories asked for

Children = Callable[[str], Iterable[Event] | None]
Runs = Callable[[str], Iterable[Mapping[str, Any]]]


@dataclass(slots=True)
class Part:
    """A stretch of a bar: a try that failed, or a time in which nothing was done."""

    kind: Literal["failed", "wait"]
    start: float
    end: float


@dataclass(slots=True)
class Bar:
    """A visit: from `start` to `end`, seconds since the execution began; it still runs if `running`."""

    state: str
    start: float
    end: float
    status: str
    tries: int = 1
    error: str | None = None
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """A line of the timeline.

    Args:
        label: a state's or child execution's name, an item's number.
        kind: "rest" stands for all items of a Map that have no row; its bars are theirs, one an item.
        rows: what happened inside.
        hidden: how many rows of it are left out.
    """

    label: str
    kind: Literal["state", "item", "rest", "child", "more"]
    bars: list[Bar]
    rows: list[Row] = field(default_factory=list)
    hidden: int = 0

    @property
    def well(self) -> bool:
        """Whether nothing in it failed."""
        return all(bar.status in ("succeeded", "running") for bar in self.bars)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Row]]:
        """The row itself and all inside it, with their depths."""
        yield depth, self
        for row in self.rows:
            yield from row.walk(depth + 1)


def read(
    events: Iterable[Event], children: Children | None = None, runs: Runs | None = None
) -> tuple[Trace, list[Row]]:
    """What a history tells, as rows.

    Args:
        events: an execution's history so far.
        children: gives the history of a child execution by its ARN, or None when there is none.
        runs: gives the child executions of a Map Run by its ARN, as ListExecutions tells of them.
    """
    left = [MOST_CHILDREN]

    def child(arn: str) -> Iterable[Event] | None:
        left[0] -= 1
        return children(arn) if children is not None and left[0] >= 0 else None

    reader = _Rows(list(events), child, runs, 0.0, 0)
    return reader.trace, _fitting(reader.inside([None]))


def items(trace: Trace, events: Mapping[int, Event]) -> dict[int, int]:
    """Which item of the Map around it each visit belongs to, by the visit's id(); events by their ids."""
    at = {number: visit for visit in trace.visits for number in visit.events}
    found: dict[int, int] = {}
    for visit in trace.visits:
        previous = int(events[visit.events[0]].get("previousEventId", 0))
        event, before = events.get(previous), at.get(previous)
        if event is not None and event["type"] == "MapIterationStarted":
            found[id(visit)] = int(history.details(event).get("index", 0))
        elif before is not None and before.holder is visit.holder:
            found[id(visit)] = found.get(id(before), 0)
    return found


class _Rows:
    def __init__(self, events: list[Event], children: Children, runs: Runs | None, offset: float, depth: int) -> None:
        self.trace = history.read(events)
        self.children, self.runs, self.offset, self.depth = children, runs, offset, depth
        self.events = {int(event["id"]): event for event in events}
        self.begin = history.seconds(events[0]["timestamp"]) if events else 0.0
        self.holding: dict[int, list[RecordedVisit]] = {}
        for visit in self.trace.visits:
            self.holding.setdefault(id(visit.holder), []).append(visit)
        self.item = items(self.trace, self.events)

    def inside(self, holders: list[RecordedVisit] | list[None]) -> list[Row]:
        """A row for each state entered inside these visits (at the top for None)."""
        return self._states([visit for holder in holders for visit in self.holding.get(id(holder), [])])

    def _states(self, visits: list[RecordedVisit]) -> list[Row]:
        grouped: dict[str, list[RecordedVisit]] = {}
        for visit in visits:
            grouped.setdefault(visit.state, []).append(visit)
        return [
            Row(state, "state", [self._bar(visit) for visit in same], self._below(same))
            for state, same in grouped.items()
        ]

    def _below(self, visits: list[RecordedVisit]) -> list[Row]:
        if visits[0].kind == "Map":
            return self._per_item(visits) or _few([row for visit in visits for row in self._run(visit)])
        if visits[0].kind == "Parallel":
            return self.inside(visits)
        return [row for visit in visits for row in self._child(visit)]

    def _per_item(self, maps: list[RecordedVisit]) -> list[Row]:
        grouped: dict[int, list[RecordedVisit]] = {}
        for visit in (visit for holder in maps for visit in self.holding.get(id(holder), [])):
            grouped.setdefault(self.item.get(id(visit), 0), []).append(visit)
        found = {
            f"#{item}": Row(f"#{item}", "item", [self._bar(visit) for visit in visits])
            for item, visits in sorted(grouped.items())
        }
        shown = _few(list(found.values()))
        for item, visits in sorted(grouped.items()):
            row = found[f"#{item}"]
            if all(row is not other for other in shown):
                continue
            # Child executions of items are much alike: one is drawn, and those that did not go well.
            telling = row is shown[0] or not row.well
            inside = [visit for visit in visits if telling or id(visit) in self.holding]
            row.rows = [below for visit in inside for below in self._below([visit])]
        return shown

    def _run(self, visit: RecordedVisit) -> Iterator[Row]:
        """The child executions of a distributed Map, in the order in which they began."""
        arns = [history.details(self.events[number]).get("mapRunArn") for number in visit.events]
        arn = next(filter(None, arns), None)
        if arn is None or self.runs is None:
            return
        executions = sorted(
            self.runs(arn), key=lambda execution: (history.seconds(execution["startDate"]), execution["name"])
        )
        for execution in executions:
            start = self._at(history.seconds(execution["startDate"]) - self.begin)
            stop = execution.get("stopDate")
            end = self._at(history.seconds(stop) - self.begin) if stop else self._at(self.trace.seconds)
            status = ENDED.get(str(execution["status"]), "running")
            yield Row(words.shorten(str(execution["name"]), 18), "item", [Bar("", start, max(start, end), status)])

    def _child(self, visit: RecordedVisit) -> Iterator[Row]:
        """The child executions that a Task began, each with its rows."""
        if self.depth == DEEPEST:
            return
        for arn in dict.fromkeys(filter(None, (history.began(self.events[number]) for number in visit.events))):
            events = list(self.children(arn) or ())
            if not events:
                continue
            later = history.seconds(events[0]["timestamp"]) - self.begin + self.offset
            child = _Rows(events, self.children, self.runs, later, self.depth + 1)
            trace = child.trace
            span = Bar(arn, later, round(later + trace.seconds, 6), trace.status, error=trace.error)
            yield Row(arn.split(":")[-2] if arn.count(":") > 1 else arn, "child", [span], child.inside([None]))

    def _bar(self, visit: RecordedVisit) -> Bar:
        end = self.trace.seconds if visit.left is None else visit.left
        parts = [Part("wait", visit.entered, end)] if visit.kind == "Wait" else list(self._parts(visit, end))
        for part in parts:
            part.start, part.end = self._at(part.start), self._at(part.end)
        error = visit.error if visit.status != "succeeded" else None
        return Bar(visit.state, self._at(visit.entered), self._at(end), visit.status, visit.tries, error, parts)

    def _parts(self, visit: RecordedVisit, end: float) -> Iterator[Part]:
        """Failed tries, the pauses between them, and waiting for whoever holds a task token."""
        begun = failed = waits = None
        for number in visit.events:
            event = self.events[number]
            kind, now = str(event["type"]), round(history.seconds(event["timestamp"]) - self.begin, 6)
            if kind in history.TRIES:
                if failed is not None and now > failed:
                    yield Part("wait", failed, now)
                begun, failed = now, None
            elif kind == "TaskSubmitted" and str(history.details(event).get("resource")).endswith("waitForTaskToken"):
                waits = now
            elif waits is not None and (kind == "TaskSucceeded" or history.FAILURE.search(kind)):
                yield Part("wait", waits, now)
                waits = None
            if history.FAILURE.search(kind) and begun is not None and visit.kind not in ("Parallel", "Map"):
                yield Part("failed", begun, now)
                begun, failed = None, now
        if waits is not None:
            yield Part("wait", waits, end)

    def _at(self, seconds: float) -> float:
        return round(seconds + self.offset, 6)


def _few(found: list[Row]) -> list[Row]:
    """Of many items the first, some of those that did not go well, and the rest together."""
    if len(found) <= FIRST_ITEMS + BAD_ITEMS:
        return found
    bad = [row for row in found[FIRST_ITEMS:] if not row.well]
    shown = [*found[:FIRST_ITEMS], *bad[:BAD_ITEMS]]
    rest = [row for row in found if all(row is not other for other in shown)]
    return [*shown, Row(f"{len(rest)} more items", "rest", [_span(row) for row in rest], hidden=len(rest))]


def _span(row: Row) -> Bar:
    """All bars of a row as one, with the last one's status."""
    last = row.bars[-1]
    return Bar(row.label, row.bars[0].start, max(bar.end for bar in row.bars), last.status, error=last.error)


def _fitting(found: list[Row]) -> list[Row]:
    """At most MOST_ROWS rows: the deepest go first, then those in the middle."""
    while True:
        everything = [pair for row in found for pair in row.walk()]
        deepest = max((depth for depth, _ in everything), default=0)
        if len(everything) <= MOST_ROWS or deepest == 0:
            break
        for depth, row in everything:
            if depth == deepest - 1 and row.rows:
                row.hidden += sum(1 for inner in row.rows for _ in inner.walk())
                row.rows = []
    if len(found) > MOST_ROWS:
        left_out = found[MOST_ROWS - 9 : -8]
        bars = [bar for row in left_out for bar in row.bars]
        return [
            *found[: MOST_ROWS - 9],
            Row(f"{len(left_out)} more states", "more", bars, hidden=len(bars)),
            *found[-8:],
        ]
    return found
