"""Every action of AWS's models is answered as the registry says, and README's table says the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from botocore.serialize import create_serializer
from werkzeug.test import EnvironBuilder, run_wsgi_app

from localcloud.cloud import Cloud
from localcloud.door import moto, registry, wire
from localcloud.door.front import Front
from localcloud.door.wire import ServiceError
from localcloud.host import Service
from tools import registry_table as table


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """One for all tests, whose session reads each model once: they are a hundred megabytes."""
    made = Cloud()
    yield made
    made.close()


#: On the wire the same as what is kept: deprecated, or told apart by a host of their own.
SAME = {("s3", "GetBucketNotification"), ("s3", "ListDirectoryBuckets"), ("s3", "PutBucketNotification")}


def least(shape: Any, depth: int = 0) -> Any:
    """The smallest value of a shape that can be sent."""
    kind = shape.type_name
    if kind == "structure":
        return {name: least(shape.members[name], depth + 1) for name in shape.required_members if depth < 9}
    if kind == "list":
        return [least(shape.member, depth + 1)]
    if kind == "string":
        return shape.metadata.get("enum", ["x"])[0]
    return {"map": {}, "blob": b"x", "boolean": False, "timestamp": 0, "float": 1.0, "double": 1.0}.get(kind, 1)


def request_of(model: Any, action: str) -> dict[str, Any]:
    """The least request for an action, as a client signs and sends it."""
    operation = model.operation_model(action)
    parameters = least(operation.input_shape) if operation.input_shape is not None else {}
    sent = create_serializer(model.resolved_protocol, include_validation=False).serialize_to_request(
        parameters, operation
    )
    signature = f"AWS4-HMAC-SHA256 Credential=k/20260105/us-east-1/{model.signing_name}/aws4_request, Signature=0"
    path, _, query = sent["url_path"].partition("?")
    more = sent.get("query_string") or {}
    body = sent["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    return EnvironBuilder(
        path=unquote(path) or "/",
        query_string="&".join(part for part in (query, more if isinstance(more, str) else urlencode(more)) if part),
        method=sent["method"],
        headers={**sent["headers"], "Authorization": signature},
        data=body or b"",
    ).get_environ()


def test_every_action_is_answered_as_the_registry_says(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done: in the place of moto and of our actions stands what says that it was asked."""

    def asked(_request: dict[str, Any]) -> dict[str, Any]:
        raise ServiceError("AskedOurs", "asked")

    def kept(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"AskedMoto"]

    for loaded in [cloud.service(name) for name in cloud.registry.names]:  # all, before one is replaced
        cloud.registry.add(Service(loaded.name, dict.fromkeys(loaded.actions, asked)))
    monkeypatch.setattr(moto, "application", lambda: kept)
    monkeypatch.setattr(registry, "SETTINGS", {})
    # The least request has no lawful names.
    monkeypatch.setattr(Front, "_check_values", lambda *_: None)
    monkeypatch.setattr(wire, "refuse", lambda *_: None)
    marks = {"ours": b"AskedOurs", "kept": b"AskedMoto", "refused": b"UnsupportedLocally"}
    model, wrong = cache(cloud.session.get_service_model), []
    for service, action, kind in table.actions(cloud):
        if (service, action) in SAME:
            continue
        environ = request_of(model(service), action)
        body = b"".join(run_wsgi_app(cloud.front, environ)[0])
        if marks[kind] not in body:
            wrong.append((service, action, kind, body[:200]))
    assert not wrong


def test_the_readme_says_what_the_registry_says(cloud: Cloud) -> None:
    text = table.README.read_text("utf-8")
    assert table.written(text, table.table(cloud)) == text, "run python -m tools.registry_table"


def test_what_is_kept_set_or_replaced_is_an_action_of_aws(cloud: Cloud) -> None:
    model = cache(lambda service: set(cloud.session.get_service_model(service).operation_names))
    named = {(service, action) for service, actions in registry.KEPT.items() for action in actions} - {
        ("s3", "PostObject")
    }
    instead = {tuple(each.split(":")) for each in registry.INSTEAD if ":" in each}
    for service, action in named | instead | set(registry.SETTINGS):
        assert action in model(service), (service, action)
    kinds = {registry.SETTINGS.keys() <= named, named & instead == set()}
    assert kinds == {True}  # settings are those of what is kept; something runs instead of what is not
    services = set(cloud.session.get_available_services())
    assert {each for each in registry.INSTEAD if ":" not in each} <= services
