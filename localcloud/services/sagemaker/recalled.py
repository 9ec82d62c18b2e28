"""What a job has left and a model answered, kept by what went in: put back in place of a run while the cloud recalls.

Only `helpers.checkpoint` has a cloud recall; what a reader runs, runs. Kept is what real runs on this machine made, in
the folder of LOCALCLOUD_REMEMBER, found by image, settings, script and data, and by the code and packages that ran it.
What has called anything over the network, or started another program, is not kept: it may have done more than its
folder shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

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
    if _remembered.kept_in() is None:
        return process()
    before = _files(container.ml)
    went_in = [(name, _digest(container.ml / name)) for name in sorted(before) if not name.startswith(_NAMED)]
    question = (*settings, *went_in)
    if (known := found(cloud, "jobs", question)) is not None:
        code, made, gone, log = known
        for name, content in made.items():
            (container.ml / name).parent.mkdir(parents=True, exist_ok=True)
            (container.ml / name).write_bytes(content)
        for name in gone:
            (container.ml / name).unlink()
        (container.root / "log").write_text(log, encoding="utf-8")
        return Ended(code, timed_out=False, stopped=False)
    ended = process()
    file = _remembered.place("jobs", question)
    if file is not None and not (ended.timed_out or ended.stopped or (container.root / CALLED).exists()):
        after = _files(container.ml)
        made = [name for name in after if after[name] != before.get(name)]
        if sum(after[name][0] for name in made) <= _MOST:
            contents = {name: (container.ml / name).read_bytes() for name in made}
            log = container.shown((container.root / "log").read_bytes())
            _remembered.write(file, (ended.returncode, contents, sorted(before.keys() - after.keys()), log))
    return ended


def found(cloud: Host, name: str, question: object) -> Any:
    """What is kept of a question, while the cloud recalls; None when nothing is."""
    file = _remembered.place(name, question) if cloud.recalls else None
    with suppress(_remembered.NotKept):
        return None if file is None else _remembered.read(file)
    return None


def keep(cloud: Host, name: str, question: object, answer: object) -> None:
    """Keep an answer for later, while the cloud recalls: who asks an endpoint much would drive all else out."""
    file = _remembered.place(name, question) if cloud.recalls else None
    if file is not None:
        _remembered.write(file, answer)


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
