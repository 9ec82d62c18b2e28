"""The clock against a slow, obvious model of it: what happens, and at which virtual time, in every interleaving.

Scripts start together, each a fiber: it sleeps, works for real, asks the outside, and looks from its work after
another script, under deadlines or not. The model knows no threads, no heap and no patience: it adds up seconds, script
by script. However long the real work takes, in whatever order it ends, and whatever it asks of the cloud meanwhile,
the clock must tell the same story.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from localcloud.time.clock import EPOCH, Clock, Signal, TimedOut

# Lengths are chosen so that no deadline falls together with an end, and so far apart that the outside is waited for.
_UNIT = 16.0
_STEP_LIMIT = _UNIT / 4
_LIMIT = _UNIT / 8


@dataclass(frozen=True)
class Sleep:
    """A Wait."""

    units: int


@dataclass(frozen=True)
class Work:
    """A function that really takes `pause` seconds and asks the cloud for something that has no end to wait for."""

    units: int
    pause: float
    calls: int


@dataclass(frozen=True)
class Poll:
    """A function that looks whether an earlier script has ended, until it has; or waits in one synchronous request."""

    units: int
    target: int  # counted back from the script itself
    waits: bool


@dataclass(frozen=True)
class Ask:
    """A task token, which the outside answers at once."""


@dataclass(frozen=True)
class Script:
    """Steps one after the other, under a deadline for each and one for them all."""

    steps: tuple[Sleep | Work | Poll | Ask, ...]
    step_limit: int | None
    limit: int | None


Story = list[tuple[float, int, str]]  # (virtual seconds, script, what)


def model(scripts: list[Script]) -> Story:
    """What happens, by addition."""
    story: Story = []
    ends: list[float] = []
    for number, script in enumerate(scripts):
        now = 0.0
        limit = float("inf") if script.limit is None else script.limit * _UNIT + _LIMIT
        for index, step in enumerate(script.steps):
            done = now if isinstance(step, Ask) else now + step.units * _UNIT
            if isinstance(step, Poll) and step.target <= number:
                done = max(done, ends[number - step.target])
            late = float("inf") if script.step_limit is None else now + script.step_limit * _UNIT + _STEP_LIMIT
            assume(done not in (late, limit))  # what it looks after ends with its own deadline: either may be first
            now = min(done, late, limit)
            if now == limit:
                break
            story.append((now, number, f"step {index} {'done' if now == done else 'timed out'}"))
        ends.append(now)
        story.append((now, number, "timed out" if now == limit else "done"))
    return sorted(story)


class Play:
    """The same on a real clock."""

    def __init__(self, scripts: list[Script]) -> None:
        self._scripts = scripts
        self._clock = Clock()
        self._ended = [threading.Event() for _ in scripts]
        self.story: Story = []

    def run(self) -> Story:
        self._clock.start()
        try:

            async def all_of_them() -> None:
                await self._clock.gather(map(self._script, range(len(self._scripts))))

            fiber = self._clock.spawn(all_of_them())
            assert fiber.join(20), f"the clock stands still after {self.story}"
            fiber.result()
        finally:
            self._clock.close()
        return sorted(self.story)

    def _tell(self, number: int, what: str) -> None:
        self.story.append((self._clock.now() - EPOCH, number, what))

    async def _script(self, number: int) -> None:
        script = self._scripts[number]
        try:
            if script.limit is None:
                await self._steps(number)
            else:
                await self._clock.timeout(self._steps(number), script.limit * _UNIT + _LIMIT)
            self._tell(number, "done")
        except TimedOut:
            self._tell(number, "timed out")
        self._ended[number].set()

    async def _steps(self, number: int) -> None:
        limit = self._scripts[number].step_limit
        for index, step in enumerate(self._scripts[number].steps):
            try:
                if limit is None:
                    await self._step(number, step)
                else:
                    await self._clock.timeout(self._step(number, step), limit * _UNIT + _STEP_LIMIT)
                self._tell(number, f"step {index} done")
            except TimedOut:
                self._tell(number, f"step {index} timed out")

    async def _step(self, number: int, step: Any) -> None:
        clock = self._clock
        if isinstance(step, Sleep):
            await clock.sleep(step.units * _UNIT)
        elif isinstance(step, Work):
            await clock.work(self._work, step, seconds=step.units * _UNIT)
        elif isinstance(step, Ask):
            token: Signal[None] = Signal(clock, external=True)
            threading.Thread(target=self._answer, args=(token,)).start()
            await token
        elif step.target <= number:
            target = self._ended[number - step.target]
            await clock.work(self._poll, target, step.waits, seconds=step.units * _UNIT)
        else:
            await clock.work(time.sleep, 0, seconds=step.units * _UNIT)

    def _answer(self, token: Signal[None]) -> None:
        self._clock.outside()
        token.set(None)

    def _work(self, step: Work) -> None:
        for call in range(step.calls):
            with self._clock.from_work(threading.get_ident()):
                self._clock.call(lambda: None)  # SendTaskSuccess, StartExecution
                if call == 0:
                    self._clock.looked()  # DescribeExecution, once, of something that runs on
        time.sleep(step.pause)

    def _poll(self, target: threading.Event, waits: bool) -> None:
        began = time.monotonic()
        while not target.is_set() and time.monotonic() < began + 10:
            with self._clock.from_work(threading.get_ident()):
                if waits:
                    self._clock.wait(target, 10)
                elif self._clock.call(lambda: not target.is_set()):
                    self._clock.looked()


_scripts = st.lists(
    st.builds(
        Script,
        st.lists(
            st.one_of(
                st.builds(Sleep, st.integers(0, 4)),
                st.builds(Work, st.integers(0, 2), st.sampled_from((0, 0.001, 0.003)), st.integers(0, 3)),
                st.builds(Poll, st.integers(0, 2), st.integers(1, 3), st.booleans()),
                st.just(Ask()),
            ),
            max_size=4,
        ).map(tuple),
        st.none() | st.integers(0, 4),
        st.none() | st.integers(0, 8),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(_scripts)
def test_the_clock_tells_the_same_story_as_plain_addition(scripts: list[Script]) -> None:
    assert Play(scripts).run() == model(scripts)
