"""A function's code and settings, and what they become on this machine: directories and an environment."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: What a worker inherits of this process's environment: enough to start Python and find its libraries, no
#: settings.
INHERITED = (
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS"),
)


class BadPackage(Exception):
    """A deployment package that is no zip file."""


@dataclass(frozen=True, slots=True)
class Function:
    """One version of a function, as its workers need it: another value means other workers.

    Args:
        arn: without qualifier.
        version: "$LATEST" or a number.
        handler: "module.function".
        runtime: e.g. "python3.12".
        memory: MB; what the handler is told, not enforced.
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
            BadPackage: one of them is no zip file.
        """
        digest = hashlib.sha256()
        for package in packages:
            digest.update(hashlib.sha256(package).digest())
        target = self._scratch / digest.hexdigest()[:16]
        with self._lock:
            if not target.exists():
                target.mkdir(parents=True)
                try:
                    for package in packages:
                        with zipfile.ZipFile(io.BytesIO(package)) as archive:
                            archive.extractall(target)
                except zipfile.BadZipFile as problem:
                    shutil.rmtree(target)
                    raise BadPackage(str(problem)) from problem
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
        "NO_PROXY": "127.0.0.1",  # or the system's proxy settings would apply
        **function.environment,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # of `sync-`, for StartSyncExecution and TestState
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
