"""What a model has answered is worked out once, for as long as it is kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.services._remembered import Remembered


def test_who_asks_while_the_answer_is_made_gets_the_same_one() -> None:
    answers: Remembered[list[int]] = Remembered(2)
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
    answers: Remembered[int] = Remembered(2)
    for question in ("a", "b", "a", "c"):
        answers.get(question, lambda: 1)
    assert [answers.get(question, lambda: 2) for question in ("a", "c", "b")] == [1, 1, 2]


def test_a_failure_is_no_answer() -> None:
    answers: Remembered[int] = Remembered(2)

    def fail() -> int:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        answers.get("a", fail)
    assert answers.get("a", lambda: 1) == 1
