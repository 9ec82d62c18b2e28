"""Pages for the rules without a picture: text at given places, as a perfect recogniser would give it."""

from __future__ import annotations

import math

from localcloud.models.ocr import Line, Page, Point, Word

WIDTH, HEIGHT = 600, 900
LETTER, STEP = 10.0, 30.0  # pixels


def page(text: str, tilt: float = 0.0, large: str = "") -> Page:
    """A page in a monospaced face: two spaces or more part the boxes, as they do for a detector.

    Args:
        text: the rows; each letter is 10 pixels wide and each row 30 high.
        tilt: degrees by which the page is turned, positive when lines fall to the right.
        large: a text that stands in letters half as high again.
    """
    angle = math.radians(tilt)

    def place(x: float, y: float) -> Point:
        return 40 + x * math.cos(angle) - y * math.sin(angle), 40 + x * math.sin(angle) + y * math.cos(angle)

    lines = []
    for number, row in enumerate(text.strip("\n").split("\n")):
        at = 0
        while at < len(row):
            if row[at] == " ":
                at += 1
                continue
            end = row.find("  ", at)
            end = len(row) if end < 0 else end
            lines.append(_line(row[at:end], at, number * STEP, place, 1.5 if row[at:end] == large else 1.0))
            at = end
    return Page(WIDTH, HEIGHT, tuple(lines))


def _line(text: str, column: int, y: float, place: object, scale: float) -> Line:
    assert callable(place)

    def quad(start: float, end: float) -> tuple[Point, Point, Point, Point]:
        low = y + 20 * scale
        return place(start, y), place(end, y), place(end, low), place(start, low)

    words, at = [], column
    for word in text.split(" "):
        words.append(Word(word, 0.99, quad(at * LETTER, (at + len(word)) * LETTER)))
        at += len(word) + 1
    return Line(tuple(words), 0.99, quad(column * LETTER, (column + len(text)) * LETTER))
