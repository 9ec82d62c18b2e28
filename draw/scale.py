"""Where a moment stands on the time axis, with long stretches in which nothing happens folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from draw import metrics, words

FOLD = 44  # pixels that a folded stretch takes
SHORT = 60  # seconds: no stretch up to here is folded
LEAST = 1  # seconds that there must be besides, or the axis would tell of what nobody looks at
DULL = 4  # a stretch is folded when it takes this many times what all else takes
CLOSEST = 60  # pixels between ticks
MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY),
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` in seconds, from `left` to `right` in pixels."""

    start: float
    end: float
    left: int
    right: int
    folded: bool


class Scale:
    """Maps seconds to pixels.

    Args:
        moments: when something happened.
        left, right: the pixels of the first moment and the last.
    """

    def __init__(self, moments: Iterable[float], left: int, right: int) -> None:
        self.left, self.right = left, right
        times = sorted({0.0, *moments})
        self.end = times[-1]
        folded: set[float] = set()
        shown = self.end
        for start, end in sorted(pairwise(times), key=lambda gap: gap[0] - gap[1]):
            rest = shown - (end - start)
            if end - start <= max(SHORT, DULL * rest) or rest < LEAST or len(folded) == 3:
                break
            folded.add(start)
            shown -= end - start
        self.per_second = (right - left - FOLD * len(folded)) / shown if shown else 0.0
        self.stretches = list(self._stretches(times, folded))

    def _stretches(self, times: list[float], folded: set[float]) -> Iterator[Stretch]:
        begin, x = 0.0, self.left
        for start, end in pairwise(times):
            if start in folded:
                if start > begin:
                    right = x + round((start - begin) * self.per_second)
                    yield Stretch(begin, start, x, right, False)
                    x = right
                yield Stretch(start, end, x, x + FOLD, True)
                begin, x = end, x + FOLD
        if begin < self.end or begin == 0:
            yield Stretch(begin, self.end, x, self.right, False)

    def x(self, seconds: float) -> int:
        """The pixel of a moment."""
        for stretch in self.stretches:
            if seconds <= stretch.end:
                length = stretch.end - stretch.start
                part = (seconds - stretch.start) / length if length else 0.0
                return stretch.left + round(part * (stretch.right - stretch.left))
        return self.right

    def ticks(self) -> Iterator[tuple[int, str]]:
        """Pixels and words of the axis; after a fold, seconds count from its end."""
        step = next((step for step in STEPS if step * self.per_second >= CLOSEST), STEPS[-1])
        free = self.left - CLOSEST
        for stretch in self.stretches:
            if stretch.folded:
                continue
            for count in range(int((stretch.end - stretch.start) / step + 1e-9) + 1):
                x = self.x(stretch.start + count * step)
                said = _say(count * step, step) if not stretch.start else "+" + _say(count * step, step)
                if stretch.start and not count:
                    said = words.duration(stretch.start)
                half = metrics.width(said, 11) // 2
                if x - half > free:
                    yield x, said
                    free = x + half + 8
                else:
                    yield x, ""


def _say(seconds: float, step: float) -> str:
    """A moment, told as finely as the steps between moments are."""
    if step < 0.1 and 0 < seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if step < 0.1 and seconds:
        return f"{seconds:.2f} s"
    return "1 min" if step >= MINUTE and seconds == MINUTE else words.duration(round(seconds, 3))
