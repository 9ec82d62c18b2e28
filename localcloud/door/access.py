"""Who may call this cloud: whoever signs with one of its two keys, from this machine, and no web page.

A page that the reader has open can send requests to 127.0.0.1, and so can every other user of the machine. Neither
knows the keys, which are made anew for each cloud. Signatures are AWS's own, recomputed as the services do:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html (version 4, in a header, a query or a form) and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html (version 2, which boto3 still uses for
presigned URLs of S3 in us-east-1).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from calendar import timegm
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from localcloud import aws_settings

#: Names of this machine. `sync-` is what botocore puts before the host for some actions of Step Functions.
_HOST = re.compile(r"(?:(?:[\w.-]+\.)?(?:sync-)?localhost|(?:sync-)?127\.0\.0\.1|\[::1\])(?::\d+)?", re.IGNORECASE)

_HEADER = re.compile(r"AWS4-HMAC-SHA256 +Credential=([^,\s]+),? *SignedHeaders=([^,\s]+),? *Signature=(\w+)")

_OF_ROLE = "local:"

_REMEDY = (
    "This local cloud answers calls that are signed with its own key. helpers.connect() sets it in a notebook; "
    "`python3 workshop.py cloud` prints the lines to paste into a shell."
)


@dataclass(frozen=True, slots=True)
class Key:
    """An access key, as IAM has them."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def new_key() -> Key:
    """A key that nobody can guess."""
    return Key("LOCAL" + base64.b32encode(secrets.token_bytes(10)).decode()[:15], secrets.token_urlsafe(30))


class Denied(Exception):
    """A call that is turned away.

    Args:
        code: AWS's name for the reason, as the JSON services write it.
        message: why, and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Access:
    """The keys of one cloud, and the checks of a request that came over its socket.

    Args:
        reader: the key of who uses the cloud; a new one when None.

    Attributes:
        worker: the key of the functions and jobs that the cloud itself runs, which tells their calls from the reader's.
        page_token: opens the pages that are mounted on the cloud.
    """

    def __init__(self, reader: Key | None = None) -> None:
        self.reader = reader or new_key()
        self.worker = new_key()
        self.page_token = secrets.token_urlsafe(24)
        self._secrets = {key.access_key_id: key.secret_access_key for key in (self.reader, self.worker)}

    def worker_environment(self, endpoint: str, region: str, role: str | None) -> dict[str, str]:
        """The AWS settings of a process that the cloud runs as a role: its session token says which."""
        own = aws_settings.variables(endpoint, region, self.worker.access_key_id, self.worker.secret_access_key)
        return own | {"AWS_SESSION_TOKEN": f"{_OF_ROLE}{role or ''}"}  # no signature depends on it

    def role_in(self, token: str) -> str | None:
        """The role that a session token of `worker_environment` names."""
        return (token.startswith(_OF_ROLE) and token.removeprefix(_OF_ROLE)) or None

    def is_worker(self, environ: Mapping[str, Any]) -> bool:
        """Whether a function or job of this cloud makes the request."""
        return f"Credential={self.worker.access_key_id}/" in environ.get("HTTP_AUTHORIZATION", "")

    def check_head(self, environ: Mapping[str, Any], pages: Collection[str] = ()) -> str | None:
        """Look at a request's head, before its body is read.

        A browser says in Origin which page sends the request. The page's name for this machine (DNS rebinding) shows
        in Host.

        Args:
            environ: of WSGI.
            pages: paths which, with all below them, a token opens in a browser, and no signature.

        Returns:
            The page that it is for, or None.

        Raises:
            Denied: another site's page sends it, it names no key of this cloud, or it is for a page of moto's
                own, which would empty the account.
        """
        host = environ.get("HTTP_HOST", "")
        if not _HOST.fullmatch(host):
            raise Denied("AccessDeniedException", "This local cloud answers at 127.0.0.1 and localhost only.")
        if environ.get("HTTP_ORIGIN", f"http://{host}") != f"http://{host}":
            raise Denied("AccessDeniedException", "This local cloud does not answer web pages.")
        if environ.get("PATH_INFO", "").startswith("/moto-api"):
            raise Denied("AccessDeniedException", "This local cloud has no page of this name.")
        key = _key_of(environ)
        if key is not None:
            self._secret(key)
        elif page := next((each for each in pages if f"{environ['PATH_INFO']}/".startswith(f"{each}/")), None):
            self._check_page(environ)
            return page
        elif not _is_form(environ):
            raise Denied("MissingAuthenticationTokenException", f"The request is not signed. {_REMEDY}")
        return None

    def _check_page(self, environ: Mapping[str, Any]) -> None:
        """A mounted page is for who has its token, and asks itself only (Sec-Fetch-Site: Fetch Metadata, W3C)."""
        token = dict(parse_qsl(environ.get("QUERY_STRING", ""))).get("token", "")
        if not hmac.compare_digest(token.encode(), self.page_token.encode()):
            raise Denied("AccessDeniedException", "This page opens with the address that helpers.show.page() gives.")
        followed = environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        if environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("same-origin", "none") and not followed:
            raise Denied("AccessDeniedException", "This page answers itself only.")

    def check_signature(self, environ: Mapping[str, Any], body: bytes) -> None:
        """Recompute the signature of a request whose head is checked.

        Raises:
            Denied: it is not the request that was signed.
        """
        if found := _HEADER.match(environ.get("HTTP_AUTHORIZATION", "")):
            credential, signed, signature = found.groups()
            moment = environ.get("HTTP_X_AMZ_DATE", "")
            payload = environ.get("HTTP_X_AMZ_CONTENT_SHA256") or hashlib.sha256(body).hexdigest()
            self._check_v4(environ, credential, signed, signature, moment, payload)
            return
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        if "X-Amz-Signature" in query:
            moment = query.get("X-Amz-Date", "")
            self._check_v4(
                environ,
                query.get("X-Amz-Credential", ""),
                query.get("X-Amz-SignedHeaders", ""),
                query["X-Amz-Signature"],
                moment,
                environ.get("HTTP_X_AMZ_CONTENT_SHA256") or "UNSIGNED-PAYLOAD",
            )
            _check_expiry(_seconds(moment) + _whole(query.get("X-Amz-Expires", "")))
        elif "AWSAccessKeyId" in query:
            self._check_v2(environ, query)
        else:
            self._check_form(environ.get("CONTENT_TYPE", ""), body)

    def _secret(self, access_key_id: str) -> str:
        found = self._secrets.get(access_key_id)
        if found is None:
            raise Denied(
                "UnrecognizedClientException", f"The security token included in the request is invalid. {_REMEDY}"
            )
        return found

    def _check_v4(
        self, environ: Mapping[str, Any], credential: str, signed: str, signature: str, moment: str, payload: str
    ) -> None:
        access_key_id, date, region, service = _scope(credential)
        secret = self._secret(access_key_id)
        raw = _raw_path(environ)
        path = raw if service == "s3" else quote(raw, safe="/~")
        lines = [environ["REQUEST_METHOD"], path, _canonical_query(environ.get("QUERY_STRING", ""))]
        lines += [f"{name}:{' '.join(_header(environ, name).split())}" for name in signed.split(";")]
        canonical = "\n".join([*lines, "", signed, payload])
        scope = f"{date}/{region}/{service}/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        _compare(_hmac(_signing_key(secret, date, region, service), text).hex(), signature)

    def _check_v2(self, environ: Mapping[str, Any], query: Mapping[str, str]) -> None:
        from botocore.auth import HmacV1Auth
        from botocore.compat import HTTPHeaders
        from botocore.credentials import Credentials

        key = Credentials(query["AWSAccessKeyId"], self._secret(query["AWSAccessKeyId"]))
        expires = query.get("Expires", "")
        headers = HTTPHeaders()
        for name in ("content-md5", "content-type"):
            if value := query.get(name) or _header(environ, name):
                headers[name] = value
        for name, value in query.items():
            if name.lower().startswith("x-amz-"):
                headers[name] = value

        class V2(HmacV1Auth):  # type: ignore[misc]
            """Where a header's date would be, a presigned URL has its end."""

            def _get_date(self) -> str:
                return expires

        split = urlsplit(_raw_path(environ) + "?" + environ["QUERY_STRING"])
        _compare(V2(key).get_signature(environ["REQUEST_METHOD"], split, headers), query.get("Signature", ""))
        _check_expiry(_whole(expires))

    def _check_form(self, content_type: str, body: bytes) -> None:
        """The form of a browser's upload, whose policy is signed: S3 API Reference, "POST Object"."""
        fields = _form_fields(content_type, body)
        policy = fields.get("policy", "")
        if "x-amz-signature" in fields:
            access_key_id, date, region, service = _scope(fields.get("x-amz-credential", ""))
            key = _signing_key(self._secret(access_key_id), date, region, service)
            _compare(_hmac(key, policy).hex(), fields["x-amz-signature"])
        else:
            secret = self._secret(fields.get("awsaccesskeyid", ""))
            expected = hmac.new(secret.encode(), policy.encode(), hashlib.sha1).digest()
            _compare(base64.b64encode(expected).decode(), fields.get("signature", ""))


