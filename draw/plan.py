"""What a layout consists of, and the sizes of its parts, in whole pixels.

Coordinates are those of one scope, its top left corner at (0, 0). A Parallel's branches and a Map's processor
are plans inside the box of their state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from draw import metrics
from draw.canvas import SMALL
from draw.model import Edge, Node

NAME = 13  # the size of a name
HEADER, STRIP = 42, 34  # of a box that holds others; below that, of a distributed Map's progress
LABEL_LINE = 13

Point = tuple[int, int]


@dataclass(slots=True)
class Box:
    """A state's place: (x, y) is its top left corner.

    Args:
        name: the state's name in lines.
        port: how far along its side edges leave it.
        said: in landscape, for how many lines of words there is room.
        inner: what it holds: left, top and plan of each scope.
        rules: lines between these, each from one point to another.
    """

    node: Node
    name: tuple[str, ...]
    w: int
    h: int
    x: int = 0
    y: int = 0
    port: int = 0
    said: int = 0
    inner: list[tuple[int, int, Plan]] = field(default_factory=list)
    rules: list[tuple[Point, Point]] = field(default_factory=list)

    @property
    def middle(self) -> int:
        """The x of its middle."""
        return self.x + self.w // 2


@dataclass(slots=True)
class Label:
    """Words on an edge: (x, y) is the middle of them, or of their start or end.

    Args:
        anchor: which of the three.
        plate: they stand on the edge, which is hidden behind them.
    """

    lines: tuple[str, ...]
    x: int
    y: int
    anchor: Literal["start", "middle", "end"] = "middle"
    plate: bool = True


@dataclass(slots=True)
class Route:
    """An edge's path; its last point touches the target. `back` for a loop."""

    edge: Edge
    points: list[Point]
    label: Label | None = None
    back: bool = False


@dataclass(slots=True)
class Plan:
    """One scope, placed; from left to right if it is `landscape`."""

    w: int
    h: int
    boxes: list[Box]
    routes: list[Route]
    landscape: bool = False

    def walk(self) -> Iterator[tuple[int, int, Box]]:
        """Every box at every depth, and its left and top in this scope."""
        for box in self.boxes:
            yield box.x, box.y, box
            for x, y, inner in box.inner:
                for left, top, held in inner.walk():
                    yield box.x + x + left, box.y + y + top, held


def turned(boxes: list[Box], routes: list[Route]) -> None:
    """Exchanges the axes of everything in a scope, but not in what its boxes hold."""
    for box in boxes:
        box.x, box.y, box.w, box.h = box.y, box.x, box.h, box.w
    for route in routes:
        route.points = [(y, x) for x, y in route.points]
        if route.label:
            route.label.x, route.label.y = route.label.y, route.label.x


def cropped(boxes: list[Box], routes: list[Route], landscape: bool) -> Plan:
    """Moves everything so that the top left corner is (0, 0)."""
    xs = [x for box in boxes for x in (box.x, box.x + box.w)]
    ys = [y for box in boxes for y in (box.y, box.y + box.h)]
    for route in routes:
        xs += [x for x, _ in route.points]
        ys += [y for _, y in route.points]
        if route.label:
            left, top, right, low = reach(route)
            xs += [left, right]
            ys += [top, low]
    left, top = min(xs), min(ys)
    for box in boxes:
        box.x, box.y = box.x - left, box.y - top
    for route in routes:
        route.points = [(x - left, y - top) for x, y in route.points]
        if route.label:
            route.label.x, route.label.y = route.label.x - left, route.label.y - top
    return Plan(max(xs) - left, max(ys) - top, boxes, routes, landscape)


def reach(route: Route) -> tuple[int, int, int, int]:
    """The left, top, right and bottom of a route's words, when they are bold and a loop is counted."""
    label = route.label
    assert label is not None
    lines = list(label.lines) or [""]
    if route.back:
        lines[-1] = f"{lines[-1]} \N{MULTIPLICATION SIGN}99".lstrip()
    wide = max(metrics.width(line, SMALL, True) for line in lines) + (8 if label.plate else 0)
    high = LABEL_LINE * len(lines) + 2
    left = label.x - (0 if label.anchor == "start" else wide if label.anchor == "end" else wide // 2)
    top = label.y - high // 2
    return left, top, left + wide, top + high
