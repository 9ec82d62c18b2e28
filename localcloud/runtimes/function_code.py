"""A function's code and settings, and what they become on this machine: directories and an environment."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import threading
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: What a worker inherits of this process's environment: enough to start Python and find its libraries, no
#: settings.
INHERITED = (
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS"),
)


#: How a damaged, an encrypted and a strangely compressed package show themselves (zipfile's documentation).
_DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError)
_UNFIT_NAMES = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL}


class BadPackage(Exception):
    """A deployment package that is no zip file, or one whose names no file system takes."""


@dataclass(frozen=True, slots=True)
class Function:
    """One version of a function, as its workers need it: another value means other workers.

    Args:
        arn: without qualifier.
        version: "$LATEST" or a number.
        handler: "module.function".
        runtime: e.g. "python3.12".
        memory: MB; as the handler sees it, not enforced.
        timeout: seconds.
        environment: the function's own variables.
        code: the deployment package, a zip.
        layers: the layers' zips, in order.
    """

    arn: str
    version: str
    handler: str
    runtime: str
    memory: int
    timeout: int
    environment: Mapping[str, str]
    code: bytes = field(repr=False)
    layers: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition(":")[2]

    @property
    def region(self) -> str:
        """The region in the ARN."""
        return self.arn.split(":")[3]


class Packages:
    """Unzips deployment packages, each once.

    Args:
        scratch: where to; its owner removes it.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._lock = threading.Lock()

    def unzip(self, *packages: bytes) -> Path:
        """A directory with the packages' content, later ones over earlier; the same for the same bytes.

        Raises:
            BadPackage: one of them is no zip file, or has a name that is too long or a folder below a file.
        """
        digest = hashlib.sha256()
        for package in packages:
            digest.update(hashlib.sha256(package).digest())
        target = self._scratch / digest.hexdigest()[:16]
        with self._lock:
            if not target.exists():
                aside = Path(f"{target}.part")  # a full disk leaves no half of it to be taken for the whole
                aside.mkdir(parents=True)
                try:
                    for package in packages:
                        with zipfile.ZipFile(io.BytesIO(package)) as archive:
                            archive.extractall(aside)
                except (*_DAMAGED, OSError) as problem:
                    shutil.rmtree(aside)
                    if isinstance(problem, OSError) and problem.errno not in _UNFIT_NAMES:
                        raise
                    raise BadPackage(str(problem)) from problem
                aside.rename(target)
        return target


def variables(function: Function, stream: str, task: Path, layers: Path, home: Path) -> dict[str, str]:
    """The environment of a worker, but for where the local cloud is.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime

    Args:
        function: what it runs.
        stream: the name of its log stream.
        task: where the code is: /var/task on Lambda.
        layers: where the layers are: /opt on Lambda.
        home: a directory of its own, for temporary files.
    """
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        **dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), str(home)),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC" if os.name == "posix" else "UTC",
        **function.environment,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": str(task),
        "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
        "_HANDLER": function.handler,
        "_LAYERS": str(layers),
    }
