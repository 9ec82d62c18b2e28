"""`workshop.py soak --minutes N`: the trials of a seed by turns, and a table of what was tried, good, lost and left.

A trial is a generator: each step tries something, and says what somebody would miss afterwards (lost) and what is still
there that should have ended (left). It works in a temporary folder of its own, TMPDIR of all that it starts.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from localcloud import scratch


@dataclass(frozen=True, slots=True)
class Try:
    """What came of some tries.

    Args:
        count: how many.
        lost: a line for each thing that is gone, wrong, or answered by a mistake of ours.
        left: a line for each process or folder that nobody needs any more.
    """

    count: int = 1
    lost: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


Trial = Callable[[random.Random], Iterator[Try]]


@dataclass
class _Row:
    name: str
    goal: int
    tries: Iterator[Try]
    tried: int = 0
    seconds: float = 0.0
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        good = self.tried - min(self.tried, len(self.lost))
        figures = (
            f"{self.tried:,} of {self.goal:,} | {good:,} | {len(self.lost)} | {len(self.left)} | {self.seconds:.0f}"
        )
        return f"| {self.name} | {figures} |"


def run(trials: dict[str, tuple[int, Trial]], minutes: float, seed: int) -> int:
    """Try by turns until each goal is reached or the time is over; prints the table, and returns 1 for anything found.

    Args:
        trials: a name -> how many tries are asked for, and the trial.
        minutes: of all trials together; a step that has begun ends.
        seed: of what is random.
    """
    before = os.environ.get("TMPDIR", tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        _work_in(folder)
        rows = [_Row(name, goal, trial(random.Random(f"{seed} {name}"))) for name, (goal, trial) in trials.items()]
        until = time.monotonic() + 60 * minutes
        while (open_ := [row for row in rows if row.tried < row.goal]) and time.monotonic() < until:
            row = min(open_, key=lambda row: row.seconds)
            started = time.monotonic()
            step = next(row.tries)
            row.seconds += time.monotonic() - started
            row.tried += step.count
            for kind, lines, kept in (("lost", step.lost, row.lost), ("left", step.left, row.left)):
                kept += lines
                for line in lines:
                    print(f"{row.name}, try {row.tried}: {kind}: {line}", flush=True)
        _work_in(before)
    print("| trial | tried | good | lost | left | s |\n| --- | ---: | ---: | ---: | ---: | ---: |", *rows, sep="\n")
    return int(any(row.lost or row.left for row in rows))


def _work_in(folder: str) -> None:
    os.environ["TMPDIR"] = tempfile.tempdir = folder


def left(before: set[str], seconds: float = 10) -> tuple[str, ...]:
    """What is there that was not `before`, and has not gone after so long and the next start; see `there`."""
    until = time.monotonic() + seconds
    while there() - before and time.monotonic() < until:
        time.sleep(0.1)
    scratch.sweep()  # as the next start does
    return tuple(sorted(there() - before))


def there() -> set[str]:
    """The folders of local clouds in this trial's temporary folder, and the processes that live in it."""
    home = tempfile.gettempdir()
    return {str(each) for each in Path(home).glob("localcloud-*")} | {
        f"{each.pid} {' '.join(each.cmdline())[:80]}" for each in processes(home)
    }


def processes(home: str) -> Iterator[psutil.Process]:
    """The processes whose temporary folder is `home`, or below it, but for this one."""
    for each in psutil.process_iter():
        try:
            if each.pid != os.getpid() and each.environ().get("TMPDIR", "").startswith(home):
                yield each
        except (psutil.Error, OSError):
            continue
