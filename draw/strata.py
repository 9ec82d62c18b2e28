"""A canvas in layers: whatever the order in which things are drawn, edges lie below states, and words on top.

Elements of a layer that look alike share a group, which says their colours once: a graph takes half the bytes.
"""

from __future__ import annotations

from enum import IntEnum, auto

from draw import icons
from draw.canvas import WHITE, Canvas, Look, tag

INHERITED = {
    *("fill", "stroke", "stroke_width", "stroke_dasharray", "stroke_linejoin", "stroke_linecap"),
    *("font_size", "font_weight", "text_anchor"),
}


class Level(IntEnum):
    """The layers, from below."""

    EDGES = auto()
    ARROWS = auto()
    TAKEN = auto()
    TAKEN_ARROWS = auto()
    FRAMES = auto()
    HEADERS = auto()
    BORDERS = auto()
    BARS = auto()
    MARKS = auto()
    OUTLINES = auto()
    TILES = auto()
    ICONS = auto()
    WORDS = auto()
    DISCS = auto()
    GLYPHS = auto()
    BADGES = auto()
    BADGE_WORDS = auto()
    PLATES = auto()
    LABELS = auto()


class Strata(Canvas):
    """What is added lies in layer `level` until `settle` puts all layers one over the other."""

    def __init__(self) -> None:
        super().__init__()
        self.level = Level.WORDS
        self.layers: dict[tuple[Level, tuple[tuple[str, object], ...]], list[str]] = {}

    def add(self, name: str, content: str = "", /, **attributes: object) -> None:
        style = tuple((key, value) for key, value in attributes.items() if key in INHERITED and value is not None)
        own = {key: value for key, value in attributes.items() if key not in INHERITED}
        self.layers.setdefault((self.level, style), []).append(tag(name, content, **own))

    def disc(self, x: int, y: int, status: str, look: Look, small: bool = False) -> None:
        self.level = Level.DISCS
        self.add("circle", cx=x, cy=y, r=6 if small else 9, fill=look.word)
        self.level = Level.GLYPHS
        place = f"translate({x} {y}){' scale(.65)' if small else ''}"
        if status in icons.FILLED:
            self.add("path", d=icons.GLYPHS[status], transform=place, fill=WHITE)
            return
        line = {"fill": "none", "stroke": WHITE, "stroke_width": 2, "stroke_linecap": "round"}
        self.add("path", d=icons.GLYPHS[status], transform=place, **line)

    def settle(self) -> None:
        """Draws all layers, from below, and begins anew."""
        for (_, style), elements in sorted(self.layers.items(), key=lambda layer: layer[0][0]):
            self.parts.append(tag("g", "".join(elements), **dict(style)) if style else "".join(elements))
        self.layers = {}
