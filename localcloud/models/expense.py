"""What a receipt says, by rules over the places of its words: no model, no template of any one shop.

The field types and what they mean are those of Textract's AnalyzeExpense
(https://docs.aws.amazon.com/textract/latest/dg/invoices-receipts.html). The rules look at the order of things
(a head with the vendor, the items, the sums), at labels and at the form of values. How many fields they get
right is measured in tests/helpers/test_receipts.py, on receipts that they were written with and on some that
they were not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from localcloud.models.expense_amounts import with_sums
from localcloud.models.expense_text import (
    CITY,
    COLUMNS,
    DATE,
    ID_VALUE,
    PHONE,
    RECEIPT_ID,
    STREET,
    TAX_ID,
    TIME,
    URL,
    currency_of,
    is_currency,
    is_flag,
    kind_of_sum,
    label_words,
    money,
    trailing_sum,
    value_of,
    without_flag,
)
from localcloud.models.layout import Cell, Detection, Row, Token, detection, joined

_TITLES = re.compile(
    r"^(tax |sales |cash |guest |customer )?(invoice|receipt|bill|check|statement|order|copy)\b"
    r"|^welcome|^thank|^table\b|^duplicate|^original",
    re.IGNORECASE,
)
_NOT_THE_DATE = re.compile(r"due|expir|exp\b|valid|return|deliver|birth", re.IGNORECASE)
_PAIR = re.compile(r"^([A-Za-z][\w .#/]{1,24}):\s*(\S.*)$")

#: Which identifier is the receipt's own when several are printed.
_ID_ORDER = ("receipt", "invoice", "bill", "transaction", "trans", "txn", "check", "ticket", "order")


#: Of line items: quantities, weights, units, article numbers.
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
class SummaryField:
    """One field of a receipt that is no line item; `group` is set where Textract groups a vendor's parts."""

    type: str
    value: Detection
    label: Detection | None = None
    money: bool = False
    group: str | None = None


@dataclass(frozen=True, slots=True)
class ItemField:
    """One field of a line item: ITEM, QUANTITY, UNIT_PRICE, PRICE, PRODUCT_CODE or EXPENSE_ROW."""

    type: str
    value: Detection
    label: Detection | None = None


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table, by its title."""

    type: str
    left: float
    right: float
    label: Detection


@dataclass(frozen=True, slots=True)
class Expense:
    """A receipt's fields, its line items, and the currency of its sums (ISO code) when they name one."""

    summary: tuple[SummaryField, ...]
    items: tuple[tuple[ItemField, ...], ...]
    currency: str | None


@dataclass(frozen=True, slots=True)
class _Sum:
    index: int  # of its row
    kind: str
    label: Detection
    value: Detection
    height: float


def analyse(rows: Sequence[Row]) -> Expense:
    """Find the fields of a receipt in the rows of its page."""
    if not rows:
        return Expense((), (), None)
    rows = with_sums(rows)
    head_at, columns = _table(rows)
    sums = list(_sums(rows))
    items_from, sums_from = _regions(rows, sums, head_at)
    found = _line_items(rows[items_from:sums_from], columns)
    top = [row for row in rows[:items_from] if row is not rows[head_at]] if head_at is not None else rows[:items_from]
    used: set[int] = set()
    summary = [*_head(rows, top, used), *_sum_fields(sums, items_from, sums_from)]
    summary += _pairs(rows, used)
    texts = [token.text for row in rows for token in row.tokens]
    return Expense(tuple(summary), tuple(tuple(item) for item in found), currency_of(texts))


# ---- the three parts of a receipt


def _table(rows: Sequence[Row]) -> tuple[int | None, list[_Column]]:
    for index, row in enumerate(rows):
        columns = _table_columns(row)
        if columns:
            return index, columns
    return None, []


