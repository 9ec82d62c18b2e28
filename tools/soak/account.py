"""Notebooks in one account that is kept: two readers at once, cell by cell, a second run, a killed kernel.

A local cloud of its own stands for the account; the kernels know it as AWS (WORKSHOP_TARGET=aws, AWS_ENDPOINT_URL). All
cells pass, and after each reader's `workshop.py clean-aws` nothing is left that AWS would let go.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import nbformat

import localcloud
from helpers import policies
from tools.processes import ROOT
from tools.soak.orders import CLEAN_UP, execute, kernel

#: What may be left, by kind: AWS has no call that deletes it, it costs nothing, and its name carries its run.
MAY_STAY = {"transform job"}
READERS = ("ada", "ben")


def trouble(path: Path) -> list[str]:
    """What goes wrong in a notebook, a line each, and what it leaves."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    cells = [source for source in cells if not source.startswith("%load")]
    with localcloud.LocalCloud("max", "draw.screen") as cloud, tempfile.TemporaryDirectory() as folder:
        settings = cloud.environment() | {"WORKSHOP_TARGET": "aws"}
        readers = {name: settings | {"WORKSHOP_RUNS": str(Path(folder, name))} for name in READERS}
        whole, kept = cells, [source for source in cells if CLEAN_UP not in source]
        found = list(_failures(path, readers, whole, "first"))
        found += _failures(path, {"ada": readers["ada"]}, kept, "again, without clean_up")
        found += _failures(path, {"ben": readers["ben"]}, kept[: len(kept) // 2], "again, killed in the middle")
        for name, environment in readers.items():
            command = [sys.executable, "-m", "tools.aws", "clean", "--yes"]
            cleaned = subprocess.run(
                command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
            )
            if cleaned.returncode:
                found.append(f"clean-aws of {name}: {cleaned.stdout[-600:]}{cleaned.stderr[-600:]}")
            found += _beyond_policy(Path(environment["WORKSHOP_RUNS"], "calls.txt"), name)
        found += [f"left: {each}" for each in remains(cloud) if each.partition(":")[0] not in MAY_STAY]
    return found


def _failures(path: Path, readers: Mapping[str, Mapping[str, str]], sources: list[str], time: str) -> Iterator[str]:
    """The cells that fail, of readers who run each cell one after the other."""
    with ExitStack() as kernels:
        clients = {}
        for name, environment in readers.items():
            folder = Path(environment["WORKSHOP_RUNS"])
            folder.mkdir(exist_ok=True)
            note = _NOTE_CALLS.format(str(folder / "calls.txt"))
            _, clients[name] = kernels.enter_context(kernel(path, environment, note))
        for number, source in enumerate(sources):
            for name, client in clients.items():
                ran = execute(client, number, source)
                if ran.error:
                    last = ran.error.strip().splitlines()[-1][:300]
                    yield f"{name}, {time}: code cell {number + 1} ({source.splitlines()[0][:50]}): {last}"


#: Has every client of a kernel write down what it calls, as IAM would name it but for what follows.
_NOTE_CALLS = (
    "import botocore.handlers; botocore.handlers.BUILTIN_HANDLERS.append(('provide-client-params', lambda model, **_: "
    "print(model.service_model.signing_name + ':' + model.name, file=open({!r}, 'a'), flush=True) and None))"
)
#: Calls whose permission has another name (Service Authorization Reference).
_PERMISSIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:UploadPart": "s3:PutObject",
}


def _beyond_policy(calls: Path, who: str) -> list[str]:
    """What a reader's kernels called that `policies.reader` does not allow."""
    made = set(calls.read_text("utf-8").split()) if calls.exists() else set()
    allowed = {action for action, _ in policies.READER_MAY}
    beyond = sorted({_PERMISSIONS.get(call, call) for call in made} - allowed)
    return [f"{who} needs {', '.join(beyond)}, which the reader's policy does not allow"] if beyond else []


#: Service, action, the member of its answer that lists, the name of each ("" for a text), and what to call it.
_LISTS = (
    ("stepfunctions", "list_state_machines", "stateMachines", "name", "state machine"),
    ("lambda", "list_functions", "Functions", "FunctionName", "function"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID", "event source mapping"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName", "log group"),
    ("dynamodb", "list_tables", "TableNames", "", "table"),
    ("s3", "list_buckets", "Buckets", "Name", "bucket"),
    ("iam", "list_roles", "Roles", "RoleName", "role"),
    ("sns", "list_topics", "Topics", "TopicArn", "topic"),
    ("sqs", "list_queues", "QueueUrls", "", "queue"),
    ("kinesis", "list_streams", "StreamNames", "", "stream"),
    ("firehose", "list_delivery_streams", "DeliveryStreamNames", "", "delivery stream"),
    ("glue", "get_databases", "DatabaseList", "Name", "database"),
    ("glue", "list_crawlers", "CrawlerNames", "", "crawler"),
    ("events", "list_rules", "Rules", "Name", "rule"),
    ("sagemaker", "list_endpoints", "Endpoints", "EndpointName", "endpoint"),
    ("sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", "endpoint config"),
    ("sagemaker", "list_models", "Models", "ModelName", "model"),
    ("sagemaker", "list_training_jobs", "TrainingJobSummaries", "TrainingJobName", "training job"),
    ("sagemaker", "list_processing_jobs", "ProcessingJobSummaries", "ProcessingJobName", "processing job"),
    ("sagemaker", "list_transform_jobs", "TransformJobSummaries", "TransformJobName", "transform job"),
    (
        *("sagemaker", "list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries"),
        *("HyperParameterTuningJobName", "tuning job"),
    ),
    ("transcribe", "list_transcription_jobs", "TranscriptionJobSummaries", "TranscriptionJobName", "transcription job"),
)


def remains(cloud: localcloud.LocalCloud) -> Iterator[str]:
    """Everything in the account, whosever it is, asked for without a look at names or tags."""
    import boto3

    for service, action, key, name, kind in _LISTS:
        for item in getattr(boto3.client(service, **cloud.settings()), action)().get(key, []):
            yield f"{kind}: {item[name] if name else item}"
