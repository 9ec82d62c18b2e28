"""How much of a receipt AnalyzeExpense read: its answer against the truth, field by field."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from localcloud.models.expense_text import money

_SUMMARY = {
    "vendor": "VENDOR_NAME",
    "address": "VENDOR_ADDRESS",
    "phone": "VENDOR_PHONE",
    "date": "INVOICE_RECEIPT_DATE",
    "receipt_id": "INVOICE_RECEIPT_ID",
    "subtotal": "SUBTOTAL",
    "tax": "TAX",
    "total": "TOTAL",
}
_MONEY = {"subtotal", "tax", "total", "price"}
_DATES = ("%Y-%m-%d", "%b %d, %Y", "%d %b %Y", "%d.%m.%Y", "%m/%d/%Y", "%m/%d/%y")


def fields(answer: dict[str, Any]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The first value of each summary field, and each line item, of an answer of AnalyzeExpense."""
    (document,) = answer["ExpenseDocuments"]
    summary: dict[str, str] = {}
    for field in document["SummaryFields"]:
        summary.setdefault(field["Type"]["Text"], field["ValueDetection"]["Text"])
        if "Currency" in field:
            summary["currency"] = field["Currency"]["Code"]
    items = [
        {field["Type"]["Text"]: field["ValueDetection"]["Text"] for field in item["LineItemExpenseFields"]}
        for group in document["LineItemGroups"]
        for item in group["LineItems"]
    ]
    return summary, items


def score(answer: dict[str, Any], truth: dict[str, Any]) -> tuple[int, list[str]]:
    """How many fields there are, and what was read wrong: "name: read, not truth". An item too many counts."""
    summary, items = fields(answer)
    checks = [(name, summary.get(kind), truth[name]) for name, kind in _SUMMARY.items()]
    checks.append(("currency", summary.get("currency"), truth["currency"]))
    for number, expected in enumerate(truth["items"]):
        item = items[number] if number < len(items) else {}
        prefix = f"item {number + 1} "
        checks.append((prefix + "description", item.get("ITEM"), expected["description"]))
        checks.append((prefix + "price", item.get("PRICE"), expected["price"]))
        checks.append((prefix + "quantity", item.get("QUANTITY", "1"), str(expected["quantity"])))
        if "code" in expected:
            checks.append((prefix + "code", item.get("PRODUCT_CODE"), expected["code"]))
    checks += [(f"item {n + 1}", item.get("ITEM"), None) for n, item in enumerate(items[len(truth["items"]) :])]
    wrong = [f"{name}: {read!r}, not {true!r}" for name, read, true in checks if not _same(name, read, true)]
    return len(checks), wrong


def _same(name: str, read: str | None, true: str | None) -> bool:
    if read is None or true is None:
        return read == true
    kind = name.rsplit(" ", 1)[-1]
    if kind in _MONEY:
        return money(read) == Decimal(true)
    if kind == "date":
        return _iso(read) == true
    if kind == "address":
        read = read.replace("\n", ", ")
    return re.sub(r"\s+", " ", read).casefold() == true.casefold()


def _iso(text: str) -> str | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  a date has no time zone
        except ValueError:
            continue
    return None
