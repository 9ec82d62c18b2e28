"""The local cloud's process, as whoever starts it holds it. Standard library only."""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from localcloud import aws_settings, scratch
from localcloud.errors import LocalCloudDied

READY_SECONDS = 60
_HOME = Path(__file__).resolve().parent.parent


def start(
    *,
    speed: float | str = "max",
    module: str = "localcloud",
    policy: Mapping[str, Any] | None = None,
    late: float = 0.0,
) -> LocalCloud:
    """Starts a local cloud with an empty account, in a process of its own that ends when this one does.

    Args:
        speed: virtual seconds a real second; "max" jumps over every wait.
        module: what to run in place of `localcloud` itself: one that mounts pages on it.
        policy: of IAM. With one, permissions are looked at: who calls may do what it allows, and a workflow, a function
            or a job what its role's policies allow.
        late: seconds for which changes are not known everywhere, as on AWS, and deleted names are blocked.

    Raises:
        LocalCloudDied: it ended, or said nothing, before it was ready; the end of its log says why.
    """
    return LocalCloud(speed, module, policy, late)


@dataclass(slots=True)
class Fault:
    """One that was injected.

    Attributes:
        number: the cloud's.
        hits: how many calls it happened to, once its block has ended.
    """

    number: int
    hits: int = 0


class LocalCloud:
    """A local cloud's process. `close()`, or the end of a `with`, ends it and all that it started.

    Attributes:
        endpoint: where it answers, as `http://127.0.0.1:PORT`.
        region, account_id: whose it is.
        access_key_id, secret_access_key: what calls must be signed with.
        page: the address of a page that is mounted on it, or None.
        folder: a temporary folder of its own, which goes with it; `localcloud.log` stands there.
    """

    def __init__(
        self, speed: float | str, module: str, policy: Mapping[str, Any] | None = None, late: float = 0.0
    ) -> None:
        self.folder = scratch.make()
        self.log = self.folder / "localcloud.log"
        self._last_words: list[str] = []
        command = [sys.executable, "-m", module, "--port", "0", "--speed", str(speed), "--parent-pipe"]
        if late:
            command += ["--late", str(late)]
        if policy is not None:
            (self.folder / "policy.json").write_text(json.dumps(policy), "utf-8")
            command += ["--policy", str(self.folder / "policy.json")]
        # Of its own group: Jupyter interrupts a kernel's whole group, and the cloud should outlive that.
        apart: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        # glibc gives each thread memory of its own, and keeps it, with holes: one such heap does for all of them.
        apart["env"] = {"MALLOC_ARENA_MAX": "1", **os.environ}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=_HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, **apart
            )
        atexit.register(self.close)
        assert self.process.stdout is not None
        try:
            ready: dict[str, str] = json.loads(_first_line(self.process.stdout))
        except ValueError:  # nothing, or no JSON
            raise self.died() from None
        self.endpoint = ready["endpoint"].replace("local@", "")
        self.region, self.account_id = ready["region"], ready["account_id"]
        self.access_key_id, self.secret_access_key = ready["access_key_id"], ready["secret_access_key"]
        self.page = ready.get("page")
        self._faults, self._what_if, self._recall = ready["faults"], ready["what_if"], ready["recall"]

    def __enter__(self) -> LocalCloud:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def settings(self) -> dict[str, str]:
        """What `boto3.client(service, **settings)` needs to call this cloud."""
        return {
            "endpoint_url": aws_settings.prefixable(self.endpoint),
            "region_name": self.region,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
        }

    def environment(self) -> dict[str, str]:
        """The variables with which any AWS client of a process calls this cloud and nothing else."""
        return aws_settings.variables(self.endpoint, self.region, self.access_key_id, self.secret_access_key)

    @contextmanager
    def faults(self, on: str, **what: Any) -> Iterator[Fault]:
        """While the block runs, something happens to calls of a service's action.

        Args:
            on: botocore's names, as "textract:AnalyzeExpense".
            what: one of error="ThrottlingException", delay=90 (seconds), corrupt=True (the bytes break off), kill=True
                (the function that calls, or is invoked, ends); and to how many calls, `times` (all when left out), or
                with which `probability` and `seed`.

        Raises:
            ValueError: there is no such action, or it cannot have this fault.
        """
        fault = Fault(self._control("POST", "", {"on": on, **what})["number"])
        try:
            yield fault
        finally:
            if self.alive:
                fault.hits = self._control("DELETE", f"/{fault.number}")["hits"]

    def fork(self, **request: Any) -> str:
        """Go on from a moment of an execution's past in a new execution, whose beginning is the other's; its ARN.

        Args:
            request: `executionArn`, `state`, `visit` (1 is the first, none the last); what is different from there on:
                `input` of the state, `variables`, `result` of its task, `definition` (JSON text). For an execution that
                was recorded elsewhere, its `events` and the `stateMachineArn` of its definition in this cloud.

        Raises:
            ValueError: it cannot be forked there.
        """
        return str(self._control("POST", "/fork", request, self._what_if)["executionArn"])

    def explore(self, **request: Any) -> dict[str, Any]:
        """Run a state machine in many worlds, other faults in each; what was found.

        What it calls is called once for each thing that it is asked; every later world has the answer from memory.

        Args:
            request: `stateMachineArn`, `input` (JSON text), `seeds`, `kinds`, `answers`, `within`: see
                localcloud.services.stepfunctions.executions.Executions.explore, as for what is returned.

        Raises:
            ValueError: there is no such state machine.
        """
        return self._control("POST", "/explore", request, self._what_if)

    @contextmanager
    def recalling(self) -> Iterator[None]:
        """While the block runs, jobs that ran before on this machine are recalled rather than run.

        Of SageMaker's training and processing jobs with the same image, settings, script and data. Outputs are kept in
        the folder that LOCALCLOUD_REMEMBER names; without one, every job runs.
        """
        self._control("POST", "", {}, self._recall)
        try:
            yield
        finally:
            if self.alive:
                self._control("DELETE", "", at=self._recall)

    def called(self) -> set[str]:
        """Botocore's names of the services that anybody has called, be it a workflow: in no other there is anything."""
        return set(self._control("GET", "")["called"])

    def _control(self, method: str, path: str, content: Any = None, at: str = "") -> dict[str, Any]:
        import urllib.request  # takes as long as the rest of this module, and few ask

        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy sees a local call
        address, _, token = (at or self._faults).partition("?")
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{address}{path}?{token}", data=data, method=method)
        with direct.open(request) as reply:
            answer: dict[str, Any] = json.load(reply)
        if "message" in answer:
            raise ValueError(answer["message"])
        return answer

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self.process.poll() is None

    def died(self) -> LocalCloudDied:
        """The error to raise, with the end of the log."""
        if self.log.exists():
            self._last_words = self.log.read_text(errors="replace").splitlines()[-12:]
        self.close()
        words = "\n".join(f"    {line}" for line in self._last_words) or "    (nothing)"
        return LocalCloudDied(
            f"The local cloud's process ended (exit code {self.process.returncode}). The last it said:\n{words}"
        )

    def close(self) -> None:
        """Ends the process; it goes by itself when its standard input ends. Twice is fine."""
        atexit.unregister(self.close)
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        scratch.remove(self.folder)
        if self.process.returncode:
            scratch.sweep()  # it was killed, and has left its own


def _first_line(stream: IO[bytes]) -> bytes:
    """The first line of a pipe, or nothing when it ends or stays silent for READY_SECONDS."""
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=READY_SECONDS)
    except queue.Empty:
        return b""
