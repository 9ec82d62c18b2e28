"""JupyterLab as `workshop.py lab` starts it: local, quiet, and with this checkout's notebooks trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat.sign import NotebookNotary
from traitlets.config import get_config

TOOLS = Path(__file__).resolve().parent
NOTEBOOKS = TOOLS.parent / "notebooks"

c: Any = get_config()

c.ServerApp.root_dir = str(TOOLS.parent)  # notebooks link to ../data, and play its recordings
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port_retries = 0  # workshop.py has chosen a port that was free
c.ServerApp.allow_root = True  # containers
c.ServerApp.open_browser = False  # workshop.py opens it once the server answers
c.ServerApp.log_level = "ERROR"
c.KernelSpecManager.allowed_kernelspecs = {"python3"}  # the one that has the lock's packages

# overrides.json there: Markdown is shown rendered, names of files have their whole column, code is wrapped where a
# projector at 150 % would cut it, and no newcomer is asked, over the first cells, whether news may be fetched.
# custom.css makes that column wide enough, and dims pictures in a dark theme.
c.LabApp.app_settings_dir = str(TOOLS / "lab_settings")
c.LabApp.custom_css = True
c.ServerApp.tornado_settings = {"static_custom_path": [str(TOOLS / "lab_settings")]}

# Nothing asks the network: no news, no version check, no list of extensions.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.LabApp.expose_app_in_browser = True  # the browser tests read cells through it

# An untrusted notebook shows its pictures as text. These come from the checkout that holds this file.
notary: Any = NotebookNotary()
for path in sorted(NOTEBOOKS.glob("*.ipynb")):
    notary.sign(nbformat.read(path, as_version=4))
