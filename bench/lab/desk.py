"""A JupyterLab with the kit's settings, on a copy of the notebooks."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.lab import answers, lab_command
from tools.processes import ROOT

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # no request leaves, whatever a page tries
]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where notebooks lie open.

    Args:
        folder: a copy of notebooks/, which may be changed.
        port, token: where its JupyterLab answers, and to whom.
    """

    folder: Path
    port: int
    token: str

    def address(self, name: str) -> str:
        """Of a notebook, opened by itself."""
        return f"http://127.0.0.1:{self.port}/doc/tree/notebooks/{name}?token={self.token}"


@contextmanager
def laid(room: Path) -> Iterator[Desk]:
    """A desk in an empty folder, and its JupyterLab, which ends with the block.

    Raises:
        RuntimeError: JupyterLab did not start; its log is in the message.
    """
    shutil.copytree(ROOT / "notebooks", room / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copytree(ROOT / "data", room / "data")
    settings = room / "settings" / "labconfig"
    settings.mkdir(parents=True)
    # While a test restarts a kernel, the debugger may ask the old one once more, and complain of no answer.
    (settings / "page_config.json").write_text('{"disabledExtensions": {"@jupyterlab/debugger-extension": true}}')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    desk = Desk(room / "notebooks", port, secrets.token_hex(16))
    command = [
        *lab_command(sys.executable, port),
        f"--ServerApp.root_dir={room}",
        # What is changed here, a theme or the folder on show, is not what a reader finds the next time.
        *(f"--LabApp.user_settings_dir={room / 'user'}", f"--LabApp.workspaces_dir={room / 'workspaces'}"),
    ]
    settled = {"JUPYTER_TOKEN": desk.token, "JUPYTER_CONFIG_PATH": str(settings.parent)}
    # A kernel below pytest would take itself for one of nbval's, and nobody for its reader.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | settled
    log = room / "lab.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(command, cwd=desk.folder, env=variables, stderr=lines, start_new_session=True)
    try:
        until = time.monotonic() + 60
        while not answers(port):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
            time.sleep(0.1)
        yield desk
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # it waits for a kernel; workshop.py is as patient with it
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
