"""Polly's SynthesizeSpeech, answered by a small local voice (models/voice.py).

Shapes, limits and errors are those of https://docs.aws.amazon.com/polly/latest/dg/API_SynthesizeSpeech.html. There is
one voice, an American woman's; it answers to the name of Joanna.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host, Service

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


_VOICE = {
    "Gender": "Female",
    "Id": "Joanna",
    "LanguageCode": "en-US",
    "LanguageName": "US English",
    "Name": "Joanna",
    "SupportedEngines": ["neural", "standard"],
}

#: OutputFormat -> content type, the rates that Polly offers, and the one for those who do not ask.
_FORMATS = {
    "mp3": ("audio/mpeg", ("8000", "16000", "22050", "24000"), "24000"),
    "ogg_opus": ("audio/ogg", ("8000", "16000", "24000", "48000"), "48000"),
    "pcm": ("audio/pcm", ("8000", "16000"), "16000"),
}

_MOST_BILLED, _MOST = 3_000, 6_000  # characters: of the text alone, and with its SSML

_PAUSE = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
_STRENGTHS = {"none": 0.0, "x-weak": 0.0, "weak": 0.2, "medium": 0.4, "strong": 0.6, "x-strong": 0.9}
_MOST_PAUSE = 10.0


def register(_cloud: Host) -> Service:
    """The actions that speak, and say who can."""
    actions: dict[str, Callable[[Structure], Mapping[str, Any]]] = {
        "SynthesizeSpeech": synthesize,
        "DescribeVoices": _voices,
    }
    return Service("polly", actions)


def _voices(request: Structure) -> Structure:
    engine, code = request.get("Engine", "neural"), request.get("LanguageCode", "en-US")
    return {"Voices": [_VOICE] if engine in _VOICE["SupportedEngines"] and code == "en-US" else []}


def synthesize(request: Structure) -> Structure:
    """SynthesizeSpeech's answer."""
    form, voice = request["OutputFormat"], request["VoiceId"]
    if form not in _FORMATS or "SpeechMarkTypes" in request or "LexiconNames" in request:
        if form != "json" and "SpeechMarkTypes" in request:
            raise ServiceError(
                "MarksNotSupportedForFormatException", f"Speech marks are not supported for the output format {form}."
            )
        raise UnsupportedLocally(
            "Polly's speech marks, lexicons, ogg_vorbis, mulaw and alaw are not made by the local cloud. Ask for mp3, "
            "ogg_opus or pcm without them, or set WORKSHOP_TARGET=aws."
        )
    if voice != _VOICE["Id"]:
        raise UnsupportedLocally(
            f"Polly's voice {voice!r} is not spoken by the local cloud, which has one voice. Use VoiceId Joanna, or "
            "set WORKSHOP_TARGET=aws."
        )
    if request.get("LanguageCode", "en-US") != "en-US":
        raise ServiceError("LanguageNotSupportedException", "The language specified is not supported by this voice.")
    if request.get("Engine", "neural") not in _VOICE["SupportedEngines"]:
        raise ServiceError("EngineNotSupportedException", "This voice does not support the selected engine.")
    content, rates, usual = _FORMATS[form]
    rate = request.get("SampleRate", usual)
    if rate not in rates:
        raise ServiceError(
            "InvalidSampleRateException", f"Invalid sample rate. The valid rates are {', '.join(rates)}."
        )
    parts = _parts(request)
    billed = sum(len(part) for part in parts if isinstance(part, str))
    if len(request["Text"]) > _MOST or billed > _MOST_BILLED:
        raise ServiceError("TextLengthExceededException", "Maximum text length has been exceeded")
    return {"AudioStream": _sound(parts, form, int(rate)), "ContentType": content, "RequestCharacters": billed}


def _parts(request: Structure) -> list[str | float]:
    """What is said, and the seconds of silence between."""
    text: str = request["Text"]
    if request.get("TextType", "text") == "text":
        return [text]
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise ServiceError("InvalidSsmlException", "Invalid SSML request") from None
    if root.tag != "speak":
        raise ServiceError("InvalidSsmlException", "Invalid SSML request")
    parts: list[str | float] = [root.text or ""]
    for element in root:
        if element.tag == "break":
            parts.append(_seconds(element.attrib))
        elif element.tag in ("p", "s"):
            parts += [0.4, "".join(element.itertext()), 0.4]
        else:
            raise UnsupportedLocally(
                f"SSML's <{element.tag}> is not spoken by the local cloud. Use <speak>, <p>, <s> and <break>, or set "
                "WORKSHOP_TARGET=aws."
            )
        parts.append(element.tail or "")
    return parts


def _seconds(attributes: Mapping[str, str]) -> float:
    if "time" not in attributes:
        return _STRENGTHS.get(attributes.get("strength", "medium"), 0.4)
    match = _PAUSE.fullmatch(attributes["time"])
    if match is None:
        raise ServiceError("InvalidSsmlException", "Invalid SSML request")
    return min(float(match[1]) / (1000 if match[2] == "ms" else 1), _MOST_PAUSE)


def _sound(parts: list[str | float], form: str, rate: int) -> bytes:
    import numpy as np

    from localcloud.models import audio, voice

    pieces: list[npt.NDArray[np.float32]] = []
    for part in parts:
        if isinstance(part, float):
            pieces.append(np.zeros(int(part * voice.RATE), np.float32))
        elif part.strip():
            pieces.append(voice.speak(part))
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    samples = audio.resampled(samples, voice.RATE, rate) if len(samples) else samples
    return audio.pcm(samples) if form == "pcm" else audio.encode((samples,), rate, form)
