"""What a job finds where it runs: `/opt/ml`, a home, and an environment without anything of the reader's.

On SageMaker that is a container. Here it is a folder in the local cloud's scratch directory and a process of the
reader's own user; `container_python/sitecustomize.py` shows it `/opt/ml`. Text that goes in (arguments, variables)
gets the real paths, text that comes out (logs) the container's, so that neither depends on the machine.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from localcloud.runtimes.function_code import INHERITED

#: The folder of a container that SageMaker fills and empties:
#: https://docs.aws.amazon.com/sagemaker/latest/dg/amazon-sagemaker-toolkits.html
ML = "/opt/ml"

#: The file beside `opt` that is there once the process has called anything over the network (`sitecustomize.py`).
CALLED = "called"

_PYTHON_PATH = Path(__file__).with_name("container_python")

_MENTIONED = re.compile(r"(?<![\w./-])/opt/ml(?![\w.-])")

#: -u: what a killed script printed is in its log.
PYTHON = (sys.executable, "-u", "-X", "utf8")


class Container:
    """The place of one job or model server.

    Args:
        root: a folder that does not exist yet.
        credentials: the local cloud's endpoint and keys, as AWS_ variables.
        region: of the job.
    """

    def __init__(self, root: Path, credentials: Mapping[str, str], region: str) -> None:
        self.root = root.resolve()
        self.ml = self.root / "opt" / "ml"
        #: What requirements.txt asked for, before this Python's own packages; see `requirements.py`.
        self.packages = self.root / "packages"
        self._credentials = {**credentials, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        for folder in (self.ml, self.root / "home"):
            folder.mkdir(parents=True)

    def path(self, inside: str) -> Path:
        """Where `/opt/ml/...` really is.

        Raises:
            ValueError: it is not below /opt/ml.
        """
        parts = PurePosixPath(inside).parts
        if parts[:3] != ("/", "opt", "ml") or ".." in parts:
            raise ValueError(f"{inside} is not below {ML}")
        return self.ml.joinpath(*parts[3:])

    def folder(self, inside: str) -> Path:
        """The same, made."""
        found = self.path(inside)
        found.mkdir(parents=True, exist_ok=True)
        return found

    def real(self, text: str) -> str:
        """Text whose `/opt/ml` paths are real ones."""
        return _MENTIONED.sub(lambda _: self.ml.as_posix(), text)

    def shown(self, output: bytes) -> str:
        """What a script printed, with the container's paths for the real ones."""
        for here, there in (
            (self.ml, ML),
            (self.root / "home", "/root"),
            (_PYTHON_PATH, "/usr/lib/python3"),
            (self.packages, "/usr/lib/python3"),
        ):
            output = output.replace(os.fsencode(here), there.encode())
        return output.decode(errors="replace").replace("\r\n", "\n")

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of a process here: the system's bare needs, the cloud's address, `variables`."""
        home = str(self.root / "home")
        return {
            **{name: os.environ[name] for name in INHERITED if name in os.environ},
            **dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), home),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "MPLBACKEND": "Agg",
            "PYTHONNOUSERSITE": "1",
            "PYTHONHASHSEED": "0",  # two runs print sets in the same order
            **self._credentials,
            **{name: self.real(value) for name, value in variables.items()},
            "PYTHONPATH": os.pathsep.join(map(str, self._import_path(variables))),
            "_OPT_ML": self.ml.as_posix(),
        }

    def _import_path(self, variables: Mapping[str, str]) -> list[Path | str]:
        wanted = variables.get("PYTHONPATH", "")
        return [_PYTHON_PATH, *(self.real(each) for each in wanted.split(":") if each), self.packages]

    def remove(self) -> None:
        """Delete it and all that is in it."""
        shutil.rmtree(self.root, ignore_errors=True)
