"""A process that runs a reader's code: a group of its own, its output in a file, its end with the local cloud's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Real seconds between SIGTERM and SIGKILL, "up to 120 seconds":
#: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html
GRACE = 120.0

if sys.platform == "win32":
    _CREATION_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
else:
    _CREATION_FLAGS = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Args:
        returncode: as `subprocess` gives it: negative when a signal ended it.
        timed_out: it ran too long and was stopped for that.
        stopped: somebody asked for its end.
    """

    returncode: int
    timed_out: bool
    stopped: bool

    @property
    def code(self) -> int:
        """Its exit code, 128 + n when a signal ended it, as Docker says it."""
        return 128 - self.returncode if self.returncode < 0 else self.returncode


class Process:
    """A process under way.

    Args:
        command: what to run.
        directory: where it starts.
        environment: all of its variables.
        log: a new file for its standard output and error. A file and not a pipe: nobody has to read it while the
            process runs, and it keeps what a killed process wrote.
    """

    def __init__(self, command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.stopped = self._timed_out = False
        self.started = time.monotonic()
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,  # ends when this process does, and what runs there ends at that
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=dict(environment),
                # A group of its own: no Ctrl-C of the terminal's, and killed with whatever it started.
                start_new_session=True,
                creationflags=_CREATION_FLAGS,
            )

    @property
    def pid(self) -> int:
        """Of the process, and of its group."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ends_within(self, seconds: float) -> bool:
        """Whether it has ended, or does so in so many real seconds."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def wait(self, seconds: float | None = None) -> Ended:
        """Wait for its end; stop it after so many real seconds since its start."""
        if seconds is not None and not self.ends_within(max(0.0, self.started + seconds - time.monotonic())):
            self._timed_out = True
            self.stop()
        code = self._process.wait()
        self.kill()  # what it started and left behind
        if self._process.stdin is not None:
            self._process.stdin.close()
        return Ended(code, self._timed_out, self.stopped)

    def stop(self, grace: float = GRACE) -> None:
        """Ask the whole group to end; kill it when it has not, after `grace` real seconds. Returns at once."""
        self.stopped = self.stopped or not self._timed_out
        if not self.alive:
            return
        if sys.platform == "win32":
            self._process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            self._signal(signal.SIGTERM)
        timer = threading.Timer(grace, self.kill)
        timer.daemon = True
        timer.start()

        def watch() -> None:
            self._process.wait()
            timer.cancel()

        threading.Thread(target=watch, daemon=True).start()

    def kill(self) -> None:
        """End the process and what it started, now. From any thread; more than once is fine."""
        if sys.platform != "win32":
            self._signal(signal.SIGKILL)
        elif self.alive:
            self._process.kill()

    def _signal(self, number: int) -> None:
        if sys.platform != "win32":
            try:
                os.killpg(self._process.pid, number)
            except (ProcessLookupError, PermissionError):  # it is gone; macOS says the latter of a zombie
                if self.alive:
                    self._process.send_signal(number)