def _regions(rows: Sequence[Row], sums: Sequence[_Sum], head_at: int | None) -> tuple[int, int]:
    """Where the items start and where they end.

    Between the table's head, or the first sum of money, and the sums.
    """
    ends = {s.index for s in sums if s.kind in ("SUBTOTAL", "TAX", "TOTAL", "AMOUNT_DUE")}
    known = {s.index for s in sums if s.kind != "DISCOUNT"} if head_at is None else ends
    start = head_at + 1 if head_at is not None else 0
    first = next(
        (i for i in range(start, len(rows)) if i not in known and trailing_sum(rows[i].tokens) is not None),
        None,
    )
    if first is None:  # no items
        first = min(ends, default=len(rows))
        return first, first
    end = next((i for i in range(first, len(rows)) if i in ends), len(rows))
    if head_at is None:
        # The first item's name may stand in the row over its sum.
        if first > 0 and _starts_with_quantity(rows[first].tokens) and not _is_head(rows[first - 1]):
            first -= 1
    else:
        first = start
    return first, end


def _is_head(row: Row) -> bool:
    return bool(DATE.search(row.text) or PHONE.search(row.text) or RECEIPT_ID.search(row.text) or ":" in row.text)


def _sums(rows: Sequence[Row]) -> Iterator[_Sum]:
    """The rows that end in a sum and start with a label that says what it is."""
    for index, row in enumerate(rows):
        last = trailing_sum(row.tokens)
        if last is None or last == 0:
            continue
        label_tokens = [token for token in row.tokens[:last] if value_of(token) is None]
        kind = kind_of_sum(" ".join(token.text for token in label_tokens if not is_currency(token.text)))
        label = detection([t for t in label_tokens if re.search(r"\w", t.text)])
        value = detection(row.tokens[last : last + 1])
        if kind and label and value:
            value = Detection(without_flag(value.text), value.confidence, value.quad)
            yield _Sum(index, kind, label, value, row.tokens[last].height)


def _sum_fields(sums: Sequence[_Sum], items_from: int, sums_from: int) -> Iterator[SummaryField]:
    """One TOTAL, whatever else is called so.

    What looks like a sum among the items is an item, a discount excepted.
    """
    outside = [s for s in sums if not items_from <= s.index < sums_from or s.kind == "DISCOUNT"]
    totals = [s for s in outside if s.kind == "TOTAL"] or [s for s in outside if s.kind == "AMOUNT_DUE"]
    best = max(
        totals,
        key=lambda s: ("grand" in s.label.text.lower(), s.height > 1.2 * totals[0].height, -s.index),
        default=None,
    )
    for s in outside:
        kind = "TOTAL" if s is best else "OTHER" if s.kind == "TOTAL" else s.kind
        yield SummaryField(kind, s.value, s.label, money=True)


# ---- the head


def _head(rows: Sequence[Row], top: Sequence[Row], used: set[int]) -> Iterator[SummaryField]:
    address = _address(top)
    phone = _phone(top) or _phone(rows)
    name = _vendor(top, [*address, *([phone[2]] if phone else [])])
    if name is not None:
        yield SummaryField("NAME", name, group="VENDOR")
    if address:
        parts = [part for cell in address if (part := cell.part(0, len(cell.text)))]
        for kind in ("ADDRESS", "ADDRESS_BLOCK"):
            yield SummaryField(kind, joined(parts), group="VENDOR")
        yield from _address_parts(address)
        used.update(id(cell) for cell in address)
    date = _date(rows)
    if date:
        yield SummaryField("INVOICE_RECEIPT_DATE", date[0], date[1])
    number = _receipt_id(rows)
    if number:
        yield SummaryField("INVOICE_RECEIPT_ID", number[0], number[1])
    if name is not None:
        yield SummaryField("VENDOR_NAME", name)
    if address:
        yield SummaryField("VENDOR_ADDRESS", joined(parts))
    if phone:
        yield SummaryField("VENDOR_PHONE", phone[0], phone[1])
    for row in rows:
        for cell in row.cells:
            if match := TAX_ID.search(cell.text):
                label, value = cell.part(*match.span(1)), cell.part(*match.span(2))
                if value:
                    yield SummaryField("TAX_PAYER_ID", value, label)
                    used.add(id(cell))
            elif (match := URL.search(cell.text)) and "@" not in cell.text and (value := cell.part(*match.span())):
                yield SummaryField("VENDOR_URL", value)
                used.add(id(cell))


