"""What AWS's services check of a request before they look at anything: what their model says of each value.

Required members, enumerations, patterns, lengths and ranges, every fault in one sentence of its own. The words are what
users met: https://github.com/aws/amazon-sagemaker-examples/issues/2236, and
https://github.com/fluent-plugins-nursery/fluent-plugin-cloudwatch-logs/issues/223 for their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

#: Takes a value, where it stands in its request, and the list to which it adds what is wrong.
Check = Callable[[Any, str, list[str]], None]

#: How Java's classes of characters are written in Python's re, where they can be.
_JAVA = {r"\p{ASCII}": r"[\x00-\x7F]", r"\p{L}\p{Z}\p{N}": r"\w\s"}


@cache
def compile_check(shape: Any) -> Check | None:
    """The check of a shape of botocore's; None where nothing could be wrong."""
    return _compile(shape, ())


def sentence(value: Any, where: str, rule: str, *, shown: bool = True) -> str:
    """One fault.

    Args:
        value: None for one that is missing.
        where: in botocore's names, as `ProductionVariants.1.member.ModelName`.
        rule: "Member must ...".
        shown: whether the value is repeated; AWS does not repeat what may be a secret.
    """
    text = "" if not shown else " null" if value is None else f" '{_java(value)}'"
    where = re.sub(r"(?<![^.])[A-Z]", lambda first: first[0].lower(), where)  # 'tableName', whatever the model has
    return f"Value{text} at '{where}' failed to satisfy constraint: {rule}"


def detected(problems: list[str]) -> str:
    """All faults of a request as its error's message."""
    return f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: {'; '.join(problems)}"


def _compile(shape: Any, above: tuple[str, ...]) -> Check | None:
    if shape is None or shape.name in above:  # a shape that holds itself is not followed for ever
        return None
    above = (*above, shape.name)
    if shape.type_name == "structure":
        return _structure(shape, above)
    if shape.type_name == "list":
        return _list(shape, above)
    if shape.type_name == "map":
        return _map(shape, above)
    return _scalar(shape)


def _structure(shape: Any, above: tuple[str, ...]) -> Check | None:
    compiled = {name: _compile(inner, above) for name, inner in shape.members.items()}
    checks = {name: check for name, check in compiled.items() if check is not None}
    required = tuple(shape.required_members)
    if not checks and not required:
        return None

    def run(value: Any, where: str, problems: list[str]) -> None:
        prefix = f"{where}." if where else ""
        for name, check in checks.items():
            if value.get(name) is not None:
                check(value[name], prefix + name, problems)
        for name in required:
            if value.get(name) is None:
                problems.append(sentence(None, prefix + name, "Member must not be null"))

    return run


def _list(shape: Any, above: tuple[str, ...]) -> Check | None:
    limits, item = _limits(shape), _compile(shape.member, above)
    of = shape.member.name

    def run(value: Any, where: str, problems: list[str]) -> None:
        if limits is not None and (rule := limits(len(value))):
            problems.append(sentence([_Named(of, each) for each in value], where, rule))
        for number, each in enumerate(value, 1):
            if each is None:
                problems.append(sentence(None, f"{where}.{number}.member", "Member must not be null"))
            elif item is not None:
                item(each, f"{where}.{number}.member", problems)

    return run


def _map(shape: Any, above: tuple[str, ...]) -> Check | None:
    limits, nested = _limits(shape), shape.value.type_name in ("structure", "list", "map")
    inner = _compile(shape.value, above) if nested else None
    rules = {part: _rules(getattr(shape, part)) for part in (("key",) if nested else ("key", "value"))}

    def run(value: Any, where: str, problems: list[str]) -> None:
        if limits is not None and (rule := limits(len(value))):
            problems.append(sentence(value, where, rule))
        for part, broken in rules.items():
            found = [rule for each in (value if part == "key" else value.values()) for rule in broken(each)]
            if found:
                problems.append(sentence(value, where, f"Map {part} must satisfy constraint: [{', '.join(found)}]"))
        if inner is not None:
            for key, each in value.items():
                inner(each, f"{where}.{key}.member", problems)

    return run


def _scalar(shape: Any) -> Check | None:
    if not shape.metadata.keys() & {"min", "max", "pattern", "enum"}:
        return None
    rules, shown = _rules(shape), not shape.metadata.get("sensitive") and shape.type_name != "blob"

    def run(value: Any, where: str, problems: list[str]) -> None:
        problems += [sentence(value, where, rule, shown=shown) for rule in rules(value)]

    return run


def _rules(shape: Any) -> Callable[[Any], list[str]]:
    """What a text, bytes or a number breaks."""
    limits, allowed = _limits(shape), shape.metadata.get("enum")
    source = shape.metadata.get("pattern")
    pattern = _pattern(source) if source and shape.type_name == "string" else None
    most = shape.metadata.get("max")

    def run(value: Any) -> list[str]:
        broken = []
        if allowed is not None and value not in allowed:
            broken.append(f"Member must satisfy enum value set: [{', '.join(allowed)}]")
        if pattern is not None and not pattern.fullmatch(value):
            broken.append(f"Member must satisfy regular expression pattern: {source}")
        if limits is not None:
            broken.append(limits(_size(value, most)))
        return [rule for rule in broken if rule]

    return run


def _limits(shape: Any) -> Callable[[float], str] | None:
    """The rule that a length, or a number, breaks; empty for none."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is None and most is None) or shape.type_name in ("boolean", "timestamp", "structure"):
        return None
    what = "value" if shape.type_name in ("integer", "long", "float", "double") else "length"

    def run(size: float) -> str:
        if least is not None and size < least:
            return f"Member must have {what} greater than or equal to {least}"
        if most is not None and size > most:
            return f"Member must have {what} less than or equal to {most}"
        return ""

    return run


def _size(value: Any, most: int | None) -> float:
    """Of a number itself; of a text its characters, of a payload (Step Functions' API reference) its UTF-8 bytes."""
    if isinstance(value, str) and most == 262144 and len(value) <= most:
        return len(value.encode(errors="surrogatepass"))
    return len(value) if isinstance(value, (str, bytes, bytearray)) else value


def _pattern(source: str) -> re.Pattern[str] | None:
    """The model's pattern, which is Java's; None where Python's re has no such thing."""
    for java, python in _JAVA.items():
        source = source.replace(java, python)
    try:
        # Without a class of letters of all scripts, \w and \d are ASCII's, as in Java.
        return re.compile(source, re.DOTALL | (0 if r"\w\s" in source else re.ASCII))
    except re.error:
        return None


class _Named:
    """A member of a list, with the name of its shape."""

    def __init__(self, name: str, value: Any) -> None:
        self._name, self._value = name, value

    def __str__(self) -> str:
        if isinstance(self._value, dict):
            return f"{self._name}({', '.join(f'{key}={_java(each)}' for key, each in self._value.items())})"
        return _java(self._value)


def _java(value: Any) -> str:
    """A value as a service prints it, which is written in Java."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={_java(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_java, value))}]"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)
