"""Calls each function that takes a path with one below /opt/ml: run inside a container, by test_opt_ml.py.

`python opt_ml_calls.py stdlib|libraries` prints, as JSON, the functions that have a parameter for a path and no call
here ("forgotten"), and the calls that failed ("failed"). A function that a new Python or library adds is forgotten
until it has its call.
"""

# The functions of os are what is tested, and a long list of words reads better as words.
# ruff: noqa: PT017, PTH100, PTH101, PTH102, PTH103, PTH104, PTH105, PTH106, PTH107, PTH108, PTH109, PTH110, PTH112, PTH113, PTH114, PTH115, PTH116, PTH120, PTH121, PTH123, PTH202, PTH203, PTH204, PTH205, PTH207, PTH208, PTH211, SIM115, SIM905
from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PYTHON = sys.executable

#: What the modules below call a parameter that is, or may be, a path (or a command with paths in it).
PARAMETERS = frozenset(
    """
    path paths src dst file filepath filename fname name dir top old new args argv command cmd pathname p root_dir
    base_dir extract_dir source target members fileobj tarinfo filelist zipfile dirname fp path_or_buf
    filepath_or_buffer io excel_writer archive arcname topdown buf path_or_buffer fmap fout model_file data_dir
    location directory other
    """.split()
)

#: The same of the libraries, whose functions have an `other` and a `name` that is no file's.
LIBRARY_PARAMETERS = frozenset(
    """
    file fname fid filename path path_or_buf path_or_buffer path_or_stream filepath_or_buffer filepath_or_buf io
    excel_writer fmap fout model_file location directory
    """.split()
)


