"""The process `python -m localcloud`: how it starts, answers over HTTP, and ends."""

from __future__ import annotations

import gc
import http.client
import io
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.cloud import Cloud
from localcloud.door.access import Access
from localcloud.door.server import Server

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "localcloud"]


class Started:
    """A local cloud in a process, and what it said when it was ready."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *options], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.process.stdout
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.port = int(self.ready["endpoint"].rpartition(":")[2])

    def end(self) -> tuple[int, bytes]:
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@pytest.fixture(scope="module")
def started() -> Iterator[Started]:
    made = Started("--parent-pipe")
    yield made
    assert made.end()[0] == 0  # its standard input is closed by communicate()


def signed(started: Started, service: str, method: str, path: str, body: bytes = b"", **more: str) -> dict[str, str]:
    """The headers of a request that the cloud's key signs."""
    key = Credentials(started.ready["access_key_id"], started.ready["secret_access_key"])
    request = AWSRequest(method, f"http://127.0.0.1:{started.port}{path}", data=body, headers=more)
    (S3SigV4Auth if service == "s3" else SigV4Auth)(key, service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def test_a_large_object_is_not_kept_in_memory() -> None:
    """Not with the connection's last request, nor in moto's cycles of objects; the store has it on disk."""
    access = Access()
    server = Server(0, access, None)
    cloud = Cloud(server.port, access=access)
    server.app = cloud.front
    threading.Thread(target=server.serve_forever, daemon=True).start()
    size = 6 << 20
    key = {"aws_access_key_id": access.reader.access_key_id, "aws_secret_access_key": access.reader.secret_access_key}
    s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{server.port}", region_name="us-east-1", **key)
    gc.disable()
    try:
        s3.create_bucket(Bucket="large")
        s3.put_object(Bucket="large", Key="k", Body=b"x" * size)
        assert len(s3.get_object(Bucket="large", Key="k")["Body"].read()) == size
        kept = [each for each in gc.get_objects() if isinstance(each, io.BytesIO) and not each.closed]
        assert [each for each in kept if each.getbuffer().nbytes >= size] == []
    finally:
        gc.enable()
        server.shutdown()
        server.server_close()
        cloud.close()


def test_it_says_where_it_is_in_one_line_of_json(started: Started) -> None:
    endpoint = f"http://local@127.0.0.1:{started.port}"
    keys = ("access_key_id", "secret_access_key")
    answer = {name: value for name, value in started.ready.items() if name not in keys}
    assert answer.pop("what_if").startswith(f"http://127.0.0.1:{started.port}/what-if?token=")
    assert answer.pop("recall").startswith(f"http://127.0.0.1:{started.port}/recall?token=")
    assert answer.pop("faults").startswith(f"http://127.0.0.1:{started.port}/faults?token=")
    assert answer == {"endpoint": endpoint, "region": "us-east-1", "account_id": "123456789012"}
    assert all(len(started.ready[name]) >= 20 for name in keys)


def test_it_listens_on_loopback_only(started: Started) -> None:
    from localcloud.door.access import Access
    from localcloud.door.server import Server

    server = Server(0, Access(), None)
    try:
        assert server.server_address[0] == "127.0.0.1"
    finally:
        server.server_close()


def test_a_connection_is_kept_for_the_next_request(started: Started) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", started.port, timeout=20)
    try:
        sockets = set()
        for _ in range(3):
            target = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
            connection.request("POST", "/", b"{}", signed(started, "dynamodb", "POST", "/", b"{}", **target))
            answer = connection.getresponse()
            assert json.loads(answer.read()) == {"TableNames": []}
            assert connection.sock is not None
            sockets.add(connection.sock.getsockname())
        assert len(sockets) == 1
    finally:
        connection.close()


def test_a_client_that_asks_first_is_told_to_send_the_body(started: Started) -> None:
    """boto3 asks before each upload, and waits a second when it is not told at once."""
    with socket.create_connection(("127.0.0.1", started.port), timeout=20) as connection:
        own = signed(started, "s3", "PUT", "/workshop-100")
        fields = {"Host": f"127.0.0.1:{started.port}", "Content-Length": "0", "Expect": "100-continue", **own}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = f"PUT /workshop-100 HTTP/1.1\r\n{lines}Connection: close\r\n\r\n"
        connection.sendall(head.encode())
        with connection.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
            assert answer.readline() == b"\r\n"
            assert answer.readline().startswith(b"HTTP/1.1 200")


def test_a_head_request_has_headers_and_no_body(started: Started) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", started.port, timeout=20)
    try:
        connection.request("PUT", "/workshop-head", headers=signed(started, "s3", "PUT", "/workshop-head"))
        connection.getresponse().read()
        path = "/workshop-head/key"
        connection.request("PUT", path, b"four", headers=signed(started, "s3", "PUT", path, b"four"))
        connection.getresponse().read()
        connection.request("HEAD", path, headers=signed(started, "s3", "HEAD", path))
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Length"], answer.read()) == (200, "4", b"")
        connection.request("GET", path, headers=signed(started, "s3", "GET", path))
        assert connection.getresponse().read() == b"four"
    finally:
        connection.close()


def test_a_port_already_taken_is_one_line_and_exit_1() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run([*COMMAND, "--port", str(port)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert f"port {port}" in result.stderr
    assert "--port" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["--port", "70000"], ["--speed", "0"], ["--speed", "fast"], ["--access-key", "no-secret"]]
)
def test_senseless_options_are_refused(arguments: list[str]) -> None:
    result = subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert arguments[0] in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_sigterm_ends_it_quietly() -> None:
    made = Started("--parent-pipe")
    made.process.send_signal(signal.SIGTERM)
    assert made.end() == (0, b"")


def test_who_starts_it_in_a_shell_gets_the_lines_to_paste_and_may_choose_the_key() -> None:
    made = Started("--access-key", "MYKEY:my-secret")
    assert (made.ready["access_key_id"], made.ready["secret_access_key"]) == ("MYKEY", "my-secret")
    made.process.send_signal(signal.SIGINT)
    code, said = made.end()
    assert code == 0
    for variable in (
        f"AWS_ENDPOINT_URL=http://127.0.0.1:{made.port}\n",
        "AWS_ACCESS_KEY_ID=MYKEY",
        "AWS_SECRET_ACCESS_KEY=",
    ):
        assert variable in said.decode()
