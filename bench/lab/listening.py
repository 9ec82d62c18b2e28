"""What a kernel says while a notebook runs in JupyterLab, and when: how long cells take, how long they are silent."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

MINUTES = 60_000  # milliseconds
#: Whether Lab has a kernel that waits for work.
IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
#: Writes down each message of the kernel: when it came, what it is, and the request that it belongs to.
LISTEN = """() => {
    window.heard = [];
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    kernel.iopubMessage.connect((_, message) => window.heard.push([
        performance.now() / 1000,
        message.header.msg_type,
        message.parent_header.msg_id ?? '',
        message.content.execution_state ?? message.content.code ?? message.content.ename ?? '',
    ]));
}"""
RUN = "() => void window.jupyterapp.commands.execute('notebook:run-all-cells')"
#: Code cells that the kernel has run since LISTEN, and all that there are: the counts that a notebook was saved with
#: say nothing of this run. And whether the kernel has stopped at an error.
COUNT = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const cells = panel.content.widgets.filter(cell => cell.model.type === 'code');
    const begun = new Set(window.heard.filter(([, kind]) => kind === 'execute_input').map(message => message[2]));
    const ended = window.heard.filter(([, , of, state]) => state === 'idle' && begun.has(of));
    const quiet = performance.now() / 1000 - (window.heard.at(-1)?.[0] ?? Infinity) > 3;
    const idle = quiet && panel.sessionContext.session.kernel.status === 'idle';
    return [ended.length, cells.length, idle && window.heard.some(([, kind]) => kind === 'error')];
}"""
OUTPUTS = {"stream", "display_data", "update_display_data", "execute_result", "error", "clear_output"}
ANSWER = ".jp-Stdin-input"
PATIENCE = 600  # seconds for a whole notebook

Message = tuple[float, str, str, str]


@dataclass(slots=True)
class Cell:
    """One cell, as it ran.

    Args:
        source: its code.
        started, ended: seconds on the page's clock.
        outputs: when it showed something, or changed what it showed.
        error: the name of what it raised, or "".
    """

    source: str
    started: float
    ended: float
    outputs: list[float] = field(default_factory=list)
    error: str = ""

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return self.ended - self.started

    @property
    def silence(self) -> float:
        """The longest time in which nothing changed under it."""
        return max(after - before for before, after in pairwise([self.started, *self.outputs, self.ended]))


def cells_of(messages: list[Message]) -> list[Cell]:
    """What the kernel said, by cells, in the order in which they ran."""
    found: dict[str, Cell] = {}
    for at, kind, request, content in messages:
        if kind == "execute_input":
            found[request] = Cell(content, at, at)
        elif request in found:
            cell = found[request]
            if kind in OUTPUTS:
                cell.outputs.append(at)
            if kind == "error":
                cell.error = content
            cell.ended = at
    return list(found.values())


def run_all(page: Page, answer: str = "") -> list[Cell]:
    """Runs all cells of the notebook on a page, from a fresh kernel, as a reader who answers whatever is asked.

    Where a cell fails, the run ends with it.

    Raises:
        TimeoutError: it did not reach the bottom.
    """
    page.wait_for_function(IDLE, timeout=2 * MINUTES)
    page.evaluate(LISTEN)
    page.evaluate(RUN)
    until = time.monotonic() + PATIENCE
    while True:
        done, of, stopped = page.evaluate(COUNT)
        if done == of or stopped:
            break
        if time.monotonic() > until:
            raise TimeoutError(f"{done} of {of} cells ran in {PATIENCE} s")
        asked: Any = page.locator(ANSWER)
        if asked.count():
            asked.last.fill(answer)
            asked.last.press("Enter")
        page.wait_for_timeout(200)
    return cells_of([tuple(message) for message in page.evaluate("() => window.heard")])
