"""A class on its instructor's page: what kernels append, and what the page makes of it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from helpers import checks, classroom
from tools import classroom as board


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKSHOP_CLASS", str(tmp_path))
    monkeypatch.setenv("WORKSHOP_NAME", "Ada")
    return tmp_path


def another_kernel() -> ModuleType:
    """The module as another process has it, with a file of its own."""
    spec = importlib.util.spec_from_file_location("another", str(classroom.__file__))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cell(source: str, problem: Exception | None = None) -> Any:
    return SimpleNamespace(error_in_exec=problem, error_before_exec=None, info=SimpleNamespace(raw_cell=source))


def test_without_the_setting_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKSHOP_CLASS", raising=False)
    monkeypatch.chdir(tmp_path)
    classroom.note("checkpoint", "one")
    checks.first_pause(3, None)
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_answers_and_errors_are_noted_under_the_name_that_the_reader_chose(folder: Path) -> None:
    classroom._after_cell(cell('print("\\nCheckpoint: a record came out.")'))
    classroom._after_cell(cell("1 / 0", ZeroDivisionError()))
    checks.tries_to_post(..., None)  # open: nobody's business
    checks.tries_to_post(7, None)
    ada = board.gather(folder).readers["Ada"]
    assert list(ada.checkpoints) == [("", "a record came out.")]
    assert ada.wrong == {"tries_to_post": 1}
    (answer,) = board.gather(folder).wrong["tries_to_post"].values()
    assert answer[0] == "7"
    assert answer[1].startswith("Not yet: the execution is missing")


def test_a_folder_that_is_gone_disturbs_no_lesson(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.rmdir()
    checks.tries_to_post(7, None)
    assert capsys.readouterr().out.startswith("Not yet")


def test_twenty_kernels_write_at_once_while_the_page_reads(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKSHOP_NAME")
    begin = threading.Barrier(21)

    def write(kernel: ModuleType) -> None:
        begin.wait()
        for number in range(30):
            kernel.note("checkpoint", f"place {number}")
        kernel.answered("pause", 3, "Not yet: not 3 s.")

    writers = [threading.Thread(target=write, args=(another_kernel(),)) for _ in range(20)]
    for writer in writers:
        writer.start()
    begin.wait()
    while any(writer.is_alive() for writer in writers):
        board.page(board.gather(folder), time.time())
    known = board.gather(folder)
    assert len(list(folder.iterdir())) == len(known.readers) == 20
    assert {len(reader.checkpoints) for reader in known.readers.values()} == {30}
    assert "20 x  3" in board.page(known, time.time())


def line(**fields: Any) -> str:
    return json.dumps({"at": time.time(), "name": "Ben", "notebook": "03", "kind": "answer", "what": "pause", **fields})


def test_who_answers_wrongly_three_times_or_is_silent_is_stuck_until_they_are_right(tmp_path: Path) -> None:
    file, now = tmp_path / "a.jsonl", time.time()
    file.write_text("\n".join([line(right=False, answer="4", verdict="Not yet: 5")] * 3) + "\n")
    page = board.page(board.gather(tmp_path), now)
    assert "1 readers, 1 stuck" in page
    assert "! pause: 3 wrong answers" in page
    with file.open("a") as more:
        more.write(
            line(right=True, verdict="Right: 5 s. 28 points.", what="repaired 9") + "\n" + line(right=True) + "\n"
        )
    page = board.page(board.gather(tmp_path), now)
    assert "1 readers, 0 stuck" in page
    assert re.search(r"Game day.*Ben</th><td>28</td><td>1</td><td>0 min</td>", page, re.S)
    assert "silent for 11 min" in board.page(board.gather(tmp_path), now + 11 * 60)


def test_what_is_torn_vanished_hostile_or_no_file_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = '<script>alert(1)</script>" onload=x \u202e\x00'
    (tmp_path / "good.jsonl").write_text(line(name=hostile, answer="<b>", right=False) + "\n" + line()[:40])
    (tmp_path / "odd.jsonl").write_bytes(b'\xff\n[]\n{"at": "soon"}\n' + line(name=7).encode() + b"\n" + b"[" * 100_000)
    (tmp_path / "flood.jsonl").write_bytes(b"x" * (board.MOST_BYTES + 1))
    (tmp_path / "link.jsonl").symlink_to(__file__)
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "gone.jsonl").write_text(line(name="gone"))
    read = Path.read_bytes

    def vanishing(path: Path) -> bytes:
        if path.name == "gone.jsonl":
            path.unlink()
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", vanishing)
    known = board.gather(tmp_path)
    assert len(known.readers) == 1
    page = board.page(known, time.time())
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "\u202e" not in page


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with board.server(tmp_path, 0, "secret") as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()
        thread.join()


def status(address: str, host: str | None = None) -> int:
    request = urllib.request.Request(address, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request) as answer:
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            return int(answer.status)
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code


def test_the_page_is_for_whoever_has_the_key_on_this_machine(address: str) -> None:
    assert address.startswith("http://127.0.0.1:")
    assert status(f"{address}?key=secret") == 200
    assert status(address) == status(f"{address}?key=wrong") == 403
    assert status(f"{address}?key=secret", host="evil.example") == 403
