"""`python -m tools.taught [NN ...]`: how much of helpers and localcloud a reader of the notebooks executes, by file.

The reader sits in the lab, answers each exercise wrongly, then loads its solution (tools/soak/readers.py), and hands in
the capstone's two model solutions. Others jump, mistype and interrupt, or have an account (tools/soak/account.py): the
same cells, and the same promises of README. What no cell needs and no promise covers goes (docs/taught.md).

Each Python process counts, the cloud and workers too: those get an environment of their own, so a `.pth` file in
site-packages starts the measuring, while this runs. Workers are killed at their end, so that what was measured is saved
every second, and once more before a kill.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [str(ROOT / name) for name in ("helpers", "localcloud")]
READER = "answers wrongly first"
OTHERS = (
    ("05", "jumps in with checkpoint"),
    ("10", "jumps in with checkpoint"),
    ("08", "interrupts what takes long"),
    ("00", "mistypes, and corrects"),
    ("04", "restarts in the middle"),
)
CAPSTONE = """from helpers import checks, clean_up, connect
connect()
checks.capstone("solutions/capstone_reviews")
checks.capstone("solutions/capstone_sensors")
clean_up()"""
HOOK = Path(sysconfig.get_path("purelib"), "zz_taught.pth")  # after the one that puts the checkout on the path


def main() -> int:
    """Sends the reader through the named notebooks, or all; prints executed and all statements of each file."""
    from coverage import Coverage

    from tools.execute import NOTEBOOKS, find
    from tools.soak import account
    from tools.soak.orders import execute, kernel
    from tools.soak.readers import reading

    names = sys.argv[1:]
    paths = sorted({path for name in names for path in find(name)} if names else NOTEBOOKS.glob("*.ipynb"))
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        HOOK.write_text(f"import tools.taught; tools.taught.begin({folder!r})\n", encoding="utf-8")
        try:
            for path in paths:
                problems += [f"{path.stem}: {each}" for each in reading(path, READER, watches=True).problems]
            for name, reader in () if names else OTHERS:
                problems += [f"{name}: {each}" for path in find(name) for each in reading(path, reader).problems]
            if not names:
                problems += account.trouble(*find("05")) + account.alone(*find("07"), late=2.0)
                with kernel(NOTEBOOKS / "capstone.ipynb") as (_, client):
                    problems += execute(client, 0, CAPSTONE).error.splitlines()
        finally:
            HOOK.unlink()
        measured = Coverage(data_file=f"{folder}/all", config_file=False, source_dirs=SOURCES)
        measured.combine([folder], strict=True)
        measured.report(file=sys.stdout)
    print("\n".join(problems), file=sys.stderr)
    return int(bool(problems))


def begin(folder: str) -> None:
    """Measure this process, into a file of its own."""
    from coverage import Coverage

    measuring = Coverage(
        data_file=f"{folder}/all", data_suffix=True, auto_data=True, config_file=False, source_dirs=SOURCES
    )
    measuring.set_option("run:disable_warnings", ["no-data-collected"])  # a cell would show it
    measuring.start()

    def save() -> None:
        while Path(folder).is_dir():
            time.sleep(1)
            measuring.save()

    threading.Thread(target=save, daemon=True).start()
    _save_before_kills(measuring)


def _save_before_kills(measuring: Any) -> None:
    """Who is to be killed saves first: asked by a signal, which it has a third of a second to follow."""
    signal.signal(signal.SIGUSR1, lambda *_: measuring.save())
    kill, kill_group, leave = subprocess.Popen.kill, os.killpg, os._exit

    def later(process: Any) -> None:
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.3)
        kill(process)

    def group_later(group: int, number: int) -> None:
        if group and number == signal.SIGKILL:
            kill_group(group, signal.SIGUSR1)
            time.sleep(0.3)
        measuring.save()
        kill_group(group, number)

    def leave_later(status: int) -> Any:
        measuring.save()
        leave(status)

    subprocess.Popen.kill = later  # type: ignore[method-assign, assignment]
    os.killpg, os._exit = group_later, leave_later


if __name__ == "__main__":
    sys.exit(main())
