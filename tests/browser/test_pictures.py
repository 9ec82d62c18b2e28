"""Pictures as readers meet them: in a notebook they trust or not, light and dark, and in pages made of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import expect

import draw
from bench.lab.listening import MINUTES
from tests.browser.conftest import Lab, Watched
from tools.processes import ROOT

HISTORIES = ROOT / "tests" / "draw" / "histories"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HOSTILE = {
    "StartAt": '<img src=x onerror="hacked=1">',
    "States": {'<img src=x onerror="hacked=1">': {"Type": "Pass", "Result": "<script>hacked=1</script>", "End": True}},
}


SEEN = """count => [...document.querySelectorAll('.jp-OutputArea-output img')]
    .filter(image => image.naturalWidth && image.getBoundingClientRect().height > 50).length === count"""


def drawn() -> list[Any]:
    """A graph, a timeline, events and data of an execution that had trouble, and a machine with hostile names."""
    stored = json.loads((HISTORIES / "train.json").read_text(encoding="utf-8"))
    definition, events = stored["definition"], stored["events"]
    return [
        draw.graph(definition, events, name="train"),
        draw.graph(definition, events, name="train", landscape=True),
        draw.timeline(events, name="train"),
        draw.events(events, name="train"),
        draw.data(definition, events, name="train"),
        draw.graph(HOSTILE, name="hostile"),
    ]


def shown(picture: Any) -> Any:
    """A code cell that was run, with a picture as its output."""
    output = nbformat.v4.new_output("execute_result", picture._repr_mimebundle_(), execution_count=1)
    return nbformat.v4.new_code_cell("show(it)", outputs=[output], execution_count=1)


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_pictures_show_with_their_words(trusted: bool, lab: Lab, watch: Callable[..., Watched]) -> None:
    pictures = drawn()
    watched = watch()
    page = watched.page
    page.set_viewport_size({"width": 1280, "height": 9000})  # Lab takes away what is out of sight
    lab.open(page, f"pictures-{trusted}.ipynb", *map(shown, pictures), trusted=trusted)
    page.locator(".jp-OutputArea-output img").nth(3).wait_for(timeout=MINUTES)
    alts = [picture.alt for picture in pictures if isinstance(picture, draw.Picture)]
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        watched.wear(theme)
        page.wait_for_function(SEEN, arg=len(alts), timeout=MINUTES)
        assert [each["alt"] for each in watched.pictures(".jp-OutputArea-output")] == alts
    assert page.locator(".jp-OutputArea-output table").count() >= 1
    assert page.locator(".jp-OutputArea-output details").count() >= 1
    assert page.evaluate("() => window.hacked") is None


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every notebook as a page and as slides, made as README.md says."""
    folder = tmp_path_factory.mktemp("pages")
    for kind in ("html", "slides"):
        command = ["nbconvert", "--config", "tools/offline_pages.py", "--to", kind, "--output-dir", str(folder)]
        process = subprocess.run(
            [sys.executable, "-m", *command, *map(str, NOTEBOOKS)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stderr
    return folder


def images_in(path: Path) -> int:
    """How many pictures a notebook has in HTML."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return sum("".join(output.get("data", {}).get("text/html", "")).count("<img") for output in outputs)


def is_seen(picture: dict[str, Any]) -> bool:
    return bool(picture["alt"] and picture["wide"] and picture["high"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_made_of_a_notebook_has_its_pictures_and_fetches_nothing(
    path: Path, pages: Path, watch: Callable[..., Watched]
) -> None:
    watched = watch()
    watched.page.goto((pages / f"{path.stem}.html").as_uri())
    found = watched.pictures()
    assert len(found) >= images_in(path)
    assert all(map(is_seen, found)), found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_slides_are_stepped_through_by_key_and_fetch_nothing(
    path: Path, pages: Path, watch: Callable[..., Watched]
) -> None:
    watched = watch()
    page = watched.page
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto((pages / f"{path.stem}.slides.html").as_uri())
    count = page.locator("section section").count()
    found = []
    for number in range(1, count + 1):
        expect(page.locator("#number")).to_have_text(f"{number} of {count}")
        expect(page.locator("section section:visible")).to_have_count(1)
        found += watched.pictures()
        page.keyboard.press("ArrowRight")
    assert len(found) == page.locator("section img").count()
    assert all(is_seen(picture) and picture["high"] <= 720 for picture in found), found
    page.keyboard.press("Home")
    expect(page.locator("#number")).to_have_text(f"1 of {count}")
