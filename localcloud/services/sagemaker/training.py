"""Training jobs: channels, the script or the built-in algorithm in a process, metrics, artifacts.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html and DescribeTrainingJob; the
container's side is in `runtimes/training_environment.py`.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.runtimes import archives, containers, requirements
from localcloud.runtimes.process import Ended
from localcloud.runtimes.training_environment import Training, variables, write_config
from localcloud.services._jobs import JobFailed
from localcloud.services.sagemaker import contradictions, recalled
from localcloud.services.sagemaker.backend import Backend
from localcloud.services.sagemaker.images import differs, image_of
from localcloud.services.sagemaker.jobs import Job
from localcloud.services.sagemaker.storage import NoData, join
from localcloud.time import durations

_ALGORITHM = Path(__file__).parents[2] / "runtimes" / "xgboost_algorithm.py"

#: The messages of DescribeTrainingJob's SecondaryStatusTransitions.
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}

#: What XGBoost writes after each round, as the built-in algorithm and from a script: [0]#011train-auc:0.91234. The
#: image's own metric definitions find it: https://github.com/aws/sagemaker-xgboost-container/issues/121
_ROUND = re.compile(r"^\[\d+\](?P<metrics>(?:#011\S+:\S+)+)$", re.MULTILINE)

#: How many characters of a script's last words go into FailureReason.
_LAST_WORDS = 700


class TrainingJob(Job):
    """A training job.

    Attributes:
        metrics: name -> value, the last one that the log shows.
        tuning: the ARN of the tuning job that it belongs to.
    """

    kind, resource, registry = "TrainingJob", "training-job", "training_jobs"
    title = "training job"

    def __init__(self, backend: Backend, name: str, request: Structure) -> None:
        what = f'training job "{name}"'
        if request.get("ServerlessJobConfig"):
            raise UnsupportedLocally(
                f"{what} is serverless. Give AlgorithmSpecification and ResourceConfig, as an estimator does, or set "
                "WORKSHOP_TARGET=aws."
            )
        contradictions.training(request)
        specification = request["AlgorithmSpecification"]
        if "TrainingImage" not in specification:
            raise UnsupportedLocally(
                f"{what} names an algorithm resource. Give AlgorithmSpecification.TrainingImage, from "
                "sagemaker.image_uris, or set WORKSHOP_TARGET=aws."
            )
        self.image = image_of(specification["TrainingImage"], what)
        _refuse(request, what)
        for definition in specification.get("MetricDefinitions", []):
            try:
                re.compile(definition["Regex"])
            except re.error as problem:
                raise ServiceError(
                    "ValidationException",
                    f"Invalid regular expression for metric {definition['Name']}: {definition['Regex']} ({problem})",
                ) from None
        super().__init__(backend, name, request)
        self._limit = float(request["StoppingCondition"].get("MaxRuntimeInSeconds", 86400))
        self._artifacts = join(request["OutputDataConfig"]["S3OutputPath"], name, "output", "model.tar.gz")
        self._container: containers.Container | None = None
        self._shown = Training(
            name=name,
            arn=self.arn,
            image=self.image,
            hyperparameters=request.get("HyperParameters", {}),
            channels={each["ChannelName"]: each.get("ContentType") for each in request.get("InputDataConfig", [])},
            instance_type=request["ResourceConfig"].get("InstanceType", "ml.m5.large"),
        )
        if self.image == "sklearn" and self._shown.program is None:
            raise UnsupportedLocally(
                f"{what} has no script, and the scikit-learn image is there to run one. Use "
                "sagemaker.sklearn.SKLearn(entry_point=...), which sets the hyperparameters sagemaker_program and "
                "sagemaker_submit_directory."
            )
        self.metrics: dict[str, float] = {}
        self._measured = self.created
        self.tuning: str | None = None
        self.secondary = ""
        self._overran = False
        self._log = self._installed = ""
        self._transitions: list[Structure] = []
        self._training_started: float | None = None
        self._enter("Starting")

    # ---- its life

    async def run(self) -> None:
        """Starting, Downloading, Training, Uploading."""
        seconds = durations.SAGEMAKER
        await self.clock.sleep(seconds["instance"])
        self._training_started = self.clock.now()
        self._enter("Downloading")
        container = self._container = self.backend.container(self.request["AlgorithmSpecification"]["TrainingImage"])
        source = await self.work(self._download, container, seconds=seconds["download"])
        self._enter("Training")
        took = min(seconds["train"], self._limit)
        try:
            ended = await self.work(self._train, container, source, seconds=took)
        except JobFailed:
            self._read_log(container)
            raise
        if ended.timed_out:
            await self.clock.sleep(self._limit - took)
        self._read_log(container)
        if ended.code != 0 and not ended.timed_out:
            raise JobFailed(self._reason(container, ended, source))
        self._enter("Uploading")
        await self.work(self._upload, container, seconds=seconds["upload"])
        if ended.timed_out:
            self._overran = True
            self._end("Stopped")

    async def wind_up(self) -> None:
        """Keep what there is of the model: SageMaker does so when a job is stopped."""
        await self.clock.sleep(durations.SAGEMAKER["stop"])
        if self._container is not None and self.process is not None:
            self._read_log(self._container)
            await self.work(self._upload, self._container, seconds=durations.SAGEMAKER["upload"])

    def _enter(self, secondary: str) -> None:
        now = self.clock.now()
        if self._transitions:
            self._transitions[-1]["EndTime"] = now
        self._transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": _MESSAGES[secondary]})
        self.secondary, self.modified = secondary, now

    def _change(self, status: str) -> None:
        super()._change(status)
        self._enter("MaxRuntimeExceeded" if self._overran else status)
        if self.ended is not None:
            self._transitions[-1]["EndTime"] = self.ended

    def release(self) -> None:
        if self._container is not None:
            self._container.remove()

    # ---- the real work, in worker threads

    def _download(self, container: containers.Container) -> bytes | None:
        """Channels, checkpoints, configuration; the script's archive is returned."""
        for made in ("model", "output/data", "output/intermediate", "code", "input/data"):
            container.folder(f"/opt/ml/{made}")
        for channel in self.request.get("InputDataConfig", []):
            target = container.path(f"/opt/ml/input/data/{channel['ChannelName']}")
            source = channel["DataSource"]["S3DataSource"]
            try:
                self.backend.storage.download(source, target, channel.get("CompressionType"))
            except OSError as problem:
                raise NoData(f"Data download failed: {problem}") from None
        checkpoints = self._checkpoints(container)
        if checkpoints is not None:
            folder, uri = checkpoints
            folder.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(NoData):  # the first run: there are none yet
                self.backend.storage.download({"S3Uri": uri.rstrip("/") + "/"}, folder)
        write_config(self._shown, container)
        return None if self._shown.source is None else self.backend.storage.get(self._shown.source)

    def _train(self, container: containers.Container, source: bytes | None) -> Ended:
        """Run it to its end."""
        environment = {**self.request.get("Environment", {}), **variables(self._shown, container)}
        code = container.path("/opt/ml/code")
        if source is None:
            command = [containers.PYTHON[0], "-P", *containers.PYTHON[1:], str(_ALGORITHM)]
        else:
            try:
                archives.unpack(source, code)
            except archives.BadArchive as problem:
                raise NoData(f"{self._shown.source} cannot be unpacked: {problem}") from None
            try:
                self._installed = requirements.install(container, code, self.launch)
            except requirements.NotInstalled as problem:
                self._installed = problem.output
                raise JobFailed(f"AlgorithmError: {problem}, exit code: 1") from None
            command = [*containers.PYTHON, str(self._shown.program), *map(container.real, self._shown.arguments())]
            environment["PYTHONPATH"] = "/opt/ml/code"
        log, shown = container.root / "log", self._shown
        image, own = self.request["AlgorithmSpecification"]["TrainingImage"], self.request.get("Environment")
        return recalled.run(
            self.backend.cloud,
            container,
            ("training", image, shown.program, shown.own, shown.channels, shown.instance_type, own),
            lambda: self.launch(command, code, container.environment(environment), log).wait(self._limit),
        )

    def _upload(self, container: containers.Container) -> None:
        """model.tar.gz, output.tar.gz when there is output, checkpoints."""
        self.backend.storage.upload_archive(container.path("/opt/ml/model"), self._artifacts)
        output = container.path("/opt/ml/output/data")
        if any(output.iterdir()):
            self.backend.storage.upload_archive(output, self._artifacts.replace("model.tar.gz", "output.tar.gz"))
        checkpoints = self._checkpoints(container)
        if checkpoints is not None:
            self.backend.storage.upload(*checkpoints)

    def _checkpoints(self, container: containers.Container) -> tuple[Path, str] | None:
        config = self.request.get("CheckpointConfig")
        if not config:
            return None
        try:
            return container.path(config.get("LocalPath", "/opt/ml/checkpoints")), config["S3Uri"]
        except ValueError as problem:
            raise NoData(f"CheckpointConfig.LocalPath: {problem}") from None

    # ---- what the log says

    def _read_log(self, container: containers.Container) -> None:
        path = container.root / "log"
        # SageMaker's logs have tabs as syslog writes them, and metric definitions look for that.
        self._log = container.shown(path.read_bytes()).replace("\t", "#011") if path.exists() else ""
        about = differs(self.request["AlgorithmSpecification"]["TrainingImage"]) + self._installed
        self.backend.write_log("TrainingJobs", f"{self.name}/algo-1-{int(self.created)}", about + self._log)
        self._measured = self.clock.now()
        if self.image == "xgboost":
            for line in _ROUND.finditer(self._log):
                for each in line["metrics"].split("#011")[1:]:
                    name, _, value = each.rpartition(":")
                    data, _, metric = name.partition("-")
                    self.metrics[f"{data}:{metric}"] = float(value)
        for definition in self.request["AlgorithmSpecification"].get("MetricDefinitions", []):
            for match in re.finditer(definition["Regex"], self._log, re.MULTILINE):
                try:
                    self.metrics[definition["Name"]] = float(match[1] if match.re.groups else match[0])
                except (ValueError, TypeError):
                    continue

    def _reason(self, container: containers.Container, ended: Ended, source: bytes | None) -> str:
        """FailureReason: what the container wrote, else what the toolkit says of a script that failed."""
        failure = container.path("/opt/ml/output/failure")
        if failure.is_file():
            message = container.shown(failure.read_bytes())[:_LAST_WORDS]
            prefix = "" if message.startswith(("ClientError", "AlgorithmError")) else "AlgorithmError: "
            return f"{prefix}{message}, exit code: {ended.code}"
        if source is None:
            return f"AlgorithmError: {last_words(self._log)}, exit code: {ended.code}"
        command = " ".join(["python", str(self._shown.program), *self._shown.arguments()])
        return (
            f"AlgorithmError: ExecuteUserScriptError:\nExitCode {ended.code}\n"
            f'ErrorMessage "{last_words(self._log)}"\nCommand "{command}", exit code: {ended.code}'
        )

    # ---- how it is described

    def summary(self) -> Structure:
        return {**super().summary(), "SecondaryStatus": self.secondary}

    def describe(self) -> Structure:
        description: dict[str, Any] = {key: value for key, value in self.request.items() if key != "Tags"}
        description |= super().summary()
        description |= {
            "SecondaryStatus": self.secondary,
            "SecondaryStatusTransitions": [dict(each) for each in self._transitions],
            "ModelArtifacts": {"S3ModelArtifacts": self._artifacts},
            "EnableNetworkIsolation": self.request.get("EnableNetworkIsolation", False),
            "EnableManagedSpotTraining": self.request.get("EnableManagedSpotTraining", False),
            "EnableInterContainerTrafficEncryption": self.request.get("EnableInterContainerTrafficEncryption", False),
        }
        if self.metrics:
            description["FinalMetricDataList"] = [
                {"MetricName": name, "Value": value, "Timestamp": self._measured}
                for name, value in self.metrics.items()
            ]
        if self._training_started is not None:
            description["TrainingStartTime"] = self._training_started
            if self.ended is not None:
                description["TrainingTimeInSeconds"] = round(self.ended - self._training_started)
                description["BillableTimeInSeconds"] = description["TrainingTimeInSeconds"]
        if self.tuning is not None:
            description["TuningJobArn"] = self.tuning
        if self.failure:
            description["FailureReason"] = self.failure
        return description


