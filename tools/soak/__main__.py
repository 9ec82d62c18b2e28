"""`workshop.py soak`: every notebook in hostile ways, once; with --minutes, trials of a seed, and a table of them."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from tools.execute import NOTEBOOKS, find
from tools.soak import account, crowds, hostile, kills, nonsense, trials
from tools.soak.orders import ORDERS, trouble
from tools.soak.readers import READERS, reading

#: A name -> how many tries are asked for, and the trial.
TRIALS: dict[str, tuple[int, trials.Trial]] = {
    "cloud killed": (100, kills.clouds),
    "worker killed": (100, kills.workers),
    "job killed": (100, kills.jobs),
    "model server killed": (100, kills.servers),
    "kernel killed": (100, kills.kernels),
    "readers at once": (crowds.READERS, crowds.readers),
    "calls of 50 threads": (1000, crowds.threads),
    "changed definitions": (10_000, nonsense.definitions),
    "random calls": (80_000, nonsense.calls),
    "hostile functions": (len(hostile.FUNCTIONS) + 1, hostile.functions),
    "odd places": (len(hostile.PLACES), hostile.places),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the trials, or the named notebooks, or all, in every order; returns 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="workshop.py soak")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args(arguments)
    if options.minutes:
        chosen = {name: trial for name, trial in TRIALS.items() if not options.names or name in options.names}
        return trials.run(chosen, options.minutes, options.seed)
    paths = sorted({path for name in options.names for path in find(name)} or NOTEBOOKS.glob("*.ipynb"))
    found = 0
    for path in paths:
        ways = {order: partial(trouble, path, order) for order in ORDERS}
        ways["two readers on AWS, again and killed"] = partial(account.trouble, path)
        ways |= {f"a reader who {habit}": partial(_reading, path, habit) for habit in READERS}
        ways["on an AWS that is late and reads without a mistake"] = partial(
            account.alone, path, late=2.0, module="tools.soak.perfect"
        )
        for order, way in ways.items():
            started = time.monotonic()
            problems = way()
            found += len(problems)
            took = time.monotonic() - started
            print(f"{path.stem}, {order}: {len(problems) or 'nothing'} found, {took:.0f} s", flush=True)
            for problem in problems:
                print(f"  {problem}", flush=True)
    return int(found > 0)


def _reading(path: Path, habit: str) -> list[str]:
    """A reader's problems; where they stumbled is printed."""
    found = reading(path, habit)
    for stumble in dict.fromkeys(found.stumbles):
        print(f"  stumbled at {stumble}", flush=True)
    return found.problems


if __name__ == "__main__":
    sys.exit(main())
