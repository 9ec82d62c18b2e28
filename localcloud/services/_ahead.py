"""Models begin to load when a workflow is created whose tasks will ask them: its first call finds them there.

Not at full speed, where nobody looks on: whatever has been asked before needs no model (`_remembered`).
"""

from __future__ import annotations

import importlib
import threading
from contextlib import suppress

from localcloud.errors import UnsupportedLocally

#: The modules of `localcloud.models` whose `load` takes long, by the service in a task's resource.
_MODELS = {
    "comprehend": ("language",),
    "rekognition": ("classifier", "detector"),
    "textract": ("ocr",),
    "transcribe": ("speech",),
}

_lock = threading.Lock()
_begun: set[str] = set()


def begin(definition: str) -> None:
    """Load, on a thread of its own, what the services that a definition's tasks call will need. Each is loaded once."""
    with _lock:
        wanted = [service for service in _MODELS if f":{service}:" in definition and service not in _begun]
        _begun.update(wanted)
    if wanted:
        threading.Thread(target=_load, args=(wanted,), daemon=True, name="models").start()


def _load(services: list[str]) -> None:
    for service in services:
        for model in _MODELS[service]:
            with suppress(UnsupportedLocally):  # who asks it is told
                importlib.import_module(f"localcloud.models.{model}").load()
