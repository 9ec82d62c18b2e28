"""What policies of IAM allow: identity policies, evaluated as IAM does.

An explicit Deny wins, then an Allow; what neither says is denied. Source: IAM User Guide, "Policy evaluation logic for
requests within a single account" and "IAM JSON policy elements" (Action, NotAction, Resource, NotResource, Condition,
variables). Resource policies, permissions boundaries, session policies and those of an organization are not evaluated:
nothing here has one, but for the permissions that Lambda, SNS and SQS give to a service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from localcloud.errors import UnsupportedLocally

Context = Mapping[str, str | Sequence[str]]
Decision = Literal["allowed", "denied", "not allowed"]


def decide(documents: Iterable[Mapping[str, Any]], action: str, resource: str, context: Context) -> Decision:
    """What a caller's policies say of one action on one resource.

    Args:
        documents: the policies.
        action: e.g. "s3:GetObject".
        resource: an ARN, or "*" for an action that has no resource.
        context: condition key -> its value or values, e.g. "iam:PassedToService"; keys are not case-sensitive.

    Raises:
        UnsupportedLocally: a statement that applies has a condition operator that is not evaluated here.
    """
    lower = {key.lower(): value for key, value in context.items()}
    effects = {
        statement["Effect"]
        for document in documents
        for statement in _listed(document["Statement"])
        if _applies(statement, action, resource, lower)
    }
    return "denied" if "Deny" in effects else "allowed" if "Allow" in effects else "not allowed"


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    if "Action" in statement:
        named = any(_like(action.lower(), each.lower()) for each in _listed(statement["Action"]))
    else:
        named = not any(_like(action.lower(), each.lower()) for each in _listed(statement["NotAction"]))
    if not named:
        return False
    patterns = [_filled(each, context) for each in _listed(statement.get("Resource", statement.get("NotResource")))]
    matches = any(each is not None and _like(resource, each) for each in patterns)
    if matches != ("Resource" in statement):
        return False
    conditions = statement.get("Condition", {})
    return all(
        _holds(operator, key, _listed(wanted), context)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text), re.DOTALL)


def _like(value: str, pattern: str) -> bool:
    return _pattern(pattern).fullmatch(value) is not None


def _filled(text: str, context: Context) -> str | None:
    """A text of a policy, its variables filled in; None when one has no value, and so nothing matches."""
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        key, _, default = found[1].partition(",")
        if key in ("*", "?", "$"):
            return key
        known = context.get(key.strip().lower(), default.strip().strip("'") or None)
        missing |= not isinstance(known, str)
        return str(known)

    filled = re.sub(r"\$\{([^}]*)\}", value, text)
    return None if missing else filled


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def holds(value: str, wanted: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return holds


def _arn_like(value: str, pattern: str) -> bool:
    """Each of the six parts by itself (IAM User Guide, "Amazon Resource Name (ARN) condition operators")."""
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(_like, parts, patterns))


#: Operator -> how it compares a value with a wanted one. (Those with Not hold when none of the wanted ones is met.)
_COMPARES: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
}


def _holds(operator: str, key: str, wanted: list[Any], context: Context) -> bool:
    """One line of a Condition (IAM User Guide, "Condition operators" and "Conditions with multiple context keys")."""
    found = context.get(key.lower())
    values = None if found is None else [found] if isinstance(found, str) else list(found)
    if operator == "Null":
        return (values is None) == (str(wanted[0]).lower() == "true")
    amount, _, name = operator.rpartition(":")
    name, if_exists, _ = name.partition("IfExists")
    positive = name.replace("Not", "", 1)
    compares = _COMPARES.get(positive)
    if compares is None or amount not in ("", "ForAnyValue", "ForAllValues"):
        raise UnsupportedLocally(
            f'A policy has the condition operator "{operator}", which the local cloud does not evaluate. Use one of '
            f"{', '.join(_COMPARES)}, Null, their IfExists, or Not with a text, ARN or number."
        )
    if values is None:
        return bool(if_exists) or amount == "ForAllValues" or (name != positive and amount == "")
    meant = [text for each in wanted if (text := _filled(_text(each), context)) is not None]
    results = [any(compares(value, each) for each in meant) == (name == positive) for value in values]
    return all(results) if amount == "ForAllValues" else any(results)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
