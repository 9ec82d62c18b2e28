"""Virtual time: a discrete-event clock that runs coroutines in strict (time, sequence) order on one thread.

A Wait of thirty seconds is thirty seconds on this clock and costs the reader nothing. Whatever waits (a Wait
state, a retry's back-off, a heartbeat, a job's nominal duration) waits here, never on `time.sleep`. Real work
(a function's handler, a training script) runs in worker threads; its end is an event at its nominal time, and
virtual time stands still there until the result is in. Two runs of the same thing therefore see the same events
at the same virtual times, whatever the machine was doing.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from localcloud.time.fibers import Cancelled, Fiber, Signal, Trap, drop

__all__ = ["EPOCH", "Cancelled", "Clock", "Fiber", "Shift", "Signal", "TimedOut"]

T = TypeVar("T")

#: Where virtual time starts. Fixed, so that two runs give the same timestamps, byte for byte.
EPOCH = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()

#: Real seconds that the outside (a person, a worker with a task token) has before time jumps past it.
PATIENCE = 1.0

#: Real seconds over which the outside, however busy, can put that off.
MAX_PATIENCE = 10.0

_WORKERS = 32

#: Looks of real work at something unfinished after which a deadline may pass, which may be the work's own: whoever
#: asks so often does nothing but wait.
_STUBBORN = 10


class Shift:
    """By how many seconds the time of what runs in its context is behind the clock's."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = 0.0


_shift: ContextVar[Shift | None] = ContextVar("shift", default=None)


class TimedOut(Exception):
    """What `Clock.timeout` raises when its virtual seconds pass first."""


class _Caller:
    """Real work, as one that may call the cloud while the clock waits for its end."""

    __slots__ = ("awaited", "looked_at", "looks", "polls")

    def __init__(self) -> None:
        self.awaited: list[threading.Event] = []  # by its requests under way: set when something on the clock ends
        self.looks = 0  # answers of "not yet" since its end was last put off
        self.polls = False  # who looks once may go on to something else; who looks again polls
        self.looked_at = -1  # the clock's turn of which the last answer told

    @property
    def waits(self) -> bool:
        """Whether a request of it waits for the clock; no longer once that is there, whoever has yet to wake up."""
        return any(not event.is_set() for event in self.awaited)


_NOBODY = _Caller()  # of all timers that are no end of real work


