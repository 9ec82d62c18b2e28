"""Objects in S3 as small figures: a photo with what was found on it, the first rows, the first lines, what was said.

Whoever shows the page brings the callable that looks into S3; here is only what it gives, and how that looks.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, zip_longest

from draw import metrics, page
from draw.canvas import FONT, WHITE, tag
from draw.objects import Box, Place
from draw.words import shorten

MOST_BOXES = 60
LONGEST_CELL, WIDEST_ROW = 24, 80  # letters
NAMED = ("thing", "field")  # boxes whose text is written beside them
HUES = {"line": "#0072b2", "item": "#009e73", "field": "#d55e00", "thing": "#d55e00", "face": "#cc79a7"}
SAID = {
    "line": ("line of text", "lines of text"),
    "item": ("cell of an item", "cells of items"),
    "field": ("field", "fields"),
    "thing": ("thing", "things"),
    "face": ("face", "faces"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What there is to see of an object; one of the last four, or none.

    Args:
        about: what it is, in a few words: "JPEG, 512 x 512, 60 KB"; or why there is nothing to see.
        image: a small JPEG of it, with its width and height in pixels.
        wave: of a sound, how loud it is from beginning to end, 0 to 100.
        rows: of a table, the first, its head first.
        text: of a text, the first lines; of a transcript, what was said.
        spoken: `text` is what was said.
    """

    about: str
    image: tuple[bytes, int, int] | None = None
    wave: tuple[int, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    spoken: bool = False

    @property
    def shows(self) -> bool:
        """Whether there is something to see."""
        return bool(self.image or self.wave or self.rows or self.text)


Look = Callable[[str, str], Preview]  # bucket, key: what there is; it never raises


def figure(place: Place, preview: Preview, boxes: list[Box]) -> str:
    """A preview as HTML, with its name and what it is under it."""
    name = place.key
    if preview.image is not None:
        shown = _image(*_photo(name, preview.image, boxes))
    elif preview.wave:
        shown = _image(*_wave(name, preview.wave))
    elif preview.rows:
        shown = _rows(preview.rows)
    elif preview.text and preview.spoken:
        shown = page.tagged("div", page.said(f"“{preview.text}”"), "font-style:italic;line-height:1.45;padding:2px 0")
    elif preview.text:
        shown = page.pre(page.said(preview.text))
    else:
        shown = ""
    found = counted(boxes) if preview.image is not None else ""
    about = ", ".join(filter(None, (found, preview.about)))
    caption = page.tagged("b", page.said(shorten(name, 80))) + " " + page.tagged("span", page.said(about), page.FAINT)
    inner = shown + page.tagged("div", caption, "font-size:11px;overflow-wrap:break-word;padding-top:3px")
    narrow = preview.image is not None or bool(preview.wave)
    size = f"max-width:{max(preview.image[1] if preview.image else 0, 240) if narrow else 640}px"
    frame = f"display:inline-block;vertical-align:top;margin:4px 10px 6px 0;padding:8px;border:1px solid {page.EDGE}"
    return page.tagged("div", inner, f"{frame};border-radius:6px;{size}")


def captioned(place: Place, preview: Preview, boxes: list[Box]) -> str:
    """A preview on one line."""
    shown = f"“{preview.text}”" if preview.spoken else preview.text or " | ".join(" ".join(row) for row in preview.rows)
    found = counted(boxes) if preview.image is not None else ""
    return ": ".join(filter(None, (place.key, ", ".join(filter(None, (found, preview.about))), shorten(shown, 100))))


def counted(boxes: list[Box]) -> str:
    """How many boxes of each kind, in words; things by their names."""
    kinds = Counter(box.kind for box in boxes if box.kind != "thing")
    things = Counter(box.text for box in boxes if box.kind == "thing")
    said = [f"{count} {SAID[kind][count > 1]}" for kind, count in kinds.items()]
    said += [f"{count} {name}" for name, count in things.items()][:6]
    return ", ".join(said) + (" found" if said else "")


def _image(source: str, alt: str, width: int, height: int) -> str:
    return f'<img alt="{page.quoted(alt)}" width="{width}" height="{height}" src="{source}">'


def _photo(name: str, image: tuple[bytes, int, int], boxes: list[Box]) -> tuple[str, str, int, int]:
    """The source of a photo with its boxes, its alt text, its width and height."""
    jpeg, width, height = image
    source = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    read = "; ".join(box.text for box in boxes if box.text)
    alt = f"{shorten(name, 80)}" + (f" with {counted(boxes)}: {shorten(read, 200)}" if boxes else "")
    if not boxes:
        return source, alt, width, height
    parts = [tag("image", width=width, height=height, href=source)]
    # Where boxes lie on one another, the later kind is the one to see; names come last of all.
    ordered = sorted(boxes[:MOST_BOXES], key=lambda box: list(HUES).index(box.kind))
    parts += [_frame(box, width, height) for box in ordered]
    taken = [_place(box, width, height) for box in ordered if box.kind != "thing"]
    for box in ordered:
        if box.kind in NAMED and box.text:
            parts += _name(box, width, height, taken)
    space = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {height}", "font_family": FONT}
    drawn = tag("svg", "".join(parts), **space, width=width, height=height, font_size=8)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}", alt, width, height


