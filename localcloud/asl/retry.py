"""Retry and Catch: what becomes of a failure."""

from __future__ import annotations

import random
from typing import Any

from localcloud.asl.dataflow import Dataflow, dataflow
from localcloud.asl.errors import StateFailed, matches


class Retrier:
    """One entry of Retry.

    Source: the specification's "Retrying after error": defaults of 1 second, 3 attempts and a rate of 2.0; the
    interval is capped by MaxDelaySeconds; with JitterStrategy FULL the delay is random between 0 and the interval.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self.error_equals: list[str] = fields["ErrorEquals"]
        self.max_attempts: int = fields.get("MaxAttempts", 3)
        self._interval: float = fields.get("IntervalSeconds", 1)
        self._rate: float = fields.get("BackoffRate", 2.0)
        self._max_delay: float | None = fields.get("MaxDelaySeconds")
        self._jitter = fields.get("JitterStrategy", "NONE") == "FULL"

    def delay(self, attempts: int, source: random.Random) -> float:
        """Seconds to wait before the next attempt, after so many retries of this entry."""
        try:
            interval = self._interval * self._rate**attempts
        except OverflowError:
            interval = 99_999_999.0  # the longest wait that the language allows
        interval = min(interval, self._max_delay or 99_999_999.0)
        return source.uniform(0, interval) if self._jitter else interval


class Retries:
    """A state's Retry field, for one visit after another."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self._retriers = [Retrier(entry) for entry in entries]

    def counters(self) -> list[int]:
        """How often each entry was used in this visit: never yet."""
        return [0] * len(self._retriers)

    def delay(self, failure: StateFailed, counters: list[int], source: random.Random) -> float | None:
        """Seconds until the next attempt, or None: no entry matches, or the first that does is used up."""
        for index, retrier in enumerate(self._retriers):
            if matches(retrier.error_equals, failure):
                if counters[index] >= retrier.max_attempts:
                    return None
                counters[index] += 1
                return retrier.delay(counters[index] - 1, source)
        return None


class Catcher:
    """One entry of Catch: where to go, and what becomes of the error output."""

    def __init__(self, fields: dict[str, Any], is_jsonata: bool) -> None:
        self.error_equals: list[str] = fields["ErrorEquals"]
        self.next: str = fields["Next"]
        self.flow: Dataflow = dataflow(
            {key: fields[key] for key in ("ResultPath", "Assign", "Output") if key in fields}, is_jsonata
        )


def catcher_for(catchers: list[Catcher], failure: StateFailed) -> Catcher | None:
    """The first entry of Catch that names the failure."""
    return next((catcher for catcher in catchers if matches(catcher.error_equals, failure)), None)
