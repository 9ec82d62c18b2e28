"""What a graph shows besides one definition and one history: child workflows, Map Runs, jobs at work.

None of it is in the execution's own history, so it is asked of a `Source`; this package asks no cloud.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from draw import history, model, words
from draw.history import Event, RecordedVisit, Trace
from draw.model import Graph
from draw.scene import Scene

DEEPEST = 4  # machine in machine
MOST_EXECUTIONS = 40  # of one state's child executions: those whose histories are read
CLOSED = "Child workflow: show it by itself"
ITSELF = "Child workflow: around this one"


class Source(Protocol):
    """Who knows more. Each answers None to what it does not know."""

    def machine(self, arn: str) -> str | None:
        """The definition of a state machine."""

    def execution(self, arn: str) -> tuple[str, Iterable[Event]] | None:
        """The ARN of an execution's state machine, and the execution's history so far."""

    def map_run(self, arn: str) -> Mapping[str, int] | None:
        """The itemCounts of a Map Run, as DescribeMapRun gives them."""

    def items(self, arn: str) -> Sequence[Iterable[Event]]:
        """The histories so far of a Map Run's executions; none if they are too many to be asked for."""

    def job(self, resource: str, request: Mapping[str, Any]) -> str | None:
        """How far a job is, in words.

        Args:
            resource: what the Task calls: "sagemaker:createTrainingJob.sync".
            request: what it was called with.
        """


@dataclass(frozen=True, slots=True)
class Opening:
    """A machine and those opened inside it: all that its layout depends on.

    Args:
        name: of the machine.
        children: by state, the machine that it starts, or words that say why it is not opened.
    """

    name: str
    definition: str
    children: tuple[tuple[str, Opening | str], ...] = ()


def graph_of(opening: Opening, ends: bool = True) -> Graph:
    """The graph of a machine, with the graphs of its children inside the states that start them."""
    graph = model.parse(opening.definition, ends)
    children = dict(opening.children)
    for node, _ in list(graph.walk()):
        child = children.get(node.name)
        if isinstance(child, Opening):
            node.scopes, node.child = (graph_of(child, ends=False),), child.name
            node.words = f"Child workflow: {child.name}"
        elif child is not None:
            node.words = child
    return graph


def shallower(opening: Opening) -> Opening | None:
    """The same without any of the deepest children, so that those side by side stay alike; None when there is none."""
    found = list(_paths(opening, ()))
    for path in found:
        if len(path) == max(map(len, found)):
            opening = _without(opening, path)
    return opening if found else None


