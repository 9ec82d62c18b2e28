"""What is to be seen of a machine: what happened in its states, and in the child workflows that they opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from draw import history
from draw.history import Summary, Trace


@dataclass(slots=True)
class Scene:
    """One machine and its executions: one, or all that a state began, counted together.

    Args:
        runs: what happened in each; none for a machine alone.
        children: for states that are opened, the machine that they start; for distributed Maps, their processor.
        map_runs: for distributed Maps, the itemCounts of their DescribeMapRun.
        notes: for states at work, how far they are, in words.
        states, taken: of all runs together.
    """

    runs: Sequence[Trace] = ()
    children: dict[str, Scene] = field(default_factory=dict)
    map_runs: dict[str, Mapping[str, int]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    states: dict[str, Summary] = field(init=False)
    taken: Counter[tuple[str, str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.states = history.summaries(self.runs)
        self.taken = Counter()
        for run in self.runs:
            self.taken.update(run.taken)
