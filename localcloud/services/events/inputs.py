"""What of an event a target gets: Input, InputPath or InputTransformer.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from localcloud.asl import jsonpath
from localcloud.asl.data import EvaluationError, ExpressionSyntaxError
from localcloud.door.wire import ServiceError

Shape = dict[str, Any]

#: Placeholders that EventBridge fills in by itself.
_OWN = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
)

_PLACEHOLDER = re.compile(r"<([^<>\s\"]+)>")

#: A template in pieces: a quoted text, a placeholder outside of one, or anything else.
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>\s"]+>|[^"<]+|.', re.DOTALL)

_MISSING = object()


def compact(value: Any) -> str:
    """JSON as EventBridge writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def check(target: Shape) -> None:
    """Refuse what PutTargets refuses.

    Raises:
        ServiceError: ValidationException.
    """
    name = target["Id"]
    given = [key for key in ("Input", "InputPath", "InputTransformer") if key in target]
    if len(given) > 1:
        raise _invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.")
    if "Input" in target:
        try:
            json.loads(target["Input"])
        except ValueError as problem:
            raise _invalid(f"JSON syntax error in input for target {name} : {problem}") from None
    if "InputPath" in target:
        _check_path(target["InputPath"], f"InputPath for target {name}")
    if "InputTransformer" in target:
        paths = target["InputTransformer"].get("InputPathsMap", {})
        for variable, path in paths.items():
            if variable.lower().startswith("aws"):
                raise _invalid(f"InputPathsMap for target {name} contains the reserved name {variable}.")
            _check_path(path, f"InputPathsMap for target {name}")
        for variable in _PLACEHOLDER.findall(target["InputTransformer"]["InputTemplate"]):
            if variable not in paths and variable not in _OWN:
                raise _invalid(f"InputTemplate for target {name} contains invalid placeholder {variable}.")


def _check_path(path: str, what: str) -> None:
    try:
        jsonpath.parse(path)
    except ExpressionSyntaxError:
        raise _invalid(f"{what} is not valid: '{path}' is no JSON path.") from None


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)


def text_for(target: Shape, event: Shape, rule_name: str, rule_arn: str) -> str:
    """What a target gets of an event: JSON, unless a transformer's template is none.

    Args:
        target: as PutTargets took it.
        event: as the bus has it.
        rule_name, rule_arn: the rule that matched.
    """
    if "Input" in target:
        text: str = target["Input"]
        return text
    if "InputPath" in target:
        found = value(target["InputPath"], event)
        return compact({} if found is _MISSING else found)
    if "InputTransformer" not in target:
        return compact(event)
    transformer = target["InputTransformer"]
    values = {name: value(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    return fill(transformer["InputTemplate"], values)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Put values in the place of a template's placeholders.

    Outside quotes a value is JSON. Inside, a text is itself and anything else is JSON without its quotes. A path that
    the event has not is an empty text.
    """

    def piece(match: re.Match[str]) -> str:
        text = match[0]
        if text.startswith("<") and text[1:-1] in values:
            return _json(values[text[1:-1]])
        if text.startswith('"'):
            return _PLACEHOLDER.sub(lambda found: _inside(values, found), text)
        return text

    return _PIECE.sub(piece, template)


def _json(value: Any) -> str:
    return '""' if value is _MISSING else compact(value)


def _inside(values: Mapping[str, Any], found: re.Match[str]) -> str:
    if found[1] not in values:
        return found[0]
    value = values[found[1]]
    if value is _MISSING:
        return ""
    return compact(value)[1:-1] if isinstance(value, str) else compact(value).replace('"', "").replace("\\", "")


def value(path: str, event: Shape) -> Any:
    """What a JSON path finds in an event; a mark of its own when it finds nothing."""
    try:
        return jsonpath.parse(path).apply(event)
    except EvaluationError:
        return _MISSING
