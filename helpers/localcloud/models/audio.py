"""Sound files to samples and back, with PyAV (BSD-3-Clause; its wheels hold FFmpeg's libraries)."""

from __future__ import annotations

import importlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from helpers.localcloud.models.needs import needed

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
        form: its container, in FFmpeg's name ("wav", "mp3", "mov,mp4,m4a,3gp,3g2,mj2", ...).
        rate: samples a second, in the file.
        channels: each channel's samples from -1 to 1, resampled to the rate that was asked for.
        seconds: how long it is.
    """

    form: str
    rate: int
    channels: tuple[Samples, ...]
    seconds: float


def _av() -> Any:
    with needed("reads and writes sound with av"):
        return importlib.import_module("av")


def decode(content: bytes, rate: int) -> Sound:
    """Read a sound file of any format that FFmpeg knows.

    Raises:
        Unreadable: it cannot.
        UnsupportedLocally: av is not installed.
    """
    import numpy as np

    av = _av()
    try:
        with av.open(io.BytesIO(content), metadata_errors="ignore") as file:
            stream = file.streams.audio[0]
            count = stream.codec_context.channels
            resampler = av.AudioResampler(format="fltp", rate=rate)
            parts = [part.to_ndarray() for frame in file.decode(stream) for part in resampler.resample(frame)]
            parts += [part.to_ndarray() for part in resampler.resample(None)]
            form, found = file.format.name, stream.codec_context.sample_rate
    except (av.error.FFmpegError, IndexError, ValueError) as problem:
        raise Unreadable(str(problem)) from problem
    samples = np.concatenate(parts, axis=1) if parts else np.zeros((count, 0), np.float32)
    return Sound(form, found, tuple(np.ascontiguousarray(channel) for channel in samples), samples.shape[1] / rate)


#: Name -> FFmpeg's container and codec.
_CODECS = {
    "mp3": ("mp3", "libmp3lame"),
    "ogg_opus": ("ogg", "libopus"),
    "wav": ("wav", "pcm_s16le"),
}


def resampled(samples: Samples, given: int, rate: int) -> Samples:
    """One channel at another rate."""
    import numpy as np

    if given == rate:
        return samples
    av = _av()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None], np.float32), format="flt", layout="mono")
    frame.sample_rate = given
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    parts = [part.to_ndarray()[0] for part in [*resampler.resample(frame), *resampler.resample(None)]]
    return np.concatenate(parts)


def pcm(samples: Samples) -> bytes:
    """Signed 16-bit samples, little-endian."""
    import numpy as np

    content: bytes = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return content


def encode(channels: tuple[Samples, ...], rate: int, form: str) -> bytes:
    """A sound file of one or two channels: mp3, ogg_opus or wav; the same bytes for the same samples."""
    import numpy as np

    av = _av()
    container, codec = _CODECS[form]
    buffer = io.BytesIO()
    layout = "mono" if len(channels) == 1 else "stereo"
    with av.open(buffer, "w", format=container, options={"fflags": "+bitexact"}) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout, options={"flags": "+bitexact"})
        mixed = np.stack(channels, 1).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm(mixed), "<i2").reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return buffer.getvalue()
