"""Sums of money that a single word does not show: of several words (1 250,50 and 20 €), and those without decimals.

In many currencies nothing has decimals (JPY, KRW, CLP), and elsewhere round prices may go without. A number alone is a
sum only on a receipt that prints no decimals at all, has a total, and has the number where sums stand: at the end of
a row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace
from decimal import Decimal

from localcloud.models.expense_text import (
    DATE,
    PHONE,
    RECEIPT_ID,
    TIME,
    Sum,
    has_decimals,
    is_currency,
    is_flag,
    is_sign,
    kind_of_sum,
    money,
    value_of,
    whole,
)
from localcloud.models.layout import Cell, Row, Token, detection
from localcloud.models.ocr import Word

_MOST_WORDS = 5  # of one sum: a currency, four groups of digits or fewer
_SIGNS = frozenset("-\u2212\u2013()")  # of a sum that was paid back
_TIMES = re.compile(r"^[xX\u00d7*@]$")

#: Numbers that are none of money, by what stands before them.
_COUNTED = re.compile(
    r"\b(table|tisch|guests?|covers?|persons?|people|pax|items?|store|shop|till|register|pos|terminal|cashier|server|clerk"
    r"|member|points|batch|auth|approval|seat|room|nights?|page|zip|no|nr|number|id)\b\.?:?$|[#:№]$",
    re.IGNORECASE,
)


def with_sums(rows: Sequence[Row]) -> list[Row]:
    """The rows, in which every sum of money is one token."""
    decimals = any(has_decimals(token.text) for row in rows for token in row.tokens)
    apart = _SIGNS | ({"R"} if _in_rand(rows) else frozenset())
    joined = [replace(row, cells=tuple(_joined(cell, decimals, apart) for cell in row.cells)) for row in rows]
    return joined if decimals else _without_decimals(joined)


def _in_rand(rows: Sequence[Row]) -> bool:
    """Whether most rows with a sum have an R in them, which alone could be any mark."""
    priced = [row.tokens for row in rows if any(has_decimals(token.text) for token in row.tokens)]
    return 2 * sum(any(token.text == "R" for token in tokens) for tokens in priced) > len(priced)


def _joined(cell: Cell, decimals: bool, apart: Set[str]) -> Cell:
    """The cell, with the words of one sum as one token."""
    tokens: list[Token] = []
    rest = list(cell.tokens)
    while rest:
        found = next((s for n in range(_MOST_WORDS, 1, -1) if (s := _sum_of(rest[:n], decimals, apart))), None)
        tokens.append(found or rest[0])
        rest = rest[_words(found) :]
    return Cell(tuple(tokens))


def _words(found: Token | None) -> int:
    return 1 + found.text.count(" ") if found else 1


def _sum_of(tokens: Sequence[Token], decimals: bool, apart: Set[str]) -> Sum | None:
    """Some words as one sum; None when they are none, or when one of them is the sum without the others.

    Args:
        tokens: the words.
        decimals: whether sums have decimals on this receipt.
        apart: what belongs to a sum though a blank stands between.
    """
    if len(tokens) < 2:
        return None
    value = money(" ".join(token.text for token in tokens))
    numbers = [token.text for token in tokens if re.search(r"\d", token.text)]
    beside = [token.text for token in tokens if not re.search(r"\d", token.text)]
    if value is None or not numbers:
        return None
    if len(numbers) > 1:  # with a point, "2 100.50" is rather two of something
        marked = beside or any(money(number) is not None and not has_decimals(number) for number in numbers)
        return _sum(tokens, value) if marked or "," in numbers[-1] or numbers[0][0] in "$€£" else None
    if has_decimals(numbers[0]) or money(numbers[0]) is not None:
        return _sum(tokens, value) if apart >= set(beside) else None
    # Where sums have decimals, "12 Ft" and "3 kr" are no money, and "20 €" is.
    return _sum(tokens, value) if not decimals or all(map(is_sign, beside)) else None


def _sum(tokens: Sequence[Token], value: Decimal) -> Sum:
    found = detection(tokens)
    assert found is not None
    word = tokens[0].word if len(tokens) == 1 else Word(found.text, found.confidence, found.quad)
    middle, height = sum(token.middle for token in tokens) / len(tokens), max(token.height for token in tokens)
    return Sum(word, tokens[0].left, tokens[-1].right, middle, height, value)


def _without_decimals(rows: list[Row]) -> list[Row]:
    ends = [_end(row) for row in rows]
    totals = [
        (index, end.value)
        for index, (row, end) in enumerate(zip(rows, ends, strict=True))
        if end and kind_of_sum(_label(row, end)) in ("TOTAL", "AMOUNT_DUE")
    ]
    if not totals:
        return rows
    last, most = totals[-1][0], max(value for _, value in totals)
    found = []
    for index, (row, end) in enumerate(zip(rows, ends, strict=True)):
        label = _label(row, end) if end else ""
        is_sum = bool(label) and kind_of_sum(label) is not None
        is_item = end is not None and index < last and end.value <= most and _names_an_item(label)
        found.append(_marked(row, end) if end and (is_sum or is_item) else row)
    return found


def _end(row: Row) -> Sum | None:
    """The number that a row ends in, past a tax class after it."""
    cells = [[token for token in cell.tokens if not is_flag(token.text)] for cell in row.cells]
    cells = [cell for cell in cells if cell]
    if not cells or (len(cells) == 1 and len(cells[0]) < 2):
        return None
    last = cells[-1]
    if len(cells) > 1 and (value := whole(" ".join(token.text for token in last))) is not None:
        return _sum(last, value)
    if isinstance(last[-1], Sum):
        return last[-1]
    known = value_of(last[-1])
    value = known if known is not None else whole(last[-1].text)
    is_labelled = kind_of_sum(" ".join(token.text for cell in cells for token in cell if token is not last[-1]))
    return _sum(last[-1:], value) if value is not None and (known is not None or is_labelled) else None


def _label(row: Row, end: Sum) -> str:
    before = [token.text for token in row.tokens if token.right <= end.left and not is_currency(token.text)]
    return " ".join(text for text in before if value_of_text(text) is None)


def value_of_text(text: str) -> Decimal | None:
    """The value of a number that is a sum with a currency, or without one."""
    known = money(text)
    return whole(text) if known is None else known


def _names_an_item(label: str) -> bool:
    if _COUNTED.search(label) or any(form.search(label) for form in (DATE, TIME, PHONE, RECEIPT_ID)):
        return False
    return bool(re.search(r"[^\W\d]{2}", label)) or bool(re.fullmatch(r"[\W\dxX]*", label))


def _marked(row: Row, end: Sum) -> Row:
    """The row with its sums as such: the one at its end, and what one costs before it."""
    numbers = [token for token in row.tokens if token.right <= end.left and whole(token.text) is not None]
    prices: list[Token] = []
    for before, token in zip(row.tokens, row.tokens[1:], strict=False):
        if token in numbers and _TIMES.match(before.text):  # 2 x 160
            prices.append(token)
    if len(numbers) > 1:
        count, each = (whole(token.text) or Decimal(0) for token in numbers[-2:])
        if count * each == end.value:
            prices.append(numbers[-1])
    cells = []
    for cell in row.cells:
        tokens: list[Token] = []
        for token in cell.tokens:
            if token.left < end.left or token.left >= end.right:
                value = whole(token.text) if token in prices else None
                tokens.append(token if value is None else _sum([token], value))
            elif end not in tokens:
                tokens.append(end)
        cells.append(Cell(tuple(tokens)))
    return replace(row, cells=tuple(cells))
