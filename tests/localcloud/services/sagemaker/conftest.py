"""What the tests of SageMaker share: one local cloud, a bucket, requests that are right but for what a test changes."""

from __future__ import annotations

import io
import json
import tarfile
import textwrap
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.services.sagemaker import sagemaker_of

ROLE = "arn:aws:iam::123456789012:role/workshop-training"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        for name, content in files.items():
            data = textwrap.dedent(content).encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            opened.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


class Lab:
    """A local cloud's SageMaker, with a bucket `lab`."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.s3, self.sagemaker = cloud.client("s3"), cloud.client("sagemaker")
        self.runtime = cloud.client("sagemaker-runtime")
        self.s3.create_bucket(Bucket="lab")
        self._names = 0

    def name(self) -> str:
        self._names += 1
        return f"n{self._names}"

    def put(self, key: str, content: str | bytes) -> str:
        self.s3.put_object(Bucket="lab", Key=key, Body=content)
        return f"s3://lab/{key}"

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def unpacked(self, uri: str) -> dict[str, bytes]:
        with tarfile.open(fileobj=io.BytesIO(self.get(uri)), mode="r:gz") as opened:
            return {entry.name: found.read() for entry in opened if (found := opened.extractfile(entry)) is not None}

    def keys(self, prefix: str) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket="lab", Prefix=prefix).get("Contents", [])]

    def source(self, script: str, **others: str) -> str:
        name = self.name()
        files = {"train.py": script, **{f"{key}.py": text for key, text in others.items()}}
        return self.put(f"code/{name}/sourcedir.tar.gz", archive(files))

    def training(self, script: str | None = None, *, image: str = SKLEARN, **changes: Any) -> dict[str, Any]:
        """A request for a training job that runs `script`; the channels are `train=uri`."""
        channels = changes.pop("channels", {})
        metrics = changes.pop("metrics", {})
        hyperparameters = {key: str(value) for key, value in changes.pop("hyperparameters", {}).items()}
        if script is not None:
            hyperparameters |= {
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": json.dumps(self.source(script)),
            }
        return {
            "TrainingJobName": self.name(),
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in metrics.items()],
            },
            "HyperParameters": hyperparameters,
            **({"InputDataConfig": [channel(name, uri) for name, uri in channels.items()]} if channels else {}),
            "OutputDataConfig": {"S3OutputPath": "s3://lab/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            **changes,
        }

    def train(self, script: str | None = None, **changes: Any) -> dict[str, Any]:
        """Run a training job to its end; its description."""
        request = self.training(script, **changes)
        self.sagemaker.create_training_job(**request)
        return self.ended("training_job", request["TrainingJobName"])

    def ended(self, kind: str, name: str) -> dict[str, Any]:
        """The description of a job or endpoint that has ended or is in service."""
        words = "".join(word.capitalize() for word in kind.split("_")).replace("Hyperparameter", "HyperParameter")
        describe = getattr(self.sagemaker, f"describe_{kind}")
        until = time.monotonic() + 300
        while True:
            description: dict[str, Any] = describe(**{f"{words}Name": name})
            if description[f"{words}Status"] not in ("InProgress", "Stopping", "Creating", "Updating"):
                return description
            assert time.monotonic() < until, description
            threading.Event().wait(0.02)  # a moment for the job, which shares the processor

    def log(self, group: str) -> list[str]:
        """All lines of the streams whose name starts so: group/stream."""
        group, _, stream = group.rpartition("/")
        client = self.cloud.client("logs")
        name = f"/aws/sagemaker/{group}"
        streams = client.describe_log_streams(logGroupName=name, logStreamNamePrefix=f"{stream}/")["logStreams"]
        events = [
            event
            for each in streams
            for event in client.get_log_events(logGroupName=name, logStreamName=each["logStreamName"])["events"]
        ]
        return [event["message"] for event in events]

    def model(
        self, files: Mapping[str, str | bytes], image: str = SKLEARN, program: str | None = "inference.py"
    ) -> str:
        """A model of files; with its script in code/ when `program` says so."""
        name = self.name()
        container: dict[str, Any] = {"Image": image, "ModelDataUrl": self.put(f"{name}/model.tar.gz", archive(files))}
        if program is not None:
            container["Environment"] = {
                "SAGEMAKER_PROGRAM": program,
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            }
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        return name

    def config(self, **models: float) -> str:
        """An endpoint configuration: a variant for each model, with its weight."""
        name = self.name()
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": f"V{model}",
                    "ModelName": model,
                    "InstanceType": "ml.m7i.large",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": weight,
                }
                for model, weight in models.items()
            ],
        )
        return name

    def endpoint(self, **models: float) -> str:
        """An endpoint in service."""
        name = self.name()
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=self.config(**models))
        description = self.ended("endpoint", name)
        assert description["EndpointStatus"] == "InService", description
        return name

    def invoke(self, endpoint: str, body: str | bytes, **request: Any) -> bytes:
        request = {"ContentType": "text/plain", **request}
        answer: bytes = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **request)["Body"].read()
        return answer

    def processes(self) -> list[int]:
        """Ids of the jobs' processes that still run."""
        return [process.pid for process in sagemaker_of(self.cloud).backend._processes if process.alive]


def channel(name: str, uri: str, **settings: Any) -> dict[str, Any]:
    """A File mode channel."""
    source = {"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated", "S3Uri": uri}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **settings}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    cloud = Cloud()
    yield Lab(cloud)
    cloud.close()


@pytest.fixture(scope="session")
def new_channel() -> Any:
    return channel


@pytest.fixture
def new_archive() -> Any:
    return archive
