"""Notebook 03's cells in orders that people find; `workshop.py soak` tries every notebook so."""

from __future__ import annotations

import pytest

from tools.execute import find
from tools.soak.orders import ORDERS, from_the_middle, over_and_over, trouble

TRIED = [name for name, order in ORDERS.items() if order in (over_and_over, from_the_middle)]


@pytest.mark.parametrize("order", TRIED)
def test_cells_work_or_say_in_a_few_lines_what_is_missing(order: str) -> None:
    (path,) = find("03")
    assert trouble(path, order) == []
