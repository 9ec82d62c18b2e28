"""AWS's wire formats for the services that we answer ourselves: a request's bytes to a dict, and back.

Only what our own services speak: the JSON protocols with an X-Amz-Target header, and REST-JSON. Shapes come
from botocore's service models, so that a new action needs no description of ours. The rules are those of
Smithy's AWS JSON 1.0/1.1 and restJson1 protocols (https://smithy.io/2.0/aws/protocols/); the wording of
refused values is that of AWS's own validation.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

from localcloud.door import constraints

#: A structure of an AWS API, as botocore calls it: a request, a response or a part of one.
Structure = dict[str, Any]

Reader = Callable[[Any, str], Any]

#: How services name values that their model does not allow, where that is no ValidationException. Sources: legion#530
#: (IAM), fluent-plugin-cloudwatch-logs#223 (Logs), linuxacademy/content-aws-mls-c01#1 (Transcribe); Athena's API
#: reference has no other.
_INVALID = {
    "athena": "InvalidRequestException",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "transcribe": "BadRequestException",
}

#: The pattern of IAM's names, for which it has other words.
_IAM_NAME = r"[\w+=,.@-]+"


class ServiceError(Exception):
    """An error answer of a service, as its API reference names it.

    Args:
        code: the exception's name, e.g. "ResourceNotFoundException".
        message: its message, as AWS words it.
        status: the HTTP status.
        details: further members of the exception's shape, e.g. {"reason": "..."}.
    """

    def __init__(self, code: str, message: str, status: int = 400, details: Mapping[str, Any] | None = None) -> None:
        self.code, self.message, self.status, self.details = code, message, status, details or {}
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, before anyone has looked into it."""

    method: str
    path: str  # still percent-encoded
    query: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def _jsonable(value: Any) -> Any:
    """What json cannot say: times are seconds since the epoch, bytes are base64."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    raise TypeError(f"a service answered with {type(value).__name__}, which has no place in JSON")


def dumps(value: Any) -> bytes:
    """JSON as AWS writes it: compact, UTF-8."""
    return json.dumps(value, default=_jsonable, separators=(",", ":"), ensure_ascii=False).encode(
        errors="backslashreplace"
    )


def loads(body: bytes) -> Any:
    """The JSON value of a request's body; an empty body is {}.

    Raises:
        ServiceError: SerializationException, as AWS answers to a body that is not JSON.
    """
    try:
        return json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as problem:
        raise ServiceError("SerializationException", f"The request body is not JSON: {problem}.") from None


class Protocol:
    """Reads requests of, and writes answers for, the actions of one service.

    Args:
        model: botocore's service model.
        actions: the names of the actions that are ours.
    """

    def __init__(self, model: Any, actions: Mapping[str, Any]) -> None:
        self._model = model
        self._rest = model.resolved_protocol == "rest-json"
        self._readers: dict[str, Reader] = {}
        self._checks: dict[str, constraints.Check | None] = {}
        names = [name for name in actions if name in model.operation_names]
        self._operations = {name: model.operation_model(name) for name in names}
        unknown = sorted(set(actions) - set(names))
        if unknown:
            raise ValueError(f"{model.service_name} has no action {', '.join(unknown)}")

    def read(self, name: str, request: Request) -> dict[str, Any]:
        """The action's request in botocore's shape; blobs are bytes, times seconds since the epoch.

        Raises:
            ServiceError: SerializationException, or what `refuse` raises, as AWS refuses such a request.
        """
        operation = self._operations[name]
        shape = operation.input_shape
        if shape is None:
            return {}
        value = self._read_rest(operation, shape, request) if self._rest else loads(request.body)
        result: dict[str, Any] = self._reader(shape)(value, "")
        if name not in self._checks:
            self._checks[name] = constraints.compile_check(shape)
        refuse(self._model.service_name, self._checks[name], result)
        return result

    def write(self, name: str, result: Mapping[str, Any]) -> Answer:
        """The action's answer on the wire; members that are None are left out at the top level."""
        result = {key: value for key, value in result.items() if value is not None}
        if not self._rest:
            content = f"application/x-amz-json-{self._model.metadata.get('jsonVersion', '1.0')}"
            return Answer(200, dumps(result), {"Content-Type": content})
        return self._write_rest(self._operations[name], result)

    # ---- REST-JSON: members travel in the path, the query, headers, or as the whole body

    def _read_rest(self, operation: Any, shape: Any, request: Request) -> dict[str, Any]:
        match = _uri_pattern(operation.http["requestUri"]).fullmatch(request.path)
        labels = match.groupdict() if match else {}
        query = parse_qs(request.query, keep_blank_values=True)
        payload = shape.serialization.get("payload")
        members = shape.members
        value: dict[str, Any] = {}
        if payload is None:
            body = loads(request.body)
            if not isinstance(body, dict):
                raise ServiceError("SerializationException", "The request body is not a JSON object.")
            value.update(body)
        elif members[payload].type_name in ("blob", "string"):
            raw = request.body
            value[payload] = base64.b64encode(raw).decode() if members[payload].type_name == "blob" else raw.decode()
        else:
            value[payload] = loads(request.body)
        for member, inner in members.items():
            place, key = inner.serialization.get("location"), inner.serialization.get("name", member)
            text: str | None = None
            if place == "uri" and member in labels:
                text = unquote(labels[member])
            elif place == "querystring" and key in query:
                if inner.type_name == "list":
                    value[member] = query[key]
                    continue
                text = query[key][0]
            elif place == "header":
                text = request.headers.get(key.lower())
            elif place is None and key != member and key in value:
                value[member] = value.pop(key)
            if text is not None:
                value[member] = _scalar(inner, text)
        return value

    def _write_rest(self, operation: Any, result: dict[str, Any]) -> Answer:
        shape = operation.output_shape
        status = int(operation.http.get("responseCode", 200))
        headers = {"Content-Type": "application/json"}
        if shape is None:
            return Answer(status, b"", headers)
        payload, body = shape.serialization.get("payload"), {}
        raw = b""
        for member, value in result.items():
            inner = shape.members.get(member)
            place = inner.serialization.get("location") if inner is not None else None
            if member == payload and inner is not None:
                if inner.type_name in ("blob", "string"):
                    raw = value.encode() if isinstance(value, str) else bytes(value)
                    headers["Content-Type"] = "application/octet-stream"
                else:
                    raw = dumps(value)
            elif place == "statusCode":
                status = int(value)
            elif place == "header" and inner is not None:
                headers[inner.serialization.get("name", member)] = str(value)
            else:
                body[inner.serialization.get("name", member) if inner is not None else member] = value
        return Answer(status, raw if payload else dumps(body), headers)

    # ---- values, by shape; compiled once, kept by shape name

    def _reader(self, shape: Any) -> Reader:
        known = self._readers.get(shape.name)
        if known is None:
            # A shape may hold itself: what is found while it is being compiled looks its reader up when it
            # runs.
            self._readers[shape.name] = lambda *args: self._readers[shape.name](*args)
            known = self._readers[shape.name] = self._compile(shape)
        return known

    def _compile(self, shape: Any) -> Reader:
        kind = shape.type_name
        if kind == "structure":
            return _any if getattr(shape, "is_document_type", False) else self._compile_structure(shape)
        if kind == "list":
            item = self._reader(shape.member)

            def read_list(value: Any, where: str) -> Any:
                _expect(value, list, where, "a list")
                return [item(each, f"{where}.{n}.member") for n, each in enumerate(value, 1)]

            return read_list
        if kind == "map":
            inner = self._reader(shape.value)

            def read_map(value: Any, where: str) -> Any:
                _expect(value, dict, where, "a map")
                return {key: inner(each, f"{where}.{key}.member") for key, each in value.items()}

            return read_map
        return _READERS.get(kind, _any)

    def _compile_structure(self, shape: Any) -> Reader:
        members = {name: self._reader(inner) for name, inner in shape.members.items()}

        def read_structure(value: Any, where: str) -> Any:
            _expect(value, dict, where, "a structure")
            prefix = f"{where}." if where else ""
            return {
                name: members[name](inner, prefix + name)
                for name, inner in value.items()
                if name in members and inner is not None
            }

        return read_structure


