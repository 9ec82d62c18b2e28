"""Recordings to be heard in a notebook."""

from helpers.attended import attended

import numpy
import soundfile
from IPython.display import HTML, Audio


def player(path):
    """A player for a WAV or an MP3 file; where nobody sits at the notebook, a line that says what it is.

    (The recording is a megabyte as text: too much for a notebook that is stored.)
    """
    if attended():
        return Audio(filename=str(path))
    seconds = soundfile.info(path).duration
    return HTML(f"<p>{path.name}, {seconds:.0f} seconds: run this cell to hear it</p>")


def hear_pcm(sound, rate):
    """The same for signed 16-bit samples, as Amazon Polly gives them."""
    samples = numpy.frombuffer(sound, dtype="<i2")
    if attended():
        return Audio(samples, rate=rate)
    return HTML(f"<p>{len(samples) / rate:.0f} seconds of speech: run this cell to hear it</p>")
