"""Pictures of workflows: Amazon States Language and history events in, SVG, text and a sentence out.

Standard library only, and nothing here asks AWS: what `describe_state_machine` and `get_execution_history`
give is enough, so an execution on AWS is drawn as one on this machine.

    words -> model -> order -> layout      once for a definition; forms: portrait and landscape
    history, opened -> scene               once for each new event; opened: child workflows, Map Runs, jobs
    boxes -> svg, trace                    the graph that the reader sees
    rows -> scale -> bars                  the timeline
    rows, values, svg -> comparison        two executions side by side
    values, log -> page                    the events
    paths, values, lens -> stages -> page  what each state did to its data
    flow                                   the fields through which a state's data flows
    services                               an architecture: services in columns, and what flows between them
    objects -> previews                    what of its data is in S3, and what that looks like
    replay                                 an execution event by event, for a browser to play
"""

from __future__ import annotations

import base64
import json
import lzma
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from draw import (
    bars,
    comparison,
    flow,
    folds,
    forms,
    history,
    layout,
    log,
    model,
    opened,
    replay,
    rows,
    stages,
    svg,
    trace,
    words,
)
from draw import services as architecture
from draw.comparison import Side
from draw.opened import Opening, Source
from draw.page import Page
from draw.plan import Plan
from draw.previews import Look, Preview
from draw.scene import Moment
from draw.services import Service

__all__ = [
    "Moment",
    "Page",
    "Picture",
    "Preview",
    "Service",
    "Side",
    "Source",
    "compare",
    "data",
    "data_flow",
    "events",
    "film",
    "graph",
    "recorded",
    "replayed",
    "services",
    "timeline",
]

LETTERS = 800  # of one input or output in a record
LARGEST = 60_000  # bytes of a graph: beyond that, child workflows are not opened in it
SMALLEST = 0.4  # of its size: if all of a graph is only on screen when it is smaller, they are not opened either


class Picture:
    """Something to look at: Jupyter shows the SVG with its alt text, a terminal the text.

    Attributes:
        svg: the picture, a whole SVG document.
        alt: its story in one sentence.
        text: the same facts, a line each.
        width, height: in pixels.
        record: what `recorded` gives of the execution in it, to be saved with it; None saves the picture alone.
    """

    def __init__(self, svg: str, alt: str, text: str, width: int, height: int) -> None:
        self.svg, self.alt, self.text, self.width, self.height = svg, alt, text, width, height
        self.record: str | None = None

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> Any:
        data = {"text/html": self.html, "text/plain": self.text}
        return data if self.record is None else (data, {"record": self.record})

    @property
    def html(self) -> str:
        """The picture as an element."""
        # An <img> in text/html is the one form that an untrusted notebook shows too, and with its alt text:
        # JupyterLab 4 drops image/svg+xml there and strips inline <svg>.
        # Not base64, which takes a fifth more.
        address = re.sub("[<>#%]", lambda sign: f"%{ord(sign[0]):02X}", self.svg.replace('"', "'"))
        return (
            f'<img alt="{escape(self.alt)}" width="{self.width}" height="{self.height}" '
            f'style="max-width:100%;height:auto" src="data:image/svg+xml;charset=utf-8,{escape(address, quote=False)}">'
        )


def graph(
    definition: str | Mapping[str, Any],
    events: Iterable[Mapping[str, Any]] | None = None,
    *,
    name: str = "",
    landscape: bool = False,
    source: Source | None = None,
    moment: Moment | None = None,
) -> Picture:
    """The graph of a state machine, or of an execution of it.

    Args:
        definition: Amazon States Language, as text or parsed.
        events: an execution's history so far, as GetExecutionHistory gives it in ascending order; None draws
            the machine alone.
        name: what to call it in the title.
        landscape: from left to right, for slides.
        source: knows child workflows, which are then opened in place, Map Runs and jobs; None knows nothing.
        moment: lets a clock run in the states at work, until the execution has ended.

    Raises:
        ValueError: the definition has no StartAt and States.
    """
    text = definition if isinstance(definition, str) else json.dumps(definition)
    opening, scene = opened.look(name, text, [] if events is None else [events], source)
    happened = scene.runs[0] if scene.runs else None
    how = ""
    if happened is not None:
        how = happened.status if scene.notes else trace.outcome(happened)  # a job tells its own time, a later one
    aside = ""
    if happened is not None and happened.status == "running" and moment is not None:
        scene.at(moment)
        how = f"running at {words.duration(max(moment.seconds, happened.seconds))}"
        aside = f"Time is played {moment.pace:,.0f} times as fast." if moment.pace >= 2 else ""
    while True:
        machine, plan = _laid(opening, landscape)
        drawn, width, height = svg.render(plan, happened, words.shorten(name, 60), scene, how, aside)
        too_large = len(drawn.encode()) > LARGEST or folds.scale(plan) < SMALLEST
        fewer = opened.shallower(opening) if too_large else None
        if fewer is None:
            break
        opening = fewer
    text = trace.table(machine, happened, name, scene)
    return Picture(drawn, trace.sentence(machine, happened, name, scene), text, width, height)


