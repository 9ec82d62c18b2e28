"""A folder of wheels for machines without a network: what goes in, and that only what was locked comes out."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import environment, pack

LOCK = environment.LOCK.read_text(encoding="utf-8")


def pins(system: str, release: str) -> dict[str, str]:
    """Name -> version of what a system installs."""
    found = re.findall(r"^([a-z0-9-]+)(?:\[.+\])?==(\S+)", "".join(pack.for_system(LOCK, system, release)), re.M)
    assert len(dict(found)) == len(found)  # pip refuses a name twice
    return dict(found)


def test_each_system_and_each_python_gets_what_its_own_pip_would_install() -> None:
    linux, windows, intel = (pins(system, "3.12.5") for system in ("linux", "windows", "mac-intel"))
    assert "pywinpty" in windows
    assert "pywinpty" not in linux
    assert "appnope" in intel
    assert intel["onnxruntime"] != linux["onnxruntime"]
    assert "stepfunctions" in linux
    assert pins("linux", "3.11.0")["soupsieve"] != pins("linux", "3.11.99")["soupsieve"]


def test_a_pin_keeps_its_hashes_and_loses_its_marker() -> None:
    for pin in pack.for_system(LOCK, "mac", "3.13.0"):
        assert re.fullmatch(r"[a-z0-9-]+(\[[a-z0-9, -]+\])?==\S+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+", pin), (
            pin
        )


def test_a_name_means_one_python_or_all() -> None:
    assert pack.targets("windows-3.12") == [("windows", "3.12")]
    assert [python for _, python in pack.targets("mac")] == list(pack.PYTHONS)
    with pytest.raises(SystemExit, match="no system is called 'beos'"):
        pack.targets("beos")


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A folder with one wheel, and a lock of it."""
    folder = tmp_path / "stick"
    folder.mkdir()
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "tiny.lock").write_text(f"tiny==1.0 --hash=sha256:{digest}\n")
    return folder


def install(stick: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What pip says; the guard fails the test if it asks for the network."""
    monkeypatch.setattr(environment, "venv_python", lambda: sys.executable)
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")  # pip's own settings do not count
    command = [
        *environment._pip(str(environment.venv_python()), stick),
        "--target",
        str(stick.parent / "target"),
        "-r",
        str(stick.parent / "tiny.lock"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else environment.explain(done.stdout + done.stderr, Path("log"))


def test_what_was_locked_is_installed_from_the_folder(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert install(stick, monkeypatch) == ""
    assert (stick.parent / "target" / "tiny.py").is_file()


def test_what_was_changed_is_refused(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(stick / "tiny-1.0-py3-none-any.whl", "a") as archive:
        archive.writestr("more.py", "")
    assert "a fetched package is not the one that was locked" in install(stick, monkeypatch)


def test_a_folder_without_a_package_says_for_what_to_pack_again(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stick / "tiny-1.0-py3-none-any.whl").unlink()
    assert install(stick, monkeypatch).startswith("the folder has no tiny==1.0 for this system and Python 3.")


def test_an_empty_folder_is_said_before_anything_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    (tmp_path / ".venv").mkdir()
    with pytest.raises(environment.Stop, match="holds no packages"):
        environment.install(environment.LOCK, tmp_path)
    assert (tmp_path / ".venv").is_dir()
