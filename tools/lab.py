"""JupyterLab as a reader has it: how it is started, and on which page. Standard library only."""

from __future__ import annotations

import json
import urllib.request

from tools.processes import ROOT


def lab_command(python: str, port: int) -> list[str]:
    """The program and its arguments; JUPYTER_TOKEN in its environment is the key.

    Args:
        python: of an environment with JupyterLab.
        port: on 127.0.0.1.
    """
    settings = ROOT / "tools" / "jupyter_lab_config.py"
    return [python, "-m", "jupyterlab", f"--config={settings}", f"--port={port}"]


def first_page() -> str:
    """What it opens on, from its root."""
    return "notebooks/00_start_here.ipynb"


def answers(port: int) -> bool:
    """Whether a JupyterLab answers there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2) as reply:
            return "version" in json.load(reply)
    except (OSError, ValueError):
        return False
