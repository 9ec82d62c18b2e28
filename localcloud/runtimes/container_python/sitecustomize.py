"""Makes a Python interpreter on this machine feel like one in a SageMaker container. Standard library only.

It stands on the interpreter's path (PYTHONPATH), so that Python imports it before the script, in every Python
process that the script starts too. It does three things:

- `/opt/ml` is a folder of the job's own, `_OPT_ML`. What a script opens, lists or makes below `/opt/ml` happens
  there. Nobody has to remember a function: every C function of `os` and `io` whose signature names a path is wrapped,
  in whatever module it is known by then, and all else in Python stands on these (pathlib, shutil, glob, tempfile,
  tarfile, zipfile, imports, csv, pandas, joblib ...). Names of files come back as the script gave them.
  `os.path.expanduser` answers with the real path: libraries send a path through it before their C++ opens it
  (xgboost). Programs that a script starts get the real paths in their arguments and environment; what they, or a
  library in C, open by a name of their own below `/opt/ml` is not seen.
  A mount in a namespace of the job's own would see that too, but neither macOS nor Windows has any, and most
  containers and some Linux systems forbid it; a symbolic link `/opt/ml` needs root and serves one job at a time.
- What connects to an address, or starts a program that is not this Python and may connect unseen, leaves the file
  `called`, beside `opt`: such a job has done more than its files show.
- The job ends when the local cloud does, however that ended: standard input is a pipe that the cloud holds.
"""

from __future__ import annotations

import functools
import io
import os
import sys
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from typing import Any

_INSIDE = "/opt/ml"
_REAL = os.environ.get("_OPT_ML", "")

#: A Mac need not have /opt, and what resolves a path looks at each of its parts.
_PARENT = os.path.dirname(_REAL) if not os.path.isdir("/opt") else ""  # noqa: PTH112, PTH120 - pathlib costs each start

#: What the C functions of os and io call a path: posix.c and nt, _io, of Python 3.11 to 3.13.
_PATHS = frozenset({"path", "src", "dst", "file", "filepath"})

#: What they call that which another program gets: text with paths somewhere in it.
_TEXTS = frozenset({"argv", "env", "command"})

#: Those that only work on the text of a path.
_TEXT_ONLY = frozenset({"fspath", "_path_normpath", "_path_splitroot", "_path_splitroot_ex", "_path_isabs"})

#: Python's own names of what starts a program; the program comes first (docs.python.org/3/library/audit_events.html).
_STARTS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile"})


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
    if plain == "/opt" and _PARENT:
        found = _PARENT
    elif plain == _INSIDE or plain.startswith(_INSIDE + "/"):
        found = _REAL + plain[len(_INSIDE) :]
    else:
        return path
    return found if isinstance(os.fspath(path), str) else os.fsencode(found)


def _texts(value: Any) -> Any:
    """An argument, a list of them or an environment for another program: `/opt/ml` in it is the real one."""
    if isinstance(value, str):
        import re  # the few scripts that start a program pay for it

        return re.sub(r"(?<![\w./-])/opt/ml(?![\w.-])", lambda _: _REAL, value)
    if isinstance(value, bytes):
        return os.fsencode(_texts(os.fsdecode(value)))
    if isinstance(value, os.PathLike):
        return real(value)
    if isinstance(value, list | tuple):
        return type(value)(map(_texts, value))
    return {key: _texts(each) for key, each in value.items()} if hasattr(value, "items") else value


class _Same(type):
    """A class that stands for one of C's: what that one made is an instance of it too."""

    original: type

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.original) or super().__instancecheck__(instance)


class _FileIO(io.FileIO, metaclass=_Same):
    original = io.FileIO

    def __init__(self, file: Any, *args: Any, **named: Any) -> None:
        super().__init__(real(file), *args, **named)


class _DirEntry(metaclass=_Same):
    """An `os.DirEntry` whose path begins as the script wrote it."""

    original = os.DirEntry

    def __init__(self, entry: os.DirEntry[Any], folder: Any) -> None:
        self._entry, self.path = entry, os.path.join(os.fspath(folder), entry.name)  # noqa: PTH118 - bytes too

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return repr(self._entry)

    __class_getitem__ = classmethod(lambda cls, _: cls)


class _Entries:
    """What `os.scandir` gives: an iterator, closed by itself, by `with` or by hand."""

    def __init__(self, entries: Any, folder: Any) -> None:
        self._entries, self._folder = entries, folder

    def __iter__(self) -> Iterator[_DirEntry]:
        return self

    def __next__(self) -> _DirEntry:
        return _DirEntry(next(self._entries), self._folder)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self._entries.close()


