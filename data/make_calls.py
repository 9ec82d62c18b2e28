"""Make the call recordings of this folder, and the truth about them: `python data/make_calls.py`.

The local Polly reads each script aloud: the agent on the left channel, the customer on the right, at the 8,000 samples
a second of a telephone. There is one voice, so the customer's is played slower, and sounds deeper.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from localcloud.models import audio, voice

HERE = Path(__file__).parent / "calls"

RATE = 8_000
PAUSE = 0.35  # seconds between turns
DEEPER = 0.84  # of the voice's pitch

#: What a listener would say of the customer.
TRUTH: list[dict[str, Any]] = [
    {"file": "cancellation.wav", "about": "cancellation", "sentiment": "NEGATIVE", "keywords": ["cancel", "lawyer"]},
    {"file": "complaint.wav", "about": "complaint", "sentiment": "NEGATIVE", "keywords": ["broken", "disappointed"]},
    {"file": "compliment.wav", "about": "compliment", "sentiment": "POSITIVE", "keywords": ["thank", "recommend"]},
    {"file": "question.wav", "about": "question", "sentiment": "NEUTRAL", "keywords": ["address", "account"]},
]


def turns(script: str) -> list[tuple[str, str]]:
    """Who says what, in order."""
    return [(who, text) for who, _, text in (line.partition(": ") for line in script.splitlines())]


def record(script: str) -> bytes:
    """A two-channel wav of the dialogue."""
    left: list[Any] = []
    right: list[Any] = []
    for who, text in turns(script):
        if who == "Agent":
            spoken = audio.resampled(voice.speak(text), voice.RATE, RATE)
        else:
            spoken = audio.resampled(voice.speak(text, speed=1 / DEEPER), int(voice.RATE * DEEPER), RATE)
        spoken = np.concatenate([spoken, np.zeros(int(PAUSE * RATE), np.float32)])
        for channel, speaks in ((left, who == "Agent"), (right, who != "Agent")):
            channel.append(spoken if speaks else np.zeros_like(spoken))
    return audio.encode((np.concatenate(left), np.concatenate(right)), RATE, "wav")


def main() -> None:
    """Write every call, and truth.json."""
    truth = []
    for call in TRUTH:
        script = (HERE / call["file"]).with_suffix(".txt").read_text(encoding="utf-8")
        (HERE / call["file"]).write_bytes(record(script))
        truth.append(call | {"script": f"{Path(call['file']).stem}.txt"})
    (HERE / "truth.json").write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
