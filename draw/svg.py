"""A placed graph, coloured by what happened, as SVG text."""

from __future__ import annotations

from itertools import pairwise

from draw import metrics
from draw.boxes import OTHERS, Boxes
from draw.canvas import CARD, GREY, LINE, MARGIN, SMALL, TIMES, TITLE, WHITE
from draw.history import Trace
from draw.plan import LABEL_LINE, Label, Plan, Point, Route
from draw.scene import Scene
from draw.strata import Level

TAKEN, TAKEN_WORD = "#0b5c8a", "#00486f"
CATCH, QUIET_CATCH, QUIET_CATCH_WORD = "#8f5f00", "#a3803a", "#80601f"
ASIDE = 49  # where the line below the title stands
LONGEST_OUTCOME = "succeeded after 59 min 59 s"


def render(
    plan: Plan, trace: Trace | None, title: str, scene: Scene | None = None, how: str = "", aside: str = ""
) -> tuple[str, int, int]:
    """The picture of a machine, or of an execution when there is a trace.

    Args:
        plan: the machine, placed.
        trace: what happened so far, or None.
        title: a line above the graph, or "" for none.
        scene: what is known besides the trace, of children and progress.
        how: how it ended and when, for the title.
        aside: a small line below the title.

    Returns:
        the SVG, its width and its height in pixels.
    """
    title = f"{title}: {how}" if title and how else title or how
    wide, high, x, y = _card(plan, title, how)
    drawing = _Drawing(scene or Scene([] if trace is None else [trace]))
    drawing.plan(plan, x, y)
    if title:
        drawing.title(title, trace.status if trace else None)
        if aside:
            drawing.text(MARGIN + 28, ASIDE, aside, GREY)
        drawing.settle()
    return drawing.document(wide, high), wide, high


def places(plan: Plan, title: str) -> dict[str, tuple[int, int, int, int]]:
    """Where each state stands in the picture that `render` gives: left, top, width and height in pixels."""
    _, _, x, y = _card(plan, title)
    return {box.node.name: (x + left, y + top, box.w, box.h) for left, top, box in plan.walk()}


def _card(plan: Plan, title: str, how: str = "") -> tuple[int, int, int, int]:
    """The picture's width and height, and where in it the plan's corner is: the same however long it takes."""
    title = title.removesuffix(how) + LONGEST_OUTCOME if how else title
    head = TITLE if title else 0
    titled = metrics.width(title, 14, True) + 34 if title else 0
    wide = max(plan.w, titled) + 2 * MARGIN
    return wide, plan.h + 2 * MARGIN + head, (wide - plan.w) // 2, MARGIN + head


