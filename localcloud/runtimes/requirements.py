"""requirements.txt beside a script: what it asks for and this Python has not, in a folder of the job's own.

As https://github.com/aws/sagemaker-training-toolkit (modules.py, errors.InstallRequirementsError) does in the images,
with the reader's own index: pip reads its settings (PIP_INDEX_URL, PIP_NO_INDEX, PIP_FIND_LINKS, pip.conf) as it
would in a terminal. It never touches this Python: it resolves first, without installing anything, and puts what is
missing into the folder.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from localcloud.runtimes.containers import Container
from localcloud.runtimes.process import Process

#: Real seconds for each of pip's two runs.
_SECONDS = 120.0

_PIP = (sys.executable, "-m", "pip", "install", "--quiet")

#: (command, directory, environment, log) -> a process.
Launch = Callable[[list[str], Path, Mapping[str, str], Path], Process]


class NotInstalled(Exception):
    """A package cannot be had: SageMaker's words, and what to do.

    Args:
        output: all that pip said.
    """

    def __init__(self, reason: str, output: str) -> None:
        super().__init__(reason)
        self.output = output


def install(container: Container, code: Path, launch: Launch) -> str:
    """Make what requirements.txt asks for importable in the container; what was installed, for the log.

    Args:
        container: whose `packages` get it.
        code: the folder of the script; without requirements.txt nothing happens.
        launch: starts pip.

    Raises:
        NotInstalled: a package cannot be had.
    """
    if not (code / "requirements.txt").is_file():
        return ""
    report = container.root / "requirements.json"
    _pip(container, code, launch, "--dry-run", "--report", str(report), "-r", "requirements.txt")
    missing = [
        each["download_info"]["url"]
        if each.get("is_direct")
        else f"{each['metadata']['name']}=={each['metadata']['version']}"
        for each in json.loads(report.read_text(encoding="utf-8"))["install"]
    ]
    if missing:
        _pip(container, code, launch, "--no-deps", "--target", str(container.packages), *missing)
    installed = f"Successfully installed {' '.join(missing)}" if missing else "All requirements are satisfied already."
    return f"Installing dependencies from requirements.txt:\n{installed}\n"


def _pip(container: Container, code: Path, launch: Launch, *arguments: str) -> None:
    log = container.root / "log-pip"
    ended = launch([*_PIP, *arguments], code, _environment(), log).wait(_SECONDS)
    if ended.code == 0 and not ended.timed_out:
        return
    output = container.shown(log.read_bytes())
    lines = [line for line in output.splitlines() if line.startswith("ERROR: ")] or output.splitlines()[-1:]
    said = f"pip took more than {_SECONDS:.0f} seconds" if ended.timed_out else lines[-1] if lines else "no output"
    raise NotInstalled(
        f'InstallRequirementsError:\nExitCode {ended.code}\nErrorMessage "{said}"\n'
        f'Command "python -m pip install -r requirements.txt"\n'
        "requirements.txt asks for a package that this Python has not and pip cannot get. Connect to its index, or "
        "set PIP_FIND_LINKS to a folder with its wheel; install it into the kit's Python; or remove its line",
        output,
    )


def _environment() -> dict[str, str]:
    """The reader's, for pip alone: its index, its proxies, its home; nothing of AWS."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    defaults = {"PIP_DEFAULT_TIMEOUT": "10", "PIP_RETRIES": "1", "PYTHONUTF8": "1"}
    always = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    return {**defaults, **own, **always}
