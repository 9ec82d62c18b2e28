"""A reader who loads every solution: the notebook runs to its last section, and each check finds it right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.notebooks.test_notebooks import EXERCISED, code_cells, tagged
from tools.execute import NOTEBOOKS
from tools.soak.orders import execute, kernel


def solve(notebook: Any) -> int:
    """Puts each solution where its stub is; returns how many answers stay open, which are the predictions."""
    stub, open_stubs = None, 0
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            stub, open_stubs = cell, open_stubs + 1
        elif "solution" in cell.metadata.get("tags", []):
            assert stub is not None, cell.source
            stub.source = (NOTEBOOKS / cell.source.removeprefix("# %load ")).read_text("utf-8")
            stub, open_stubs = None, open_stubs - 1
    return open_stubs


def are_right(printed: str, notebook: Any, predictions: int) -> None:
    """Each check of a solved notebook found the answer right, but for the predictions, which stay open."""
    lines = printed.splitlines()
    assert [line for line in lines if line.startswith("Not yet")] == []
    assert sum(line.startswith("Not done yet") for line in lines) == predictions
    checks = sum(cell.source.count("checks.") for cell in code_cells(notebook))
    assert sum(line.startswith("Right: ") for line in lines) == checks - predictions


#: `checkpoint` solves what is open, recalls jobs and draws nothing (nbval does, beside this); here its cells are heard.
TO_THE_END = """
from contextlib import nullcontext
from helpers import checkpoint, checkpoints, notebook
checkpoints.redirect_stdout = nullcontext
checkpoint(checkpoints._cells(notebook.cells(get_ipython()))[-1].headings[0])
"""

#: 03 and 04 are run so in a browser (tests/browser).
HERE = [path for path in EXERCISED if path.name[:2] not in ("03", "04")]


@pytest.mark.parametrize("path", HERE, ids=lambda path: path.stem)
def test_a_reader_who_loads_every_solution_is_right(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert tagged(notebook, "solution")
    with kernel(path) as (_, client):
        done = execute(client, 0, TO_THE_END)
    assert done.error == ""
    predictions = solve(notebook)
    aside = [cell for cell in code_cells(notebook) if "aside" in cell.metadata.get("tags", [])]
    notebook.cells = [cell for cell in notebook.cells if cell not in aside]
    are_right(done.text, notebook, predictions - sum(cell.source.count("checks.") for cell in aside))
