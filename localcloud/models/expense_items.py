"""The line items of a receipt.

One row each, or two ("TOMATO PASSATA" over "2 @ 3.49   6.98"), or a table's rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from localcloud.models.expense_text import (
    COLUMNS,
    is_currency,
    is_flag,
    kind_of_sum,
    label_words,
    money,
    trailing_sum,
    without_flag,
)
from localcloud.models.layout import Detection, Row, Token, detection

_TIMES = re.compile(r"^[xX\u00d7*@]$")
_COUNT = re.compile(r"^\d{1,3}$")
_COUNT_TIMES = re.compile(r"^(?:(\d{1,3})\s?[xX\u00d7]|[xX\u00d7]\s?(\d{1,3}))$")
_WEIGHT = re.compile(r"^\d+(?:[.,]\d{1,3})?(?:kg|g|lb|lbs|oz|l|ml)?$", re.IGNORECASE)
_UNIT = re.compile(r"^(?:kg|g|lb|lbs|oz|l|ea|each|pc|pcs|st|stk)$", re.IGNORECASE)
_EACH = re.compile(r"^(?:ea\.?|each|/?(?:kg|lb|oz))$", re.IGNORECASE)
_AT = re.compile(r"^(?:@|at|[xX\u00d7]|\(a|©)$")
_AT_PRICE = re.compile(r"^@(.*\d)$")
_CODE = re.compile(r"^(?:\d{4,14}|[A-Z]{2,4}-?\d{2,}[A-Z0-9-]*)$")


@dataclass(frozen=True, slots=True)
class ItemField:
    """One field of a line item: ITEM, QUANTITY, UNIT_PRICE, PRICE, PRODUCT_CODE or EXPENSE_ROW."""

    type: str
    value: Detection
    label: Detection | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, by its title."""

    type: str
    left: float
    right: float
    label: Detection


def table_head(row: Row) -> list[Column]:
    """The columns that a row announces; empty when it is no table's head."""
    if trailing_sum(row.tokens) is not None:
        return []
    columns: list[Column] = []
    at = 0
    while at < len(row.tokens):
        for length in (3, 2, 1):
            words = row.tokens[at : at + length]
            title = label_words(" ".join(token.text for token in words))
            kind = next((kind for kind, pattern in COLUMNS if pattern.match(title)), None)
            label = detection(words)
            if kind and label:
                columns.append(Column(kind, words[0].left, words[-1].right, label))
                at += length - 1
                break
        at += 1
    kinds = {column.type for column in columns}
    return columns if len(kinds) >= 2 and len(columns) * 2 >= len(row.tokens) - 1 else []


def of_quantity(tokens: Sequence[Token]) -> bool:
    """Whether a row's first words are "2 @", "0.540 kg x" or "3 x 4.20": a quantity, and no item's name."""
    texts = [token.text for token in tokens if not is_currency(token.text)]
    if not texts or not _WEIGHT.match(texts[0].lstrip("(")):
        return False
    rest = texts[1:]
    if rest and _UNIT.match(rest[0]):
        rest = rest[1:]
    if not rest or not (_AT.match(rest[0]) or _AT_PRICE.match(rest[0])):
        return False
    rest = rest[1:] if _AT.match(rest[0]) else rest
    return bool(rest) and money(rest[0].lstrip("@")) is not None


def line_items(rows: Sequence[Row], columns: Sequence[Column]) -> list[list[ItemField]]:
    """The items among the rows between a receipt's head and its sums.

    Args:
        rows: those rows, from top to bottom.
        columns: of the table that they are, from `table_head`; empty for a till's roll.
    """
    items: list[list[Row]] = []
    named: Row | None = None  # a row without a sum: the name of an item whose sum may follow
    for row in rows:
        last = trailing_sum(row.tokens)
        if of_quantity(row.tokens):
            if named is not None:
                items.append([named, row])
            elif items:
                items[-1].append(row)
            named = None
        elif last is None:
            named = row if re.search(r"[A-Za-z]{2}", row.text) else None
        else:
            value = money(row.tokens[last].text)
            if value is not None and value >= 0 and last > 0 and kind_of_sum(row.text) != "DISCOUNT":
                items.append([row])
            named = None
    fields = (_fields(group, columns) for group in items)
    return [found for found in fields if any(field.type == "ITEM" for field in found)]


