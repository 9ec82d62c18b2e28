"""Lambda function of notebook 03: turns what Textract read into a record, and checks its sum.

Input: {"key": …, "readings": [DetectDocumentText's response, AnalyzeExpense's response]}.
"""

import re
from datetime import datetime
from decimal import Decimal

CENT = Decimal("0.01")
DATES = ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y")


class UnreadableReceipt(Exception):
    """There is no total, or no vendor: the workflow decides what to do."""


def handler(event, context):
    """One record: vendor, date, items, sums, whether they agree, and the text for a search index."""
    text, expense = event["readings"]
    document = expense["ExpenseDocuments"][0]
    fields = best_values(document["SummaryFields"])
    missing = [name for name in ("VENDOR_NAME", "TOTAL") if name not in fields]
    if missing:
        raise UnreadableReceipt(f"{event['key']} has no {' and no '.join(missing)}")
    groups = document["LineItemGroups"]
    lines = [best_values(line["LineItemExpenseFields"]) for group in groups for line in group["LineItems"]]
    items = [{"description": line.get("ITEM", ""), "price": line.get("PRICE", "")} for line in lines]
    record = {
        "receipt": event["key"],
        "vendor": fields["VENDOR_NAME"],
        "date": to_date(fields.get("INVOICE_RECEIPT_DATE", "")),
        "items": [{**item, "price": float(to_amount(item["price"]))} for item in items],
        "tax": float(to_amount(fields.get("TAX", "0"))),
        "total": float(to_amount(fields["TOTAL"])),
        "text": "\n".join(block["Text"] for block in text["Blocks"] if block["BlockType"] == "LINE"),
    }
    return {**record, **check_sum(record)}


def best_values(fields):
    """Field type -> the text of the field that Textract is surest of; the first one at a tie."""
    best = {}
    for field in fields:
        kind, value = field["Type"]["Text"], field["ValueDetection"]
        if kind not in best or value["Confidence"] > best[kind]["Confidence"]:
            best[kind] = value
    return {kind: value["Text"] for kind, value in best.items()}


def to_amount(text):
    """The number in "$1,234.50", as a Decimal with two places; 0 when there is none."""
    digits = re.sub(r"[^0-9.\-]", "", text.replace(",", ""))
    return Decimal(digits).quantize(CENT) if re.search(r"\d", digits) else Decimal(0)


def to_date(text):
    """A date in any of the forms on our receipts, as 2025-12-31; "" when it is none of them."""
    for form in DATES:
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a receipt has no time zone
        except ValueError:
            continue
    return ""


def check_sum(record):
    """Whether items and tax come to the total, and the reason in words."""
    amounts = [*(item["price"] for item in record["items"]), record["tax"]]
    counted = sum((Decimal(str(amount)) for amount in amounts), Decimal(0)).quantize(CENT)
    total = Decimal(str(record["total"])).quantize(CENT)
    if counted == total:
        return {"adds_up": True, "reason": f"Items and tax come to {total}, as the receipt says."}
    return {"adds_up": False, "reason": f"Items and tax come to {counted}, the receipt says {total}."}
