"""Where a running machine stands: what its states share, its threads of events, one visit of a state at a time."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from localcloud.asl import errors
from localcloud.asl.data import to_json
from localcloud.asl.distributed.run import MapRun
from localcloud.asl.environment import Environment
from localcloud.asl.errors import StateFailed
from localcloud.asl.history import NOT_TRUNCATED, History, too_large
from localcloud.asl.past import Machine, Past
from localcloud.time.clock import Clock

#: Virtual seconds between leaving a state and entering the next. Standard workflows take some tens of
#: milliseconds for a transition on AWS; a fixed small step keeps branches interleaved and loops finite in time.
TRANSITION_SECONDS = 0.02

#: States that leave an event when they are cut short (API reference, HistoryEvent type).
_ABORTABLE = {"Task", "Wait", "Parallel", "Map"}


@lru_cache(maxsize=16)
def iso(timestamp: float) -> str:
    """A timestamp as the context object gives it: 2026-01-05T09:00:00.000Z."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Runnable(Machine, Protocol):
    """A machine, as whoever runs it needs it."""

    timeout_seconds: int | None

    def run(self, frame: Frame, data: Any) -> Coroutine[Any, Any, Any]:
        """From the start to the end; the output. Raises StateFailed."""

    def resume(self, frame: Frame) -> Coroutine[Any, Any, Any]:
        """The same from where the frame was interrupted."""


class StartMapRun(Protocol):
    """How a distributed Map asks its execution for a map run."""

    def __call__(
        self,
        processor: Runnable,
        label: str,
        execution_type: str,
        *,
        max_concurrency: int,
        tolerated_count: int,
        tolerated_percentage: float,
    ) -> MapRun:
        """A map run without inputs yet.

        Args:
            processor: what each child execution runs.
            label: the Map's Label, or one made for it.
            execution_type: of the children: STANDARD or EXPRESS.
            max_concurrency, tolerated_count, tolerated_percentage: the limits, 0 for none given.
        """


@dataclass(slots=True)
class Running:
    """What the states of one execution share.

    Args:
        seed: of the execution's own generator.
        context: the context object without State, Map and Task.
        on_exit: called when a state is left.
        past: of a fork, what it is told again.
    """

    clock: Clock
    history: History
    seed: str
    context: dict[str, Any]
    environment: Environment
    map_run: StartMapRun
    on_exit: Callable[[], object] | None = None
    past: Past | None = None
    _random: random.Random | None = None

    @property
    def random(self) -> random.Random:
        """The execution's own generator, seeded when it is first asked for: most executions never do."""
        if self._random is None:
            self._random = random.Random(self.seed)
        return self._random

    def wait(self, frame: Frame, seconds: float, *before: str) -> Awaitable[None]:
        """Await this to wait virtual seconds, before an event whose type ends in one of these words."""
        return self.clock.sleep(seconds) if self.past is None else self.past.wait(frame, seconds, before)


class Frame:
    """One thread of events: an execution's own, a branch's, or an iteration's.

    Args:
        running: what it shares with the other frames of its execution.
        previous: the id of the last event of this thread.
        variables: what its states can read; a child frame works on a copy, so nothing it assigns gets out.
        map_item: the context object's "Map" member in an iteration.
    """

    __slots__ = ("children", "current", "interrupted", "map_item", "previous", "running", "variables")

    def __init__(
        self, running: Running, previous: int, variables: dict[str, Any], map_item: dict[str, Any] | None
    ) -> None:
        self.running, self.previous, self.variables, self.map_item = running, previous, variables, map_item
        self.current: Visit | None = None
        self.interrupted: Visit | None = None  # where a redrive goes on
        self.children: list[Frame] = []

    def child(self, map_item: dict[str, Any] | None = None) -> Frame:
        """A frame for a branch or an iteration that starts here."""
        frame = Frame(self.running, self.previous, dict(self.variables), map_item or self.map_item)
        self.children.append(frame)
        return frame

    def event(self, kind: str, details: tuple[str, dict[str, Any]] | None = None, *, advance: bool = True) -> int:
        """Add an event to this thread. Without `advance`, the next one follows the same event as this one."""
        running = self.running
        identity = running.history.add(running.clock.now(), kind, self.previous, details)
        if advance:
            self.previous = identity
        return identity

    def abort(self) -> None:
        """Leave the events of what is cut short in this thread and below it."""
        for child in self.children:
            child.abort()
        if self.current is not None:
            if self.current.kind in _ABORTABLE:
                self.event(f"{self.current.kind}StateAborted", advance=False)
            self.current, self.interrupted = None, self.current


