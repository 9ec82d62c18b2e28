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
    """Collect garbage, and return what is free: glibc keeps it, some 200 MB for a page that was read."""
    gc.collect()
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