class _Drawing(Boxes):
    def plan(self, plan: Plan, x: int, y: int, ground: str = CARD) -> None:
        """One scope, its corner at (x, y): first itself, then what its boxes hold."""
        self.parts.append(f'<g transform="translate({x} {y})">')
        edges = [(route, self._taken(route)) for route in plan.routes]
        drawn: dict[tuple[object, ...], list[tuple[int, int]]] = {}
        for route, times in sorted(
            edges, key=lambda pair: (pair[1] > 0, pair[0].edge.kind == "flow", *_order(pair[0].points, plan.landscape))
        ):
            key = (route.edge.target, route.edge.kind, times > 0)
            points, joined = _until_shared(route.points, key, drawn)
            self._edge(route, points, times, joined)
        for box in plan.boxes:
            self.box(box)
        for route, times in edges:
            if route.label and (any(route.label.lines) or (route.back and times)):
                self._label(route, route.label, times, ground)
        self.settle()
        for box in plan.boxes:
            scene, below = self.scene, WHITE
            if box.node.child or box.node.distributed:
                self.scene, below = scene.children.get(box.node.name, Scene()), OTHERS
            for left, top, inner in box.inner:
                self.plan(inner, box.x + left, box.y + top, below)
            self.scene = scene
        self.parts.append("</g>")

    def _taken(self, route: Route) -> int:
        edge = route.edge
        return self.scene.taken[edge.source, edge.target, edge.kind]

    # Edges

    def _edge(self, route: Route, points: list[Point], times: int, joined: bool) -> None:
        catch = route.edge.kind == "catch"
        colour = (CATCH if catch else TAKEN) if times else (QUIET_CATCH if catch else LINE)
        line = {"fill": "none", "stroke": colour, "stroke_width": 2.4 if times else 1.3}
        line["stroke_dasharray"] = "6 4" if catch else None
        self.level = Level.TAKEN if times else Level.EDGES
        if joined:  # the rest of the way, and the arrow, are another edge's
            self.add("path", d=_path(points), **line)
            return
        (x0, y0), (x, y) = points[-2:]
        right, down = (x > x0) - (x < x0), (y > y0) - (y < y0)
        self.add("path", d=_path([*points[:-1], (x - 6 * right, y - 6 * down)]), **line)
        tip, foot = (x - right, y - down), (x - 9 * right, y - 9 * down)
        across, along = 5 * down, 5 * right
        self.level = Level.TAKEN_ARROWS if times else Level.ARROWS
        wings = f"L{foot[0] + across} {foot[1] + along}L{foot[0] - across} {foot[1] - along}z"
        self.add("path", d=f"M{tip[0]} {tip[1]}{wings}", fill=colour)

    def _label(self, route: Route, label: Label, times: int, ground: str) -> None:
        catch = route.edge.kind == "catch"
        colour = (CATCH if catch else TAKEN_WORD) if times else (QUIET_CATCH_WORD if catch else GREY)
        lines = list(label.lines) or [""]
        if route.back and times:
            lines[-1] = f"{lines[-1]} {TIMES}{times:,}".lstrip()
        high = LABEL_LINE * len(lines) + 2
        y = label.y - high // 2
        if label.plate:
            wide = max(metrics.width(line, SMALL, times > 0) for line in lines) + 8
            self.level = Level.PLATES
            self.add("rect", x=label.x - wide // 2, y=y, width=wide, height=high, rx=4, fill=ground)
        self.level = Level.LABELS
        for line in lines:
            y += LABEL_LINE
            anchor = "" if label.anchor == "start" else label.anchor
            self.text(label.x, y - 2, line, colour, bold=times > 0, anchor=anchor)


def _order(points: list[Point], landscape: bool) -> tuple[int, int]:
    """Sorts paths so that the one that others join comes first: it starts first and farthest away."""
    along = 0 if landscape else 1
    return points[0][along], -abs(points[0][1 - along] - points[-1][1 - along])


def _until_shared(
    points: list[Point], key: tuple[object, ...], drawn: dict[tuple[object, ...], list[tuple[int, int]]]
) -> tuple[list[Point], bool]:
    """A path up to where it joins one already drawn to the same target, so that dashes stay dashes."""
    for index, (one, other) in enumerate(pairwise(points)):
        upright = one[0] == other[0]
        line = (*key, upright, one[0] if upright else one[1])
        start, end = (one[1], other[1]) if upright else (one[0], other[0])
        if index and any(low <= min(start, end) and max(start, end) <= high for low, high in drawn.get(line, [])):
            return [*points[: index + 1], _toward(one, other)], True
        drawn.setdefault(line, []).append((min(start, end), max(start, end)))
    return points, False


def _path(points: list[Point]) -> str:
    """A path through right angles with rounded corners."""
    parts = [f"M{points[0][0]} {points[0][1]}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        one, other = _toward(here, before), _toward(here, after)
        parts.append(f"L{one[0]} {one[1]}Q{here[0]} {here[1]} {other[0]} {other[1]}")
    parts.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(parts)


def _toward(here: Point, there: Point) -> Point:
    """The point 8 pixels (or half the way) from here to there."""
    dx, dy = there[0] - here[0], there[1] - here[1]
    reach = min(8, (abs(dx) + abs(dy)) // 2)
    return here[0] + reach * ((dx > 0) - (dx < 0)), here[1] + reach * ((dy > 0) - (dy < 0))
