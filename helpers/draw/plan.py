"""What a layout consists of, and the sizes of its parts, in whole pixels.

Coordinates are those of one scope, its top left corner at (0, 0). A Parallel's branches and a Map's processor
are plans inside the box of their state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from helpers.draw import metrics
from helpers.draw.canvas import SMALL
from helpers.draw.model import Edge, Graph, Node

NAME = 13  # the size of a name
NARROWEST, WIDEST = 164, 224  # of a state
BESIDE_NAME = 44 + 30  # icon on the left, status on the right
HEADER, PADDING, BETWEEN = 42, 16, 20  # of a Parallel's or Map's box
LABEL_LINE = 13
LABEL_WIDEST = 170
COUNT = 26  # room for a count beside a loop

Point = tuple[int, int]


@dataclass(slots=True)
class Box:
    """A state's place: (x, y) is its top left corner."""

    node: Node
    name: tuple[str, ...]
    w: int
    h: int
    x: int = 0
    y: int = 0
    inner: list[tuple[int, int, Plan]] = field(default_factory=list)

    @property
    def middle(self) -> int:
        """The x of its middle."""
        return self.x + self.w // 2

    @property
    def side_y(self) -> int:
        """The height at which edges leave or reach the side: the middle, of the header in a box."""
        return self.y + (HEADER if self.inner else self.h) // 2


@dataclass(slots=True)
class Label:
    """Words on an edge, centred on (x, y); a side of 1 or -1 starts or ends them there instead."""

    lines: tuple[str, ...]
    x: int
    y: int
    side: int = 0


@dataclass(slots=True)
class Route:
    """An edge's path; its last point touches the target. `back` for a loop."""

    edge: Edge
    points: list[Point]
    label: Label | None = None
    back: bool = False


@dataclass(slots=True)
class Plan:
    """One scope, placed."""

    w: int
    h: int
    boxes: list[Box]
    routes: list[Route]

    def walk(self) -> Iterator[tuple[int, int, Box]]:
        """Every box at every depth, and its left and top in this scope."""
        for box in self.boxes:
            yield box.x, box.y, box
            for x, y, inner in box.inner:
                for left, top, held in inner.walk():
                    yield box.x + x + left, box.y + y + top, held


def boxes_of(graph: Graph, place: Callable[[Graph], Plan]) -> dict[str, Box]:
    """Every state with its size: one width for all plain states of a scope, so that columns are tidy."""
    said = [metrics.width(node.words, SMALL) for node in graph.nodes.values()]
    said += [metrics.width(f"caught: {edge.label}", SMALL) for edge in graph.edges if edge.kind == "catch"]
    named = [metrics.width(node.name, NAME, True) for node in graph.nodes.values()]
    common = min(max(NARROWEST, BESIDE_NAME + max(said + named)), WIDEST) // 2 * 2 + 2
    boxes = {}
    for name, node in graph.nodes.items():
        if node.kind in ("Start", "End"):
            boxes[name] = Box(node, (node.kind,), 64, 30)
            continue
        plans = [place(scope) for scope in node.scopes]
        across = sum(plan.w for plan in plans) + BETWEEN * (len(plans) - 1) + 2 * PADDING
        w = max(common, across + across % 2) if plans else common
        lines = metrics.wrap(name, w - BESIDE_NAME, NAME, True, 1 if plans else 3)
        h = 46 + 16 * (len(lines) - 1)
        box = Box(node, lines, w, h)
        if plans:
            box.h = HEADER + 2 * PADDING + max(plan.h for plan in plans)
            x = (w - across) // 2 + PADDING
            for plan in plans:
                box.inner.append((x, HEADER + PADDING, plan))
                x += plan.w + BETWEEN
        boxes[name] = box
    return boxes


def label_lines(edge: Edge) -> tuple[str, ...]:
    """An edge's words, in as many lines as they take."""
    if not edge.labels:
        return ()
    if edge.kind == "catch":
        return (metrics.cut(edge.label, LABEL_WIDEST, SMALL),)
    return metrics.wrap(edge.label, LABEL_WIDEST, SMALL, lines=2)


def label_width(edge: Edge) -> int:
    """The width of its words with the space around them, in bold as when it is taken; 0 without words."""
    return max((metrics.width(line, SMALL, True) + 10 for line in label_lines(edge)), default=0)


def cropped(boxes: list[Box], routes: list[Route]) -> Plan:
    """Moves everything so that the top left corner is (0, 0)."""
    xs = [x for box in boxes for x in (box.x, box.x + box.w)]
    ys = [box.y + box.h for box in boxes]
    for route in routes:
        xs += [x for x, _ in route.points]
        ys += [y for _, y in route.points]
        if route.label:
            xs += _reach(route)
    left = min(xs)
    for box in boxes:
        box.x -= left
    for route in routes:
        route.points = [(x - left, y) for x, y in route.points]
        if route.label:
            route.label.x -= left
    return Plan(max(xs) - left, max(ys), boxes, routes)


def _reach(route: Route) -> Iterator[int]:
    label = route.label
    assert label is not None
    wide = max((metrics.width(line, SMALL, True) for line in label.lines), default=0)
    if label.side:
        yield label.x + label.side * wide
    else:
        half = max(wide, COUNT if route.back else 0) // 2 + 2
        yield label.x - half
        yield label.x + half
