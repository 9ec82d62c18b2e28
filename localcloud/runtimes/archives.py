"""tar.gz files as SageMaker reads and writes them: model.tar.gz, output.tar.gz, sourcedir.tar.gz."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path, PurePosixPath


class BadArchive(Exception):
    """No tar.gz file, or one that would write outside of its folder."""


def pack(folder: Path) -> bytes:
    """A tar.gz of what a folder holds: the same bytes for the same files, whenever and by whomever."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for path in sorted(folder.rglob("*")):
            entry = archive.gettarinfo(str(path), str(PurePosixPath(*path.relative_to(folder).parts)))
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "", ""
            if entry.isreg():
                with path.open("rb") as content:
                    archive.addfile(entry, content)
            elif entry.isdir():
                archive.addfile(entry)
    return packed.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Unpack a tar.gz into a folder, which is made.

    Raises:
        BadArchive: it is none, or an entry's path or link leads out of the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for entry in archive:
                _check(entry)
                # Plain files only: their modes and owners are the reader's.
                target = folder.joinpath(*PurePosixPath(entry.name).parts)
                if entry.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                source = archive.extractfile(entry)
                assert source is not None  # _check lets files through only
                target.write_bytes(source.read())
    except (tarfile.TarError, EOFError, OSError, zlib.error) as problem:
        raise BadArchive(str(problem)) from None


def _check(entry: tarfile.TarInfo) -> None:
    name = PurePosixPath(entry.name)
    if name.is_absolute() or ".." in name.parts or "\\" in entry.name or ":" in entry.name:
        raise BadArchive(f'its entry "{entry.name}" leads out of the folder')
    if not (entry.isreg() or entry.isdir()):
        raise BadArchive(f'its entry "{entry.name}" is a link or a device, not a file')
