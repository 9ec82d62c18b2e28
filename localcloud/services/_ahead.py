"""Models begin to load when a workflow is created whose tasks will ask them: its first call finds them there.

Not where answers are remembered from an earlier cloud: who asks the same again needs no model.
"""

from __future__ import annotations

import importlib
import threading
from contextlib import suppress

from localcloud.errors import UnsupportedLocally
from localcloud.services import _remembered

#: By the service in a task's resource: the name of its remembered answers, and the modules of `localcloud.models`
#: whose `load` takes long.
_MODELS = {
    "comprehend": ("language", ("language",)),
    "rekognition": ("pictures", ("classifier", "detector")),
    "textract": ("pages", ("ocr",)),
    "transcribe": ("speech", ("speech",)),
}

_lock = threading.Lock()
_begun: set[str] = set()


def begin(definition: str) -> None:
    """Load, on a thread of its own, what the services that a definition's tasks call will need. Each is loaded once."""
    with _lock:
        wanted = [service for service in _MODELS if f":{service}:" in definition and service not in _begun]
        _begun.update(wanted)
    wanted = [service for service in wanted if not _remembered.knows(_MODELS[service][0])]
    if wanted:
        threading.Thread(target=_load, args=(wanted,), daemon=True, name="models").start()


def _load(services: list[str]) -> None:
    for service in services:
        for model in _MODELS[service][1]:
            with suppress(UnsupportedLocally):  # who asks it is told
                importlib.import_module(f"localcloud.models.{model}").load()
