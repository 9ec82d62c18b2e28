"""The interpreter next to stock moto's, on the same workflows, over HTTP, with one client that polls.

Seconds of CPU are the server's, its children included; seconds of wall clock are the client's, from StartExecution
to the answer that says it has ended. Peer and ours take turns in the same run. The quota of 25,000 events, which moto
does not have, is lifted for ours, so that both run the same 10,000 iterations.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent
ROLE = "arn:aws:iam::123456789012:role/bench"

OURS = """
import sys
from localcloud.asl import environment
environment.MAX_EVENTS = 10**9
from localcloud.__main__ import main
sys.exit(main(["--port", sys.argv[1], "--speed", "max", "--access-key", "x:x"]))
"""
MOTO = """
import sys
from moto.server import main
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
"""

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def chain(length: int) -> dict[str, Any]:
    """So many Pass states in a row."""
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(length - 1)}
    return {"StartAt": "S0", "States": {**states, f"S{length - 1}": {"Type": "Pass", "End": True}}}


def loop() -> dict[str, Any]:
    """A counter that a Choice compares until it reaches $.rounds."""
    add = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "rounds.$": "$.rounds"}, "Next": "C"}
    rule = {"Variable": "$.n", "NumericLessThanPath": "$.rounds", "Next": "Add"}
    states = {"Add": add, "C": {"Type": "Choice", "Choices": [rule], "Default": "Z"}, "Z": {"Type": "Succeed"}}
    return {"StartAt": "Add", "States": states}


def mapped(processor: dict[str, Any], limit: int) -> dict[str, Any]:
    """A Map of its whole input."""
    state = {"Type": "Map", "MaxConcurrency": limit, "ItemProcessor": processor, "End": True}
    return {"StartAt": "M", "States": {"M": state}}


class Peer:
    """A server and the client that measures it."""

    def __init__(self, name: str, program: str) -> None:
        self.name = name
        port = _free_port()
        environ = os.environ | {"MOTO_PORT": str(port), "PYTHONPATH": str(ROOT), "AWS_ACCESS_KEY_ID": "x"}
        environ |= {"AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(port)],
            env=environ,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._usage = psutil.Process(self.process.pid)
        config = Config(read_timeout=300, retries={"max_attempts": 0}, inject_host_prefix=False)
        self._clients: dict[str, Any] = {}
        self._client: Callable[[str], Any] = lambda service: boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=config,
        )
        self._wait_until_ready(port)

    def _wait_until_ready(self, port: int) -> None:
        import http.client

        for _ in range(300):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                body = json.dumps({"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}})
                connection.request("POST", "/moto-api/config", body, {"content-type": "application/json"})
                connection.getresponse().read()
                return
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
        raise RuntimeError(f"{self.name} did not start")

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]

    def create(self, name: str, definition: dict[str, Any]) -> str:
        """Create a state machine; its ARN."""
        created = self.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE
        )
        arn: str = created["stateMachineArn"]
        return arn

    def run(self, arn: str, data: Any, count: int = 1) -> list[str]:
        """Start so many executions at once and poll until all have succeeded; their ARNs."""
        states = self.client("stepfunctions")
        started = [
            states.start_execution(stateMachineArn=arn, name=f"run-{time.perf_counter_ns()}", input=json.dumps(data))[
                "executionArn"
            ]
            for _ in range(count)
        ]
        for execution in started:
            pause = 0.001
            while (status := states.describe_execution(executionArn=execution)["status"]) == "RUNNING":
                time.sleep(pause)
                pause = min(pause * 1.3, 0.05)
            if status != "SUCCEEDED":
                raise RuntimeError(f"{self.name}: {status}")
        return started

    def cpu(self) -> float:
        """Seconds of CPU so far, of the server and all its children."""
        total = 0.0
        for process in [self._usage, *self._usage.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        own = self._usage.cpu_times()
        return float(total + own.children_user + own.children_system)

    def resident_mb(self) -> float:
        """Megabytes of memory that the server holds."""
        size: int = self._usage.memory_info().rss
        return size / 1e6

    def close(self) -> None:
        for child in self._usage.children(recursive=True):
            child.kill()
        self.process.kill()
        self.process.wait()


def measure() -> dict[str, Any]:
    """CPU and wall seconds of each workload for both, and moto's CPU as a multiple of ours."""
    with _peers() as (ours, moto):
        return {
            "pass_200_ten_times": _compare(ours, moto, lambda peer: _workflow(peer, chain(200), {}, count=10), 3),
            "choice_loop_1000": _compare(ours, moto, lambda peer: _workflow(peer, loop(), {"n": 0, "rounds": 1000}), 3),
            "map_1000": _compare(ours, moto, lambda peer: _workflow(peer, mapped(PASS, 40), list(range(1000))), 3),
            "map_10000": _compare(ours, moto, lambda peer: _workflow(peer, mapped(PASS, 40), list(range(10_000))), 1),
            "lambda_1000_ten_at_a_time": _compare(ours, moto, _functions, 1),
            "fifty_at_once": _compare(ours, moto, lambda peer: _workflow(peer, chain(20), {}, count=50), 3),
            "history_of_40000_read": _compare(ours, moto, _history, 1),
            "pass_100_wall": _wall(ours, chain(100), {}),
            "map_1000_wall": _wall(ours, mapped(PASS, 0), list(range(1000))),
            "memory": _memory(ours),
        }


