"""Coroutines on the clock: what runs, what it waits for, and how it is woken or cancelled."""

from __future__ import annotations

import inspect
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, cast

log = logging.getLogger(__name__)

T = TypeVar("T")


class Cancelled(BaseException):
    """Thrown into a fiber that was cancelled. Not an Exception, so that no `except Exception` swallows it."""


class Scheduler(Protocol):
    """What a fiber asks of the clock that it is on.

    Attributes:
        ready: fibers to be stepped, each with the value or the error that it gets.
        by_schedule: whether what runs now is the consequence of a recurring schedule.
        outsiders: how many wait for the outside.
    """

    ready: deque[tuple[Fiber[Any], Any, BaseException | None]]
    by_schedule: bool
    outsiders: int

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run a function on the clock thread and return its result."""

    def wait(self, event: threading.Event, timeout: float | None = None) -> bool:
        """Block a thread other than the clock's until `event` is set, or for so many real seconds."""

    def outsider_comes(self) -> None:
        """One more waits for the outside."""


def drop(coro: Coroutine[Any, Any, Any]) -> None:
    """Close a coroutine that never had its turn: it would warn, much later, that nobody awaited it."""
    if inspect.getcoroutinestate(coro) == inspect.CORO_CREATED:
        coro.close()


class Trap:
    """What a coroutine yields: `arm` registers the wake-up of the fiber and returns how to take it back."""

    __slots__ = ("arm",)

    def __init__(self, arm: Callable[[Fiber[Any]], Callable[[], None]]) -> None:
        self.arm = arm

    def __await__(self) -> Generator[Trap, Any, Any]:
        return (yield self)


class Fiber(Generic[T]):
    """A coroutine under way on the clock. `await` it for its result; `cancel` ends it at once."""

    __slots__ = (
        "_clock",
        "_context",
        "_disarm",
        "_error",
        "_event",
        "_result",
        "_running",
        "by_schedule",
        "coro",
        "done",
        "watchers",
    )

    def __init__(self, clock: Scheduler, coro: Coroutine[Any, Any, T]) -> None:
        self._clock = clock
        self.coro = coro
        self._context = copy_context()  # whose request it was that started this, as with asyncio's tasks
        self._disarm: Callable[[], None] | None = None
        self._error: BaseException | None = None
        self._event: threading.Event | None = None
        self._result: T | None = None
        self._running = False
        self.watchers: list[Callable[[], None]] = []
        self.by_schedule = clock.by_schedule  # who started it: see Clock.tick
        self.done = False

    def __await__(self) -> Generator[Trap, Any, T]:
        if not self.done:
            yield Trap(self._arm)
        return self.result()

    def _arm(self, waiter: Fiber[Any]) -> Callable[[], None]:
        self.watchers.append(waiter.resume)
        return partial(self.watchers.remove, waiter.resume)

    def result(self) -> T:
        """The coroutine's result, or its exception raised. Only when `done`."""
        if self._error is not None:
            raise self._error
        return cast(T, self._result)

    def join(self, timeout: float | None = None) -> bool:
        """Block a thread other than the clock's until done, `timeout` real seconds at most; True when done."""
        event = threading.Event()
        self._clock.call(lambda: event.set() if self.done else self.watchers.append(event.set))
        return self._clock.wait(event, timeout)

    def cancel(self) -> None:
        """Throw `Cancelled` into the coroutine, now. Clock thread only; nothing happens when it is done."""
        if self.done or self._running:
            return
        if self._disarm is not None:
            self._disarm()
        self.step(None, Cancelled())

    def wake(self, value: Any, error: BaseException | None) -> None:
        """The awaited thing is there: run on at this fiber's turn, in the order of the wake-ups."""
        entry = (self, value, error)
        self._clock.ready.append(entry)
        self._disarm = partial(self._clock.ready.remove, entry)

    def resume(self) -> None:
        """The awaited moment has come."""
        self.wake(None, None)

    def step(self, value: Any, error: BaseException | None) -> None:
        self._disarm = None
        self._running = True
        clock, run = self._clock, self._context.run
        outer, clock.by_schedule = clock.by_schedule, self.by_schedule
        try:
            trap = run(self.coro.send, value) if error is None else run(self.coro.throw, error)
        except StopIteration as stop:
            self._finish(stop.value, None)
        except (Exception, Cancelled) as problem:
            self._finish(None, problem)
        else:
            self._disarm = trap.arm(self)
        finally:
            self._running = False
            clock.by_schedule = outer

    def _finish(self, result: T | None, error: BaseException | None) -> None:
        self.done, self._result, self._error = True, result, error
        if error is not None and not self.watchers and not isinstance(error, Cancelled):
            log.error("a fiber that nobody awaits ended with an error", exc_info=error)
        watchers, self.watchers = self.watchers, []
        for watcher in watchers:
            watcher()


class Signal(Generic[T]):
    """Something awaited that comes from elsewhere: a task token's answer, the end of an execution.

    Args:
        clock: the clock whose coroutines await it.
        external: True when the answer comes from outside the local cloud, so that the clock gives it `PATIENCE`
            real seconds before it jumps over a timer.
    """

    def __init__(self, clock: Scheduler, *, external: bool = False) -> None:
        self._clock = clock
        self._external = external
        self._waiters: list[Fiber[Any]] = []
        self._value: tuple[Any, BaseException | None] | None = None

    @property
    def is_set(self) -> bool:
        """Whether the answer is there."""
        return self._value is not None

    def set(self, value: T) -> None:
        """Answer, from any thread. Only the first answer counts."""
        self._clock.call(self.settle, value, None)

    def fail(self, error: Exception) -> None:
        """Answer with an exception, from any thread."""
        self._clock.call(self.settle, None, error)

    def settle(self, value: Any, error: BaseException | None) -> None:
        if self._value is None:
            self._value = (value, error)
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                waiter.wake(value, error)

    def __await__(self) -> Generator[Trap, Any, T]:
        if self._value is not None:
            value, error = self._value
            if error is not None:
                raise error
            return cast(T, value)
        if not self._external:
            return cast(T, (yield Trap(self._arm)))
        self._clock.outsider_comes()
        try:
            return cast(T, (yield Trap(self._arm)))
        finally:
            self._clock.outsiders -= 1

    def _arm(self, waiter: Fiber[Any]) -> Callable[[], None]:
        self._waiters.append(waiter)
        return lambda: self._waiters.remove(waiter)
