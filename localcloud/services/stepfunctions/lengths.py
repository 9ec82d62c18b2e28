"""How long the strings and lists of a request may be, and which characters they may have.

The limits are those of botocore's model. The wire has checked types, enumerations and numbers; this is the
rest of AWS's request validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.services.stepfunctions import errors

Check = Callable[[Any, str, list[str]], None]


def compile_check(shape: Any) -> Callable[[Mapping[str, Any]], None]:
    """A function that refuses a request whose members break the model's limits.

    Args:
        shape: botocore's input shape of an action, or None for an action without input.

    Returns:
        The check. It raises ServiceError (ValidationException), which names every problem at once, as AWS's
        does.
    """
    if shape is None:
        return lambda request: None
    check = _structure(shape, ())

    def run(request: Mapping[str, Any]) -> None:
        problems: list[str] = []
        if check is not None:
            check(request, "", problems)
        if problems:
            noun = "validation error" if len(problems) == 1 else "validation errors"
            raise errors.validation(f"{len(problems)} {noun} detected: {'; '.join(problems)}")

    return run


def _compile(shape: Any, above: tuple[str, ...]) -> Check | None:
    if shape.name in above:  # a shape that holds itself is not followed for ever
        return None
    if shape.type_name == "structure":
        return _structure(shape, (*above, shape.name))
    if shape.type_name == "list":
        return _list(shape, (*above, shape.name))
    if shape.type_name == "string":
        return _string(shape)
    return None


def _structure(shape: Any, above: tuple[str, ...]) -> Check | None:
    compiled = {name: _compile(inner, above) for name, inner in shape.members.items()}
    checks = {name: check for name, check in compiled.items() if check is not None}
    if not checks:
        return None

    def run(value: Any, where: str, problems: list[str]) -> None:
        for name, check in checks.items():
            if value.get(name) is not None:
                check(value[name], f"{where}.{name}" if where else name, problems)

    return run


def _list(shape: Any, above: tuple[str, ...]) -> Check:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    item, of = _compile(shape.member, above), shape.member.name

    def run(value: Any, where: str, problems: list[str]) -> None:
        shown = f" '[{', '.join(_java(of, each) for each in value)}]'"
        _limits(len(value), least, most, shown, where, problems)
        for number, each in enumerate(value, 1):
            if item is not None:
                item(each, f"{where}.{number}.member", problems)

    return run


def _string(shape: Any) -> Check | None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    source = shape.metadata.get("pattern")
    # Java's \p{ASCII} is not in Python's re.
    pattern = re.compile(source.replace(r"\p{ASCII}", r"[\x00-\x7F]")) if source else None
    if least is None and most is None and pattern is None:
        return None
    sensitive = shape.metadata.get("sensitive", False)

    def run(value: Any, where: str, problems: list[str]) -> None:
        shown = "" if sensitive else f" '{value}'"  # AWS does not repeat what may be a secret
        _limits(_size(value, most), least, most, shown, where, problems)
        if pattern is not None and not pattern.fullmatch(value):
            problems.append(
                f"Value{shown} at '{where}' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {source}"
            )

    return run


def _size(value: str, most: int | None) -> int:
    """Characters; for payloads UTF-8 bytes, as the API reference says of input and output."""
    if most == 262144 and len(value) <= most:
        return len(value.encode(errors="surrogatepass"))
    return len(value)


def _limits(size: int, least: int | None, most: int | None, shown: str, where: str, problems: list[str]) -> None:
    if least is not None and size < least:
        rule = f"Member must have length greater than or equal to {least}"
    elif most is not None and size > most:
        rule = f"Member must have length less than or equal to {most}"
    else:
        return
    problems.append(f"Value{shown} at '{where}' failed to satisfy constraint: {rule}")


def _java(name: str, value: Any) -> str:
    """A value as the service, which is written in Java, prints it."""
    if isinstance(value, dict):
        return f"{name}({', '.join(f'{key}={each}' for key, each in value.items())})"
    return str(value)
