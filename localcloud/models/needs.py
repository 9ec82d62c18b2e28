"""What the models need to be installed, and what it is told before it is imported."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.errors import UnsupportedLocally


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Around the loading of a model: says what is missing, and for what, when something is.

    Args:
        what: what the local cloud does and with which packages, e.g. "reads text with rapidocr".

    Raises:
        UnsupportedLocally: instead of an ImportError.
    """
    try:
        yield
    except ImportError as problem:
        raise UnsupportedLocally(
            f"The local cloud {what}, which did not load ({problem}). "
            "Install what is missing (`python3 workshop.py` does), or set WORKSHOP_TARGET=aws."
        ) from problem


def folder(package: str) -> Path:
    """Where a package's files lie, without importing it.

    Raises:
        ImportError: it is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ImportError(f"No module named {package!r}")
    return Path(spec.origin).parent


def onnxruntime() -> Any:
    """The package onnxruntime, told not to report its use.

    It does so over HTTPS by default since 1.29 (its Privacy.md); this variable, set before it is imported, prevents
    that, and the identifier that it would keep under the reader's home.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    return importlib.import_module("onnxruntime")


def session(model: Path | bytes) -> Any:
    """An onnxruntime session that computes on one core.

    With more of them onnxruntime's sums differ in their last bits from one number of cores to another (measured).
    """
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: it warns on stderr of what it tidies up in a graph
    content = str(model) if isinstance(model, Path) else model
    return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