def calls(p: Callable[[str], str]) -> dict[str, Callable[[], Any]]:
    """Module and function -> a call of it. p("f") is a file's path below /opt/ml, p("d") a folder's; others are new."""
    child = [PYTHON, "-c", "import sys; open(sys.argv[1]).read()", p("f")]

    def forked(execute: Callable[[], Any]) -> None:
        pid = os.fork()
        if pid == 0:
            try:
                execute()
            finally:
                os._exit(9)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    def permitted(call: Callable[[], Any]) -> None:
        with contextlib.suppress(PermissionError):  # on macOS root alone may; no such path is another error
            call()

    def linked() -> str:
        os.symlink(p("f"), p("link"))
        return p("link")

    def extended() -> None:
        try:
            os.setxattr(p("f"), "user.kit", b"1")
        except OSError as problem:
            assert problem.errno in (1, 95), problem  # this file system has none: it was asked, at least
            return
        assert os.getxattr(p("f"), "user.kit") == b"1"
        os.removexattr(p("f"), "user.kit")

    def equal(found: Any, wanted: Any) -> None:
        assert found == wanted, (found, wanted)

    import glob
    import io
    import tarfile
    import tempfile
    import zipfile

    def tar() -> str:
        with tarfile.open(p("t.tar.gz"), "w:gz") as archive:
            archive.add(p("f"), "f")
        return p("t.tar.gz")

    def zipped() -> str:
        with zipfile.ZipFile(p("z.zip"), "w") as archive:
            archive.write(p("f"), "f")
        return p("z.zip")

    def moved_in() -> None:
        before = os.getcwd()
        os.chdir(p("d"))
        os.chdir(before)

    os_calls: dict[str, Callable[[], Any]] = {
        "access": lambda: equal(os.access(p("f"), os.R_OK), True),
        "chdir": moved_in,
        "chmod": lambda: os.chmod(p("f"), 0o600),
        "chown": lambda: os.chown(p("f"), os.getuid(), os.getgid()),
        "lchown": lambda: os.lchown(p("f"), os.getuid(), os.getgid()),
        "execl": lambda: forked(lambda: os.execl(PYTHON, *child)),
        "execle": lambda: forked(lambda: os.execle(PYTHON, *child, dict(os.environ))),
        "execlp": lambda: forked(lambda: os.execlp(PYTHON, *child)),
        "execlpe": lambda: forked(lambda: os.execlpe(PYTHON, *child, dict(os.environ))),
        "execv": lambda: forked(lambda: os.execv(p("run"), ["run", p("f")])),
        "execve": lambda: forked(lambda: os.execve(p("run"), ["run", p("f")], dict(os.environ))),
        "execvp": lambda: forked(lambda: os.execvp(PYTHON, child)),
        "execvpe": lambda: forked(lambda: os.execvpe(PYTHON, child, dict(os.environ))),
        "posix_spawn": lambda: equal(os.waitpid(os.posix_spawn(p("run"), ["run", p("f")], {}), 0)[1], 0),
        "posix_spawnp": lambda: equal(os.waitpid(os.posix_spawnp(p("run"), ["run", p("f")], {}), 0)[1], 0),
        "spawnl": lambda: equal(os.spawnl(os.P_WAIT, PYTHON, *child), 0),
        "spawnle": lambda: equal(os.spawnle(os.P_WAIT, PYTHON, *child, dict(os.environ)), 0),
        "spawnlp": lambda: equal(os.spawnlp(os.P_WAIT, PYTHON, *child), 0),
        "spawnlpe": lambda: equal(os.spawnlpe(os.P_WAIT, PYTHON, *child, dict(os.environ)), 0),
        "spawnv": lambda: equal(os.spawnv(os.P_WAIT, PYTHON, child), 0),
        "spawnve": lambda: equal(os.spawnve(os.P_WAIT, PYTHON, child, dict(os.environ)), 0),
        "spawnvp": lambda: equal(os.spawnvp(os.P_WAIT, PYTHON, child), 0),
        "spawnvpe": lambda: equal(os.spawnvpe(os.P_WAIT, PYTHON, child, dict(os.environ)), 0),
        "popen": lambda: equal(os.popen(f"cat {p('f')}").read(), "1 2\n3 4\n"),
        "system": lambda: equal(os.system(f"test -f {p('f')}"), 0),
        "fwalk": lambda: equal([each[0] for each in os.fwalk(p("d"))], [p("d"), p("d/e")]),
        "walk": lambda: equal([each[0] for each in os.walk(p("d"))], [p("d"), p("d/e")]),
        "getxattr": extended,
        "setxattr": extended,
        "removexattr": extended,
        "listxattr": lambda: os.listxattr(p("f")),
        "link": lambda: os.link(p("f"), p("new")),
        "listdir": lambda: equal(os.listdir(p("d")), ["e"]),
        "lstat": lambda: os.lstat(p("f")),
        "makedirs": lambda: os.makedirs(p("new/deep")),
        "mkdir": lambda: os.mkdir(p("new")),
        "mkfifo": lambda: os.mkfifo(p("new")),
        "mknod": lambda: permitted(lambda: os.mknod(p("new"))),
        "chflags": lambda: os.chflags(p("f"), 0),  # type: ignore[attr-defined]
        "lchflags": lambda: os.lchflags(p("f"), 0),  # type: ignore[attr-defined]
        "lchmod": lambda: os.lchmod(p("f"), 0o600),  # type: ignore[attr-defined]
        "open": lambda: os.close(os.open(p("f"), os.O_RDONLY)),
        "pathconf": lambda: os.pathconf(p("f"), "PC_NAME_MAX"),
        "readlink": lambda: equal(os.readlink(linked()), p("f")),
        "remove": lambda: os.remove(p("f")),
        "removedirs": lambda: os.removedirs(p("d/e")),
        "rename": lambda: os.rename(p("f"), p("new")),
        "renames": lambda: os.renames(p("f"), p("new/deep")),
        "replace": lambda: os.replace(p("f"), p("new")),
        "rmdir": lambda: os.rmdir(p("d/e")),
        "scandir": lambda: equal([(each.path, each.is_dir()) for each in os.scandir(p("d"))], [(p("d/e"), True)]),
        "stat": lambda: equal(os.stat(p("f")).st_size, 8),
        "statvfs": lambda: os.statvfs(p("f")),
        "symlink": linked,
        "truncate": lambda: os.truncate(p("f"), 2),
        "unlink": lambda: os.unlink(p("f")),
        "utime": lambda: os.utime(p("f"), (1, 1)),
        "path.exists": lambda: equal(os.path.exists(p("f")), True),
        "path.lexists": lambda: equal(os.path.lexists(p("f")), True),
        "path.isfile": lambda: equal(os.path.isfile(p("f")), True),
        "path.isdir": lambda: equal(os.path.isdir(p("d")), True),
        "path.islink": lambda: equal(os.path.islink(linked()), True),
        "path.ismount": lambda: equal(os.path.ismount(p("d")), False),
        "path.getsize": lambda: equal(os.path.getsize(p("f")), 8),
        "path.getmtime": lambda: os.path.getmtime(p("f")),
        "path.getatime": lambda: os.path.getatime(p("f")),
        "path.getctime": lambda: os.path.getctime(p("f")),
        "path.realpath": lambda: equal(os.path.realpath(linked()), p("f")),
        "path.samefile": lambda: equal(os.path.samefile(p("f"), linked()), True),
        "path.isjunction": lambda: equal(os.path.isjunction(p("d")), False),  # type: ignore[attr-defined]
        "path.isdevdrive": lambda: os.path.isdevdrive(p("f")),  # type: ignore[attr-defined]
        "path.abspath": lambda: equal(os.path.abspath(p("d/../f")), p("f")),
    }
    io_calls: dict[str, Callable[[], Any]] = {
        "open": lambda: io.open(p("f")).close(),  # noqa: UP020 - it is what is tested
        "open_code": lambda: io.open_code(p("f")).close(),
        "FileIO": lambda: equal(io.FileIO(p("f")).read(), b"1 2\n3 4\n"),
    }
    shutil_calls: dict[str, Callable[[], Any]] = {
        "copy": lambda: equal(shutil.copy(p("f"), p("new")), p("new")),
        "copy2": lambda: equal(shutil.copy2(p("f"), p("new")), p("new")),
        "copyfile": lambda: shutil.copyfile(p("f"), p("new")),
        "copymode": lambda: shutil.copymode(p("f"), shutil.copyfile(p("f"), p("new"))),
        "copystat": lambda: shutil.copystat(p("f"), shutil.copyfile(p("f"), p("new"))),
        "copytree": lambda: equal(os.listdir(shutil.copytree(p("d"), p("new"))), ["e"]),
        "move": lambda: equal(shutil.move(p("f"), p("new")), p("new")),
        "rmtree": lambda: shutil.rmtree(p("d")),
        "disk_usage": lambda: shutil.disk_usage(p("d")),
        "chown": lambda: shutil.chown(p("f"), os.getuid()),
        "make_archive": lambda: shutil.make_archive(p("new"), "zip", p("d")),
        "unpack_archive": lambda: shutil.unpack_archive(zipped(), p("new")),
        "which": lambda: equal(shutil.which("run", path=os.path.dirname(p("f"))), p("run")),
    }
    glob_calls: dict[str, Callable[[], Any]] = {
        "glob": lambda: equal(glob.glob(p("d/**"), recursive=True), [p("d/"), p("d/e")]),
        "iglob": lambda: equal(list(glob.iglob("*", root_dir=p("d"))), ["e"]),
        "glob0": lambda: glob.glob0(p("d"), "e"),  # type: ignore[attr-defined]
        "glob1": lambda: glob.glob1(p("d"), "e"),  # type: ignore[attr-defined]
    }

    def temporary(make: Callable[..., Any]) -> None:
        with make(dir=p("d")) as made:
            found = made if isinstance(made, str) else made.name
            assert not isinstance(found, str) or found.startswith(p("d")), found

    tempfile_calls: dict[str, Callable[[], Any]] = {
        "NamedTemporaryFile": lambda: temporary(tempfile.NamedTemporaryFile),
        "TemporaryFile": lambda: temporary(tempfile.TemporaryFile),
        "TemporaryDirectory": lambda: temporary(tempfile.TemporaryDirectory),
        "SpooledTemporaryFile": lambda: tempfile.SpooledTemporaryFile(dir=p("d")).rollover(),
        "mkdtemp": lambda: equal(os.path.dirname(tempfile.mkdtemp(dir=p("d"))), p("d")),
        "mkstemp": lambda: equal(os.path.dirname(tempfile.mkstemp(dir=p("d"))[1]), p("d")),
        "mktemp": lambda: tempfile.mktemp(dir=p("d")),
    }
    tarfile_calls: dict[str, Callable[[], Any]] = {
        "open": lambda: equal(tarfile.open(tar()).getnames(), ["f"]),
        "TarFile": lambda: tarfile.TarFile(p("new"), "w").close(),
        "is_tarfile": lambda: equal(tarfile.is_tarfile(tar()), True),
        "TarFile.open": lambda: tarfile.TarFile.open(tar()).close(),
        "TarFile.taropen": lambda: tarfile.TarFile.taropen(p("new"), "w").close(),
        "TarFile.gzopen": lambda: tarfile.TarFile.gzopen(p("new"), "w").close(),
        "TarFile.bz2open": lambda: tarfile.TarFile.bz2open(p("new"), "w").close(),
        "TarFile.xzopen": lambda: tarfile.TarFile.xzopen(p("new"), "w").close(),
        "TarFile.add": tar,
        "TarFile.gettarinfo": lambda: equal(tarfile.open(p("new"), "w").gettarinfo(p("f")).size, 8),
        "TarFile.extract": lambda: tarfile.open(tar()).extract("f", p("new")),
        "TarFile.extractall": lambda: tarfile.open(tar()).extractall(p("new")),
    }
    zipfile_calls: dict[str, Callable[[], Any]] = {
        "ZipFile": lambda: equal(zipfile.ZipFile(zipped()).namelist(), ["f"]),
        "PyZipFile": lambda: zipfile.PyZipFile(p("new"), "w").close(),
        "is_zipfile": lambda: equal(zipfile.is_zipfile(zipped()), True),
        "Path": lambda: equal(zipfile.Path(zipped(), "f").read_text(), "1 2\n3 4\n"),
        "ZipInfo.from_file": lambda: equal(zipfile.ZipInfo.from_file(p("f")).file_size, 8),
        "ZipFile.write": zipped,
        "ZipFile.extract": lambda: zipfile.ZipFile(zipped()).extract("f", p("new")),
        "ZipFile.extractall": lambda: zipfile.ZipFile(zipped()).extractall(p("new")),
    }
    f, d, new = Path(p("f")), Path(p("d")), Path(p("new"))
    # Of a Path, every method is listed: it is a path itself.
    path_calls: dict[str, Callable[[], Any]] = {
        "absolute": lambda: equal(f.absolute(), f),
        "chmod": lambda: f.chmod(0o600),
        "exists": lambda: equal(f.exists(), True),
        "expanduser": lambda: f.expanduser(),
        "glob": lambda: equal([str(each.relative_to("/opt/ml")) for each in d.glob("*")], [p("d/e")[8:]]),
        "rglob": lambda: equal([str(each.relative_to("/opt/ml")) for each in d.rglob("*")], [p("d/e")[8:]]),
        "walk": lambda: equal(next(d.walk())[0], d),  # type: ignore[attr-defined]
        "group": lambda: f.group(),
        "owner": lambda: f.owner(),
        "hardlink_to": lambda: new.hardlink_to(f),
        "symlink_to": lambda: new.symlink_to(f),
        "link_to": lambda: f.link_to(new),  # type: ignore[attr-defined]
        "readlink": lambda: equal(Path(linked()).readlink(), f),
        "is_block_device": lambda: equal(f.is_block_device(), False),
        "is_char_device": lambda: equal(f.is_char_device(), False),
        "is_dir": lambda: equal(d.is_dir(), True),
        "is_fifo": lambda: equal(f.is_fifo(), False),
        "is_file": lambda: equal(f.is_file(), True),
        "is_junction": lambda: equal(f.is_junction(), False),  # type: ignore[attr-defined]
        "is_mount": lambda: equal(d.is_mount(), False),
        "is_socket": lambda: equal(f.is_socket(), False),
        "is_symlink": lambda: equal(Path(linked()).is_symlink(), True),
        "iterdir": lambda: equal([each.relative_to("/opt/ml") for each in d.iterdir()], [Path(p("d/e")[8:])]),
        "lchmod": lambda: None,  # not on Linux
        "lstat": lambda: f.lstat(),
        "mkdir": lambda: new.joinpath("deep").mkdir(parents=True),
        "open": lambda: f.open().close(),
        "read_bytes": lambda: f.read_bytes(),
        "read_text": lambda: f.read_text(),
        "rename": lambda: equal(f.rename(new), new),
        "replace": lambda: equal(f.replace(new), new),
        "resolve": lambda: equal(Path(p("d/../f")).resolve(strict=True), f),
        "rmdir": lambda: d.joinpath("e").rmdir(),
        "samefile": lambda: equal(f.samefile(p("f")), True),
        "stat": lambda: f.stat(),
        "touch": lambda: new.touch(),
        "unlink": lambda: f.unlink(),
        "write_bytes": lambda: new.write_bytes(b"x"),
        "write_text": lambda: new.write_text("x"),
    }
    return {
        f"{module}.{name}": call
        for module, named in (
            ("os", os_calls),
            ("io", io_calls),
            ("shutil", shutil_calls),
            ("glob", glob_calls),
            ("tempfile", tempfile_calls),
            ("tarfile", tarfile_calls),
            ("zipfile", zipfile_calls),
            ("pathlib.Path", path_calls),
        )
        for name, call in named.items()
    }


