"""Which worker runs an invocation, how many there are, and when they end."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from localcloud.runtimes import function_worker
from localcloud.runtimes import functions as module
from localcloud.runtimes.function_code import Function
from localcloud.runtimes.functions import Functions

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"

#: Answers with its process id.
WHO = "import os\ndef handler(event, context):\n    return os.getpid()"

#: Connects to the test, which so knows that it runs, sees when it ends, and lets it go on.
HELD = """
import os, socket
def handler(event, context):
    with socket.create_connection(("127.0.0.1", event)) as test:
        test.sendall(b"here")
        test.recv(1)
    return os.getpid()
"""

#: Connects to the test as well, but answers at once and stays connected as long as its process lives.
LINKED = """
import os, socket
def handler(event, context):
    global test
    test = socket.create_connection(("127.0.0.1", event))
    test.sendall(b"here")
    return os.getpid()
"""


def function(source: str, name: str = "f", version: str = "$LATEST", **environment: str) -> Function:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", source)
    return Function(ARN + name, version, "handler.handler", "python3.12", 128, 60, environment, archive.getvalue())


def made(root: Path) -> Functions:
    return Functions(root, {}, lambda: datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[Functions]:
    pool = made(tmp_path)
    yield pool
    pool.close()


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """Where handlers of `HELD` report."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


def run(functions: Functions, what: Function, event: Any = None, limit: float | None = None) -> Any:
    outcome = functions.invoke(what, json.dumps(event).encode(), request_id="id", arn=what.arn, limit=limit)
    assert not outcome.failed, outcome.payload
    return json.loads(outcome.payload)


def arrival(door: socket.socket) -> socket.socket:
    """The connection of the next handler that runs."""
    caller, _ = door.accept()
    caller.settimeout(30)
    assert caller.recv(4) == b"here"
    return caller


def test_a_warm_worker_is_used_again(functions: Functions) -> None:
    who = function(WHO)
    assert run(functions, who) == run(functions, who) != os.getpid()


@pytest.mark.parametrize(
    "changed", [function(WHO + "\n"), function(WHO, TABLE="orders")], ids=["code", "configuration"]
)
def test_a_change_takes_effect_at_once_and_retires_the_old_worker(functions: Functions, changed: Function) -> None:
    before = run(functions, function(WHO))
    after = run(functions, changed)
    assert before != after == run(functions, changed)
    assert not alive(before)


def test_a_change_lets_the_invocation_that_runs_end_first(functions: Functions, door: socket.socket) -> None:
    old, new = function(HELD), function(WHO)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(run, functions, old, door.getsockname()[1])
        with arrival(door):
            assert run(functions, new) == run(functions, new)
        assert not alive(first.result(30))


def test_versions_and_functions_have_workers_of_their_own(functions: Functions) -> None:
    kinds = [function(WHO), function(WHO, version="1"), function(WHO, name="g")]
    assert len({run(functions, kind) for kind in kinds + kinds}) == 3


def test_invocations_at_the_same_time_run_at_the_same_time(functions: Functions, door: socket.socket) -> None:
    held = function(HELD)
    with ThreadPoolExecutor() as threads:
        runs = [threads.submit(run, functions, held, door.getsockname()[1]) for _ in range(4)]
        callers = [arrival(door) for _ in runs]  # all of them run before the first may end
        for caller in callers:
            caller.close()
        assert len({each.result(30) for each in runs}) == 4


