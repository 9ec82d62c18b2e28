"""Clients of a local cloud whose every answer is held against botocore's model of the service."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from localcloud.cloud import Cloud


def client(cloud: Cloud, service: str) -> Any:
    """A client of `service` that lets nothing through which AWS could not have answered."""
    found = cloud.client(service)
    found.meta.events.register(f"after-call.{service}", _hold, unique_id="answers")
    return found


def _hold(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    answer = {name: value for name, value in parsed.items() if name not in ("ResponseMetadata", "Error")}
    if "Error" in parsed or model.output_shape is None:
        return
    problems = _strangers(answer, model.output_shape, "")
    assert not problems, problems
    report = ParamValidator().validate(answer, model.output_shape)
    assert not report.has_errors(), report.generate_report()


def _strangers(value: Any, shape: Any, where: str) -> list[str]:
    """Members that the shape does not have, and values that an enumeration does not."""
    if shape.type_name == "structure":
        unknown = [f"{where}.{name}" for name in value if name not in shape.members]
        known = [(value[name], inner, f"{where}.{name}") for name, inner in shape.members.items() if name in value]
        return unknown + [each for inner in known for each in _strangers(*inner)]
    if shape.type_name == "list":
        return [each for item in value for each in _strangers(item, shape.member, f"{where}[]")]
    allowed = shape.metadata.get("enum") if shape.type_name == "string" else None
    return [f"{where}: {value}"] if allowed and value not in allowed else []


def error(call: Any, **request: Any) -> tuple[str, str]:
    """The code and the message with which a call is refused."""
    try:
        answer = call(**request)
    except ClientError as refused:
        return refused.response["Error"]["Code"], refused.response["Error"]["Message"]
    raise AssertionError(f"not refused: {answer}")


def unchecked(found: Any) -> Any:
    """The client, without botocore's own check of the parameters, so that the service sees them."""
    found._serializer = getattr(found._serializer, "_serializer", found._serializer)
    return found


def pass_seconds(cloud: Cloud, seconds: float) -> None:
    """Let virtual time pass, and the work that falls into it be done."""

    async def sleep() -> None:
        await cloud.clock.sleep(seconds)

    assert cloud.clock.spawn(sleep()).join(120)
