"""The last answers of a model: what is asked twice, or by two at once, is worked out once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Answers by what was asked; for any thread.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, Future[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, question: Hashable, answer: Callable[[], T]) -> T:
        """The answer to a question, from `answer` the first time; who asks meanwhile waits. A failure is not kept."""
        with self._lock:
            found = self._answers.get(question)
            if found is not None:
                self._answers.move_to_end(question)
            else:
                made = self._answers[question] = Future()
                if len(self._answers) > self._most:
                    self._answers.popitem(last=False)
        if found is not None:
            return found.result()
        try:
            made.set_result(answer())
        except BaseException as problem:
            with self._lock:
                self._answers.pop(question, None)
            made.set_exception(problem)
        return made.result()