class _Timer:
    cancelled = False
    work: Future[Any] | None = None
    caller = _NOBODY
    limit_at = math.inf  # real time (monotonic) at which this timer is moved to `moved_to`
    moved_to = 0.0

    def __init__(self, fire: Callable[[], None], deadline: bool, by_schedule: bool) -> None:
        self.fire = fire
        self.deadline = deadline  # it ends something, rather than bringing it on
        self.by_schedule = by_schedule

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """Virtual time, and the one thread on which everything that has to do with it happens.

    Args:
        speed: virtual seconds a real second; `math.inf` jumps. Timestamps are the same at every speed.
    """

    def __init__(self, speed: float = math.inf) -> None:
        self.speed = speed
        self._now = EPOCH
        self.ready: deque[tuple[Fiber[Any], Any, BaseException | None]] = deque()
        self._timers: list[tuple[float, int, _Timer]] = []
        self._ticks: list[tuple[float, int, _Timer]] = []
        #: Whether what runs now is the consequence of a recurring schedule. Clock thread only.
        self.by_schedule = False
        self._sequence = itertools.count()
        self._inbox: deque[Callable[[], None]] = deque()
        self._bell = threading.Condition()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="work")
        self._thread: threading.Thread | None = None
        self._thread_id: int | None = None
        self._closed = False
        self._rests = False  # the clock thread has nothing to do
        self._is_lent = False  # another thread is in its place
        self.outsiders = 0
        self._outside_at = 0.0
        self._acting: set[int] = set()  # the threads on which someone outside is being answered
        self._held_at: float | None = None
        self._callers: dict[int, _Caller] = {}  # by the worker thread
        self._serving = threading.local()
        self._turn = 0  # counts all that has happened

    # ---- from any thread

    def start(self) -> None:
        """Start the clock thread."""
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the clock thread; what is under way is dropped, and callers that still wait get an error."""
        with self._bell:
            self._closed = True
            self._bell.notify_all()
        if self._thread is not None and not self.is_here:
            self._thread.join(5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def now(self) -> float:
        """Virtual seconds since the Unix epoch; inside `shifted`, those of its own time."""
        shift = _shift.get()
        return self._now if shift is None else self._now - shift.seconds

    def true_now(self) -> float:
        """The same outside `shifted`."""
        return self._now

    @contextmanager
    def shifted(self, shift: Shift) -> Iterator[None]:
        """Around what is to happen at another time: it, and all that it starts, is behind the clock."""
        token = _shift.set(shift)
        try:
            yield
        finally:
            _shift.reset(token)

    def datetime(self) -> datetime:
        """Virtual time as a UTC datetime, to the millisecond (as AWS gives its timestamps)."""
        return datetime.fromtimestamp(round(self.now(), 3), UTC)

    @property
    def is_here(self) -> bool:
        """Whether this thread is the clock's, or in its place: it must not wait for what only the clock brings."""
        return threading.get_ident() == self._thread_id

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function(*args)` on the clock thread and return its result (at once when already there)."""
        if self.is_here:
            return function(*args)
        from_work = bool(getattr(self._serving, "callers", ()))
        if self._borrow():
            try:
                self.by_schedule = from_work and self._works_for_schedules()
                return function(*args)
            finally:
                self.by_schedule = False
                self._give_back()
        answer: Future[T] = Future()
        context = copy_context()

        def run() -> None:
            self.by_schedule = from_work and self._works_for_schedules()
            try:
                answer.set_result(context.run(function, *args))
            except BaseException as error:  # the caller's to handle, whatever it is
                answer.set_exception(error)
            finally:
                self.by_schedule = False

        with self._bell:
            if self._closed:
                raise RuntimeError("The local cloud is shutting down. Start it again and repeat the call.")
            self._inbox.append(run)
            self._bell.notify_all()
        return answer.result()

    def _borrow(self) -> bool:
        """Let this thread be the clock's while that has nothing to do: to switch threads costs more than most calls."""
        with self._bell:
            if not self._rests or self._is_lent or self._is_wanted():
                return False
            self._is_lent = True
            self._thread_id = threading.get_ident()
            return True

    def _give_back(self) -> None:
        with self._bell:
            self._thread_id = self._thread.ident if self._thread is not None else None
            self._is_lent = False
            if self._is_wanted():
                self._bell.notify_all()
                while self._rests and self._is_wanted():  # what the call has begun comes before its caller goes on
                    self._bell.wait()

    def _is_wanted(self) -> bool:
        return bool(self._inbox or self.ready or self._timers or self._closed)

    def spawn(self, coro: Coroutine[Any, Any, T]) -> Fiber[T]:
        """Start a coroutine at its turn; from any thread."""
        try:
            return self.call(self._spawn, coro)
        except BaseException:
            coro.close()
            raise

    def _spawn(self, coro: Coroutine[Any, Any, T]) -> Fiber[T]:
        fiber = Fiber(self, coro)
        fiber.wake(None, None)
        return fiber

    def spawn_next(self, coro: Coroutine[Any, Any, T]) -> None:
        """Start a coroutine before all others whose turn it is. Clock thread only.

        What stops others has to: children that start children are else as fast as who runs after them.
        """
        self.ready.appendleft((Fiber(self, coro), None, None))

    def outside(self) -> None:
        """Someone outside acts: give them `PATIENCE` again before time jumps past what they may answer."""
        self._outside_at = time.monotonic()

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Around what is done for someone outside and waits for nothing: `PATIENCE` begins when it is done."""
        self._acting.add(threading.get_ident())
        try:
            yield
        finally:
            self.outside()
            self._acting.discard(threading.get_ident())

    @contextmanager
    def awaiting_outside(self) -> Iterator[None]:
        """Around a wait during which the outside may act: time does not jump at once. Clock thread only."""
        self.outsiders += 1
        self.outside()
        try:
            yield
        finally:
            self.outsiders -= 1

    def outsider_comes(self) -> None:
        """One more waits for the outside, which has all the time for it that it has at most. Clock thread only."""
        self.outsiders += 1
        self._held_at = None
        self.outside()

    @contextmanager
    def from_work(self, thread: int | None = None) -> Iterator[None]:
        """Around a request that real work makes of the cloud while the clock waits for that work to end.

        A function that starts an execution and polls it, or waits for a synchronous one, would otherwise wait for
        a clock that waits for the function. So its end is put off, past what comes next on the clock: as long as
        the request waits (`wait`), and each time that it polls (`looked`). Nothing of this outlives the work.

        Args:
            thread: the worker thread (`threading.get_ident`) in which the work runs; None when nobody knows, and
                then it may be any that is under way.
        """
        known = [*self._callers.copy().values()] if thread is None else [self._callers.get(thread)]
        self._serving.callers = [caller for caller in known if caller is not None]
        self._serving.turn = self._turn
        try:
            yield
        finally:
            self._serving.callers = []

    def looked(self) -> None:
        """Inside `from_work`: the answer is that something on the clock has not ended yet."""
        with self._bell:
            for caller in self._serving.callers:
                caller.polls = caller.polls or caller.looks > 0
                caller.looks += 1
                caller.looked_at = self._serving.turn
            self._bell.notify_all()

    def wait(self, event: threading.Event, timeout: float | None = None) -> bool:
        """Block a thread other than the clock's until something on the clock sets `event`; True when it did.

        Args:
            timeout: real seconds at most.
        """
        callers: list[_Caller] = getattr(self._serving, "callers", [])
        with self._bell:
            for caller in callers:
                caller.awaited.append(event)
            self._bell.notify_all()
        try:
            return event.wait(timeout)
        finally:
            with self._bell:
                for caller in callers:
                    caller.awaited.remove(event)

    # ---- in coroutines, on the clock thread

    def sleep(self, seconds: float, *, deadline: bool = False) -> Trap:
        """Await this to wait virtual seconds; zero or less is a turn for the others.

        Args:
            deadline: something is cut short when they have passed: nothing that real work could be waiting for.
        """
        return self._until(self._now + seconds, deadline)

    def skip(self, seconds: float) -> bool:
        """Let virtual seconds pass at once if nothing else can happen in them; whether they did.

        What `sleep` would do by way of a timer and a turn of its own, in a fraction of the time.
        """
        when = self._now + seconds
        if (
            self.ready
            or self._inbox
            or self._ticks
            or (self._timers and self._timers[0][0] <= when)
            or self.outsiders
            or self.speed != math.inf
            or self._closed
        ):
            return False
        self._now = when
        self._turn += 1
        return True

    def sleep_until(self, when: float, *, deadline: bool = False) -> Trap:
        """Await this to wait until a virtual time, in seconds since the Unix epoch."""
        return self._until(self._true(when), deadline)

    def call_at(self, when: float, function: Callable[[], None]) -> None:
        """Call a function at a virtual time, in seconds since the Unix epoch. Clock thread only."""
        self._at(self._true(when), function)

    def _until(self, when: float, deadline: bool) -> Trap:
        return Trap(lambda fiber: self._at(when, fiber.resume, deadline).cancel)

    def _true(self, when: float) -> float:
        """On this clock, a time in `shifted`."""
        shift = _shift.get()
        return when if shift is None else when + shift.seconds

    def tick(self, when: float) -> Trap:
        """Await this to wait until a recurring schedule's next time, in seconds since the Unix epoch.

        It never drives the clock. It is woken when something else lets that time pass, and what its coroutine then
        starts does not count as something else: a schedule that started an execution a minute, each of two minutes,
        would go on for ever at the speed of the machine. When the time passed without it, it is woken late.
        """
        when = self._true(when)

        def arm(fiber: Fiber[Any]) -> Callable[[], None]:
            fiber.by_schedule = True
            return self._at(when, fiber.resume, queue=self._ticks).cancel

        return Trap(arm)

    async def work(self, function: Callable[..., T], *args: Any, seconds: float = 0.0, limit: float | None = None) -> T:
        """Run real work in a worker thread, started now; resume at virtual now + `seconds` with its result.

        Args:
            function: what to run, with `args`; its exception is raised here.
            seconds: how long the work takes on AWS (virtual seconds). It may really take more or less.
            limit: real seconds after which virtual time goes on without the result: to now + limit, so that a
                TimeoutSeconds of that length fires as it would on AWS, and from there second by second.
        """
        started = time.monotonic()
        caller = _Caller()
        work = self._pool.submit(self._run_work, caller, partial(copy_context().run, function, *args))

        def arm(fiber: Fiber[Any]) -> Callable[[], None]:
            timer = self._at(self._now + seconds, fiber.resume)
            timer.work, timer.caller = work, caller
            if limit is not None:
                timer.limit_at, timer.moved_to = started + limit, self._now + max(seconds, limit)

            def disarm() -> None:
                timer.cancel()
                work.cancel()

            return disarm

        work.add_done_callback(self._ring)
        await Trap(arm)
        return work.result()

    def begin(self, function: Callable[..., T], *args: Any) -> Callable[[], T]:
        """Begin real work before its time on the clock has come; what is returned waits for its result. Any thread."""
        return self._pool.submit(copy_context().run, function, *args).result

    def _run_work(self, caller: _Caller, function: Callable[[], T]) -> T:
        thread = threading.get_ident()
        self._callers[thread] = caller  # not behind the bell's lock, for which the clock and 32 workers would queue
        try:
            return function()
        finally:
            del self._callers[thread]

    async def timeout(self, coro: Coroutine[Any, Any, T], seconds: float) -> T:
        """Await `coro` for virtual seconds at most.

        Raises:
            TimedOut: the seconds passed first; `coro` was cancelled.
        """
        fiber = Fiber(self, coro)
        fiber.wake(None, None)
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = not fiber.done
            fiber.cancel()

        timer = self._at(self._now + seconds, expire, True)
        try:
            return await fiber
        except Cancelled:
            if expired:
                raise TimedOut from None
            raise
        finally:
            timer.cancel()
            fiber.cancel()

    async def gather(self, coros: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """Run coroutines side by side, started in order; their results in the same order.

        The first exception cancels the others and is raised; so does being cancelled oneself.
        """
        done: Signal[None] = Signal(self)
        coros = list(coros)
        fibers = [Fiber(self, self._report(coro, done)) for coro in coros]
        left = len(fibers)

        def count() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                done.settle(None, None)

        for fiber in fibers:
            fiber.watchers.append(count)
            fiber.wake(None, None)
        try:
            if fibers:
                await done
        finally:
            for fiber in fibers:
                fiber.cancel()
            for coro in coros:
                drop(coro)
        return [fiber.result() for fiber in fibers]

    @staticmethod
    async def _report(coro: Coroutine[Any, Any, T], failed: Signal[None]) -> T:
        try:
            return await coro
        except Exception as error:
            failed.settle(None, error)
            raise

    # ---- the loop

    def _at(
        self,
        when: float,
        fire: Callable[[], None],
        deadline: bool = False,
        *,
        queue: list[tuple[float, int, _Timer]] | None = None,
    ) -> _Timer:
        timer = _Timer(fire, deadline, self.by_schedule)
        entry = (when if when > self._now else self._now, next(self._sequence), timer)
        heapq.heappush(self._timers if queue is None else queue, entry)
        return timer

    def _ring(self, _work: Future[Any]) -> None:
        with self._bell:
            self._bell.notify_all()

    def _run(self) -> None:
        self._thread_id = threading.get_ident()
        ready, inbox, timers, ticks = self.ready, self._inbox, self._timers, self._ticks
        while not self._closed:
            while inbox:
                inbox.popleft()()
            if ready:
                self._turn += 1
                fiber, value, error = ready.popleft()
                fiber.step(value, error)
                continue
            while timers and timers[0][2].cancelled:
                heapq.heappop(timers)
            while ticks and ticks[0][2].cancelled:
                heapq.heappop(ticks)
            due = ticks if ticks and timers and ticks[0] < timers[0] and self._is_driven() else timers
            if not due:
                self._held_at = None
                self._rest()
            elif self._may_fire(*due[0]):
                when, _, timer = heapq.heappop(due)
                self._now = when if when > self._now else self._now
                self._turn += 1
                timer.fire()
        while inbox:  # answer those who called while the loop ended
            inbox.popleft()()
        while ready:
            drop(ready.popleft()[0].coro)

    def _works_for_schedules(self) -> bool:
        """Whether all real work that is under way is the consequence of recurring schedules."""
        under_way = [timer.by_schedule for _, _, timer in self._timers if timer.work is not None]
        return bool(under_way) and all(under_way)

    def _is_driven(self) -> bool:
        """Whether anything but the consequences of recurring schedules lets time pass."""
        return any(not timer.by_schedule and not timer.cancelled for _, _, timer in self._timers)

    def _may_fire(self, when: float, _sequence: int, timer: _Timer) -> bool:
        """Whether the first timer's time has come; if not, wait a while for that or for a call."""
        gap = when - self._now
        if gap > 0 and (self.outsiders or self.speed != math.inf):
            real = time.monotonic()
            pause = 0.0 if self.speed == math.inf else gap / self.speed
            if self.outsiders and gap >= 1:  # shorter steps are work that goes on elsewhere
                if self._held_at is None:
                    self._held_at = real
                outside_at = real if self._acting else self._outside_at
                quiet_at = min(outside_at, self._held_at + MAX_PATIENCE) + PATIENCE
                pause = max(pause, quiet_at - real)
            if pause > 0 and (self._pause(pause) or self._acting):
                # A call came in the middle of the gap, or is answered: it happens at the virtual time that this is.
                if self.speed != math.inf:
                    self._now += gap * min(1.0, (time.monotonic() - real) / pause)
                return False
        work = timer.work
        if work is None or work.done():
            self._held_at = None if gap >= 1 else self._held_at
            return True
        self._now = when if when > self._now else self._now
        left = timer.limit_at - time.monotonic()
        if left <= 0:
            self._put_off(max(timer.moved_to, self._now))
            timer.limit_at, timer.moved_to = time.monotonic() + 1.0, max(timer.moved_to, self._now) + 1.0
            return False
        past = self._past(timer)
        if past is not None:
            timer.caller.looks, timer.caller.looked_at = 0, -1
            self._put_off(past)
        else:
            self._pause(None if left == math.inf else left, unless=lambda: work.done() or self._past(timer) is not None)
        return False

    def _past(self, asking: _Timer) -> float | None:
        """Past which time the end of work is to be put off: that of the next thing to happen, if it waits for one.

        A look counts when it told of what is now: else the work might learn of an end in its next look, and time
        would have gone on too far. The end of other work that is being put off is nothing to wait for.
        """
        caller = asking.caller
        if not self._idles(caller):
            return None
        others = [
            (when, sequence, timer.deadline)
            for when, sequence, timer in self._timers
            if timer is not asking
            and not timer.cancelled
            and not (self._idles(timer.caller) and timer.work is not None and not timer.work.done())
        ]
        if not others:
            return None
        when, _, deadline = min(others)
        return when if caller.waits or not deadline or caller.looks >= _STUBBORN else None

    def _idles(self, caller: _Caller) -> bool:
        """Whether real work does nothing but wait for the clock: by a request, or by looks of which the last is new."""
        return caller.waits or (caller.polls and caller.looked_at == self._turn)

    def _put_off(self, when: float) -> None:
        """The first timer fires later, after what is already due then."""
        timer = heapq.heappop(self._timers)[2]
        heapq.heappush(self._timers, (when, next(self._sequence), timer))

    def _rest(self) -> None:
        """Sleep until there is something to do."""
        with self._bell:
            self._rests = True
            while self._is_lent or not self._is_wanted():
                self._bell.wait()
            self._rests = False
            self._bell.notify_all()

    def _pause(self, seconds: float | None, unless: Callable[[], bool] | None = None) -> bool:
        """Sleep real seconds (None: for ever) until a call or a result comes in; True when woken by one."""
        with self._bell:
            if self._inbox or self._closed or (unless is not None and unless()):
                return True
            return self._bell.wait(seconds)
