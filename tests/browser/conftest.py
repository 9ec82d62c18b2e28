"""One Chromium and one JupyterLab for all browser tests; pages that must ask nobody else and complain of nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.sign import NotebookNotary
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright

from bench.lab.desk import CHROMIUM, FLAGS, Desk, laid
from bench.lab.listening import IDLE, MINUTES, RUN

TRUSTED = "() => window.jupyterapp.shell.currentWidget.content.widgets.every(cell => cell.model.trusted)"
WORN = """dark => document.body.dataset.jpThemeLight === `${!dark}`
    && !document.getElementById('jupyterlab-splash')"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in this folder, and skip it where there is no browser."""
    absent = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium; .ci/run installs it")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(absent)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:  # one in a process: it brings an event loop
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


class Watched:
    """A page together with what it must not do: ask another host, or complain on its console."""

    def __init__(self, browser: Browser, **settings: Any) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 1600}, **settings)
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda socket: self._note(socket.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self._complain(message))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob", "about", "file"} and parts.hostname != "127.0.0.1":
            self.foreign.append(url)

    def _complain(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def wear(self, theme: str) -> None:
        """Change JupyterLab's theme, and wait for its curtain to go: the next change would take it away twice."""
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        self.page.wait_for_function(WORN, arg="Dark" in theme)

    def pictures(self, inside: str = "") -> list[dict[str, Any]]:
        """Every image that is shown: its alt text, and whether there is anything to see."""
        found: list[dict[str, Any]] = self.page.locator(f"{inside} img:visible").evaluate_all(
            """images => Promise.all(images.map(async image => {
                await image.decode().catch(() => {});
                return { alt: image.alt, wide: image.naturalWidth, high: image.getBoundingClientRect().height };
            }))"""
        )
        return found


@pytest.fixture
def watch(chromium: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens pages, and fails the test afterwards for what they must not do."""
    opened: list[Watched] = []

    def make(**settings: Any) -> Watched:
        opened.append(Watched(chromium, **settings))
        return opened[-1]

    yield make
    for each in opened:
        each.page.close()
    assert [url for each in opened for url in each.foreign] == []
    assert [text for each in opened for text in each.complaints] == []


def violations(page: Page, inside: str | None = None) -> list[str]:
    """What axe-core has against a page, or against a part of it, a line each."""
    found = Axe().run(page, context=inside, options={"preload": False}).response["violations"]
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


@dataclass(frozen=True, slots=True)
class Lab(Desk):
    """A desk with notebooks of the tests' own on it."""

    def write(self, name: str, *cells: Any) -> Path:
        """A notebook of its own on the desk."""
        path = self.folder / name
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(nbformat.v4.new_notebook(cells=list(cells), metadata=kernel), path)
        return path

    def open(self, page: Page, name: str, *cells: Any, trusted: bool) -> None:
        """A notebook of its own, trusted or not, until its last output is there."""
        path = self.write(name, *cells)
        if trusted:
            NotebookNotary().sign(nbformat.read(path, as_version=4))
        page.goto(self.address(name))
        page.locator(".jp-OutputArea-output").nth(len(cells) - 1).wait_for(timeout=MINUTES)
        assert page.evaluate(TRUSTED) is trusted

    def run(self, page: Page, name: str, *code: str) -> None:
        """A notebook of its own, with cells that are run."""
        self.write(name, *map(nbformat.v4.new_code_cell, code))
        page.goto(self.address(name))
        page.wait_for_function(IDLE, timeout=MINUTES)
        page.evaluate(RUN)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the settings of `workshop.py lab`, on a copy of the notebooks."""
    with laid(tmp_path_factory.mktemp("lab")) as desk:
        yield Lab(desk.folder, desk.port, desk.token)
