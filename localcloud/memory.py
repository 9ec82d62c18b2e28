"""What a moment needed, and the C library or a cycle of objects would keep, is given back to the system."""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

#: Bytes of a request or an answer after which it is worth the 20 ms.
LARGE = 4 << 20


def give_back() -> None:
    """Collect garbage, which takes a tenth of a second, and return what is free."""
    gc.collect()
    trim()


def trim() -> None:
    """Return what is free: glibc keeps it, some 200 MB for a page that was read."""
    malloc_trim = _malloc_trim()
    if malloc_trim is not None:
        malloc_trim(0)


def leave_out_documentation() -> None:
    """Have botocore's models read without their prose, by moto too: half of what they take, 20 MB for ten services."""
    from botocore import loaders

    def without(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: "" if key == "documentation" and isinstance(value, str) else value for key, value in pairs}

    class Reader(loaders.JSONFileLoader):  # type: ignore[misc]  # botocore has no types
        def _load_file(self, full_path: str, open_method: Any) -> Any:
            if not Path(full_path).is_file():
                return None
            with open_method(full_path, "rb") as file:
                return json.loads(file.read(), object_pairs_hook=without)

    loaders.Loader.FILE_LOADER_CLASS = Reader


@cache
def _malloc_trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
