"""The instructor's page, as a browser shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import classroom
from tests.browser.conftest import Watched, violations
from tools.classroom import gather, page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_class_is_shown_accessibly(
    theme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watch: Callable[..., Watched]
) -> None:
    monkeypatch.setenv("WORKSHOP_CLASS", str(tmp_path))
    for _ in range(3):
        classroom.note("answer", "repaired 1", right=False, answer="None", verdict="Not yet: 0 points.")
    classroom.note("answer", "repaired 2", right=True, answer="repair", verdict="Right: it holds. 10 points.")
    shown = watch(color_scheme=theme).page
    shown.set_content(page(gather(tmp_path), now=0.0).replace('http-equiv="refresh"', ""))  # not while axe looks
    assert shown.get_by_role("heading", name="readers, 1 stuck").is_visible()
    assert shown.get_by_role("heading", name="Game day").is_visible()
    assert violations(shown) == []