def _is_form(environ: Mapping[str, Any]) -> bool:
    return str(environ.get("CONTENT_TYPE", "")).startswith("multipart/form-data")


def _key_of(environ: Mapping[str, Any]) -> str | None:
    """The access key that a request's header or query names."""
    if found := _HEADER.match(environ.get("HTTP_AUTHORIZATION", "")):
        return _scope(found[1])[0]
    query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    if "X-Amz-Signature" in query:
        return _scope(query.get("X-Amz-Credential", ""))[0]
    return query.get("AWSAccessKeyId")


def _raw_path(environ: Mapping[str, Any]) -> str:
    """The path as it was sent, which is what was signed."""
    return str(environ.get("RAW_URI") or quote(environ.get("PATH_INFO", "/"))).partition("?")[0]


def _scope(credential: str) -> tuple[str, str, str, str]:
    parts = unquote(credential).split("/")
    if len(parts) != 5:
        raise Denied("IncompleteSignatureException", f"Credential {credential!r} has no scope. {_REMEDY}")
    return parts[0], parts[1], parts[2], parts[3]


def _compare(expected: str, signature: str) -> None:
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Denied(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            f"Access Key and signing method. {_REMEDY}",
        )


def _check_expiry(until: float) -> None:
    if time.time() > until:
        raise Denied("AccessDeniedException", "Request has expired. Make a new presigned URL.")


def _seconds(moment: str) -> float:
    try:
        return timegm(time.strptime(moment, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        return 0.0


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _canonical_query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    encoded = [(quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded) if name != "X-Amz-Signature")


def _header(environ: Mapping[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    return str(environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))


def _form_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The fields that stand before the file, by their names in lower case."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    fields: dict[str, str] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = str(part.get_param("name", "", header="content-disposition")).lower()
        if name == "file":
            break
        fields[name] = bytes(part.get_payload(decode=True) or b"").decode(errors="replace")
    return fields


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = _hmac(key, part)
    return key