def compare(
    first: Side,
    second: Side,
    *,
    landscape: bool = False,
    cost: Callable[[Iterable[Mapping[str, Any]]], float] | None = None,
) -> Page:
    """Two executions side by side: where they part, which states only one has, what each took and cost.

    Args:
        first, second: of one machine, or of two versions of it.
        landscape: graphs from left to right, one above the other.
        cost: of some events of an execution, in dollars; None says nothing of costs.
    """
    sides, drawn, placed = (first, second), [], []
    for side in sides:
        opening, scene = opened.look(side.name, json.dumps(side.definition), [side.events], None)
        _, plan = _laid(opening, landscape)
        title = words.shorten(f"{side.name}: {trace.outcome(side.trace)}", 60)
        drawn.append(svg.render(plan, side.trace, title, scene))
        placed.append(svg.places(plan, title))
    picture, wide, high = comparison.svg(sides, drawn, placed, landscape)
    html, text = comparison.page_of(sides, lambda alt: Picture(picture, alt, "", wide, high).html, cost)
    return Page(html, text)


def timeline(
    events: Iterable[Mapping[str, Any]],
    *,
    name: str = "",
    children: rows.Children | None = None,
    runs: rows.Runs | None = None,
) -> Picture:
    """When each state of an execution was at work, waited, or failed: a bar a visit.

    Args:
        events: an execution's history so far, as for `graph`.
        name: what to call it in the title.
        children: gives the history of a child execution by its ARN, to be drawn inside; None draws none.
        runs: gives the child executions of a Map Run by its ARN, as ListExecutions tells of them; None draws none.
    """
    happened, found = rows.read(events, children, runs)
    how = trace.outcome(happened)
    title = f"{words.shorten(name, 60)}: {how}" if name else how
    drawn, width, height = bars.render(happened, found, title)
    return Picture(drawn, bars.sentence(happened, found, name), bars.table(happened, found, name), width, height)


def events(history_events: Iterable[Mapping[str, Any]], *, name: str = "", state: str = "", type: str = "") -> Page:
    """The events of an execution as a table, their details on a click.

    Args:
        history_events: an execution's history so far, as for `graph`.
        name: what to call it in the title.
        state: only what happened in this state.
        type: only events whose type has this in it: "Failed", "Task", "StateExited".
    """
    return log.table(history_events, name, state, type)


def data(
    definition: str | Mapping[str, Any],
    events: Iterable[Mapping[str, Any]],
    *,
    name: str = "",
    state: str = "",
    look: Look | None = None,
) -> Page:
    """What each state of an execution did to its data, field by field of its definition.

    Args:
        definition: Amazon States Language, as text or parsed.
        events: an execution's history so far, as for `graph`.
        name: what to call it in the title.
        state: only this state, on every visit; "" is every state, on the visit that failed or the last.
        look: gives a preview of an object in S3 by its bucket and key; None shows none.
    """
    machine = json.loads(definition) if isinstance(definition, str) else definition
    return stages.page_of(machine, events, name, state, look)


def data_flow(state: Mapping[str, Any], *, name: str) -> Picture:
    """How data flows through one state, from InputPath to OutputPath, whether it runs or not.

    Args:
        state: its definition, in JSONPath.
        name: the state's.
    """
    return Picture(*flow.picture(name, state))


def services(title: str, columns: Sequence[str], found: Sequence[Service], *, new: Collection[str] = ()) -> Picture:
    """Services in columns, and the data that flows between them.

    Args:
        title: a line at the top.
        columns: the heading of each column.
        found: what stands in them; arrows to services that are not among them are left out.
        new: names of those that stand out, as what has come to the picture since it was shown last.
    """
    return Picture(*architecture.picture(title, columns, found, new))


def film(
    definition: str | Mapping[str, Any],
    events: Iterable[Mapping[str, Any]],
    *,
    name: str = "",
    landscape: bool = False,
    moving: bool = True,
) -> dict[str, Any]:
    """An execution event by event, with what each visit got and gave: what `inspector.js` plays, a JSON value.

    Args:
        definition: Amazon States Language, as text or parsed.
        events: an execution's history so far, as for `graph`; at least one.
        name: what to call it.
        landscape: from left to right.
        moving: every event; else only the last one.
    """
    text = definition if isinstance(definition, str) else json.dumps(definition)
    machine, plan = _laid(Opening("", text), landscape)
    return replay.record(machine, plan, events, name, moving=moving)


def recorded(definition: str, events: Iterable[Mapping[str, Any]] | None, *, name: str) -> str:
    """What `graph` and `film` need to draw it again, without a kernel: one line of text, compressed.

    Of each input and output it holds the beginning, as AWS's own histories do of large ones.

    Args:
        definition, events, name: as for `graph`.
    """
    kept = (
        None
        if events is None
        else [_beginning({**each, "timestamp": history.seconds(each["timestamp"])}) for each in events]
    )
    text = json.dumps({"definition": definition, "events": kept, "name": name}, separators=(",", ":"))
    return base64.b85encode(lzma.compress(text.encode(), lzma.FORMAT_ALONE)).decode()


def _beginning(value: Any) -> Any:
    """The same, with long texts cut off."""
    if isinstance(value, Mapping):
        return {key: _beginning(inner) for key, inner in value.items()}
    return value[:LETTERS] + " …" if isinstance(value, str) and len(value) > LETTERS else value


def replayed(record: str) -> dict[str, Any]:
    """What was recorded: definition, events, name."""
    found: dict[str, Any] = json.loads(lzma.decompress(base64.b85decode(record)))
    return found


@lru_cache(maxsize=32)
def _laid(opening: Opening, landscape: bool) -> tuple[model.Graph, Plan]:
    """The layout depends on the definitions alone: refreshing a picture does not move anything."""
    machine = opened.graph_of(opening)
    plan = layout.place(machine, forms.LANDSCAPE if landscape else forms.PORTRAIT)
    return machine, folds.fold(plan)
