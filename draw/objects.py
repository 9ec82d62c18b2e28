"""Which objects in S3 a state's data names, and what was found where on them.

Services name an object in many ways: `s3://bucket/key`, its ARN or its https address; `{"Bucket", "Key"}` (S3,
Lambda, Step Functions), `{"S3Object": {"Bucket", "Name"}}` (Textract, Rekognition), `{"bucket": {"name"}, "object":
{"key"}}` (the events of S3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_ADDRESSES = tuple(
    re.compile(pattern.replace("BUCKET", f"(?P<bucket>{_BUCKET})"), re.DOTALL)
    for pattern in (
        r"s3a?://BUCKET/(?P<key>.+)",
        r"arn:aws[a-z-]*:s3:::BUCKET/(?P<key>.+)",
        r"https://s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?/BUCKET/(?P<web>[^?]+)",
        r"https://BUCKET\.s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?/(?P<web>[^?]+)",
    )
)
_NAMES = re.compile(_BUCKET)
_BUCKETS = ("bucket", "s3bucket", "bucketname")
_KEYS = ("key", "name", "s3key", "s3objectkey", "objectkey")
MOST = 4  # objects of one state
MOST_LOOKED_AT = 2000  # values: what AWS puts into 256 KB may be many


@dataclass(frozen=True, slots=True)
class Place:
    """An object in S3, or all whose key begins so."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Box:
    """Something that a service found on a picture.

    Args:
        left, top, width, height: as parts of the picture's, 0 to 1.
        kind: "line", "field", "item" (of a receipt), "thing" or "face".
        text: what it reads, or what it is.
    """

    left: float
    top: float
    width: float
    height: float
    kind: str
    text: str


def named(*values: Any) -> list[Place]:
    """The first objects that JSON values name, each once."""
    found: dict[Place, None] = {}
    for value in values:
        for count, place in enumerate(_named(value)):
            if place is not None:
                found[place] = None
            if len(found) == MOST or count == MOST_LOOKED_AT:
                return list(found)
    return list(found)


def _named(value: Any) -> Iterator[Place | None]:
    """The objects of a value in their order; None for each value that names none."""
    if isinstance(value, str):
        yield _address(value)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)
    elif isinstance(value, dict):
        yield _pair(value)
        for inner in value.values():
            yield from _named(inner)


def _address(text: str) -> Place | None:
    if len(text) > 1200 or ":" not in text[:6]:
        return None
    for pattern in _ADDRESSES:
        found = pattern.fullmatch(text)
        if found:
            parts = found.groupdict()
            return Place(parts["bucket"], unquote(parts["web"]) if "web" in parts else parts["key"])
    return None


def _pair(value: dict[str, Any]) -> Place | None:
    small = {str(name).lower().replace("_", ""): inner for name, inner in value.items()}
    bucket = next((small[name] for name in _BUCKETS if name in small), None)
    key = next((small[name] for name in _KEYS if name in small), None)
    if isinstance(bucket, dict) and isinstance(small.get("object"), dict):
        bucket, key = bucket.get("name"), small["object"].get("key")
    if isinstance(bucket, str) and isinstance(key, str) and key and _NAMES.fullmatch(bucket):
        return Place(bucket, key)
    return None


def boxes(result: Any) -> list[Box]:
    """What Textract and Rekognition found on a picture, from their response or a part of it with its own names."""
    if not isinstance(result, dict):
        return []
    return [box for entry, kind, text in _found(result) if (box := _box(entry, kind, text)) is not None]


def _found(result: dict[str, Any]) -> Iterator[tuple[Any, str, Any]]:
    """Whatever may have a place on the picture (its Geometry or BoundingBox), with its kind and text."""
    for block in _dicts(result.get("Blocks")):
        if block.get("BlockType") == "LINE":
            yield block, "line", block.get("Text")
    for document in _dicts(result.get("ExpenseDocuments")):
        for line in _dicts(document.get("LineItemGroups")):
            for item in _dicts(line.get("LineItems")):
                for field in _dicts(item.get("LineItemExpenseFields")):
                    yield _value(field), "item", _value(field).get("Text")
        for field in _dicts(document.get("SummaryFields")):
            kind = field.get("Type")
            yield _value(field), "field", kind.get("Text") if isinstance(kind, dict) else ""
    for label in _dicts(result.get("Labels")):
        for instance in _dicts(label.get("Instances")):
            yield instance, "thing", label.get("Name")
    for label in _dicts(result.get("CustomLabels")):
        yield label, "thing", label.get("Name")
    for face in _dicts(result.get("FaceDetails")):
        yield face, "face", "Face"
    for celebrity in _dicts(result.get("CelebrityFaces")):
        yield celebrity.get("Face"), "face", celebrity.get("Name")
    for text in _dicts(result.get("TextDetections")):
        if text.get("Type") == "LINE":
            yield text, "line", text.get("DetectedText")


def _box(entry: Any, kind: str, text: Any) -> Box | None:
    geometry = entry.get("Geometry", entry) if isinstance(entry, dict) else None
    sides = geometry.get("BoundingBox") if isinstance(geometry, dict) else None
    if not isinstance(sides, dict):
        return None
    numbers = [sides.get(name) for name in ("Left", "Top", "Width", "Height")]
    if not all(isinstance(number, int | float) and -1 <= number <= 2 for number in numbers):
        return None
    left, top, width, height = (float(number or 0) for number in numbers)
    return Box(left, top, width, height, kind, str(text or ""))


def _value(field: dict[str, Any]) -> dict[str, Any]:
    found = field.get("ValueDetection")
    return found if isinstance(found, dict) else {}


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
