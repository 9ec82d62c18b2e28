"""Models in ONNX's file format, written without the package onnx: as much of it as our own graphs need.

Large constants are handed to onnxruntime beside the graph, which would else copy each half a dozen times. The numbers
are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from localcloud.models.needs import session

_FLOAT, _INT64 = 1, 7
_EXTERNAL = 1
_LARGE = 1024  # bytes
_IR, _OPSET = 9, 20

#: A size, or the name of one that a run decides.
Size = int | str


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(tag: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _number(tag << 3) + _number(value)
    content = value.encode() if isinstance(value, str) else value
    return _number(tag << 3 | 2) + _number(len(content)) + content


def _attribute(name: str, value: int | float | str | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _field(1, name) + _field(3, value) + _field(20, 2)
    if isinstance(value, float):
        return _field(1, name) + _number(2 << 3 | 5) + struct.pack("<f", value) + _field(20, 1)
    if isinstance(value, str):
        return _field(1, name) + _field(4, value) + _field(20, 3)
    return _field(1, name) + b"".join(_field(8, each) for each in value) + _field(20, 7)


class Graph:
    """A graph under construction; every node has one output, which is named after it."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []
        self._large: dict[str, npt.NDArray[Any]] = {}

    def tensor(self, values: npt.NDArray[np.floating[Any] | np.int64]) -> str:
        """Add constant values, as 64-bit integers or else as 32-bit floats; returns their name."""
        name = f"t{len(self._tensors)}"
        dims = b"".join(_field(1, size) for size in values.shape)
        kind, form = (_INT64, "<i8") if values.dtype == np.int64 else (_FLOAT, "<f4")
        content = np.ascontiguousarray(values, form)
        if content.nbytes < _LARGE:
            where = _field(9, content.tobytes())
        else:
            self._large[name] = content
            where = _field(13, _field(1, "location") + _field(2, "beside")) + _field(14, _EXTERNAL)
        self._tensors.append(dims + _field(2, kind) + _field(8, name) + where)
        return name

    def node(self, operation: str, *inputs: str, **attributes: int | float | str | Sequence[int]) -> str:
        """Add an operation on named values; returns its output's name."""
        name = f"n{len(self._nodes)}"
        self._nodes.append(
            b"".join(_field(1, each) for each in inputs)
            + _field(2, name)
            + _field(4, operation)
            + b"".join(_field(5, _attribute(*each)) for each in attributes.items())
        )
        return name

    def session(self, inputs: Mapping[str, Sequence[Size]], *outputs: str) -> Any:
        """The whole model as a session of onnxruntime, which reads large constants where they are.

        Args:
            inputs: name and shape of each; all are floats.
            outputs: the names of the nodes that can be asked for.
        """
        graph = (
            b"".join(_field(1, node) for node in self._nodes)
            + _field(2, "graph")
            + b"".join(_field(5, tensor) for tensor in self._tensors)
            + b"".join(_field(11, _value(*each)) for each in inputs.items())
            + b"".join(_field(12, _value(output, ())) for output in outputs)
        )
        model = _field(1, _IR) + _field(7, graph) + _field(8, _field(1, "") + _field(2, _OPSET))
        return session(model, self._large)


def _value(name: str, shape: Sequence[Size]) -> bytes:
    kind = _field(1, _FLOAT)
    if shape:
        kind += _field(2, b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape))
    return _field(1, name) + _field(2, _field(1, kind))
