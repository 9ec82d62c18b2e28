"""From the utterances of a model to the document that Transcribe writes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from localcloud.door.wire import Structure
from localcloud.services._remembered import Remembered

if TYPE_CHECKING:
    from localcloud.models.audio import Samples, Sound
    from localcloud.models.speech import Utterance


_PUNCTUATION = re.compile(r"^(.*?)([.,?!:;]*)$", re.DOTALL)

#: A demonstration transcribes the same recordings again and again.
_spoken: Remembered[list[Utterance]] = Remembered(64, "speech")


def transcript(sound: Sound, by_channel: bool, phrases: Sequence[str] = ()) -> Structure:
    """The results of a transcript, as Transcribe writes them.

    Args:
        sound: at the model's rate.
        by_channel: each channel for itself; else all in one.
        phrases: of the vocabulary.
    """
    import numpy as np

    from localcloud.models import speech

    channels = sound.channels if by_channel else (np.stack(sound.channels).mean(axis=0, dtype=np.float32),)

    def heard(samples: Samples) -> list[Utterance]:
        question = (hashlib.sha256(samples.tobytes()).digest(), *phrases)
        return _spoken.get(question, partial(speech.transcribe, samples, phrases))

    with ThreadPoolExecutor(len(channels), "channel") as side_by_side:
        utterances = [
            (utterance, f"ch_{number}" if by_channel else None)
            for number, each in enumerate(side_by_side.map(heard, channels))
            for utterance in each
        ]
    entries = [entry for number, each in enumerate(utterances) for entry in _items(number, *each)]
    entries.sort(key=lambda entry: entry[0])  # stable: what follows a word in its utterance stays behind it
    items = [item | {"id": number} for number, (_, _, item) in enumerate(entries)]
    results: Structure = {"transcripts": [{"transcript": _text(items)}]}
    if by_channel:
        results["channel_labels"] = {
            "channels": [
                {"channel_label": f"ch_{n}", "items": [item for item in items if item["channel_label"] == f"ch_{n}"]}
                for n in range(len(channels))
            ],
            "number_of_channels": len(channels),
        }
    results["items"] = items
    results["audio_segments"] = [
        _segment(
            place, utterance, label, [item for item, entry in zip(items, entries, strict=True) if entry[1] == number]
        )
        for place, (number, (utterance, label)) in enumerate(
            sorted(enumerate(utterances), key=lambda each: each[1][0].words[0].start)
        )
    ]
    return results


def _items(number: int, utterance: Utterance, label: str | None) -> list[tuple[float, int, Structure]]:
    """When each item comes, which utterance it is of, and the item."""
    channel = {"channel_label": label} if label else {}
    found: list[tuple[float, int, Structure]] = []
    for word in utterance.words:
        match = _PUNCTUATION.match(word.text)
        content, marks = match.groups() if match else (word.text, "")
        if content:
            spoken = {
                "type": "pronunciation",
                "alternatives": [{"confidence": f"{word.confidence:.3f}", "content": content}],
                "start_time": f"{word.start:.2f}",
                "end_time": f"{word.end:.2f}",
            }
            found.append((word.start, number, spoken | channel))
        for mark in marks:
            written = {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": mark}]}
            found.append((word.start, number, written | channel))
    return found


def _text(items: list[Structure]) -> str:
    text = ""
    for item in items:
        text += ("" if item["type"] == "punctuation" or not text else " ") + item["alternatives"][0]["content"]
    return text


def _segment(number: int, utterance: Utterance, label: str | None, items: list[Structure]) -> Structure:
    return {
        "id": number,
        "transcript": _text(items),
        "start_time": f"{utterance.words[0].start:.2f}",
        "end_time": f"{utterance.words[-1].end:.2f}",
        "items": [item["id"] for item in items],
    } | ({"channel_label": label} if label else {})
