"""Where pictures are drawn: SVG elements, colours, lines of text, status discs.

Presentation attributes only (no style, no class, no script, no font of its own), because viewers of notebooks
drop the rest. Status is told three ways: hue (Okabe and Ito's, safe for colour-blind readers), glyph, border.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape  # xml.sax.saxutils imports all of urllib

from draw import icons, metrics

MARGIN, TITLE = 20, 44
SMALL = 11  # the size of text, unless it is said
INK, GREY, LINE, CARD, WHITE = "#17202b", "#586675", "#7c8998", "#fbfcfd", "#fff"
TIMES = "\N{MULTIPLICATION SIGN}"
FONT = "Helvetica,Arial,Liberation Sans,sans-serif"


@dataclass(frozen=True, slots=True)
class Look:
    """A status: border colour, fill, colour of its words, border width, dashes."""

    border: str
    fill: str
    word: str
    thick: float
    dashes: str | None = None


IDLE = Look("#7c8998", WHITE, GREY, 1.2)
LOOKS = {
    "succeeded": Look("#009e73", "#e8f6f1", "#00694c", 2),
    "running": Look("#0072b2", "#e1f1fb", "#00568a", 3),
    "caught": Look("#b37700", "#fff6df", "#835700", 2, "7 3"),
    "failed": Look("#d55e00", "#fdebdf", "#a34300", 3.5),
    "timed out": Look("#d55e00", "#fdebdf", "#a34300", 3.5, "2 3"),
    "aborted": Look("#b0588a", "#f9ebf3", "#8c3f6a", 2, "2 3"),
}


class Canvas:
    """SVG elements, one after the other."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, name: str, content: str = "", /, **attributes: object) -> None:
        self.parts.append(tag(name, content, **attributes))

    def text(
        self, x: int, y: int, text: str, colour: str, size: int = SMALL, bold: bool = False, anchor: str = ""
    ) -> None:
        """A line of text, whatever is in it, as wide in every font as the layout takes it to be."""
        wide = metrics.width(text, size, bold)
        self.add(
            "text",
            _quotable(printable(text)),  # so that quotes in an SVG are around attributes, all of them
            x=x,
            y=y,
            textLength=wide or None,
            lengthAdjust="spacingAndGlyphs" if wide else None,
            fill=colour,
            font_size=size if size != SMALL else None,
            font_weight=700 if bold else None,
            text_anchor=anchor or None,
        )

    def disc(self, x: int, y: int, status: str, look: Look) -> None:
        paint: dict[str, object] = {"fill": WHITE}
        if status not in icons.FILLED:
            paint = {"fill": "none", "stroke": WHITE, "stroke_width": 2, "stroke_linecap": "round"}
        glyph = tag("path", d=icons.GLYPHS[status], stroke_linejoin="round", **paint)
        self.add("g", tag("circle", r=9, fill=look.word) + glyph, transform=f"translate({x} {y})")

    def icon(self, name: str, x: int, y: int) -> None:
        """What a service looks like, white, on a tile that is there."""
        outline = {"fill": "none", "stroke": WHITE, "stroke_width": 1.5}
        joined = {"stroke_linejoin": "round", "stroke_linecap": "round"}
        shift = f"translate({x} {y})"
        self.add("path", d=icons.PATHS.get(name, icons.PATHS["pass"]), transform=shift, **outline, **joined)

    def title(self, title: str, status: str | None) -> None:
        """A line at the top, with the execution's status before it."""
        if status:
            self.disc(MARGIN + 9, 26, status, LOOKS[status])
        self.text(MARGIN + (28 if status else 0), 31, title, INK, size=14, bold=True)

    def document(self, wide: int, high: int) -> str:
        """All of it, on a card, as a whole SVG document."""
        box, space = f"0 0 {wide} {high}", "http://www.w3.org/2000/svg"
        card = {"x": 0.5, "y": 0.5, "width": wide - 1, "height": high - 1, "rx": 10}
        body = tag("rect", **card, fill=CARD, stroke="#dde3ea") + "".join(self.parts)
        return tag("svg", body, xmlns=space, width=wide, height=high, viewBox=box, font_family=FONT, font_size=SMALL)


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """An element; attributes of None are left out, `_` in their names stands for `-`."""
    written = [
        f' {key.replace("_", "-")}="{_quotable(str(value))}"' for key, value in attributes.items() if value is not None
    ]
    opening = f"<{name}{''.join(written)}"
    return f"{opening}>{content}</{name}>" if content else f"{opening}/>"


def _quotable(text: str) -> str:
    return escape(text, quote=False).replace('"', "&quot;").replace("\n", "&#10;")


def printable(text: str) -> str:
    """XML 1.0 has no place for control characters and lone surrogates, not even escaped."""
    return re.sub("[\x00-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
