"""Speech from English text: hibari, one American woman's voice (Apache-2.0), on one core."""

from __future__ import annotations

import importlib
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import needed, onnxruntime

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Samples a second.
RATE = 24_000

_lock = threading.Lock()


def speak(text: str, speed: float = 1.0) -> npt.NDArray[np.float32]:
    """The text spoken, from -1 to 1, 24,000 samples a second; the same for the same text.

    Raises:
        UnsupportedLocally: hibari-tts is not installed.
    """
    with _lock:
        samples: npt.NDArray[np.float32] = _voice()(text, speed=speed, seed=0)
    return samples


@cache
def _voice() -> Any:
    with needed("speaks with hibari-tts"):
        onnxruntime()
        return importlib.import_module("hibari").Hibari(voice="heart", threads=1)  # the one in the wheel
