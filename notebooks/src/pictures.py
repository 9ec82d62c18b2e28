"""Pictures that come with words: JupyterLab shows an image output, but not its alternative text."""

import base64
import io

from IPython.display import Image


def picture(image, alt, width=None):
    """An image, with words for those who do not see it.

    Args:
        image: the bytes of a PNG or JPEG file, or a figure of matplotlib, which is closed.
        alt: what it shows.
        width: in pixels; by default its own.
    """
    kind = "svg+xml"
    if not isinstance(image, bytes):
        image = drawn(image)
    elif image.startswith(b"\x89PNG"):
        kind = "png"
    else:
        kind = "jpeg"
    return Image(url=f"data:image/{kind};base64,{base64.b64encode(image).decode()}", width=width, alt=alt)


def drawn(figure):
    """A figure of matplotlib as SVG: the same bytes in every run, and sharp at any size."""
    from matplotlib import pyplot

    file = io.BytesIO()
    with pyplot.rc_context({"svg.fonttype": "none", "svg.hashsalt": "workshop"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return file.getvalue()
