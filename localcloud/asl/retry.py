"""Retry and Catch: what becomes of a failure."""

from __future__ import annotations

import random
from typing import TypeVar

from localcloud.asl.dataflow import Dataflow, dataflow
from localcloud.asl.errors import StateFailed, matches
from localcloud.asl.language import MAX_SECONDS, Fields, Language


class Retrier:
    """One entry of Retry.

    Source: the specification's "Retrying after error": defaults of 1 second, 3 attempts and a rate of 2.0; the
    interval is capped by MaxDelaySeconds; with JitterStrategy FULL the delay is random between 0 and the interval.
    """

    def __init__(self, fields: Fields) -> None:
        self.error_equals: list[str] = fields["ErrorEquals"]
        self._max_attempts: int = fields.get("MaxAttempts", 3)
        self._interval: float = fields.get("IntervalSeconds", 1)
        self._rate: float = fields.get("BackoffRate", 2.0)
        self._max_delay: float | None = fields.get("MaxDelaySeconds")
        self._jitter = fields.get("JitterStrategy", "NONE") == "FULL"

    def delay(self, retries: int, source: random.Random) -> float | None:
        """Seconds to wait before the next attempt, after so many retries by this entry; None when it is used up."""
        if retries >= self._max_attempts:
            return None
        try:
            interval = self._interval * self._rate**retries
        except OverflowError:
            interval = float(MAX_SECONDS)
        interval = min(interval, self._max_delay or float(MAX_SECONDS))
        return source.uniform(0, interval) if self._jitter else interval


class Catcher:
    """One entry of Catch: where to go, and what becomes of the error output."""

    def __init__(self, fields: Fields, language: Language) -> None:
        self.error_equals: list[str] = fields["ErrorEquals"]
        self.next: str = fields["Next"]
        self.flow: Dataflow = dataflow(
            {key: fields[key] for key in ("ResultPath", "Assign", "Output") if key in fields}, language
        )


Handler = TypeVar("Handler", Retrier, Catcher)


def handler_of(failure: StateFailed, handlers: list[Handler]) -> tuple[int, Handler] | None:
    """The first entry of Retry or of Catch that names the failure, and its place; None where none does.

    Only that entry counts: where it is used up, the next that names the failure is not asked.
    """
    for index, handler in enumerate(handlers):
        if matches(handler.error_equals, failure):
            return index, handler
    return None
