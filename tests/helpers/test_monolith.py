"""Notebook 02's function: what it retries, what it does not; the figures by which it is compared."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture
def monolith(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module as Lambda loads it, but that it does not sleep; what it would have slept is in `slept`."""
    monkeypatch.syspath_prepend(str(NOTEBOOKS / "src"))
    for name in ("TABLE", "TOPIC", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    sys.modules.pop("monolith", None)
    module: Any = importlib.import_module("monolith")
    module.slept = []
    monkeypatch.setattr(module.time, "sleep", module.slept.append)
    yield module
    del sys.modules["monolith"]


def failing(code: str, times: int) -> Any:
    """A call that fails so many times with this code, and then answers."""
    left = [times]

    def call(**request: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "Call")
        return request

    return call


@pytest.mark.parametrize(
    ("code", "times", "slept"),
    [
        ("ThrottlingException", 0, []),
        ("ThrottlingException", 2, [0.5, 1.0]),
        ("InternalServerError", 5, [0.5, 1.0, 2.0, 4.0, 8.0]),
    ],
)
def test_what_passes_by_itself_is_tried_again(code: str, times: int, slept: list[float], monolith: Any) -> None:
    assert monolith.with_retries(failing(code, times), key="a") == {"key": "a"}
    assert monolith.slept == slept


@pytest.mark.parametrize(("code", "times", "pauses"), [("ThrottlingException", 6, 5), ("BadDocumentException", 1, 0)])
def test_what_does_not_pass_is_the_callers(code: str, times: int, pauses: int, monolith: Any) -> None:
    with pytest.raises(ClientError, match=code):
        monolith.with_retries(failing(code, times))
    assert len(monolith.slept) == pauses


def test_lines_are_those_of_the_named_functions_without_their_docstrings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(NOTEBOOKS))
    from src.measuring import lines_of

    source = 'def one():\n    """Said."""\n    return 1\n\n\ndef two():\n    return 2\n'
    assert (lines_of(source, "one"), lines_of(source, "two"), lines_of(source)) == (2, 2, 4)


def test_the_fraud_check_changes_one_line_of_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(NOTEBOOKS))
    from src import fraud_check

    lines = fraud_check.diff(fraud_check.MONOLITH, fraud_check.edited_monolith())
    assert fraud_check.touched(lines) == "1 + 20"
    compile(fraud_check.edited_monolith().read_text("utf-8"), "monolith.py", "exec")
