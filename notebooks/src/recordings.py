"""Recordings to be heard in a notebook."""

import wave

from helpers.attended import attended

from IPython.display import HTML, Audio


def player(path):
    """A player for a WAV file; where nobody sits at the notebook, a line that says what it is.

    (The recording is a megabyte as text: too much for a notebook that is stored.)
    """
    if attended():
        return Audio(filename=str(path))
    with wave.open(str(path)) as recording:
        seconds = recording.getnframes() / recording.getframerate()
    return HTML(f"<p>{path.name}, {seconds:.0f} seconds: run this cell to hear it</p>")
