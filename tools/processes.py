"""Run programs so that nothing outlives the workshop. Standard library only."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = sys.platform == "win32"
PATIENCE = 10.0  # seconds that a program gets to end by itself


class Stop(Exception):
    """Ends the program with one line for the reader and exit code 1."""


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived: end what was started, then exit with 128 + its number, as shells expect."""

    def __init__(self, number: int) -> None:
        self.number = number


def say(text: str) -> None:
    """Print one line for the reader, on stderr: stdout belongs to the program that is started."""
    print(text, file=sys.stderr, flush=True)


def choose_port(wanted: int | None) -> int:
    """Return a port on 127.0.0.1 that is free: the wanted one or nothing, else the first one from 8888."""
    candidates = [wanted] if wanted is not None else [*range(8888, 8988), 0]
    for port in candidates:
        with socket.socket() as probe:
            if not WINDOWS:  # there it would let two servers share a port; here it forgives a recent close
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise Stop(f"port {wanted} is taken or not allowed. Choose another with --port, or leave --port out.")


def run(
    command: Sequence[str],
    environment: dict[str, str] | None,
    *,
    gentle: signal.Signals = signal.SIGINT,
    ready: Callable[[], bool] | None = None,
    announce: Callable[[], None] | None = None,
    follow: Callable[[str], None] | None = None,
) -> int:
    """Run a program in a process group of its own, and end the whole group when this program is interrupted.

    Args:
        command: program and arguments; it runs in the workshop's folder.
        environment: its environment variables; None for ours.
        gentle: the signal that asks it to end.
        ready, announce: once ready() is true, announce() is called.
        follow: receives each line of its output, which then does not go to the screen.

    Returns:
        Its exit code.
    """
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE if follow else None,
        stderr=subprocess.STDOUT if follow else None,
        encoding="utf-8",
        errors="replace",
        creationflags=0x200 if WINDOWS else 0,  # CREATE_NEW_PROCESS_GROUP
        start_new_session=not WINDOWS,
    )
    try:
        for line in child.stdout or ():
            if follow:
                follow(line)
        while ready and announce and child.poll() is None:
            if ready():
                announce()
                break
            time.sleep(0.1)
        while True:  # Windows delivers Ctrl-C only between waits
            with contextlib.suppress(subprocess.TimeoutExpired):
                return int(child.wait(timeout=0.5 if WINDOWS else None))
    except BaseException:
        end(child, gentle)
        raise


def end(child: subprocess.Popen[str], gentle: signal.Signals) -> None:
    """End a program that run() started and everything in its group: first asked, then forced.

    Args:
        child: the program.
        gentle: the signal that asks it to end.
    """
    say("Ending…")
    with contextlib.suppress(KeyboardInterrupt, Terminated, subprocess.TimeoutExpired, ProcessLookupError):
        if sys.platform == "win32":
            child.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(child.pid, gentle)
        child.wait(timeout=PATIENCE)
    if sys.platform == "win32":
        if child.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group that is gone
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