def test_calls_beyond_the_most_workers_wait_for_one(
    functions: Functions, door: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WORKERS", 2)
    held = function(HELD)
    with ThreadPoolExecutor() as threads:
        runs = [threads.submit(run, functions, held, door.getsockname()[1]) for _ in range(5)]
        waiting = [arrival(door), arrival(door)]
        for _ in range(3):
            waiting.pop(0).close()
            waiting.append(arrival(door))
        for caller in waiting:
            caller.close()
        assert len({each.result(30) for each in runs}) == 2


def test_an_idle_worker_of_another_function_makes_room(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WORKERS", 1)
    first = run(functions, function(WHO))
    run(functions, function(WHO, name="g"))
    assert not alive(first)


def test_a_call_that_nobody_waits_for_any_more_is_dropped_from_the_queue(
    functions: Functions, door: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WORKERS", 1)
    held = function(HELD)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(run, functions, held, door.getsockname()[1])
        with arrival(door), pytest.raises(TimeoutError, match='No worker of function "f" came free'):
            run(functions, held, limit=0.05)
        assert first.result(30)


def test_a_thousand_quick_calls_ten_at_a_time_need_few_workers(functions: Functions) -> None:
    who = function(WHO)
    run(functions, who)
    with ThreadPoolExecutor(10) as threads:
        workers = set(threads.map(lambda _: run(functions, who), range(1000)))
    assert len(workers) <= 10


def test_a_worker_that_died_between_two_calls_is_replaced(functions: Functions) -> None:
    who = function(WHO)
    first = run(functions, who)
    (worker,) = functions._workers
    worker.process.stop()
    worker.process.wait()
    assert run(functions, who) != first


@pytest.mark.parametrize("said", [b"POST /2018-06-01/runtime/init/error HTTP/1.1", b"GET /guess/ HTTP/1.1", b"x: y"])
def test_another_process_that_finds_a_workers_port_learns_and_changes_nothing(
    functions: Functions, said: bytes
) -> None:
    source = f"""
import os, socket
def handler(event, context):
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")[0].split(":")
    with socket.create_connection((host, int(port)), timeout=20) as stranger:
        stranger.sendall({said!r} + b"\\r\\nContent-Length: 1x\\r\\n\\r\\n")
        return stranger.recv(100).decode()
"""
    assert run(functions, function(source)) == ""


def test_a_worker_that_was_killed_at_work_is_an_error_of_the_function(
    functions: Functions, door: socket.socket
) -> None:
    held = function(HELD)
    who = run(functions, function(WHO, name="other"))
    with ThreadPoolExecutor() as threads:
        first = threads.submit(
            functions.invoke, held, str(door.getsockname()[1]).encode(), request_id="id", arn=held.arn
        )
        with arrival(door):
            killed = next(w.process.pid for w in functions._workers if w.process.pid != who)
            os.kill(killed, signal.SIGTERM)
            outcome = first.result(30)
    assert outcome.failed
    assert json.loads(outcome.payload)["errorType"] == "Runtime.ExitError"


def test_deleting_a_function_ends_its_idle_workers_only(functions: Functions) -> None:
    mine, other = run(functions, function(WHO)), run(functions, function(WHO, name="g"))
    functions.retire(ARN + "f")
    assert (alive(mine), alive(other)) == (False, True)


def test_closing_ends_every_worker_those_at_work_too(tmp_path: Path, door: socket.socket) -> None:
    functions = made(tmp_path)
    idle = run(functions, function(WHO))
    with ThreadPoolExecutor() as threads:
        first = threads.submit(
            functions.invoke,
            function(HELD, name="g"),
            str(door.getsockname()[1]).encode(),
            request_id="id",
            arn=ARN,
        )
        with arrival(door) as caller:
            functions.close()
            assert ended(caller)
        assert first.result(30).failed
    assert not alive(idle)
    assert not functions._workers
    with pytest.raises(RuntimeError, match="shutting down"):
        run(functions, function(WHO))


@pytest.mark.parametrize("at_work", [True, False], ids=["at work", "idle"])
def test_workers_end_when_the_cloud_was_killed(tmp_path: Path, door: socket.socket, at_work: bool) -> None:
    source = HELD if at_work else LINKED
    cloud = f"""
import json, pathlib, sys
sys.path.insert(0, {str(Path.cwd())!r})
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_functions_workers as tests
functions = tests.made(pathlib.Path({str(tmp_path)!r}))
tests.run(functions, tests.function({source!r}), {door.getsockname()[1]})
print("done", flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen([sys.executable, "-c", cloud], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process, arrival(door) as caller:
        if not at_work:
            assert process.stdout is not None
            assert process.stdout.readline() == "done\n"
        process.kill()
        assert ended(caller)


def test_of_very_much_output_both_ends_are_kept_and_its_file_goes_with_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_worker, "_LOG_BYTES", 1000)
    monkeypatch.setattr(function_worker, "_LOG_CHUNK", 500)
    functions = made(tmp_path)
    what = function("def handler(event, context):\n    print('first', 'x' * 10_000, 'last')")
    outcome = functions.invoke(what, b"1", request_id="id", arn=what.arn)
    kept = "".join(outcome.lines)
    assert "first x" in kept
    assert "x last\n" in kept
    assert "[The local cloud keeps 1,000 bytes of each end: 8,012 are left out here]\n" in outcome.lines
    assert len(kept) < 3000
    functions.close()
    assert list(tmp_path.rglob("output")) == []


def ended(caller: socket.socket) -> bool:
    """Whether the process at the other end is gone; waits for that."""
    try:
        return caller.recv(1) == b""
    except ConnectionResetError:
        return True


def alive(process: int) -> bool:
    """Whether a process exists."""
    return psutil.pid_exists(process)
