"""The event history of one execution, in the shape that GetExecutionHistory gives it.

Source: the API reference's HistoryEvent, and which event follows which as the service records it: an event's
previousEventId is the last event of its own thread (branch, iteration), not of the execution.
"""

from __future__ import annotations

from typing import Any

from localcloud.asl.data import to_json

#: Details of an event's data: nothing is ever truncated here (payloads are held to 256 KiB before).
NOT_TRUNCATED = {"truncated": False}

#: The largest input, output or result, in UTF-8 bytes (Step Functions service quotas).
MAX_PAYLOAD = 262_144


class HistoryFull(Exception):
    """The execution reached its quota of events."""


def too_large(text: str) -> bool:
    """Whether a payload passes the 256 KiB that a state may hand on."""
    return len(text) > MAX_PAYLOAD or (len(text) * 4 > MAX_PAYLOAD and len(text.encode()) > MAX_PAYLOAD)


class History:
    """A list of events that only grows.

    Args:
        max_events: the quota; adding one more raises HistoryFull.
    """

    def __init__(self, max_events: int) -> None:
        self.events: list[dict[str, Any]] = []
        self._max_events = max_events
        self._value: Any = None
        self._text = "null"

    def add(self, timestamp: float, kind: str, previous: int, details: tuple[str, dict[str, Any]] | None = None) -> int:
        """Append an event and return its id.

        Args:
            timestamp: virtual seconds since the epoch.
            kind: the event's type, for instance "PassStateEntered".
            previous: the id of the event before it in its own thread; 0 for none.
            details: the name and value of its details member, for instance "stateEnteredEventDetails".
        """
        identity = len(self.events) + 1
        if identity >= self._max_events and not kind.startswith("Execution"):
            raise HistoryFull
        event = {"timestamp": timestamp, "type": kind, "id": identity, "previousEventId": previous}
        if details is not None:
            event[details[0]] = details[1]
        self.events.append(event)
        return identity

    def text(self, value: Any) -> str:
        """The value as JSON text; the same object twice in a row is written once."""
        if value is not self._value or value is None:
            self._text = to_json(value)
            self._value = value
        return self._text

    def remember(self, value: Any, text: str) -> None:
        """The text that a value was read from, which the service keeps as it is until a state changes it."""
        self._value, self._text = value, text
