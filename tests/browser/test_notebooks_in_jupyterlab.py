"""A reader's way: a notebook opened in a browser, run to the bottom."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
import pytest

from bench.lab.listening import IDLE, LISTEN, MINUTES, cells_of
from helpers import status
from tests.browser.conftest import Lab, Watched
from tools.processes import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .map(cell => ({
        count: cell.model.executionCount,
        state: cell.model.executionState,
        source: cell.model.sharedModel.source,
        outputs: cell.model.outputs.toJSON(),
    }))"""
DONE = "cell => cell.state === 'idle' && cell.count"


#: `workshop.py lab`, in the environment that runs the tests instead of one of its own.
LAUNCH = """import sys, workshop
from tools import environment
environment.prepare = lambda: sys.executable
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


def kinds(outputs: list[Any]) -> list[str]:
    """Return the types of a cell's outputs. A kernel may send one text in several pieces; they count once.

    The line that says what a cell is at comes when it takes long, and does not count.
    """
    lasting = [output for output in outputs if output.get("metadata") != status.METADATA]
    return [kind for kind, _ in groupby(output["output_type"] for output in lasting)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_the_bottom(path: Path, lab: Lab, watch: Callable[..., Watched]) -> None:
    """Run All Cells, from the menu: every cell runs, none fails or is silent, nothing asks for another host."""
    watched = watch()
    page = watched.page
    page.goto(lab.address(path.name))
    page.wait_for_function(IDLE, timeout=MINUTES)
    stored = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    announced = {cell.source for cell in stored if "raises-exception" in cell.metadata.get("tags", [])}

    page.evaluate(LISTEN)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_function(f"() => ({CELLS})().every({DONE})", timeout=8 * MINUTES)
    cells = page.evaluate(CELLS)

    failed = [
        output
        for cell in cells
        for output in cell["outputs"]
        if output["output_type"] == "error" and cell["source"] not in announced
    ]
    assert failed == []
    assert [cell["count"] for cell in cells] == list(range(1, len(stored) + 1))
    assert [kinds(cell["outputs"]) for cell in cells] == [kinds(cell.outputs) for cell in stored]
    pictures = watched.pictures(".jp-OutputArea-output")
    assert [picture for picture in pictures if not (picture["alt"] and picture["wide"])] == []
    ran = cells_of(page.evaluate("() => window.heard"))
    # Two seconds on a machine that does nothing else (`workshop.py bench lab`).
    assert [cell.source for cell in ran if cell.silence > 10] == []
    watched_cells = [cell for cell in ran if "watch=True" in cell.source]
    assert [cell.source for cell in watched_cells if len(cell.outputs) < 6] == []
