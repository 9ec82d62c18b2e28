"""Results as Athena gives them: the names of types, and values as text.

Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_ColumnInfo.html; text is as Trino's, e.g. an array is
`[1, 2]`, a map or row `{a=1}`, a timestamp has milliseconds.
"""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

Shape = dict[str, Any]

#: DuckDB's id of a type -> Athena's name, and its precision.
_TYPES = {
    "bigint": ("bigint", 19),
    "blob": ("varbinary", 1_073_741_824),
    "boolean": ("boolean", 0),
    "date": ("date", 0),
    "double": ("double", 17),
    "float": ("float", 17),
    "hugeint": ("bigint", 19),
    "integer": ("integer", 10),
    "json": ("json", 0),
    "list": ("array", 0),
    "array": ("array", 0),
    "map": ("map", 0),
    "smallint": ("smallint", 5),
    "null": ("unknown", 0),
    "struct": ("row", 0),
    "time": ("time", 3),
    "timestamp": ("timestamp", 3),
    "timestamp with time zone": ("timestamp with time zone", 3),
    "tinyint": ("tinyint", 3),
    "ubigint": ("bigint", 19),
    "varchar": ("varchar", 2_147_483_647),
}
_ALIASES = {"timestamp_ns": "timestamp", "timestamp_ms": "timestamp", "timestamp_s": "timestamp"}


def column(name: str, kind: Any) -> Shape:
    """A ColumnInfo.

    Args:
        name: of the column.
        kind: DuckDB's type.
    """
    identity = _identity(kind)
    athena, precision = _TYPES.get(identity, ("varchar", 2_147_483_647))
    scale = 0
    if identity == "decimal":
        athena = "decimal"
        precision, scale = (int(number) for _, number in kind.children)
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": athena,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": athena in ("varchar", "json"),
    }


def text_column(name: str) -> Shape:
    """A ColumnInfo of a statement of DDL."""
    return column(name, None) | {"Type": "string", "Precision": 0, "CaseSensitive": False}


def _identity(kind: Any) -> str:
    if kind is None:
        return "varchar"
    if str(kind) == "JSON":
        return "json"
    identity = str(kind.id)
    return _ALIASES.get(identity, identity)


def text(value: Any, kind: Any) -> str | None:
    """A value as a result has it; None for NULL."""
    return None if value is None else _text(value, kind)


def _text(value: Any, kind: Any) -> str:
    if value is None:
        return "null"
    identity = _identity(kind)
    if identity in ("list", "array"):
        inner = dict(kind.children)["child"]
        return "[" + ", ".join(_text(each, inner) for each in value) + "]"
    if identity == "map":
        kinds = dict(kind.children)
        return "{" + ", ".join(f"{_text(k, kinds['key'])}={_text(v, kinds['value'])}" for k, v in value.items()) + "}"
    if identity == "struct":
        return "{" + ", ".join(f"{name}={_text(value[name], inner)}" for name, inner in kind.children) + "}"
    if identity == "json":
        return json.dumps(json.loads(value), separators=(",", ":"), ensure_ascii=False)
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, datetime.datetime):
        said = value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03}"
        return said if value.tzinfo is None else f"{said} {'UTC' if not value.utcoffset() else value.tzname()}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (bytes, bytearray)):
        return value.hex(" ")
    return str(value)


def _double(value: float) -> str:
    """As Java's Double.toString."""
    if value != value or value in (float("inf"), float("-inf")):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        whole = f"{Decimal(repr(value)):f}"
        return whole if "." in whole else f"{whole}.0"
    digits, exponent = f"{Decimal(repr(value)).normalize():E}".split("E")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def csv(header: list[str], rows: list[list[str | None]]) -> bytes:
    """The file of a query's results: every value in quotes, NULL as nothing."""
    lines = [",".join("" if each is None else '"' + each.replace('"', '""') + '"' for each in row) for row in rows]
    return "".join(f"{line}\n" for line in [",".join(f'"{name}"' for name in header), *lines]).encode()
