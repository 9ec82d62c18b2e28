"""How many fields were read correctly: records held against what is printed on the receipts."""

FIELDS = ("vendor", "date", "items", "tax", "total")


def score(record, truth):
    """For each field, whether it is exactly right.

    Args:
        record: what the workflow stored; {} when it could not read the receipt.
        truth: the receipt's entry in data/receipts/truth.json.
    """
    items = [(item["description"], float(item["price"])) for item in truth["items"]]
    expected = {
        "vendor": truth["vendor"].casefold(),
        "date": truth["date"],
        "items": [(name.casefold(), price) for name, price in items],
        "tax": float(truth["tax"]),
        "total": float(truth["total"]),
    }
    read = {
        **record,
        "vendor": record.get("vendor", "").casefold(),
        "items": [(item["description"].casefold(), item["price"]) for item in record.get("items", [])],
    }
    return {field: read.get(field) == expected[field] for field in FIELDS}


def report(records, truths):
    """A line for each receipt, and the sum. `records`: file name -> record, in any order."""
    lines, right = [f"{'':28}" + "".join(f"{field:>8}" for field in FIELDS)], 0
    for truth in truths:
        marks = score(records.get(truth["file"], {}), truth)
        right += sum(marks.values())
        lines.append(f"{truth['file']:28}" + "".join(f"{'yes' if mark else 'NO':>8}" for mark in marks.values()))
    total = len(FIELDS) * len(truths)
    return "\n".join([*lines, f"{right} of {total} fields read correctly"])
