"""Cells in orders that people find; `workshop.py soak` tries every notebook in all of them."""

from __future__ import annotations

import pytest

from tools.execute import find
from tools.soak.orders import ORDERS, from_the_middle, over_and_over, trouble

NAMES = {order: name for name, order in ORDERS.items()}


@pytest.mark.parametrize(("notebook", "order"), [("00", NAMES[over_and_over]), ("03", NAMES[from_the_middle])])
def test_cells_work_or_say_in_a_few_lines_what_is_missing(notebook: str, order: str) -> None:
    (path,) = find(notebook)
    assert trouble(path, order) == []
