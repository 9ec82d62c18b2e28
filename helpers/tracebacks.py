"""Errors as a notebook shows them: for the kit's own and AWS's, the reader's line and the message, in ten lines.

What goes on inside the SDK, botocore and this kit helps nobody who reads it in a cell. Any other error is shown as
IPython shows it. Where the cure is known it stands below.
"""

from __future__ import annotations

import ast
import linecache
import sys
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from helpers import notebook
from helpers.errors import WorkshopError

MOST_LINES = 10
_Raised = tuple[type[BaseException], BaseException, TracebackType | None]
RED, PLAIN = "\x1b[31m", "\x1b[39m"

_GONE = "It is not there: clean_up deleted it, or the cell that makes it has not run. Run the cells above."
_UNDONE = "Run the cells again that come before this one, from the last checkpoint on."
_LOST = "The cloud does not answer. Restart the kernel and run all cells: that starts a new local cloud."
_AGAIN = "An earlier run of this cell made it. Go on with the next cell, or run clean_up() and all cells anew."
#: By what AWS's code or message has in it: the first that fits.
_CURES = {
    "NoSuchBucket": "clean_up deleted the bucket. Run the first cell again, which makes it, and those that fill it.",
    "already exists": _AGAIN,
    "ResourceInUse": _AGAIN,
    "DoesNotExist": _GONE,
    "NonExistentQueue": _GONE,
    "NoSuch": _GONE,
    "NotFound": _GONE,
    "not found": _GONE,
    "Could not find": _GONE,
    "does not exist": _GONE,
    "Could not connect": _LOST,
}


def install() -> None:
    """Shows errors this way in the notebook that imports this; elsewhere it does nothing."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is not None and not hasattr(shell, "_workshop_full"):
        # Whatever IPython shows goes through here: an interrupt between two of its own lines too, where a handler of
        # set_custom_exc is not asked, or is taken away.
        shell._workshop_full, shell.showtraceback = shell.showtraceback, partial(_show, shell)
        shell.automagic = False  # before the set-up, run(...) would be IPython's %run


def _show(shell: Any, exc_tuple: _Raised | None = None, *args: Any, **named: Any) -> None:
    """Stands for IPython's `showtraceback`: what it calls with an error that a cell raised."""
    kind, problem, traceback = exc_tuple or sys.exc_info()
    if not isinstance(problem, Exception | KeyboardInterrupt):
        shell._workshop_full(exc_tuple, *args, **named)
        return
    remedy = _unbound(shell, problem) if isinstance(problem, NameError) else cure(problem)
    if remedy is None and not _ours(problem) and not _from_sdk(traceback):
        shell._workshop_full(exc_tuple, *args, **named)
        return
    shell._showtraceback(kind, problem, lines(shell, problem, traceback, remedy))


def _ours(problem: BaseException) -> bool:
    """Whether only the reader's own line matters: errors of the kit and of AWS's clients, and what was interrupted."""
    return isinstance(problem, (WorkshopError, KeyboardInterrupt, *_aws()))


def _from_sdk(traceback: TracebackType | None) -> bool:
    """Whether the Step Functions SDK raised it: it takes anything, and stumbles over it several floors down."""
    name = ""
    while traceback is not None:
        name, traceback = str(traceback.tb_frame.f_globals.get("__name__")), traceback.tb_next
    return name.split(".")[0] == "stepfunctions"


def _aws() -> tuple[type[Exception], ...]:
    """The errors of boto3's and botocore's trees, if anybody has imported them."""
    names = {"botocore.exceptions": ("BotoCoreError", "ClientError"), "boto3.exceptions": ("Boto3Error",)}
    return tuple(
        getattr(sys.modules[module], name) for module in names if module in sys.modules for name in names[module]
    )


def cure(problem: BaseException) -> str | None:
    """What to do about an error of AWS's or of the SDK's, if this kit knows."""
    if isinstance(problem, AttributeError) and problem.name == "to_dict":
        if problem.obj is ...:
            return "An exercise above is still `...`. Answer it, then run the cells that build the workflow again."
        return (
            "The SDK wants an object of its own here: steps.Retry(...), steps.Catch(...), steps.ChoiceRule.And([...])."
        )
    if isinstance(problem, KeyboardInterrupt):
        return None if problem.args else "You interrupted this cell. Run it again: it starts from its beginning."
    if isinstance(problem, AssertionError) or "values to unpack" in str(problem):
        return _UNDONE
    if isinstance(problem, AttributeError) and problem.obj is None:
        if problem.name in ("accept", "state_id"):  # the SDK visits each state
            return "A state of this workflow is None: a function above returns nothing. Return its state."
        return f"There is no {problem.name} yet. {_UNDONE}"
    if not isinstance(problem, _aws()):
        return None
    response = getattr(problem, "response", None) or {}
    text = f"{response.get('Error', {}).get('Code', '')} {problem}"
    return next((remedy for sign, remedy in _CURES.items() if sign in text), None)


def lines(shell: Any, problem: BaseException, traceback: TracebackType | None, remedy: str | None) -> list[str]:
    """The reader's own lines on the way to an error, its message, and the remedy."""
    shown: list[str] = []
    for place, number, line in _own(shell, traceback)[-2:]:
        shown += [f"{place}, line {number}", f"----> {number} {line.strip()}"]
    message = f"{RED}{type(problem).__name__}{PLAIN}: {problem}".splitlines()
    room = MOST_LINES - len(shown) - 1 - bool(remedy)
    if len(message) > room:
        message = [*message[: room // 2], "…", *message[len(message) - (room - room // 2 - 1) :]]
    return [*shown, "", *message, *([remedy] if remedy else [])]


def _own(shell: Any, traceback: TracebackType | None) -> list[tuple[str, int, str]]:
    """Where the reader's code was at: cells, and files beside the notebook."""
    cells, here, found = getattr(shell.compile, "_filename_map", {}), Path.cwd(), []
    others = (Path(__file__).parent, Path(sys.prefix))
    while traceback is not None:
        name, number = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        if name in cells:
            found.append((f"Cell In[{cells[name]}]", number, linecache.getline(name, number)))
        elif Path(name).is_relative_to(here) and not any(map(Path(name).is_relative_to, others)):
            found.append((Path(name).relative_to(here).as_posix(), number, linecache.getline(name, number)))
        traceback = traceback.tb_next
    return found


def _unbound(shell: Any, problem: NameError) -> str | None:
    """Which cell of this notebook makes a name that is missing; None if none does, as with a misspelt one."""
    sources = (cell["source"] for cell in notebook.cells(shell) if cell["cell_type"] == "code")
    for source in sources:
        if problem.name in _names(shell, source):
            first = next((line for line in source.splitlines() if line.strip() and not line.startswith("#")), "")
            return f"The cell that makes {problem.name} has not run. It begins: {first.strip()[:60]}"
    return None


def _names(shell: Any, source: str) -> set[str]:
    """The names that a cell binds."""
    try:
        tree = ast.parse(shell.transform_cell(source))
    except SyntaxError:
        return set()
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found.add(inner.id)
            elif isinstance(inner, ast.alias):
                found.add((inner.asname or inner.name).split(".")[0])
    return found
