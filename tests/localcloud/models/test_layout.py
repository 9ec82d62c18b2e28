"""Rows and cells from boxes."""

from __future__ import annotations

import math

import pytest

from localcloud.models.layout import joined, rows, tilt
from localcloud.models.ocr import Line, Page, Word
from tests.localcloud.models.written import page

TILL = """
Espresso bar on the quay
2 x Flat white      9.00
Oat cookie    1     3.25
"""


@pytest.mark.parametrize("degrees", [-10, -3, 0, 3, 10])
def test_a_page_s_tilt_is_that_of_its_lines(degrees: float) -> None:
    assert math.degrees(tilt(page(TILL, tilt=degrees))) == pytest.approx(degrees, abs=0.01)


@pytest.mark.parametrize("degrees", [-10, -3, 0, 3, 10])
def test_rows_and_cells_are_the_same_whatever_the_tilt(degrees: float) -> None:
    assert [[cell.text for cell in row.cells] for row in rows(page(TILL, tilt=degrees))] == [
        ["Espresso bar on the quay"],
        ["2 x Flat white", "9.00"],
        ["Oat cookie", "1", "3.25"],
    ]


def test_a_page_without_text_has_no_tilt_and_no_rows() -> None:
    assert tilt(Page(10, 10, ())) == 0
    assert rows(Page(10, 10, ())) == []


def test_short_words_do_not_decide_the_tilt() -> None:
    upright = page(TILL)
    slanted = Word("T", 0.9, ((0, 500), (9, 509), (2, 516), (-7, 507)))
    assert tilt(Page(600, 900, (*upright.lines, Line((slanted,), 0.9, slanted.quad)))) == 0


def test_a_large_sum_shares_the_row_of_its_small_label() -> None:
    (row,) = rows(page("Total   $15.82", large="$15.82"))
    assert row.text == "Total $15.82"


def test_a_sum_that_is_glued_to_its_label_is_parted_from_it() -> None:
    (row,) = rows(page("Total due€138.87"))
    assert [token.text for token in row.tokens] == ["Total", "due", "€138.87"]
    _, due, euros = row.tokens
    assert due.left < due.right == euros.left < euros.right


def test_a_part_of_a_cell_has_the_box_of_its_words() -> None:
    ((cell,),) = [row.cells for row in rows(page("Date: 11/03/2025 16:54"))]
    date = cell.part(6, 16)
    assert date is not None
    assert date.text == "11/03/2025"
    assert date.quad[0][0] == cell.tokens[1].word.quad[0][0]
    assert cell.part(5, 6) is None


def test_joined_rows_have_a_line_break_and_the_box_around_all() -> None:
    parts = [cell.part(0, 99) for row in rows(page("14 Quay Street\nPort Alder")) for cell in row.cells]
    address = joined([part for part in parts if part])
    assert address.text == "14 Quay Street\nPort Alder"
    assert address.quad == ((40, 40), (180, 40), (180, 90), (40, 90))