def _vendor(top: Sequence[Row], taken: Sequence[Cell]) -> Detection | None:
    """The tallest words of the head that are neither an address nor a title; the higher up the better."""
    candidates: list[tuple[float, int, Cell]] = []
    heights = [token.height for row in top for token in row.tokens]
    for index, row in enumerate(top[:8]):
        for cell in row.cells:
            letters = sum(char.isalpha() for char in cell.text)
            wordy = letters > 3 and letters > 0.6 * len(cell.text.replace(" ", ""))
            known = (pattern.search(cell.text) for pattern in (_TITLES, _PAIR, DATE, URL))
            if wordy and not any(known) and not any(cell is other for other in taken):
                candidates.append((cell.height * 0.93**index, index, cell))
    if not candidates:
        return None
    _, index, best = max(candidates, key=lambda candidate: candidate[0])
    parts = [best]
    if best.height > 1.4 * median(heights):  # a name may take two rows of one size
        parts += [
            cell
            for _, other, cell in candidates
            if other == index + 1 and abs(cell.height - best.height) < 0.12 * best.height and _over(best, cell)
        ]
    return joined([part for cell in parts if (part := cell.part(0, len(cell.text)))])


def _over(cell: Cell, other: Cell) -> bool:
    """Whether two cells share a column."""
    return cell.left < other.right and cell.right > other.left


def _address(top: Sequence[Row]) -> list[Cell]:
    """The cells of the head from a street to a town; one may be missing, a row between them belongs."""
    places = [
        (index, cell)
        for index, row in enumerate(top)
        for cell in row.cells
        if (STREET.search(cell.text) or CITY.search(cell.text))
        and any(char.isdigit() for char in cell.text)
        and not (DATE.search(cell.text) or TIME.search(cell.text) or RECEIPT_ID.match(cell.text))
        and not PHONE.search(cell.text)
    ]
    if not places:
        return []
    start, first = places[0]
    found, last = [first], start
    for index, cell in places[1:]:
        if _over(cell, first) and last < index <= last + 2:
            if index == last + 2:
                found += [other for other in top[last + 1].cells if _over(other, first)]
            found.append(cell)
            last = index
    return found


def _address_parts(address: Sequence[Cell]) -> Iterator[SummaryField]:
    """STREET, CITY, STATE and ZIP_CODE where the last line has the form of an American one."""
    match = re.search(r"^(.*?\S)[\s,]+([A-Z]{2})[\s,]+(\d{5}(?:-\d{4})?)$", address[-1].text)
    street = address[0].part(0, len(address[0].text)) if len(address) > 1 else None
    if street:
        yield SummaryField("STREET", street, group="VENDOR")
    if match:
        for number, kind in enumerate(("CITY", "STATE", "ZIP_CODE"), start=1):
            value = address[-1].part(*match.span(number))
            if value:
                yield SummaryField(kind, value, group="VENDOR")


def _phone(rows: Sequence[Row]) -> tuple[Detection, Detection | None, Cell] | None:
    for row in rows:
        for cell in row.cells:
            if DATE.search(cell.text) or trailing_sum(cell.tokens) is not None:
                continue
            for match in PHONE.finditer(cell.text):
                digits = sum(char.isdigit() for char in match.group())
                before = cell.text[: match.start()]
                labelled = re.search(r"\b(tel|phone|ph|fon|call|t|p)\b", before, re.IGNORECASE)
                if not 9 <= digits <= 15 or (RECEIPT_ID.search(before) or TAX_ID.search(cell.text)):
                    continue
                if labelled or not before.strip():
                    value = cell.part(*match.span())
                    if value:
                        return value, cell.part(0, match.start()), cell
    return None


