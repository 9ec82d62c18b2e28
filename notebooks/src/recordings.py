"""Recordings to be heard in a notebook."""

from helpers.attended import attended

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
