"""Virtual time: what waits costs nothing, what works holds the clock, and the order is always the same."""

from __future__ import annotations

import gc
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud.time import clock as clock_module
from localcloud.time.clock import EPOCH, Cancelled, Clock, Signal, TimedOut


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    clock.start()
    yield clock
    clock.close()


def run(clock: Clock, coro: Any) -> Any:
    fiber = clock.spawn(coro)
    assert fiber.join(10), "the coroutine did not end"
    return fiber.result()


def test_an_hour_of_sleep_passes_at_once_and_is_an_hour_on_the_clock(clock: Clock) -> None:
    async def sleep() -> float:
        await clock.sleep(3600)
        return clock.now() - EPOCH

    before = time.monotonic()
    assert run(clock, sleep()) == 3600
    assert time.monotonic() - before < 5


def test_sleepers_that_wake_at_the_same_moment_wake_in_the_order_they_lay_down(clock: Clock) -> None:
    woken: list[int] = []

    async def sleeper(number: int) -> None:
        await clock.sleep(10)
        woken.append(number)

    async def all_of_them() -> None:
        await clock.gather(sleeper(number) for number in range(50))

    run(clock, all_of_them())
    assert woken == list(range(50))


def test_virtual_time_stands_still_until_real_work_is_done(clock: Clock) -> None:
    release = threading.Event()
    order: list[str] = []

    async def worker() -> None:
        order.append(await clock.work(lambda: release.wait(10) and "work", seconds=1))

    async def sleeper() -> None:
        await clock.sleep(5)
        order.append("sleep")

    async def both() -> None:
        await clock.gather([worker(), sleeper()])

    fiber = clock.spawn(both())
    assert not fiber.join(0.05)
    assert clock.now() == EPOCH + 1
    release.set()
    assert fiber.join(10)
    assert order == ["work", "sleep"]


def test_work_that_ends_out_of_order_is_seen_in_order(clock: Clock) -> None:
    second_is_done = threading.Event()
    seen: list[str] = []

    async def take(name: str, job: Callable[[], Any]) -> None:
        await clock.work(job, seconds=1)
        seen.append(name)

    async def both() -> None:
        await clock.gather(
            [take("first", lambda: second_is_done.wait(10)), take("second", lambda: second_is_done.set())]
        )

    run(clock, both())
    assert seen == ["first", "second"]


