"""Twelve readers with a habit each, over a notebook's cells. All have to reach its end; where each stumbled is told.

The end is reached when the last run of each cell up to the clean-up has worked, and of each exercise's check as well.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from tools.soak.orders import CLEAN_UP, CONNECT, MOST_LINES, PATIENCE, Ran, execute, kernel

#: Runs the cell of a number, as it is or as the reader has changed it; runs a line of the reader's own (as number -1);
#: restarts the kernel (as -2); a cell that is interrupted after half a second has INTERRUPTED for its text.
Step = tuple[int, str]
INTERRUPTED = "\0"
RESTART: Step = (-2, "")


@dataclass
class Lesson:
    """A notebook as its readers have it.

    Attributes:
        cells: the text of each code cell.
        sections: the heading that each stands under.
        solutions: the number of an exercise's cell -> its solution's text.
        exercises: the numbers of all exercises' cells.
        failing: the numbers of cells that end in an error on purpose.
    """

    cells: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    solutions: dict[int, str] = field(default_factory=dict)
    exercises: list[int] = field(default_factory=list)
    failing: set[int] = field(default_factory=set)

    @property
    def set_up(self) -> int:
        """The number of the cell that connects."""
        return next(number for number, source in enumerate(self.cells) if CONNECT in source)

    @property
    def end(self) -> int:
        """The number of the cell that cleans up."""
        return max(number for number, source in enumerate(self.cells) if CLEAN_UP in source)

    def wrong(self, number: int, answer: str = "'seven'") -> str:
        """An exercise's cell with an answer that nobody asked for."""
        return re.sub(r"\.\.\.", "None" if "return" in self.cells[number] else answer, self.cells[number])

    def run(self, *numbers: int) -> Iterator[Step]:
        """Cells as they are."""
        yield from ((number, self.cells[number]) for number in numbers)

    def whole(self) -> Iterator[Step]:
        """All cells, from the top."""
        yield from self.run(*range(self.end + 1))


def read(path: Path) -> Lesson:
    """The lesson of a notebook."""
    lesson, section = Lesson(), ""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            section = (re.findall(r"^## (.*)", cell.source, re.M) or [section])[-1]
            continue
        tags, number = cell.metadata.get("tags", []), len(lesson.cells)
        if "solution" in tags:
            file = path.parent / cell.source.removeprefix("# %load ")
            lesson.solutions[lesson.exercises[-1]] = file.read_text(encoding="utf-8")
        lesson.exercises += [number] if "exercise" in tags else []
        lesson.failing |= {number} if "raises-exception" in tags else set()
        lesson.cells.append(cell.source)
        lesson.sections.append(section)
    return lesson


def _twice(lesson: Lesson) -> Iterator[Step]:
    for number in range(lesson.end):
        yield from lesson.run(number, number)
    yield from lesson.run(lesson.end)


def _wrong_first(lesson: Lesson) -> Iterator[Step]:
    yield from lesson.run(*range(min(lesson.exercises, default=lesson.end)))
    for number in lesson.exercises:
        after = next((each for each in lesson.exercises if each > number), lesson.end)
        for answer in ("0", "[]", "{}"):
            yield number, lesson.wrong(number, answer)
            yield from lesson.run(*(each for each in range(number + 1, after) if "checks." in lesson.cells[each]))
        yield number, lesson.wrong(number)
        yield from lesson.run(*range(number + 1, after))
        if number in lesson.solutions:  # a prediction has none: nobody runs a section again for it
            yield number, lesson.solutions[number]
            yield from lesson.run(*range(number + 1, after))
    yield from lesson.run(lesson.end)


def _solutions(lesson: Lesson) -> Iterator[Step]:
    yield from ((number, lesson.solutions.get(number, source)) for number, source in lesson.run(*range(lesson.end + 1)))


def _no_set_up(lesson: Lesson) -> Iterator[Step]:
    yield from lesson.run(*range(lesson.set_up + 1, lesson.set_up + 6))
    yield from lesson.whole()


