"""Long graphs in columns side by side, as text is set in a newspaper: they fit a screen and a projector.

A placed graph is cut between two rows, where nothing but edges that run down is cut; what lies below goes up again on
the right. An edge that is cut goes around: below its column, up between the two, and in from above. Those that go
around lie inside each other, so that none crosses another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from draw.plan import Plan, Point, Route, cropped, reach

WIDE, HIGH = 1100, 600  # pixels for a graph on a projector of 1280 by 720, with JupyterLab around it
INSIDE = 440  # for one that stands inside a state
MOST = 4  # columns
LEAST = 1.1  # a column more is worth it if the graph is seen larger by this factor
FOOT = 4  # below a row: there, edges run down
TRACK, CLEAR = 10, 14


def fold(plan: Plan, high: int = HIGH) -> Plan:
    """The plan in as many columns as let it be seen the largest when all of it is on screen.

    Args:
        plan: of a graph that runs down; another stays as it is.
        high: of the screen, in pixels.
    """
    if plan.landscape or plan.h <= high:
        return plan
    best = plan
    cuts = {cut: len(_crossing(plan, cut)) for cut in _cuts(plan)}
    for count in range(1, MOST):
        for chosen in _even(plan.h, cuts, count):
            found = _folded(plan, chosen)
            if scale(found, high) > scale(best, high) * LEAST:
                best = found
    return best


def scale(plan: Plan, high: int = HIGH) -> float:
    """How large a plan can be for all of it to be on screen: 1 is as it is."""
    return min(1.0, WIDE / plan.w, high / plan.h)


def _cuts(plan: Plan) -> list[int]:
    """Heights at which the plan can be cut: below a row of states, with nothing beside it."""
    spans = [(box.y, box.y + box.h) for box in plan.boxes]
    spans += [(top, low) for route in plan.routes if route.label for _, top, _, low in [reach(route)]]
    flat = [one[1] for route in plan.routes for one, other in pairwise(route.points) if one[1] == other[1]]
    found = {low + FOOT for _, low in spans[: len(plan.boxes)]}
    return sorted(
        cut
        for cut in found
        if all(not top < cut < low for top, low in spans) and cut not in flat and cut < max(low for _, low in spans)
    )


def _even(end: int, edges: dict[int, int], count: int) -> list[tuple[int, ...]]:
    """The choices of so many cuts whose highest column is the lowest, and near ones that cut fewer edges.

    Args:
        end: the height of the plan.
        edges: how many of them each cut, from the top down, would cut.
    """

    def highest(chosen: tuple[int, ...]) -> int:
        return max(low - top for top, low in pairwise((0, *chosen, end)))

    cuts = [*edges]
    if len(cuts) < count:
        return []
    limit = end / (count + 1)
    while not (choices := list(_no_higher(limit, end, cuts, count))):
        limit *= 1.1
    lowest = min(map(highest, choices))
    near = sorted(_no_higher(lowest * 1.25, end, cuts, count), key=highest)[:40]
    near.sort(key=lambda chosen: (sum(edges[cut] for cut in chosen), highest(chosen)))
    return near[:3]


def _no_higher(limit: float, end: int, cuts: list[int], count: int, top: int = 0) -> Iterator[tuple[int, ...]]:
    """The choices of so many cuts between `top` and `end` whose columns are all no higher than the limit."""
    if count == 0 and end - top <= limit:
        yield ()
    for number, cut in enumerate(cuts if count else ()):
        if cut - top > limit:
            return
        if end - cut <= count * limit:
            yield from ((cut, *rest) for rest in _no_higher(limit, end, cuts[number + 1 :], count - 1, cut))


def _crossing(plan: Plan, cut: int) -> list[int]:
    """Where edges run across a height: their x, the rightmost first."""
    pairs = [pair for route in plan.routes for pair in pairwise(route.points)]
    return sorted({one[0] for one, other in pairs if min(one[1], other[1]) < cut < max(one[1], other[1])}, reverse=True)


def _folded(plan: Plan, cuts: tuple[int, ...]) -> Plan:
    """The plan cut at these heights."""
    borders = [0, *cuts, plan.h + 1]
    tracks = [_crossing(plan, cut) for cut in cuts]
    extents = [_extent(plan, top, low) for top, low in pairwise(borders)]
    moves: list[Point] = []  # of each column
    right = 0
    for number, (left, edge) in enumerate(extents):
        around = tracks[number - 1] if number else []
        aisle = CLEAR + TRACK * len(around) + CLEAR if number else 0
        moves.append((right + aisle - left, (TRACK * len(around) + CLEAR if number else 0) - borders[number]))
        right += aisle + edge - left
    ends = [moves[number][0] + extents[number][1] for number in range(len(moves))]

    def column(y: int) -> int:
        return sum(y > cut for cut in cuts)

    def moved(point: Point, number: int) -> Point:
        return point[0] + moves[number][0], point[1] + moves[number][1]

    def between(x: int, number: int) -> list[Point]:
        """The way around from one column to the next, of an edge at `x`."""
        rank = tracks[number].index(x)
        low = cuts[number] + moves[number][1] + CLEAR - FOOT + TRACK * rank
        aisle = ends[number] + CLEAR + TRACK * rank
        high = TRACK * rank
        return [
            (x + moves[number][0], low),
            (aisle, low),
            (aisle, high),
            (x + moves[number + 1][0], high),
        ]

    def way(points: list[Point]) -> list[Point]:
        path = [moved(points[0], column(points[0][1]))]
        for one, other in pairwise(points):
            first, last = column(one[1]), column(other[1])
            steps = range(first, last) if first < last else range(first - 1, last - 1, -1)
            for number in steps:
                around = between(one[0], number)
                path += around if first < last else around[::-1]
            path.append(moved(other, last))
        return path

    boxes = []
    for box in plan.boxes:
        x, y = moved((box.x, box.y), column(box.y))
        boxes.append(replace(box, x=x, y=y))
    routes = [Route(route.edge, way(route.points), route.label, route.back) for route in plan.routes]
    for route in routes:
        if route.label:
            x, y = moved((route.label.x, route.label.y), column(route.label.y))
            route.label = replace(route.label, x=x, y=y)
    return cropped(boxes, routes, landscape=False)


def _extent(plan: Plan, top: int, low: int) -> tuple[int, int]:
    """How far left and right what lies between two heights reaches."""
    xs = [x for box in plan.boxes if top <= box.y < low for x in (box.x, box.x + box.w)]
    for route in plan.routes:
        for one, other in pairwise(route.points):
            if min(one[1], other[1]) < low and max(one[1], other[1]) > top:
                xs += [one[0], other[0]]
        if route.label and top <= route.label.y < low:
            left, _, right, _ = reach(route)
            xs += [left, right]
    return min(xs), max(xs)
