"""A photo with nothing on it: no service can read it, however good it is."""

import io

from PIL import Image


def blank_photo(width=560, height=800):
    """White paper, as the bytes of a PNG file. Width and height are in pixels."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(file, "PNG")
    return file.getvalue()
