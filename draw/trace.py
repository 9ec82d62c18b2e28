"""As text: a line a visit for `text/plain`, a sentence for the alt text of a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from draw import words
from draw.history import RecordedVisit, Trace
from draw.model import END, START, Graph
from draw.scene import Scene

MOST_LINES = 60
TIMES = "\N{MULTIPLICATION SIGN}"

Line = tuple[float, str, str, str]  # entered, state, how long, what became of it


def sentence(graph: Graph, trace: Trace | None, name: str, scene: Scene | None = None) -> str:
    """What a picture shows, in one sentence, for those who hear it."""
    scene = scene or Scene()
    if trace is None:
        return f"{name or 'A workflow'}: {_structure(graph)}."
    visited = []
    for state, summary in trace.states().items():
        notes = []
        if summary.visits > 1:
            notes.append(f"{summary.visits} times")
        if summary.retries:
            notes.append(f"{summary.retries} {'retry' if summary.retries == 1 else 'retries'}")
        if summary.injected:
            notes.append("injected")
        some, counted = summary.share
        part = f"{some} of them " if some < counted else ""
        if summary.status not in ("succeeded", "running"):
            notes.append(f"{part}{summary.status}{': ' + words.error(summary.error) if summary.error else ''}")
            notes += [f"in {guilty.state}" for guilty in _guilty(scene, state)]
        elif summary.status == "running":
            notes.append(part + scene.notes.get(state, "running"))
        if state in scene.map_runs:
            notes.append(items(scene.map_runs[state]))
        visited.append(state + (f" ({', '.join(notes)})" if notes else ""))
    if len(visited) > 12:
        visited = [*visited[:8], f"{len(visited) - 10} more", *visited[-2:]]
    how = outcome(trace)
    return f"{name or 'An execution'} {how}: {', then '.join(visited) or 'no state entered yet'}."


def outcome(trace: Trace) -> str:
    """How it ended and when: "succeeded after 12 s", "running at 3 s"."""
    return f"{trace.status} {'at' if trace.status == 'running' else 'after'} {words.duration(trace.seconds)}"


def items(counts: Mapping[str, int]) -> str:
    """What became of the items of a Map Run: "980 of 1,000 items succeeded, 3 failed"."""
    lost = sum(counts.get(key, 0) for key in ("failed", "timedOut", "aborted"))
    said = f"{counts.get('succeeded', 0):,} of {counts.get('total', 0):,} items succeeded"
    return f"{said}, {lost:,} failed" if lost else said


def _guilty(scene: Scene, state: str) -> list[RecordedVisit]:
    """Where in the child workflows of a state they failed: the first such place."""
    runs = scene.children[state].runs if state in scene.children else ()
    return [guilty for run in runs if (guilty := run.failed()) is not None][:1]


def _structure(graph: Graph) -> str:
    """The states of one scope in document order, boxes with what they hold."""
    parts = []
    for key, node in graph.nodes.items():
        if key in (START, END):
            continue
        kind = node.words if node.kind in ("Task", "Wait", "Parallel", "Map", "Fail") else node.kind.lower()
        inner = "; ".join(_structure(scope) for scope in node.scopes)
        parts.append(f"{node.name} ({kind}{': ' + inner if inner else ''})")
    if len(parts) > 16:
        parts = [*parts[:12], f"{len(parts) - 14} more", *parts[-2:]]
    return ", ".join(parts)


def table(graph: Graph, trace: Trace | None, name: str, scene: Scene | None = None) -> str:
    """A readable trace: for a machine its states and ways, for an execution a line a visit."""
    return _machine(graph, name) if trace is None else _execution(trace, name, scene or Scene([trace]))


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


def _execution(trace: Trace, name: str, scene: Scene) -> str:
    lines = list(_scene(scene, 0, trace.begin))
    widest = max((len(line[1]) for line in lines), default=0)
    written = [f"{name or 'execution'}: {outcome(trace)}"]
    for entered, label, lasted, notes in lines[:MOST_LINES]:
        written.append(f"  {entered:8.1f} s  {label:<{min(widest, 60)}}  {lasted:>8}  {notes}")
    if len(lines) > MOST_LINES:
        written.append(f"  … and {len(lines) - MOST_LINES} more visits")
    if trace.error:
        written.append(f"{trace.error}: {words.cause(trace.cause)}")
    return "\n".join(written)


def _scene(scene: Scene, depth: int, begin: float) -> Iterator[Line]:
    """The visits of a machine's executions: one by one, or of several executions state by state."""
    inside: dict[int, list[RecordedVisit]] = {}
    for run in scene.runs:
        for visit in run.visits:
            inside.setdefault(id(visit.holder), []).append(visit)
    later = min((run.begin for run in scene.runs), default=begin) - begin
    top = inside.get(id(None), [])
    for group in _grouped(top) if len(scene.runs) > 1 else [[visit] for visit in top]:
        yield from _tree(inside, group, depth, scene, later, begin)


def _tree(
    inside: dict[int, list[RecordedVisit]],
    group: list[RecordedVisit],
    depth: int,
    scene: Scene,
    later: float,
    begin: float,
) -> Iterator[Line]:
    """A line for visits of one state, then those inside them; a Map's iterations state by state."""
    state = group[0].state
    yield _line(group, depth, scene, later)
    visits = [held for visit in group for held in inside.get(id(visit), [])]
    together = len(group) > 1 or group[0].kind == "Map"
    for held in _grouped(visits) if together else [[visit] for visit in visits]:
        yield from _tree(inside, held, depth + 1, scene, later, begin)
    if state in scene.children and group[-1] is _last(scene, state):
        yield from _scene(scene.children[state], depth + 1, begin)


def _grouped(visits: list[RecordedVisit]) -> list[list[RecordedVisit]]:
    by_state: dict[str, list[RecordedVisit]] = {}
    for visit in visits:
        by_state.setdefault(visit.state, []).append(visit)
    return list(by_state.values())


def _last(scene: Scene, state: str) -> RecordedVisit:
    """The last visit of a state: all its child workflows are told after it."""
    return next(visit for run in reversed(scene.runs) for visit in reversed(run.visits) if visit.state == state)


def _line(visits: list[RecordedVisit], depth: int, scene: Scene, later: float) -> Line:
    """One visit, or all visits of a state in the iterations of a Map: the time of the first, the longest stay."""
    times = f" {TIMES}{len(visits)}" if len(visits) > 1 else ""
    stays = [visit.left - visit.entered for visit in visits if visit.left is not None]
    lasted = words.duration(max(stays)) if stays else "…"
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
    state = visits[0].state
    if state in scene.map_runs:
        notes += f", {items(scene.map_runs[state])}"
    elif visits[0].kind == "Map":
        done, begun = (sum(visit.iterations[at] for visit in visits) for at in (1, 0))
        notes += f", {done} of {begun} items" if begun else ""
    if state in scene.notes and visits[-1].left is None:
        notes += f", {scene.notes[state]}"
    return visits[0].entered + later, "  " * depth + state + times, lasted, notes
