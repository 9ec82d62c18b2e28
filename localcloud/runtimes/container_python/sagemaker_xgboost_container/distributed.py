"""Imported by scripts that can train on several machines, which is not done here."""

from __future__ import annotations

from typing import Any


def rabit_run(*_args: Any, **_named: Any) -> None:
    """Training over several machines.

    Raises:
        NotImplementedError: always; the local cloud refuses such a job before it comes to this.
    """
    raise NotImplementedError("The local cloud trains on one machine. Set instance_count to 1.")