def _scandir(scandir: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(scandir)
    def call(path: Any = None) -> Any:
        found = real(path)
        return scandir(path) if found is path else _Entries(scandir(found), path)

    return call


def _readlink(readlink: Callable[..., Any]) -> Callable[..., Any]:
    """Where a link leads: below /opt/ml when its real target is there."""
    wrapped = _mapped(readlink, {0: real, "path": real})

    @functools.wraps(readlink)
    def call(*args: Any, **named: Any) -> Any:
        target = wrapped(*args, **named)
        text = os.fsdecode(target)
        if text != _REAL and not text.startswith(_REAL + "/"):
            return target
        shown = _INSIDE + text[len(_REAL) :]
        return shown if isinstance(target, str) else os.fsencode(shown)

    return call


def _mapped(function: Callable[..., Any], mappings: dict[int | str, Callable[[Any], Any]]) -> Callable[..., Any]:
    """A function whose arguments, by place or by name, are mapped before it gets them."""

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        return function(
            *(mappings[place](each) if place in mappings else each for place, each in enumerate(args)),
            **{name: mappings[name](each) if name in mappings else each for name, each in named.items()},
        )

    return call


def _mappings(function: Any) -> dict[int | str, Callable[[Any], Any]]:
    """Place and name of each argument that is a path or holds some, by the function's own signature."""
    found: dict[int | str, Callable[[Any], Any]] = {}
    signature = (getattr(function, "__text_signature__", None) or "()").strip("()")
    names = [each.partition("=")[0].strip() for each in signature.split(",")]
    for place, name in enumerate(name for name in names if name not in ("/", "$module")):
        mapping = real if name in _PATHS else _texts if name in _TEXTS else None
        if mapping is not None:
            found |= {place: mapping, name: mapping}
    return found


def _stand_ins() -> dict[int, Any]:
    """The id of a function or class -> what stands in for it."""
    found: dict[int, Any] = {id(io.FileIO): _FileIO, id(os.DirEntry): _DirEntry}
    for module in (sys.modules[os.name], sys.modules["_io"]):
        for name, function in list(vars(module).items()):
            if type(function) is type(len) and name not in _TEXT_ONLY:
                mappings = _mappings(function)
                if mappings:
                    special = {"scandir": _scandir, "readlink": _readlink}.get(name)
                    found[id(function)] = special(function) if special else _mapped(function, mappings)
    expanduser = os.path.expanduser
    found[id(expanduser)] = functools.wraps(expanduser)(lambda path: real(expanduser(path)))
    if sys.platform == "win32":
        import _winapi

        found[id(_winapi.CreateProcess)] = _mapped(_winapi.CreateProcess, {0: real, 1: _texts, 6: _texts, 7: real})
    else:
        import _posixsubprocess

        places: dict[int | str, Callable[[Any], Any]] = {0: _texts, 1: _texts, 4: real, 5: _texts}
        found[id(_posixsubprocess.fork_exec)] = _mapped(_posixsubprocess.fork_exec, places)
    return found


def _replace(owner: Any, stand_ins: dict[int, Any]) -> None:
    """Put the stand-ins where a module knows the originals: as its own names, its classes', or as a default argument.

    tempfile has `unlink=os.unlink`, and what a `.pth` file imports is there before this.
    """
    for name, value in list(vars(owner).items()):
        if id(value) in stand_ins:
            setattr(owner, name, stand_ins[id(value)])
        elif isinstance(value, staticmethod) and id(value.__func__) in stand_ins:
            setattr(owner, name, staticmethod(stand_ins[id(value.__func__)]))
        elif type(value) is type(_replace) and value.__defaults__:
            value.__defaults__ = tuple(stand_ins.get(id(each), each) for each in value.__defaults__)
        elif isinstance(value, type) and value.__module__ == getattr(owner, "__name__", None):
            _replace(value, stand_ins)


def _show_opt_ml() -> None:
    """Put the stand-ins wherever the originals are known by now: os, io, builtins, os.path, importlib ..."""
    stand_ins = _stand_ins()
    for module in list(sys.modules.values()):
        if module.__name__ != __name__:
            _replace(module, stand_ins)
    # These sets name functions that take a descriptor and so on: the stand-ins do as well.
    for name in ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks"):
        known: set[Any] = getattr(os, name)
        known |= {stand_ins[id(function)] for function in known if id(function) in stand_ins}


def _note_calls() -> None:
    marker = os.path.join(os.path.dirname(os.path.dirname(_REAL)), "called")  # noqa: PTH118, PTH120

    own = os.environ.get("_MODEL_SERVER", "").partition(":")[0]  # whose questions a model server answers

    def hear(event: str, args: tuple[Any, ...]) -> None:
        connects = event == "socket.connect" and isinstance(args[1], tuple) and str(args[1][1]) != own
        if connects or (event in _STARTS and args[0] != sys.executable):
            os.close(os.open(marker, os.O_CREAT | os.O_WRONLY))

    sys.addaudithook(hear)


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
    _show_opt_ml()
    _note_calls()
    if sys.platform == "win32" or os.getpgrp() == os.getpid():
        start_new_thread(_end_with_the_cloud, ())