def library_calls(p: Callable[[str], str]) -> dict[str, Callable[[], Any]]:
    """The same of numpy, pandas, joblib and xgboost: what reads or writes a file."""
    import joblib
    import numpy as np
    import pandas as pd
    import xgboost as xgb

    array, frame = np.arange(6.0).reshape(3, 2), pd.DataFrame({"a": [0, 1, 1], "b": [1.5, 2.5, 3.5]})
    new = p("new")

    def saved() -> str:
        np.save(p("saved.npy"), array)
        return p("saved.npy")

    def csv() -> str:
        frame.to_csv(p("frame.csv"), index=False)
        return p("frame.csv")

    def there(_: Any = None) -> None:
        assert os.path.getsize(new) > 0

    def same(found: Any) -> None:
        assert np.allclose(np.asarray(found, float).ravel(), array.ravel()), found

    def written(name: str, *args: Any) -> Callable[[], None]:
        return lambda: there(getattr(frame, name)(new, *args))

    def read(name: str, write: Callable[[str], Any], **settings: Any) -> Callable[[], None]:
        def both() -> None:
            write(new)
            found = getattr(pd, name)(new, **settings)
            assert len(found) > 0, found

        return both

    matrix = xgb.DMatrix(frame[["b"]], label=frame["a"])
    booster = xgb.train({"objective": "binary:logistic"}, matrix, 2)
    booster.save_model(p("model.json"))
    classifier = xgb.XGBClassifier(n_estimators=2).fit(frame[["b"]], frame["a"])
    Path(p("map.txt")).write_text("0\tb\tq\n")
    return {
        "numpy.load": lambda: same(np.load(saved())),
        "numpy.save": saved,
        "numpy.savez": lambda: there(np.savez(new, a=array) or os.rename(new + ".npz", new)),
        "numpy.savez_compressed": lambda: there(np.savez_compressed(new, a=array) or os.rename(new + ".npz", new)),
        "numpy.savetxt": lambda: there(np.savetxt(new, array)),
        "numpy.loadtxt": lambda: same([np.savetxt(new, array), np.loadtxt(new)][1]),
        "numpy.genfromtxt": lambda: same([np.savetxt(new, array), np.genfromtxt(new)][1]),
        "numpy.fromregex": lambda: equal_(np.fromregex(p("f"), r"(\d) \d", [("a", int)])["a"].tolist(), [1, 3]),
        "numpy.fromfile": lambda: same([array.tofile(new), np.fromfile(new)][1]),
        "numpy.ndarray.tofile": lambda: there(array.tofile(new)),
        "numpy.ndarray.dump": lambda: there(array.dump(new)),
        "numpy.memmap": lambda: np.memmap(new, float, "w+", shape=(3,)).flush(),
        "numpy.lib.format.open_memmap": lambda: np.lib.format.open_memmap(new, "w+", float, (3,)).flush(),
        "numpy.lib.npyio.DataSource": lambda: np.lib.npyio.DataSource(p("d")).open(p("f")).close(),
        "pandas.read_csv": lambda: equal_(pd.read_csv(csv())["b"].tolist(), [1.5, 2.5, 3.5]),
        "pandas.read_table": lambda: pd.read_table(csv()),
        "pandas.read_fwf": lambda: pd.read_fwf(csv()),
        "pandas.read_json": read("read_json", frame.to_json),
        "pandas.read_pickle": read("read_pickle", frame.to_pickle),
        "pandas.read_stata": read("read_stata", frame.to_stata),
        "pandas.DataFrame.to_csv": written("to_csv"),
        "pandas.DataFrame.to_json": written("to_json"),
        "pandas.DataFrame.to_pickle": written("to_pickle"),
        "pandas.DataFrame.to_stata": written("to_stata"),
        "pandas.DataFrame.to_string": written("to_string"),
        "pandas.DataFrame.to_html": written("to_html"),
        "pandas.DataFrame.to_latex": written("to_latex"),
        "pandas.DataFrame.to_xml": lambda: there(frame.to_xml(new, parser="etree")),
        "pandas.read_xml": lambda: equal_(
            [frame.to_xml(new, parser="etree"), len(pd.read_xml(new, parser="etree"))][1], 3
        ),
        "pandas.to_pickle": lambda: there(pd.to_pickle(frame, new)),  # type: ignore[attr-defined]
        "joblib.dump": lambda: there(joblib.dump(array, new)),
        "joblib.load": lambda: same([joblib.dump(array, new), joblib.load(new, mmap_mode="r")][1]),
        "joblib.Memory": lambda: equal_(joblib.Memory(p("d"), verbose=0).cache(abs)(-1), 1),
        "xgboost.Booster": lambda: equal_(xgb.Booster(model_file=p("model.json")).num_features(), 1),
        "xgboost.Booster.load_model": lambda: booster.load_model(p("model.json")),
        "xgboost.Booster.save_model": lambda: there(booster.save_model(p("new.json")) or os.rename(p("new.json"), new)),
        "xgboost.Booster.dump_model": lambda: there(booster.dump_model(new, fmap=p("map.txt"))),
        "xgboost.Booster.get_dump": lambda: booster.get_dump(fmap=p("map.txt")),
        "xgboost.Booster.get_fscore": lambda: booster.get_fscore(p("map.txt")),
        "xgboost.Booster.get_score": lambda: booster.get_score(p("map.txt")),
        "xgboost.Booster.trees_to_dataframe": lambda: booster.trees_to_dataframe(p("map.txt")),
        "xgboost.Booster.get_split_value_histogram": lambda: booster.get_split_value_histogram("b"),
        "xgboost.DMatrix": lambda: equal_([matrix.save_binary(new), xgb.DMatrix(new).num_row()][1], 3),
        "xgboost.DMatrix.save_binary": lambda: there(matrix.save_binary(new)),
        "xgboost.XGBModel.load_model": lambda: xgb.XGBClassifier().load_model(p("model.json")),
        "xgboost.XGBModel.save_model": lambda: classifier.save_model(p("new.json")),
        "xgboost.callback.TrainingCheckPoint": lambda: xgb.train(
            {}, matrix, 2, callbacks=[xgb.callback.TrainingCheckPoint(p("d"), interval=1)]
        ),
    }