def refuse(service: str, check: constraints.Check | None, request: Mapping[str, Any]) -> None:
    """Refuse a request that breaks what the model says of its values.

    Args:
        service: botocore's name.
        check: of the action's input shape.
        request: in botocore's shape.

    Raises:
        ServiceError: by the code that the service has for it, with every fault.
    """
    problems: list[str] = []
    if check is not None:
        check(request, "", problems)
    if problems:
        raise invalid(service, *problems)


def invalid(service: str, *problems: str) -> ServiceError:
    """What a service answers to values that its model does not allow.

    Args:
        service: botocore's name.
        problems: sentences of `constraints.sentence`.
    """
    if service == "iam" and (name := re.search(rf"at '(\w+)' .*{re.escape(_IAM_NAME)}$", problems[0])):
        only = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
        return ServiceError("ValidationError", f"The specified value for {name[1]} is invalid. {only}")
    # https://github.com/awslabs/amazon-redshift-monitoring/pull/25
    if service == "lambda" and (runtime := re.match(r"Value '([^']*)' (at 'runtime' .*)$", problems[0])):
        return ServiceError("InvalidParameterValueException", f"Value {runtime[1]} {runtime[2]} or be a valid ARN")
    if service == "sqs" and (name := re.search(r"at '(\w+)' .*must not be null$", problems[0])):
        parameter = f"{name[1][:1].upper()}{name[1][1:]}"
        return ServiceError("MissingParameter", f"The request must contain the parameter {parameter}.")
    return ServiceError(_INVALID.get(service, "ValidationException"), constraints.detected(list(problems)))


