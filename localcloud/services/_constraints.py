"""What AWS checks of each request before it looks at anything: lengths, patterns and ranges of the API's model.

The words are those of https://github.com/aws/amazon-sagemaker-examples/issues/2236.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from localcloud.door.wire import ServiceError, Structure


def check(service: str, action: str, request: Structure) -> None:
    """Refuse a request whose values the API does not allow.

    Args:
        service, action: botocore's names.
        request: in botocore's shape.

    Raises:
        ServiceError: ValidationException, with every value and the constraint that it breaks.
    """
    problems = list(_problems(_model(service).operation_model(action).input_shape, request, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise ServiceError("ValidationException", f"{count}: {'; '.join(problems)}")


@cache
def _model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def _problems(shape: Any, value: Any, where: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, inner in shape.members.items():
            if value.get(name) is not None:
                yield from _problems(inner, value[name], f"{where}.{_camel(name)}".lstrip("."))
    elif shape.type_name == "list":
        for number, each in enumerate(value, 1):
            yield from _problems(shape.member, each, f"{where}.{number}.member")
    elif shape.type_name == "map":
        for part, items in (("key", value.keys()), ("value", value.values())):
            rules = [rule for each in items for rule in _rules(getattr(shape, part), each)]
            if rules:
                yield _sentence(value, where, f"Map {part} must satisfy constraint: [{', '.join(rules)}]")
    else:
        yield from (_sentence(value, where, rule) for rule in _rules(shape, value))


def _rules(shape: Any, value: Any) -> Iterator[str]:
    """What a string or a number breaks."""
    least, most, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
    if isinstance(value, str):
        if least is not None and len(value) < least:
            yield f"Member must have length greater than or equal to {least}"
        if most is not None and len(value) > most:
            yield f"Member must have length less than or equal to {most}"
        if pattern is not None and not _matches(pattern, value):
            yield f"Member must satisfy regular expression pattern: {pattern}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if least is not None and value < least:
            yield f"Member must have value greater than or equal to {least}"
        if most is not None and value > most:
            yield f"Member must have value less than or equal to {most}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    except re.error:  # the model is written for Java
        return True


def _sentence(value: Any, where: str, rule: str) -> str:
    return f"Value '{value}' at '{where}' failed to satisfy constraint: {rule}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
