"""How data flows through one state: the five fields of JSONPath around its work, and what each says in this state.

Source: Amazon States Language, "Input and Output Processing": ResultPath puts the result into the state's raw input.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from draw import metrics, words
from draw.canvas import GREY, INK, LINE, LOOKS, MARGIN, SMALL, WHITE, Canvas

WIDE, HIGH, GAP, PILL = 124, 100, 20, 50
LANE = 84  # where the input goes round the work
TOP = 116  # of the boxes
NAME = 12
LINE_HEIGHT = 15
SET, UNSET = LOOKS["running"], "#7c8998"

#: A field -> what it says where it is set, and where it is not.
FIELDS = {
    "InputPath": ("the part of the input to work with", "all of the input"),
    "Parameters": ("what the work is sent", "the input as it is"),
    "ResultSelector": ("what is kept of the result", "all of the result"),
    "ResultPath": ("where the result is put into the input", "the result replaces the input"),
    "OutputPath": ("the part that goes on", "all of it goes on"),
}
DROPPED = "nowhere: the result is dropped"


def picture(name: str, state: Mapping[str, Any]) -> tuple[str, str, str, int, int]:
    """The flow of a state's data.

    Args:
        name: the state's.
        state: its definition, in JSONPath.

    Returns:
        the SVG, a sentence for those who do not see it, the same facts a line each, width and height in pixels.
    """
    boxes = [_box(field, state) for field in FIELDS]
    boxes.insert(2, (name, words.state(state), "does the work", True))
    wide = 2 * (MARGIN + PILL) + len(boxes) * WIDE + (len(boxes) + 1) * GAP
    high = TOP + HIGH + MARGIN
    canvas = Canvas()
    canvas.title(f"How data flows through {json.dumps(words.shorten(name, 40), ensure_ascii=False)}", None)
    lefts = [MARGIN + PILL + GAP + (WIDE + GAP) * number for number in range(len(boxes))]
    _arrows(canvas, lefts, wide)
    _lane(canvas, lefts, state.get("ResultPath", "$") != "$")
    _pill(canvas, MARGIN, "Input")
    _pill(canvas, wide - MARGIN - PILL, "Output")
    for left, box in zip(lefts, boxes, strict=True):
        _draw(canvas, left, *box)
    facts = [f"{title} ({value}): {meaning}" for title, value, meaning, _ in boxes]
    return canvas.document(wide, high), f"Input, then {'; '.join(facts)}; then output.", "\n".join(facts), wide, high


def _box(field: str, state: Mapping[str, Any]) -> tuple[str, str, str, bool]:
    """A field's name, what it says, what that means, and whether it is set."""
    said, silent = FIELDS[field]
    if field not in state:
        return field, "not set", silent, False
    value = state[field]
    if field == "ResultPath" and value is None:
        return field, "null", DROPPED, True
    if isinstance(value, Mapping):
        value = "{ " + ", ".join(key.removesuffix(".$") for key in value) + " }"
    return field, str(value), said, True


def _draw(canvas: Canvas, left: int, title: str, value: str, meaning: str, is_set: bool) -> None:
    work = title not in FIELDS
    look = LOOKS["succeeded"] if work else SET
    canvas.add(
        "rect",
        x=left,
        y=TOP,
        width=WIDE,
        height=HIGH,
        rx=8,
        fill=look.fill if is_set else WHITE,
        stroke=look.border if is_set else UNSET,
        stroke_width=2 if is_set else 1.2,
        stroke_dasharray=None if is_set else "5 4",
    )
    top = TOP + 22
    for line in metrics.wrap(title, WIDE - 16, NAME, True, 2):
        canvas.text(left + 8, top, line, INK, NAME, bold=True)
        top += LINE_HEIGHT
    for line in metrics.wrap(value, WIDE - 16, SMALL, lines=2):
        canvas.text(left + 8, top + 2, line, look.word if is_set else GREY, bold=is_set and not work)
        top += LINE_HEIGHT
    for line in metrics.wrap(meaning, WIDE - 16, SMALL, lines=3):
        canvas.text(left + 8, top + 6, line, GREY)
        top += LINE_HEIGHT - 1


def _pill(canvas: Canvas, left: int, text: str) -> None:
    middle = TOP + HIGH // 2
    canvas.add("rect", x=left, y=middle - 15, width=PILL, height=30, rx=15, fill=WHITE, stroke=LINE, stroke_width=1.5)
    canvas.text(left + PILL // 2, middle + 4, text, INK, anchor="middle")


def _arrows(canvas: Canvas, lefts: list[int], wide: int) -> None:
    middle = TOP + HIGH // 2
    for end in [*lefts, wide - MARGIN - PILL]:
        canvas.add("path", d=f"M{end - GAP} {middle}H{end - 3}", stroke=LINE, stroke_width=1.8, fill="none")
        canvas.add("path", d=f"M{end - 8} {middle - 4}l7 4-7 4z", fill=LINE)


def _lane(canvas: Canvas, lefts: list[int], kept: bool) -> None:
    """The input on its way round the work, to ResultPath."""
    start, end = MARGIN + PILL // 2, lefts[4] + WIDE // 2
    colour = SET.border if kept else UNSET
    dashes = None if kept else "5 4"
    path = f"M{start} {TOP + HIGH // 2 - 15}V{LANE}H{end}V{TOP - 4}"
    canvas.add("path", d=path, stroke=colour, stroke_width=2, stroke_dasharray=dashes, fill="none")
    canvas.add("path", d=f"M{end - 4} {TOP - 9}l4 7 4-7z", fill=colour)
    text = "the input goes round the work, and ResultPath puts the result into it"
    text = text if kept else "no ResultPath: nothing is left of the input"
    canvas.text((start + end) // 2, LANE - 7, text, SET.word if kept else GREY, anchor="middle")
