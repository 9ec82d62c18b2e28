"""A placed graph, coloured by what happened, as SVG text."""

from __future__ import annotations

from itertools import pairwise

from helpers.draw import icons, metrics, words
from helpers.draw.canvas import CARD, GREY, IDLE, INK, LINE, LOOKS, MARGIN, SMALL, TIMES, TITLE, WHITE, Canvas, Look
from helpers.draw.history import Summary, Trace
from helpers.draw.model import END, START
from helpers.draw.plan import HEADER, LABEL_LINE, NAME, Box, Label, Plan, Point, Route

TAKEN, TAKEN_WORD = "#0b5c8a", "#00486f"
CATCH, QUIET_CATCH, QUIET_CATCH_WORD = "#9a6700", "#c9a45c", "#8a6a2c"
TASK, STEP = "#2f5d8a", "#5b6b7d"  # tiles of icons: calls a service, or only steers
MISSING = Look("#d55e00", "#fdebdf", "#a34300", 2, "2 3")


def render(plan: Plan, trace: Trace | None, title: str) -> tuple[str, int, int]:
    """The picture of a machine, or of an execution when there is a trace.

    Args:
        plan: the machine, placed.
        trace: what happened so far, or None.
        title: a line above the graph, or "" for none.

    Returns:
        the SVG, its width and its height in pixels.
    """
    wide, high, x, y = _card(plan, title)
    drawing = _Drawing(trace)
    drawing.plan(plan, x, y)
    if title:
        drawing.title(title, trace.status if trace else None)
    return drawing.document(wide, high), wide, high


def places(plan: Plan, title: str) -> dict[str, tuple[int, int, int, int]]:
    """Where each state stands in the picture that `render` gives: left, top, width and height in pixels."""
    _, _, x, y = _card(plan, title)
    return {box.node.name: (x + left, y + top, box.w, box.h) for left, top, box in plan.walk()}


def _card(plan: Plan, title: str) -> tuple[int, int, int, int]:
    """The picture's width and height, and where in it the plan's corner is."""
    head = TITLE if title else 0
    titled = metrics.width(title, 14, True) + 34 if title else 0
    wide = max(plan.w, titled) + 2 * MARGIN
    return wide, plan.h + 2 * MARGIN + head, (wide - plan.w) // 2, MARGIN + head


