"""The capstone's rubric: both model solutions pass it, and what is wrong fails the item that it is wrong in."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers import checks, deploy
from helpers.checks._judge import NotYet
from helpers.session import Session

SOLUTIONS = Path(__file__).resolve().parents[2] / "notebooks" / "solutions"
rubric: Any = importlib.import_module("helpers.checks.capstone")  # the package has the check under its name


@pytest.mark.parametrize("line", ["reviews", "sensors"])
def test_a_model_solution_passes_every_item(line: str, workshop: Session, capsys: pytest.CaptureFixture[str]) -> None:
    checks.capstone(SOLUTIONS / f"capstone_{line}")
    words = capsys.readouterr().out
    assert words.startswith("Right: 5 of 5.\n"), words


@pytest.fixture(scope="module")
def reviews(workshop: Session) -> Any:
    """The model's line, its machine, a run of it."""
    line = rubric._load(SOLUTIONS / "capstone_reviews" / "line.py")
    machine = deploy(line.definition(workshop.bucket), "workshop-capstone")
    return SimpleNamespace(line=line, machine=machine, ran=rubric._ended(machine, [*line.ITEMS, line.BAD]))


def changed(reviews: Any, **fields: Any) -> Any:
    return SimpleNamespace(**{**vars(reviews.line), **fields})


@pytest.mark.parametrize(
    ("pattern", "remark"),
    [
        ("wait", "the run shows nothing of it"),
        ("children", "shows nothing of it"),
        ("monolith", "It is one of services"),
    ],
)
def test_a_pattern_that_is_not_used(pattern: str, remark: str, reviews: Any) -> None:
    with pytest.raises(NotYet, match=remark):
        rubric._pattern(changed(reviews, PATTERN=pattern), reviews.ran)


def without(part: str, definition: Any) -> Any:
    """A definition in which one state lacks a field."""
    del definition["States"]["Each review"]["ItemProcessor"]["States"]["Rate"][part]
    return definition


@pytest.mark.parametrize(
    ("part", "remark"),
    [
        ("Catch", "With BAD among the items, the execution ended FAILED"),
        ("Retry", "Throttled 2 times, done should be"),
    ],
)
def test_a_failure_that_is_not_handled(part: str, remark: str, reviews: Any, workshop: Session) -> None:
    definition = reviews.line.definition(workshop.bucket)
    if part == "Catch":
        del definition["States"]["Each review"]["ItemProcessor"]["States"]["Set aside"]
    machine = deploy(without(part, definition), f"workshop-capstone-{part.lower()}")
    ran = rubric._ended(machine, [*reviews.line.ITEMS, reviews.line.BAD])
    with pytest.raises(NotYet, match=remark):
        rubric._failure(reviews.line, machine, ran)


def test_a_throttled_call_that_is_never_made(reviews: Any) -> None:
    line = changed(reviews, THROTTLED={"on": "textract:AnalyzeExpense", "error": "ThrottlingException"})
    with pytest.raises(NotYet, match="never calls textract:AnalyzeExpense"):
        rubric._failure(line, reviews.machine, reviews.ran)


def test_data_that_is_not_kept(reviews: Any, workshop: Session) -> None:
    altered = changed(reviews, ITEMS=[{**reviews.line.ITEMS[0], "text": "other words"}])
    with pytest.raises(NotYet, match="has the item r-1 as it came in"):
        rubric._kept(altered, reviews.ran, workshop.bucket)
    key = f"kept/{reviews.ran.name}/r-2/rating.json"
    workshop.client("s3").delete_object(Bucket=workshop.bucket, Key=key)
    with pytest.raises(NotYet, match="what came in, and not what came of it"):
        rubric._kept(reviews.line, reviews.ran, workshop.bucket)


@pytest.mark.parametrize(
    ("text", "remark"), [("It is cheap.", "does not say"), ("$0.05 for 1,000 items", r"comes to \$0\.4\d for 1,000")]
)
def test_a_cost_that_is_not_stated_or_is_another(text: str, remark: str, reviews: Any, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(text)
    with pytest.raises(NotYet, match=remark):
        rubric._cost(tmp_path, reviews.line, reviews.ran)


def test_tests_that_are_missing_or_cannot_fail(tmp_path: Path) -> None:
    (tmp_path / "line.py").write_text("def definition(bucket):\n    return {}\n")
    with pytest.raises(NotYet, match="pytest says: no tests ran"):
        rubric._tests(tmp_path)
    (tmp_path / "test_line.py").write_text("def test_nothing():\n    assert True\n")
    with pytest.raises(NotYet, match="they pass as well when every Retry and every Catch is taken out"):
        rubric._tests(tmp_path)


def test_a_folder_that_lacks_something_is_told_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks.capstone(tmp_path)
    assert "has no line.py" in capsys.readouterr().out
    for name in ("line.py", "README.md"):
        (tmp_path / name).write_text("PATTERN = 'wait'\n")
    checks.capstone(tmp_path)
    assert "line.py has no THROTTLED and no ITEMS and no BAD and no definition" in capsys.readouterr().out
