"""A definition, compiled: states by name, how one leads to the next, and what all of them have in common.

A state is entered, does its work, is retried or caught, and is left. States and machines hold each other (a Map holds
its item processor), hence one module for both; `compiler` makes them from a definition.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar, NamedTuple

from localcloud.asl.dataflow import Dataflow, dataflow
from localcloud.asl.errors import RUNTIME, StateFailed
from localcloud.asl.language import Fields, Language
from localcloud.asl.retry import Catcher, Retrier, handler_of
from localcloud.asl.running import TRANSITION_SECONDS, Frame, Visit


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
        language: its query language.
        machines: the machines inside it: branches, or an item processor.
    """

    kind: ClassVar[str]
    #: Whether its errors are its sub-machines' too, and end with an event of its own.
    failed_event: ClassVar[str | None] = None

    def __init__(self, name: str, fields: Fields, language: Language, machines: Sequence[Machine]) -> None:
        self.name, self.fields, self.language, self.machines = name, fields, language, machines
        self.next: str | None = fields.get("Next")
        self.flow: Dataflow = dataflow(fields, language)
        self.retriers = [Retrier(entry) for entry in fields.get("Retry") or []]
        self._has_retry = bool(self.retriers)
        self.catchers = [Catcher(entry, language) for entry in fields.get("Catch") or []]

    async def perform(self, visit: Visit) -> Outcome:
        """Do what this type of state does. Raises StateFailed."""
        raise NotImplementedError

    def run(self, frame: Frame, data: Any) -> Coroutine[Any, Any, tuple[str | None, Any]]:
        """Visit the state with its input.

        Returns:
            The next state's name (None at the end) and the output.

        Raises:
            StateFailed: it failed, and neither Retry nor Catch helped.
        """
        return self.go_on(Visit(frame, self.name, self.kind, data, self._has_retry))

    async def go_on(self, visit: Visit) -> tuple[str | None, Any]:
        """The same with a visit that has begun, as a redrive finds it."""
        frame = visit.frame
        frame.current = visit
        retries: dict[int, int] = {}  # how often each entry of Retry was used
        while True:
            try:
                following, output, assigned = await self.perform(visit)
                return following, visit.leave(output, assigned)
            except StateFailed as failure:
                delay = None
                found = handler_of(failure, self.retriers)
                if found is not None:
                    index, retrier = found
                    used = retries.get(index, 0)
                    delay, retries[index] = retrier.delay(used, frame.running.random), used + 1
                if delay is None:
                    return self._give_up(visit, failure)
            visit.retry_count += 1
            visit.progress = None
            visit.renew()
            await frame.running.wait(frame, delay, "Scheduled", "StateStarted")

    def _give_up(self, visit: Visit, failure: StateFailed) -> tuple[str, Any]:
        if self.failed_event is not None and not (failure.error == RUNTIME and failure.origin is visit):
            visit.frame.event(self.failed_event)
        found = handler_of(failure, self.catchers)
        if found is None:
            raise failure
        return self.catch(visit, failure, found[1])

    def catch(self, visit: Visit, failure: StateFailed, catcher: Catcher) -> tuple[str, Any]:
        """Leave the state by an entry of Catch: where to, and with which output. Raises StateFailed."""
        visit.renew(token=visit.token)
        output, assigned = catcher.flow.caught(visit, failure)
        return catcher.next, visit.leave(output, assigned)


class Machine:
    """A state machine, a branch, or an item processor.

    Args:
        definition: its JSON value, from a definition that passed validation.
        states: its states by name.
    """

    def __init__(self, definition: Fields, states: dict[str, State]) -> None:
        self.definition, self.states = definition, states
        self.start_at: str = definition["StartAt"]
        self.timeout_seconds: int | None = definition.get("TimeoutSeconds")

    async def run(self, frame: Frame, data: Any) -> Any:
        """Run from StartAt with an input to the end; return the output. Raises StateFailed."""
        return await self._run(frame, self.start_at, data)

    async def resume(self, frame: Frame) -> Any:
        """Go on where the frame was interrupted, as a redrive does. Raises StateFailed."""
        visit, frame.interrupted = frame.interrupted, None
        if visit is None:
            raise RuntimeError("nothing was interrupted in this frame")
        visit.renew(token=None)
        name, data = await self.states[visit.name].go_on(visit)
        return await self._run(frame, name, data)

    async def _run(self, frame: Frame, name: str | None, data: Any) -> Any:
        clock, past = frame.running.clock, frame.running.past
        while name is not None:
            if past is not None and not past.over:
                data = await past.enter(frame, name, data, TRANSITION_SECONDS)
            elif not clock.skip(TRANSITION_SECONDS):
                await clock.sleep(TRANSITION_SECONDS)
            name, data = await self.states[name].run(frame, data)
        return data
