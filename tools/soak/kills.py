"""Kills at random moments: of the local cloud, of the kernel, of a function's worker, a job, a model server."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from localcloud.cloud import Cloud
from tests.localcloud.services.sagemaker.conftest import Lab
from tools.processes import ROOT
from tools.soak.trials import Try, left, processes, there

ROLE = "arn:aws:iam::123456789012:role/workshop-soak"
_WHO = [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
TRUST = {"Version": "2012-10-17", "Statement": _WHO}
#: Starts a process of its group's, and one that sets itself apart, and takes its time.
HANDLER = """
import subprocess, sys, time
def handler(event, context):
    for apart in (False, True):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=apart)
    time.sleep(event["seconds"])
    return event["n"] ** 2
"""
_CALL: dict[str, Any] = {"FunctionName": "soak", "Payload": {"n.$": "$$.Map.Item.Value", "seconds": 0.2}}
_RETRY = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 8}]
_INVOKE: dict[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": _CALL,
    "Retry": _RETRY,
}
_INVOKE |= {"OutputPath": "$.Payload", "End": True}
_EACH = {"StartAt": "Invoke", "States": {"Invoke": _INVOKE}}
MAP = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "MaxConcurrency": 3, "ItemProcessor": _EACH, "End": True}}}
#: Windows has one of them.
SIGNALS = ("SIGKILL", "SIGTERM", "SIGHUP")
#: Tries in one cloud.
ROUND = 10
INPUT, OUTPUT = json.dumps([*range(6)]), [n**2 for n in range(6)]

#: A kernel's work.
WORK = """
import sys
from helpers import connect
from tools.soak.kills import execute, make
workshop = connect()
make(workshop.client)
while True:
    execute(workshop.client("stepfunctions"))
"""


def package(source: str) -> bytes:
    """A function's code."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("m.py", source)
    return content.getvalue()


def make_role(client: Any) -> None:
    """The role of all that is made here."""
    client("iam").create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument=json.dumps(TRUST))


def make(client: Any, definition: Any = MAP, source: str = HANDLER) -> None:
    """A function and a state machine that invokes it, in the cloud of these clients."""
    make_role(client)
    what = {"Role": ROLE, "Runtime": "python3.12", "Handler": "m.handler", "Code": {"ZipFile": package(source)}}
    client("lambda").create_function(FunctionName="soak", Timeout=30, **what)
    client("stepfunctions").create_state_machine(name="soak", definition=json.dumps(definition), roleArn=ROLE)


def execute(states: Any, text: str = INPUT) -> dict[str, Any]:
    """An execution of it, that has ended."""
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:soak"
    arn = states.start_execution(stateMachineArn=machine, input=text)["executionArn"]
    while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.02)
    return dict(found)


def clouds(chance: random.Random) -> Generator[Try]:
    """The cloud ends by a signal; the reader gets LocalCloudDied, and a second connect() a new cloud."""
    from helpers import connect
    from helpers.errors import LocalCloudDied

    while True:
        before = there()
        workshop = connect()
        assert workshop.cloud
        make(workshop.client)
        how = chance.choice([getattr(signal, name) for name in SIGNALS if hasattr(signal, name)])
        timer = threading.Timer(chance.uniform(0, 1.5), os.kill, (workshop.cloud.process.pid, how))
        timer.start()
        lost: tuple[str, ...] = ()
        try:
            with workshop.alive():
                while True:
                    execute(workshop.client("stepfunctions"))
        except LocalCloudDied:
            pass
        except Exception as problem:
            lost = (f"after {how.name}: {type(problem).__name__}: {problem}",)
        timer.join()
        workshop.cloud.close()
        yield Try(lost=lost, left=left(before))


def kernels(chance: random.Random) -> Generator[Try]:
    """The kernel is killed, while it starts its cloud or works with it."""
    while True:
        before = there()
        with subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT) as kernel:
            time.sleep(chance.uniform(0.3, 4))
            lost = () if kernel.poll() is None else ("it ended by itself",)
            kernel.kill()
        yield Try(lost=lost, left=left(before))


@contextmanager
def _killing(chance: random.Random, mark: str, seconds: float) -> Iterator[threading.Timer]:
    """While the block runs, within so many seconds, a process of this cloud with this in its command is killed."""

    def kill() -> None:
        found = [each for each in processes(tempfile.gettempdir()) if mark in " ".join(each.cmdline())]
        if found:
            chance.choice(found).kill()

    timer = threading.Timer(chance.uniform(0, seconds), kill)
    timer.start()
    yield timer
    timer.join()


def workers(chance: random.Random) -> Generator[Try]:
    """Workers are killed while a Map invokes them; it retries, and each result is there."""
    while True:
        with closing(Cloud()) as cloud:
            make(cloud.client)
            for _ in range(ROUND):
                with _killing(chance, "function_client", 1):
                    found = execute(cloud.client("stepfunctions"))
                right = found["status"] == "SUCCEEDED" and json.loads(found["output"]) == OUTPUT
                yield Try(lost=() if right else (str({**found, "input": ""})[:600],))


_TRAIN = """
import os, pathlib, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(0.5)
pathlib.Path(os.environ["SM_MODEL_DIR"], "model").write_text("trained")
"""


def jobs(chance: random.Random) -> Generator[Try]:
    """A training job's process is killed: it fails with the reason, and its second try has its model."""
    while True:
        with closing(Cloud()) as cloud:
            lab = Lab(cloud)
            for _ in range(ROUND):
                with _killing(chance, "train.py", 1.2):
                    first = lab.train(_TRAIN)
                second = lab.train(_TRAIN)
                reason = first.get("FailureReason", "AlgorithmError")
                lost: tuple[str, ...] = () if "AlgorithmError" in reason else (reason,)
                artifacts = second.get("ModelArtifacts", {}).get("S3ModelArtifacts")
                if artifacts is None or lab.unpacked(artifacts) != {"model": b"trained"}:
                    lost += (f"{second['TrainingJobStatus']}: {second.get('FailureReason')}",)
                yield Try(lost=lost)


_SERVE = """
import time
def model_fn(model_dir): return None
def input_fn(data, content_type): return data.decode() if isinstance(data, bytes) else data
def predict_fn(data, model): time.sleep(0.1); return data[::-1]
def output_fn(prediction, accept): return prediction, "text/plain"
"""


def servers(chance: random.Random) -> Generator[Try]:
    """A model server is killed: the request under way is a ModelError at most, and the next is answered."""
    while True:
        with closing(Cloud()) as cloud:
            lab = Lab(cloud)
            name = lab.endpoint(**{lab.model({"code/inference.py": _SERVE}): 1})
            for _ in range(ROUND):
                with _killing(chance, "model_server_client", 0.3) as timer:
                    while timer.is_alive():
                        with suppress(cloud.client("sagemaker-runtime").exceptions.ModelError):
                            lab.invoke(name, "abc")
                with suppress(cloud.client("sagemaker-runtime").exceptions.ModelError):  # killed between two requests
                    lab.invoke(name, "abc")
                answer = lab.invoke(name, "abc")
                yield Try(lost=() if answer == b"cba" else (repr(answer),))
