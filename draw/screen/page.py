"""`/workshop`: the executions of this local cloud on one page, for a second screen.

The page asks for what is new once or twice a second. Its questions go to the Step Functions service by function
call: they are no requests of the outside for which the clock would wait, and take no id of the cloud's sequence.
What is drawn is drawn by `draw`, from what the API tells, as in a notebook.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import draw
from localcloud.door.wire import Answer, ServiceError, dumps

if TYPE_CHECKING:
    from localcloud.host import Host

log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
_MOST_EXECUTIONS = 200  # in the list
_SUMMARY, _MOST_LETTERS = 160, 2000  # of an event's details
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Page:
    """The page of one cloud, and what it asks for."""

    def __init__(self, cloud: Host) -> None:
        self._cloud = cloud

    def __call__(self, environ: Mapping[str, Any]) -> Answer:
        """The page itself, or as JSON what is new on it. Who may ask is the server's to check (`access`)."""
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return _text(405, "Only GET.")
        if environ["PATH_INFO"] == "/workshop":
            return self._document
        asked = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        try:
            state = self.state(asked.get("execution", ""), asked.get("seen", ""), asked.get("form") == "landscape")
        except ServiceError as error:
            return _text(404, error.message)
        except Exception as problem:
            log.exception("/workshop: a request ended in a mistake of ours")
            return _text(500, f"This execution cannot be shown: {problem}")
        return Answer(200, dumps(state), {**_HEADERS, "Content-Type": "application/json"})

    @cached_property
    def _document(self) -> Answer:
        """One file: the inspector's code and looks stand in it. Nothing else may run, nor anything be fetched."""
        code = _read("../inspector_film.js", "../inspector.js", "page.js")
        looks = _read("../inspector.css", "page.css")
        body = _read("page.html").replace("/*looks*/", looks).replace("/*code*/", code).encode()
        policy = (
            f"default-src 'none'; script-src {_digest(code)}; style-src {_digest(looks)}; img-src data:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
        return Answer(200, body, {**_HEADERS, **headers})

    def state(self, execution: str = "", seen: str = "", landscape: bool = False) -> dict[str, Any]:
        """What the page shows.

        Args:
            execution: the ARN of the chosen one; "" is the newest.
            seen: `version` of what the page has of it; the same again is not told twice.
            landscape: whether its graph runs from left to right.
        """
        machines = self._all("ListStateMachines", "stateMachines")
        listed = [
            {
                "arn": each["executionArn"],
                "name": each["name"],
                "machine": machine["name"],
                "status": each["status"].lower().replace("_", " "),
                "started": each["startDate"],
                "stopped": each.get("stopDate"),
            }
            for machine in machines
            if machine["type"] == "STANDARD"  # Express executions are not listed (API Reference, "ListExecutions")
            for each in self._all("ListExecutions", "executions", stateMachineArn=machine["stateMachineArn"])
        ]
        listed.sort(key=lambda each: each["started"], reverse=True)
        chosen = execution or (listed[0]["arn"] if listed else "")
        return {
            "now": self._cloud.clock.now(),
            "speed": None if self._cloud.clock.speed == math.inf else self._cloud.clock.speed,
            "machines": [{"name": machine["name"], "type": machine["type"]} for machine in machines],
            "executions": listed[:_MOST_EXECUTIONS],
            "more": max(0, len(listed) - _MOST_EXECUTIONS),
            "chosen": self._chosen(chosen, seen, landscape) if chosen else None,
        }

    def _chosen(self, arn: str, seen: str, landscape: bool) -> dict[str, Any] | None:
        events = self._history(arn)
        status = self._do("DescribeExecution", executionArn=arn)["status"]
        version = f"{arn} {status} {len(events)} {landscape}"
        if version == seen or not events:
            return None
        machine = self._do("DescribeStateMachineForExecution", executionArn=arn)
        definition, name = machine["definition"], machine["name"]
        line = draw.timeline(events, name=name, children=self._child)
        begin = draw.history.seconds(events[0]["timestamp"])
        return {
            "arn": arn,
            "version": version,
            # The whole film once it has ended; meanwhile the newest picture.
            "record": draw.film(definition, events, name=name, landscape=landscape, moving=status != "RUNNING"),
            "timeline": {"svg": line.svg, "alt": line.alt, "width": line.width, "height": line.height},
            "events": [_row(event, begin) for event in events],
        }

    def _child(self, arn: str) -> list[dict[str, Any]] | None:
        try:
            return self._history(arn)
        except ServiceError:
            return None

    def _history(self, arn: str) -> list[dict[str, Any]]:
        return self._all("GetExecutionHistory", "events", executionArn=arn)

    def _do(self, action: str, **request: Any) -> Mapping[str, Any]:
        return self._cloud.service("stepfunctions").actions[action](request) or {}

    def _all(self, action: str, member: str, **request: Any) -> list[Any]:
        """Every page of a list."""
        found, token = [], None
        while True:
            answer = self._do(action, **request, maxResults=1000, **({"nextToken": token} if token else {}))
            found += answer[member]
            token = answer.get("nextToken")
            if not token:
                return found


def _read(*names: str) -> str:
    return "".join((_HERE / name).read_text("utf-8") for name in names)


def _row(event: Mapping[str, Any], begin: float) -> list[Any]:
    """An event for the table: id, type, state, seconds since the start, details in short and at length."""
    details = dict(draw.history.details(event))
    state = details.pop("name", "")
    for key in ("inputDetails", "outputDetails"):  # whether the text was cut off: here it never is
        details.pop(key, None)
    values = {key: draw.values.value_of(value) if isinstance(value, str) else value for key, value in details.items()}
    flat = json.dumps(values, ensure_ascii=False, default=str) if values else ""
    seconds = round(draw.history.seconds(event["timestamp"]) - begin, 3)
    return [event["id"], event["type"], state, seconds, flat[:_SUMMARY], draw.replay.pretty(flat, _MOST_LETTERS)]


def _text(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), {**_HEADERS, "Content-Type": "text/plain; charset=utf-8"})


def _digest(text: str) -> str:
    """How a Content-Security-Policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