def _paths(opening: Opening, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The way to each child: the states that open it, from the outermost."""
    for state, child in opening.children:
        if isinstance(child, Opening):
            yield (*path, state)
            yield from _paths(child, (*path, state))


def _without(opening: Opening, path: tuple[str, ...]) -> Opening:
    changed: list[tuple[str, Opening | str]] = []
    for state, child in opening.children:
        if state == path[0] and isinstance(child, Opening):
            changed.append((state, _without(child, path[1:]) if path[1:] else CLOSED))
        else:
            changed.append((state, child))
    return replace(opening, children=tuple(changed))


def look(name: str, definition: str, runs: Sequence[Iterable[Event]], source: Source | None) -> tuple[Opening, Scene]:
    """All that can be shown of a machine, or of executions of it.

    Args:
        name: of the machine.
        definition: Amazon States Language, as JSON text.
        runs: the histories so far of its executions; none for the machine alone.
        source: who is asked for the rest; None for nobody.
    """
    return _look(name, definition, runs, source, (name,) if name else ())


@dataclass(slots=True)
class _Begun:
    """What one state of a machine began, in all its executions.

    Args:
        machines, executions: ARNs of child workflows, those already at work and those only asked for.
        map_run: the ARN of its last Map Run.
        job: what its last visit called and with what, if it is still at work.
    """

    machines: dict[str, None] = field(default_factory=dict)
    executions: dict[str, None] = field(default_factory=dict)
    map_run: str | None = None
    job: tuple[str, Mapping[str, Any]] | None = None


def _look(
    name: str, definition: str, runs: Sequence[Iterable[Event]], source: Source | None, around: tuple[str, ...]
) -> tuple[Opening, Scene]:
    kept = [list(events) for events in runs]
    scene = Scene([history.read(events) for events in kept])
    children: list[tuple[str, Opening | str]] = []
    if source is not None:
        begun = _begun(scene.runs, kept)
        for state, fields in _states(json.loads(definition)):
            mine = begun.get(state, _Begun())
            if words.starts_execution(str(fields.get("Resource", ""))):
                child = _child(fields, mine, source, around)
                if isinstance(child, tuple):
                    scene.children[state] = child[1]
                    children.append((state, child[0]))
                elif child is not None:
                    children.append((state, child))
            if words.is_distributed(fields):
                histories = source.items(mine.map_run) if mine.map_run else []
                processor, scene.children[state] = _look("", json.dumps(_processor(fields)), histories, source, around)
                children += processor.children
            counts = source.map_run(mine.map_run) if mine.map_run else None
            if counts is not None:
                scene.map_runs[state] = counts
            progress = source.job(*mine.job) if mine.job else None
            if progress:
                scene.notes[state] = progress
    return Opening(name, definition, tuple(children)), scene


def _states(scope: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every state of a machine at every depth, but not what runs in executions of its own."""
    for name, state in scope.get("States", {}).items():
        yield name, state
        for inner in [] if words.is_distributed(state) else [*state.get("Branches", []), _processor(state)]:
            yield from _states(inner)


def _processor(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return fields.get("ItemProcessor") or fields.get("Iterator") or {}


def _begun(traces: Sequence[Trace], histories: Sequence[Sequence[Event]]) -> dict[str, _Begun]:
    found: dict[str, _Begun] = {}
    for trace, events in zip(traces, histories, strict=True):
        by_id = {int(event["id"]): event for event in events}
        for visit in trace.visits:
            mine = found.setdefault(visit.state, _Begun())
            mine.job = None
            for number in visit.events:
                _note(mine, visit, by_id[number])
    return found


def _note(mine: _Begun, visit: RecordedVisit, event: Event) -> None:
    kind, details = str(event["type"]), history.details(event)
    if kind == "MapRunStarted":
        mine.map_run = details.get("mapRunArn")
    elif kind == "TaskScheduled":
        request = history.parsed(event, "parameters")
        resource = f"{details.get('resourceType')}:{details.get('resource')}"
        if visit.left is None:
            mine.job = resource, request
        if "startExecution" in resource and isinstance(request.get("StateMachineArn"), str):
            mine.machines[request["StateMachineArn"]] = None
    elif (arn := history.began(event)) is not None:
        mine.executions[arn] = None


def _child(
    fields: Mapping[str, Any], mine: _Begun, source: Source, around: tuple[str, ...]
) -> tuple[Opening, Scene] | str | None:
    """The machine that a state starts, with its executions; why it is not opened; or None where nothing is known."""
    known = [source.execution(arn) for arn in list(mine.executions)[:MOST_EXECUTIONS]]
    executions = [one for one in known if one is not None]
    literal = str((fields.get("Parameters") or fields.get("Arguments") or {}).get("StateMachineArn"))
    arns = [*mine.machines, *(arn for arn, _ in executions)] or [literal]
    machines = {words.machine(arn): arn for arn in arns if arn.startswith("arn:")}
    if len(machines) != 1:
        return f"Child workflow: one of {len(machines)}" if machines else None
    (name, arn), *_ = machines.items()
    if name in around:
        return ITSELF
    definition = source.machine(arn)
    if definition is None:
        return None
    if len(around) == DEEPEST:
        return CLOSED
    return _look(name, definition, [events for _, events in executions], source, (*around, name))
