"""Weights out of a file that CTranslate2 wrote, without CTranslate2: `model.bin` of its binary version 6.

The format is that of https://github.com/OpenNMT/CTranslate2/blob/master/python/ctranslate2/specs/model_spec.py, little-
endian: version, name of the specification, its revision; then each variable's name, shape, type and bytes.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_VERSION = 6

#: CTranslate2's number of a type -> numpy's.
_TYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}


def read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Every variable by its name, as views of the file: nothing is read before it is used.

    Raises:
        ValueError: it is of another version.
    """
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    place = 0

    def number(form: str) -> int:
        nonlocal place
        (value,) = struct.unpack_from(form, content, place)
        place += struct.calcsize(form)
        return int(value)

    def text() -> str:
        nonlocal place
        size = number("<H")
        value = content[place : place + size - 1].decode()  # it ends with a zero
        place += size
        return value

    if number("<I") != _VERSION:
        raise ValueError(f"{path} is no model of CTranslate2's version {_VERSION}")
    text(), number("<I")
    found: dict[str, npt.NDArray[Any]] = {}
    for _ in range(number("<I")):
        name = text()
        shape = tuple(number("<I") for _ in range(number("<B")))
        kind, size = _TYPES[number("<B")], number("<I")
        count = size // np.dtype(kind).itemsize
        found[name] = np.frombuffer(content, kind, count, place).reshape(shape)
        place += size
    return found
