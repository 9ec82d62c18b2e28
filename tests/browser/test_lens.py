"""The data lens and the events table as readers meet them: in a notebook they trust or not, light and dark."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

import draw
from tests.browser.conftest import Lab, Watched
from tests.browser.test_pictures import HISTORIES, shown

HOSTILE = "<img src=x onerror='hacked=1'><script>hacked=1</script>"


def look(bucket: str, key: str) -> draw.Preview:
    """Something to see of everything: the photo of a receipt."""
    packed = io.BytesIO()
    Image.new("RGB", (200, 280), (250, 250, 245)).save(packed, "JPEG")
    return draw.Preview(HOSTILE, image=(packed.getvalue(), 200, 280))


def pages() -> list[draw.Page]:
    """The data of an execution with a receipt whose text was found, and its events."""
    stored: dict[str, Any] = json.loads((HISTORIES / "plain.json").read_text(encoding="utf-8"))
    for event in stored["events"]:
        answer = event.get("taskSucceededEventDetails", {})
        if "Blocks" in str(answer.get("output")):
            box = {"BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.5, "Height": 0.1}}
            blocks = [{"BlockType": "LINE", "Text": HOSTILE, "Geometry": box}]
            answer["output"] = json.dumps({"Blocks": [*json.loads(answer["output"])["Blocks"], *blocks]})
    return [
        draw.data(stored["definition"], stored["events"], name=HOSTILE, look=look),
        draw.events(stored["events"], name=HOSTILE),
    ]


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_changes_have_their_colours_and_nothing_is_wider_than_the_page(
    trusted: bool, lab: Lab, watch: Callable[..., Watched]
) -> None:
    watched = watch()
    page = watched.page
    page.set_viewport_size({"width": 1100, "height": 6000})  # Lab takes away what is out of sight
    lab.open(page, f"lens-{trusted}.ipynb", *map(shown, pages()), trusted=trusted)
    outputs = page.locator(".jp-OutputArea-output")
    (receipt,) = watched.pictures(".jp-OutputArea-output")
    assert receipt["alt"].startswith("receipts/01.png with 1 line of text found: <img")
    assert receipt["wide"] == 200
    assert page.evaluate("() => window.hacked") is None

    card = outputs.first.locator("details").first
    assert card.get_attribute("open") is None
    card.locator("summary").focus()
    page.keyboard.press("Space")  # Lab takes Enter for itself, to edit the cell
    assert card.get_attribute("open") is not None
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        watched.wear(theme)
        paint = "element => getComputedStyle(element).backgroundColor"
        assert outputs.first.locator("ins").first.evaluate(paint) == "rgba(0, 158, 115, 0.25)"
    page.evaluate("() => document.querySelectorAll('.jp-OutputArea-output details').forEach(each => each.open = true)")
    fits = "element => element.scrollWidth <= element.clientWidth + 1"
    assert [outputs.nth(at).evaluate(fits) for at in range(2)] == [True, True]
