"""Histories of ended executions: the latest as they are, older ones packed.

Nothing is lost: an execution stays readable, every event of it, for as long as its state machine exists (AWS
keeps it 90 days). But an event costs some two kilobytes as Python objects and some dozens of bytes packed, so
that a thousand executions are held in a few megabytes.
"""

from __future__ import annotations

import json
import zlib
from collections import OrderedDict
from typing import Any

Events = list[dict[str, Any]]


class Archive:
    """Keeps histories by execution ARN.

    Args:
        unpacked_events: how many events may stay unpacked in all; the history read or put last stays in any
            case.
    """

    def __init__(self, unpacked_events: int = 50_000) -> None:
        self._limit = unpacked_events
        self._unpacked: OrderedDict[str, Events] = OrderedDict()
        self._packed: dict[str, bytes] = {}
        self._events = 0

    def put(self, arn: str, events: Events) -> None:
        """Keep a history that will not change."""
        self.drop(arn)
        self._unpacked[arn] = events
        self._events += len(events)
        while self._events > self._limit and len(self._unpacked) > 1:
            oldest, its_events = self._unpacked.popitem(last=False)
            self._events -= len(its_events)
            # Level 1: event texts repeat each other so much that more effort gains little.
            self._packed.setdefault(oldest, zlib.compress(json.dumps(its_events).encode(), 1))

    def get(self, arn: str) -> Events:
        """The history. It stays unpacked for the next page."""
        events = self._unpacked.get(arn)
        if events is None:
            packed = self._packed[arn]
            events = json.loads(zlib.decompress(packed))
            self.put(arn, events)
            self._packed[arn] = packed  # it need not be packed a second time
        return events

    def drop(self, arn: str) -> None:
        """Forget a history, if it is there."""
        self._events -= len(self._unpacked.pop(arn, ()))
        self._packed.pop(arn, None)