def last_words(output: str) -> str:
    """What a script said at its end: the exception's message, or the last lines."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    for number in range(len(lines) - 1, -1, -1):
        if lines[number].startswith(("Traceback (most recent call last)", "  File ")):
            message = [line for line in lines[number + 1 :] if not line.startswith("  ")]
            return "\n".join(message or lines[-5:])[:_LAST_WORDS]
    return "\n".join(lines[-5:])[-_LAST_WORDS:]


def _refuse(request: Structure, what: str) -> None:
    """What would change the result and is not done here."""
    instances = request["ResourceConfig"].get("InstanceCount", 1)
    if instances > 1 or request["ResourceConfig"].get("InstanceGroups"):
        raise UnsupportedLocally(
            f"{what} asks for {instances} instances: the local cloud trains on one. Set InstanceCount (instance_count) "
            "to 1, or set WORKSHOP_TARGET=aws."
        )
    for channel in request.get("InputDataConfig", []):
        name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
        mode = channel.get("InputMode") or request["AlgorithmSpecification"].get("TrainingInputMode", "File")
        if mode == "Pipe":
            raise UnsupportedLocally(
                f'{what} reads channel "{name}" in Pipe mode; the local cloud has File mode. Set input_mode="File", '
                "or set WORKSHOP_TARGET=aws."
            )
        if source is None or source.get("S3DataType") == "AugmentedManifestFile":
            raise UnsupportedLocally(
                f'{what} reads channel "{name}" from a file system or an augmented manifest; the local cloud has S3 '
                "prefixes and manifests. Use one of these, or set WORKSHOP_TARGET=aws."
            )
