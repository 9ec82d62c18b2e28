"""The sessions of data/clicks/: what is committed is what the generator makes, and there is something to learn."""

from __future__ import annotations

import csv
import importlib.util
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

CLICKS = Path(__file__).resolve().parents[2] / "data" / "clicks"


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[list[list[str]], float]]:
    spec = importlib.util.spec_from_file_location("make_clicks", CLICKS.with_name("make_clicks.py"))
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    files: dict[str, tuple[list[list[str]], float]] = module.make()
    return files


def test_committed_files_are_what_the_generator_makes(made: dict[str, tuple[list[list[str]], float]]) -> None:
    for name, (rows, _) in made.items():
        with (CLICKS / name).open(newline="", encoding="utf-8") as file:
            assert list(csv.reader(file))[1:] == rows


def test_there_is_far_more_to_learn_than_the_most_frequent_offer(
    made: dict[str, tuple[list[list[str]], float]],
) -> None:
    for rows, best in made.values():
        majority = Counter(row[-1] for row in rows).most_common(1)[0][1] / len(rows)
        assert majority < 0.3 < 0.65 < best
