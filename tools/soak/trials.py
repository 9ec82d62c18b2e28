"""`workshop.py soak --minutes N`: the trials of a seed, and a table of what was tried, good, lost and left.

A trial is a generator: each step tries something, and says what somebody would miss afterwards (lost) and what is still
there that should have ended (left). It works in a temporary folder of its own, TMPDIR of all that it starts.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
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


Trial = Callable[[random.Random], Generator[Try]]


def run(trials: dict[str, tuple[int, Trial]], minutes: float, seed: int) -> int:
    """Try one after the other; prints a table, and returns 1 for anything found.

    Args:
        trials: a name -> how many tries are asked for, and the trial.
        minutes: of all together. What a trial does not need the others have; each has one step at least.
        seed: of what is random.
    """
    before, until = os.environ.get("TMPDIR", tempfile.gettempdir()), time.monotonic() + 60 * minutes
    rows, bad = ["| trial | tried | good | lost | left | s |", "| --- | ---: | ---: | ---: | ---: | ---: |"], False
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        _work_in(folder)
        for number, (name, (goal, trial)) in enumerate(trials.items()):
            started, tried, lost, stays = time.monotonic(), 0, 0, 0
            share = (until - started) / (len(trials) - number)
            with closing(trial(random.Random(f"{seed} {name}"))) as steps:
                for step in steps:
                    tried, lost, stays = tried + step.count, lost + len(step.lost), stays + len(step.left)
                    for line in (*step.lost, *(f"left: {each}" for each in step.left)):
                        print(f"{name}, try {tried}: {line}", flush=True)
                    took = time.monotonic() - started
                    if tried >= goal or took > share:
                        break
            for each in left(set()):
                stays += 1
                print(f"{name}, at its end: left: {each}", flush=True)
            good = tried - min(tried, lost)
            rows.append(f"| {name} | {tried:,} of {goal:,} | {good:,} | {lost} | {stays} | {took:.0f} |")
            bad = bad or bool(lost or stays)
        _work_in(before)
    print(*rows, sep="\n")
    return int(bad)


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
    found = {str(each) for each in Path(home).glob("localcloud-*")}
    for each in processes(home):
        with suppress(psutil.Error):  # it has ended since
            found.add(f"{each.pid} {' '.join(each.cmdline())[:80]}")
    return found


def processes(home: str) -> Iterator[psutil.Process]:
    """The processes whose temporary folder is `home`, or below it, but for this one."""
    for each in psutil.process_iter():
        try:
            if each.pid != os.getpid() and each.environ().get("TMPDIR", "").startswith(home):
                yield each
        except (psutil.Error, OSError):
            continue
