"""Temporary folders: whose process was killed goes at the next start, whose process runs stays."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from localcloud import scratch

MAKES_AND_WAITS = """
import sys, tempfile
from localcloud import scratch
tempfile.tempdir = sys.argv[1]
folder = scratch.make()
(folder / "inside").mkdir()
print(folder, flush=True)
sys.stdin.read()
"""


def test_a_folder_goes_with_the_next_start_once_its_process_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    command = [sys.executable, "-c", MAKES_AND_WAITS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        theirs = Path(other.stdout.readline().strip())
        mine = scratch.make()
        assert theirs.exists(), "its process runs"
        other.kill()
    third = scratch.make()
    assert sorted(tmp_path.iterdir()) == sorted([mine, third])
    scratch.remove(mine)
    scratch.remove(third)
    assert list(tmp_path.iterdir()) == []


def test_what_only_has_such_a_name_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    foreign = tmp_path / "localcloud-notes"
    foreign.mkdir()
    scratch.remove(scratch.make())
    assert list(tmp_path.iterdir()) == [foreign]


def test_a_process_that_set_itself_apart_ends_with_the_folder_that_is_its_home() -> None:
    folder = scratch.make()
    home = dict.fromkeys(("HOME", "USERPROFILE"), str(folder / "home"))
    daemon, other = (
        subprocess.Popen(
            [sys.executable, "-c", "print(flush=True); input()"],
            env=os.environ | settings,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for settings in (home, {})
    )
    with daemon, other:
        assert daemon.stdout
        assert other.stdout
        assert (daemon.stdout.readline(), other.stdout.readline()) == (b"\n", b"\n")
        scratch.remove(folder)
        assert daemon.wait(10) != 0
        assert other.poll() is None
