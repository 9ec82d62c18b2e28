"""Processing jobs: a script with folders that come from S3 and go there.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.runtimes import containers
from localcloud.runtimes.process import Ended
from localcloud.runtimes.training_environment import HOST
from localcloud.services._jobs import JobFailed
from localcloud.services.sagemaker import contradictions, recalled
from localcloud.services.sagemaker.backend import Backend
from localcloud.services.sagemaker.images import differs, image_of
from localcloud.services.sagemaker.jobs import Job
from localcloud.services.sagemaker.training import last_words
from localcloud.time import durations

_PYTHON = re.compile(r"python(3(\.\d+)?)?")


class ProcessingJob(Job):
    """A processing job.

    Attributes:
        exit_message: what the script left in /opt/ml/output/message, or its last words when it failed.
    """

    kind, resource, registry = "ProcessingJob", "processing-job", "processing_jobs"
    title = "processing job"

    def __init__(self, backend: Backend, name: str, request: Structure) -> None:
        what = f'processing job "{name}"'
        application = request["AppSpecification"]
        contradictions.processing(request)
        image_of(application["ImageUri"], what)
        if request["ProcessingResources"]["ClusterConfig"].get("InstanceCount", 1) > 1:
            raise UnsupportedLocally(
                f"{what} asks for more than one instance: the local cloud has one. Set instance_count to 1, or set "
                "WORKSHOP_TARGET=aws."
            )
        entry = application.get("ContainerEntrypoint") or []
        if not entry or not _PYTHON.fullmatch(PurePosixPath(entry[0]).name):
            raise UnsupportedLocally(
                f"{what} starts {entry or 'what its image starts'}; the local cloud runs Python scripts. Set "
                'ContainerEntrypoint to ["python3", "/opt/ml/processing/input/code/script.py"], as '
                "sagemaker.processing.ScriptProcessor does, or set WORKSHOP_TARGET=aws."
            )
        for each in request.get("ProcessingInputs", []):
            if "S3Input" not in each:
                raise UnsupportedLocally(
                    f'{what} has input "{each["InputName"]}", which is not from S3. Use S3Input, or set '
                    "WORKSHOP_TARGET=aws."
                )
        for path in [
            *(each["S3Input"].get("LocalPath", "/opt/ml/processing") for each in request.get("ProcessingInputs", [])),
            *(each["S3Output"].get("LocalPath", "") for each in _outputs(request)),
        ]:
            if not path.startswith("/opt/ml/processing") or ".." in path:
                raise ServiceError(
                    "ValidationException", f"LocalPath {path} is invalid: it must be below /opt/ml/processing."
                )
        super().__init__(backend, name, request)
        stopping = request.get("StoppingCondition", {})
        self._limit = float(stopping.get("MaxRuntimeInSeconds", 86400))
        self._container: containers.Container | None = None
        self._started: float | None = None
        self.exit_message: str | None = None

    async def run(self) -> None:
        """Inputs, the script, outputs."""
        seconds = durations.SAGEMAKER
        await self.clock.sleep(seconds["instance"])
        self._started = self.clock.now()
        container = self._container = self.backend.container(self.request["AppSpecification"]["ImageUri"])
        await self.work(self._download, container, seconds=seconds["download"])
        took = min(seconds["process"], self._limit)
        ended = await self.work(self._run, container, seconds=took)
        if ended.timed_out:
            await self.clock.sleep(self._limit - took)
        output = self._read_log(container)
        message = container.path("/opt/ml/output/message")
        if message.is_file():
            self.exit_message = container.shown(message.read_bytes())[:1024]
        if ended.timed_out:
            self._end("Stopped", "ClientError: Processing job runtime exceeded MaxRuntimeInSeconds provided")
            return
        if ended.code != 0:
            self.exit_message = self.exit_message or last_words(output)
            raise JobFailed("AlgorithmError: See job logs for more information")
        await self.work(self._upload, container, seconds=seconds["upload"])

    async def wind_up(self) -> None:
        await self.clock.sleep(durations.SAGEMAKER["stop"])
        if self._container is not None:
            self._read_log(self._container)

    def release(self) -> None:
        if self._container is not None:
            self._container.remove()

    def _download(self, container: containers.Container) -> None:
        config = container.folder("/opt/ml/config")
        shown = {key: value for key, value in self.request.items() if key != "Tags"}
        (config / "processingjobconfig.json").write_text(json.dumps(shown), encoding="utf-8")
        resources = {"current_host": HOST, "hosts": [HOST]}
        (config / "resourceconfig.json").write_text(json.dumps(resources), encoding="utf-8")
        container.folder("/opt/ml/output")
        for each in self.request.get("ProcessingInputs", []):
            source = each["S3Input"]
            folder = container.folder(source.get("LocalPath", f"/opt/ml/processing/input/{each['InputName']}"))
            self.backend.storage.download(source, folder, source.get("S3CompressionType"))
        for each in _outputs(self.request):
            container.folder(each["S3Output"]["LocalPath"])

    def _run(self, container: containers.Container) -> Ended:
        application = self.request["AppSpecification"]
        arguments = [*application["ContainerEntrypoint"][1:], *application.get("ContainerArguments", [])]
        variables = {"PROCESSING_JOB_NAME": self.name, "PROCESSING_JOB_ARN": self.arn}
        environment = container.environment({**variables, **self.request.get("Environment", {})})
        command = [*containers.PYTHON, *map(container.real, arguments)]
        return recalled.run(
            self.backend.cloud,
            container,
            ("processing", application, self.request.get("Environment")),
            lambda: self.launch(command, container.ml, environment, container.root / "log").wait(self._limit),
        )

    def _upload(self, container: containers.Container) -> None:
        for each in _outputs(self.request):
            target = each["S3Output"]
            self.backend.storage.upload(container.path(target["LocalPath"]), target["S3Uri"])

    def _read_log(self, container: containers.Container) -> str:
        path = container.root / "log"
        output = container.shown(path.read_bytes()) if path.exists() else ""
        about = differs(self.request["AppSpecification"]["ImageUri"])
        self.backend.write_log("ProcessingJobs", f"{self.name}/algo-1-{int(self.created)}", about + output)
        return output

    def describe(self) -> Structure:
        description = {key: value for key, value in super().describe().items() if key != "Tags"}
        if self._started is not None:
            description["ProcessingStartTime"] = self._started
        if self.exit_message:
            description["ExitMessage"] = self.exit_message
        return description


def _outputs(request: Structure) -> list[Structure]:
    outputs: list[Structure] = (request.get("ProcessingOutputConfig") or {}).get("Outputs", [])
    return outputs
