"""What the jobs and endpoints of one local cloud share."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.door import moto
from localcloud.door.wire import ServiceError
from localcloud.runtimes.containers import Container
from localcloud.runtimes.process import Process
from localcloud.services import _logs
from localcloud.services._jobs import JobFailed
from localcloud.services.sagemaker.storage import Storage

if TYPE_CHECKING:
    from localcloud.host import Host


class Backend:
    """What every job and endpoint of one local cloud works with: its S3, containers, processes, logs, and moto.

    Args:
        cloud: its clock, its region, its scratch directory.
    """

    def __init__(self, cloud: Host) -> None:
        self.cloud, self.clock = cloud, cloud.clock
        self.storage = Storage(cloud.client("s3"), cloud.region)
        self._scratch = cloud.scratch / "sagemaker"
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._processes: set[Process] = set()
        self._closed = False

    @property
    def moto(self) -> Any:
        """Moto's registry of this account and region."""
        return moto.backend("sagemaker", self.cloud.account_id, self.cloud.region)

    def arn(self, kind: str, name: str) -> str:
        """An ARN, as moto forms it too."""
        return f"arn:aws:sagemaker:{self.cloud.region}:{self.cloud.account_id}:{kind}/{name}"

    def container(self, image: str) -> Container:
        """A new one, whose image the role that acts may pull.

        Raises:
            JobFailed: it may not (SageMaker developer guide, "CreateTrainingJob API: Execution Role Permissions").
        """
        found = re.match(r"(\d+)\.dkr\.ecr\.([\w-]+)\.amazonaws\.com[^/]*/([^:@]+)", image)
        arn = f"arn:aws:ecr:{found[2]}:{found[1]}:repository/{found[3]}" if found else "*"
        try:
            self.cloud.require("ecr:GetAuthorizationToken", "*")
            for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
                self.cloud.require(f"ecr:{action}", arn)
        except ServiceError as error:
            raise JobFailed(f"ClientError: Failed to pull the image {image}. {error.message}") from None
        return Container(self._scratch / str(next(self._numbers)), self.cloud.worker_environment(), self.cloud.region)

    def run(self, command: list[str], directory: Path, environment: Mapping[str, str], log: Path) -> Process:
        """Start a process that ends with the cloud."""
        with self._lock:
            if self._closed:
                raise RuntimeError("The local cloud is shutting down. Start it again and repeat the call.")
            self._processes = {each for each in self._processes if each.alive}
            process = Process(command, directory, environment, log)
            self._processes.add(process)
            return process

    def write_log(self, group: str, stream: str, text: str) -> None:
        """Add the lines that a job or an endpoint printed to CloudWatch Logs.

        Args:
            group: without /aws/sagemaker/. Its name, and the stream's, are those of
                https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
            stream: its name.
            text: the lines.
        """
        lines = [line for line in text.splitlines() if line]
        place = f"arn:aws:logs:{self.cloud.region}:{self.cloud.account_id}:log-group:/aws/sagemaker/{group}"
        try:
            self.cloud.require("logs:PutLogEvents", f"{place}:log-stream:{stream}")
        except ServiceError:  # a job runs without
            return
        _logs.append(self.cloud, f"/aws/sagemaker/{group}", stream, _logs.events(self.cloud, lines))

    def close(self) -> None:
        """Kill what runs."""
        with self._lock:
            self._closed = True
            processes = list(self._processes)
        for process in processes:
            process.kill()