def equal_(found: Any, wanted: Any) -> None:
    """Raises when they differ."""
    assert found == wanted, (found, wanted)


#: Public, with such a parameter, and no path of the file system behind it; or nothing that a test can call.
NO_PATH = frozenset(
    """
    os.chroot os.fspath os.fsencode os.fsdecode os.splice os.copy_file_range os.memfd_create os.confstr os.sysconf
    os.fpathconf os.initgroups os.putenv os.unsetenv os.set_handle_inheritable os.PathLike os.DirEntry
    os.path.basename os.path.dirname os.path.isabs os.path.join os.path.normcase os.path.normpath os.path.split
    os.path.splitdrive os.path.splitext os.path.splitroot os.path.commonpath os.path.isreserved os.path.expandvars
    os.path.expanduser os.path.commonprefix os.path.relpath os.fdopen os.lockf os.addaudithook os.getgrouplist
    io.TextIOWrapper io.BytesIO io.StringIO io.text_encoding
    shutil.register_archive_format shutil.register_unpack_format shutil.unregister_archive_format
    shutil.unregister_unpack_format shutil.ignore_patterns shutil.copyfileobj
    glob.escape glob.has_magic glob.translate
    tarfile.TarInfo tarfile.data_filter tarfile.fully_trusted_filter tarfile.tar_filter
    tarfile.TarFile.addfile tarfile.TarFile.chmod tarfile.TarFile.chown tarfile.TarFile.close
    tarfile.TarFile.extractfile tarfile.TarFile.getmember
    tarfile.TarFile.getmembers tarfile.TarFile.getnames tarfile.TarFile.list
    tarfile.TarFile.makedev tarfile.TarFile.makedir tarfile.TarFile.makefifo tarfile.TarFile.makefile
    tarfile.TarFile.makelink tarfile.TarFile.makelink_with_filter tarfile.TarFile.makeunknown tarfile.TarFile.utime
    tarfile.TarFile.fileobject tarfile.TarFile.tarinfo tarfile.TarFile.next
    zipfile.ZipInfo zipfile.ZipFile.close zipfile.ZipFile.comment zipfile.ZipFile.getinfo zipfile.ZipFile.infolist
    zipfile.ZipFile.mkdir zipfile.ZipFile.namelist zipfile.ZipFile.open zipfile.ZipFile.printdir zipfile.ZipFile.read
    zipfile.ZipFile.setpassword zipfile.ZipFile.testzip zipfile.ZipFile.writestr
    pathlib.Path.as_posix pathlib.Path.as_uri pathlib.Path.cwd pathlib.Path.home pathlib.Path.is_absolute
    pathlib.Path.is_relative_to pathlib.Path.is_reserved pathlib.Path.joinpath pathlib.Path.match
    pathlib.Path.full_match pathlib.Path.from_uri pathlib.Path.relative_to pathlib.Path.with_name
    pathlib.Path.with_segments pathlib.Path.with_stem pathlib.Path.with_suffix
    """.split()
)


