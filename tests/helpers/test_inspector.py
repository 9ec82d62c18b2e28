"""The inspector in a notebook: moving where somebody sits, a picture elsewhere, and nothing fetched."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import IPython.core.getipython
import IPython.display
import pytest

import draw
from helpers import deploy, inspector, run, show
from helpers.attended import attended
from helpers.inspector import Inspector
from helpers.session import Session

LOOP = {
    "StartAt": "<script>alert(1)</script>",
    "States": {
        "<script>alert(1)</script>": {"Type": "Pass", "Result": {"n": "</script>"}, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 3, "End": True},
    },
}


@pytest.fixture(scope="module")
def inspected(workshop: Session) -> Inspector:
    return show.inspector(run(deploy(LOOP, "workshop-inspector"), {"a": 1}))


def displayed(monkeypatch: pytest.MonkeyPatch, inspected: Inspector, *, allow_stdin: bool) -> list[Any]:
    """What the notebook gets from a front end that can, or cannot, answer input()."""
    shown: list[Any] = []
    kernel = SimpleNamespace(_allow_stdin=allow_stdin)
    monkeypatch.setattr(IPython.display, "display", shown.append)
    monkeypatch.setattr(IPython.core.getipython, "get_ipython", lambda: SimpleNamespace(kernel=kernel))
    inspected._ipython_display_()
    return shown


def test_where_somebody_sits_the_still_picture_stands_under_the_inspector(
    monkeypatch: pytest.MonkeyPatch, inspected: Inspector
) -> None:
    monkeypatch.delenv("PYTEST_VERSION")
    widget, picture = displayed(monkeypatch, inspected, allow_stdin=True)
    assert "application/vnd.jupyter.widget-view+json" in widget._repr_mimebundle_()[0]
    assert picture is inspected.picture


def test_where_nobody_sits_the_picture_is_saved_with_what_plays_it_again(inspected: Inspector) -> None:
    data, metadata = inspected.picture._repr_mimebundle_()
    assert "text/html" in data
    again = draw.replayed(metadata["record"])
    assert again["name"] == "workshop-inspector"
    played = draw.film(again["definition"], again["events"], name=again["name"])
    assert played == inspected.widget().record


def test_a_reader_s_own_pictures_are_saved_alone(monkeypatch: pytest.MonkeyPatch, inspected: Inspector) -> None:
    monkeypatch.setattr(inspector, "attended", lambda: True)
    picture = inspector.kept(draw.graph(LOOP), json.dumps(LOOP), None, "loop")
    assert set(picture._repr_mimebundle_()) == {"text/html", "text/plain"}


@pytest.mark.parametrize("reason", ["nobody answers", "pytest"])
def test_where_nobody_sits_there_is_the_picture_that_show_gives(
    monkeypatch: pytest.MonkeyPatch, inspected: Inspector, reason: str
) -> None:
    if reason == "nobody answers":
        monkeypatch.delenv("PYTEST_VERSION")
    assert displayed(monkeypatch, inspected, allow_stdin=reason == "pytest") == [inspected.picture]


def test_a_plain_python_is_not_attended() -> None:
    assert not attended()


def test_in_a_terminal_it_is_the_trace(inspected: Inspector) -> None:
    assert repr(inspected).splitlines()[0] == "workshop-inspector: succeeded after 3 s"


def test_what_the_browser_gets_is_plain_json(inspected: Inspector) -> None:
    record = inspected.widget().record
    assert json.loads(json.dumps(record)) == json.loads(json.dumps(record, allow_nan=False))
    assert record["states"][0]["name"] == "<script>alert(1)</script>"
    assert not any("<script" in piece for piece in record["pieces"])


def test_its_code_fetches_nothing_and_makes_no_html_of_text() -> None:
    addresses = set(re.findall(r"https?://[^\s\"'`]+", inspector.CODE + inspector.LOOKS))
    assert addresses == {"http://www.w3.org/2000/svg"}
    for word in (
        "import ",
        "import(",
        "fetch(",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "eval(",
        "url(",
        "@import",
    ):
        assert word not in inspector.CODE + inspector.LOOKS, word
