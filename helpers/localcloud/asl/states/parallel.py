"""Parallel: branches side by side; all succeed, or the first failure ends them all."""

from __future__ import annotations

from typing import Any

from helpers.localcloud.asl.errors import StateFailed
from helpers.localcloud.asl.frame import Visit
from helpers.localcloud.asl.machine import Machine
from helpers.localcloud.asl.states.base import Outcome, State


class Parallel(State):
    """Runs its branches with the same input; its result is the list of their outputs."""

    kind = "Parallel"
    failed_event = "ParallelStateFailed"

    def __init__(self, name: str, fields: dict[str, Any], is_jsonata: bool) -> None:
        super().__init__(name, fields, is_jsonata)
        self.branches = [Machine(branch, is_jsonata) for branch in fields["Branches"]]

    def machines(self) -> list[Machine]:
        return self.branches

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        arguments = self.flow.arguments(visit, effective)
        frame = visit.frame
        frame.event("ParallelStateStarted")
        frame.children = []
        threads = [frame.child() for _ in self.branches]
        last = frame.previous

        async def run(index: int) -> Any:
            nonlocal last
            thread = threads[index]
            try:
                output = await self.branches[index].run(thread, arguments)
            except StateFailed:
                last = thread.previous
                raise
            last = thread.previous
            return output

        try:
            result = await frame.execution.clock.gather(run(index) for index in range(len(threads)))
        except StateFailed:
            for thread in threads:
                thread.abort()
            frame.previous = last
            raise
        finally:
            frame.children = []
        frame.previous = last
        frame.event("ParallelStateSucceeded", advance=False)
        return Outcome(self.next, *self.flow.finish(visit, effective, result))
