"""The events of an execution as a table: type, state, resource, elapsed time, timestamp, and the details on a click.

These are the columns that the SDK's `list_events(html=True)` was meant to show, told better where it guessed: a
state's name comes from the links between events, not from the event before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from draw import history, page, trace, values, words
from draw.history import Event

MOST, LARGEST = 200, 90_000  # rows, letters: a notebook keeps its outputs
COLUMNS = ("#", "Type", "State", "Resource", "Elapsed", "Timestamp,\N{NO-BREAK SPACE}UTC", "Details")
TOLD = ("error", "cause", "output", "parameters", "input", "assignedVariables")  # what a row says, the first it has
JSON = {"input", "output", "parameters", "taskCredentials", "definition", "cause"}
WHOLE = {"truncated": False}  # what AWS says of an input or output that it gives as it is
# What a task works on, by the names that services give it: the first found says more than "lambda:invoke".
WORKS_ON = (
    *("FunctionName", "StateMachineArn", "TrainingJobName", "HyperParameterTuningJobName", "ProcessingJobName"),
    *("TransformJobName", "ModelName", "EndpointConfigName", "EndpointName", "TableName", "TopicArn", "QueueUrl"),
)


def table(events: Iterable[Event], name: str, state: str, type: str) -> page.Page:
    """The events of a state (all if "") whose type contains `type`, in any case."""
    everything = list(events)
    happened = history.read(everything)
    at = {number: visit.state for visit in happened.visits for number in visit.events}
    states = dict.fromkeys(at.values())
    if state and state not in states:
        known = ", ".join(states) or "none"
        text = f'No event is of a state "{state}". States entered: {known}.'
        return page.Page(f"<p>{page.said(text)}</p>", text)
    wanted = [
        event
        for event in everything
        if type.lower() in str(event["type"]).lower() and (not state or at.get(int(event["id"])) == state)
    ]
    begin = history.seconds(everything[0]["timestamp"]) if everything else 0.0
    resources = _resources(everything)
    title = f"{name or 'execution'}: {trace.outcome(happened)}, {_count(len(wanted), len(everything))}"
    lines, rows, size = [title], [], 0
    day = ""
    for event in wanted[:MOST]:
        if size > LARGEST:
            break
        number, kind = int(event["id"]), str(event["type"])
        when = datetime.fromtimestamp(history.seconds(event["timestamp"]), UTC)
        elapsed = f"{history.seconds(event['timestamp']) - begin:.2f} s"
        where, (resource, on) = at.get(number, ""), resources.get(number, ("", ""))
        details = {key: _read(key, value) for key, value in history.details(event).items() if value != WHOLE}
        text = _summary(details)
        lines.append(f"{number:>6}  {elapsed:>10}  {words.shorten(where, 28):<28}  {kind:<26}  {text}".rstrip())
        date = when.strftime("%Y-%m-%d")
        clock = when.strftime("%H:%M:%S.") + f"{when.microsecond // 1000:03}"
        cells = [
            str(number),
            _typed(kind),
            page.said(words.shorten(where, 30)),
            page.said(resource) + (_small(words.shorten(on, 32)) if on else ""),
            page.said(elapsed),
            (_small(date) if date != day else "") + page.said(clock),
            _opening(text, details) if details else "",
        ]
        day = date
        rows.append(page.cells("td", *cells))
        size += len(rows[-1])
    html = page.title(title, happened.status) + page.table(page.cells("th", *COLUMNS), *rows, wide=True)
    left_out = len(wanted) - len(rows)
    if left_out:
        more = f"{left_out} more events: give state=… or type=… to see fewer."
        lines.append(more)
        html += page.words(more)
    return page.Page(html, "\n".join(lines))


def _count(shown: int, of: int) -> str:
    return f"{of} events" if shown == of else f"{shown} of {of} events"


def _small(text: str) -> str:
    return page.tagged("div", page.said(text), f"{page.FAINT};font-size:11px")


def _typed(kind: str) -> str:
    """An event's type, with a mark if something went wrong or the execution ended."""
    if history.FAILURE.search(kind) or kind in ("ExecutionFailed", "ExecutionTimedOut"):
        return page.chip(f"{page.GLYPHS['failed']} {kind}", page.GONE).strip()
    if kind.endswith("Aborted"):
        return page.chip(f"{page.GLYPHS['aborted']} {kind}", page.GONE).strip()
    if kind == "ExecutionSucceeded":
        return page.chip(f"{page.GLYPHS['succeeded']} {kind}", page.NEW).strip()
    return page.said(kind)


def _opening(text: str, details: Mapping[str, Any]) -> str:
    summary = page.tagged("summary", page.said(text or "details"), "cursor:pointer;overflow-wrap:break-word")
    return page.tagged("details", summary + page.marked(values.lines(details)))


def _resources(events: Iterable[Event]) -> dict[int, tuple[str, str]]:
    """What each event of a task is about: the API called and what it works on; Lambda's say it once, when scheduled."""
    found: dict[int, tuple[str, str]] = {}
    for event in events:
        kind, details = str(event["type"]), history.details(event)
        before = found.get(int(event.get("previousEventId", 0)), ("", ""))
        if kind.startswith("Task") and details.get("resourceType"):
            on = _works_on(details.get("parameters")) or before[1]
            found[int(event["id"])] = (
                f"{details['resourceType']}:{details.get('resource', '')}".removeprefix("aws-sdk:"),
                on,
            )
        elif kind.startswith(("LambdaFunction", "Activity")):
            arn = str(details.get("resource") or "")
            named = ("lambda" if kind[0] == "L" else "activity", arn.rpartition(":")[2])
            found[int(event["id"])] = named if arn else before
        elif kind.startswith("MapRun") and details.get("mapRunArn"):
            found[int(event["id"])] = ("map run", str(details["mapRunArn"]).rpartition("/")[2])
    return found


def _works_on(parameters: Any) -> str:
    read = _read("parameters", parameters)
    found = next((read[name] for name in WORKS_ON if name in read), "") if isinstance(read, dict) else ""
    return str(found).rpartition("/")[2].rpartition(":")[2]


def _read(key: str, value: Any) -> Any:
    """A detail as a value: most of them are JSON inside JSON."""
    return values.value_of(value) if key in JSON and isinstance(value, str) else value


def _summary(details: Mapping[str, Any]) -> str:
    """The one thing to know of an event, on one line."""
    if details.get("error"):
        return words.shorten(f"{details['error']}: {values.why(details.get('cause'))}", 120)
    found = next((details[key] for key in TOLD if details.get(key) not in (None, "")), None)
    if isinstance(found, dict):
        found = {key: value for key, value in found.items() if key not in values.NOISE}
    return "" if found is None else values.short(found, 38)
