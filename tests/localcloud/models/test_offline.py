"""All models in one process without a network or a home: quiet, and the same on every number of cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]

#: Where one of them is set, onnxruntime reports nothing by itself.
HUSH = {"CI", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}

PROGRAM = """
import hashlib, json, os, socket, sys
def refuse(*_args, **_options):
    raise AssertionError("a network was asked for")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import numpy as np
from PIL import Image
from localcloud.models import audio, voice
from localcloud.services import comprehend, rekognition
from localcloud.services.transcribe.transcript import transcript

text = "Maria Garcia from Berlin is very unhappy with the broken kettle. Call her at 415-555-0199."
photo = np.asarray(Image.open(sys.argv[1]))
spoken = voice.speak("Please cancel my order.")
sound = audio.decode(audio.encode((audio.resampled(spoken, voice.RATE, 8000),), 8000, "wav"), 16000)
answers = {
    "sentiment": comprehend.sentiment(text),
    "entities": comprehend.entities(text),
    "phrases": comprehend.key_phrases(text),
    "languages": comprehend.languages(text),
    "pii": comprehend.pii(text),
    "labels": rekognition.labels(photo, {"MinConfidence": 1}),
    "moderation": rekognition.moderation(photo, {"MinConfidence": 0}),
    "faces": rekognition.faces(photo, {}),
    "transcript": transcript(sound, True),
    "speech": hashlib.sha256(spoken.tobytes()).hexdigest(),
}
print(json.dumps(answers))
"""

ONE = "import os\nif hasattr(os, 'sched_setaffinity'): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"


def answers_with(home: Path, program: str, **more: str) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name not in HUSH}
    homes = {"HOME": str(home), "USERPROFILE": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    photo = ROOT / "data" / "photos" / "astronaut.jpg"
    done = subprocess.run(
        [sys.executable, "-c", program, str(photo)],
        cwd=ROOT,
        env=environment | homes | {"PYTHONPATH": str(ROOT)} | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    home = tmp_path_factory.mktemp("home")
    return answers_with(home, PROGRAM), home


def test_every_model_answers_without_a_network_and_leaves_nothing_in_a_home(
    answers: tuple[dict[str, Any], Path],
) -> None:
    """Where telemetry would keep its identifier, and downloads their files."""
    found, home = answers
    assert list(home.iterdir()) == []
    assert found["sentiment"]["Sentiment"] == "NEGATIVE"
    assert found["labels"]["Labels"][0]["Name"] == "Person"
    assert "cancel my order" in found["transcript"]["transcripts"][0]["transcript"]


def test_one_core_gives_the_same_answers(answers: tuple[dict[str, Any], Path], tmp_path: Path) -> None:
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    found, _ = answers
    alone = answers_with(tmp_path, ONE + PROGRAM, **one)
    for name, answer in found.items():
        assert alone[name] == answer, name
