"""Pictures as readers meet them: in a notebook they trust or not, light and dark, and in pages made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter, SlidesExporter
from nbformat.sign import NotebookNotary
from traitlets.config import PyFileConfigLoader

from helpers import draw
from tests.browser.conftest import MINUTES, ROOT, Lab, Watched

HISTORIES = ROOT / "tests" / "unit" / "draw" / "histories"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HOSTILE = {
    "StartAt": '<img src=x onerror="hacked=1">',
    "States": {'<img src=x onerror="hacked=1">': {"Type": "Pass", "Result": "<script>hacked=1</script>", "End": True}},
}


def drawn() -> list[Any]:
    """A graph, a timeline, events and data of an execution that had trouble, and a machine with hostile names."""
    told = json.loads((HISTORIES / "train.json").read_text(encoding="utf-8"))
    definition, events = told["definition"], told["events"]
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
    path = lab.write(f"pictures-{trusted}.ipynb", *map(shown, pictures))
    if trusted:
        NotebookNotary().sign(nbformat.read(path, as_version=4))
    watched = watch()
    page = watched.page
    page.set_viewport_size({"width": 1280, "height": 9000})  # Lab takes away what is out of sight
    page.goto(lab.address(path.name))
    page.locator(".jp-OutputArea-output img").nth(3).wait_for(timeout=MINUTES)
    trust = "() => window.jupyterapp.shell.currentWidget.content.widgets.every(cell => cell.model.trusted)"
    assert page.evaluate(trust) is trusted
    alts = [picture.alt for picture in pictures if isinstance(picture, draw.Picture)]
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.wait_for_function("dark => document.body.dataset.jpThemeLight === `${!dark}`", arg="Dark" in theme)
        found = watched.pictures(".jp-OutputArea-output")
        assert [each["alt"] for each in found if each["wide"] and each["high"] > 50] == alts
    assert page.locator(".jp-OutputArea-output table").count() >= 1
    assert page.locator(".jp-OutputArea-output details").count() >= 1
    assert page.evaluate("() => window.hacked") is None


@pytest.mark.parametrize("exporter", [HTMLExporter, SlidesExporter], ids=["html", "slides"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_made_of_a_notebook_has_its_pictures_and_fetches_nothing(
    path: Path, exporter: type[HTMLExporter], tmp_path: Path, watch: Callable[..., Watched]
) -> None:
    config = PyFileConfigLoader("offline_pages.py", str(ROOT / "tools")).load_config()
    page_made, _ = exporter(config=config).from_filename(str(path))
    (tmp_path / "page.html").write_text(page_made, encoding="utf-8")
    watched = watch()
    watched.page.goto((tmp_path / "page.html").as_uri())
    found = watched.pictures()
    stored = json.loads(path.read_text(encoding="utf-8"))
    outputs = [output for cell in stored["cells"] for output in cell.get("outputs", [])]
    assert len(found) == sum("".join(output.get("data", {}).get("text/html", "")).count("<img") for output in outputs)
    assert [each for each in found if not (each["alt"] and each["wide"] and each["high"])] == []
