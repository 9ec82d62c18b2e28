"""Text in pictures: PP-OCRv6 small (detection and recognition) through rapidocr and onnxruntime, on the CPU.

The models are files of rapidocr's own wheel (Apache-2.0; origin in data/README.md). They are named here by path,
because rapidocr downloads what it is not pointed to, and onnxruntime is told not to report its use: nothing here
reaches for a network.
"""

from __future__ import annotations

import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import folder, needed, onnxruntime, session

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: A corner of a box: x from the left edge, y from the top edge, in pixels.
Point = tuple[float, float]

#: Clockwise, from the corner that is upper left in the direction of reading.
Quad = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Word:
    """What stands between two spaces. Confidence from 0 to 1."""

    text: str
    confidence: float
    quad: Quad


@dataclass(frozen=True, slots=True)
class Line:
    """Words that the detector found in one box. Confidence from 0 to 1, as the recogniser gives it."""

    words: tuple[Word, ...]
    confidence: float
    quad: Quad

    @property
    def text(self) -> str:
        """The words with one space between them."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Page:
    """What was read off one picture of `width` x `height` pixels, from top to bottom."""

    width: int
    height: int
    lines: tuple[Line, ...]


#: The least width that a line is padded to, at a height of 48. rapidocr's 320 is twice a price; but with it the ring of
#: a cup is an 8 with a confidence of .77 only, not of .99.
_OF_A_PAGE, _OF_A_PHOTO = 96, 320

_lock = threading.Lock()


def read(image: npt.NDArray[np.uint8], *, photo: bool = False) -> Page:
    """Read the text of a picture. Loads the models at the first call; later calls wait for each other.

    Args:
        image: height x width x 3, RGB, 0-255. Text may be turned by some ten degrees either way, not more (see
            `read_turned`).
        photo: of anything; what only looks like a letter is doubted more.

    Raises:
        UnsupportedLocally: rapidocr, onnxruntime or the model files are not installed.
    """
    import numpy as np

    bgr = np.ascontiguousarray(image[:, :, ::-1])  # as rapidocr expects it; of a view OpenCV would make a copy a line
    with _lock:
        reader = _reader()
        reader.photo = photo
        found = reader(bgr)
    height, width = image.shape[:2]
    if not found.txts:  # nothing that looks like text
        return Page(width, height, ())
    lines = []
    for box, score, words in zip(found.boxes, found.scores, found.word_results, strict=True):
        read_words = tuple(Word(text, float(sure), _quad(corners)) for text, sure, corners in words)
        if read_words:
            lines.append(Line(read_words, float(score), _quad(box)))
    return Page(width, height, tuple(lines))


def load() -> None:
    """Load the models; the first page does it when nobody has."""
    with _lock:
        _reader()


#: The mean probability that the recogniser gives to text on its head is about .7, to text that stands .98 and more, on
#: creased and noisy receipts too (measured on the kit's).
_UPRIGHT = 0.85


def read_turned(image: npt.NDArray[np.uint8]) -> Page:
    """Read a page that may lie on either side or stand on its head, too; a second reading finds out.

    The recogniser turns lines that are higher than wide to the left. Where these are most, they are read well if the
    page lies on its right side.

    Args, raises: those of `read`.
    """
    import numpy as np

    page = read(image)
    if not page.lines:
        return page
    sure = _mean_confidence(page)
    lying = sum(len(line.text) * _is_tall(line.quad) for line in page.lines) > sum(len(x.text) for x in page.lines) / 2
    if not lying and sure > _UPRIGHT:
        return page
    quarters = 2 if not lying else 1 if sure > _UPRIGHT else 3
    other = read(np.ascontiguousarray(np.rot90(image, quarters)))
    if not other.lines or _mean_confidence(other) < (_UPRIGHT if not lying else sure - 0.1):
        return page
    return _turned_back(other, quarters, page.width, page.height)


def _mean_confidence(page: Page) -> float:
    """Of its letters."""
    letters = sum(len(line.text) for line in page.lines)
    return sum(len(line.text) * line.confidence for line in page.lines) / max(letters, 1)


def _is_tall(quad: Quad) -> bool:
    a, b, _, d = quad
    return math.dist(a, d) > 1.5 * math.dist(a, b)


def _turned_back(page: Page, quarters: int, width: int, height: int) -> Page:
    """A page that was read after so many quarter turns to the left, with its places on the picture as it came."""

    def back(point: Point) -> Point:
        x, y = point
        return {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[quarters]

    def quad(corners: Quad) -> Quad:
        a, b, c, d = map(back, corners)
        return (a, b, c, d)

    lines = [
        Line(tuple(Word(w.text, w.confidence, quad(w.quad)) for w in line.words), line.confidence, quad(line.quad))
        for line in page.lines
    ]
    return Page(width, height, tuple(lines))


def _quad(corners: Any) -> Quad:
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return (a, b, c, d)


#: rapidocr's settings, besides where its models are.
_SETTINGS = {
    # It has a logger of its own, with colours, on stderr.
    "Global.log_level": "critical",
    # The orientation classifier finds text that stands on its head; it costs a third model, so we do without.
    "Global.use_cls": False,
    "Global.return_word_box": True,
    # Larger pictures are shrunk for detection only, to one of the sizes below.
    "Det.limit_type": "max",
}

#: Pixels of a page's longer side in which its text is looked for: a third of the time and of the memory, and no loss on
#: receipts; and of a page whose boxes are lower there than so many pixels (the kit's are 17 and more), and of a photo.
_SMALL, _LEGIBLE, _LARGE = 672, 15, 960

#: A page is searched by two threads on any machine, so that sums are made in one order; its lines are read by one each,
#: several at once (`_reader_class`).
_DETECTING, _RECOGNISING = 2, 1


@cache
def _reader() -> Any:
    with needed("reads text with rapidocr"):
        models = folder("rapidocr") / "models"
        detection, recognition = models / "PP-OCRv6_det_small.onnx", models / "PP-OCRv6_rec_small.onnx"
        if not (detection.is_file() and recognition.is_file()):
            raise ImportError("rapidocr's wheel does not hold the PP-OCRv6 small models")
        onnxruntime()  # rapidocr imports it at its first page only
        reader = _reader_class()(params=_SETTINGS)
    for part, model, threads in (("Det", detection, _DETECTING), ("Rec", recognition, _RECOGNISING)):
        reader.cfg[part]._set_flag("allow_objects", True)
        reader.cfg[part].session = session(model, threads=threads)
    return reader


def _reader_class() -> Any:
    """Rapidocr's class, made to recognise the lines of a page on all cores; a function, since importing it is slow."""
    import numpy as np
    from rapidocr import RapidOCR
    from rapidocr.ch_ppocr_rec import TextRecInput, TextRecOutput
    from rapidocr.main import RapidOCRError

    class Reader(RapidOCR):
        """Each line by itself, not padded to the width of others: a third less work, and more of it read right."""

        photo = False
        pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "ocr")

        def detect_and_crop(self, img: Any, op_record: dict[str, Any]) -> Any:
            detector: Any = self._load_det_model()  # type: ignore[no-untyped-call]
            shrunk = _SMALL / max(img.shape[:2])
            if shrunk < 1 and not self.photo:
                detector.limit_side_len = _SMALL
                try:
                    found: Any = super().detect_and_crop(img, op_record)
                except RapidOCRError:  # there is none
                    if max(img.shape[:2]) <= _LARGE:
                        raise
                else:
                    sides = np.linalg.norm(found[1].boxes - np.roll(found[1].boxes, 1, axis=1), axis=2)
                    if np.median(sides.min(axis=1)) * shrunk >= _LEGIBLE:
                        return found
            detector.limit_side_len = _LARGE
            return super().detect_and_crop(img, op_record)

        def recognize_txt(self, img: list[Any]) -> Any:
            recogniser: Any = self._load_rec_model()  # type: ignore[no-untyped-call]
            recogniser.rec_image_shape = [3, 48, _OF_A_PHOTO if self.photo else _OF_A_PAGE]
            found = list(self.pool.map(lambda line: recogniser(TextRecInput([line], return_word_box=True)), img))
            texts, scores, words = zip(*((x.txts[0], x.scores[0], x.word_results[0]) for x in found), strict=True)
            return TextRecOutput(img, texts, list(scores), words)

    return Reader
