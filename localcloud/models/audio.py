"""Sound files to samples and back, with soundfile (BSD-3-Clause; its wheels hold libsndfile, which is LGPL)."""

from __future__ import annotations

import importlib
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import needed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]


class Unreadable(Exception):
    """It is no sound file, or broken."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a file holds.

    Args:
        form: its container: "wav", "flac", "mp3", "ogg" or another in libsndfile's name.
        rate: samples a second, in the file.
        channels: each channel's samples from -1 to 1, resampled to the rate that was asked for.
        seconds: how long it is.
    """

    form: str
    rate: int
    channels: tuple[Samples, ...]
    seconds: float


def _soundfile() -> Any:
    with needed("reads and writes sound with soundfile"):
        return importlib.import_module("soundfile")


def decode(content: bytes, rate: int) -> Sound:
    """Read a sound file: wav, flac, mp3, ogg, or another that libsndfile knows.

    Raises:
        Unreadable: it cannot.
        UnsupportedLocally: soundfile is not installed.
    """
    import numpy as np

    soundfile = _soundfile()
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            form, found = {"WAVEX": "wav"}.get(file.format, file.format.lower()), file.samplerate
            samples = file.read(dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, TypeError, ValueError) as problem:
        raise Unreadable(str(problem)) from problem
    channels = tuple(resampled(np.ascontiguousarray(channel), found, rate) for channel in samples.T)
    return Sound(form, found, channels, len(samples) / found)


def resampled(samples: Samples, given: int, rate: int) -> Samples:
    """One channel at another rate, by the filter of scipy's resample_poly.

    (To import scipy.signal takes as long as to transcribe ten seconds.)
    """
    import numpy as np

    if given == rate or not len(samples):
        return samples
    common = math.gcd(given, rate)
    up, down = rate // common, given // common
    half = 10 * max(up, down)
    low_pass = np.sinc(np.arange(-half, half + 1) / max(up, down)) * np.kaiser(2 * half + 1, 5.0)
    low_pass *= up / low_pass.sum()
    # One of every `up` samples has the same taps, for as many samples before it; these begin `down` later each time.
    taps = -(-len(low_pass) // up)
    by_phase = np.pad(low_pass, (0, taps * up - len(low_pass))).reshape(taps, up).T[:, ::-1].astype(np.float32)
    before = np.lib.stride_tricks.sliding_window_view(np.pad(samples.astype(np.float32), taps), taps)
    made = np.empty(-(-len(samples) * up // down), np.float32)
    for first in range(min(up, len(made))):
        last, phase = divmod(first * down + half, up)
        made[first::up] = before[last + 1 :: down][: len(made[first::up])] @ by_phase[phase]
    return made


def pcm(samples: Samples) -> bytes:
    """Signed 16-bit samples, little-endian."""
    import numpy as np

    content: bytes = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return content


#: Name -> libsndfile's container and codec.
_CODECS = {
    "flac": ("FLAC", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg_opus": ("OGG", "OPUS"),
    "wav": ("WAV", "PCM_16"),
}


def encode(channels: tuple[Samples, ...], rate: int, form: str) -> bytes:
    """A sound file of one or two channels: flac, mp3, ogg_opus or wav; the same bytes for the same samples."""
    import numpy as np

    container, codec = _CODECS[form]
    buffer = io.BytesIO()
    samples = np.frombuffer(pcm(np.stack(channels, 1)), "<i2").reshape(-1, len(channels))
    _soundfile().write(buffer, samples, rate, format=container, subtype=codec)
    return _with_serial_number_zero(buffer.getvalue()) if container == "OGG" else buffer.getvalue()


def _with_serial_number_zero(content: bytes) -> bytes:
    """An Ogg file with the serial number 0 for its stream, which libsndfile draws by lot.

    A page is a header of 27 bytes, the sizes of its segments, and these (RFC 3533); its checksum holds all of it.
    """
    pages = bytearray(content)
    start = 0
    while start < len(pages):
        sizes = pages[start + 27 : start + 27 + pages[start + 26]]
        end = start + 27 + len(sizes) + sum(sizes)
        pages[start + 14 : start + 18] = pages[start + 22 : start + 26] = bytes(4)
        pages[start + 22 : start + 26] = _checksum(pages[start:end]).to_bytes(4, "little")
        start = end
    return bytes(pages)


def _checksum(page: bytes | bytearray) -> int:
    value = 0
    for byte in page:
        value = (value << 8) & 0xFFFFFFFF ^ _TABLE[(value >> 24) ^ byte]
    return value


def _crc(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = (value << 1) ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return value


_TABLE = [_crc(byte) for byte in range(256)]
