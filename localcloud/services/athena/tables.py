"""Tables of the Data Catalog as DuckDB reads them: their partitions, their objects, their formats.

Sources: https://docs.aws.amazon.com/athena/latest/ug/supported-serdes.html with lazy-simple-serde.html,
csv-serde.html, openx-json-serde.html and parquet-serde.html; partitions.html and
partition-projection-supported-types.html.
Formats: text by LazySimpleSerDe and OpenCSVSerde, JSON by both JsonSerDes, Parquet; objects plain or gzip.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.services import _duck, _objects
from localcloud.services._duck import named, quoted
from localcloud.services.athena.errors import QueryFailed

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

#: A SerDe's class, without its package -> how it is read.
_SERDES = {
    "LazySimpleSerDe": "text",
    "OpenCSVSerde": "csv",
    "JsonSerDe": "json",
    "ParquetHiveSerDe": "parquet",
}

#: Partitions that a projection may have here; a range that has more is most likely a mistake.
_MOST = 100_000

_UNITS = {
    "YEARS": timedelta(days=365),
    "MONTHS": timedelta(days=31),
    "WEEKS": timedelta(weeks=1),
    "DAYS": timedelta(days=1),
    "HOURS": timedelta(hours=1),
    "MINUTES": timedelta(minutes=1),
    "SECONDS": timedelta(seconds=1),
}
_JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition, or the one place of a table without any.

    Args:
        values: of its keys, as text.
        location: s3://...
    """

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Args:
        cloud: whose S3 and catalog.
        database, name: which.
        definition: as GetTable says it.
    """

    cloud: Host
    database: str
    name: str
    definition: Shape
    _scanned: dict[str, int] = field(default_factory=dict)

    @property
    def storage(self) -> Shape:
        """Its StorageDescriptor."""
        found: Shape = self.definition.get("StorageDescriptor", {})
        return found

    @property
    def columns(self) -> dict[str, str]:
        """Its columns but for the partition keys: name -> Hive's type."""
        return {each["Name"].lower(): each.get("Type", "string") for each in self.storage.get("Columns", ())}

    @property
    def keys(self) -> dict[str, str]:
        """Its partition keys: name -> Hive's type."""
        return {each["Name"].lower(): each.get("Type", "string") for each in self.definition.get("PartitionKeys", ())}

    @property
    def parameters(self) -> Shape:
        """Its table properties."""
        found: Shape = self.definition.get("Parameters") or {}
        return found

    @property
    def location(self) -> str:
        """s3://..., with its last slash."""
        return str(self.storage.get("Location", "")).rstrip("/") + "/"

    @property
    def serde(self) -> tuple[str, Shape]:
        """How it is read, "text", "csv", "json" or "parquet", and the SerDe's parameters."""
        info = self.storage.get("SerdeInfo", {})
        library = info.get("SerializationLibrary", "")
        if self.definition.get("TableType") == "VIRTUAL_VIEW" or self.parameters.get("table_type") == "ICEBERG":
            raise QueryFailed(f"NOT_SUPPORTED: The local cloud reads no views and no Iceberg tables: {self.name}")
        if library.rpartition(".")[2] not in _SERDES:
            raise QueryFailed(f"HIVE_UNSUPPORTED_FORMAT: The local cloud has no SerDe {library or 'without a name'}")
        return _SERDES[library.rpartition(".")[2]], info.get("Parameters") or {}

    # ---- partitions

    def partitions(self, injected: dict[str, list[str]]) -> list[Partition]:
        """All partitions, of the catalog or projected.

        Args:
            injected: key -> the values that the query names, for keys of projection type injected.
        """
        if not self.keys:
            return [Partition((), self.location)]
        if self.parameters.get("projection.enabled", "").lower() == "true":
            return list(self._projected(injected))
        pages = self.cloud.client("glue").get_paginator("get_partitions")
        return [
            Partition(tuple(each["Values"]), each["StorageDescriptor"].get("Location", ""))
            for page in pages.paginate(DatabaseName=self.database, TableName=self.name)
            for each in page["Partitions"]
        ]

    def _projected(self, injected: dict[str, list[str]]) -> Iterator[Partition]:
        template = self.parameters.get("storage.location.template")
        if template is None:
            template = self.location + "".join(f"{key}=${{{key}}}/" for key in self.keys)
        ranges = [self._values(key, injected) for key in self.keys]
        total = 1
        for each in ranges:
            total *= len(each)
        if total > _MOST:
            raise QueryFailed(f"INVALID_TABLE_PROPERTY: Table {self.name} projects {total} partitions.")
        for values in product(*ranges):
            place = template
            for key, value in zip(self.keys, values, strict=True):
                place = re.sub(rf"\$\{{{key}\}}", value.replace("\\", r"\\"), place, flags=re.IGNORECASE)
            yield Partition(values, place)

    def _values(self, key: str, injected: dict[str, list[str]]) -> list[str]:
        said = {
            name.removeprefix(f"projection.{key}."): value
            for name, value in self.parameters.items()
            if name.startswith(f"projection.{key}.")
        }
        kind = said.get("type", "").lower()
        if kind == "enum":
            return [each.strip() for each in said["values"].split(",")]
        if kind == "integer":
            low, high = (int(each) for each in said["range"].split(","))
            digits = int(said.get("digits", 0))
            return [f"{n:0{digits}}" for n in range(low, high + 1, int(said.get("interval", 1)))]
        if kind == "date":
            return self._dates(said)
        if kind == "injected":
            if key not in injected:
                raise QueryFailed(
                    f"CONSTRAINT_VIOLATION: For the injected projected partition column {key}, the WHERE clause must "
                    "contain only static equality conditions, and at least one such condition must be present."
                )
            return injected[key]
        raise QueryFailed(
            f"INVALID_TABLE_PROPERTY: Table {self.name} is configured for partition projection, but the type of "
            f"partition column {key} is missing or unknown."
        )

    def _dates(self, said: Shape) -> list[str]:
        form = re.sub("|".join(_JAVA), lambda match: _JAVA[match[0]], said["format"]).replace("'", "")
        low, high = (self._date(each.strip(), form) for each in said["range"].split(","))
        finest = {"%S": "SECONDS", "%M": "MINUTES", "%H": "HOURS", "%d": "DAYS", "%m": "MONTHS", "%Y": "YEARS"}
        by_format = next(unit for letter, unit in finest.items() if letter in form)
        unit = said.get("interval.unit", by_format).upper()
        step = _UNITS[unit if unit.endswith("S") else f"{unit}S"] * int(said.get("interval", 1))
        found: list[str] = []
        while low <= high and len(found) <= _MOST:
            found.append(low.strftime(form))
            low += step
        return list(dict.fromkeys(found))

    def _date(self, text: str, form: str) -> datetime:
        match = re.fullmatch(r"NOW(?:\s*([+-])\s*(\d+)\s*(\w+))?", text, re.IGNORECASE)
        if match is None:
            return datetime.strptime(text, form)  # noqa: DTZ007 - a partition's name has no zone
        now = self.cloud.clock.datetime().replace(tzinfo=None)
        if match[1] is None:
            return now
        unit = match[3].upper()
        span = _UNITS[unit if unit.endswith("S") else f"{unit}S"] * int(match[2])
        return now + span if match[1] == "+" else now - span

    # ---- reading

    def view(self, database: Any, view: str, partitions: Sequence[Partition], used: set[str], folder: Path) -> int:
        """Make the rows of partitions a view of DuckDB.

        Args:
            database: DuckDB's.
            view: its name.
            partitions: what is read.
            used: the columns that the query needs.
            folder: where their objects are copied to.

        Returns:
            how many bytes Athena scans: whole objects of text, as they are stored; of Parquet the used columns.
        """
        kind, settings = self.serde
        folder.mkdir(parents=True)
        files: list[tuple[Any, ...]] = []
        scanned = 0
        for partition in partitions:
            bucket, prefix = _objects.place(partition.location) or ("", "")
            prefix = prefix.rstrip("/") + "/" if prefix else ""
            try:
                for key, size in _duck.objects(self.cloud, bucket, prefix):
                    path = _duck.fetch(self.cloud, bucket, key, folder / f"{len(files)}")
                    files.append((path.as_posix(), *partition.values))
                    scanned += self._column_bytes(database, path, used) if kind == "parquet" else size
            except ClientError as problem:
                raise QueryFailed(
                    f"PERMISSION_DENIED: -- {problem.response['Error']['Message']} (Bucket: {bucket})"
                ) from None
        places = named(f"{view} files")
        keys = "".join(f", {named(key)} VARCHAR" for key in self.keys)
        database.execute(f"CREATE TABLE {places} (filename VARCHAR{keys})")
        if files:
            marks = ", ".join("?" * len(files[0]))
            database.executemany(f"INSERT INTO {places} VALUES ({marks})", files)
        columns = {name: _duck.duck(type_) for name, type_ in self.columns.items()}
        if files:
            names = "[" + ", ".join(quoted(each[0]) for each in files) + "]"
            rows = getattr(self, f"_{kind}")(database, names, columns, settings)
        else:
            empty = ", ".join(f"NULL::{type_} AS {named(name)}" for name, type_ in columns.items())
            rows = f"SELECT {empty}{', ' if empty else ''}NULL::VARCHAR AS filename WHERE false"
        keys = "".join(f", CAST(f.{named(key)} AS {_duck.duck(t)}) AS {named(key)}" for key, t in self.keys.items())
        body = ", ".join(f"r.{named(name)}" for name in columns)
        chosen = (body + keys).removeprefix(", ")
        database.execute(
            f"CREATE VIEW {named(view)} AS SELECT {chosen} FROM ({rows}) r JOIN {places} f USING (filename)"
        )
        return scanned

    def _column_bytes(self, database: Any, path: Path, used: set[str]) -> int:
        query = f"SELECT lower(path_in_schema), total_compressed_size FROM parquet_metadata({quoted(path.as_posix())})"
        found = database.execute(query).fetchall()
        return sum(size for column, size in found if re.split(r"[.,]", column)[0].strip() in used)

    def _lines(self, names: str) -> str:
        skip = int(self.parameters.get("skip.header.line.count", 0))
        return (
            f"SELECT filename, unnest(str_split(replace(content, chr(13), ''), chr(10))[{skip + 1}:]) AS line "
            f"FROM read_text({names})"
        )

    def _text(self, database: Any, names: str, columns: dict[str, str], settings: Shape) -> str:
        """LazySimpleSerDe: no quotes; what is missing or does not fit its type is NULL."""
        delimiter = settings.get("field.delim") or settings.get("serialization.format") or "\x01"
        delimiter = "\x01" if delimiter == "1" else delimiter
        line, escape = "line", settings.get("escape.delim")
        if escape:
            line = f"replace(line, {quoted(escape + delimiter)}, chr(0))"
        null = quoted(settings.get("serialization.null.format") or "\\N")
        items = quoted(settings.get("collection.delim") or settings.get("colelction.delim") or "\x02")
        pairs = quoted(settings.get("mapkey.delim") or "\x03")
        chosen = []
        for position, (name, kind) in enumerate(columns.items(), 1):
            value = f"nullif(parts[{position}], {null})"
            value = f"replace({value}, chr(0), {quoted(delimiter)})" if escape else value
            if kind.endswith("[]"):
                value = f"list_transform(str_split({value}, {items}), lambda x: TRY_CAST(x AS {kind[:-2]}))"
            elif kind.startswith("MAP"):
                entries = f"list_transform(str_split({value}, {items}), lambda x: str_split(x, {pairs}))"
                value = f"map(list_transform({entries}, lambda x: x[1]), list_transform({entries}, lambda x: x[2]))"
            chosen.append(f"TRY_CAST({value} AS {kind}) AS {named(name)}")
        split = f"SELECT filename, str_split({line}, {quoted(delimiter)}) AS parts FROM ({self._lines(names)})"
        return f"SELECT {', '.join([*chosen, 'filename'])} FROM ({split} WHERE line <> '')"

    def _csv(self, database: Any, names: str, columns: dict[str, str], settings: Shape) -> str:
        """OpenCSVSerde: quotes; what does not fit its type fails the query."""
        chosen = []
        for position, (name, kind) in enumerate(columns.items()):
            wrong = (
                f"error('HIVE_BAD_DATA: Error parsing field value ''' || {named(name)} || ''' for field {position}: "
                f"For input string: \"' || {named(name)} || '\"')"
            )
            cast = f"CASE WHEN TRY_CAST({named(name)} AS {kind}) IS NULL AND {named(name)} IS NOT NULL THEN {wrong} END"
            value = f"coalesce(TRY_CAST({named(name)} AS {kind}), {cast})" if kind != "TEXT" else named(name)
            chosen.append(f"{value} AS {named(name)}")
        options = {
            "auto_detect": "false",
            "header": "false",
            "skip": str(int(self.parameters.get("skip.header.line.count", 0))),
            "delim": quoted(settings.get("separatorChar", ",").replace("\\t", "\t")),
            "quote": quoted(settings.get("quoteChar", '"').removeprefix("\\") or '"'),
            "escape": quoted(settings.get("escapeChar", "\\").replace("\\\\", "\\")),
            "columns": "{" + ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in columns) + "}",
            "null_padding": "true",
            "strict_mode": "false",
            "filename": "true",
            "nullstr": quoted("\x00 never"),
        }
        said = ", ".join(f"{name} = {value}" for name, value in options.items())
        return f"SELECT {', '.join([*chosen, 'filename'])} FROM read_csv({names}, {said})"

    def _json(self, database: Any, names: str, columns: dict[str, str], settings: Shape) -> str:
        """JsonSerDe, OpenX's or Hive's: one object a line, keys in any case."""
        lines = f"SELECT filename, trim(line) AS line FROM ({self._lines(names)}) WHERE trim(line) <> ''"
        lenient = settings.get("ignore.malformed.json", "").lower() == "true"
        bad = database.execute(f"SELECT line FROM ({lines}) WHERE NOT json_valid(line) LIMIT 1").fetchone()
        if bad is not None and not lenient:
            raise QueryFailed(f"HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: {bad[0][:80]}")
        objects = f"SELECT filename, CASE WHEN json_valid(line) THEN line::JSON END AS j FROM ({lines})"
        found = database.execute(f"SELECT DISTINCT unnest(json_keys(j)) FROM ({objects})").fetchall()
        spelled: dict[str, list[str]] = {}
        for (key,) in sorted(found):
            spelled.setdefault(key.lower(), []).append(key)
        chosen = []
        for name, kind in columns.items():
            wanted = settings.get(f"mapping.{name}", name)
            arrow = "->>" if kind == "TEXT" else "->"
            keys = [wanted] if wanted != name else spelled.get(name, [name])
            paths = [quoted("$." + json.dumps(key, ensure_ascii=False)) for key in keys]
            value = "coalesce(" + ", ".join(f"(j {arrow} {path})" for path in paths) + ")"
            chosen.append(f"TRY_CAST({value} AS {kind}) AS {named(name)}")
        return f"SELECT {', '.join([*chosen, 'filename'])} FROM ({objects})"

    def _parquet(self, database: Any, names: str, columns: dict[str, str], settings: Shape) -> str:
        """Columns by name, in any case; one that a file does not have is NULL."""
        reader = f"read_parquet({names}, filename = true, union_by_name = true)"
        there = {row[0].lower(): row[0] for row in database.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()}
        chosen = [
            f"CAST({named(there[name]) if name in there else 'NULL'} AS {kind}) AS {named(name)}"
            for name, kind in columns.items()
        ]
        return f"SELECT {', '.join([*chosen, 'filename'])} FROM {reader}"


def find(cloud: Host, database: str, name: str) -> Table | None:
    """A table of the catalog, or None."""
    try:
        found = cloud.client("glue").get_table(DatabaseName=database, Name=name)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDeniedException":
            raise
        return None
    return Table(cloud, database, name, found)


def has_database(cloud: Host, name: str) -> bool:
    """Whether the catalog has a database."""
    try:
        cloud.client("glue").get_database(Name=name)
    except ClientError:
        return name == "default"  # Athena has it in every account
    return True
