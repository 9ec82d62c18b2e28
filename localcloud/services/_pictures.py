"""Pictures that services are sent, and places in them as AWS gives them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"%PDF-": "PDF",
}


class TooWide(Exception):
    """It has more pixels a side than the caller takes.

    Args:
        width, height: how many.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        super().__init__(f"{width} x {height} pixels")


class ManyPages(Exception):
    """It holds more than one picture."""


class Unreadable(Exception):
    """It says that it is of its kind, and cannot be decoded."""


def kind(content: bytes) -> str | None:
    """PNG, JPEG, TIFF or PDF, by the first bytes; None for anything else."""
    return next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)


def pixels(content: bytes, kind: str, most: int) -> npt.NDArray[np.uint8]:
    """The picture as height x width x 3, RGB, upright as a phone held it, on white where it is transparent.

    Args:
        content: a file.
        kind: PNG, JPEG or TIFF.
        most: pixels a side.

    Raises:
        TooWide, ManyPages, Unreadable: what is wrong with it.
    """
    import numpy as np
    from PIL import Image, ImageOps

    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=[kind])
        if max(image.size) > most:
            raise TooWide(*image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise ManyPages
        image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):  # 16 bits of grey
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        return np.asarray(image.convert("RGB"))
    except (TooWide, ManyPages):
        raise
    except Exception as problem:  # Pillow's decoders raise a dozen types
        raise Unreadable(str(problem)) from problem


def geometry(quad: Sequence[tuple[float, float]], width: int, height: int) -> dict[str, Any]:
    """A box of four corners in pixels as AWS's Geometry: in shares of width and height, cut at the edges."""
    corners = [(min(max(x / width, 0.0), 1.0), min(max(y / height, 0.0), 1.0)) for x, y in quad]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    return {
        "BoundingBox": {
            "Width": round(max(x for x, _ in corners) - left, 6),
            "Height": round(max(y for _, y in corners) - top, 6),
            "Left": round(left, 6),
            "Top": round(top, 6),
        },
        "Polygon": [{"X": round(x, 6), "Y": round(y, 6)} for x, y in corners],
    }