def _fields(group: Sequence[Row], columns: Sequence[Column]) -> list[ItemField]:
    found: dict[str, list[Token]] = {}
    for row in group:
        if of_quantity(row.tokens):
            _read_quantity(row.tokens, found)
        else:
            _read_item(row, columns, found)
    labels = {column.type: column.label for column in columns}
    fields = []
    for kind in ("ITEM", "QUANTITY", "UNIT_PRICE", "PRICE", "PRODUCT_CODE"):
        value = detection(found.get(kind, []))
        if value is not None:
            fields.append(ItemField(kind, _bare(kind, value), labels.get(kind)))
    whole = detection([token for row in group for token in row.tokens])
    if whole is not None:
        fields.append(ItemField("EXPENSE_ROW", whole))
    return fields


def _bare(kind: str, value: Detection) -> Detection:
    """The value alone: "2x" is 2, "3.49T" is 3.49, "@1.75" is 1.75."""
    text = value.text
    if kind in ("PRICE", "UNIT_PRICE"):
        text = without_flag(text).lstrip("@")
    elif kind == "QUANTITY":
        text = text.strip("xX\u00d7(")
    return Detection(text, value.confidence, value.quad)


def _read_quantity(tokens: Sequence[Token], found: dict[str, list[Token]]) -> None:
    sums = [token for token in tokens if money(token.text.lstrip("@")) is not None]
    found.setdefault("QUANTITY", [tokens[0]])
    if money(tokens[0].text) is not None:  # a weight with two decimals
        sums = sums[1:]
    if sums:
        found.setdefault("UNIT_PRICE", sums[:1])
    if len(sums) > 1:
        found.setdefault("PRICE", sums[-1:])


def _read_item(row: Row, columns: Sequence[Column], found: dict[str, list[Token]]) -> None:
    tokens = list(row.tokens)
    last = trailing_sum(tokens)
    if last is not None:
        found["PRICE"] = [tokens[last]]
        tokens = tokens[:last]
    while tokens and is_currency(tokens[-1].text):
        tokens.pop()
    # A sum before the last one is what one costs; a mark between the two says nothing.
    if (
        tokens and _EACH.match(tokens[-1].text) and len(tokens) > 1 and money(tokens[-2].text.lstrip("@")) is not None
    ) or (len(tokens) > 1 and is_flag(tokens[-1].text) and money(tokens[-2].text) is not None):
        tokens.pop()
    if tokens and money(tokens[-1].text.lstrip("@")) is not None:
        found["UNIT_PRICE"] = [tokens.pop()]
        while tokens and (is_currency(tokens[-1].text) or _AT.match(tokens[-1].text)):
            tokens.pop()
    if columns:
        tokens = _by_columns(tokens, columns, found)
    _read_name(tokens, row, found)


def _by_columns(tokens: list[Token], columns: Sequence[Column], found: dict[str, list[Token]]) -> list[Token]:
    """Numbers that stand under a title of a number belong to it; the rest is left."""
    left = []
    for token in tokens:
        column = min(columns, key=lambda c: max(c.left - token.right, token.left - c.right, 0))
        apart = max(column.left - token.right, token.left - column.right, 0)
        fits = _WEIGHT if column.type == "QUANTITY" else _CODE if column.type == "PRODUCT_CODE" else None
        if fits and fits.match(token.text) and apart < 2 * token.height and column.type not in found:
            found[column.type] = [token]
        else:
            left.append(token)
    return left


def _read_name(tokens: list[Token], row: Row, found: dict[str, list[Token]]) -> None:
    """What is left of the sums: a quantity in front or behind, an article number, the name."""
    starts = {cell.tokens[0].word for cell in row.cells}
    if tokens and "PRODUCT_CODE" not in found and len(tokens) > 1 and _CODE.match(tokens[0].text):
        found["PRODUCT_CODE"] = [tokens.pop(0)]
    if "QUANTITY" not in found and len(tokens) > 1:
        first, second, end = tokens[0], tokens[1], tokens[-1]
        if _COUNT_TIMES.match(first.text):
            found["QUANTITY"] = [tokens.pop(0)]
        elif _COUNT.match(first.text) and _TIMES.match(second.text) and len(tokens) > 2:
            found["QUANTITY"] = [first]
            del tokens[:2]
        elif _COUNT.match(first.text) and re.match(r"[A-Za-z]", second.text):
            found["QUANTITY"] = [tokens.pop(0)]
        elif _COUNT_TIMES.match(end.text) or (_COUNT.match(end.text) and end.word in starts):
            found["QUANTITY"] = [tokens.pop()]
        elif len(tokens) > 2 and _TIMES.match(tokens[-2].text) and _COUNT.match(end.text):
            found["QUANTITY"] = [end]
            del tokens[-2:]
    if tokens and "PRODUCT_CODE" not in found and len(tokens) > 1 and _CODE.match(tokens[0].text):
        found["PRODUCT_CODE"] = [tokens.pop(0)]
    if any(re.search(r"[^\W\d]", token.text) for token in tokens):
        found.setdefault("ITEM", tokens)
