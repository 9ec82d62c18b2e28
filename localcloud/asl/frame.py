"""Where a running machine stands: a thread of events, its variables, and one visit of a state at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from localcloud.asl import errors
from localcloud.asl.data import Data, EvaluationError, to_json
from localcloud.asl.errors import StateFailed
from localcloud.asl.history import NOT_TRUNCATED, too_large

if TYPE_CHECKING:
    from localcloud.asl.execution import Execution
    from localcloud.asl.states.base import State

T = TypeVar("T")

#: Virtual seconds between leaving a state and entering the next. Standard workflows take some tens of
#: milliseconds for a transition on AWS; a fixed small step keeps branches interleaved and loops finite in time.
TRANSITION_SECONDS = 0.02

#: States that leave an event when they are cut short (API reference, HistoryEvent type).
_ABORTABLE = {"Task", "Wait", "Parallel", "Map"}


def iso(timestamp: float) -> str:
    """A timestamp as the context object gives it: 2026-01-05T09:00:00.000Z."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Frame:
    """One thread of events: an execution's own, a branch's, or an iteration's.

    Args:
        execution: what it belongs to.
        previous: the id of the last event of this thread.
        variables: what its states can read; a child frame works on a copy, so nothing it assigns gets out.
        map_item: the context object's "Map" member in an iteration.
    """

    __slots__ = ("children", "current", "execution", "interrupted", "map_item", "previous", "variables")

    def __init__(
        self, execution: Execution, previous: int, variables: dict[str, Any], map_item: dict[str, Any] | None
    ) -> None:
        self.execution, self.previous, self.variables, self.map_item = (
            execution,
            previous,
            variables,
            map_item,
        )
        self.current: Visit | None = None
        self.interrupted: Visit | None = None  # where a redrive goes on
        self.children: list[Frame] = []

    def child(self, map_item: dict[str, Any] | None = None) -> Frame:
        """A frame for a branch or an iteration that starts here."""
        frame = Frame(self.execution, self.previous, dict(self.variables), map_item or self.map_item)
        self.children.append(frame)
        return frame

    def event(self, kind: str, details: tuple[str, dict[str, Any]] | None = None, *, advance: bool = True) -> int:
        """Add an event to this thread. Without `advance`, the next one follows the same event as this one."""
        execution = self.execution
        identity = execution.history.add(execution.clock.now(), kind, self.previous, details)
        if advance:
            self.previous = identity
        return identity

    def abort(self) -> None:
        """Leave the events of what is cut short in this thread and below it."""
        for child in self.children:
            child.abort()
        if self.current is not None:
            if self.current.state.kind in _ABORTABLE:
                self.event(f"{self.current.state.kind}StateAborted", advance=False)
            self.current, self.interrupted = None, self.current


class Visit:
    """One visit of a state: its input, the moment, how often it was retried."""

    __slots__ = (
        "_context",
        "before",
        "entered_at",
        "entered_id",
        "frame",
        "input",
        "progress",
        "retry_count",
        "state",
        "token",
    )

    def __init__(self, frame: Frame, state: State, data: Any) -> None:
        self.frame, self.state, self.input = frame, state, data
        self.retry_count = 0
        self.token: str | None = None
        self.progress: Any = None  # what a Parallel or a Map has done so far, for a redrive
        self._context: dict[str, Any] | None = None
        execution = frame.execution
        self.entered_at = execution.clock.now()
        self.before = frame.previous
        details = {"name": state.name, "input": execution.history.text(data), "inputDetails": NOT_TRUNCATED}
        self.entered_id = frame.event(f"{state.kind}StateEntered", ("stateEnteredEventDetails", details))
        frame.current = self

    def leave(self, output: Any, assigned: Mapping[str, Any] | None) -> Any:
        """Leave the state with its output; variables take their new values now."""
        frame = self.frame
        text = frame.execution.history.text(output)
        if too_large(text):
            raise StateFailed(
                errors.DATA_LIMIT_EXCEEDED,
                f"The state/task '{self.state.name}' returned a result with a size exceeding the maximum number "
                "of bytes service limit.",
            )
        details: dict[str, Any] = {"name": self.state.name, "output": text, "outputDetails": NOT_TRUNCATED}
        if assigned:
            frame.variables.update(assigned)
            details["assignedVariables"] = {name: to_json(value) for name, value in assigned.items()}
            details["assignedVariablesDetails"] = NOT_TRUNCATED
        frame.event(f"{self.state.kind}StateExited", ("stateExitedEventDetails", details))
        frame.current = None
        return output

    @property
    def context(self) -> dict[str, Any]:
        """The context object, `$$` or `$states.context`, built when it is first asked for."""
        if self._context is None:
            state: dict[str, Any] = {"EnteredTime": iso(self.entered_at), "Name": self.state.name}
            if self.state.retries:
                state["RetryCount"] = self.retry_count
            self._context = {**self.frame.execution.context, "State": state}
            if self.frame.map_item is not None:
                self._context["Map"] = self.frame.map_item
            if self.token is not None:
                self._context["Task"] = {"Token": self.token}
        return self._context

    def renew(self, *, token: str | None = None) -> None:
        """The context object has changed: another attempt, another token."""
        self.token, self._context = token, None

    def data(self, document: Any) -> Data:
        """What a JSONPath expression of this state sees."""
        return Data(document, self.context, self.frame.variables, self.frame.execution.random)

    def failure(self, message: str, error: str = errors.RUNTIME) -> StateFailed:
        """A failure of this state itself, with the cause worded as the service does."""
        return StateFailed(
            error,
            f"An error occurred while executing the state '{self.state.name}' (entered at the event id "
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
        details = {"error": failure.error, "cause": failure.cause, "state": self.state.name}
        if field is not None:
            details["location"] = field
        if early and self.frame.previous == self.entered_id:
            self.frame.previous = self.before
        self.frame.event("EvaluationFailed", ("evaluationFailedEventDetails", details))
        return failure

    def evaluate(self, expression: Callable[[Data], T], document: Any) -> T:
        """Evaluate a JSONPath expression, template or rule on a document.

        Raises:
            StateFailed: with the service's wording of what went wrong.
        """
        try:
            return expression(self.data(document))
        except EvaluationError as error:
            raise self.failure(error.message, error.error) from error
