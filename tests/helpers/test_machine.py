"""The check of a machine says what is wrong and what to do, and shows figures only where somebody looks."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from helpers import WorkshopError, machine
from helpers.session import Session


def test_a_good_machine_is_good_in_every_respect_and_says_no_figure(workshop: Session) -> None:
    text = machine.check_machine().text
    assert text.splitlines() == [f"{what}: good" for what in ("Python", "Memory", "Disk", "Fonts", "Cloud")]


def no_cloud() -> Any:
    raise WorkshopError("AWS does not know who you are.")


@pytest.mark.parametrize(
    ("part", "place", "broken", "remark"),
    [
        ("Python", "sys", SimpleNamespace(version_info=(3, 9, 6), maxsize=sys.maxsize), "Choose the kernel in .venv"),
        ("Python", "sys", SimpleNamespace(version_info=(3, 12, 1), maxsize=1 << 30), "Choose the kernel in .venv"),
        ("Memory", "psutil.virtual_memory", lambda: SimpleNamespace(available=1 << 30), "need 2 GB"),
        ("Disk", "shutil.disk_usage", lambda folder: SimpleNamespace(free=1 << 20), "1 GB of room"),
        ("Fonts", "FONTS", (), "fonts-liberation" if sys.platform == "linux" else "good"),
        ("Cloud", "connect", no_cloud, "AWS does not know who you are."),
    ],
)
def test_what_is_wrong_is_said_with_its_cure(
    part: str, place: str, broken: Any, remark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"helpers.machine.{place}", broken)
    finding = getattr(machine, f"_{part.lower()}")()
    assert finding.what == part
    assert remark in machine._page([finding]).text


def test_a_reader_sees_the_figures(workshop: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.machine.attended", lambda: True)
    assert "Cloud: good (AWS on this machine)" in machine.check_machine().text
