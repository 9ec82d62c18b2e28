"""Services in columns, and the data that flows between them: a picture of an architecture, which may grow.

No layout to compute: whoever draws says in which column and row a service stands. What is new stands out, by a thick
border and bold words, so that a picture shown again says what has come to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from draw import metrics
from draw.canvas import GREY, IDLE, INK, LINE, LOOKS, MARGIN, SMALL, Canvas

WIDE, HIGH, GAP, STEP = 152, 50, 46, 66
TOP, TILE = 84, 26
NAME = 12
TILES = "#2f5d8a"


@dataclass(frozen=True, slots=True)
class Service:
    """A service in its place.

    Args:
        name: of the service: "Amazon Athena".
        does: what it does here, in three words.
        icon: one of `icons.PATHS`.
        column, row: from 0.
        feeds: the names of those that its data goes to.
    """

    name: str
    does: str
    icon: str
    column: int
    row: int
    feeds: tuple[str, ...] = ()


def picture(
    title: str, columns: Sequence[str], services: Sequence[Service], new: Collection[str]
) -> tuple[str, str, str, int, int]:
    """The services and their arrows.

    Args:
        title: a line at the top.
        columns: the heading of each column.
        services: what stands in them; arrows to a name that is not among them are left out.
        new: names of those that stand out.

    Returns:
        the SVG, a sentence for those who do not see it, the same facts a line each, width and height in pixels.
    """
    places = {each.name: each for each in services}
    wide = 2 * MARGIN + len(columns) * WIDE + (len(columns) - 1) * GAP
    high = TOP + max(each.row for each in services) * STEP + HIGH + MARGIN
    canvas = Canvas()
    canvas.title(title, None)
    for number, heading in enumerate(columns):
        canvas.text(_left(number) + WIDE // 2, TOP - 18, heading, GREY, NAME, bold=True, anchor="middle")
    for each in services:
        for name in each.feeds:
            if name in places:
                _arrow(canvas, each, places[name], services, each.name in new or name in new)
    for each in services:
        _box(canvas, each, each.name in new)
    facts = [_fact(each, places, each.name in new) for each in services]
    return canvas.document(wide, high), f"{title}: {'; '.join(facts)}.", "\n".join([title, *facts]), wide, high


def _fact(each: Service, places: Mapping[str, Service], is_new: bool) -> str:
    targets = [name for name in each.feeds if name in places]
    return f"{each.name}{' (new)' if is_new else ''}: {each.does}" + (f" -> {', '.join(targets)}" if targets else "")


def _left(column: int) -> int:
    return MARGIN + column * (WIDE + GAP)


def _top(row: int) -> int:
    return TOP + row * STEP


def _box(canvas: Canvas, each: Service, is_new: bool) -> None:
    look = LOOKS["running"] if is_new else IDLE
    left, top = _left(each.column), _top(each.row)
    frame = {"x": left, "y": top, "width": WIDE, "height": HIGH, "rx": 8}
    canvas.add("rect", **frame, fill=look.fill, stroke=look.border, stroke_width=look.thick)
    canvas.add("rect", x=left + 8, y=top + 12, width=TILE, height=TILE, rx=6, fill=TILES)
    canvas.icon(each.icon, left + 11, top + 15)
    room = WIDE - TILE - 22
    canvas.text(left + TILE + 16, top + 22, metrics.cut(each.name, room, NAME, True), INK, NAME, bold=True)
    canvas.text(left + TILE + 16, top + 38, metrics.cut(each.does, room, SMALL), look.word, bold=False)


def _arrow(canvas: Canvas, one: Service, other: Service, services: Sequence[Service], is_new: bool) -> None:
    """To the right, up or down before its target, or at once where something stands in its row; else straight."""
    colour, thick = (LOOKS["running"].border, 2.4) if is_new else (LINE, 1.3)
    y, end_y = _top(one.row) + HIGH // 2, _top(other.row) + HIGH // 2
    if one.column == other.column:
        middle, down = _left(one.column) + WIDE // 2, other.row > one.row
        y = _top(one.row) + (HIGH if down else 0)
        end_y = _top(other.row) + (0 if down else HIGH)
        sign = 1 if down else -1
        path, tip = f"M{middle} {y}V{end_y - 6 * sign}", f"M{middle} {end_y}l-4 {-8 * sign}h8z"
    else:
        end = _left(other.column)
        blocked = any(each.row == one.row and one.column < each.column < other.column for each in services)
        turn = _left(one.column) + WIDE + GAP // 2 if blocked else end - GAP // 2
        path = f"M{_left(one.column) + WIDE} {y}H{turn}V{end_y}H{end - 6}"
        tip = f"M{end} {end_y}l-8 -4v8z"
    canvas.add("path", d=path, fill="none", stroke=colour, stroke_width=thick, stroke_linejoin="round")
    canvas.add("path", d=tip, fill=colour)
