"""A state machine's definition as a graph: one scope for the machine, one for each branch and each Map.

Transitions never cross the border of a Parallel or Map state (Amazon States Language, "Parallel State" and
"Map State"), so a graph holds graphs, and everything downstream is plain recursion.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from draw import words

START, END = "\0start", "\0end"  # no state can be called so: ASL names are printable


@dataclass(slots=True)
class Node:
    """A state, or the Start and End pills.

    Args:
        name: the state's name.
        kind: its ASL Type, or "Start", "End", or "Missing" for a state that is named but not defined.
        words: what it does, for the line under its name.
        icon: a key of `icons.PATHS`.
        retries: how many retries its retriers allow, together.
        scopes: a Parallel's branches, a Map's one processor, the machine of a child workflow that is opened;
            else empty.
        child: the name of that machine.
        distributed: it is a Map in distributed mode.
    """

    name: str
    kind: str
    words: str = ""
    icon: str = ""
    retries: int = 0
    scopes: tuple[Graph, ...] = ()
    child: str = ""
    distributed: bool = False


@dataclass(slots=True)
class Edge:
    """Every way from one state to another of one kind; several Choice rules to one target are one edge."""

    source: str
    target: str
    kind: Literal["flow", "catch"]
    labels: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """All its rules or errors in words."""
        return " or ".join(self.labels)


@dataclass(slots=True)
class Graph:
    """One scope: its states in document order, its edges in the order in which they are tried."""

    start: str
    nodes: dict[str, Node]
    edges: list[Edge]
    comment: str = ""

    def reached(self) -> set[str]:
        """The states that something leads to from the start."""
        found = {self.start}
        while more := {edge.target for edge in self.edges if edge.source in found} - found:
            found |= more
        return found

    def walk(self) -> Iterator[tuple[Node, Node | None]]:
        """Every state at every depth with the state that holds it (None at the top), in document order."""
        for node in self.nodes.values():
            yield node, None
            for scope in node.scopes:
                for inner, holder in scope.walk():
                    yield inner, holder or node


def parse(definition: str | Mapping[str, Any], ends: bool = True) -> Graph:
    """The graph of a whole machine.

    Args:
        definition: Amazon States Language, as JSON text or already parsed.
        ends: with its Start and End.

    Raises:
        ValueError: the text is not JSON, or it has no States and StartAt.
    """
    machine = json.loads(definition) if isinstance(definition, str) else definition
    states = machine.get("States") if isinstance(machine, Mapping) else None
    if not isinstance(states, Mapping) or "StartAt" not in machine:
        raise ValueError("This is no state machine: a definition has StartAt and States.")
    graph = _scope(machine, ends)
    if not ends:
        return graph
    graph.nodes = {START: Node(START, "Start", icon=""), **graph.nodes, END: Node(END, "End", icon="")}
    graph.edges.insert(0, Edge(START, graph.start, "flow"))
    graph.start = START
    return graph


def _scope(machine: Mapping[str, Any], ends: bool = False) -> Graph:
    states: Mapping[str, Mapping[str, Any]] = machine.get("States", {})
    nodes = {name: _node(name, state) for name, state in states.items()}
    edges: dict[tuple[str, str, str], Edge] = {}
    for name, state in states.items():
        for target, kind, label in _ways(state, ends):
            edge = edges.setdefault((name, target, kind), Edge(name, target, kind))
            if label and label not in edge.labels:
                edge.labels.append(label)
            if target not in nodes and target != END:
                nodes[target] = Node(target, "Missing", "not defined", "fail")
    start = str(machine.get("StartAt", ""))
    if start not in nodes:
        nodes = {start: Node(start, "Missing", "not defined", "fail"), **nodes}
    graph = Graph(start, nodes, list(edges.values()), str(machine.get("Comment", "")))
    for name in nodes.keys() - graph.reached():
        nodes[name].words = f"never reached: {nodes[name].words}"
    return graph


def _node(name: str, state: Mapping[str, Any]) -> Node:
    scopes: list[Mapping[str, Any]] = []
    if state.get("Type") == "Parallel":
        scopes = list(state.get("Branches", []))
    elif state.get("Type") == "Map":
        scopes = [state.get("ItemProcessor") or state.get("Iterator") or {"StartAt": "?", "States": {}}]
    # MaxAttempts is 3 where a retrier does not say (Amazon States Language, "Retrying after error")
    retries = sum(retrier.get("MaxAttempts", 3) for retrier in state.get("Retry", []))
    kind = str(state.get("Type", ""))
    inner = tuple(map(_scope, scopes))
    return Node(
        name, kind, words.state(state), words.icon_of(state), retries, inner, distributed=words.is_distributed(state)
    )


def _ways(state: Mapping[str, Any], ends: bool) -> Iterator[tuple[str, Literal["flow", "catch"], str]]:
    """Where a state can go, in the order in which the interpreter would look: target, kind, label."""
    for choice in state.get("Choices", []):
        yield str(choice.get("Next", "")), "flow", words.rule(choice)
    if "Default" in state:
        yield str(state["Default"]), "flow", "default"
    if "Next" in state:
        yield str(state["Next"]), "flow", ""
    elif ends and (state.get("End") or state.get("Type") in ("Succeed", "Fail")):
        yield END, "flow", ""
    for catcher in state.get("Catch", []):
        yield str(catcher.get("Next", "")), "catch", words.errors(list(catcher.get("ErrorEquals", [])))
