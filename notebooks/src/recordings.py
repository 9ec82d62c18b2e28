"""Recordings to be heard in a notebook, or read."""

from html import escape

from helpers.attended import attended

import numpy
import soundfile
from IPython.display import HTML, Audio


def player(path):
    """A player for a WAV or an MP3 file, and its transcript; where nobody sits at the notebook, a line in its place.

    (The recording is a megabyte as text: too much for a notebook that is stored. Slides and the site bring it back.)
    """
    words = escape(path.with_suffix(".txt").read_text(encoding="utf-8").strip())
    transcript = f'<details><summary>Transcript</summary><pre style="white-space:pre-wrap">{words}</pre></details>'
    if attended():
        return HTML(Audio(filename=str(path))._repr_html_() + transcript)
    seconds = soundfile.info(path).duration
    place = f'<p data-recording="{path.as_posix()}">{path.name}, {seconds:.0f} seconds: run this cell to hear it</p>'
    return HTML(place + transcript)


def hear_pcm(sound, rate):
    """The same for signed 16-bit samples, as Amazon Polly gives them; its words are those that it was asked to say."""
    samples = numpy.frombuffer(sound, dtype="<i2")
    if attended():
        return Audio(samples, rate=rate)
    return HTML(f"<p>{len(samples) / rate:.0f} seconds of speech: run this cell to hear it</p>")
