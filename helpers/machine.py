"""Whether this machine is fit for the workshop: what has stopped readers before, and what mends it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psutil

from draw import Page, page
from helpers.attended import attended
from helpers.errors import WorkshopError
from helpers.session import connect

GIGABYTE = 1 << 30
MEMORY = 2 * GIGABYTE  # a cloud with its text and speech models, the kernel, and the lab
DISK = 1 * GIGABYTE  # what a cloud keeps while it runs
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        what: its name.
        found: what is there, which differs between machines.
        cure: what to do now; empty where nothing is wrong.
    """

    what: str
    found: str
    cure: str


def check_machine() -> Page:
    """Looks at Python, memory, disk and fonts, and connects to the workshop's cloud.

    What is there is shown only where somebody can see it, because it differs between machines; the verdicts, and
    what mends what is wrong, are shown everywhere.
    """
    return _page([_python(), _memory(), _disk(), _fonts(), _cloud()])


def _python() -> Finding:
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13) and sys.maxsize > 1 << 32
    cure = "Choose the kernel in .venv: python3 workshop.py lab starts with it."
    found = ".".join(map(str, sys.version_info[:3])) + (", 64-bit" if sys.maxsize > 1 << 32 else ", 32-bit")
    return Finding("Python", found, "" if fits else cure)


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    cure = f"The models need {MEMORY // GIGABYTE} GB. Close other programs, and notebooks whose kernels still run."
    return Finding("Memory", f"{free / GIGABYTE:.1f} GB free", "" if free >= MEMORY else cure)


def _disk() -> Finding:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    cure = f"The cloud keeps its files in {folder}. Make {DISK // GIGABYTE} GB of room there."
    return Finding("Disk", f"{free / GIGABYTE:.0f} GB free", "" if free >= DISK else cure)


def _fonts() -> Finding:
    # Elsewhere the system brings its own; a small Linux may have none, and pictures are then without words.
    if sys.platform != "linux":
        return Finding("Fonts", "the system's own", "")
    installed = any(True for folder in FONTS for _ in Path(folder).expanduser().rglob("*.[ot]t[cf]"))
    cure = "Pictures would have no words. On Debian and Ubuntu: sudo apt install fonts-liberation"
    return Finding("Fonts", "installed" if installed else "none", "" if installed else cure)


def _cloud() -> Finding:
    try:
        session = connect()
        with session.alive():
            session.client("stepfunctions").list_state_machines()
    except WorkshopError as problem:
        return Finding("Cloud", "no answer", str(problem))
    return Finding("Cloud", "AWS on this machine" if session.target == "local" else "AWS", "")


def _page(findings: Iterable[Finding]) -> Page:
    rows, lines, seen = [], [], attended()
    for what, found, cure in findings:
        verdict = cure or "good"
        words = f"{verdict} ({found})" if seen else verdict
        badge = page.badge("failed" if cure else "succeeded")
        rows.append(page.cells("td", badge, page.tagged("b", page.said(what)), page.said(words)))
        lines.append(f"{what}: {words}")
    return Page(page.table(*rows), "\n".join(lines))
