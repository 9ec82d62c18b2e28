"""Who may call a served cloud: who signs with its key; no web page, no other name for this machine, no neighbour."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud
from localcloud.door import server as serving
from localcloud.door.access import Access, Key
from localcloud.door.server import Server
from localcloud.door.wire import Answer

TARGET = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}


@dataclass
class Served:
    """A cloud on a port."""

    cloud: Cloud
    port: int

    def client(self, service: str, key: Key | None = None, **settings: Any) -> Any:
        key = key or self.cloud.access.reader
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            config=Config(retries={"total_max_attempts": 1}, **settings),
        )

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    def say(self, data: bytes) -> bytes:
        """All that is answered to these bytes, until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(data)
            with connection.makefile("rb") as answer:
                return answer.read()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    access = Access()
    server = Server(0, access, None, {"/workshop": lambda environ: Answer(200, environ["PATH_INFO"].encode(), {})})
    cloud = Cloud(server.port, access=access)
    server.app = cloud.front
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(cloud, server.port)
    server.shutdown()
    thread.join()
    server.server_close()
    cloud.close()


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


# ---- who signs with the key


@pytest.mark.parametrize("key", ["plain", "with space/and slash", "ü+&=?#%", "a//b", "~tilde.(1)*'!"])
def test_an_object_of_any_name_is_put_and_got_back(served: Served, key: str) -> None:
    s3 = served.client("s3")
    s3.create_bucket(Bucket="names")
    s3.put_object(Bucket="names", Key=key, Body=b"x" * 70_000, Metadata={"a_b": "1"}, ContentType="text/x")
    assert s3.get_object(Bucket="names", Key=key)["Body"].read() == b"x" * 70_000
    assert key in [each["Key"] for each in s3.list_objects_v2(Bucket="names", Prefix=key[:2])["Contents"]]


