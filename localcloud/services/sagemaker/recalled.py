"""What a job has left, kept by what went into it: while the cloud recalls, it is put back in place of a run.

Only `helpers.checkpoint` has a cloud recall; what a reader runs, runs. Kept is what real runs on this machine made, in
the folder of LOCALCLOUD_REMEMBER, found by image, settings, script and data, and by the code and packages that ran it.
A job that has called anything over the network is not kept: it may have done more than its folder shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from localcloud.host import Host
from localcloud.runtimes.containers import CALLED, Container
from localcloud.runtimes.process import Ended
from localcloud.services import _remembered

#: Bytes of all files that a job leaves, beyond which it is not kept.
_MOST = 64 << 20

#: Folders with the job's name in their files, which is another one each time.
_NAMED = ("config/", "input/config/")


def run(cloud: Host, container: Container, settings: tuple[object, ...], process: Callable[[], Ended]) -> Ended:
    """The end of a job's process, run or recalled; its files and its log are in the container.

    Args:
        cloud: whether it recalls.
        container: with all that the job gets.
        settings: what else the job depends on, but for its name.
        process: runs it.
    """
    before = _files(container.ml)
    went_in = [(name, _digest(container.ml / name)) for name in sorted(before) if not name.startswith(_NAMED)]
    file = _remembered.place("jobs", (*settings, *went_in))
    if file is not None and cloud.recalls:
        with suppress(_remembered.NotKept):
            code, made, gone, log = _remembered.read(file)
            for name, content in made.items():
                (container.ml / name).parent.mkdir(parents=True, exist_ok=True)
                (container.ml / name).write_bytes(content)
            for name in gone:
                (container.ml / name).unlink()
            (container.root / "log").write_text(log, encoding="utf-8")
            return Ended(code, timed_out=False, stopped=False)
    ended = process()
    if file is not None and not (ended.timed_out or ended.stopped or (container.root / CALLED).exists()):
        after = _files(container.ml)
        made = [name for name in after if after[name] != before.get(name)]
        if sum(after[name][0] for name in made) <= _MOST:
            contents = {name: (container.ml / name).read_bytes() for name in made}
            log = container.shown((container.root / "log").read_bytes())
            _remembered.write(file, (ended.returncode, contents, sorted(before.keys() - after.keys()), log))
    return ended


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """The size of each file below, and when it was changed."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            about = path.stat()
            found[path.relative_to(folder).as_posix()] = about.st_size, about.st_mtime_ns
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
