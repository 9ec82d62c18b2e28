"""A reader's way: a notebook opened in a browser, run to the bottom."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import groupby
from typing import Any

import nbformat
import pytest

from bench.lab.listening import MINUTES, run_all
from helpers import status
from tests.browser.conftest import Lab, Watched
from tests.notebooks.test_solutions import are_right, solve
from tools.processes import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .map(cell => ({ outputs: cell.model.outputs.toJSON() }))"""


#: `workshop.py lab`, in the environment that runs the tests instead of one of its own.
LAUNCH = """import sys, workshop
from tools import environment
environment.prepare = lambda source=None: sys.executable
sys.exit(workshop.main(["lab", "--no-browser"]))"""


def test_the_launcher_opens_the_desk_and_ends_on_ctrl_c(watch: Callable[..., Watched]) -> None:
    with subprocess.Popen([sys.executable, "-c", LAUNCH], cwd=ROOT, stderr=subprocess.PIPE, text=True) as lab:
        assert lab.stderr
        said = []
        for line in lab.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/lab/tree/\S+\?token=\w+", line):
                break
        else:
            pytest.fail(f"JupyterLab did not start:\n{''.join(said)}")
        try:
            page = watch().page
            # Not what was open the last time.
            page.goto(found.group().replace("/lab/", "/lab/workspaces/tests/").replace("?", "?reset&"))
            page.get_by_role("listitem", name=NOTEBOOKS[0].name).wait_for(timeout=MINUTES)
            page.locator(".jp-RenderedMarkdown h1:visible").first.wait_for(timeout=MINUTES)
            names = page.locator(".jp-DirListing-itemName")
            assert names.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length") == 0
            page.close()
        finally:
            lab.send_signal(signal.SIGINT)
            lab.communicate(timeout=30)
        assert lab.returncode == 130


def test_a_long_line_of_code_is_wrapped_where_a_projector_at_150_percent_would_cut_it(
    lab: Lab, watch: Callable[..., Watched]
) -> None:
    page = watch().page
    page.set_viewport_size({"width": 1280 * 2 // 3, "height": 480})
    lab.write("long.ipynb", nbformat.v4.new_code_cell(f"print({', '.join(['workshop.bucket'] * 8)})"))
    page.goto(lab.address("long.ipynb"))
    line = page.locator(".jp-CodeCell .cm-scroller")
    line.wait_for(timeout=MINUTES)
    assert line.evaluate("line => line.scrollWidth <= line.clientWidth")


def kinds(outputs: list[Any]) -> list[str]:
    """Return the types of a cell's outputs. A kernel may send one text in several pieces; they count once.

    The line that says what a cell is at comes when it takes long, and does not count.
    """
    lasting = [output for output in outputs if output.get("metadata") != status.METADATA]
    return [kind for kind, _ in groupby(output["output_type"] for output in lasting)]


@pytest.mark.parametrize("number", ["03", "04"])
def test_a_notebook_runs_to_the_bottom_with_every_solution_loaded(
    number: str, lab: Lab, watch: Callable[..., Watched]
) -> None:
    """At the lab's pace: no cell fails or is silent, what is watched is seen, nothing asks for another host."""
    (path,) = lab.folder.glob(f"{number}_*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    stored = [kinds(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    predictions = solve(notebook)
    nbformat.write(notebook, path)
    watched = watch()
    page = watched.page
    page.goto(lab.address(path.name))
    ran = run_all(page)
    assert [(cell.source, cell.error) for cell in ran if cell.error] == []
    cells = page.evaluate(CELLS)
    assert [kinds(cell["outputs"]) for cell in cells] == stored
    are_right("".join(output.get("text", "") for cell in cells for output in cell["outputs"]), notebook, predictions)
    pictures = watched.pictures(".jp-OutputArea-output")
    assert [picture for picture in pictures if not (picture["alt"] and picture["wide"])] == []
    # Two seconds on a machine that does nothing else (`workshop.py bench lab`).
    assert [cell.source for cell in ran if cell.silence > 10] == []
    seen = [cell for cell in ran if "watch=True" in cell.source]
    assert seen
    assert [cell.source for cell in seen if len(cell.outputs) < 6] == []
