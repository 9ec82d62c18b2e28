"""The events of an execution as a table: when, in which state, what, and the details on a click."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helpers.draw import history, page, trace, words
from helpers.draw.history import Event

MOST, LARGEST = 200, 60_000  # rows, letters: a notebook keeps its outputs
TOLD = ("error", "cause", "output", "parameters", "input", "assignedVariables")  # what a row says, the first it has
JSON = {"input", "output", "parameters", "taskCredentials", "definition", "cause"}


def table(events: Iterable[Event], name: str, state: str, type: str) -> page.Page:
    """The events of a state (all if "") whose type contains `type`, in any case."""
    everything = list(events)
    happened = history.read(everything)
    at = {number: visit.state for visit in happened.visits for number in visit.events}
    states = dict.fromkeys(at.values())
    if state and state not in states:
        known = ", ".join(states) or "none"
        told = f'No event is of a state "{state}". States entered: {known}.'
        return page.Page(f"<p>{page.said(told)}</p>", told)
    wanted = [
        event
        for event in everything
        if type.lower() in str(event["type"]).lower() and (not state or at.get(int(event["id"])) == state)
    ]
    begin = history.seconds(everything[0]["timestamp"]) if everything else 0.0
    title = f"{name or 'execution'}: {trace.outcome(happened)}, {_count(len(wanted), len(everything))}"
    lines, rows, size = [title], [], 0
    for event in wanted[:MOST]:
        if size > LARGEST:
            break
        moment = f"{history.seconds(event['timestamp']) - begin:.2f} s"
        where, kind = at.get(int(event["id"]), ""), str(event["type"])
        details = {key: _read(key, value) for key, value in history.details(event).items()}
        told = _told(details)
        lines.append(f"{event['id']:>6}  {moment:>10}  {words.shorten(where, 28):<28}  {kind:<26}  {told}".rstrip())
        shown = page.folded(page.said(told or "details"), f"<pre>{page.said(page.pretty(details))}</pre>")
        cells = [str(event["id"]), moment, where, kind]
        rows.append(page.row("td", *map(page.said, cells), shown if details else ""))
        size += len(rows[-1])
    html = f"<table>{page.row('th', '#', 'time', 'state', 'event', 'details')}{''.join(rows)}</table>"
    html = f"<p><b>{page.said(title)}</b></p>{html}"
    left_out = len(wanted) - len(rows)
    if left_out:
        more = f"{left_out} more events: give state=… or type=… to see fewer."
        lines.append(more)
        html += f"<p>{page.said(more)}</p>"
    return page.Page(html, "\n".join(lines))


def _count(shown: int, of: int) -> str:
    return f"{of} events" if shown == of else f"{shown} of {of} events"


def _read(key: str, value: Any) -> Any:
    """A detail as a value: most of them are JSON inside JSON."""
    return page.value_of(value) if key in JSON and isinstance(value, str) else value


def _told(details: dict[str, Any]) -> str:
    """The one thing to know of an event, on one line."""
    if details.get("error"):
        cause = details.get("cause")
        why = cause.get("errorMessage", cause) if isinstance(cause, dict) else cause
        return words.shorten(f"{details['error']}: {why or 'no cause given'}", 80)
    found = next((details[key] for key in TOLD if details.get(key) not in (None, "")), None)
    return "" if found is None else page.short(found)
