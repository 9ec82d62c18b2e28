"""An execution event by event, as one JSON value that a browser can play: pictures, visits, inputs and outputs.

The pictures are those that `svg` draws, so nothing is drawn twice in two languages. One is cut up into its elements,
and each moment says only which elements differ from the moment before: a thousand events take some hundred kilobytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from draw import history, rows, svg, trace, words
from draw.canvas import printable
from draw.history import FAILURE, Event, RecordedVisit, Trace
from draw.model import END, START, Graph
from draw.plan import Plan

MOST_MOMENTS = 1500  # of a longer history, only every second, third … event is a moment
MOST_LETTERS = 4000  # of one input or output
ALL_LETTERS = 400_000  # of all inputs and outputs together, so that thousands of them stay playable
FEWEST_LETTERS = 300
LINE = 44  # letters of JSON that stay on one line

Json = dict[str, Any]


def record(graph: Graph, plan: Plan, events: Iterable[Event], name: str, *, moving: bool = True) -> Json:
    """What `inspector.js` plays.

    Args:
        graph, plan: the state machine, and where its states stand.
        events: an execution's history so far, as GetExecutionHistory gives it in ascending order.
        name: what to call it.
        moving: every moment; else only the last one.

    Returns:
        `pieces`, the elements of all pictures; `moments`, one for each event, with the changes
        [from, how many go, pieces that come] to the elements of the moment before; `states` with their places in
        the picture; `visits` in the order of entry, each with its `changes`, the moments at which something about it
        changed; `whole`, what the execution itself got and gave; `texts`, the inputs, outputs and causes that all
        these name by number.
    """
    recorded = list(events)
    recorder = _Recorder(graph, plan, name, _moments(len(recorded), moving))
    recorder.read(recorded)
    return recorder.result(rows.items(recorder.trace, {int(event["id"]): event for event in recorded}))


def _moments(count: int, moving: bool) -> set[int]:
    """The events, counted from zero, after which there is a picture."""
    if not moving:
        return {count - 1}
    step = -(-count // MOST_MOMENTS) or 1
    return {*range(0, count, step), count - 1}


class _Recorder:
    def __init__(self, graph: Graph, plan: Plan, name: str, moments: set[int]) -> None:
        self.graph, self.plan, self.name, self.wanted = graph, plan, name, moments
        self.title = words.shorten(name, 60) or "Execution"
        self.trace = Trace()
        self.pieces: dict[str, int] = {}
        self.shown: list[int] = []
        self.moments: list[Json] = []
        self.visits: list[Json] = []
        self.before: list[tuple[Any, ...]] = []
        self.texts: dict[str, int] = {}
        self.whole: dict[str, int | None] = {}
        self.number = {
            node.name: number
            for number, (node, _) in enumerate(pair for pair in graph.walk() if pair[0].kind not in ("Start", "End"))
        }

    def read(self, events: list[Event]) -> None:
        for count, (event, (self.trace, visit)) in enumerate(zip(events, history.steps(events), strict=True)):
            self._keep(event, visit)
            if count in self.wanted:
                self._take(event, visit)

    def _keep(self, event: Event, visit: RecordedVisit | None) -> None:
        """What an event says and a `RecordedVisit` does not hold: inputs, outputs, and the errors of earlier tries."""
        kind, details = str(event["type"]), history.details(event)
        if kind.startswith("Execution"):
            whole = {key: self._text(details[key]) for key in ("input", "output", "error", "cause") if details.get(key)}
            self.whole |= whole
        if kind.endswith("StateEntered"):
            self.visits.append({"input": self._text(details.get("input")), "failures": [], "changes": []})
            self.before.append(())
        if visit is None:
            return
        found = self._visit(visit)
        if kind.endswith("StateExited"):
            found["output"] = self._text(details.get("output"))
        elif FAILURE.search(kind):
            at = len(self.moments)
            found["failures"].append([at, visit.error or kind, self._cause(visit.cause)])

    def _visit(self, visit: RecordedVisit) -> Json:
        visits = self.trace.visits
        return self.visits[next(at for at in reversed(range(len(visits))) if visits[at] is visit)]

    def _take(self, event: Event, visit: RecordedVisit | None) -> None:
        """One moment."""
        at = len(self.moments)
        for number, seen in enumerate(self.trace.visits):
            now = (seen.status, seen.tries, seen.left, seen.error, seen.cause, *seen.iterations)
            if now != self.before[number]:
                self.before[number] = now
                error = seen.error if seen.status != "succeeded" else None
                cause = self._cause(seen.cause) if error else None
                items = seen.iterations if seen.kind == "Map" and seen.iterations[0] else None
                self.visits[number]["changes"].append([at, seen.status, seen.tries, seen.left, error, cause, items])
        drawn, self.width, self.height = svg.render(self.plan, self.trace, self.title)
        elements = [self.pieces.setdefault(piece, len(self.pieces)) for piece in re.split("(?=<)", drawn)]
        self.moments.append(
            {
                "id": int(event["id"]),
                "type": str(event["type"]),
                "state": self.number.get(visit.state) if visit else None,
                "seconds": self.trace.seconds,
                "status": self.trace.status,
                "changes": list(_changes(self.shown, elements)),
            }
        )
        self.shown = elements

    def _cause(self, cause: str | None) -> int | None:
        return self._text(cause) if cause else None

    def _text(self, text: str | None) -> int | None:
        return None if text is None else self.texts.setdefault(text, len(self.texts))

    def result(self, items: Mapping[int, int]) -> Json:
        for visit, seen in zip(self.visits, self.trace.visits, strict=True):
            inside = seen.holder is not None and seen.holder.kind == "Map"
            item = items.get(id(seen)) if inside else None
            visit |= {"state": self.number.get(seen.state), "entered": seen.entered, "item": item}
        limit = max(FEWEST_LETTERS, min(MOST_LETTERS, ALL_LETTERS // max(1, len(self.texts))))
        places = svg.places(self.plan, self.title)
        return {
            "name": self.title,
            "alt": trace.sentence(self.graph, self.trace, self.name),
            "width": self.width,
            "height": self.height,
            "pieces": list(self.pieces),
            "moments": self.moments,
            "states": [
                {"name": node.name, "kind": node.kind, "words": node.words, "place": places[node.name]}
                for node, _ in self.graph.walk()
                if node.name not in (START, END)
            ],
            "visits": self.visits,
            "whole": self.whole,
            "texts": [pretty(text, limit) for text in self.texts],
        }


def _changes(before: list[int], after: list[int]) -> Iterable[list[int]]:
    """How a list became another: [from, how many go, what comes …], to be made from the last to the first."""
    first = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), None)
    if first is None:
        first = min(len(before), len(after))
    most = min(len(before), len(after)) - first
    last = next((back for back in range(most) if before[-1 - back] != after[-1 - back]), most)
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    found = (
        SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if old and new else [("", 0, len(old), 0, None)]
    )
    for kind, start, end, low, high in reversed(found):
        if kind != "equal" and (old or new):
            yield [first + start, end - start, *new[low:high]]


def pretty(text: str, limit: int) -> str:
    """JSON text over several lines, other text as it stands, its end cut off."""
    found, length = [], 0
    for piece in _laid_out(text):
        found.append(piece)
        length += len(piece)
        if length > limit:  # of a quarter of a megabyte, only the beginning is laid out
            break
    shown = "".join(found)
    if length > limit:
        shown = f"{shown[:limit]}\n… of {len(text):,} letters"
    return "\n".join(printable(line) for line in shown.split("\n"))  # what no file can hold no browser takes either


def _laid_out(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except ValueError:
        yield text
    else:
        yield from _lines(value, "")


def _lines(value: Any, indent: str) -> Iterator[str]:
    """JSON piece by piece, what is short on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + len(indent) <= LINE or not isinstance(value, dict | list) or not value:
        yield flat
        return
    deeper = f"{indent}  "
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    pairs = value.items() if isinstance(value, dict) else ((None, inner) for inner in value)
    for number, (key, inner) in enumerate(pairs):
        label = "" if key is None else f"{json.dumps(key, ensure_ascii=False)}: "
        yield f"{',' if number else opening}\n{deeper}{label}"
        yield from _lines(inner, deeper)
    yield f"\n{indent}{closing}"