def _date(rows: Sequence[Row]) -> tuple[Detection, Detection | None] | None:
    """The first date with a label that says so, else the first that no label speaks against."""
    found: list[tuple[int, Detection, Detection | None]] = []
    for index, row in enumerate(rows):
        for at, cell in enumerate(row.cells):
            for match in DATE.finditer(cell.text):
                value = cell.part(*match.span())
                label = cell.part(0, match.start()) or _beside(rows, index, at)
                words = label.text if label else ""
                if value is None or _NOT_THE_DATE.search(words):
                    continue
                is_labelled = bool(re.search(r"date|datum|issued", words, re.IGNORECASE))
                found.append((0 if is_labelled else 1, value, label if is_labelled else None))
    return min(found, key=lambda entry: entry[0])[1:] if found else None


def _receipt_id(rows: Sequence[Row]) -> tuple[Detection, Detection | None] | None:
    """The number that a label announces: in its own cell, in the next one, or under it."""
    found: list[tuple[int, Detection, Detection | None]] = []
    for index, row in enumerate(rows):
        for at, cell in enumerate(row.cells):
            for match in RECEIPT_ID.finditer(cell.text):
                rest = cell.text[match.end() :].split(" ")[0] if match.end() < len(cell.text) else ""
                label = cell.part(*match.span())
                value = None
                if rest and _is_id(rest):
                    value = cell.part(match.end(), match.end() + len(rest))
                elif not rest:
                    value = next((v for v in _after(rows, index, at) if _is_id(v.text)), None)
                if value and label:
                    word = match.group(1).lower()
                    order = _ID_ORDER.index(word) if word in _ID_ORDER else len(_ID_ORDER)
                    value = Detection(value.text.lstrip("#"), value.confidence, value.quad)
                    found.append((order, value, label))
    return min(found, key=lambda entry: entry[0])[1:] if found else None


def _is_id(text: str) -> bool:
    return bool(ID_VALUE.match(text)) and not DATE.search(text) and money(text) is None


def _beside(rows: Sequence[Row], index: int, at: int) -> Detection | None:
    """The cell to the left, or else the one right above, when it has words and no value of its own."""
    cells = rows[index].cells
    candidates = [cells[at - 1]] if at > 0 else []
    if index > 0:
        candidates += [cell for cell in rows[index - 1].cells if _over(cell, cells[at])]
    for cell in candidates:
        if label_words(cell.text) and not any(char.isdigit() for char in cell.text):
            return cell.part(0, len(cell.text))
    return None


def _after(rows: Sequence[Row], index: int, at: int) -> Iterator[Detection]:
    """What a label may announce.

    The next cell of its row, else (when that is a label itself) the one under it.
    """
    cells = rows[index].cells
    following = list(cells[at + 1 : at + 2])
    if not any(char.isdigit() for cell in following for char in cell.text) and index + 1 < len(rows):
        following += [cell for cell in rows[index + 1].cells if _over(cell, cells[at])]
    for cell in following:
        part = cell.part(0, len(cell.text))
        if part:
            yield part


def _pairs(rows: Sequence[Row], used: set[int]) -> Iterator[SummaryField]:
    """Every other "Label: value", as OTHER, which is what Textract calls a label that it knows no type for."""
    for row in rows:
        for cell in row.cells:
            match = _PAIR.match(cell.text)
            if match is None or id(cell) in used or trailing_sum(cell.tokens) is not None:
                continue
            if DATE.search(cell.text) or PHONE.search(cell.text) or RECEIPT_ID.search(cell.text):
                continue
            label, value = cell.part(*match.span(1)), cell.part(*match.span(2))
            if label and value:
                yield SummaryField("OTHER", value, label)


# ---- line items: one row each, or two ("TOMATO PASSATA" over "2 @ 3.49   6.98"), or a table's rows


def _table_columns(row: Row) -> list[_Column]:
    """The columns that a row announces; empty when it is no table's head."""
    if trailing_sum(row.tokens) is not None:
        return []
    columns: list[_Column] = []
    at = 0
    while at < len(row.tokens):
        for length in (3, 2, 1):
            words = row.tokens[at : at + length]
            title = label_words(" ".join(token.text for token in words))
            kind = next((kind for kind, pattern in COLUMNS if pattern.match(title)), None)
            label = detection(words)
            if kind and label:
                columns.append(_Column(kind, words[0].left, words[-1].right, label))
                at += length - 1
                break
        at += 1
    kinds = {column.type for column in columns}
    return columns if len(kinds) >= 2 and len(columns) * 2 >= len(row.tokens) - 1 else []


