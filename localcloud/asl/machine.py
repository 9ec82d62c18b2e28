"""A definition, compiled: states by name, and how one leads to the next."""

from __future__ import annotations

from typing import Any

from localcloud.asl.frame import TRANSITION_SECONDS, Frame
from localcloud.asl.states.base import compile_state


class Machine:
    """A state machine, a branch, or an item processor.

    Args:
        definition: its JSON value, from a definition that passed validation.
        is_jsonata: the query language it inherits; its own QueryLanguage wins.
    """

    def __init__(self, definition: dict[str, Any], is_jsonata: bool = False) -> None:
        if "QueryLanguage" in definition:
            is_jsonata = definition["QueryLanguage"] == "JSONata"
        self.definition = definition
        self.start_at: str = definition["StartAt"]
        self.timeout_seconds: int | None = definition.get("TimeoutSeconds")
        self.states = {name: compile_state(name, fields, is_jsonata) for name, fields in definition["States"].items()}

    async def run(self, frame: Frame, data: Any) -> Any:
        """Run from StartAt with an input to the end; return the output. Raises StateFailed."""
        return await self._run(frame, self.start_at, data)

    async def resume(self, frame: Frame) -> Any:
        """Go on where the frame was interrupted, as a redrive does. Raises StateFailed."""
        visit, frame.interrupted = frame.interrupted, None
        if visit is None:
            raise RuntimeError("nothing was interrupted in this frame")
        visit.renew(token=None)
        name, data = await visit.state.run(frame, visit.input, visit)
        return await self._run(frame, name, data)

    async def _run(self, frame: Frame, name: str | None, data: Any) -> Any:
        clock = frame.execution.clock
        while name is not None:
            await clock.sleep(TRANSITION_SECONDS)
            name, data = await self.states[name].run(frame, data)
        return data
