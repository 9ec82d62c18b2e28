"""Values between a workflow's JSON and botocore's shapes: names, blobs, times and text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Spelling = Callable[[str], str]


def text_of(value: Any) -> str:
    """Compact JSON, as Step Functions writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def to_request(shape: Any, value: Any, spell: Spelling, problems: list[str]) -> Any:
    """A workflow's argument in botocore's shape.

    Where the API takes text, a JSON value becomes JSON text; where it takes bytes, its UTF-8 (so a string put
    into S3 keeps its quotes, as with AWS).

    Args:
        shape: botocore's shape of the value.
        spell: how Step Functions spells a member of a structure.
        problems: what is wrong is appended, in the words of AWS.
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        names = {spell(name): (name, inner) for name, inner in shape.members.items()}
        result = {}
        for key, each in value.items():
            name, inner = names.get(key, (key, shape.members.get(key)))
            if inner is None:
                problems.append(f'The field "{key}" is not supported by Step Functions')
            elif each is not None:
                result[name] = to_request(inner, each, spell, problems)
        for name in shape.required_members:
            if name not in result:
                problems.append(f'The field "{spell(name)}" is required but was missing')
        return result
    if kind == "list" and isinstance(value, list):
        return [to_request(shape.member, each, spell, problems) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {key: to_request(shape.value, each, spell, problems) for key, each in value.items()}
    if kind == "string" and not isinstance(value, str):
        return text_of(value)
    if kind == "blob":
        return text_of(value).encode(errors="surrogatepass")
    return value


def from_response(shape: Any, value: Any, spell: Spelling, date: Callable[[datetime], Any]) -> Any:
    """Botocore's response as a workflow sees it: members by `spell`, times by `date`, bytes as text."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            spell(key): from_response(members[key], value[key], spell, date)
            for key in sorted(value)
            if key in members and value[key] is not None
        }
    if kind == "list" and isinstance(value, list):
        return [from_response(shape.member, each, spell, date) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {key: from_response(shape.value, each, spell, date) for key, each in value.items()}
    if kind == "timestamp":
        return date(value)
    if hasattr(value, "read"):
        value = value.read()
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def iso(value: datetime) -> str:
    """A time as `aws-sdk` integrations give it: ISO 8601, in UTC, milliseconds when there are any."""
    value = value.astimezone(UTC)
    unit = "milliseconds" if value.microsecond >= 1000 else "seconds"
    return value.isoformat(timespec=unit).replace("+00:00", "Z")


def milliseconds(value: datetime) -> int:
    """A time as optimised integrations give it: milliseconds since the epoch."""
    return round(value.timestamp() * 1000)
