"""Clients that call the front door without a socket: from botocore's request to WSGI and back."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from localcloud.door.front import ACTION, INSIDE, PRESERVED_NAMES, REGION, Front
from localcloud.errors import UnsupportedLocally


def client(front: Front, session: Any, service: str, *, endpoint: str, region: str) -> Any:
    """A new client of a botocore session whose requests are answered by `front`, on the thread that makes them.

    It signs nothing, checks parameters as boto3 does and tries once: what fails here fails every time.
    """
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import UnknownServiceError

    config = Config(
        inject_host_prefix=False,
        signature_version=UNSIGNED,
        user_agent="local-cloud",
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        response_checksum_validation="when_required",
    )
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_time)
    try:
        made = session.create_client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=config,
        )
    except UnknownServiceError:
        raise UnsupportedLocally(f'AWS has no service "{service}" that boto3 knows.') from None
    marks = {INSIDE: service, REGION: region}

    def send(request: Any, event_name: str, **_: Any) -> Any:
        return _send(front, marks | {ACTION: event_name.rpartition(".")[2]}, request)

    made.meta.events.register("before-send", send)
    return made


def _time(value: Any) -> datetime:
    """A time of a response: what botocore makes of it, a sixth of a call sooner."""
    from botocore.utils import parse_timestamp

    if isinstance(value, str) and value.endswith("Z"):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and value.endswith(" GMT"):
        return parsedate_to_datetime(value)
    parsed: datetime = parse_timestamp(value)
    return parsed


def _send(front: Front, marks: dict[str, str], request: Any) -> Any:
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    status, headers = "", HTTPHeaders()

    def start_response(status_now: str, pairs: list[tuple[str, str]], _exc_info: Any = None) -> None:
        nonlocal status
        status = status_now
        for name, value in pairs:
            headers[name] = value

    body = b"".join(front(_environ(request) | marks, start_response))
    return AWSResponse(request.url, int(status.split(None, 1)[0]), headers, _Raw(body))


class _Raw(io.BytesIO):
    """A response's body as urllib3 would hand it to botocore."""

    def stream(self, amt: int = 65536, **_: Any) -> Iterable[bytes]:
        while chunk := self.read(amt):
            yield chunk


def _environ(request: Any) -> dict[str, Any]:
    url = urlsplit(request.url)
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path, "latin-1") or "/",
        "RAW_URI": (url.path or "/") + (f"?{url.query}" if url.query else ""),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname or "127.0.0.1",
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    names = {}
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = (
            value.decode() if isinstance(value, bytes) else str(value)
        )
        if "_" in name and name.lower().startswith("x-amz-meta-"):
            names[f"HTTP_{key}"] = name
    return environ | {"CONTENT_LENGTH": str(len(body)), PRESERVED_NAMES: names}
