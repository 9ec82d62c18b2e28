"""A temporary folder for as long as a process runs. One that was killed cannot remove its own: the next start does."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

_PREFIX = "localcloud-"
_LOCK = "in-use"
#: Seconds in which a folder may have no lock yet.
_YOUNG = 60

_held: dict[Path, IO[bytes]] = {}


def make() -> Path:
    """A new folder, which is this process's until `remove`; folders that dead processes left are removed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            if time.time() - left.stat().st_mtime > _YOUNG:
                with left.open("rb+") as file:
                    _lock(file)
                shutil.rmtree(left.parent, ignore_errors=True)
        except OSError:  # its process runs, it is another user's, or somebody else removes it
            continue
    made = Path(tempfile.mkdtemp(prefix=_PREFIX))
    _held[made] = (made / _LOCK).open("wb")
    _lock(_held[made])
    return made


def remove(folder: Path) -> None:
    """Removes a folder with everything in it. Twice is fine."""
    if folder in _held:
        _held.pop(folder).close()
    shutil.rmtree(folder, ignore_errors=True)


def _lock(file: IO[bytes]) -> None:
    """A lock that the system gives up when the process ends, however it ends. Raises OSError when another has it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
