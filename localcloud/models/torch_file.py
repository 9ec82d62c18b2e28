"""Weights out of a file that PyTorch wrote, without PyTorch: its format before 1.6, little-endian, floats only.

The format is a row of pickles (a magic number, a version, the system, the tensors' places, the storages' keys) and
then the storages. Only what such a file needs is let out of the pickles: nothing in one can run.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

_MAGIC = 0x1950A86A20F9469CFC6C

#: A storage's key, the offset in it, the shape and the strides, all in elements.
Place = tuple[str, int, tuple[int, ...], tuple[int, ...]]


class _Pickles(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any] | str:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _place
        if module == "torch" and name.endswith("Storage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        _, kind, key, *_ = pid
        return kind, key


def _place(
    storage: tuple[str, str], offset: int, size: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> Place | None:
    kind, key = storage
    return (key, offset, tuple(size), tuple(strides)) if kind == "FloatStorage" else None  # the others count batches


def read(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The tensors of 32-bit floats in the file, by name.

    Raises:
        ValueError: it is not such a file.
    """
    with path.open("rb") as file:
        magic, version, system = (_Pickles(file).load() for _ in range(3))
        if magic != _MAGIC or version != 1001 or not system["little_endian"]:
            raise ValueError(f"{path.name} is not a file of PyTorch's format before 1.6")
        places: dict[str, Place | None] = _Pickles(file).load()
        keys: list[str] = _Pickles(file).load()
        storages = _storages(file, keys, {place[0] for place in places.values() if place is not None})
    tensors = {}
    for name, place in places.items():
        if place is not None:
            key, offset, shape, strides = place
            tensors[name] = as_strided(
                storages[key][offset:], shape, [4 * stride for stride in strides], writeable=False
            )
    return tensors


def _storages(file: IO[bytes], keys: list[str], floats: set[str]) -> dict[str, npt.NDArray[np.float32]]:
    found = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        content = file.read(count * (4 if key in floats else 8))
        if key in floats:
            found[key] = np.frombuffer(content, "<f4")
    return found
