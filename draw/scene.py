"""What is to be seen of a machine: what happened in its states, and in the child workflows that they opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from draw import history, words
from draw.history import Summary, Trace


@dataclass(frozen=True, slots=True)
class Moment:
    """When an execution that is under way is looked at.

    Args:
        seconds: since it began, on its cloud's clock; later than its last event while a state waits.
        pace: how many of them pass in one second before the reader's eyes.
        left: by state at work, when it will be left, where that is known.
        work: real seconds since anything happened, where the cloud's clock stands still for real work.
    """

    seconds: float
    pace: float = 1.0
    left: Mapping[str, float] = field(default_factory=dict)
    work: float = 0.0


@dataclass(slots=True)
class Scene:
    """One machine and its executions: one, or all that a state began, counted together.

    Args:
        runs: what happened in each; none for a machine alone.
        children: for states that are opened, the machine that they start; for distributed Maps, their processor.
        map_runs: for distributed Maps, the itemCounts of their DescribeMapRun.
        notes: for states at work, how far they are, in words.
        gone: for states at work whose end is known, which part of their time is over, from 0 to 1.
        states, taken: of all runs together.
    """

    runs: Sequence[Trace] = ()
    children: dict[str, Scene] = field(default_factory=dict)
    map_runs: dict[str, Mapping[str, int]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    gone: dict[str, float] = field(default_factory=dict)
    states: dict[str, Summary] = field(init=False)
    taken: Counter[tuple[str, str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.states = history.summaries(self.runs)
        self.taken = Counter()
        for run in self.runs:
            self.taken.update(run.taken)

    def at(self, moment: Moment) -> None:
        """Lets the clock of a moment run in the states that are at work."""
        for visit in (visit for run in self.runs for visit in run.visits if visit.left is None):
            so_far, left = moment.work or moment.seconds - visit.entered, moment.left.get(visit.state)
            if visit.kind in ("Map", "Parallel") or visit.state in self.notes or so_far < 1:
                continue
            if left is None or left <= visit.entered or moment.work:
                self.notes[visit.state] = f"{words.duration(round(so_far))} so far"
                continue
            whole = left - visit.entered
            of = "gone" if visit.kind == "Wait" else f"of {words.duration(round(whole))}"
            self.notes[visit.state] = f"{words.duration(round(so_far))} {of}"
            self.gone[visit.state] = min(1.0, so_far / whole)
        begin = min((run.begin for run in self.runs), default=0.0)
        for child in self.children.values():
            later = min((run.begin for run in child.runs), default=begin) - begin
            child.at(Moment(moment.seconds - later, moment.pace, work=moment.work))
