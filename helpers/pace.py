"""How fast an execution passes before a reader's eyes: by its picture, not by its clock.

An hour's wait and a blink both take a few seconds on screen. The local cloud has mostly done its work by then, and the
events that it recorded are played: what is recorded is the same whether anybody watches or not.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

SHORTEST, LONGEST = 3.0, 12.0  # seconds on screen
STEP, WAIT = 0.25, 0.6  # of them before an event; before one that came after a wait, which shows a clock
WAITS = 0.5  # seconds of the cloud's clock from which a pause counts as a wait: state transitions take less
LEAST = 0.5  # for what is left to be seen when real work alone took longer than LONGEST


class Pace:
    """Where on screen an execution is, while its history still grows or after.

    Attributes:
        at: the place in the film: seconds at the pace that nothing has hurried or slowed down.
    """

    def __init__(self) -> None:
        self.at = 0.0
        self._starts: list[float] = []
        self._times: list[float] = []

    def know(self, times: Sequence[float]) -> None:
        """Takes the times of all events so far: seconds since the execution began, each at or after the one before.

        What was known before keeps its place.
        """
        self._times = list(times)
        self._starts = list(accumulate((self._before(number) for number in range(len(times))), initial=0.0))[1:]

    def _before(self, number: int) -> float:
        if number == 0:
            return 0.0
        pause = self._times[number] - self._times[number - 1]
        return STEP if pause < WAITS else WAIT + 0.3 * math.log10(1 + pause)

    @property
    def end(self) -> float:
        """Where the last known event is."""
        return self._starts[-1] if self._starts else 0.0

    def move(self, seconds: float, rate: float = 1.0) -> None:
        """Goes on for some seconds, at most to the last known event."""
        self.at = min(self.at + seconds * rate, self.end)

    def rate(self, watched: float) -> float:
        """How fast to go on, once the execution has ended, for the whole to take its time on screen.

        Args:
            watched: seconds for which it has been on screen already.
        """
        rest = self.end - self.at
        whole = min(max(watched + rest, SHORTEST), LONGEST)
        return rest / max(whole - watched, LEAST) or 1.0

    @property
    def done(self) -> bool:
        """Whether the last known event is on screen."""
        return self.at >= self.end

    def seen(self) -> tuple[int, float, float]:
        """How many events are past, the cloud's time, and how many of its seconds pass in one of the film."""
        count = bisect_right(self._starts, self.at + 1e-9)
        if count == 0 or count == len(self._times):
            return count, self._times[-1] if count else 0.0, 1.0
        before, after = self._starts[count - 1], self._starts[count]
        pace = (self._times[count] - self._times[count - 1]) / (after - before)
        return count, self._times[count - 1] + (self.at - before) * pace, pace
