"""Parallel: branches side by side; all succeed, or the first failure ends them all."""

from __future__ import annotations

from typing import Any

from localcloud.asl.errors import StateFailed
from localcloud.asl.machine import Machine, Outcome, State
from localcloud.asl.running import Frame, Visit


class Parallel(State):
    """Runs its branches with the same input; its result is the list of their outputs."""

    kind = "Parallel"
    failed_event = "ParallelStateFailed"

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        arguments = self.flow.arguments(visit, effective)
        frame = visit.frame
        is_redriven = visit.progress is not None
        if not is_redriven:
            frame.event("ParallelStateStarted")
            frame.children = []
            visit.progress = [_Branch(machine, frame.child()) for machine in self.machines]
        branches: list[_Branch] = visit.progress
        frame.children = [branch.thread for branch in branches]
        last = frame.previous

        async def run(branch: _Branch) -> Any:
            nonlocal last
            if not branch.is_done:
                try:
                    await branch.run(arguments, is_redriven)
                finally:
                    last = branch.thread.previous if branch.is_done or branch.has_failed else last
            return branch.output

        try:
            result = await frame.running.clock.gather(run(branch) for branch in branches)
        except StateFailed:
            for branch in branches:
                branch.thread.abort()
            frame.previous = last
            raise
        frame.children = []
        frame.previous = last
        frame.event("ParallelStateSucceeded", advance=False)
        return Outcome(self.next, *self.flow.finish(visit, effective, result))


class _Branch:
    """One branch of one visit."""

    def __init__(self, machine: Machine, thread: Frame) -> None:
        self.machine, self.thread = machine, thread
        self.is_done = self.has_failed = False
        self.output: Any = None

    async def run(self, arguments: Any, is_redriven: bool) -> None:
        self.has_failed = False
        try:
            if is_redriven and self.thread.interrupted is not None:
                self.output = await self.machine.resume(self.thread)
            else:
                self.output = await self.machine.run(self.thread, arguments)
        except StateFailed:
            self.has_failed = True
            raise
        self.is_done = True
