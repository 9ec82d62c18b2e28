"""What a moment needed, and the C library or a cycle of objects would keep, is given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from functools import cache
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


@cache
def _malloc_trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
