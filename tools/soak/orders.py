"""A notebook's cells in orders that people find and authors do not think of.

Whatever the order, each cell works, or says in a few lines what is missing. A checkpoint holds only for what has really
been done: one that passes though a cell before it, in its section, has not worked is a wrong one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import start_new_kernel

from tools.environment import KERNEL_STARTS_WITH

MOST_LINES = 10  # of a traceback
PATIENCE = 300  # seconds for one cell
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CHECKPOINT, CONNECT, CLEAN_UP = "Checkpoint", "connect()", "clean_up()"

#: Runs the code cell of a number, counted from 0, or (as None) restarts the kernel.
Step = int | None


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of a cell showed; of cell -1, nothing: the kernel was restarted.

    Args:
        cell: its number, counted from 0.
        text: what it printed.
        error: the traceback, plain text, or "".
    """

    cell: int
    text: str
    error: str


def over_and_over(sources: list[str]) -> list[Step]:
    """Each cell twice, the last ones, which clean up, as well; down again after that; and, but for these, up again."""
    down = range(len(sources) - 1)
    return [*(cell for cell in range(len(sources)) for _ in range(2)), *down, *reversed(down)]


def from_the_middle(sources: list[str]) -> list[Step]:
    """After a restart only the set-up, and then everything from the middle on; and once without even that."""
    middle = len(sources) // 2
    return [*range(_set_up(sources)), *range(middle, len(sources)), None, *range(middle, min(middle + 5, len(sources)))]


def unconnected(sources: list[str]) -> list[Step]:
    """From top to bottom, and then each cell again but the set-up, which would connect and make the bucket."""
    return [*range(len(sources)), *range(_set_up(sources), len(sources))]


def _set_up(sources: list[str]) -> int:
    """How many cells stand up to the one that connects, itself included."""
    return next(cell for cell, source in enumerate(sources, 1) if CONNECT in source)


ORDERS: dict[str, Callable[[list[str]], list[Step]]] = {
    "each cell twice, down again, up again": over_and_over,
    "from the middle after a restart": from_the_middle,
    "again after clean_up but for the set-up": unconnected,
}


def trouble(path: Path, order: str) -> list[str]:
    """What a reader would stumble over who ran a notebook's cells in this order, a line each."""
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return list(judged(sources, list(ran(path, sources, ORDERS[order](sources)))))


def ran(path: Path, sources: list[str], steps: list[Step]) -> Iterator[Ran]:
    """Runs cells, answers left open as they stand in the notebook."""
    with kernel(path) as (manager, client):
        for step in steps:
            if step is None:
                manager.restart_kernel(now=True)
                client.wait_for_ready(PATIENCE)
                yield Ran(-1, "", "")
            else:
                yield execute(client, step, sources[step])


@contextmanager
def kernel(path: Path, settings: Mapping[str, str] | None = None, *more: str) -> Iterator[tuple[Any, Any]]:
    """A kernel beside a notebook, which learns as from Jupyter's server which notebook that is; nobody sits at it.

    Args:
        path: the notebook's.
        settings: environment variables of the kernel's own.
        more: lines that it runs at its start.
    """
    environment = os.environ | (settings or {}) | {"JPY_SESSION_NAME": str(path)}
    begin = [f"--IPKernelApp.exec_lines={line}" for line in (KERNEL_STARTS_WITH, *more)]
    manager, client = start_new_kernel(
        kernel_name="python3", cwd=str(path.parent), env=environment, extra_arguments=begin
    )
    client.allow_stdin = False
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


def execute(client: Any, cell: int, source: str) -> Ran:
    """Runs one cell; where a client with somebody at it is asked for a line, it is an empty one."""
    printed: list[str] = []
    error = ""

    def hear(message: dict[str, Any]) -> None:
        nonlocal error
        content = message["content"]
        if message["msg_type"] == "stream":
            printed.append(content["text"])
        elif message["msg_type"] == "error":
            error = COLOURS.sub("", "\n".join(content["traceback"]))

    client.execute_interactive(source, stdin_hook=lambda _: client.input(""), timeout=PATIENCE, output_hook=hear)
    return Ran(cell, "".join(printed), error)


def judged(sources: list[str], runs: list[Ran]) -> Iterator[str]:
    """What is wrong with these runs.

    Args:
        sources: of all code cells.
        runs: in their order.
    """
    worked: set[int] = set()
    for run in runs:
        if run.cell < 0:
            worked.clear()
            continue
        source = sources[run.cell]
        if CLEAN_UP in source:  # the kernel is still connected, and knows what the set-up has imported
            worked &= set(range(_set_up(sources)))
        where = f"code cell {run.cell + 1} ({source.strip().splitlines()[0][:50]})"
        lines = run.error.splitlines()
        if len(lines) > MOST_LINES:
            yield f"{where}: a traceback of {len(lines)} lines: {lines[-1][:150]}"
        if not run.error:
            worked.add(run.cell)
        undone = [cell + 1 for cell in range(_before(sources, run.cell) + 1, run.cell) if cell not in worked]
        if CHECKPOINT in run.text and undone:
            yield f"{where}: says Checkpoint, though code cells {undone} have not worked since the last clean-up"


def _before(sources: list[str], cell: int) -> int:
    """The cell with the checkpoint before this one; -1 for none."""
    return max((other for other in range(cell) if CHECKPOINT in sources[other]), default=-1)