#: What needs a package that the kit does not bring, or is made by a function that is called here.
NOT_HERE = frozenset(
    """
    joblib.MemorizedResult numpy.lib.npyio.NpzFile pandas.DataFrame.to_feather pandas.DataFrame.to_iceberg
    pandas.DataFrame.to_orc pandas.DataFrame.to_parquet pandas.ExcelFile pandas.ExcelWriter pandas.HDFStore
    pandas.read_excel pandas.read_feather pandas.read_hdf pandas.read_html pandas.read_orc pandas.read_parquet
    pandas.read_sas pandas.read_spss xgboost.plot_importance xgboost.plot_tree xgboost.to_graphviz
    """.split()
)


def public(of: str, parameters: frozenset[str] | None) -> set[str]:
    """Public functions and classes of a module, or methods of a class, with one of these parameters; all when None."""
    module, _, inner = of.partition(":")
    owner: Any = importlib.import_module(module)
    for each in inner.split(".") if inner else []:
        owner = getattr(owner, each)
    named = of.replace(":", ".")
    found = set()
    for name in vars(owner) if inner else getattr(owner, "__all__", dir(owner)):
        value = getattr(owner, name)
        if name.startswith("_") or not callable(value):
            continue
        if isinstance(value, type) and issubclass(value, BaseException):
            continue
        try:
            taken = set(inspect.signature(value).parameters)
        except (ValueError, TypeError):
            continue
        if parameters is None or taken & parameters:
            found.add(f"{named}.{name}")
    return found


