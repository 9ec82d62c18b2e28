"""Makes a Python interpreter on this machine feel like one in a SageMaker container. Standard library only.

It stands on the interpreter's path (PYTHONPATH), so that Python imports it before the script, in every Python
process that the script starts too. It does two things:

- `/opt/ml` is a folder of the job's own, `_OPT_ML`. What a script opens, lists or makes below `/opt/ml` happens
  there: the functions of `os` and `io` that take a path are wrapped, and with them all that is built on them
  (pathlib, shutil, glob, csv, pandas, joblib ...). `os.path.expanduser` too, through which libraries send a path
  before their C++ opens it (xgboost, pandas). What other programs (not Python) do with `/opt/ml` is not seen.
  A symbolic link `/opt/ml` would need root and could serve one job at a time.
- The job ends when the local cloud does, however that ended: standard input is a pipe that the cloud holds.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import sys
from _thread import start_new_thread
from collections.abc import Callable
from importlib.machinery import FileFinder, SourceFileLoader  # not in the hook: it would ask itself
from typing import Any

_INSIDE = "/opt/ml"
_REAL = os.environ.get("_OPT_ML", "")

#: Functions whose first argument is a path, and those whose first two are.
_ONE = (
    *("access", "chdir", "chmod", "chown", "lchown", "listdir", "lstat", "makedirs", "mkdir", "open", "readlink"),
    *("remove", "removedirs", "rmdir", "scandir", "stat", "statvfs", "truncate", "unlink", "utime", "walk"),
)
_TWO = ("link", "rename", "renames", "replace", "symlink")
_PATH = ("exists", "expanduser", "getsize", "isdir", "isfile", "islink", "lexists", "realpath")


def real(path: Any) -> Any:
    """The path on this machine, when `path` is one below /opt/ml; else `path` itself."""
    text = path
    if isinstance(text, os.PathLike):
        text = os.fspath(text)
    if isinstance(text, bytes):
        text = os.fsdecode(text)
    if not isinstance(text, str):
        return path  # a file descriptor
    plain = text.replace("\\", "/") if os.name == "nt" else text
    if plain != _INSIDE and not plain.startswith(_INSIDE + "/"):
        return path
    found = _REAL + plain[len(_INSIDE) :]
    return os.fsencode(found) if isinstance(path, bytes) else found


def _wrapped(function: Callable[..., Any], paths: int) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        return function(*map(real, args[:paths]), *args[paths:], **named)

    return call


def _wrap(module: Any, names: tuple[str, ...], paths: int) -> None:
    for name in names:
        if hasattr(module, name):
            setattr(module, name, _wrapped(getattr(module, name), paths))


def _keep_capabilities() -> None:
    """`os.supports_...` name functions that take a descriptor and so on: the wrapped ones do as well."""
    for name in ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks"):
        known: set[Any] = getattr(os, name)
        known |= {getattr(os, function.__name__, function) for function in known}


def _import_hook(entry: str) -> Any:
    """Modules in folders below /opt/ml that a script adds to `sys.path`."""
    if real(entry) == entry:
        raise ImportError
    return FileFinder(real(entry), (SourceFileLoader, [".py"]))


def _end_with_the_cloud() -> None:
    """Wait for the end of standard input; then kill the whole group."""
    try:
        while os.read(0, 1024):
            pass
    except OSError:
        return
    if sys.platform == "win32":
        os._exit(1)
    os.killpg(0, 9)


if _REAL:
    _wrap(os, _ONE, 1)
    _wrap(os, _TWO, 2)
    _wrap(os.path, _PATH, 1)
    _keep_capabilities()
    builtins.open = io.open = _wrapped(io.open, 1)  # type: ignore[assignment]
    sys.path_hooks.insert(0, _import_hook)
    if sys.platform == "win32" or os.getpgrp() == os.getpid():
        start_new_thread(_end_with_the_cloud, ())
