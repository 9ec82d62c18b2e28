#!/usr/bin/env python3
"""Set up the workshop and run it: `python3 workshop.py lab`. Needs Python 3.11 to 3.13 and nothing else.

The first use makes `.venv` beside this file from requirements.lock; later uses hand over at once. Standard library
only, and it parses on Python 3.8, so that an older Python gets a line to read instead of a SyntaxError.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

if sys.version_info >= (3, 9):  # noqa: UP036 - an older Python must reach check_python()
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
WINDOWS = os.name == "nt"
GIGABYTE = 1024**3
ROOM = 3 * GIGABYTE  # .venv takes 1.3 GB on Linux; pip unpacks beside it before it copies
PATIENCE = 10.0  # seconds that a program gets to end by itself


class Stop(Exception):
    """Ends the program with one line for the reader and exit code 1."""


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived: end what was started, then exit as a shell expects (128 + the signal's number)."""

    def __init__(self, number: int) -> None:
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` hands it down ignored
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _terminate)
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command is not test:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        check_python()
        return int(options.command(options))
    except Stop as reason:
        say(f"workshop: {reason}")
        return 1
    except KeyboardInterrupt:
        return 130
    except Terminated as reason:
        return 128 + reason.number


def _terminate(number: int, _frame: object) -> None:
    raise Terminated(number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="workshop.py", description="Set up the workshop and run it. First use: `python3 workshop.py lab`."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=(run.__doc__ or summary).strip())
        sub.set_defaults(command=run)
        return sub

    sub = command("lab", lab, "open the notebooks in JupyterLab")
    sub.add_argument("--port", type=_port, help="port on 127.0.0.1 (default: the first free one from 8888)")
    sub.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    sub = command("test", test, "check everything: lint, types, imports, tests, notebooks")
    sub.usage = "workshop.py test [PYTEST ARGUMENTS]"
    sub = command("cloud", cloud, "run the local cloud alone")
    sub.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1 (default: a free one)")
    sub.add_argument(
        "--speed", help="`max` jumps over waiting; a number plays virtual time that many times faster"
    )
    sub = command("notebooks", notebooks, "execute notebooks in place and save their outputs")
    sub.add_argument("names", nargs="*", metavar="NAME", help="notebooks to execute, such as 03 (default: all)")
    command("bench", bench, "measure, and print one JSON object of figures")
    return parser


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 0 to 65535")
    return number


def say(text: str) -> None:
    """Print one line for the reader, on stderr: stdout belongs to the program that is started."""
    print(text, file=sys.stderr, flush=True)


# --- subcommands ------------------------------------------------------------------------------------------------------


def lab(options: argparse.Namespace) -> int:
    """Open the notebooks in JupyterLab, on 127.0.0.1 only. Ctrl-C ends it and every kernel."""
    port = choose_port(options.port)
    python = prepare()
    token = secrets.token_hex(16)
    environment = reader_environment(python)
    environment["JUPYTER_TOKEN"] = token
    command = [python, "-m", "jupyterlab", f"--config={ROOT / 'tools' / 'jupyter_lab_config.py'}", f"--port={port}"]
    address = f"http://127.0.0.1:{port}/lab?token={token}"

    def announce() -> None:
        say(f"JupyterLab: {address}\nCtrl-C here ends it.")
        if not options.no_browser:
            webbrowser.open(address)

    # JupyterLab asks "are you sure?" on SIGINT; SIGTERM ends it, kernels first.
    return run(command, environment, gentle=signal.SIGTERM, ready=lambda: _answers(port), announce=announce)


def test(options: argparse.Namespace) -> int:
    """Check everything: ruff, mypy, the imports contract, unit tests, browser tests, and every notebook under nbval.

    With arguments, run pytest alone with these arguments.
    """
    python = prepare()
    environment = tester_environment(python)
    if options.rest:
        return run([python, "-m", "pytest", *options.rest], environment)
    stages = {
        "ruff check": [python, "-m", "ruff", "check"],
        "ruff format": [python, "-m", "ruff", "format", "--check"],
        "mypy": [python, "-m", "mypy"],
        "import-linter": [python, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-logo"],
    }
    failed = []
    for name, command in stages.items():
        say(f"--- {name}")
        if run(command, environment):
            failed.append(name)
            say(f"--- {name} FAILED")
    say("--- pytest")
    if failed:
        say(f"Failed before pytest: {', '.join(failed)}.")
    code = run([python, "-m", "pytest", "-n", "2", "--dist", "loadfile"], environment)
    return code or (1 if failed else 0)


def cloud(options: argparse.Namespace) -> int:
    """Run the local cloud alone. Prints one JSON line with its endpoint, region and account when it is ready."""
    if options.port:
        choose_port(options.port)
    python = prepare()
    command = [python, "-m", "helpers.localcloud", "--port", str(options.port)]
    if options.speed is not None:
        command += ["--speed", options.speed]
    environment = reader_environment(python)
    if WINDOWS:
        return run(command, environment)
    os.chdir(ROOT)
    os.execve(python, command, environment)  # noqa: S606 - one process less between the reader and the cloud


def notebooks(options: argparse.Namespace) -> int:
    """Execute notebooks in place, in order, and save their outputs."""
    python = prepare()
    return run([python, "-m", "tools.execute", *options.names], tester_environment(python))


def bench(options: argparse.Namespace) -> int:
    """Measure, and print one JSON object of figures."""
    python = prepare()
    return run([python, "-m", "bench"], tester_environment(python))


# --- the environment --------------------------------------------------------------------------------------------------


def check_python() -> None:
    """Stop on a Python that the lock has no packages for."""
    version = ".".join(map(str, sys.version_info[:3]))
    remedy = "Install Python 3.11, 3.12 or 3.13 (64-bit) from python.org, then run this file with it."
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise Stop(f"this is Python {version}; the workshop runs on 3.11 to 3.13. {remedy}")
    if sys.maxsize < 2**32:
        raise Stop(f"this is a 32-bit Python {version}; the workshop's packages are 64-bit. {remedy}")


def prepare() -> str:
    """Return the path of a Python that has everything the lock pins, after installing it where needed."""
    stamp = digest()
    python = venv_python()
    if python.exists() and _stamp(VENV) == stamp:
        return str(python)
    here = Path(sys.prefix)
    if here != VENV:  # an activated environment, such as conda's, that was made from the same lock
        if _stamp(here) == stamp:
            return sys.executable
        if carries_lock():
            adopt(here, sys.executable, stamp)
            return sys.executable
    with only_one():
        if not (python.exists() and _stamp(VENV) == stamp):  # unless another start was quicker
            install(stamp)
    return str(python)


def digest() -> str:
    """Identify what an environment was made from: the lock, this Python and this checkout's place."""
    lock = LOCK.read_bytes().replace(b"\r\n", b"\n")  # Git may check it out with either
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return hashlib.sha256(b"\0".join([lock, version.encode(), str(ROOT).encode()])).hexdigest()


def venv_python() -> Path:
    """Return where `.venv` keeps its Python."""
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def state_folder(prefix: Path) -> Path:
    """Return the folder inside an environment for what the workshop keeps there: stamp, log, Jupyter's settings."""
    return prefix / "share" / "serverless-ml-workshop"


def _stamp(prefix: Path) -> str | None:
    try:
        return (state_folder(prefix) / "stamp").read_text(encoding="ascii")
    except OSError:
        return None


def carries_lock() -> bool:
    """Tell whether the Python that runs this file has every package of the lock in the pinned version."""
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+) (?:; python_full_version < '3\.14' )?\\$", _lock_text(), re.M):
        try:
            if importlib.metadata.version(name) != version:
                return False
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


def _lock_text() -> str:
    return LOCK.read_text(encoding="utf-8")


def adopt(prefix: Path, python: str, stamp: str) -> None:
    """Put this checkout on an environment's path, and say in its stamp what it was made from.

    A `.pth` line rather than an installed project: pip refuses a local project beside hashes, and this way
    JupyterLab, VS Code and a plain `python` all find `helpers`, wherever they start.
    """
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())
    folder = state_folder(prefix)
    try:
        (packages / "serverless_ml_workshop.pth").write_text(f"{ROOT}\n", encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / "stamp.new"
        fresh.write_text(stamp, encoding="ascii")
        fresh.replace(folder / "stamp")
    except OSError as error:
        raise Stop(f"cannot write into {prefix}: {error.strerror}. Deactivate that environment, then run this again.")


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Let one start install at a time. The system lets go of the lock when its holder dies."""
    try:
        handle = (ROOT / ".venv.lock").open("a+")
    except OSError as error:
        raise Stop(f"cannot write into {ROOT}: {error.strerror}. Copy the workshop to a folder of your own.")
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


def install(stamp: str) -> None:
    """Make `.venv` from the lock. Its stamp comes last, so an interrupted one is made again from the start.

    Args:
        stamp: what digest() returned; written when everything is in place.
    """
    check_room()
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise Stop(f"this Python lacks venv and pip. On Debian and Ubuntu: sudo apt install {package}")
    started = time.monotonic()
    count = len(set(re.findall(r"^([a-z0-9-]+)==", _lock_text(), re.M)))
    again = "again: it is incomplete, or requirements.lock or Python changed" if VENV.exists() else "once"
    say(f"Setting up {VENV} ({again}): {count} packages, 1.3 GB, one to five minutes.")
    try:
        if VENV.exists():
            shutil.rmtree(VENV)
    except OSError as error:
        raise Stop(f"cannot replace {VENV}: {error.strerror}. Close what runs from it, then run this again.")
    log = ROOT / ".venv.log"
    with log.open("w", encoding="utf-8", errors="replace") as record:
        _logged([sys.executable, "-m", "venv", str(VENV)], record, None)
        pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "--retries", "2", "install"]
        pip += ["--require-hashes", "--no-deps", "--no-warn-script-location", "--progress-bar", "off"]
        # stepfunctions exists as source only. Built with the locked setuptools, so that nothing comes in unhashed.
        builder = re.search(r"^setuptools==.*?(?=^\S)", _lock_text() + "\nend", re.M | re.S)
        first = VENV / "setuptools.lock"
        first.write_text(builder.group() if builder else "", encoding="utf-8")
        _logged([*pip, "-r", str(first)], record, None)
        pip += ["--no-build-isolation", "--only-binary", ":all:", "--no-binary", "stepfunctions"]
        _logged([*pip, "-r", str(LOCK)], record, count)
    first.unlink()
    adopt(VENV, str(venv_python()), stamp)
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def check_room() -> None:
    """Stop before an installation that the disk has no room for."""
    free = shutil.disk_usage(ROOT).free
    if free < ROOM:
        raise Stop(
            f"the disk of {ROOT} has {free / GIGABYTE:.1f} GB free and setting up needs {ROOM // GIGABYTE} GB. "
            "Make room, then run this again."
        )


def _logged(command: Sequence[str], record, count: int | None) -> None:  # type: ignore[no-untyped-def]
    """Run an installer with its words in the log and its progress on screen; Stop with its reason when it fails."""
    lines: list[str] = []
    fetched = 0

    def follow(line: str) -> None:
        nonlocal fetched
        record.write(line)
        record.flush()
        lines.append(line)
        if count and line.startswith("Collecting "):
            fetched += 1
            if sys.stderr.isatty():
                print(f"\r  fetched {fetched:3} of {count}: {line.split()[1][:40]:40}", end="", file=sys.stderr)
            elif fetched % 50 == 0:
                say(f"  fetched {fetched} of {count}")
        elif count and line.startswith("Installing collected"):
            say(f"{chr(10) if sys.stderr.isatty() else ''}  installing {fetched} packages")

    if run(command, None, follow=follow):
        say("")
        raise Stop(explain("".join(lines), Path(record.name)))


def explain(output: str, log: Path) -> str:
    """Turn what pip or venv printed before it failed into one line: what is wrong, and what to do.

    Args:
        output: everything the installer printed.
        log: where the reader finds all of it.
    """
    if re.search(r"No space left on device|Errno 28|not enough space on the disk", output):
        return f"the disk is full: setting up needs {ROOM // GIGABYTE} GB. Make room, then run this again. Log: {log}"
    if "DO NOT MATCH THE HASHES" in output:
        return f"a fetched package is not the one that was locked. Ask whoever runs your package mirror. Log: {log}"
    wanted = re.search(r"(?:No matching distribution found for|requirement) ([\w.-]+==[^\s;]+)", output)
    if wanted or re.search(r"NewConnectionError|ProxyError|Temporary failure in name|ConnectTimeout", output):
        what = wanted.group(1) if wanted else "packages"
        return (
            f"no package registry offers {what}. Check the network, or the index that `pip config list` names, "
            f"then run this again. Log: {log}"
        )
    errors = [line for line in output.splitlines() if re.match(r"ERROR:|Error:|\w*Error\b", line)]
    return f"setting up failed: {errors[-1] if errors else 'no reason given'}. Log: {log}"


# --- processes --------------------------------------------------------------------------------------------------------


def reader_environment(python: str) -> dict[str, str]:
    """Return the environment for what a reader uses: theirs, but with the workshop's own Jupyter settings.

    Args:
        python: the environment's Python, as prepare() returned it.
    """
    hidden = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    state = state_folder(VENV if Path(python) == venv_python() else Path(sys.prefix))
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        folder = state / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        environment[name] = str(folder)
    environment.update(JUPYTER_PREFER_ENV_PATH="1", PYTHONNOUSERSITE="1")
    environment["PATH"] = os.pathsep.join([str(Path(python).parent), environment.get("PATH", "")])
    return environment


def tester_environment(python: str) -> dict[str, str]:
    """Return the environment for tests: no AWS settings of the reader's, the local cloud, time that jumps.

    Args:
        python: the environment's Python, as prepare() returned it.
    """
    environment = reader_environment(python)
    for name in [name for name in environment if name.startswith(("AWS_", "WORKSHOP_", "PYTEST_"))]:
        del environment[name]
    environment["WORKSHOP_SPEED"] = "max"
    return environment


def choose_port(wanted: int | None) -> int:
    """Return a port on 127.0.0.1 that is free: the wanted one or nothing, else the first one from 8888."""
    candidates = [wanted] if wanted is not None else [*range(8888, 8988), 0]
    for port in candidates:
        with socket.socket() as probe:
            if not WINDOWS:  # there it would let two servers share a port; here it forgives a recent close
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise Stop(f"port {wanted} is taken or not allowed. Choose another with --port, or leave --port out.")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2) as reply:
            return "version" in json.load(reply)
    except (OSError, ValueError, urllib.error.URLError):
        return False


def run(
    command: Sequence[str],
    environment: dict[str, str] | None,
    *,
    gentle: signal.Signals = signal.SIGINT,
    ready: Callable[[], bool] | None = None,
    announce: Callable[[], None] | None = None,
    follow: Callable[[str], None] | None = None,
) -> int:
    """Run a program in a process group of its own, and end the whole group when this program is interrupted.

    Args:
        command: program and arguments; it runs in the workshop's folder.
        environment: its environment variables; None for ours.
        gentle: the signal that asks it to end.
        ready, announce: once ready() is true, announce() is called.
        follow: receives each line of its output, which then does not go to the screen.

    Returns:
        Its exit code.
    """
    own_group = {"creationflags": 0x200} if WINDOWS else {"start_new_session": True}  # CREATE_NEW_PROCESS_GROUP
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if follow else {}
    text = {"text": True, "encoding": "utf-8", "errors": "replace"} if follow else {}
    child = subprocess.Popen(command, cwd=ROOT, env=environment, **own_group, **pipe, **text)  # type: ignore[call-overload]
    try:
        if follow:
            for line in child.stdout:
                follow(line)
        while ready and announce and child.poll() is None:
            if ready():
                announce()
                break
            time.sleep(0.1)
        while True:  # Windows delivers Ctrl-C only between waits
            with contextlib.suppress(subprocess.TimeoutExpired):
                return int(child.wait(timeout=0.5 if WINDOWS else None))
    except BaseException:
        end(child, gentle)
        raise


def end(child: subprocess.Popen[str], gentle: signal.Signals) -> None:
    """End a program that run() started and everything in its group: first asked, then forced.

    Args:
        child: the program.
        gentle: the signal that asks it to end.
    """
    say("Ending…")
    with contextlib.suppress(KeyboardInterrupt, Terminated, subprocess.TimeoutExpired, ProcessLookupError):
        if WINDOWS:
            child.send_signal(signal.CTRL_BREAK_EVENT)  # type: ignore[attr-defined]
        else:
            os.killpg(child.pid, gentle)
        child.wait(timeout=PATIENCE)
    if WINDOWS:
        if child.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group that is gone
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


if __name__ == "__main__":
    sys.exit(main())
