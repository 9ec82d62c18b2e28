"""Recurring schedules on the clock: they come when time passes, and never make it pass."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.time.clock import EPOCH, Clock


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    clock.start()
    yield clock
    clock.close()


class Every:
    """Notes the time once a minute, and does something then."""

    def __init__(self, clock: Clock, then: Any = None) -> None:
        self.clock, self.then = clock, then
        self.times: list[float] = []

    async def run(self) -> None:
        when = EPOCH
        while True:
            when += 60
            await self.clock.tick(when)
            if self.clock.now() == when:
                self.times.append(when - EPOCH)
                if self.then is not None:
                    self.clock.spawn(self.then())


def until_there(clock: Clock, found: list[float]) -> None:
    deadline = time.monotonic() + 10
    while not found:
        assert time.monotonic() < deadline
        clock.call(lambda: None)


def wait(clock: Clock, seconds: float) -> None:
    async def sleep() -> None:
        await clock.sleep(seconds)

    assert clock.spawn(sleep()).join(10)


def test_a_schedule_alone_lets_no_time_pass(clock: Clock) -> None:
    every = Every(clock)
    clock.spawn(every.run())
    for _ in range(1000):  # turns of the clock's loop
        clock.call(lambda: None)
    assert (every.times, clock.now()) == ([], EPOCH)


def test_it_comes_while_something_else_lets_time_pass(clock: Clock) -> None:
    every = Every(clock)
    clock.spawn(every.run())
    wait(clock, 200)
    assert every.times == [60, 120, 180]


def test_what_it_starts_runs_to_its_end_but_is_no_reason_to_come_again(clock: Clock) -> None:
    ended: list[float] = []

    async def two_minutes() -> None:
        await clock.sleep(120)
        ended.append(clock.now() - EPOCH)

    every = Every(clock, two_minutes)
    clock.spawn(every.run())
    wait(clock, 70)
    until_there(clock, ended)
    assert (every.times, ended) == ([60], [180])


def test_what_its_consequences_start_counts_as_its_own(clock: Clock) -> None:
    done: list[float] = []

    async def pause() -> None:
        await clock.sleep(90)

    async def later() -> None:
        await clock.timeout(clock.gather([pause(), pause()]), 500)
        done.append(clock.now() - EPOCH)

    async def starts_another() -> None:
        await clock.work(time.monotonic, seconds=30)
        clock.spawn(later())

    every = Every(clock, starts_another)
    clock.spawn(every.run())
    wait(clock, 65)
    until_there(clock, done)
    assert every.times == [60]


def test_times_that_passed_without_it_are_left_out(clock: Clock) -> None:
    ended: list[float] = []

    async def five_minutes() -> None:
        await clock.sleep(310)
        ended.append(clock.now() - EPOCH)

    every = Every(clock, five_minutes)
    clock.spawn(every.run())
    wait(clock, 65)
    until_there(clock, ended)
    every.then = None
    wait(clock, 100)  # from 370 to 470
    assert every.times == [60, 420]


def test_a_function_that_a_schedule_runs_and_that_starts_something_is_no_reason_either(clock: Clock) -> None:
    done: list[float] = []

    async def execution() -> None:
        await clock.sleep(600)
        done.append(clock.now() - EPOCH)

    def handler() -> None:
        with clock.from_work():
            clock.spawn(execution())

    async def function() -> None:
        await clock.work(handler, seconds=0.1)

    every = Every(clock, function)
    clock.spawn(every.run())
    wait(clock, 61)
    until_there(clock, done)
    assert every.times == [60]