def test_the_exception_of_real_work_is_raised_where_it_is_awaited(clock: Clock) -> None:
    async def worker() -> None:
        await clock.work(lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run(clock, worker())


def test_work_over_its_limit_lets_time_go_on_so_that_a_timeout_fires(clock: Clock) -> None:
    release = threading.Event()

    async def worker() -> str:
        try:
            await clock.timeout(clock.work(release.wait, 10, seconds=0.1, limit=0.05), 0.05)
        except TimedOut:
            return f"{clock.now() - EPOCH:.2f}"
        return "no timeout"

    try:
        assert run(clock, worker()) == "0.05"
    finally:
        release.set()


def test_work_far_over_its_limit_lets_time_go_on_second_by_second(clock: Clock) -> None:
    """So that timeouts which are longer than the limit fire too."""
    release = threading.Event()
    stop = 2.5  # seconds

    async def worker() -> str:
        try:
            await clock.timeout(clock.work(release.wait, 10, seconds=0.1, limit=0.05), stop)
        except TimedOut:
            return f"{clock.now() - EPOCH:.2f}"
        return "no timeout"

    try:
        assert run(clock, worker()) == "2.50"
    finally:
        release.set()


def test_a_timeout_cancels_what_it_watches(clock: Clock) -> None:
    ended: list[str] = []

    async def endless() -> None:
        try:
            await clock.sleep(1e6)
        except Cancelled:
            ended.append("cancelled")
            raise

    async def watch() -> float:
        with pytest.raises(TimedOut):
            await clock.timeout(endless(), 30)
        return clock.now() - EPOCH

    assert run(clock, watch()) == 30
    assert ended == ["cancelled"]


def test_an_inner_timeout_is_not_taken_for_the_outer_one(clock: Clock) -> None:
    async def inner() -> str:
        try:
            await clock.timeout(_sleep(clock, 100), 10)
        except TimedOut:
            return "inner"
        return "none"

    async def outer() -> str:
        return await clock.timeout(inner(), 50)

    assert run(clock, outer()) == "inner"


def test_gather_that_is_cancelled_at_once_leaves_nothing_that_was_never_awaited(clock: Clock) -> None:
    """Python would warn of it when it collects the coroutine, in the middle of something else."""

    async def outer() -> None:
        gathering = clock.spawn(clock.gather([_sleep(clock, 1)]))

        async def cancel() -> None:  # has its turn after the gathering, before what that gathers
            gathering.cancel()

        await clock.spawn(cancel())

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        run(clock, outer())
        gc.collect()
    assert [str(warning.message) for warning in warned] == []


def test_gather_raises_the_first_failure_and_cancels_the_rest(clock: Clock) -> None:
    async def fails() -> None:
        await clock.sleep(1)
        raise ValueError("boom")

    async def both() -> float:
        with pytest.raises(ValueError, match="boom"):
            await clock.gather([fails(), _sleep(clock, 1000)])
        await clock.sleep(0)
        return clock.now() - EPOCH

    assert run(clock, both()) == 1


def test_a_signal_hands_its_value_to_all_who_wait(clock: Clock) -> None:
    signal: Signal[str] = Signal(clock)

    async def waiter() -> str:
        return await signal

    fibers = [clock.spawn(waiter()) for _ in range(3)]
    signal.set("here")
    signal.set("too late")
    assert all(fiber.join(10) for fiber in fibers)
    assert [fiber.result() for fiber in fibers] == ["here"] * 3


def test_the_outside_may_answer_before_time_jumps_over_a_timeout(clock: Clock) -> None:
    token: Signal[str] = Signal(clock, external=True)

    async def ask() -> str:
        return await clock.timeout(_wait(token), 3600)

    fiber = clock.spawn(ask())
    assert not fiber.join(0.05)
    token.set("approved")
    assert fiber.join(10)
    assert fiber.result() == "approved"
    assert clock.now() == EPOCH


def test_real_work_may_call_back_and_wait_for_the_clock(clock: Clock) -> None:
    """A function that waits for an execution which it started itself does not wait for ever."""

    def work() -> float:
        with clock.from_work():
            fiber = clock.spawn(_sleep(clock, 300))
            assert fiber.join(10)
        return clock.now() - EPOCH

    async def task() -> float:
        return await clock.work(work, seconds=0.1)

    assert run(clock, task()) >= 300


def test_a_number_as_speed_plays_time_at_that_multiple() -> None:
    clock = Clock(speed=1000)
    clock.start()
    try:
        before = time.monotonic()
        run(clock, _sleep(clock, 60))
        assert 0.05 < time.monotonic() - before < 5
        assert clock.now() == EPOCH + 60
    finally:
        clock.close()


def test_calls_after_closing_are_refused_with_what_to_do(clock: Clock) -> None:
    clock.close()
    with pytest.raises(RuntimeError, match="Start it again"):
        clock.call(lambda: None)


def test_each_who_waits_for_the_outside_has_its_time_whatever_was_waited_for_before(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold that began for one question, and ended with its answer, says nothing about the next question."""
    monkeypatch.setattr(clock_module, "PATIENCE", 0.3)
    monkeypatch.setattr(clock_module, "MAX_PATIENCE", 0.0)
    for answer in ("yes", "yes again"):
        token: Signal[str] = Signal(clock, external=True)
        asked = clock.spawn(clock.timeout(_wait(token), 3600))
        assert not asked.join(0.2), "time jumped past who was asked a moment before"
        token.set(answer)
        assert asked.join(10)
        assert asked.result() == answer


def test_who_acts_outside_has_its_time_from_when_that_is_done(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "PATIENCE", 0.05)
    token: Signal[str] = Signal(clock, external=True)
    asked = clock.spawn(clock.timeout(_wait(token), 3600))
    with clock.acting():
        assert not asked.join(0.3), "time jumped past who was being served"
    token.set("yes")
    assert asked.join(10)
    assert asked.result() == "yes"


def test_a_request_that_work_makes_and_that_waits_for_nothing_moves_no_time(clock: Clock) -> None:
    """A function that calls SendTaskSuccess, and what runs after it, end in their time and in time."""

    def answers() -> float:
        for _ in range(3):
            with clock.from_work():
                clock.call(lambda: None)
        return clock.now() - EPOCH

    async def one_after_the_other() -> float:
        seen = await clock.timeout(clock.work(answers, seconds=0.1), 300)
        await clock.timeout(clock.work(sum, [1], seconds=0.1), 300)
        assert clock.now() == pytest.approx(EPOCH + 0.2)
        return seen

    assert run(clock, one_after_the_other()) <= 0.11


def test_work_that_polls_what_ends_by_a_deadline_sees_it_end_before_its_own(clock: Clock) -> None:
    """A function that looks after an execution whose token nobody answers."""
    ended = threading.Event()

    async def unanswered() -> None:
        with pytest.raises(TimedOut):
            await clock.timeout(_wait(Signal(clock)), 60)
        ended.set()

    def poll() -> float:
        while not ended.is_set():
            with clock.from_work():
                if clock.call(lambda: not ended.is_set()):
                    clock.looked()
        return clock.now() - EPOCH

    async def both() -> float:
        other = clock.spawn(unanswered())
        seen = await clock.timeout(clock.work(poll, seconds=0.1), 300)
        await other
        return seen

    assert run(clock, both()) == 60


async def _sleep(clock: Clock, seconds: float) -> None:
    await clock.sleep(seconds)


async def _wait(signal: Signal[str]) -> str:
    return await signal


def test_a_request_does_not_wait_past_a_deadline_for_polling_work_that_has_yet_to_look(clock: Clock) -> None:
    """A loaded machine gives the poller its thread late; whoever waits for it must not be hurried past it meanwhile."""
    ended, came = threading.Event(), threading.Event()

    def poll() -> None:
        while True:
            with clock.from_work(threading.get_ident()):
                if clock.call(came.is_set):  # on the clock's thread, as each look that a request takes
                    break
                clock.looked()
        time.sleep(0.02)  # the look at what has come takes its while

    def wait() -> None:
        with clock.from_work(threading.get_ident()):
            clock.wait(ended, 5)

    async def polling() -> None:
        await clock.work(poll)
        ended.set()

    async def waiting() -> None:
        await clock.timeout(clock.work(wait, seconds=5), 20)

    async def coming() -> None:
        await clock.sleep(5)
        came.set()

    async def all_of_them() -> None:
        await clock.gather([coming(), waiting(), polling()])

    run(clock, all_of_them())


def test_a_coroutine_whose_turn_never_comes_warns_nobody_later() -> None:
    clock = Clock()
    clock.start()

    async def never() -> None:
        raise AssertionError("it had its turn")

    def last_words() -> None:
        clock.spawn(never())
        clock.close()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clock.call(last_words)
        clock.close()  # from here it waits for the clock's thread
        with pytest.raises(RuntimeError, match="shutting down"):
            clock.spawn(never())
        gc.collect()
    assert not clock.ready


def test_time_passes_without_a_turn_only_if_nothing_else_can_happen(clock: Clock) -> None:
    async def skips() -> list[bool]:
        alone = clock.skip(5)
        fiber = clock._spawn(_sleep(clock, 1))  # on the clock's thread already
        beside_one_that_is_ready = clock.skip(5)
        await clock.sleep(0)
        past_its_end, before_it = clock.skip(1), clock.skip(0.5)
        await fiber
        return [alone, beside_one_that_is_ready, past_its_end, before_it, clock.now() == EPOCH + 6]

    assert run(clock, skips()) == [True, False, False, True, True]


def test_a_call_to_a_clock_that_rests_runs_where_it_is_made_and_counts_as_the_clock(clock: Clock) -> None:
    assert clock.call(lambda: 1) == 1  # it has started, and rests
    for _ in range(1000):
        thread, is_here = clock.call(lambda: (threading.get_ident(), clock.is_here))
        assert is_here
        if thread == threading.get_ident():
            return
    raise AssertionError("each of 1,000 calls was handed to the clock's thread")