class _Drawing(Canvas):
    def __init__(self, trace: Trace | None) -> None:
        super().__init__()
        self.trace = trace
        self.states = trace.states() if trace else {}

    def plan(self, plan: Plan, x: int, y: int) -> None:
        """One scope, its corner at (x, y): quiet edges first, then those taken, then states, then words."""
        self.parts.append(f'<g transform="translate({x} {y})">')
        edges = [(route, self._taken(route)) for route in plan.routes]
        drawn: dict[tuple[object, ...], list[tuple[int, int]]] = {}
        for route, times in sorted(
            edges, key=lambda pair: (pair[1] > 0, pair[0].edge.kind == "flow", *_reach(pair[0].points))
        ):
            key = (route.edge.target, route.edge.kind, times > 0)
            points, joined = _until_shared(route.points, key, drawn)
            self._edge(route, points, times, joined)
        for box in plan.boxes:
            self._box(box)
        for route, times in edges:
            if route.label and (route.label.lines or (route.back and times)):
                self._label(route, route.label, times)
        self.parts.append("</g>")

    def _taken(self, route: Route) -> int:
        edge = route.edge
        return self.trace.taken[edge.source, edge.target, edge.kind] if self.trace else 0

    # Edges

    def _edge(self, route: Route, points: list[Point], times: int, joined: bool) -> None:
        catch = route.edge.kind == "catch"
        colour = (CATCH if catch else TAKEN) if times else (QUIET_CATCH if catch else LINE)
        line = {"fill": "none", "stroke": colour, "stroke_width": 2.4 if times else 1.3}
        line["stroke_dasharray"] = "6 4" if catch else None
        if joined:  # the rest of the way, and the arrow, are another edge's
            self.add("path", d=_path(points), **line)
            return
        (x0, y0), (x, y) = points[-2:]
        right, down = (x > x0) - (x < x0), (y > y0) - (y < y0)
        self.add("path", d=_path([*points[:-1], (x - 6 * right, y - 6 * down)]), **line)
        tip, foot = (x - right, y - down), (x - 9 * right, y - 9 * down)
        across, along = 5 * down, 5 * right
        wings = f"L{foot[0] + across} {foot[1] + along}L{foot[0] - across} {foot[1] - along}z"
        self.add("path", d=f"M{tip[0]} {tip[1]}{wings}", fill=colour)

    def _label(self, route: Route, label: Label, times: int) -> None:
        catch = route.edge.kind == "catch"
        colour = (CATCH if catch else TAKEN_WORD) if times else (QUIET_CATCH_WORD if catch else GREY)
        lines = list(label.lines)
        if route.back and times:
            lines = [*lines[:-1], f"{lines[-1]} {TIMES}{times}" if lines else f"{TIMES}{times}"]
        if label.side:
            y = label.y - LABEL_LINE * (len(lines) - 1) // 2
            anchor = "end" if label.side < 0 else ""
        else:
            wide = max(metrics.width(line, SMALL, times > 0) for line in lines) + 8
            high = LABEL_LINE * len(lines) + 2
            x, y = label.x - wide // 2, label.y - high // 2
            self.add("rect", x=x, y=y, width=wide, height=high, rx=4, fill=CARD)
            y += LABEL_LINE - 2
            anchor = "middle"
        for line in lines:
            self.text(label.x, y, line, colour, bold=times > 0, anchor=anchor)
            y += LABEL_LINE

    # States

    def _box(self, box: Box) -> None:
        node = box.node
        if node.kind in ("Start", "End"):
            self._pill(box)
            return
        summary = self.states.get(node.name)
        look = LOOKS[summary.status] if summary else MISSING if node.kind == "Missing" else IDLE
        frame = {"x": box.x, "y": box.y, "width": box.w, "height": box.h, "rx": 8}
        border = {"stroke": look.border, "stroke_width": look.thick, "stroke_dasharray": look.dashes}
        if box.inner:
            self.add("rect", **frame, fill=WHITE)
            self._header(box, look.fill if summary else "#f1f4f7")
            self.add("rect", **frame, fill="none", **border)
            self._separators(box)
        else:
            self.add("rect", **frame, fill=look.fill, **border)
        self._name(box, summary, look)
        if summary:
            self._status(box, summary, look)
        if summary and summary.retries:
            said = f"{summary.retries} {'retry' if summary.retries == 1 else 'retries'}"
            self._retries(box, said, LOOKS["caught"].border, LOOKS["caught"].word)
        elif node.retries:
            self._retries(box, f"up to {node.retries}", "#c3ccd6", GREY)
        for x, y, plan in box.inner:
            self.plan(plan, box.x + x, box.y + y)

    def _pill(self, box: Box) -> None:
        name = START if box.node.kind == "Start" else END
        taken = self.trace.taken if self.trace else {}
        reached = self.trace is None or any(name in key[:2] for key in taken)
        fill, ink, border = ("#2f3d4d", WHITE, "#2f3d4d") if reached else (WHITE, GREY, IDLE.border)
        self.add("rect", x=box.x, y=box.y, width=box.w, height=box.h, rx=15, fill=fill, stroke=border)
        self.text(box.middle, box.y + 19, box.node.kind, ink, size=12, bold=True, anchor="middle")

    def _header(self, box: Box, fill: str) -> None:
        low = box.y + HEADER
        top = f"V{box.y + 8}a8 8 0 0 1 8 -8H{box.x + box.w - 8}a8 8 0 0 1 8 8"
        self.add("path", d=f"M{box.x} {low}{top}V{low}z", fill=fill)

    def _separators(self, box: Box) -> None:
        for (x, _, plan), (after, _, _) in pairwise(box.inner):
            middle = box.x + (x + plan.w + after) // 2
            line = f"M{middle} {box.y + HEADER + 8}V{box.y + box.h - 8}"
            self.add("path", d=line, stroke="#d5dce4", stroke_dasharray="2 4")

    def _name(self, box: Box, summary: Summary | None, look: Look) -> None:
        node, tall = box.node, HEADER if box.inner else box.h
        x, y = box.x + 10, box.y + (tall - 26) // 2
        self.add("rect", x=x, y=y, width=26, height=26, rx=6, fill=TASK if node.kind == "Task" else STEP)
        self.add(
            "path",
            d=icons.PATHS.get(node.icon, icons.PATHS["pass"]),
            transform=f"translate({x + 3} {y + 3})",
            fill="none",
            stroke=WHITE,
            stroke_width=1.5,
            stroke_linejoin="round",
            stroke_linecap="round",
        )
        said, colour = node.words, GREY
        if summary and summary.error:
            said, colour = f"{summary.status}: {words.error(summary.error)}", look.word
        elif summary and summary.iterations:
            said = f"{said}: {summary.iterations[0]} of {summary.iterations[1]} done"
        left, line = box.x + 44, box.y + (tall - 16 * len(box.name) - 14) // 2 + 12
        for name in box.name:
            self.text(left, line, name, INK, size=NAME, bold=True)
            line += 16
        self.text(left, line - 1, metrics.cut(said, box.w - 44 - (30 if summary else 8), SMALL), colour)

    def _status(self, box: Box, summary: Summary, look: Look) -> None:
        x, y = box.x + box.w - 18, box.side_y
        self.disc(x, y, summary.status, look)
        said = f"{TIMES}{summary.visits}"
        if summary.visits > 1 and box.inner:
            self.text(x - 14, y + 4, said, look.word, bold=True, anchor="end")
        elif summary.visits > 1:
            wide = metrics.width(said, 10, True) + 14
            self._badge(box.x + box.w - wide - 8, box.y + box.h - 8, wide, look.border)
            self.text(box.x + box.w - wide - 1, box.y + box.h + 4, said, look.word, size=10, bold=True)

    def _badge(self, x: int, y: int, wide: int, border: str) -> None:
        self.add("rect", x=x, y=y, width=wide, height=17, rx=8.5, fill=WHITE, stroke=border, stroke_width=1.2)

    def _retries(self, box: Box, said: str, border: str, ink: str) -> None:
        """A badge on the upper right corner: an arrow that turns back, and how often."""
        wide = metrics.width(said, 10, True) + 24
        x, y = box.x + box.w - wide - 8, box.y - 9
        self._badge(x, y, wide, border)
        arrow = "M3.2 -2.4a4 4 0 1 0 .6 3.4M3.8 -4.6v2.6h-2.6"
        place = f"translate({x + 11} {y + 8.5})"
        self.add("path", d=arrow, transform=place, fill="none", stroke=ink, stroke_width=1.3)
        self.text(x + 18, y + 12, said, ink, size=10, bold=True)


def _reach(points: list[Point]) -> tuple[int, int]:
    """Sorts paths so that the one that others join comes first: it starts highest and farthest away."""
    return points[0][1], -abs(points[0][0] - points[-1][0])


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
