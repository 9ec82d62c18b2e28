"""What an execution did up to a moment, told again to another one that goes on from there: a fork.

The new execution runs by its definition from the start, but what took time or money is not done again: each wait ends,
and each task answers, when and as the history says. Its events up to the moment are those of the history. So it comes
to stand where the other one stood, with every branch, iteration, variable and retry; nothing else knows these. From
there on it is an execution like any other, on a clock of its own that goes on at that moment.

A task that had been started and had not ended is not started again where the history knows its end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from localcloud.asl.environment import TaskFailure
from localcloud.asl.errors import HeartbeatMissed, StateFailed
from localcloud.asl.history import History
from localcloud.time.clock import Clock, Shift, Signal, TimedOut

Event = dict[str, Any]
KEPT = object()  # what is not changed

_ENDS = ("Succeeded", "Failed", "TimedOut")
_OF_TASK = re.compile("(Task|LambdaFunction|Activity)(?!State)")
_OF_MAP_RUN = re.compile("MapRun|MapState(?!Aborted|Failed)")


class Machine(Protocol):
    """What of a machine can become another: its states by name, each with the `machines` inside it."""

    states: dict[str, Any]


class Thread(Protocol):
    """What of a thread of events is needed here; see `running.Frame`."""

    previous: int
    variables: dict[str, Any]

    def event(self, kind: str, details: tuple[str, dict[str, Any]] | None = None, *, advance: bool = True) -> int:
        """Add an event to this thread."""


class Diverged(Exception):
    """The execution cannot be forked there; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from a moment on.

    Args:
        at: the id of the first event that is not kept: a state's entering, or the end of a task's last try.
        task: of the latter, the id of the event with which the try began; else 0.
        input: of the state that is entered.
        variables: that are set then.
        result: what the task answers in place of how it ended.
        machine: what runs from there on.
    """

    at: int
    task: int = 0
    input: Any = KEPT
    variables: dict[str, Any] | None = None
    result: Any = KEPT
    machine: Machine | None = None


def moment(events: Sequence[Event], state: str, visit: int | None, *, of_result: bool) -> tuple[int, int]:
    """Where a visit of a state begins, or where its task ends: `at` and `task` of a Change.

    Args:
        visit: counted from 1 in the order of entry; None is the last.

    Raises:
        Diverged: there is no such visit, or it has no task.
    """
    entered = [each for each in events if str(each["type"]).endswith("StateEntered")]
    visits = [each for each in entered if _name(each) == state]
    if not visits or not 1 <= (visit or len(visits)) <= len(visits):
        names = ", ".join(dict.fromkeys(str(_name(each)) for each in entered))
        raise Diverged(f'There is no such visit: "{state}" was visited {len(visits)} times. Entered were: {names}.')
    begin = visits[(visit or len(visits)) - 1]
    if any(each["type"] == "ExecutionRedriven" and each["id"] < begin["id"] for each in events):
        raise Diverged(f'"{state}" was visited after a redrive. Fork at a visit before it.')
    if not of_result:
        return int(begin["id"]), 0
    task, end, thread = 0, 0, begin
    for each in events:
        if each["previousEventId"] == thread["id"] and _OF_TASK.match(each["type"]):
            thread = each
            if str(each["type"]).endswith("Scheduled"):
                task, end = each["id"], 0
            elif str(each["type"]).endswith(_ENDS):
                end = each["id"]
    if begin["type"] != "TaskStateEntered" or not task:
        raise Diverged(f'"{state}" called nothing, so it has no result. Change the input of the state after it.')
    after = [each["id"] for each in events if each["id"] > thread["id"]]  # it was cut short, or has not ended
    return int(end or (after[0] if after else len(events) + 1)), int(task)


class Past(History):
    """A history whose beginning is another's, and what led there.

    Args:
        events: the other execution's, whole: also what came later is known of tasks that had been started.
        change: what is different, and from when on.
        clock: on which the new one runs.
        max_events: see `History`.
        begins: called when the new execution goes on by itself.
        fails: called with the reason when it cannot come to stand there.

    Attributes:
        over: the new execution goes on by itself.
        began: set then.
        shift: how far its time is behind the clock's.
    """

    def __init__(
        self,
        events: Sequence[Event],
        change: Change,
        clock: Clock,
        max_events: int,
        begins: Callable[[], None],
        fails: Callable[[str], None],
    ) -> None:
        super().__init__(max_events)
        self._record, self.change, self._clock = events, change, clock
        self._begins, self._fails = begins, fails
        self.events = list(events[: change.at - 1])
        self.over = False
        self.began: Signal[None] = Signal(clock)
        self.shift = Shift()
        self._repeated: set[int] = set()
        self._next = 1  # the first event that was not told again yet
        self._after: dict[int, list[Event]] = {}
        for event in events:
            self._after.setdefault(event["previousEventId"], []).append(event)
        self._turns: dict[int, Signal[None]] = {}
        self._later: list[tuple[int, float, Signal[None]]] = []
        self._set_clock()

    # ---- events

    def add(self, timestamp: float, kind: str, previous: int, details: tuple[str, dict[str, Any]] | None = None) -> int:
        """Append an event; up to the moment, find it in the history instead. Raises Diverged."""
        if self._next == self.change.at:
            return super().add(timestamp, kind, previous, details)
        name = (details[1].get("name"), details[1].get("index")) if details else (None, None)
        for event in self._after.get(previous, ()):
            known = event["id"] < self.change.at and event["id"] not in self._repeated
            if known and event["type"] == kind and (_name(event), _details(event).get("index")) == name:
                self._check(event, details[1] if details else {})
                self._repeated.add(event["id"])
                self._advance()
                return int(event["id"])
        raise self._diverged(f"{kind} of {name[0] or 'the execution'} is not in the history after event {previous}")

    def _check(self, event: Event, details: dict[str, Any]) -> None:
        for member in ("input", "output"):
            if str(event["type"]).endswith(("StateEntered", "StateExited")) and member in details:
                recorded = _details(event).get(member)
                if recorded != details[member] and json.loads(recorded or "null") != json.loads(details[member]):
                    raise self._diverged(f"the {member} at event {event['id']} comes out otherwise than in the history")

    def _diverged(self, why: str) -> Diverged:
        reason = f"The execution cannot be forked at event {self.change.at}: {why}. Fork it at an earlier state."
        self._fails(reason)
        return Diverged(reason)

    def _advance(self) -> None:
        while self._next in self._repeated:
            self._next += 1
        self._set_clock()
        if self._next in self._turns:  # like the timer that it was: when nothing else is left to happen
            self._clock.call_at(self._clock.now(), partial(self._turns.pop(self._next).settle, None, None))

    def watch(self) -> None:
        """Told at the start: since no time passes until the moment, whoever still waits then waits for ever."""
        self._clock.call_at(self._clock.now() + 0.001, self._give_up)

    def _give_up(self) -> None:
        if not self.over:
            problem = self._diverged(f"the definition does not lead to event {self._next}")
            for signal in (*self._turns.values(), *(later[2] for later in self._later)):
                signal.settle(None, problem)

    def _go_on(self) -> None:
        """The moment has come."""
        self.over = True
        self._begins()
        # In the order in which their events came, before anything new: that decides between equal times.
        for _, when, each in sorted(self._later, key=lambda entry: entry[0]):
            self._clock.call_at(when, partial(each.settle, None, None))
        self.began.settle(None, None)

    def _set_clock(self) -> None:
        """It is the time of the next event."""
        if self._record:
            event = self._record[min(self._next, len(self._record)) - 1]
            self.shift.seconds = self._clock.true_now() - event["timestamp"]

    # ---- what takes time

    async def wait(self, frame: Thread, seconds: float, kinds: tuple[str, ...]) -> None:
        """Wait as the history did, for the next event of this thread: one of these kinds."""
        if self.over:
            await self._clock.sleep(seconds)
        else:
            await self._until(self._find(frame.previous, kinds), seconds)

    async def enter(self, frame: Thread, name: str, data: Any, seconds: float) -> Any:
        """Wait until a state is entered; its input. At the moment, what is changed is."""
        change, event = self.change, self._find(frame.previous, ("StateEntered",), name)
        await self._until(event, seconds)
        if event is None or event["id"] != change.at or change.task:
            return data
        frame.variables.update(change.variables or {})
        self._go_on()
        return data if change.input is KEPT else change.input

    async def outcome(self, frame: Thread) -> Any:
        """What a task that has been scheduled came to, its events told again; its result.

        Raises:
            TaskFailure, TimedOut, HeartbeatMissed: as it failed.
            LookupError: the history does not know; it is the moment, and the task is to be called.
        """
        change = self.change
        begun = self._record[frame.previous - 1]
        changed = change.task == begun["id"]
        for event in self._thread(frame.previous, _OF_TASK):
            if changed and event["id"] >= change.at:
                break
            await self._until(event, 0)
            kind, details = str(event["type"]), _details(event)
            if kind.endswith("Succeeded"):
                return json.loads(details.get("output") or "null")
            if kind.endswith("Failed"):
                raise TaskFailure(details.get("error"), details.get("cause"))
            if kind.endswith("TimedOut"):
                raise HeartbeatMissed if _missed(begun, event) else TimedOut
            self._tell(frame, event)
        if not changed:
            await self.began
            raise LookupError
        await self._turn(change.at)
        self._go_on()
        return change.result

    async def _until(self, event: Event | None, seconds: float) -> None:
        """Wait for an event's turn; for one that comes after the moment, or never came, until its time."""
        when = self._clock.now() + seconds if event is None else event["timestamp"]
        if event is not None and event["id"] <= self.change.at:
            await self._turn(event["id"])
        elif self.over:
            await self._clock.sleep_until(when)
        else:
            later: Signal[None] = Signal(self._clock)
            self._later.append((len(self._record) + 1 if event is None else event["id"], when, later))
            await later

    async def _turn(self, number: int) -> None:
        if number == self._next:
            await self._clock.sleep(0)
        else:
            await self._turns.setdefault(number, Signal(self._clock))

    def _find(self, previous: int, kinds: tuple[str, ...], name: str | None = None) -> Event | None:
        """The event of one of these kinds, of this state, that is to follow on one."""
        for event in self._after.get(previous, ()):
            if (
                event["id"] not in self._repeated
                and str(event["type"]).endswith(kinds)
                and name in (None, _name(event))
            ):
                return event
        return None

    def _tell(self, frame: Thread, event: Event, *, advance: bool = True) -> None:
        member = next((key for key in event if key.endswith("EventDetails")), None)
        frame.event(str(event["type"]), (member, event[member]) if member else None, advance=advance)

    async def whole(self, frame: Thread, name: str) -> tuple[Any, dict[str, Any] | None]:
        """A visit told again from its beginning to its end: its output, and what it assigned. Raises StateFailed."""
        for event in self._thread(frame.previous, _OF_MAP_RUN):
            if event["id"] >= self.change.at:
                raise self._diverged(f'"{name}" is at work then, in executions of its own')
            await self._turn(event["id"])
            kind, details = str(event["type"]), _details(event)
            if kind.endswith("StateExited"):
                assigned = details.get("assignedVariables")
                return json.loads(details["output"]), assigned and {key: json.loads(x) for key, x in assigned.items()}
            self._tell(frame, event, advance=kind != "MapStateSucceeded")
            if kind == "MapRunFailed":
                raise StateFailed(details.get("error"), details.get("cause"))
        raise self._diverged(f'"{name}" has not ended then')

    def _thread(self, previous: int, of: re.Pattern[str]) -> Iterator[Event]:
        """The events of these types that follow on one, each on the one before it."""
        while True:
            following = (each for each in self._after.get(previous, ()) if each["id"] not in self._repeated)
            event = next((each for each in following if of.match(each["type"])), None)
            if event is None:
                return
            yield event
            if event["type"] != "MapStateSucceeded":
                previous = event["id"]


def _missed(begun: Event, end: Event) -> bool:
    """Whether it was the heartbeat that did not come, which the events call a timeout as well."""
    limits = _details(begun)
    lasted = end["timestamp"] - begun["timestamp"]
    return "heartbeatInSeconds" in limits and lasted < limits.get("timeoutInSeconds", lasted + 1) - 0.001


def become(old: Machine, new: Machine) -> None:
    """Let a machine that runs go on by another definition; what that has not, it keeps."""
    for name, state in old.states.items():
        if name in new.states:
            for inner, other in zip(state.machines, new.states[name].machines, strict=False):
                become(inner, other)
    old.states = old.states | new.states


def _details(event: Event) -> dict[str, Any]:
    return next((value for key, value in event.items() if key.endswith("EventDetails")), {})


def _name(event: Event) -> Any:
    return _details(event).get("name")
