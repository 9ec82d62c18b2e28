"""What the models need to be installed, and what it is told before it is imported."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
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


def session(model: Path | bytes, constants: Mapping[str, Any] | None = None, threads: int = 1) -> Any:
    """An onnxruntime session that computes on so many threads, however many cores there are.

    Its sums differ in their last bits from one number of threads to another (measured).

    Args:
        model: its file, or what would stand there.
        constants: arrays that the model names and does not hold; they are not copied.
        threads: that share a sum. One that waits for another takes no core meanwhile.
    """
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # it would keep, for good, the room that the longest recording took
    options.log_severity_level = 3  # errors only: it warns on stderr of what it tidies up in a graph
    if constants:
        values = [runtime.OrtValue.ortvalue_from_numpy(value) for value in constants.values()]
        options.add_external_initializers(list(constants), values)
    content = str(model) if isinstance(model, Path) else model
    made = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    made.constants = constants  # onnxruntime reads them for as long as it runs, and does not hold them
    return made
