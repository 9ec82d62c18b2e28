"""As text: a line a visit for `text/plain`, a sentence for the alt text of a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from helpers.draw import words
from helpers.draw.history import Trace, Visit
from helpers.draw.model import END, START, Graph

MOST_LINES = 60
TIMES = "\N{MULTIPLICATION SIGN}"

Line = tuple[float, str, str, str]  # entered, state, how long, what became of it


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
        lines.append(f"{'  ' * depth}{node.name}: {node.words}{retries}{'; ' if ways else ''}{'; '.join(ways)}")
        for scope in node.scopes:
            _list(scope, depth + 1, lines)


def _execution(trace: Trace, name: str) -> str:
    inside: dict[int, list[Visit]] = {}
    for visit in trace.visits:
        inside.setdefault(id(visit.holder), []).append(visit)
    lines = list(_tree(inside, None, 0))
    widest = max((len(line[1]) for line in lines), default=0)
    told = [f"{name or 'execution'}: {outcome(trace)}"]
    for entered, label, lasted, notes in lines[:MOST_LINES]:
        told.append(f"  {entered:8.1f} s  {label:<{min(widest, 60)}}  {lasted:>8}  {notes}")
    if len(lines) > MOST_LINES:
        told.append(f"  … and {len(lines) - MOST_LINES} more visits")
    if trace.error:
        told.append(f"{trace.error}: {words.cause(trace.cause)}")
    return "\n".join(told)


def _tree(inside: dict[int, list[Visit]], holders: list[Visit] | None, depth: int) -> Iterator[Line]:
    """The visits inside `holders`, each followed by those inside it; a Map's iterations state by state."""
    keys = [id(holder) for holder in holders] if holders else [id(None)]
    visits = [visit for key in keys for visit in inside.get(key, [])]
    groups: list[list[Visit]] = [[visit] for visit in visits]
    if holders and (len(holders) > 1 or holders[0].kind == "Map"):
        by_state: dict[str, list[Visit]] = {}
        for visit in visits:
            by_state.setdefault(visit.state, []).append(visit)
        groups = list(by_state.values())
    for group in groups:
        yield _line(group, depth)
        yield from _tree(inside, group, depth + 1) if any(id(visit) in inside for visit in group) else ()


def _line(visits: list[Visit], depth: int) -> Line:
    """One visit, or all visits of a state in the iterations of a Map: the time of the first, the longest stay."""
    times = f" {TIMES}{len(visits)}" if len(visits) > 1 else ""
    stays = [visit.left - visit.entered for visit in visits if visit.left is not None]
    lasted = words.duration(round(max(stays), 1)) if stays else "…"
    notes = ", ".join(
        f"{count} {status}" if len(visits) > 1 else status
        for status, count in Counter(visit.status for visit in visits).items()
    )
    first = next((visit for visit in visits if visit.error and visit.status != "succeeded"), None)
    tries = sum(visit.tries for visit in visits)
    if tries > len(visits):
        notes += f", {tries} tries"
    if first is not None:
        notes += f": {first.error}"
    if visits[0].kind == "Map":
        done, begun = (sum(visit.iterations[at] for visit in visits) for at in (1, 0))
        notes += f", {done} of {begun} items"
    return visits[0].entered, "  " * depth + visits[0].state + times, lasted, notes
