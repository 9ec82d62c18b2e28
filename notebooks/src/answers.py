"""What notebook 06 serves, as tables in Markdown: a search, an audit report, approvals, offers, a lineage."""

from pathlib import Path

from src.catalog import changed, key, lineage, search

LINES = ("media", "calls", "receipts", "clicks")


def table(heads, rows):
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def search_table(dynamodb, *words):
    """A row for each word, a column for each line."""
    found = [(word, search(dynamodb, word)) for word in words]
    rows = [[f"**{word}**", *(", ".join(lines.get(line, ["·"])) for line in LINES)] for word, lines in found]
    return table(["search for", *LINES], rows)


def audit(report):
    """The audit report: a call a row, those to listen to marked."""
    rows = []
    for call in report["calls"]:
        risks = "; ".join(f"{risk} ({', '.join(words)})" for risk, words in call["risks"].items())
        heard = "listen" if call["call"] in report["listen_to"] else "no need"
        rows.append([Path(call["call"]).name, call["sentiment"].lower(), risks or "none", heard])
    return table(["call", "customer", "risks", "supervisor"], rows)


def approvals(slips):
    """A receipt a row."""
    heads = ("receipt", "vendor", "total", "decision", "reason")
    return table(heads, [[Path(slip["receipt"]).name, *(slip[name] for name in heads[1:])] for slip in slips])


def offers(csv_text):
    """A visitor a column, since there are few."""
    rows = [row.split(",") for row in csv_text.splitlines()]
    shown = [["next best offer", *(offer for _, offer, _ in rows)]]
    shown.append(["chance", *(f"{float(chance):.0%}" for _, _, chance in rows)])
    return table(["visitor", *(visitor for visitor, _, _ in rows)], shown)


def lineage_table(s3, dynamodb, address):
    """What an object was made of, step by step, down to what was delivered, and whether it is still the same."""
    wrong, rows = changed(s3, dynamodb), []
    for depth, made_of, entry in lineage(dynamodb, address):
        stage, *_, name = key(made_of).split("/")
        branch = "&emsp;" * depth + ("└ " if depth else "")
        execution = entry["execution"]["S"].rpartition(":")[2].partition("-")[0] if entry else ""
        state = entry["state"]["S"] if entry else "delivered"
        rows.append([f"{branch}**{stage}**", name, state, execution, "CHANGED" if made_of in wrong else "the same"])
    return table(["stage", "object", "kept by", "in execution", "SHA-256"], rows)
