"""What a model has answered is worked out once, for as long as it is kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.services import _remembered
from localcloud.services._remembered import Remembered


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCALCLOUD_REMEMBER")


def test_who_asks_while_the_answer_is_made_gets_the_same_one() -> None:
    answers: Remembered[list[int]] = Remembered(2, "numbers")
    made: list[int] = []
    all_ask = threading.Barrier(4)

    def answer() -> list[int]:
        made.append(1)
        return made

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: (all_ask.wait(), answers.get("question", answer))[1], range(4)))
    assert made == [1]
    assert all(each is made for each in found)


def test_the_answer_that_was_asked_for_longest_ago_goes_first() -> None:
    answers: Remembered[int] = Remembered(2, "numbers")
    for question in ("a", "b", "a", "c"):
        answers.get(question, lambda: 1)
    assert [answers.get(question, lambda: 2) for question in ("a", "c", "b")] == [1, 1, 2]


def test_a_failure_is_no_answer() -> None:
    answers: Remembered[int] = Remembered(2, "numbers")

    def fail() -> int:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        answers.get("a", fail)
    assert answers.get("a", lambda: 1) == 1


def test_an_answer_in_the_folder_outlives_what_gave_it_until_the_models_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALCLOUD_REMEMBER", str(tmp_path / "answers"))

    def asked_anew(name: str, answer: int) -> int:
        return Remembered[int](2, name).get(("photo", 1), lambda: answer)

    assert [asked_anew("pages", 1), asked_anew("pages", 2), asked_anew("labels", 3)] == [1, 1, 3]
    (file, _) = sorted((tmp_path / "answers").iterdir(), key=lambda each: each.stat().st_mtime_ns)
    file.write_bytes(b"torn")
    assert asked_anew("pages", 4) == 4
    monkeypatch.setattr(_remembered, "_makers", lambda: "another model")
    assert asked_anew("pages", 5) == 5
