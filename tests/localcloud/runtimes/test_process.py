"""Processes of jobs: how they end, and that they end with the local cloud. Archives that stay in their folder."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import psutil
import pytest

from localcloud.runtimes import archives
from localcloud.runtimes.containers import PYTHON, Container
from localcloud.runtimes.process import Process

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path / "container", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "eu-west-1")


def start(container: Container, script: str) -> Process:
    command = [*PYTHON, "-c", script]
    return Process(command, container.root / "home", container.environment({}), container.root / "log")


def test_exit_codes_are_dockers(container: Container) -> None:
    assert start(container, "import sys; sys.exit(3)").wait().code == 3
    if sys.platform != "win32":
        killed = start(container, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)").wait()
        assert (killed.code, killed.stopped, killed.timed_out) == (137, False, False)


def test_process_that_ignores_the_stop_is_killed_after_its_grace(container: Container) -> None:
    process = start(container, "import signal, time; signal.signal(15, signal.SIG_IGN); print('x'); time.sleep(60)")
    pause = threading.Event()
    while process.alive and b"x" not in process.log.read_bytes():
        pause.wait(0.02)
    process.stop(grace=0.1)
    ended = process.wait()
    assert (ended.code, ended.stopped) == (137, True)


def test_container_paths_go_in_as_real_ones_and_come_out_as_they_were(container: Container) -> None:
    real = container.real("--in=/opt/ml/input,/opt/ml /my/opt/ml /opt/mlx")
    assert real == f"--in={container.ml}/input,{container.ml} /my/opt/ml /opt/mlx"
    assert container.shown(real.encode()) == "--in=/opt/ml/input,/opt/ml /my/opt/ml /opt/mlx"
    with pytest.raises(ValueError, match="not below /opt/ml"):
        container.path("/opt/ml/../../etc")


def test_modules_below_opt_ml_are_found(container: Container) -> None:
    (container.folder("/opt/ml/code") / "mine.py").write_text("NAME = 'mine'")
    script = "import sys; sys.path.append('/opt/ml/code'); import mine; print(mine.NAME, mine.__file__)"
    process = start(container, script)
    assert process.wait().code == 0
    assert container.shown(process.log.read_bytes()) == "mine /opt/ml/code/mine.py\n"


@pytest.mark.skipif(sys.platform == "win32", reason="asks the operating system about processes as POSIX does")
def test_a_killed_local_cloud_takes_its_training_scripts_with_it(tmp_path: Path) -> None:
    """Even killed without a chance to clean up: the script's standard input ends, and with it the script."""
    mark = tmp_path / "pid"
    script = f"import os, pathlib, time; pathlib.Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(600)"
    holder = (
        "import pathlib, sys, time\n"
        "from localcloud.runtimes.containers import PYTHON, Container\n"
        "from localcloud.runtimes.process import Process\n"
        f"container = Container(pathlib.Path({str(tmp_path / 'c')!r}), {{}}, 'eu-west-1')\n"
        f"Process([*PYTHON, '-c', {script!r}], container.ml, container.environment({{}}), container.root / 'log')\n"
        "time.sleep(600)\n"
    )
    pause = threading.Event()
    with subprocess.Popen([sys.executable, "-c", holder], cwd=ROOT) as cloud:
        while not mark.exists() or not mark.read_text():
            assert cloud.poll() is None
            pause.wait(0.02)
        cloud.kill()
    pid = int(mark.read_text())
    for _ in range(500):
        if not _runs(pid):
            break
        pause.wait(0.02)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    """Whether a process is there, other than as a zombie that nobody has reaped yet."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_archive_of_the_same_files_is_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.json").write_text(json.dumps({"a": 1}))
    first = archives.pack(tmp_path)
    os.utime(tmp_path / "deep" / "a.json", (1, 1))
    assert archives.pack(tmp_path) == first
    archives.unpack(first, tmp_path / "again")
    assert (tmp_path / "again" / "deep" / "a.json").read_text() == '{"a": 1}'


def _entry(kind: bytes, name: str, target: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, target
        archive.addfile(entry, io.BytesIO())
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        _entry(tarfile.REGTYPE, "../outside"),
        _entry(tarfile.REGTYPE, "/etc/outside"),
        _entry(tarfile.REGTYPE, "C:\\outside"),
        _entry(tarfile.SYMTYPE, "link", "/etc"),
        _entry(tarfile.LNKTYPE, "link", "../../x"),
        _entry(tarfile.FIFOTYPE, "pipe"),
        b"no archive",
    ],
    # The bytes hold the time of their making: as names they would differ between the test runner's workers.
    ids=["parent", "root", "drive", "symbolic link", "hard link", "pipe", "no archive"],
)
def test_archive_that_leads_out_of_its_folder_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(archives.BadArchive):
        archives.unpack(content, tmp_path / "in")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert list((tmp_path / "in").iterdir()) == []
