"""As text: a line a visit for `text/plain`, a sentence for the alt text of a picture."""

from __future__ import annotations

from helpers.draw import words
from helpers.draw.history import Trace, Visit
from helpers.draw.model import END, START, Graph

MOST_LINES = 60


def sentence(graph: Graph, trace: Trace | None, name: str) -> str:
    """What a picture shows, in one sentence, for those who hear it."""
    if trace is None:
        return f"{name or 'A workflow'}: {_structure(graph)}."
    told = []
    for state, summary in trace.states().items():
        notes = []
        if summary.visits > 1:
            notes.append(f"{summary.visits} times")
        if summary.retries:
            notes.append(f"{summary.retries} {'retry' if summary.retries == 1 else 'retries'}")
        if summary.status not in ("succeeded", "running"):
            notes.append(f"{summary.status}{': ' + words.error(summary.error) if summary.error else ''}")
        elif summary.status == "running":
            notes.append("running")
        told.append(state + (f" ({', '.join(notes)})" if notes else ""))
    if len(told) > 12:
        told = [*told[:8], f"{len(told) - 10} more", *told[-2:]]
    how = outcome(trace)
    return f"{name or 'An execution'} {how}: {', then '.join(told) or 'no state entered yet'}."


def outcome(trace: Trace) -> str:
    """How it ended and when: "succeeded after 12 s", "running at 3 s"."""
    return f"{trace.status} {'at' if trace.status == 'running' else 'after'} {words.duration(trace.seconds)}"


def _structure(graph: Graph) -> str:
    """The states of one scope in document order, boxes with what they hold."""
    told = []
    for key, node in graph.nodes.items():
        if key in (START, END):
            continue
        kind = node.words if node.kind in ("Task", "Wait", "Parallel", "Map", "Fail") else node.kind.lower()
        inner = "; ".join(_structure(scope) for scope in node.scopes)
        told.append(f"{node.name} ({kind}{': ' + inner if inner else ''})")
    if len(told) > 16:
        told = [*told[:12], f"{len(told) - 14} more", *told[-2:]]
    return ", ".join(told)


def table(graph: Graph, trace: Trace | None, name: str) -> str:
    """A readable trace: for a machine its states and ways, for an execution a line a visit."""
    return _machine(graph, name) if trace is None else _execution(trace, name)


def _machine(graph: Graph, name: str) -> str:
    lines = [name or "workflow"]
    _list(graph, 1, lines)
    return "\n".join(lines)


def _list(graph: Graph, depth: int, lines: list[str]) -> None:
    for key, node in graph.nodes.items():
        if key in (START, END):
            continue
        ways = []
        for edge in graph.edges:
            if edge.source == key:
                target = "End" if edge.target == END else edge.target
                said = f"if {edge.label} " if edge.label and edge.kind == "flow" else ""
                ways.append(f"on {edge.label} -> {target}" if edge.kind == "catch" else f"{said}-> {target}")
        retries = f", up to {node.retries} retries" if node.retries else ""
        lines.append(
            f"{'  ' * depth}{node.name}: {node.words}{retries}{'; ' if ways else ''}{'; '.join(ways)}"
        )
        for scope in node.scopes:
            _list(scope, depth + 1, lines)


def _execution(trace: Trace, name: str) -> str:
    how = outcome(trace)
    lines = [f"{name or 'execution'}: {how}"]
    widest = max((2 * visit.depth + len(visit.state) for visit in trace.visits), default=0)
    for visit in trace.visits[:MOST_LINES]:
        lines.append(_line(visit, min(widest, 60)))
    if len(trace.visits) > MOST_LINES:
        lines.append(f"  … and {len(trace.visits) - MOST_LINES} more visits")
    if trace.error:
        lines.append(f"{trace.error}: {words.shorten(trace.cause or 'no cause given', 200)}")
    return "\n".join(lines)


def _line(visit: Visit, widest: int) -> str:
    label = "  " * visit.depth + visit.state
    lasted = "…" if visit.left is None else words.duration(round(visit.left - visit.entered, 1))
    notes = visit.status
    if visit.tries > 1:
        notes += f", {visit.tries} tries"
    if visit.error and visit.status != "succeeded":
        notes += f": {visit.error}"
    if visit.kind == "Map":
        notes += f", {visit.iterations[1]} of {visit.iterations[0]} items"
    return f"  {visit.entered:8.1f} s  {label:<{widest}}  {lasted:>8}  {notes}"