STANDARD = (
    *("os", "os.path", "io", "shutil", "glob", "tempfile", "tarfile", "zipfile"),
    *("tarfile:TarFile", "zipfile:ZipFile"),
)
LIBRARIES = (
    *("numpy", "numpy:ndarray", "numpy.lib.format", "numpy.lib.npyio", "pandas", "pandas:DataFrame", "joblib"),
    *("xgboost", "xgboost:Booster", "xgboost:DMatrix", "xgboost:XGBModel", "xgboost.callback"),
)


def main(which: str) -> None:
    """Call everything, each in a folder of its own, and print what was forgotten and what failed."""
    standard = which == "stdlib"
    table = calls if standard else library_calls
    names = sorted(table(_place("names")))
    found = {name for each in STANDARD for name in public(each, PARAMETERS)} if standard else set()
    found |= public("pathlib:Path", None) if standard else set()  # which is a path itself
    found |= set() if standard else {name for each in LIBRARIES for name in public(each, LIBRARY_PARAMETERS)}
    forgotten = found - {"pathlib.Path"} - set(names) - NO_PATH - NOT_HERE
    failed: dict[str, str] = {}
    for number, name in enumerate(names):
        module, _, inner = name.partition(".")
        try:
            owner: Any = importlib.import_module(module)
            for each in inner.split("."):
                owner = getattr(owner, each)
        except (AttributeError, ImportError):
            if not standard:
                failed[name] = "no such function"
            continue  # of another system, or another Python
        try:
            table(_place(str(number)))[name]()
        except BaseException as problem:
            failed[name] = f"{type(problem).__name__}: {problem}"
    print("RESULT", json.dumps({"forgotten": sorted(forgotten), "failed": failed, "called": len(names)}))


def _place(name: str) -> Callable[[str], str]:
    folder = f"/opt/ml/model/{name}"
    os.makedirs(f"{folder}/d/e", exist_ok=True)
    with open(f"{folder}/f", "w") as file:
        file.write("1 2\n3 4\n")
    with open(f"{folder}/run", "w") as file:
        file.write('#!/bin/sh\ntest -f "$1"\n')
    os.chmod(f"{folder}/run", 0o700)
    return lambda each: f"{folder}/{each}"


if __name__ == "__main__":
    main(sys.argv[1])
