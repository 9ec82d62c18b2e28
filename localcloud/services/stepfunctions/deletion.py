"""How executions end whose state machine is being deleted: with the next state that they leave.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html ("On the next
state transition, the state machine's executions are terminated").
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from localcloud.asl.history import History

if TYPE_CHECKING:
    from localcloud.asl.execution import Execution


class LastHistory(History):
    """Goes on with an execution's history, and stops the execution when it leaves a state."""

    def __init__(self, execution: Execution) -> None:
        super().__init__(sys.maxsize if execution.is_express else execution.environment.max_events)
        self.events = execution.history.events
        self._execution = execution

    def add(self, timestamp: float, kind: str, previous: int, details: tuple[str, dict[str, Any]] | None = None) -> int:
        """Append an event; when it is the exit of a state, the execution is stopped at the clock's next turn."""
        identity = super().add(timestamp, kind, previous, details)
        if kind.endswith("StateExited"):
            self._execution.clock.spawn(self._stop())
        return identity

    async def _stop(self) -> None:
        self._execution.stop()