def test_each_protocol_of_aws_is_answered(served: Served) -> None:
    assert served.client("dynamodb").list_tables()["TableNames"] == []  # JSON
    assert served.client("iam").list_roles()["Roles"] == []  # query, XML
    assert served.client("lambda").list_functions()["Functions"] == []  # REST, JSON
    assert served.client("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_and_forms_do_what_was_signed_and_no_more(served: Served, version: str) -> None:
    served.client("s3").create_bucket(Bucket="signed")
    s3 = served.client("s3", signature_version=version)
    put = s3.generate_presigned_url("put_object", {"Bucket": "signed", "Key": "a b", "ContentType": "text/plain"})
    request = urllib.request.Request(put, b"four", {"Content-Type": "text/plain"}, method="PUT")
    urllib.request.urlopen(request, timeout=20).close()
    get = s3.generate_presigned_url("get_object", {"Bucket": "signed", "Key": "a b"})
    with urllib.request.urlopen(get, timeout=20) as answer:
        assert answer.read() == b"four"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(get.replace("/a%20b", "/other"), timeout=20)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(s3.generate_presigned_url("list_buckets", ExpiresIn=-1), timeout=20)
    post = s3.generate_presigned_post("signed", "form")
    for fields, status in ((post["fields"], 204), (post["fields"] | {"policy": "e30="}, 403)):
        lines = [f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
        lines.append('--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nfile\r\n--b--\r\n')
        body, kind = "".join(lines).encode(), {"Content-Type": "multipart/form-data; boundary=b"}
        assert served.ask(urlsplit(post["url"]).path, "POST", body, kind)[0] == status


def test_an_uploads_checksum_may_follow_it(served: Served) -> None:
    """boto3 sends a stream of unknown length in signed chunks."""
    s3 = served.client("s3")
    s3.create_bucket(Bucket="streams")
    s3.put_object(Bucket="streams", Key="k", Body=b"y" * 200_000, ChecksumAlgorithm="SHA256")
    assert s3.head_object(Bucket="streams", Key="k")["ContentLength"] == 200_000


# ---- who does not


@pytest.mark.parametrize(
    ("service", "action", "unknown", "wrong"),
    [
        ("dynamodb", "list_tables", "UnrecognizedClientException", "InvalidSignatureException"),
        ("iam", "list_roles", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
        ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
        ("stepfunctions", "list_state_machines", "UnrecognizedClientException", "InvalidSignatureException"),
    ],
)
def test_another_key_or_secret_is_refused_as_the_service_words_it(
    served: Served, service: str, action: str, unknown: str, wrong: str
) -> None:
    own = served.cloud.access.reader
    assert code_of(getattr(served.client(service, Key("local", "local")), action)) == unknown
    assert code_of(getattr(served.client(service, Key(own.access_key_id, "local")), action)) == wrong


@pytest.mark.parametrize(("service", "action"), [("s3", "list_buckets"), ("dynamodb", "list_tables")])
def test_an_unsigned_call_is_refused(served: Served, service: str, action: str) -> None:
    code = code_of(getattr(served.client(service, signature_version=UNSIGNED), action))
    assert code in ("AccessDenied", "MissingAuthenticationTokenException")


def test_a_refusal_says_where_the_key_is(served: Served) -> None:
    _, _, body = served.ask("/", "POST", b"{}", TARGET)
    assert "workshop.py cloud" in json.loads(body)["message"]


def test_a_signed_request_whose_body_was_changed_is_refused(served: Served) -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    key = served.cloud.access.reader
    url = f"http://127.0.0.1:{served.port}/"
    signed = AWSRequest("POST", url, data=b'{"Limit": 1}', headers=TARGET)
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    SigV4Auth(credentials, "dynamodb", "us-east-1").add_auth(signed)
    headers = dict(signed.headers.items())
    assert served.ask("/", "POST", b'{"Limit": 1}', headers)[0] == 200
    assert served.ask("/", "POST", b'{"Limit": 2}', headers)[0] == 403


def test_two_clouds_have_different_keys() -> None:
    first, second = Access(), Access()
    keys = {first.reader, first.worker, second.reader, second.worker}
    assert len({key.access_key_id for key in keys}) == len({key.secret_access_key for key in keys}) == 4
    assert first.reader.secret_access_key not in repr(first.reader)


# ---- web pages


@pytest.mark.parametrize("origin", ["http://attacker.example", "null", "http://127.0.0.1:8888", "http://localhost"])
def test_a_page_of_another_origin_is_refused_before_its_body_is_read(served: Served, origin: str) -> None:
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nOrigin: {origin}\r\nContent-Length: 1000\r\n\r\n"
    answer = served.say(head.encode())  # of a thousand bytes none is sent
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"Access-Control" not in answer


@pytest.mark.parametrize(
    "host", ["attacker.example", "127.0.0.1.attacker.example:80", "localhost.attacker.example", ""]
)
def test_another_name_for_this_machine_is_refused(served: Served, host: str) -> None:
    for path in ("/", "/workshop", "/bucket/key"):
        assert served.ask(path, headers={"Host": host})[0] == 403


@pytest.mark.parametrize("path", ["/moto-api/", "/moto-api/reset", "/moto-api/data.json", "/moto-api/seed?a=1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_motos_own_pages_are_not_there(served: Served, method: str, path: str) -> None:
    assert served.ask(path, method)[0] == 403


def test_no_preflight_is_granted_and_no_answer_may_be_read_by_a_page(served: Served) -> None:
    wanted = {"Origin": "http://attacker.example", "Access-Control-Request-Method": "POST"}
    status, headers, _ = served.ask("/", "OPTIONS", headers=wanted)
    assert status == 403
    s3 = served.client("s3")
    s3.create_bucket(Bucket="open")
    answer = s3.list_objects_v2(Bucket="open")["ResponseMetadata"]["HTTPHeaders"]
    assert not [name for name in (*headers, *answer) if name.lower().startswith("access-control")]


def test_a_mounted_page_opens_with_its_token_only(served: Served) -> None:
    token = urlencode({"token": served.cloud.access.page_token})
    for path in ("/workshop", "/workshop/state"):
        assert served.ask(f"{path}?{token}")[::2] == (200, path.encode())
    for path in ("/workshop", "/workshop/state", "/workshop/state?token=guess", f"/workshops?{token}"):
        assert served.ask(path)[0] == 403


def test_a_bucket_of_the_pages_name_is_still_a_bucket(served: Served) -> None:
    s3 = served.client("s3")
    s3.create_bucket(Bucket="workshop")
    s3.put_object(Bucket="workshop", Key="state", Body=b"mine")
    assert s3.get_object(Bucket="workshop", Key="state")["Body"].read() == b"mine"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}, 200),  # a link from a notebook
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_the_page_answers_itself_and_who_follows_a_link(served: Served, headers: dict[str, str], status: int) -> None:
    token = urlencode({"token": served.cloud.access.page_token})
    assert served.ask(f"/workshop?{token}", headers=headers)[0] == status


# ---- what is no HTTP, and what does not arrive


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "²", "0x10"])
def test_a_content_length_that_is_no_number_is_a_bad_request(served: Served, length: str) -> None:
    answer = served.say(signed_head(served, f"Content-Length: {length}"))
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("length", [10**12, 2**70])
def test_a_body_larger_than_aws_takes_is_refused(served: Served, length: int) -> None:
    assert served.say(signed_head(served, f"Content-Length: {length}")).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("size", ["zz", "-5", ""])
def test_a_chunk_size_that_is_no_number_is_a_bad_request(served: Served, size: str) -> None:
    answer = served.say(signed_head(served, "Transfer-Encoding: chunked") + f"{size}\r\nabc\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("sent", [b"POST / HTT", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n", None])
def test_a_request_that_stops_arriving_is_hung_up_on(
    served: Served, monkeypatch: pytest.MonkeyPatch, sent: bytes | None
) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.1)
    began = time.monotonic()
    assert b"200" not in served.say(sent or signed_head(served, "Content-Length: 9"))
    assert time.monotonic() - began < 15  # not the 600 s that a connection may rest


def signed_head(served: Served, line: str) -> bytes:
    """The head of a request that names the cloud's key; its signature is not looked at before the body is there."""
    scope = f"{served.cloud.access.reader.access_key_id}/20260105/us-east-1/dynamodb/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nAuthorization: {signature}\r\n{line}\r\n\r\n"
    return head.encode("latin-1")
