"""Values between a workflow's JSON and botocore's shapes: names, blobs, times and text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_to_aware_datetime

from localcloud.integrations.naming import capitalised, title

Spelling = Callable[[str], str]


def text_of(value: Any) -> str:
    """Compact JSON, as Step Functions writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


#: Members that take text, of which a workflow may give the JSON value (developer guide, "Passing parameters to a
#: service API", and the pages of SNS, SQS, EventBridge and Step Functions). All others that are text are names.
_JSON_TEXT = re.compile(
    r"(Body|Cause|Definition|Detail|Document|Input|Message|Output|Payload|Policy|SecretString)$", re.IGNORECASE
)

_KINDS = {
    "structure": "an OBJECT",
    "map": "an OBJECT",
    "list": "an ARRAY",
    "string": "a STRING",
    "boolean": "a BOOLEAN",
    "timestamp": "a TIMESTAMP",
}


def must_be(name: str, kind: str) -> str:
    """AWS's words for a value of another type than the field has (aws-cdk#9181)."""
    return f"The value for the field '{name}' must be {kind}"


def to_request(shape: Any, value: Any, spell: Spelling, problems: list[str], name: str = "") -> Any:
    """A workflow's argument in botocore's shape.

    Step Functions reads the JSON into the request objects of the SDK for Java: a number or a truth value is taken
    where text is wanted, text that writes one where it is. Where the API takes JSON as text, a JSON value becomes that;
    where it takes bytes, its UTF-8 (so a string put into S3 keeps its quotes, as with AWS). A null is as if the member,
    or the entry of a map, were not there; a required one, and one in a list, goes to the API, which says that it must
    not be null.

    Args:
        shape: botocore's shape of the value.
        spell: how Step Functions spells a member of a structure.
        problems: what is wrong is appended, in the words of AWS.
        name: of the field that the value is in.
    """
    kind = shape.type_name
    if getattr(shape, "is_document_type", False) or value is None:
        return value
    if kind == "blob":
        return text_of(value).encode(errors="backslashreplace")
    if kind == "structure" and shape.name == "AttributeValue" and spell is capitalised:
        value = _attribute(value)
    if kind == "structure" and isinstance(value, dict):
        return _structure(shape, value, spell, problems)
    if kind == "list" and isinstance(value, list):
        return [to_request(shape.member, each, spell, problems, name) for each in value]
    if kind == "map" and isinstance(value, dict):
        inner = shape.value
        return {key: to_request(inner, each, spell, problems, key) for key, each in value.items() if each is not None}
    if kind not in ("structure", "list", "map"):
        if kind == "timestamp" and spell is capitalised and isinstance(value, int | float):
            value /= 1000  # Java's Date, which optimised integrations also answer with
        converted = _scalar(kind, value, name)
        if converted is not None:
            return converted
    problems.append(must_be(name, _KINDS.get(kind, "a NUMBER")))
    return value


def _structure(shape: Any, value: dict[str, Any], spell: Spelling, problems: list[str]) -> dict[str, Any]:
    names = {title(member): (member, inner) for member, inner in shape.members.items()}
    names |= {spell(member): (member, inner) for member, inner in shape.members.items()}
    result = {}
    for key, each in value.items():
        member, inner = names.get(key, (key, None))
        if inner is None:
            problems.append(f'The field "{key}" is not supported by Step Functions')
        elif each is not None or member in shape.required_members:
            result[member] = to_request(inner, each, spell, problems, key)
    for member in shape.required_members:
        if member not in result:
            problems.append(f'The field "{spell(member)}" is required but was missing')
    return result


def _attribute(value: Any) -> Any:
    """DynamoDB's AttributeValue of the SDK for Java v1, which is made of plain text, and of a list of it, too."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"N": text_of(value)}
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return {"SS": value}
    return value


def _scalar(kind: str, value: Any, name: str) -> Any:
    """A value as the kind that is wanted, None where it is none."""
    if kind == "string":
        if isinstance(value, str):
            return value
        return text_of(value) if not isinstance(value, dict | list) or _JSON_TEXT.search(name) else None
    if kind == "boolean":
        word = str(value).lower() if isinstance(value, str | bool) else None
        return {"true": True, "false": False}.get(word) if word else None
    if kind == "timestamp":
        try:
            parse_to_aware_datetime(value)
        except (ValueError, RuntimeError):
            return None
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if kind in ("integer", "long"):
        return int(value) if value == int(value) else None
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
    value = datetime.fromtimestamp(round(value.timestamp(), 3), UTC)  # a float's noise is no microsecond
    unit = "milliseconds" if value.microsecond else "seconds"
    return value.isoformat(timespec=unit).replace("+00:00", "Z")


def milliseconds(value: datetime) -> int:
    """A time as optimised integrations give it: milliseconds since the epoch."""
    return round(value.timestamp() * 1000)