def _expect(value: Any, kind: type | tuple[type, ...], where: str, what: str) -> None:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool and kind != (bool,)):
        at = f"at '{where}' " if where else ""
        raise ServiceError("SerializationException", f"The value {at}in the request body is not {what}.")


def _any(value: Any, _where: str) -> Any:
    return value


def _of(kinds: tuple[type, ...], what: str) -> Reader:
    def read(value: Any, where: str) -> Any:
        _expect(value, kinds, where, what)
        return value

    return read


def _blob(value: Any, where: str) -> bytes:
    _expect(value, str, where, "a base64 string")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ServiceError("SerializationException", f"The value at '{where}' is not base64.") from None


_READERS: Mapping[str, Reader] = {
    "blob": _blob,
    "boolean": _of((bool,), "a boolean"),
    "double": _of((int, float), "a number"),
    "float": _of((int, float), "a number"),
    "integer": _of((int,), "an integer"),
    "long": _of((int,), "an integer"),
    "string": _of((str,), "a string"),
}


def _scalar(shape: Any, text: str) -> Any:
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
    except ValueError:
        raise ServiceError("SerializationException", f"'{text}' is not a number.") from None
    return text == "true" if shape.type_name == "boolean" else text


@dataclass(frozen=True, slots=True)
class _Route:
    """How a request of a REST protocol names an action."""

    name: str
    path: re.Pattern[str]
    query: Mapping[str, str]  # of its URI; an empty value stands for any
    headers: frozenset[str]  # that it must have, in lower case
    deprecated: bool  # S3's GetBucketNotification is on the wire what GetBucketNotificationConfiguration is

    @property
    def demands(self) -> tuple[int, int, bool]:
        """How much it asks for, as a key to sort by."""
        return len(self.path.pattern), len(self.query) + len(self.headers), not self.deprecated

    def matches(self, request: Request, query: Mapping[str, list[str]]) -> bool:
        return (
            self.query.keys() <= query.keys()
            and self.headers <= request.headers.keys()
            and self.path.fullmatch(request.path) is not None
            and all(value in ("", query[key][0]) for key, value in self.query.items())
        )


class Router:
    """Which action of a service a request calls.

    Args:
        model: botocore's service model.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def action(self, request: Request) -> str | None:
        """What its target says (JSON), its Action (query), or its method, path, query and headers (REST).

        Of several REST actions it is the one that asks for most: UploadPart is PutObject with a part's number.
        """
        target = request.headers.get("x-amz-target")
        if target is not None:
            return target.rpartition(".")[2]
        if not self.model.protocol.startswith("rest-"):
            named = re.search(rb"(?:^|[&?])Action=(\w+)", request.body + b"?" + request.query.encode())
            return named[1].decode() if named else None
        query = parse_qs(request.query, keep_blank_values=True)
        routes = self._routes.get(request.method, ())
        return next((route.name for route in routes if route.matches(request, query)), None)

    @cached_property
    def _routes(self) -> dict[str, list[_Route]]:
        """By method; those that ask for most come first."""
        found: dict[str, list[_Route]] = {}
        for name in self.model.operation_names:
            operation = self.model.operation_model(name)
            uri, shape = operation.http["requestUri"], operation.input_shape
            query = dict(parse_qsl(uri.partition("?")[2], keep_blank_values=True))
            headers = set()
            for member in shape.required_members if shape is not None else ():
                place = shape.members[member].serialization
                if place.get("location") == "querystring":
                    query.setdefault(place["name"], "")
                elif place.get("location") == "header":
                    headers.add(place["name"].lower())
            route = _Route(name, _uri_pattern(uri), query, frozenset(headers), operation.deprecated)
            found.setdefault(operation.http["method"], []).append(route)
        for routes in found.values():
            routes.sort(key=lambda each: each.demands, reverse=True)
        return found


def _uri_pattern(uri: str) -> re.Pattern[str]:
    """A pattern for a URI template such as /functions/{FunctionName}/invocations; `{Key+}` takes slashes."""
    parts = []
    for literal, label in re.findall(r"([^{]*)(?:\{([^}]+)\})?", uri.partition("?")[0]):
        parts.append(re.escape(literal))
        if label:
            name = re.sub(r"\W", "_", label.rstrip("+"))
            parts.append(f"(?P<{name}>{'.+' if label.endswith('+') else '[^/]+'})")
    return re.compile("".join(parts) + "/?")
