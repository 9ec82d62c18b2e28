"""The parts of speech recognition: its weights' file, its tokens, its detector of speech, its times."""

from __future__ import annotations

import importlib
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from localcloud.models import audio, ctranslate_file, speech, voice, voice_activity, whisper
from localcloud.models.tokens import Tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(whisper.files() / "tokenizer.json")


@pytest.fixture(scope="module")
def spoken() -> np.ndarray:
    return audio.resampled(voice.speak("Please cancel my order."), voice.RATE, speech.RATE)


@pytest.mark.parametrize(
    ("given", "rate"), [(8000, 16000), (16000, 8000), (22050, 16000), (44100, 16000), (48000, 16000), (11025, 16000)]
)
@pytest.mark.parametrize("length", [1, 7, 30_001])
def test_a_recording_is_resampled_as_scipy_does_it(given: int, rate: int, length: int) -> None:
    samples = np.random.default_rng(1).standard_normal(length).astype(np.float32)
    common = np.gcd(given, rate)
    signal = importlib.import_module("scipy.signal")  # takes a second, in every worker that collects the tests
    expected = signal.resample_poly(samples, rate // common, given // common)
    made = audio.resampled(samples, given, rate)
    assert made.dtype == np.float32
    assert made.shape == expected.shape
    assert np.allclose(made, expected, atol=1e-5)


def test_a_file_of_weights_gives_its_arrays_by_name(tmp_path: Path) -> None:
    def name(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    values = np.arange(6, dtype="<f2").reshape(2, 3)
    variable = name("a/b") + struct.pack("<BIIBI", 2, 2, 3, 4, values.nbytes) + values.tobytes()
    path = tmp_path / "model.bin"
    path.write_bytes(struct.pack("<I", 6) + name("Spec") + struct.pack("<II", 1, 1) + variable)
    assert (ctranslate_file.read(path)["a/b"] == values).all()


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(struct.pack("<I", 5))
    with pytest.raises(ValueError, match="version 6"):
        ctranslate_file.read(path)


@pytest.mark.parametrize("text", [" Thank you for calling AnyCompany.", " It's $129.50, isn't it?", " naïve café — ok"])
def test_a_text_comes_back_from_its_tokens(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_frequent_words_are_one_token_each(tokenizer: Tokenizer) -> None:
    """GPT-2's own numbers of them."""
    assert tokenizer.encode(" hello world") == [23748, 995]


def test_a_word_is_what_follows_a_space_with_its_marks(tokenizer: Tokenizer) -> None:
    words = tokenizer.words(tokenizer.encode(" A well-known name, twice."))
    assert [tokenizer.decode(word) for word in words] == [" A", " well-known", " name,", " twice."]


def test_speech_is_found_between_silences(spoken: np.ndarray) -> None:
    second = np.zeros(speech.RATE, np.float32)
    ((start, end),) = voice_activity.speech_timestamps(
        np.concatenate([second, second, spoken, second, second]), whisper.MAX_SAMPLES
    )
    assert 1.4 < start / speech.RATE < 2.3
    assert 0 < end - start - len(spoken) + speech.RATE < 2 * speech.RATE


def test_a_pause_parts_speech_and_a_long_part_is_cut(spoken: np.ndarray) -> None:
    pause = np.zeros(2 * speech.RATE, np.float32)
    said = np.concatenate([spoken, pause, spoken])
    assert len(voice_activity.speech_timestamps(said, whisper.MAX_SAMPLES)) == 2
    parts = voice_activity.speech_timestamps(np.concatenate([spoken] * 4), speech.RATE)
    assert all(end - start <= speech.RATE for start, end in parts)
    assert all(before[1] <= after[0] for before, after in pairwise(parts))


@pytest.mark.parametrize("sound", ["zeros", "noise", "tone"])
def test_nothing_is_said_where_nobody_speaks(sound: str) -> None:
    time = np.arange(5 * speech.RATE)
    samples = {
        "zeros": np.zeros(len(time)),
        "noise": np.random.default_rng(1).normal(0, 0.01, len(time)),
        "tone": np.sin(2 * np.pi * 440 * time / speech.RATE) / 2,
    }[sound]
    assert speech.transcribe(samples.astype(np.float32)) == []


def tones(pitches: list[float], seconds: float, shape: str) -> np.ndarray:
    """Notes of a string (a saw, with vibrato) or of a voice that sings "a" (pulses through formants)."""
    time = np.arange(int(seconds * speech.RATE)) / speech.RATE
    notes = []
    for pitch in pitches:
        phase = np.cumsum(pitch * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * time))) / speech.RATE
        wave = 2 * (phase % 1) - 1 if shape == "string" else np.diff(np.floor(phase), prepend=0)
        notes.append(wave * np.minimum(1, np.minimum(time, seconds - time) * 10))
    samples, sung = np.concatenate(notes), np.zeros(0)
    formants = {"string": ((500, 100), (1500, 150), (2500, 200)), "sung": ((700, 100), (1100, 100), (2600, 100))}[shape]
    for middle, width in formants:
        r = np.exp(-np.pi * width / speech.RATE)
        part = importlib.import_module("scipy.signal").lfilter(
            [1 - r], [1, -2 * r * np.cos(2 * np.pi * middle / speech.RATE), r * r], samples
        )
        sung = part if not len(sung) else sung + part
    return (0.7 * sung / np.abs(sung).max()).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "seconds", "low"), [("string", 0.6, 196), ("string", 0.3, 262), ("sung", 0.5, 110), ("sung", 0.25, 131)]
)
def test_music_that_the_detector_takes_for_speech_has_no_words(shape: str, seconds: float, low: float) -> None:
    pitches = [low * 2 ** (step / 12) for step in (0, 4, 7, 12, 7, 4, 9, 5, 2, 7, 11, 12)]
    samples = tones(pitches, seconds, shape)
    assert voice_activity.speech_timestamps(samples, whisper.MAX_SAMPLES)
    assert speech.transcribe(samples) == []


