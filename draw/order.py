"""The order in a graph: which edges lead back, which row each state stands in, which states form a column.

Layered drawing after Sugiyama, with one change: the main path is found first and kept straight.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from draw.model import END, START, Edge, Graph


@dataclass(slots=True)
class Chain:
    """States that stand in one column, top to bottom. The first chain of an `Order` is the spine.

    Args:
        names: the states, from the top.
        side: 0 for the spine, 1 for a column on its right, -1 for one on its left.
    """

    names: list[str]
    side: int = 0


@dataclass(slots=True)
class Way:
    """How an edge that leads down runs.

    Args:
        form: "straight" to the next state of its column; "lead" to the head of another column; "merge" from
            the foot of a column into the middle of another; "bypass" around everything, in one of its own.
        side: on which side of its source a lead or a bypass leaves (1 right, -1 left).
    """

    edge: Edge
    form: Literal["straight", "lead", "merge", "bypass"]
    side: int


@dataclass(slots=True)
class Order:
    """What the layout needs to know of a graph before it measures anything."""

    graph: Graph
    forward: list[Edge] = field(default_factory=list)
    back: list[Edge] = field(default_factory=list)
    row: dict[str, int] = field(default_factory=dict)
    chains: list[Chain] = field(default_factory=list)
    chain_of: dict[str, Chain] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return 1 + max(self.row.values())


def arrange(graph: Graph) -> Order:
    """Rows and columns for every state of one scope."""
    order = Order(graph)
    leaving: dict[str, list[Edge]] = {name: [] for name in graph.nodes}
    for edge in graph.edges:
        leaving[edge.source].append(edge)
    finished = _depth_first(graph, leaving, order)
    sequence = finished[::-1]
    reached = graph.reached()
    lost = [edge for edge in order.forward if edge.source not in reached and edge.target in reached - {END}]
    order.forward = [edge for edge in order.forward if edge not in lost]
    order.back += lost  # a state that nothing leads to stands below where it leads to: it moves nothing else
    sequence.sort(key=lambda name: (name == END, name not in reached))
    arriving: dict[str, list[Edge]] = {name: [] for name in graph.nodes}
    for edge in order.forward:
        arriving[edge.target].append(edge)
    for name in sequence:
        lowest = 1 if START in graph.nodes and name != START else 0
        above = [edge.source for edge in arriving[name]] + [edge.target for edge in lost if edge.source == name]
        order.row[name] = max([lowest, *(order.row[other] + 1 for other in above)])
    if END in order.row:
        order.row[END] = 1 + max(row for name, row in order.row.items() if name != END)
    _columns(order, sequence)
    _ways(order)
    return order


def _depth_first(graph: Graph, leaving: dict[str, list[Edge]], order: Order) -> list[str]:
    """States as a depth-first walk leaves them; an edge to a state still open leads back."""
    finished: list[str] = []
    seen: set[str] = set()
    for root in [graph.start, *graph.nodes]:
        if root in seen:
            continue
        seen.add(root)
        open_names = {root}
        stack = [(root, iter(leaving[root]))]
        while stack:
            name, edges = stack[-1]
            for edge in edges:
                (order.back if edge.target in open_names else order.forward).append(edge)
                if edge.target not in seen:
                    seen.add(edge.target)
                    open_names.add(edge.target)
                    stack.append((edge.target, iter(leaving[edge.target])))
                    break
            else:
                stack.pop()
                open_names.discard(name)
                finished.append(name)
    place = {id(edge): index for index, edge in enumerate(graph.edges)}
    order.forward.sort(key=lambda edge: place[id(edge)])
    return finished


def _columns(order: Order, sequence: list[str]) -> None:
    """Cuts the graph into chains: the main path first, then what is left, from the top."""
    flow: dict[str, list[str]] = {name: [] for name in sequence}
    for edge in order.forward:
        if edge.kind == "flow":
            flow[edge.source].append(edge.target)
    # The main path is the longest that does not end in a Fail state; at a tie, the rule written first.
    worth: dict[str, int] = {}
    for name in reversed(sequence):
        kind = order.graph.nodes[name].kind
        onward = max((worth[target] for target in flow[name]), default=0)
        worth[name] = -10_000 if kind in ("Fail", "Missing") else onward + 1
    for head in sorted(sequence, key=lambda name: (name != order.graph.start, order.row[name])):
        if head in order.chain_of or (head == END and order.chains):
            continue
        chain = Chain([])
        order.chains.append(chain)
        foot: str | None = head
        while foot is not None:
            chain.names.append(foot)
            order.chain_of[foot] = chain
            free = [target for target in flow[foot] if target not in order.chain_of]
            if chain is not order.chains[0]:  # the End pill stands under the spine, whatever happens
                free = [target for target in free if target != END]
            foot = max(free, key=lambda target: worth[target], default=None)
    if END in order.row and END not in order.chain_of:
        order.chains[0].names.append(END)
        order.chain_of[END] = order.chains[0]


def _ways(order: Order) -> None:
    """Says how each edge runs. A Choice on the spine sends them right and left by turns, handlers right."""
    turns: dict[str, int] = {}
    merged: set[str] = set()
    for edge in sorted(order.forward, key=lambda edge: (order.row[edge.source], edge.kind == "catch")):
        source, target = order.chain_of[edge.source], order.chain_of[edge.target]
        place = source.names.index(edge.source)
        if edge.kind == "flow" and source.names[place + 1 : place + 2] == [edge.target]:
            order.ways.append(Way(edge, "straight", 0))
            continue
        leads = target.names[0] == edge.target
        if not leads and edge.kind == "flow" and place == len(source.names) - 1 and edge.source not in merged:
            merged.add(edge.source)
            order.ways.append(Way(edge, "merge", 0))
            continue
        side = target.side if leads else 0
        if side == 0 and source.side == 0:
            turn = turns.get(edge.source, 0)
            side = 1 if edge.kind == "catch" or turn % 2 == 0 else -1
            turns[edge.source] = turn + (edge.kind == "flow")
        side = side or source.side
        if leads:
            target.side = side
        order.ways.append(Way(edge, "lead" if leads else "bypass", side))
    for chain in order.chains[1:]:
        chain.side = chain.side or 1
