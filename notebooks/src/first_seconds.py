"""The beginning of a recording, so that a lesson need not wait for the rest."""

import io
import wave


def first_seconds(path, seconds):
    """A WAV file's first seconds, as the bytes of a WAV file."""
    cut = io.BytesIO()
    with wave.open(str(path)) as whole, wave.open(cut, "wb") as part:
        part.setparams(whole.getparams())
        part.writeframes(whole.readframes(seconds * whole.getframerate()))
    return cut.getvalue()