@pytest.mark.parametrize("decibels", [-20, -40])
def test_quiet_speech_is_heard_as_loud_speech_is(spoken: np.ndarray, decibels: int) -> None:
    quiet = np.round(spoken * 10 ** (decibels / 20) * 32767) / 32767  # as a file of 16 bits holds it
    (utterance,) = speech.transcribe(quiet.astype(np.float32))
    assert [word.text.strip(".,").lower() for word in utterance.words] == ["please", "cancel", "my", "order"]


def test_tokens_begin_where_the_attention_goes_on_to_them() -> None:
    attention = np.full((2, 3, 60), 0.001, np.float32)
    for token, (start, end) in enumerate([(0, 20), (20, 45), (45, 60)]):
        attention[:, token, start:end] = 0.05
    starts = speech._align(attention)
    assert [abs(found - true) <= 3 for found, true in zip(starts, (0, 20, 45), strict=True)] == [True, True, True]


def test_words_lie_where_they_are_said_also_after_a_silence(spoken: np.ndarray) -> None:
    pause = np.zeros(4 * speech.RATE, np.float32)
    first, second = speech.transcribe(np.concatenate([spoken, pause, spoken]))
    length = len(spoken) / speech.RATE
    assert [word.text.strip(".,").lower() for word in second.words] == ["please", "cancel", "my", "order"]
    for utterance, start in ((first, 0.0), (second, length + 4)):
        times = [time for word in utterance.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert start - 0.3 < times[0] < times[-1] < start + length + 0.3


def test_phrases_change_how_a_name_is_written() -> None:
    said = audio.resampled(voice.speak("My name is Maria Garcia."), voice.RATE, speech.RATE)
    (utterance,) = speech.transcribe(said, ["Maria Garcia"])
    assert "Garcia" in " ".join(word.text for word in utterance.words)
