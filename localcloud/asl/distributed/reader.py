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
        if self._resource.endswith(":s3:listObjectsV2"):
            return _listed(objects, arguments)
        input_type = self._config.get("InputType", "JSON")
        body = objects.get(arguments["Bucket"], arguments["Key"], arguments.get("ExpectedBucketOwner"))
        if input_type == "MANIFEST":
            return self._manifest(objects, arguments["Bucket"], body)
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
        if pointer and isinstance(value, dict):
            return iter([{"Key": key, "Value": item} for key, item in value.items()])
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
            for line in body.decode("utf-8-sig").splitlines():
                source, _, key = line.strip().removeprefix("s3://").partition("/")
                data_type = self._config.get("InputType", "CSV")
                yield from self._file("CSV" if data_type == "MANIFEST" else data_type, objects.get(source, key, None))
            return
        manifest = _parse(body.decode("utf-8-sig"))
        columns = [column.strip() for column in manifest["fileSchema"].split(",")]
        for file in manifest["files"]:
            content = objects.get(bucket, file["key"], None)
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            for row in csv.reader(io.StringIO(content.decode(), newline="")):
                yield dict(zip(columns, row, strict=False))


def _listed(objects: Objects, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in objects.list(arguments["Bucket"], arguments.get("Prefix", "")):
        yield {
            "Etag": item["ETag"],
            "Key": item["Key"],
            "LastModified": int(item["LastModified"].timestamp()),
            "Size": item["Size"],
            "StorageClass": item.get("StorageClass", "STANDARD"),
        }


def _lines(body: bytes) -> Iterator[Any]:
    for line in body.decode("utf-8-sig").splitlines():
        if line.strip():
            yield _parse(line)


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as problem:
        raise StateFailed(ITEM_READER_FAILED, f"The file is not valid JSON: {problem}") from problem
