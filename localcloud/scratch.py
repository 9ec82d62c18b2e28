"""A temporary folder for as long as a process runs. One that was killed cannot remove its own: the next start does.

With a folder go the processes that have their home in it: what a function or a job has started and set apart from its
group (setsid), which no signal to that group reaches.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

_PREFIX = "localcloud-"
_LOCK = "in-use"

_held: dict[Path, IO[bytes]] = {}


def make() -> Path:
    """A new folder, which is this process's until `remove`; what dead processes left is removed."""
    sweep()
    made = Path(tempfile.mkdtemp(prefix=_PREFIX))
    file = _held[made] = (made / _LOCK).open("wb", buffering=0)
    _lock(file)
    file.write(b"x")  # without it, it is not locked yet
    return made


def sweep() -> None:
    """Removes the folders of processes that have ended, however they ended."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError):  # its process runs, it is another user's, or somebody else removes it
            if left.stat().st_size:
                with left.open("rb+") as file:
                    _lock(file)
                remove(left.parent)


def remove(folder: Path) -> None:
    """Removes a folder with everything in it, and ends what has its home there. Twice is fine."""
    if folder in _held:
        _held.pop(folder).close()
    if folder.exists():
        _end_processes(folder.resolve())
    shutil.rmtree(folder, ignore_errors=True)


def _end_processes(folder: Path) -> None:
    import psutil

    home = "USERPROFILE" if sys.platform == "win32" else "HOME"
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # it has ended, or is another user's
            if Path(process.environ().get(home, os.sep)).is_relative_to(folder):
                process.kill()


def _lock(file: IO[bytes]) -> None:
    """A lock that the system gives up when the process ends, however it ends. Raises OSError when another has it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
