"""Notebooks in one account that is kept: two readers at once, cell by cell, a second run, a killed kernel.

A local cloud of its own stands for the account; the kernels know it as AWS (WORKSHOP_TARGET=aws, AWS_ENDPOINT_URL). It
looks at permissions: readers have what `workshop.py check-aws --policy` prints, roles what they were given. All cells
pass, and after each reader's `workshop.py clean-aws` nothing is left that AWS would let go.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat

import localcloud
from helpers import policies
from helpers.cleaning import SHARED_LOGS
from tools.processes import ROOT
from tools.soak.orders import CLEAN_UP, execute, kernel

#: What may be left, by kind: AWS has no call that deletes it, it costs nothing, and its name carries its run.
MAY_STAY = {"transform job"}
#: AWS makes these once for all of an account, whosever a job is: only a run's own streams in them must be gone.
SHARED = {f"log group: {group}" for group in SHARED_LOGS}
READERS = ("ada", "ben")
ACCOUNT = "123456789012"
#: What `remains` asks for beyond what readers may.
LOOKS = ["glue:GetDatabases", "glue:ListCrawlers", "scheduler:ListSchedules"]
#: Nobody waits longer for a role to be known, or for what is being deleted, than this account needs.
#: A clock that skips all waiting comes to an endpoint's last hour as soon as a reader looks away: none is set.
SETTLES = (
    "import helpers.granting as g, helpers.cleaning as c, helpers.expiry as e; g.SETTLES = {}; "
    "c._PAUSES = (0.2, 0.5, 1, 2, 4); e.Expiry.see = lambda *_, **__: None"
)
AT_ONCE = SETTLES.format(0)


def trouble(path: Path) -> list[str]:
    """What goes wrong in a notebook, a line each, and what it leaves."""
    whole = _cells(path)
    kept = [source for source in whole if CLEAN_UP not in source]
    with _account() as (cloud, readers):
        found = list(_command(readers["ada"], "check"))
        found += _failures(path, readers, whole, "first")
        found += _failures(path, {"ada": readers["ada"]}, kept, "again, without clean_up")
        found += _failures(path, {"ben": readers["ben"]}, kept[: len(kept) // 2], "again, killed in the middle")
        for environment in readers.values():
            found += _command(environment, "clean", "--yes")
        found += _left(cloud)
    return found


def _command(environment: Mapping[str, str], *arguments: str) -> Iterator[str]:
    """What `workshop.py check-aws` or `clean-aws` has against the account."""
    command = f"{AT_ONCE}; import sys; from tools.aws import main; sys.exit(main({list(arguments)}))"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        yield f"{arguments[0]}-aws: {done.stdout[-600:]}{done.stderr[-600:]}"


def alone(path: Path, *, late: float = 0.0, module: str = "draw.screen") -> list[str]:
    """What goes wrong for one reader, and what stays: in an account that is late, or with AI services of a module's."""
    with _account(module, late) as (cloud, readers):
        settles = SETTLES.format(late and late + 0.5)
        found = list(_failures(path, {"ada": readers["ada"]}, _cells(path), "alone", settles))
        time.sleep(late)
        return [*found, *_left(cloud)]


def _cells(path: Path) -> list[str]:
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return [source for source in cells if not source.startswith("%load")]


@contextmanager
def _account(
    module: str = "draw.screen", late: float = 0.0
) -> Iterator[tuple[localcloud.LocalCloud, dict[str, dict[str, str]]]]:
    """A cloud that stands for an account, and each reader's settings."""
    policy = policies.reader(ACCOUNT)
    policy["Statement"].append({"Effect": "Allow", "Action": LOOKS, "Resource": "*"})
    with localcloud.LocalCloud("max", module, policy, late) as cloud, tempfile.TemporaryDirectory() as folder:
        settings = cloud.environment() | {"WORKSHOP_TARGET": "aws"}
        yield cloud, {name: settings | {"WORKSHOP_RUNS": str(Path(folder, name))} for name in READERS}


def _failures(
    path: Path, readers: Mapping[str, Mapping[str, str]], sources: list[str], time: str, settles: str = AT_ONCE
) -> Iterator[str]:
    """The cells that fail, of readers who run each cell one after the other."""
    with ExitStack() as kernels:
        clients = {}
        for name, environment in readers.items():
            _, clients[name] = kernels.enter_context(kernel(path, environment, settles))
        for number, source in enumerate(sources):
            for name, client in clients.items():
                ran = execute(client, number, source)
                if ran.error:
                    last = ran.error.strip().splitlines()[-1][:300]
                    yield f"{name}, {time}: code cell {number + 1} ({source.splitlines()[0][:50]}): {last}"


#: Service, action, the member of its answer that lists, the name of each ("" for a text), and what to call it.
_LISTS = (
    ("stepfunctions", "list_state_machines", "stateMachines", "name", "state machine"),
    ("stepfunctions", "list_activities", "activities", "name", "activity"),
    ("scheduler", "list_schedules", "Schedules", "Name", "schedule"),
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


def _left(cloud: localcloud.LocalCloud) -> list[str]:
    return [f"left: {it}" for it in remains(cloud) if it.partition(":")[0] not in MAY_STAY and it not in SHARED]


def remains(cloud: localcloud.LocalCloud) -> Iterator[str]:
    """Everything in the account, whosever it is, asked for without a look at names or tags."""
    import boto3

    for service, action, key, name, kind in _LISTS:
        for item in getattr(boto3.client(service, **cloud.settings()), action)().get(key, []):
            yield f"{kind}: {item[name] if name else item}"
    logs = boto3.client("logs", **cloud.settings())
    for group in logs.describe_log_groups(logGroupNamePrefix="/aws")["logGroups"]:
        for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
            yield f"log stream: {group['logGroupName']} {stream['logStreamName']}"
