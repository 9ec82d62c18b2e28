"""The last answers of a model: what is asked twice, or by two at once, is worked out once.

With LOCALCLOUD_REMEMBER, the path of a folder, they outlive the process: a kernel that starts again need not read the
same photos anew. An answer there is found by the question and by the code and the packages that gave it.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from localcloud import memory

T = TypeVar("T")

_MOST_FILES = 1000
_HERE = Path(__file__).resolve().parent.parent


class Remembered(Generic[T]):
    """Answers by what was asked; for any thread.

    Args:
        most: how many are kept.
        name: of the model; a question's `repr` and this are what an answer is found by in the folder.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
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
            made.set_result(self._kept(question, answer))
        except BaseException as problem:
            with self._lock:
                self._answers.pop(question, None)
            made.set_exception(problem)
        return made.result()

    def _kept(self, question: Hashable, answer: Callable[[], T]) -> T:
        """From the folder, if there is one and it has it."""
        file = place(self._name, question)
        if file is None:
            return _worked_out(answer)
        with suppress(NotKept):
            found: T = read(file)
            return found
        worked_out = _worked_out(answer)
        write(file, worked_out)
        return worked_out


class NotKept(Exception):
    """The folder has no such answer."""


def kept_in() -> Path | None:
    """The folder; None when LOCALCLOUD_REMEMBER names none."""
    folder = os.environ.get("LOCALCLOUD_REMEMBER")
    return Path(folder) if folder else None


def place(name: str, question: object) -> Path | None:
    """The file of an answer in the folder, which need not be there; None when there is no folder.

    Args:
        name: of who answers.
        question: by its `repr`.
    """
    folder = kept_in()
    return folder and folder / f"{name}-{hashlib.sha256(repr((_makers(), question)).encode()).hexdigest()}"


def knows(name: str) -> bool:
    """Whether the folder has any answer of who answers under a name."""
    folder = kept_in()
    return folder is not None and next(folder.glob(f"{name}-*"), None) is not None


def read(file: Path) -> Any:
    """An answer. Raises NotKept."""
    try:
        return pickle.loads(file.read_bytes())
    except (OSError, pickle.UnpicklingError, EOFError):
        raise NotKept from None


def write(file: Path, answer: object) -> None:
    """Keep an answer, and let the oldest go. A full disk costs time, and nothing else."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        fresh.write_bytes(pickle.dumps(answer))
        fresh.replace(file)
        files = sorted(file.parent.iterdir(), key=lambda each: each.stat().st_mtime)
        for old in files[: max(0, len(files) - _MOST_FILES)]:
            old.unlink()


def _worked_out(answer: Callable[[], T]) -> T:
    try:
        return answer()
    finally:
        memory.trim()


@cache
def _makers() -> str:
    """A digest of what answers come from: our code, and the lock of the packages with their weights."""
    code = hashlib.sha256(sys.version.encode())
    ours = [file for folder in ("models", "runtimes") for file in sorted((_HERE / folder).rglob("*.py"))]
    for file in [*ours, *sorted(_HERE.parent.glob("requirements.lock"))]:
        code.update(file.read_bytes())
    return code.hexdigest()
