"""Colours that everybody can tell from their ground: text 4.5 to 1, lines that carry meaning 3 to 1 (WCAG 2.2)."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from draw import bars, boxes, svg
from draw.canvas import CARD, GREY, IDLE, INK, LINE, LOOKS, WHITE

HERE = Path(__file__).parent
INSPECTOR = (HERE.parents[1] / "draw" / "inspector.css").read_text("utf-8")
#: What an edge or a line of text may cross: the card, a header, a machine of its own, a state.
GROUNDS = {CARD, WHITE, boxes.HEAD, boxes.OTHERS, *(look.fill for look in LOOKS.values())}
#: Only for the eye: the card's edge, lines of a grid, the bars behind a track.
DECORATION = {"#dde3ea", bars.GRID, WHITE}


def light(colour: str) -> float:
    """Relative luminance."""
    letters = colour.lstrip("#")
    whole = "".join(letter * 2 for letter in letters) if len(letters) == 3 else letters
    parts = (int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    less, more = sorted((light(one), light(other)))
    return (more + 0.05) / (less + 0.05)


def test_the_ratio_is_wcag_s() -> None:
    assert contrast("#000", "#fff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("status", LOOKS)
def test_a_status_stands_out_from_its_own_ground(status: str) -> None:
    look = LOOKS[status]
    assert contrast(look.word, look.fill) >= 4.5
    assert contrast(WHITE, look.word) >= 4.5  # the glyph on its disc
    assert contrast(look.border, look.fill) >= 3


@pytest.mark.parametrize(
    ("colour", "ground"), list(product([INK, GREY, svg.TAKEN_WORD, svg.QUIET_CATCH_WORD], sorted(GROUNDS)))
)
def test_words_can_be_read_on_whatever_they_cross(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 4.5


@pytest.mark.parametrize(
    ("colour", "ground"), list(product([LINE, IDLE.border, svg.TAKEN, svg.CATCH, svg.QUIET_CATCH], sorted(GROUNDS)))
)
def test_edges_can_be_followed_over_whatever_they_cross(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3


def test_no_picture_has_a_colour_that_fades_into_its_card() -> None:
    drawn = "".join(path.read_text("utf-8") for path in (HERE / "golden").glob("*.svg"))
    lines = set(re.findall(r'stroke="(#\w+)"', drawn)) - DECORATION
    words = set(re.findall(r'<text [^>]*fill="(#\w+)"', drawn)) - {WHITE}
    assert len(lines) > 5
    assert len(words) > 4
    assert {colour for colour in lines if contrast(colour, CARD) < 3} == set()
    assert {colour for colour in words if contrast(colour, CARD) < 4.5} == set()


def test_the_inspector_s_statuses_stand_out_too() -> None:
    found = re.findall(r"\{ color: (#\w+); background: (#\w+); border-color: (#\w+);", INSPECTOR)
    assert len(found) == len(LOOKS)
    for word, ground, border in found:
        assert contrast(word, ground) >= 4.5
        assert contrast(border, ground) >= 3