def _starts_with_quantity(tokens: Sequence[Token]) -> bool:
    """Whether a row's first words are "2 @", "0.540 kg x" or "3 x 4.20": a quantity, and no item's name."""
    words = [token for token in tokens if not is_currency(token.text)]
    if not words or not _WEIGHT.match(words[0].text.lstrip("(")):
        return False
    rest = words[1:]
    if rest and _UNIT.match(rest[0].text):
        rest = rest[1:]
    if not rest or not (_AT.match(rest[0].text) or _AT_PRICE.match(rest[0].text)):
        return False
    rest = rest[1:] if _AT.match(rest[0].text) else rest
    return bool(rest) and _price(rest[0]) is not None


def _price(token: Token) -> Decimal | None:
    """The value of a sum, also with the @ before it."""
    value = value_of(token)
    return money(token.text.lstrip("@")) if value is None else value


def _line_items(rows: Sequence[Row], columns: Sequence[_Column]) -> list[list[ItemField]]:
    """The items among the rows between a receipt's head and its sums.

    Args:
        rows: those rows, from top to bottom.
        columns: of the table that they are, from `_table_columns`; empty for a till's roll.
    """
    items: list[list[Row]] = []
    named: Row | None = None  # a row without a sum: the name of an item whose sum may follow
    for row in rows:
        last = trailing_sum(row.tokens)
        if _starts_with_quantity(row.tokens):
            if named is not None:
                items.append([named, row])
            elif items:
                items[-1].append(row)
            named = None
        elif last is None:
            named = row if re.search(r"[A-Za-z]{2}", row.text) else None
        else:
            value = value_of(row.tokens[last])
            kind = kind_of_sum(row.text)  # what was paid back is an item, what was saved is none
            if value is not None and last > 0 and kind != "DISCOUNT" and (value >= 0 or kind is None):
                items.append([row])
            named = None
    fields = (_fields(group, columns) for group in items)
    return [found for found in fields if any(field.type == "ITEM" for field in found)]


def _fields(group: Sequence[Row], columns: Sequence[_Column]) -> list[ItemField]:
    found: dict[str, list[Token]] = {}
    for row in group:
        if _starts_with_quantity(row.tokens):
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
    sums = [token for token in tokens if _price(token) is not None]
    found.setdefault("QUANTITY", [tokens[0]])
    if value_of(tokens[0]) is not None:  # a weight with two decimals
        sums = sums[1:]
    if sums:
        found.setdefault("UNIT_PRICE", sums[:1])
    if len(sums) > 1:
        found.setdefault("PRICE", sums[-1:])


def _read_item(row: Row, columns: Sequence[_Column], found: dict[str, list[Token]]) -> None:
    tokens = list(row.tokens)
    last = trailing_sum(tokens)
    if last is not None:
        found["PRICE"] = [tokens[last]]
        tokens = tokens[:last]
    while tokens and is_currency(tokens[-1].text):
        tokens.pop()
    # A sum before the last one is what one costs; a mark between the two says nothing.
    if (tokens and _EACH.match(tokens[-1].text) and len(tokens) > 1 and _price(tokens[-2]) is not None) or (
        len(tokens) > 1 and is_flag(tokens[-1].text) and value_of(tokens[-2]) is not None
    ):
        tokens.pop()
    if tokens and _price(tokens[-1]) is not None:
        found["UNIT_PRICE"] = [tokens.pop()]
        while tokens and (is_currency(tokens[-1].text) or _AT.match(tokens[-1].text)):
            tokens.pop()
    if columns:
        tokens = _by_columns(tokens, columns, found)
    _read_name(tokens, row, found)


def _by_columns(tokens: list[Token], columns: Sequence[_Column], found: dict[str, list[Token]]) -> list[Token]:
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
