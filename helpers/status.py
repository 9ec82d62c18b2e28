"""A line under a cell that has been silent for a while: what it is at, and for how long.

Only where somebody sits. The line comes and goes on a thread of its own, so that whatever a cell waits for (an
execution, a waiter of boto3, an import) it says so.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from helpers.attended import attended

PATIENCE = 1.2  # seconds of silence
EVERY = 1.0  # seconds between two looks

#: Marks the line among a cell's outputs.
METADATA = {"workshop": "status"}

_doing: list[Callable[[], str]] = []


@contextmanager
def doing(what: Callable[[], str] | str) -> Iterator[None]:
    """Names what the cell is at meanwhile, if it takes long; a function is asked each time."""
    _doing.append(what if callable(what) else lambda: what)
    try:
        yield
    finally:
        _doing.pop()


def install() -> None:
    """Watches over the cells of this notebook; anywhere else, or a second time, it does nothing."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None or hasattr(shell, "_workshop_status"):
        return
    shell._workshop_status = watch = _Watch(shell)
    shell.events.register("pre_run_cell", watch.begin)
    shell.events.register("post_run_cell", watch.end)
    watch.begin(patience=0.0)  # the cell that imports this has been silent for a second


class _Watch:
    """What is known of the cell that runs."""

    def __init__(self, shell: Any) -> None:
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._heard = 0.0
        shell.display_pub.register_hook(self._hear)
        stream: Any = sys.stdout  # sends what is printed from another thread, and hooks are each thread's own
        stream.pub_thread.schedule(lambda: stream.register_hook(self._hear))

    def _hear(self, message: Any) -> Any:
        self._heard = time.monotonic()
        return message

    def begin(self, *_: object, patience: float = PATIENCE) -> None:
        self.end()
        if not attended():
            return
        self._heard = time.monotonic()
        self._over = threading.Event()
        # The context says to which cell an output belongs.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._look, self._over, patience), name="status", daemon=True)
        self._thread.start()

    def end(self, *_: object) -> None:
        if self._thread is not None:
            self._over.set()
            self._thread.join(5)
            self._thread = None

    def _look(self, over: threading.Event, patience: float) -> None:
        from IPython import display

        began, line = time.monotonic(), None
        show: Any = display.display
        while not over.wait(0.1 if line is None else EVERY):
            if _asks():
                self._heard = time.monotonic()
                continue
            if line is None and time.monotonic() - self._heard < patience:
                continue
            said = _Line(f"{_words()}: {time.monotonic() - began:.0f} s")
            if line is None:
                line = show(said, display_id=True, metadata=METADATA)
            else:
                line.update(said, metadata=METADATA)
        if line is not None:
            line.update(_Line(f"Done after {time.monotonic() - began:.0f} s."), metadata=METADATA)


def _asks() -> bool:
    """Whether the cell waits for the reader: its `input()` is open."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if frame.f_code.co_name == "_input_request":  # ipykernel's
            return True
        frame = frame.f_back
    return False


def _words() -> str:
    for ask in reversed(_doing):
        with suppress(Exception):  # what it asks may be gone by now
            return ask()
    return "At work"


class _Line:
    """Small and grey in a notebook."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from html import escape

        return f'<div style="font-size:smaller;opacity:.75">{escape(self.text)}</div>'
