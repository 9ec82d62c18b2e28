"""`workshop.py soak`: try everything once, or for some minutes, and say what a reader would stumble over."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from tools.execute import NOTEBOOKS, find
from tools.soak import account
from tools.soak.orders import ORDERS, trouble
from tools.soak.readers import READERS, reading


def main(arguments: list[str] | None = None) -> int:
    """Try the named notebooks, or all, in every order; returns 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="workshop.py soak")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args(arguments)
    paths = sorted({path for name in options.names for path in find(name)} or NOTEBOOKS.glob("*.ipynb"))
    until = time.monotonic() + 60 * (options.minutes or 0)
    found, rounds = 0, 0
    while rounds == 0 or time.monotonic() < until:
        rounds += 1
        for path in paths:
            trials = {order: partial(trouble, path, order) for order in ORDERS}
            trials["two readers on AWS, again and killed"] = partial(account.trouble, path)
            trials |= {f"a reader who {habit}": partial(_reading, path, habit) for habit in READERS}
            trials["on an AWS that is late"] = partial(account.alone, path, late=2.0)
            trials["with models that make no mistake"] = partial(account.alone, path, module="tools.soak.perfect")
            for order, trial in trials.items():
                if options.minutes and time.monotonic() > until:
                    break
                started = time.monotonic()
                problems = trial()
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
