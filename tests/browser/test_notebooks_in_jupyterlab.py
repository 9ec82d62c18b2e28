"""A reader's way: `workshop.py lab`, a notebook opened in a browser, run to the bottom."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MINUTES = 60_000  # milliseconds

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium; .ci/run installs it"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start JupyterLab as a reader does; yields the address that it prints, and ends it as Ctrl-C does."""
    command = [sys.executable, str(ROOT / "workshop.py"), "lab", "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as lab:
        assert lab.stderr
        said = []
        for line in lab.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/lab\?token=\w+", line):
                break
        else:
            pytest.fail(f"JupyterLab did not start:\n{''.join(said)}")
        yield found.group()
        lab.send_signal(signal.SIGINT)
        lab.communicate(timeout=30)
        assert lab.returncode == 130


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """A page together with what it must not do: ask another host, or complain on its console."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 1600})
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda socket: self._note(socket.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self._hear(message.text))

    def _hear(self, text: str) -> None:
        # JupyterLab's debugger asks the old kernel once more while the tests restart it: its own race, not ours.
        if "Could not restore the debugger state" not in text:
            self.complaints.append(text)

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob", "about"} and parts.hostname != "127.0.0.1":
            self.foreign.append(url)


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    watched = Watched(chromium)
    yield watched
    watched.page.close()


CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .map(cell => ({
        count: cell.model.executionCount,
        state: cell.model.executionState,
        source: cell.model.sharedModel.source,
        outputs: cell.model.outputs.toJSON(),
    }))"""
DONE = "cell => cell.state === 'idle' && cell.count"
IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


def kinds(outputs: list[Any]) -> list[str]:
    """Return the types of a cell's outputs. A kernel may send one text in several pieces; they count once."""
    return [kind for kind, _ in groupby(output["output_type"] for output in outputs)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_the_bottom(path: Path, address: str, watched: Watched) -> None:
    """Run All Cells, from the menu: every cell runs, none fails, nothing asks for another host."""
    page = watched.page
    page.goto(address.replace("/lab?", f"/doc/tree/{path.name}?"))
    page.wait_for_function(IDLE, timeout=MINUTES)
    stored = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    announced = {cell.source for cell in stored if "raises-exception" in cell.metadata.get("tags", [])}

    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_function(f"() => ({CELLS})().every({DONE})", timeout=2 * MINUTES)
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
    unseen = page.locator(".jp-OutputArea-output img").evaluate_all(
        "images => images.filter(image => image.complete && !image.naturalWidth).length"
    )
    assert unseen == 0
    assert watched.foreign == []
    assert watched.complaints == []