Spot = tuple[int, int, int, int]  # left, top, right, low: in pixels


def _place(box: Box, width: int, height: int) -> Spot:
    left, top = round(box.left * width) - 1, round(box.top * height) - 1
    return left, top, left + round(box.width * width) + 2, top + round(box.height * height) + 2


def _frame(box: Box, width: int, height: int) -> str:
    left, top, right, low = _place(box, width, height)
    hue, size = HUES[box.kind], {"width": right - left, "height": low - top}
    return tag("rect", x=left, y=top, **size, rx=1, fill=hue, fill_opacity=0.12, stroke=hue, stroke_width=1.2)


def _name(box: Box, width: int, height: int, taken: list[Spot]) -> list[str]:
    """A box's name beside it, on its colour; none where it would hide another box or name."""
    said = metrics.cut(shorten(box.text.replace("_", " ").lower(), 24), width // 2, 8)
    wide, high = metrics.width(said, 8) + 4, 10
    left, top, right, low = _place(box, width, height)
    middle = (top + low - high) // 2
    ways = [(right, middle), (left - wide, middle), (left, top - high), (left, low)]
    for x, y in [(left, top - high), (left, top)] if box.kind == "thing" else ways:
        spot = (x, y, x + wide, y + high)
        if x >= 0 and y >= 0 and spot[2] <= width and spot[3] <= height and not any(_over(spot, it) for it in taken):
            taken.append(spot)
            back = tag("rect", x=x, y=y, width=wide, height=high, rx=2, fill=HUES[box.kind])
            return [back, tag("text", page.said(said), x=x + 2, y=y + 8, fill=WHITE)]
    return []


def _over(one: Spot, other: Spot) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _wave(name: str, wave: tuple[int, ...]) -> tuple[str, str, int, int]:
    """A sound as bars, a bar for each piece of it."""
    width, height = 4 * len(wave), 48
    sides = [max(1, loud * 20 // 100) for loud in wave]
    bars = "".join(f"M{4 * at + 2} {24 - side}v{2 * side}" for at, side in enumerate(sides))
    card = tag("rect", width=width, height=height, rx=4, fill=WHITE)
    line = tag("path", d=bars, stroke="#0072b2", stroke_width=2.4, stroke_linecap="round")
    size = {"width": width, "height": height}
    drawn = tag("svg", card + line, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", **size)
    source = f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
    return source, f"{shorten(name, 80)}: how loud the sound is over its length", width, height


def _rows(rows: tuple[tuple[str, ...], ...]) -> str:
    """A table as wide as there is room for; a first row of numbers is no head."""
    short = [[shorten(cell, LONGEST_CELL) for cell in row] for row in rows]
    widths = [max(map(len, column)) + 2 for column in zip_longest(*short, fillvalue="")]
    fitting = sum(1 for total in accumulate(widths) if total <= WIDEST_ROW) or 1
    more = ["…"] if fitting < len(widths) else []
    marked = [[page.said(cell) for cell in [*row[:fitting], *more]] for row in short]
    headed = not any(cell.replace(".", "").isdigit() for cell in rows[0])
    return page.table(*(page.cells("th" if headed and not at else "td", *row) for at, row in enumerate(marked)))
