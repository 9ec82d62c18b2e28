"""What every state has in common: it is entered, does its work, is retried or caught, and is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from localcloud.asl.dataflow import Dataflow, dataflow
from localcloud.asl.errors import RUNTIME, StateFailed
from localcloud.asl.frame import Frame, Visit
from localcloud.asl.retry import Catcher, Retries, catcher_for

if TYPE_CHECKING:
    from localcloud.asl.machine import Machine


class Outcome(NamedTuple):
    """How a visit ends: the next state's name (None: the machine ends), the output, the assigned variables."""

    next: str | None
    output: Any
    assigned: dict[str, Any] | None


class State:
    """One state of a definition, compiled once and visited often.

    Args:
        name: the state's name.
        fields: its fields, from a definition that passed validation.
        is_jsonata: its query language.
    """

    #: The state types by the name that definitions give them.
    types: ClassVar[dict[str, type[State]]] = {}
    kind: ClassVar[str]
    #: Whether its errors are its sub-machines' too, and end with an event of its own.
    failed_event: ClassVar[str | None] = None

    def __init__(self, name: str, fields: dict[str, Any], is_jsonata: bool) -> None:
        self.name, self.fields, self.is_jsonata = name, fields, is_jsonata
        self.next: str | None = fields.get("Next")
        self.flow: Dataflow = dataflow(fields, is_jsonata)
        self.retries = Retries(fields["Retry"]) if fields.get("Retry") else None
        self.catchers = [Catcher(entry, is_jsonata) for entry in fields.get("Catch") or []]

    def __init_subclass__(cls) -> None:
        State.types[cls.kind] = cls

    def machines(self) -> list[Machine]:
        """The machines inside this state: branches, or an item processor."""
        return []

    async def perform(self, visit: Visit) -> Outcome:
        """Do what this type of state does. Raises StateFailed."""
        raise NotImplementedError

    async def run(self, frame: Frame, data: Any, visit: Visit | None = None) -> tuple[str | None, Any]:
        """Visit the state with its input, or go on with the visit that a redrive picks up.

        Returns:
            The next state's name (None at the end) and the output.

        Raises:
            StateFailed: it failed, and neither Retry nor Catch helped.
        """
        if visit is None:
            visit = Visit(frame, self, data)
        else:
            frame.current = visit
        counters = self.retries.counters() if self.retries else []
        while True:
            try:
                outcome = await self.perform(visit)
                return outcome.next, visit.leave(outcome.output, outcome.assigned)
            except StateFailed as failure:
                source = frame.execution.random
                delay = self.retries.delay(failure, counters, source) if self.retries else None
                if delay is None:
                    return self._give_up(visit, failure)
            visit.retry_count += 1
            visit.progress = None
            visit.renew()
            await frame.execution.clock.sleep(delay)

    def _give_up(self, visit: Visit, failure: StateFailed) -> tuple[str, Any]:
        if self.failed_event is not None and not (failure.error == RUNTIME and failure.origin is visit):
            visit.frame.event(self.failed_event)
        catcher = catcher_for(self.catchers, failure)
        if catcher is None:
            raise failure
        visit.renew(token=visit.token)
        output, assigned = catcher.flow.caught(visit, failure)
        return catcher.next, visit.leave(output, assigned)


def compile_state(name: str, fields: dict[str, Any], is_jsonata: bool) -> State:
    """Compile one state of a definition that passed validation; its own QueryLanguage wins over `is_jsonata`."""
    if "QueryLanguage" in fields:
        is_jsonata = fields["QueryLanguage"] == "JSONata"
    return State.types[fields["Type"]](name, fields, is_jsonata)
