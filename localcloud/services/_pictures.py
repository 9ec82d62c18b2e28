"""Pictures that services are sent, and places in them as AWS gives them."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import needed

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


class Locked(Exception):
    """It opens with a password only."""


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
    if page_count(content, kind) > 1:
        raise ManyPages
    return page(content, kind, 1, most)


def page_count(content: bytes, kind: str) -> int:
    """How many pages a file has: a PNG and a JPEG one.

    Raises:
        Locked, Unreadable: what is wrong with it.
    """
    if kind == "PDF":
        with _pdf(content) as pdf:
            return len(pdf)
    with _image(content, kind) as image:
        return getattr(image, "n_frames", 1)


def page(content: bytes, kind: str, number: int, most: int) -> npt.NDArray[np.uint8]:
    """One page, as `pixels` gives a picture.

    Args:
        content: a file.
        kind: PNG, JPEG, TIFF or PDF.
        number: from 1.
        most: pixels a side.

    Raises:
        TooWide, Locked, Unreadable: what is wrong with it.
        UnsupportedLocally: pypdfium2 is not installed.
    """
    import numpy as np

    if kind == "PDF":
        with _pdf(content) as pdf:
            pdf.init_forms()  # what is filled in is drawn, too
            leaf = pdf[number - 1]
            width, height = leaf.get_size()
            if max(width, height) > _MOST_POINTS:
                raise TooWide(round(width), round(height))
            bitmap = leaf.render(scale=min(_DPI / 72, most / max(width, height)), rev_byteorder=True)
            return np.array(bitmap.to_numpy()[:, :, :3])  # a copy: the bitmap's memory ends with the document
    with _image(content, kind) as image:
        if number > 1:
            image.seek(number - 1)
        return _rgb(image, most)


#: What a PDF is drawn at: the resolution that Textract's best practices ask of scans is 150 and more.
_DPI = 200

#: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
_MOST_POINTS = 9000

_PASSWORD = 4  # FPDF_ERR_PASSWORD in fpdfview.h
_pdfium = threading.Lock()  # PDFium takes one call at a time


@contextmanager
def _pdf(content: bytes) -> Iterator[Any]:
    with needed("reads PDFs with pypdfium2"):
        import pypdfium2
    with _pdfium:
        try:
            with pypdfium2.PdfDocument(content) as pdf:
                yield pdf
        except pypdfium2.PdfiumError as problem:
            if problem.err_code == _PASSWORD:
                raise Locked from None
            raise Unreadable(str(problem)) from problem


@contextmanager
def _image(content: bytes, kind: str) -> Iterator[Any]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            yield image
    except (TooWide, ManyPages):
        raise
    except Exception as problem:  # Pillow's decoders raise a dozen types
        raise Unreadable(str(problem)) from problem


def _rgb(image: Any, most: int) -> npt.NDArray[np.uint8]:
    import numpy as np
    from PIL import Image, ImageOps

    if max(image.size) > most:
        raise TooWide(*image.size)
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


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
