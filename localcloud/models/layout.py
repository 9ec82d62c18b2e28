"""From boxes of text to rows and cells.

The page is turned upright first, so that a tilted receipt reads as a flat one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from localcloud.models.ocr import Line, Page, Point, Quad, Word

#: A new cell starts where the gap is wider than this many line heights; a space is about half of one.
_CELL_GAP = 0.8

#: Two boxes are of one row when their middles are closer than this share of the lower one's height.
_ROW_SHARE = 0.5

#: "due€138.87": the recogniser now and then misses the space before a sum.
_GLUED = re.compile(
    r"^(?!(?:AU|CA|NZ|HK|SG|US|NT|MX|[RACS])\$)(.*?[A-Za-z:.])((?<=[a-z:.])(?:AU|CA|NZ|HK|SG|US|NT|MX|[RACS])\$\d.*"
    r"|[$€£¥\uffe5₹₩]\d.*)$"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, with its place on the upright page in pixels."""

    word: Word
    left: float
    right: float
    middle: float  # of its height
    height: float

    @property
    def text(self) -> str:
        """As read."""
        return self.word.text


@dataclass(frozen=True, slots=True)
class Detection:
    """Some words as one value.

    Text, confidence from 0 to 1 (the least sure word's), and the box around them.
    """

    text: str
    confidence: float
    quad: Quad


@dataclass(frozen=True)
class Cell:
    """Words of one row that stand close together."""

    tokens: tuple[Token, ...]

    @cached_property
    def text(self) -> str:
        """The words with one space between them."""
        return " ".join(token.text for token in self.tokens)

    @property
    def left(self) -> float:
        """Of its first word."""
        return self.tokens[0].left

    @property
    def right(self) -> float:
        """Of its last word."""
        return self.tokens[-1].right

    @property
    def height(self) -> float:
        """Of its letters, roughly."""
        return max(token.height for token in self.tokens)

    def part(self, start: int, end: int) -> Detection | None:
        """What stands at text[start:end], with the box of the words it lies in; None for blanks."""
        text = self.text[start:end].strip()
        at, inside = 0, []
        for token in self.tokens:
            if at < end and at + len(token.text) > start:
                inside.append(token)
            at += len(token.text) + 1
        return _detection(text, inside) if text else None


@dataclass(frozen=True)
class Row:
    """What stands at one height of the page, from left to right."""

    cells: tuple[Cell, ...]
    lines: tuple[Line, ...]
    middle: float

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The words of all cells."""
        return tuple(token for cell in self.cells for token in cell.tokens)

    @cached_property
    def text(self) -> str:
        """The words with one space between them."""
        return " ".join(cell.text for cell in self.cells)


def detection(tokens: Sequence[Token]) -> Detection | None:
    """The words as one value; None when there are none."""
    return _detection(" ".join(token.text for token in tokens), tokens) if tokens else None


def joined(parts: Sequence[Detection]) -> Detection:
    """Several rows as one value, with a line break between them, as Textract gives an address."""
    corners = [corner for part in parts for corner in part.quad]
    return Detection("\n".join(part.text for part in parts), min(p.confidence for p in parts), _around(corners))


def tilt(page: Page) -> float:
    """The angle of the lines against the page's upper edge, in radians, positive when they fall to the right.

    Lines that are too short to tell do not count; long ones count more.
    """
    votes: list[float] = []
    for line in page.lines:
        (x0, y0), (x1, y1), _, (x3, y3) = line.quad
        width, height = math.hypot(x1 - x0, y1 - y0), math.hypot(x3 - x0, y3 - y0)
        if width > 2.5 * height:
            votes += [math.atan2(y1 - y0, x1 - x0)] * round(width / height)
    if not votes:
        return 0.0
    # Against the quarter turn that most lines are near: the angles around half a turn are close, their numbers are not.
    quarters = [round(vote / (math.pi / 2)) % 4 for vote in votes]
    quarter = max(range(4), key=quarters.count) * math.pi / 2
    return quarter + median(math.remainder(vote - quarter, math.tau) for vote in votes)


def rows(page: Page) -> list[Row]:
    """The rows of a page from top to bottom, whatever its tilt."""
    angle = tilt(page)
    cos, sin = math.cos(angle), math.sin(angle)

    def upright(point: Point) -> Point:
        return point[0] * cos + point[1] * sin, point[1] * cos - point[0] * sin

    lines = []
    for line in page.lines:
        tokens = [token for word in line.words for token in _tokens(word, upright)]
        middle = sum(upright(corner)[1] for corner in line.quad) / 4
        lines.append((middle, min(token.height for token in tokens), line, tokens))
    lines.sort(key=lambda entry: entry[0])

    groups: list[list[tuple[float, float, Line, list[Token]]]] = []
    for entry in lines:
        if groups:
            last = groups[-1]
            middle = sum(other[0] for other in last) / len(last)
            if entry[0] - middle < _ROW_SHARE * min(entry[1], *(other[1] for other in last)):
                last.append(entry)
                continue
        groups.append([entry])
    return [_row(group) for group in groups]


def _row(group: list[tuple[float, float, Line, list[Token]]]) -> Row:
    group.sort(key=lambda entry: entry[3][0].left)
    tokens = sorted((token for entry in group for token in entry[3]), key=lambda token: token.left)
    height = median(token.height for token in tokens)
    cells: list[list[Token]] = [[tokens[0]]]
    for before, token in pairwise(tokens):
        if token.left - before.right > _CELL_GAP * height:
            cells.append([])
        cells[-1].append(token)
    middle = sum(entry[0] for entry in group) / len(group)
    return Row(tuple(Cell(tuple(cell)) for cell in cells), tuple(entry[2] for entry in group), middle)


def _tokens(word: Word, upright: Callable[[Point], Point]) -> Iterable[Token]:
    """The word's token; two when a sum is glued to the word before it."""
    glued = _GLUED.match(word.text)
    words = [word] if glued is None else _split(word, glued.group(1), glued.group(2))
    for part in words:
        corners = [upright(corner) for corner in part.quad]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        height = (abs(ys[3] - ys[0]) + abs(ys[2] - ys[1])) / 2
        yield Token(part, (xs[0] + xs[3]) / 2, (xs[1] + xs[2]) / 2, sum(ys) / 4, max(height, 1.0))


def _split(word: Word, first: str, second: str) -> list[Word]:
    share = len(first) / len(word.text)
    a, b, c, d = word.quad

    def between(start: Point, end: Point) -> Point:
        return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share

    top, bottom = between(a, b), between(d, c)
    return [
        Word(first, word.confidence, (a, top, bottom, d)),
        Word(second, word.confidence, (top, b, c, bottom)),
    ]


def _detection(text: str, tokens: Sequence[Token]) -> Detection:
    if len(tokens) == 1:
        return Detection(text, tokens[0].word.confidence, tokens[0].word.quad)
    corners = [corner for token in tokens for corner in token.word.quad]
    return Detection(text, min(token.word.confidence for token in tokens), _around(corners))


def _around(corners: Sequence[Point]) -> Quad:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return ((left, top), (right, top), (right, bottom), (left, bottom))
