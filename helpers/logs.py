"""What Lambda functions print, as CloudWatch Logs keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from draw import Page, history
from helpers.session import current

#: What Lambda itself writes around what a function prints (AWS Lambda Developer Guide, "Working with Lambda logs").
_FRAMES = re.compile(r"(INIT_START|START|END|REPORT) ")


def of_function(name: str) -> Page:
    """Everything that a function has printed so far."""
    return _page({name: _printed(name, None, None)})


def of_execution(events: Iterable[Mapping[str, Any]]) -> Page:
    """What the functions that an execution called printed meanwhile.

    Args:
        events: its history so far.
    """
    recorded = list(events)
    began, ended = (int(history.seconds(event["timestamp"]) * 1000) for event in (recorded[0], recorded[-1]))
    names = dict.fromkeys(name for event in recorded if (name := _called(event)))
    return _page({name: _printed(name, began, ended + 1) for name in names})


def _called(event: Mapping[str, Any]) -> str | None:
    """The name of the function that an event calls."""
    details = history.details(event)
    if event["type"] == "LambdaFunctionScheduled":
        called = str(details.get("resource", ""))
    elif event["type"] == "TaskScheduled" and details.get("resourceType") == "lambda":
        called = str(history.parsed(event, "parameters").get("FunctionName", ""))
    else:
        return None
    parts = called.split(":")  # a name, an ARN, and either may have a version behind it
    return parts[6] if len(parts) > 6 else parts[0]


def _printed(name: str, began: int | None, ended: int | None) -> list[str]:
    """The lines between two moments, milliseconds since 1970, without Lambda's own."""
    logs = current().client("logs")
    when = {"startTime": began, "endTime": ended} if began is not None else {}
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}", **when)
    try:
        lines = [event["message"].rstrip() for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:  # it has never run
        return []
    return [line for line in lines if not _FRAMES.match(line)]


def _page(printed: Mapping[str, list[str]]) -> Page:
    if not printed:
        return Page("<p>No Lambda function was called.</p>", "No Lambda function was called.")
    texts = {name: "\n".join(lines) or "(printed nothing)" for name, lines in printed.items()}
    html = "".join(f"<p><b>{escape(name)}</b></p><pre>{escape(text)}</pre>" for name, text in texts.items())
    return Page(html, "\n".join(f"{name}:\n{text}" for name, text in texts.items()))
