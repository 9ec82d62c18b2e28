"""A notebook's cells in orders that people find and authors do not think of.

Whatever the order, each cell works, or says in a few lines what is missing. A checkpoint holds only for what has really
been done: one that passes though a cell before it, in its section, has failed is a wrong one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import start_new_kernel

MOST_LINES = 10  # of a traceback
PATIENCE = 300  # seconds for one cell
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CHECKPOINT = "Checkpoint"

#: Runs the code cell of a number, counted from 0, or (as None) restarts the kernel.
Step = int | None


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of a cell showed.

    Args:
        cell: its number, counted from 0.
        text: what it printed.
        error: the traceback, plain text, or "".
    """

    cell: int
    text: str
    error: str


def twice(sources: list[str]) -> list[Step]:
    """Each cell, and at once again; the last ones, which clean up, as well."""
    return [cell for cell in range(len(sources)) for _ in range(2)]


def from_the_middle(sources: list[str]) -> list[Step]:
    """After a restart only the first cell, and then everything from the middle on; and once without even that."""
    middle = len(sources) // 2
    return [0, *range(middle, len(sources)), None, *range(middle, min(middle + 5, len(sources)))]


def after_clean_up(sources: list[str]) -> list[Step]:
    """From top to bottom, and then each cell again but the first, which would connect."""
    return [*range(len(sources)), *range(1, len(sources))]


def backwards(sources: list[str]) -> list[Step]:
    """From top to bottom but for the last cell, which cleans up, and up again."""
    down = range(len(sources) - 1)
    return [*down, *reversed(down)]


ORDERS: dict[str, Callable[[list[str]], list[Step]]] = {
    "each cell twice": twice,
    "from the middle after a restart": from_the_middle,
    "again after clean_up": after_clean_up,
    "backwards": backwards,
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
            else:
                yield _run(client, step, sources[step])


@contextmanager
def kernel(path: Path) -> Iterator[tuple[Any, Any]]:
    """A kernel beside a notebook, told as Jupyter's server tells which notebook that is; nobody sits at it."""
    told = os.environ | {"JPY_SESSION_NAME": str(path)}
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(path.parent), env=told)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


def _run(client: Any, cell: int, source: str) -> Ran:
    printed: list[str] = []
    error = ""

    def hear(message: dict[str, Any]) -> None:
        nonlocal error
        content = message["content"]
        if message["msg_type"] == "stream":
            printed.append(content["text"])
        elif message["msg_type"] == "error":
            error = COLOURS.sub("", "\n".join(content["traceback"]))

    client.execute_interactive(source, allow_stdin=False, timeout=PATIENCE, output_hook=hear)
    return Ran(cell, "".join(printed), error)


def judged(sources: list[str], runs: list[Ran]) -> Iterator[str]:
    """What is wrong with these runs.

    Args:
        sources: of all code cells.
        runs: in their order.
    """
    last: dict[int, Ran] = {}
    for run in runs:
        last[run.cell] = run
        where = f"code cell {run.cell + 1} ({sources[run.cell].strip().splitlines()[0][:50]})"
        lines = run.error.splitlines()
        if len(lines) > MOST_LINES:
            yield f"{where}: a traceback of {len(lines)} lines: {lines[-1][:150]}"
        if CHECKPOINT in run.text:
            section = range(_before(sources, run.cell) + 1, run.cell)
            failed = [cell + 1 for cell in section if cell in last and last[cell].error]
            missing = [cell + 1 for cell in section if cell not in last]
            if failed or missing:
                why = f"code cells {failed} failed" if failed else f"code cells {missing} did not run"
                yield f"{where}: says Checkpoint, though {why}"


def _before(sources: list[str], cell: int) -> int:
    """The cell with the checkpoint before this one; -1 for none."""
    return max((other for other in range(cell) if CHECKPOINT in sources[other]), default=-1)
