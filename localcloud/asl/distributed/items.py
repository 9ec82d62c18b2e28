"""Items that are the members of an object: a distributed Map runs once for each, with its key and its value.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemspath.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Pair:
    """One member of an object that is mapped over."""

    key: str
    value: Any


def pairs(value: dict[str, Any]) -> list[Any]:
    """The members of an object as items."""
    return [Pair(key, each) for key, each in value.items()]


def map_item(index: int, item: Any) -> dict[str, Any]:
    """`Map` in the context object of an iteration."""
    if isinstance(item, Pair):
        return {"Item": {"Index": index, "Key": item.key, "Value": item.value}}
    return {"Item": {"Index": index, "Value": item}}


def plain(items: list[Any]) -> list[Any]:
    """Items as JSON values: a pair is an object of Key and Value."""
    return [{"Key": item.key, "Value": item.value} if isinstance(item, Pair) else item for item in items]
