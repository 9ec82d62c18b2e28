"""Pictures as readers meet them: in a notebook they trust or not, light and dark."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from playwright.sync_api import expect

import draw
from bench.lab.listening import MINUTES
from tests.browser.conftest import Lab, Watched
from tools.processes import ROOT

HISTORIES = ROOT / "tests" / "draw" / "histories"
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


QUIZ = """**1.** Which?

<details><summary>a. this</summary>

✓ Right. Because.
</details>
<details><summary>b. that</summary>

✗ No. Because.
</details>"""


def test_a_quiz_is_answered_by_keyboard_in_a_notebook_that_is_not_trusted(
    lab: Lab, watch: Callable[..., Watched]
) -> None:
    watched = watch()
    page = watched.page
    lab.write("quiz.ipynb", nbformat.v4.new_markdown_cell(QUIZ))
    page.goto(lab.address("quiz.ipynb"))
    answer = page.locator("details", has_text="a. this")
    answer.wait_for(timeout=MINUTES)
    expect(answer.get_by_text("Because")).to_be_hidden()
    answer.locator("summary").press("Enter")
    expect(answer.get_by_text("Because")).to_be_visible()
    answer.locator("summary").press(" ")
    expect(answer.get_by_text("Because")).to_be_hidden()
