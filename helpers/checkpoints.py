"""`checkpoint`: this notebook as it is at the end of one of its sections, from nothing and after anything."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from helpers import attended, notebook, status
from helpers.cleaning import clean_up
from helpers.errors import WorkshopError
from helpers.session import connect, connected

_END, _ASIDE = "### Clean up", "aside"
#: A line that draws. (show.live waits for an execution to end.)
_DRAWS = re.compile(r"^show(\.(?!live)\w+)?\(.*\)$", re.M)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A code cell: its text, and the headings that it stands under: of a section, and of a part of that."""

    source: str
    headings: tuple[str, ...]
    tags: tuple[str, ...]


def checkpoint(name: str = "") -> None:
    """Brings this notebook to the end of a section: `checkpoint("after 2")`.

    It cleans up what this kernel has made, and runs the cells of the notebook's file from the top to there, without
    their pictures and at the cloud's full speed (on AWS they take and cost what they do by hand). Cells with the tag
    `aside` show something that no later cell needs, and are left out. A job that has run
    before on this machine, with the same script and data, is not run again: what it made then is put back. An exercise
    that is still open is answered by its solution; where your own answers make a cell fail, solutions stand in for all.

    Args:
        name: "after" and a section's number, or the beginning of its heading: "after When it fails". Without one it
            lists them.

    Raises:
        WorkshopError: there is no such section, or one of the cells fails.
    """
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    cells = _cells(notebook.cells(shell) if shell is not None else [])
    if not cells:
        raise WorkshopError("checkpoint reads the notebook's file, and this kernel belongs to none. Use it in a cell.")
    sections = list(dict.fromkeys(heading for cell in cells for heading in cell.headings))
    if not name:
        print("\n".join(f'checkpoint("after {re.sub(r"[.].*", "", each)}")    {each}' for each in sections))
        return
    section = _meant(name, sections)
    last = max(number for number, cell in enumerate(cells) if section in cell.headings)
    began = time.monotonic()
    if not _all_run(shell, cells[: last + 1], name, own=True):
        _all_run(shell, cells[: last + 1], name, own=False)
    following = f" Go on with: {cells[last + 1].headings[-1]}." if last + 1 < len(cells) else ""
    ran = sum(_ASIDE not in cell.tags for cell in cells[: last + 1])
    print(f'You are where "{section}" ends: {ran} cells in {time.monotonic() - began:.0f} s.{following}')


def _cells(found: list[dict[str, Any]]) -> list[_Cell]:
    """The code cells before the one that cleans up."""
    cells: list[_Cell] = []
    headings: tuple[str, ...] = ()
    for cell in found:
        if cell["cell_type"] == "code":
            tags = tuple(cell.get("metadata", {}).get("tags", ()))
            cells.append(_Cell(cell["source"], headings, tags))
        elif cell["source"].startswith(_END):
            break
        else:
            for level, heading in re.findall(r"^##(#*) (.+)", cell["source"], re.M):
                headings = (*headings[: len(level)], heading.strip())
    return cells


def _meant(name: str, sections: list[str]) -> str:
    wanted = name.removeprefix("after ").strip().rstrip(".").lower()
    begins = f"{wanted}." if wanted.isdecimal() else wanted
    for section in sections:
        if wanted and section.lower().startswith(begins):
            return section
    raise WorkshopError(
        f"No section of this notebook begins with {wanted!r}. There are: {'; '.join(sections)}. For instance: "
        f'checkpoint("after {sections[0].partition(".")[0]}").'
    )


def _all_run(shell: Any, cells: list[_Cell], name: str, *, own: bool) -> bool:
    """Runs cells from an empty account; False when one fails that the reader's own answers may be the cause of."""
    sources = [_answered(cells, number, own=own) for number in range(len(cells))]
    at = 0
    with _quietly(shell), status.doing(lambda: f"{name}: cell {at} of {len(cells)}"):
        session = connected()
        if session is not None and (session.cloud is None or session.cloud.alive):
            clean_up()
        cloud = connect().cloud
        with nullcontext() if cloud is None else cloud.recalling():
            for at, (cell, source) in enumerate(zip(cells, sources, strict=True), 1):
                if _ASIDE in cell.tags:
                    continue
                ran = shell.run_cell(_DRAWS.sub("", source), store_history=False, silent=True)
                problem = ran.error_in_exec
                if problem is None or "raises-exception" in cell.tags:
                    continue
                if own and any("exercise" in each.tags and "..." not in each.source for each in cells[:at]):
                    return False
                first = source.strip().partition("\n")[0][:60]
                raise WorkshopError(f"Code cell {at} fails, which begins {first}: {type(problem).__name__}: {problem}")
    return True


def _answered(cells: list[_Cell], number: int, *, own: bool) -> str:
    """The text of a cell: for an exercise that is open, or is not to be the reader's own, its solution."""
    cell = cells[number]
    if "exercise" not in cell.tags or (own and "..." not in cell.source):
        return cell.source
    for later in cells[number + 1 :]:
        if "exercise" in later.tags:
            break
        if "solution" in later.tags and (load := re.search(r"%load (\S+)", later.source)):
            return Path(load[1]).read_text(encoding="utf-8")
    return cell.source


@contextmanager
def _quietly(shell: Any) -> Iterator[None]:
    """Nothing that the cells print or show is seen; the line that says how long it takes, on its own thread, is."""
    publisher, show_error = shell.display_pub, shell._showtraceback
    publisher.register_hook(_drop)
    shell._showtraceback = lambda *_: None
    try:
        with attended.nobody(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            yield
    finally:
        shell._showtraceback = show_error
        publisher.unregister_hook(_drop)


def _drop(message: object) -> None:
    """A hook of ipykernel's: what it gives back is sent, and None is not."""
