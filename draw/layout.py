"""Places for states and paths for edges, in whole pixels.

Everything here runs down; `forms` turns it into landscape. Every state stands in a row and a column (`order`). An
edge runs straight down its column; or leaves its state's side, runs along the row to a column where nothing stands in
its way, and goes down; edges to one state join in the gap above it. So no edge crosses a state, and crossings are
right angles.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from draw.forms import PORTRAIT, Form
from draw.model import Edge, Graph
from draw.order import Order, Way, arrange
from draw.plan import Box, Label, Plan, Point, Route, cropped, turned

AISLE = 16  # clear space between columns
BESIDE_BOX = 6  # more of it beside a state
TRACK = 10


@dataclass(slots=True)
class Lane:
    """Something that needs a column of its own: a chain with the edges that run in it, an edge, or a loop.

    Args:
        side: right of the spine (1) or left (-1); 0 for the spine.
        outer: the higher, the farther out: 1 for error handlers, 2 for loops of what is not on the spine.
        room: what it takes on the left and right of its middle in each slot; slot 2r is row r, 2r+1 the gap
            below it.
        x: its middle, once it is settled.
    """

    side: int
    outer: int = 0
    room: dict[int, tuple[int, int]] = field(default_factory=dict)
    x: int = 0

    def take(self, slot: int, left: int, right: int) -> None:
        old = self.room.get(slot, (0, 0))
        self.room[slot] = max(old[0], left), max(old[1], right)

    def run(self, first: int, last: int, left: int = 0, right: int = 0) -> None:
        """Takes the slots of an edge that runs from `first` to `last`."""
        for slot in range(first, last + 1):
            self.take(slot, left, right)


def place(graph: Graph, form: Form = PORTRAIT, least: int = 0) -> Plan:
    """Places one scope, its plain states at least `least` wide, and inside its boxes all scopes below it."""
    return _Placing(graph, form, least).plan()


class _Placing:
    def __init__(self, graph: Graph, form: Form, least: int) -> None:
        self.form = form
        self.order: Order = arrange(graph)
        self.boxes = form.boxes(graph, place, least)
        if form.landscape:
            turned(list(self.boxes.values()), [])
        self.row = self.order.row
        self.spine = Lane(0)
        self.lane_of: dict[int, Lane] = {}
        self.around: dict[tuple[str, str, int], Lane] = {}  # bypasses share one by target and kind
        self.loops: list[tuple[Edge, Lane]] = []
        self.kinds: dict[str, set[str]] = {}  # how each state is entered, to keep catch and flow apart
        for edge in self.order.forward:
            self.kinds.setdefault(edge.target, set()).add(edge.kind)

    def plan(self) -> Plan:
        self._make_lanes()
        self._settle()
        self._make_room_for_errors()
        self._settle()
        for name, box in self.boxes.items():
            box.x = self.lane_of[id(self.order.chain_of[name])].x - box.w // 2
        heights = self._heights()
        routes = [self._route(way, heights) for way in self.order.ways]
        routes += [self._loop(edge, lane, heights) for edge, lane in self.loops]
        boxes = list(self.boxes.values())
        if self.form.landscape:
            turned(boxes, routes)
        return cropped(boxes, routes, self.form.landscape)

    # Columns

    def _make_lanes(self) -> None:
        for chain in self.order.chains:
            is_handler = self.kinds.get(chain.names[0]) == {"catch"}
            lane = self.spine if chain is self.order.chains[0] else Lane(chain.side, int(is_handler))
            self.lane_of[id(chain)] = lane
            for name in chain.names:
                half = self.boxes[name].w // 2 + BESIDE_BOX
                lane.take(2 * self.row[name], half, half)
            lane.run(2 * self.row[chain.names[0]], 2 * self.row[chain.names[-1]])
        for way in self.order.ways:
            self._make_room(way)
        for edge in self.order.back:
            own, across = self.order.chain_of[edge.source], self.form.extent(edge, counted=True)[0]
            first, last = 2 * self.row[edge.target], 2 * self.row[edge.source]
            if first == last:  # to itself: close to the state, on the side that faces the spine
                beside = self.boxes[edge.source].w // 2 + AISLE + 6 + across
                self.lane_of[id(own)].take(first, *((0, beside) if own.side < 0 else (beside, 0)))
                self.loops.append((edge, Lane(1 if own.side < 0 else -1)))
                continue
            side = own.side or self.order.chain_of[edge.target].side
            lane = Lane(side or -1, outer=2 if side else 0)
            lane.run(first, last)
            if self.form.landscape:
                lane.run(first, last, across // 2, across // 2)
            else:
                lane.take(last - 1, across // 2, across // 2)
            self.loops.append((edge, lane))

    def _make_room(self, way: Way) -> None:
        edge = way.edge
        first, last = 2 * self.row[edge.source], 2 * self.row[edge.target] - 1
        own = self.lane_of[id(self.order.chain_of[edge.source])]
        half = self.form.extent(edge)[0] // 2 if edge.kind == "flow" else 0
        if way.form == "lead":
            lane = self.lane_of[id(self.order.chain_of[edge.target])]
        elif way.form == "bypass":
            lane = self.around.setdefault((edge.target, edge.kind, way.side), Lane(way.side, int(edge.kind == "catch")))
        else:
            own.run(first + 1, last)
            own.take(first + 1, half, half)
            return
        lane.run(first, last)
        if edge.kind == "flow" and self._is_doubled(edge):  # its words end left of the two
            lane.take(first + 1, 2 * half + 4, 0)
        elif edge.kind == "flow":
            lane.take(first + 1, half, half)

    def _make_room_for_errors(self) -> None:
        """A catch has its words where it leaves; whether that is at the side is known after a first settling."""
        for way in self.order.ways:
            edge = way.edge
            if edge.kind != "catch" or not edge.labels:
                continue
            own, across = self.lane_of[id(self.order.chain_of[edge.source])], self.form.extent(edge)[0]
            slot, right = 2 * self.row[edge.source], self._trunk(way) > self._middle(edge.source)
            beside = self.boxes[edge.source].w // 2 + 10 + across
            if self._blocked(edge.source, self._trunk(way)):
                slot, beside, right = slot + 1, self.form.feet[1] + 5 + across, self._foot_side(way) > 0
            own.take(slot, *((0, beside) if right else (beside, 0)))

    def _is_doubled(self, edge: Edge) -> bool:
        """Whether the target is entered by catches and otherwise, so that two edges run side by side."""
        return len(self.kinds[edge.target]) > 1

    def _settle(self) -> None:
        """Gives every lane its x: nearest to the spine where nothing stands; short ones first, handlers last."""
        edges = {-1: {slot: room[0] for slot, room in self.spine.room.items()}}
        edges[1] = {slot: room[1] for slot, room in self.spine.room.items()}
        chains = [lane for lane in self.lane_of.values() if lane is not self.spine]
        loops = [lane for edge, lane in self.loops if edge.source != edge.target]
        lanes = [*chains, *self.around.values(), *loops]
        for lane in sorted(lanes, key=lambda lane: (lane.outer, len(lane.room))):
            inward, outward = (0, 1) if lane.side > 0 else (1, 0)
            taken = edges[lane.side]
            lane.x = max(taken.get(slot, 0) + AISLE + room[inward] for slot, room in lane.room.items())
            for slot, room in lane.room.items():
                taken[slot] = lane.x + room[outward]
            lane.x *= lane.side
        for edge, lane in self.loops:
            if edge.source == edge.target:
                half = self.boxes[edge.source].w // 2
                lane.x = self._middle(edge.source) + lane.side * (half + AISLE)

    # Rows

    def _heights(self) -> _Heights:
        """Sets every box's y; gaps grow with the labels and with the edges that join in them."""
        rows = self.order.rows
        heights = _Heights([0] * rows, [0] * rows, {}, {})
        joins: dict[int, list[tuple[tuple[str, str], int, int]]] = {}
        exits: dict[int, list[tuple[tuple[str, str], int, int]]] = {}
        labels = [0] * rows
        feet = [0] * rows  # what the words of catches that leave at the foot take
        for way in self.order.ways:
            edge, trunk = way.edge, self._trunk(way)
            above, below = self.row[edge.target] - 1, self.row[edge.source]
            if way.form in ("merge", "bypass") and trunk != self._entry(edge):
                joins.setdefault(above, []).append(_span((edge.target, edge.kind), trunk, self._entry(edge)))
            if way.form in ("lead", "bypass") and self._blocked(edge.source, trunk):
                exits.setdefault(below, []).append(_span(self._exit_key(way), self._foot(way), trunk))
            if edge.kind == "flow":
                labels[below] = max(labels[below], self.form.extent(edge)[1])
            elif self._blocked(edge.source, trunk):
                feet[below] = max(feet[below], self.form.extent(edge)[1])
        for edge, lane in self.loops:
            if self._blocked(edge.target, lane.x):
                above = self.row[edge.target] - 1
                joins.setdefault(above, []).append(_span((edge.target, "loop"), lane.x, self._middle(edge.target)))
            if self._blocked(edge.source, lane.x):
                below = self.row[edge.source]
                foot = self._middle(edge.source) + self.form.feet[2] * lane.side
                exits.setdefault(below, []).append(_span((edge.source, "loop"), foot, lane.x))
            if edge.labels and edge.source != edge.target and not self.form.landscape:
                gap = self.row[edge.source] - 1
                labels[gap] = max(labels[gap], self.form.extent(edge)[1])
        into, joining = _tracks(joins.get(-1, []))  # of loops back to the first state of a branch
        y = into * TRACK + 18 if into else 0
        heights.join.update({key: y - 18 - TRACK * at for key, at in joining.items()})
        for row in range(rows):
            inside = [box for name, box in self.boxes.items() if self.row[name] == row]
            heights.top[row] = y
            for box in inside:
                box.y = y
            y += max([0, *(box.h for box in inside)])
            heights.bottom[row] = y
            out, leaving = _tracks(exits.get(row, []))
            into, joining = _tracks(joins.get(row, []))
            below = heights.bottom[row] + 10 + feet[row]
            y += max(self.form.gap, 10 + feet[row] + out * TRACK + labels[row] + into * TRACK + 18)
            heights.exit.update({key: below + TRACK * at for key, at in leaving.items()})
            heights.join.update({key: y - 18 - TRACK * at for key, at in joining.items()})
            heights.label[row] = below + out * TRACK + (labels[row] - 6) // 2
        return heights

    def _middle(self, name: str) -> int:
        return self.lane_of[id(self.order.chain_of[name])].x

    def _entry(self, edge: Edge) -> int:
        """Where on the target's upper edge an edge arrives: catches beside the others, if there are any."""
        aside = 16 if edge.kind == "catch" and self._is_doubled(edge) else 0
        return self._middle(edge.target) + aside

    def _trunk(self, way: Way) -> int:
        """The x at which an edge goes down."""
        if way.form == "lead":
            return self._entry(way.edge)
        if way.form == "bypass":
            return self.around[way.edge.target, way.edge.kind, way.side].x
        return self._middle(way.edge.source)

    def _foot(self, way: Way) -> int:
        """Where an edge that cannot leave at the side leaves at the foot."""
        return self._middle(way.edge.source) + self._foot_side(way) * self.form.feet[way.edge.kind == "catch"]

    def _foot_side(self, way: Way) -> int:
        """On which side of the foot's middle: a state's second catch leaves on the other one."""
        if way.edge.kind == "flow":
            return way.side
        catches = [other for other in self.order.ways if other.edge.source == way.edge.source]
        peers = [other for other in catches if other.edge.kind == "catch" and other.side == way.side]
        return way.side * (-1 if peers.index(way) % 2 else 1)

    def _exit_key(self, way: Way) -> tuple[str, str]:
        """Edges with one key share a stretch: all flow out of one state, all catches into one handler."""
        return (way.edge.source, "flow") if way.edge.kind == "flow" else (way.edge.target, "catch")

    def _blocked(self, name: str, x: int) -> bool:
        """Whether a state stands between this state's side and `x` in its row."""
        here = self._middle(name)
        low, high = min(here, x), max(here, x)
        return any(
            other != name
            and row == self.row[name]
            and low < self._middle(other) + self.boxes[other].w // 2
            and self._middle(other) - self.boxes[other].w // 2 < high
            for other, row in self.row.items()
        )

    # Edges

    def _route(self, way: Way, heights: _Heights) -> Route:
        edge, source, target = way.edge, self.boxes[way.edge.source], self.boxes[way.edge.target]
        trunk, entry = self._trunk(way), self._entry(edge)
        lines, label_y = self.form.lines(edge), heights.label[self.row[edge.source]]
        label = Label(lines, trunk, label_y) if lines else None
        if label and way.form in ("lead", "bypass") and edge.kind == "flow" and self._is_doubled(edge):
            label = self.form.beside(lines, trunk, label_y, -1)
        if way.form in ("straight", "merge"):
            points = [(trunk, source.y + source.h)]
        elif self._blocked(edge.source, trunk):
            foot, y = self._foot(way), heights.exit[self._exit_key(way)]
            points = [(foot, source.y + source.h), (foot, y), (trunk, y)]
            if edge.kind == "catch" and lines:
                label = self.form.at_foot(lines, foot, source.y + source.h, self._foot_side(way))
        else:
            y = source.y + self._port(way)
            points = [(_side(source, trunk), y), (trunk, y)]
            if edge.kind == "catch" and lines:
                label = self.form.at_exit(lines, points[0][0], y, 1 if trunk > source.middle else -1)
        if (edge.target, edge.kind) in heights.join and trunk != entry:
            y = heights.join[edge.target, edge.kind]
            points += [(trunk, y), (entry, y)]
        return Route(edge, _clean([*points, (entry, target.y)]), label)

    def _port(self, way: Way) -> int:
        """How far along its source's side an edge leaves.

        Catches to different handlers leave one after the other, the farthest first: none crosses.
        """
        box = self.boxes[way.edge.source]
        if way.edge.kind == "flow":
            return box.port
        peers: dict[int, int] = {}
        for other in self.order.ways:
            if other.edge.source == way.edge.source and other.edge.kind == "catch":
                trunk = self._trunk(other)
                peers[trunk] = max(peers.get(trunk, 0), self.form.extent(other.edge)[1])
        first = sorted(peers, key=abs, reverse=True)
        place = first.index(self._trunk(way))
        if self.form.landscape:  # with the words of those before between them, and room for a loop in the middle
            return min(18 + sum(peers[trunk] for trunk in first[:place]), box.h - 8)
        return box.port + 17 * place - 17 * (len(first) - 1) // 2

    def _loop(self, edge: Edge, lane: Lane, heights: _Heights) -> Route:
        source, target, x = self.boxes[edge.source], self.boxes[edge.target], lane.x
        side = lane.side
        if self._blocked(edge.source, x):
            y = heights.exit[edge.source, "loop"]
            foot = source.middle + self.form.feet[2] * side
            points = [(foot, source.y + source.h), (foot, y), (x, y)]
        else:
            y = source.y + source.port + self._aside(edge.source, side, leaving=True)
            points = [(_side(source, x), y), (x, y)]
        last = points[-1][1]
        if self._blocked(edge.target, x):
            y = heights.join[edge.target, "loop"]
            points += [(x, y), (target.middle, y), (target.middle, target.y)]
        else:
            y = target.y + target.port + self._aside(edge.target, side, leaving=False)
            points += [(x, y), (_side(target, x), y)]
        lines = self.form.lines(edge)
        if source is target:
            label = self.form.beside(lines or ("",), x, (last + y) // 2, side)
        elif self.form.landscape:
            label = Label(lines, x, (last + y) // 2)
        else:
            label = Label(lines, x, heights.label[self.row[edge.source] - 1])
        return Route(edge, _clean(points), label, True)

    def _aside(self, name: str, side: int, leaving: bool) -> int:
        """How far from the usual place on a side a loop leaves or arrives when others use it."""
        ways = [way for way in self.order.ways if way.form in ("lead", "bypass") and way.edge.source == name]
        busy = [way for way in ways if (self._trunk(way) > self._middle(name)) == (side > 0)]
        if any(way.edge.kind == "catch" for way in busy):  # clear of its words
            box = self.boxes[name]
            return box.h - (14 if leaving else 26) - box.port if self.form.landscape else 17 if leaving else 9
        other = [edge.target if leaving else edge.source for edge, lane in self.loops if lane.side == side]
        return (11 if leaving else -11) if busy or name in other else 0


def _side(box: Box, x: int) -> int:
    """The side of a state that faces `x`."""
    return box.x + box.w if x > box.middle else box.x


@dataclass(slots=True)
class _Heights:
    """Where rows begin and end, and the heights of the horizontal stretches in the gaps between them."""

    top: list[int]
    bottom: list[int]
    exit: dict[tuple[str, str], int]
    join: dict[tuple[str, str], int]
    label: dict[int, int] = field(default_factory=dict)


def _span(key: tuple[str, str], one: int, other: int) -> tuple[tuple[str, str], int, int]:
    return key, min(one, other), max(one, other)


def _tracks(spans: list[tuple[tuple[str, str], int, int]]) -> tuple[int, dict[tuple[str, str], int]]:
    """A track for each key such that stretches that overlap lie apart; how many tracks that takes."""
    reach: dict[tuple[str, str], tuple[int, int]] = {}
    for key, low, high in spans:
        old = reach.get(key, (low, high))
        reach[key] = min(old[0], low), max(old[1], high)
    tracks: list[list[tuple[int, int]]] = []
    chosen = {}
    for key, (low, high) in reach.items():
        free = (
            at for at, track in enumerate(tracks) if all(high < other[0] - 4 or other[1] + 4 < low for other in track)
        )
        chosen[key] = next(free, len(tracks))
        if chosen[key] == len(tracks):
            tracks.append([])
        tracks[chosen[key]].append((low, high))
    return len(tracks), chosen


def _clean(points: list[Point]) -> list[Point]:
    """The same path without repeated points and points in the middle of a straight stretch."""
    kept: list[Point] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return kept
