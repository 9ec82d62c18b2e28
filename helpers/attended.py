"""Whether somebody sits at this notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_nobody = False


@contextmanager
def nobody() -> Iterator[None]:
    """While the block runs, `attended` says that nobody watches."""
    global _nobody
    _nobody = True
    try:
        yield
    finally:
        _nobody = False


def unseen() -> bool:
    """Whether nothing that is shown now will ever be seen."""
    return _nobody


def attended() -> bool:
    """Whether a person can see what this kernel shows, as it shows it.

    A front end with a person says with each request that it can answer `input()`; nbval, nbclient and what is
    built on them say that they cannot (Jupyter's messaging protocol, "execute_request", `allow_stdin`).
    """
    if _nobody or "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False)) and "PYTEST_VERSION" not in os.environ
