"""Map: the same machine for every item, in this execution; `distributed` has the Map that starts others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from localcloud.asl.distributed.items import map_item
from localcloud.asl.errors import StateFailed
from localcloud.asl.language import Fields, Language
from localcloud.asl.machine import Machine, Outcome, State
from localcloud.asl.running import Frame, Visit

#: How many iterations of an inline Map run at once at the most (developer guide, "Map state in Inline mode").
INLINE_CONCURRENCY = 40


class Map(State):
    """Runs its item processor for every item; its result is the list of the outputs."""

    kind = "Map"
    failed_event = "MapStateFailed"
    takes_objects = False

    def __init__(self, name: str, fields: Fields, language: Language, machines: Sequence[Machine]) -> None:
        # Map's Parameters are the old name of ItemSelector, not what the state is given.
        super().__init__(name, {k: v for k, v in fields.items() if k != "Parameters"}, language, machines)
        (self.processor,) = machines
        self.items = language.items(fields, objects=self.takes_objects)
        self._concurrency = language.number(fields, "MaxConcurrency")
        selector = fields.get("ItemSelector", fields.get("Parameters"))
        self._selector = language.template(selector, "ItemSelector") if selector is not None else None

    async def perform(self, visit: Visit) -> Outcome:
        effective = self.flow.effective(visit)
        result = await self.results(visit, effective, self.concurrency(visit, effective))
        visit.frame.event("MapStateSucceeded", advance=False)
        return Outcome(self.next, *self.flow.finish(visit, effective, result))

    async def results(self, visit: Visit, effective: Any, concurrency: int) -> Any:
        """Run the item processor for every item; the state's result. Raises StateFailed."""
        items = self.items(visit, effective)
        if visit.progress is None:
            visit.frame.event("MapStateStarted", ("mapStateStartedEventDetails", {"length": len(items)}))
            visit.progress = _Iterations(self, visit, effective, items)
        iterations: _Iterations = visit.progress
        return await iterations.run(concurrency)

    def concurrency(self, visit: Visit, effective: Any) -> int:
        """MaxConcurrency; 0 for no limit of its own."""
        value: int = self._concurrency(visit, effective) if self._concurrency else 0
        if value >= 0:
            return value
        raise self.language.failure(visit, "MaxConcurrency cannot be negative.", "MaxConcurrency")

    def item_input(self, visit: Visit, effective: Any, item: dict[str, Any]) -> Any:
        """What an iteration is given: the item, or what ItemSelector makes of it.

        Args:
            item: the context object's Map member in this iteration.
        """
        if self._selector is None:
            mapped = item["Item"]
            return {"Key": mapped["Key"], "Value": mapped["Value"]} if "Key" in mapped else mapped["Value"]
        visit.frame.map_item, outer = item, visit.frame.map_item
        visit.renew(token=visit.token)
        try:
            return self._selector(visit, effective)
        finally:
            visit.frame.map_item = outer
            visit.renew(token=visit.token)


class _Iterations:
    """The iterations of one visit: a number of slots that take the items in order."""

    def __init__(self, state: Map, visit: Visit, effective: Any, items: list[Any]) -> None:
        self.state, self.visit, self.effective, self.items = state, visit, effective, items
        self.results: list[Any] = [None] * len(items)
        self.open: dict[int, Frame | None] = dict.fromkeys(range(len(items)))  # not done yet; its frame, if begun
        self.waiting: Iterator[tuple[int, Frame | None]] = iter(())
        self.last = visit.frame.previous

    async def run(self, concurrency: int) -> list[Any]:
        """Run what is open, at most so many at once; all outputs. Raises StateFailed."""
        frame = self.visit.frame
        self.waiting = iter(list(self.open.items()))
        slots = min(concurrency or INLINE_CONCURRENCY, INLINE_CONCURRENCY, len(self.open))
        frame.children = []
        try:
            await frame.running.clock.gather(self._slot(frame.child()) for _ in range(slots))
        except StateFailed:
            for thread in frame.children:
                if thread.current is not None:
                    thread.abort()
                    self._event(thread, "Aborted")
            frame.previous = self.last
            raise
        frame.children = []
        frame.previous = self.last
        return self.results

    async def _slot(self, thread: Frame) -> None:
        """Iterations one after the other, in one thread of events."""
        for index, begun in self.waiting:
            if begun is not None and begun.interrupted is not None:
                thread = begun
                self.visit.frame.children.append(thread)
            else:
                thread.map_item = map_item(index, self.items[index])
                thread.variables = dict(self.visit.frame.variables)
                self._event(thread, "Started", advance=True)
            self.open[index] = thread
            try:
                self.results[index] = await self._iterate(thread)
            except StateFailed:
                self._event(thread, "Failed")
                thread.interrupted, thread.current = thread.current, None
                self.last = thread.previous
                raise
            del self.open[index]
            self.last = self._event(thread, "Succeeded")

    async def _iterate(self, thread: Frame) -> Any:
        assert thread.map_item is not None  # an iteration has begun in it
        if thread.interrupted is not None:
            return await self.state.processor.resume(thread)
        data = self.state.item_input(self.visit, self.effective, thread.map_item)
        return await self.state.processor.run(thread, data)

    def _event(self, thread: Frame, suffix: str, *, advance: bool = False) -> int:
        assert thread.map_item is not None
        details = {"name": self.state.name, "index": thread.map_item["Item"]["Index"]}
        member = f"mapIteration{suffix}EventDetails"
        return thread.event(f"MapIteration{suffix}", (member, details), advance=advance)
