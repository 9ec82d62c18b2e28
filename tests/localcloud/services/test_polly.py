"""Polly as the local cloud answers it, and Translate as it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from localcloud.cloud import Cloud
from localcloud.models import audio
from tests.localcloud.services import answers


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.close()


@pytest.fixture(scope="module")
def polly(cloud: Cloud) -> Any:
    return cloud.client("polly")


def say(polly: Any, text: str = "Hello there.", **more: Any) -> tuple[bytes, dict[str, Any]]:
    answer = polly.synthesize_speech(**{"Text": text, "VoiceId": "Joanna", "OutputFormat": "mp3"} | more)
    return answer["AudioStream"].read(), answer


@pytest.mark.parametrize(
    ("form", "content", "container"),
    [("mp3", "audio/mpeg", "mp3"), ("ogg_opus", "audio/ogg", "ogg")],
)
def test_speech_comes_as_a_file_of_the_format_that_was_asked_for(
    polly: Any, form: str, content: str, container: str
) -> None:
    stream, answer = say(polly, OutputFormat=form)
    assert (answer["ContentType"], answer["RequestCharacters"]) == (content, len("Hello there."))
    sound = audio.decode(stream, 8000)
    assert sound.form == container
    assert 0.5 < sound.seconds < 3
    assert np.abs(sound.channels[0]).max() > 0.1


def test_pcm_is_sixteen_bits_at_sixteen_thousand_samples(polly: Any) -> None:
    stream, answer = say(polly, OutputFormat="pcm")
    assert answer["ContentType"] == "audio/pcm"
    samples = np.frombuffer(stream, "<i2")
    assert 0.5 < len(samples) / 16_000 < 3
    half, _ = say(polly, OutputFormat="pcm", SampleRate="8000")
    assert len(half) == pytest.approx(len(stream) / 2, rel=0.01)


@pytest.mark.parametrize("form", ["mp3", "ogg_opus", "pcm"])
def test_the_same_text_gives_the_same_bytes(polly: Any, form: str) -> None:
    assert say(polly, OutputFormat=form)[0] == say(polly, OutputFormat=form)[0]


def test_a_break_is_silence_and_tags_are_not_billed(polly: Any) -> None:
    plain, _ = say(polly, "Hello. Goodbye.", OutputFormat="pcm")
    text = '<speak>Hello.<break time="2s"/> Goodbye.</speak>'
    paused, answer = say(polly, text, TextType="ssml", OutputFormat="pcm")
    assert answer["RequestCharacters"] == len("Hello. Goodbye.")
    assert (len(paused) - len(plain)) / 32_000 == pytest.approx(2, abs=0.5)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Text": "a" * 3001}, "TextLengthExceededException"),
        ({"SampleRate": "11025"}, "InvalidSampleRateException"),
        ({"OutputFormat": "pcm", "SampleRate": "24000"}, "InvalidSampleRateException"),
        ({"Text": "<speak>Hello", "TextType": "ssml"}, "InvalidSsmlException"),
        ({"Text": "<p>Hello</p>", "TextType": "ssml"}, "InvalidSsmlException"),
        ({"LanguageCode": "de-DE"}, "LanguageNotSupportedException"),
        ({"Engine": "generative"}, "EngineNotSupportedException"),
        ({"SpeechMarkTypes": ["word"]}, "MarksNotSupportedForFormatException"),
        ({"OutputFormat": "json", "SpeechMarkTypes": ["word"]}, "UnsupportedLocally"),
        ({"OutputFormat": "ogg_vorbis"}, "UnsupportedLocally"),
        ({"VoiceId": "Matthew"}, "UnsupportedLocally"),
        ({"Text": "<speak><prosody rate='slow'>Hi</prosody></speak>", "TextType": "ssml"}, "UnsupportedLocally"),
    ],
)
def test_what_cannot_be_spoken_is_refused_by_its_error(polly: Any, change: dict[str, Any], code: str) -> None:
    request = {"Text": "Hello.", "VoiceId": "Joanna", "OutputFormat": "mp3"} | change
    assert answers.error(polly.synthesize_speech, **request)[0] == code


def test_the_voices_are_the_one_that_speaks(polly: Any) -> None:
    assert [voice["Id"] for voice in polly.describe_voices()["Voices"]] == ["Joanna"]
    assert polly.describe_voices(LanguageCode="de-DE")["Voices"] == []


def test_translations_are_refused_with_the_reason(cloud: Cloud) -> None:
    code, message = answers.error(
        cloud.client("translate").translate_text, Text="Hello", SourceLanguageCode="en", TargetLanguageCode="de"
    )
    assert code == "UnsupportedLocally"
    assert "No installable package ships a small translation model: keep a recorded answer" in message