def _workflow(peer: Peer, definition: dict[str, Any], data: Any, count: int = 1) -> Callable[[], list[str]]:
    arn = peer.create(f"bench-{time.perf_counter_ns()}", definition)
    return lambda: peer.run(arn, data, count)


def _functions(peer: Peer) -> Callable[[], list[str]]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("handler.py", "def handler(event, context):\n    return event\n")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"}]}
    peer.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps(trust))
    function = peer.client("lambda").create_function(
        FunctionName="bench",
        Runtime="python3.12",
        Role=ROLE,
        Handler="handler.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    task = {"Type": "Task", "Resource": function["FunctionArn"], "End": True}
    definition = mapped({"StartAt": "T", "States": {"T": task}}, 10)
    return _workflow(peer, definition, list(range(1000)))


def _history(peer: Peer) -> Callable[[], Any]:
    (execution,) = _workflow(peer, mapped(PASS, 40), list(range(10_000)))()
    states = peer.client("stepfunctions")

    def read() -> None:
        token: dict[str, str] = {}
        while True:
            page = states.get_execution_history(executionArn=execution, maxResults=1000, **token)
            if "nextToken" not in page:
                return
            token = {"nextToken": page["nextToken"]}

    return read


def _compare(ours: Peer, moto: Peer, prepare: Callable[[Peer], Callable[[], Any]], rounds: int) -> dict[str, float]:
    work = {peer: prepare(peer) for peer in (ours, moto)}
    cpu: dict[Peer, list[float]] = {ours: [], moto: []}
    wall: dict[Peer, list[float]] = {ours: [], moto: []}
    for _ in range(rounds):
        for peer in (ours, moto):
            before, started = peer.cpu(), time.perf_counter()
            work[peer]()
            wall[peer].append(time.perf_counter() - started)
            cpu[peer].append(peer.cpu() - before)
    mine, theirs = statistics.median(cpu[ours]), statistics.median(cpu[moto])
    return {
        "cpu_seconds": round(mine, 3),
        "wall_seconds": round(statistics.median(wall[ours]), 4),
        "moto_cpu_seconds": round(theirs, 3),
        "moto_wall_seconds": round(statistics.median(wall[moto]), 4),
        # A clock tick of CPU is 10 ms: what cost less than one counts as one.
        "moto_to_ours": round(theirs / max(mine, 0.01), 1),
    }


def _wall(ours: Peer, definition: dict[str, Any], data: Any, rounds: int = 15) -> dict[str, float]:
    run = _workflow(ours, definition, data)
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return {"median_ms": round(statistics.median(seconds) * 1000, 1), "best_ms": round(min(seconds) * 1000, 1)}


def _memory(ours: Peer) -> dict[str, float]:
    run = _workflow(ours, chain(20), {"payload": "x" * 1000}, count=100)
    run()
    before = ours.resident_mb()
    for _ in range(10):
        run()
    return {
        "resident_mb": round(before, 1),
        "resident_mb_after_1000_more_executions": round(ours.resident_mb(), 1),
    }


@contextmanager
def _peers() -> Iterator[tuple[Peer, Peer]]:
    ours = Peer("ours", OURS)
    try:
        moto = Peer("moto", MOTO)
        try:
            yield ours, moto
        finally:
            moto.close()
    finally:
        ours.close()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