def _skips_a_section(lesson: Lesson) -> Iterator[Step]:
    sections = list(dict.fromkeys(lesson.sections))
    skipped = sections[len(sections) // 3]
    yield from lesson.run(*(number for number in range(lesson.end) if lesson.sections[number] != skipped))
    first = lesson.sections.index(skipped)
    yield from lesson.run(*range(first, lesson.end + 1))


def _backwards(lesson: Lesson) -> Iterator[Step]:
    yield from lesson.run(*reversed(range(lesson.end)))
    yield from lesson.whole()


def _restarts(lesson: Lesson) -> Iterator[Step]:
    middle = lesson.end // 2
    yield from lesson.run(*range(middle))
    yield RESTART
    yield from lesson.run(*range(middle, middle + 3))  # "I was here"
    yield from lesson.whole()


def _cleans_early(lesson: Lesson) -> Iterator[Step]:
    middle = lesson.end // 2
    yield from lesson.run(*range(middle), lesson.end, *range(middle, middle + 3))
    yield from lesson.whole()


def _checkpoints(lesson: Lesson) -> Iterator[Step]:
    middle = lesson.sections[lesson.end // 2]
    name = re.sub(r"^(\d+)\..*", r"\1", middle)
    yield -1, f"from helpers import checkpoint; checkpoint({'after ' + name!r})"
    following = max(number for number, section in enumerate(lesson.sections) if section == middle) + 1
    yield from lesson.run(*range(min(following, lesson.end), lesson.end + 1))


def _interrupts(lesson: Lesson) -> Iterator[Step]:
    for number in range(lesson.end):
        if "run(" in lesson.cells[number] and "def " not in lesson.cells[number]:
            yield number, INTERRUPTED
        yield from lesson.run(number)
    yield from lesson.run(lesson.end)


def _mistypes(lesson: Lesson) -> Iterator[Step]:
    for number in range(lesson.end):
        source = lesson.cells[number]
        if number > lesson.set_up and number % 4 == 0:
            yield number, source.replace("workshop.", "workshp.").replace(")", "", 1)
        yield number, source
    yield from lesson.run(lesson.end)


def _again(lesson: Lesson) -> Iterator[Step]:
    yield from lesson.whole()
    yield from lesson.whole()


#: Who reads -> what they do.
READERS: dict[str, Callable[[Lesson], Iterator[Step]]] = {
    "runs each cell twice": _twice,
    "answers wrongly first": _wrong_first,
    "loads every solution": _solutions,
    "leaves the set-up out": _no_set_up,
    "skips a section, and comes back": _skips_a_section,
    "works backwards": _backwards,
    "restarts in the middle": _restarts,
    "cleans up too early": _cleans_early,
    "jumps in with checkpoint": _checkpoints,
    "interrupts what takes long": _interrupts,
    "mistypes, and corrects": _mistypes,
    "does it all again the next day": _again,
}


@dataclass
class Reading:
    """How it went.

    Attributes:
        stumbles: each error that was read, with its cell: "code cell 3: NameError: …".
        problems: what a reader would be left alone with: a cell that does not work in the end, a long traceback.
    """

    stumbles: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def reading(path: Path, reader: str, *, watches: bool = False) -> Reading:
    """One reader's way through a notebook; who watches sees executions at the lab's pace."""
    lesson, found = read(path), Reading()
    last: dict[int, Ran] = {}
    with kernel(path) as (manager, client):
        if watches:
            client.allow_stdin = True  # by which a kernel knows that somebody is there
        for number, source in READERS[reader](lesson):
            if number == -2:
                manager.restart_kernel(now=True)
                client.wait_for_ready(PATIENCE)
                continue
            last[number] = ran = _run(manager, client, number, source, lesson)
            lines = ran.error.splitlines()
            if lines and number not in lesson.failing:
                found.stumbles.append(f"code cell {number + 1}: {_said(lines)}")
            if len(lines) > MOST_LINES:
                found.problems.append(f"code cell {number + 1}: a traceback of {len(lines)} lines: {_said(lines)}")
    for number in range(lesson.end + 1):
        if number in last and last[number].error and number not in lesson.failing:
            problem = _said(last[number].error.splitlines())
            found.problems.append(f"code cell {number + 1} does not work in the end: {problem}")
    if lesson.end not in last:
        found.problems.append("the end was not reached")
    return found


def _run(manager: Any, client: Any, number: int, source: str, lesson: Lesson) -> Ran:
    if source != INTERRUPTED:
        return execute(client, number, source)
    timer = threading.Timer(0.5, manager.interrupt_kernel)
    timer.start()
    try:
        return execute(client, number, lesson.cells[number])
    finally:
        timer.cancel()


def _said(lines: list[str]) -> str:
    """The message of an error: its line with a name that ends in Error or Interrupt, or the last one."""
    names = re.compile(r"\w*(Error|Interrupt|Failed|Exception|Locally|Died)\b")
    return next((line for line in lines if names.match(line)), lines[-1])[:120]
