"""ItemReader: the items of a distributed Map, read from S3.

Source: developer guide, "ItemReader (Map)": S3 object lists, and JSON, JSON Lines, CSV files and inventory or data
manifests in S3.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

from localcloud.asl.data import to_json
from localcloud.asl.distributed.items import pairs
from localcloud.asl.environment import Objects, TaskFailure
from localcloud.asl.errors import ITEM_READER_FAILED, StateFailed
from localcloud.asl.language import Fields, Language
from localcloud.asl.running import Visit

#: The most items that one file or list can give a map run (developer guide, quotas).
MAX_ITEMS = 100_000_000

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


class ItemReader:
    """The ItemReader field of a Map state."""

    def __init__(self, fields: Fields, language: Language) -> None:
        self._resource: str = fields["Resource"]
        self._config: dict[str, Any] = fields.get("ReaderConfig", {})
        self._arguments = language.template(fields.get(language.arguments, {}), f"ItemReader/{language.arguments}")
        self._max_items = language.number(self._config, "MaxItems")

    def limit(self, visit: Visit, effective: Any) -> int:
        """MaxItems, 0 for none. Raises StateFailed when it is no number, which is found before the map run starts."""
        value: int = self._max_items(visit, effective) if self._max_items else 0
        return value

    def read(self, visit: Visit, effective: Any, limit: int) -> list[Any]:
        """All items, up to the limit.

        Raises:
            StateFailed: States.ItemReaderFailed, with what the file or the store said.
        """
        arguments = self._arguments(visit, effective)
        if limit < 0:
            raise StateFailed(ITEM_READER_FAILED, "field MaxItems must be positive")
        limit = min(limit, MAX_ITEMS) or MAX_ITEMS
        objects = visit.frame.running.environment.objects
        if not isinstance(arguments, dict):
            arguments = {}
        try:
            items = []
            for item in self._items(objects, arguments):
                items.append(item)
                if len(items) == limit:
                    break
            return items
        except TaskFailure as failure:
            raise StateFailed(ITEM_READER_FAILED, failure.cause) from failure
        except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError) as problem:
            raise StateFailed(ITEM_READER_FAILED, f"The file cannot be read: {problem}") from problem

    def _items(self, objects: Objects, arguments: dict[str, Any]) -> Iterator[Any]:
        input_type, bucket = self._config.get("InputType", "JSON"), text_argument(arguments, "Bucket")
        if self._resource.endswith(":s3:listObjectsV2"):
            listed = _listed(objects, bucket, text_argument(arguments, "Prefix", ""))
            return self._flattened(objects, bucket, listed) if self._flattens else listed
        key = text_argument(arguments, "Key")
        body = objects.get(bucket, key, text_argument(arguments, "ExpectedBucketOwner", "") or None)
        if input_type == "MANIFEST" or "ManifestType" in self._config:
            return self._manifest(objects, bucket, body)
        return self._file(input_type, body)

    def _file(self, input_type: str, body: bytes) -> Iterator[Any]:
        if input_type == "CSV":
            return self._rows(body)
        if input_type == "JSONL":
            return _lines(body)
        if input_type == "JSON":
            return self._array(body)
        raise StateFailed(
            ITEM_READER_FAILED,
            f"The local cloud does not read InputType {input_type}. Use CSV, JSON, "
            "JSONL or MANIFEST, or set WORKSHOP_TARGET=aws.",
        )

    def _array(self, body: bytes) -> Iterator[Any]:
        value = _parse(body.decode("utf-8-sig"))
        pointer = self._config.get("ItemsPointer")
        for part in (pointer or "").split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            try:
                value = value[int(key)] if isinstance(value, list) else value[key]
            except (KeyError, IndexError, ValueError, TypeError):
                raise StateFailed(ITEM_READER_FAILED, f"ItemsPointer {pointer} points at nothing.") from None
        if isinstance(value, dict):
            return iter(pairs(value))
        if not isinstance(value, list):
            raise StateFailed(ITEM_READER_FAILED, "Attempting to map over non-iterable node.")
        return iter(value)

    def _rows(self, body: bytes) -> Iterator[dict[str, str]]:
        delimiter = _DELIMITERS[self._config.get("CSVDelimiter", "COMMA")]
        rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=delimiter)
        filled = (row for row in rows if row)
        headers = (
            next(filled, [])
            if self._config.get("CSVHeaderLocation") == "FIRST_ROW"
            else self._config.get("CSVHeaders", [])
        )
        if len(set(headers)) < len(headers):
            raise StateFailed(ITEM_READER_FAILED, "CSV headers cannot contain duplicates.")
        for row in filled:
            yield {header: row[i] if i < len(row) else "" for i, header in enumerate(headers)}

    def _manifest(self, objects: Objects, bucket: str, body: bytes) -> Iterator[Any]:
        if self._config.get("ManifestType", "S3_INVENTORY") == "ATHENA_DATA":
            data_type = self._config.get("InputType", "MANIFEST")
            for line in filter(None, map(str.strip, body.decode("utf-8-sig").splitlines())):
                source, _, key = line.strip('"').removeprefix("s3://").partition("/")
                content = _unzipped(objects.get(source, key, None))
                yield from self._file("CSV" if data_type == "MANIFEST" else data_type, content)
            return
        manifest = _parse(body.decode("utf-8-sig"))
        schema = manifest.get("fileSchema") if isinstance(manifest, dict) else None
        if not isinstance(schema, str) or not isinstance(manifest.get("files"), list):
            raise StateFailed(ITEM_READER_FAILED, "The manifest is not one of an S3 inventory.")
        if manifest.get("fileFormat", "CSV") != "CSV":
            raise StateFailed(
                ITEM_READER_FAILED,
                f"The local cloud does not read inventories in the format {manifest['fileFormat']}. Use CSV, or set "
                "WORKSHOP_TARGET=aws.",
            )
        columns = [column.strip() for column in schema.split(",")]
        for file in manifest["files"]:
            content = _unzipped(objects.get(bucket, file["key"], None))
            for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
                yield dict(zip(columns, row, strict=False))

    @property
    def _flattens(self) -> bool:
        return self._config.get("Transformation") == "LOAD_AND_FLATTEN"

    def _flattened(self, objects: Objects, bucket: str, listed: Iterator[dict[str, Any]]) -> Iterator[Any]:
        """The items of each listed object, one object after the other."""
        for each in listed:
            yield from self._file(self._config.get("InputType", "JSON"), objects.get(bucket, each["Key"], None))


def text_argument(arguments: dict[str, Any], name: str, default: str | None = None) -> str:
    """An argument of S3's that is text. Raises TaskFailure in the words of AWS where it is missing or none."""
    value = arguments.get(name)
    if value is None and default is not None:
        return default
    if value is None:
        raise TaskFailure(None, f'The field "{name}" is required but was missing')
    if isinstance(value, dict | list):
        raise TaskFailure(None, f"The value for the field '{name}' must be a STRING")
    return value if isinstance(value, str) else to_json(value)


def _listed(objects: Objects, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    for item in objects.list(bucket, prefix):
        yield {
            "Etag": item["ETag"],
            "Key": item["Key"],
            "LastModified": int(item["LastModified"].timestamp()),
            "Size": item["Size"],
            "StorageClass": item.get("StorageClass", "STANDARD"),
        }


def _unzipped(content: bytes) -> bytes:
    """What Athena and S3 inventories compress with gzip, and what they do not."""
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def _lines(body: bytes) -> Iterator[Any]:
    for line in body.decode("utf-8-sig").splitlines():
        if line.strip():
            yield _parse(line)


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as problem:
        raise StateFailed(ITEM_READER_FAILED, f"The file is not valid JSON: {problem}") from problem