class Visit:
    """One visit of a state: its input, the moment, how often it was retried.

    Args:
        name, kind: the state's name and its type.
        has_retry: whether the state can be retried, which the context object tells.

    Attributes:
        note: who is told what the steps of the data flow led to, under InspectionData's names; in a run nobody is.
    """

    __slots__ = (
        "_context",
        "before",
        "entered_at",
        "entered_id",
        "frame",
        "has_retry",
        "input",
        "kind",
        "name",
        "note",
        "progress",
        "retry_count",
        "token",
    )

    def __init__(self, frame: Frame, name: str, kind: str, data: Any, has_retry: bool) -> None:
        self.frame, self.name, self.kind, self.input, self.has_retry = frame, name, kind, data, has_retry
        self.retry_count = 0
        self.token: str | None = None
        self.note: Callable[[str, Any], None] | None = None
        self.progress: Any = None  # what a Parallel or a Map has done so far, for a redrive
        self._context: dict[str, Any] | None = None
        running = frame.running
        self.entered_at = running.clock.now()
        self.before = frame.previous
        details = {"name": name, "input": running.history.text(data), "inputDetails": NOT_TRUNCATED}
        self.entered_id = frame.event(f"{kind}StateEntered", ("stateEnteredEventDetails", details))
        frame.current = self

    def leave(self, output: Any, assigned: Mapping[str, Any] | None) -> Any:
        """Leave the state with its output; variables take their new values now."""
        frame = self.frame
        text = frame.running.history.text(output)
        if too_large(text):
            raise StateFailed(
                errors.DATA_LIMIT_EXCEEDED,
                f"The state/task '{self.name}' returned a result with a size exceeding the maximum number "
                "of bytes service limit.",
            )
        details: dict[str, Any] = {"name": self.name, "output": text, "outputDetails": NOT_TRUNCATED}
        if assigned:
            frame.variables.update(assigned)
            details["assignedVariables"] = {name: to_json(value) for name, value in assigned.items()}
            details["assignedVariablesDetails"] = NOT_TRUNCATED
        frame.event(f"{self.kind}StateExited", ("stateExitedEventDetails", details))
        frame.current = self.progress = None
        if frame.running.on_exit:
            frame.running.on_exit()
        return output

    @property
    def context(self) -> dict[str, Any]:
        """The context object, `$$` or `$states.context`, built when it is first asked for."""
        if self._context is None:
            state: dict[str, Any] = {"EnteredTime": iso(self.entered_at), "Name": self.name}
            if self.has_retry:
                state["RetryCount"] = self.retry_count
            self._context = {**self.frame.running.context, "State": state}
            if self.frame.map_item is not None:
                self._context["Map"] = self.frame.map_item
            if self.token is not None:
                self._context["Task"] = {"Token": self.token}
        return self._context

    def renew(self, *, token: str | None = None) -> None:
        """The context object has changed: another attempt, another token."""
        self.token, self._context = token, None

    def failure(self, message: str, error: str = errors.RUNTIME) -> StateFailed:
        """A failure of this state itself, with the cause worded as the service does."""
        return StateFailed(
            error,
            f"An error occurred while executing the state '{self.name}' (entered at the event id "
            f"#{self.entered_id}). {message}",
            self,
        )

    def evaluation_failure(self, message: str, field: str | None, *, early: bool = True) -> StateFailed:
        """A JSONata failure of this state: leaves its event, and can be caught.

        Args:
            early: the event follows what came before the state was entered, as the service records it for
                expressions; otherwise it follows the entering (a value that is no timestamp).
        """
        failure = self.failure(message, errors.QUERY_EVALUATION)
        details = {"error": failure.error, "cause": failure.cause, "state": self.name}
        if field is not None:
            details["location"] = field
        if early and self.frame.previous == self.entered_id:
            self.frame.previous = self.before
        self.frame.event("EvaluationFailed", ("evaluationFailedEventDetails", details))
        return failure
