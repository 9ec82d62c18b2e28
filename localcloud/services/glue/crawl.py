"""What a crawler finds below a path of S3: tables, their columns, formats and partitions.

Sources: https://docs.aws.amazon.com/glue/latest/dg/crawler-s3-folder-table-partition.html ("How does a crawler
determine when to create partitions?"), add-classifier.html, and the table properties of crawler-table-properties.html.
Formats: CSV, JSON lines and Parquet, plain or gzip. All files of a folder whose schemas are alike make one table, the
levels of folders below it are its partitions; else each folder is looked at by itself.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.services import _duck

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

#: "if the schemas are similar (greater than 70 percent)"
_ALIKE = 0.7


@dataclass(frozen=True, slots=True)
class File:
    """An object, as its content says it is.

    Args:
        key, size: which, in bytes.
        format: "csv", "json" or "parquet".
        columns: name -> type, Hive's.
        rows: how many records.
        delimiter, header: of CSV.
    """

    key: str
    size: int
    format: str
    columns: dict[str, str]
    rows: int
    delimiter: str = ","
    header: bool = False

    def is_like(self, other: File) -> bool:
        """Whether both can be of one table."""
        if self.format != other.format:
            return False
        both = self.columns.keys() & other.columns.keys()
        return len(both) > _ALIKE * max(len(self.columns), len(other.columns))


@dataclass(frozen=True, slots=True)
class Found:
    """A table.

    Args:
        root: the key's prefix that it stands for, with its last slash; of a single file its key.
        files: its objects.
        keys: names of the partition keys.
    """

    root: str
    files: list[File]
    keys: list[str]

    def partitions(self) -> dict[tuple[str, ...], str]:
        """The values of each partition, and its prefix."""
        return {values: place for values, place in (_place(self.root, file.key) for file in self.files) if values}


def tables(cloud: Host, bucket: str, prefix: str, exclusions: list[str], folder: Path) -> list[Found]:
    """The tables below a prefix.

    Args:
        cloud: whose S3.
        bucket, prefix: where.
        exclusions: glob patterns, relative to the prefix.
        folder: scratch space.
    """
    database = _duck.connect(folder)
    patterns = [re.compile(fnmatch.translate(each)) for each in exclusions]
    files = []
    for number, (key, size) in enumerate(_duck.objects(cloud, bucket, prefix)):
        if not any(pattern.match(key.removeprefix(prefix)) for pattern in patterns):
            path = _duck.fetch(cloud, bucket, key, folder / str(number))
            files.append(_classified(database, path, key, size))
            path.unlink()
    root = (
        prefix
        if not prefix or prefix.endswith("/") or any(file and file.key == prefix for file in files)
        else prefix + "/"
    )
    return _found(root, [file for file in files if file is not None and file.key.startswith(root)])


def _classified(database: Any, path: Path, key: str, size: int) -> File | None:
    """What a file is; None when it is nothing that a classifier knows."""
    import duckdb

    start, name = path.read_bytes()[:4096], _duck.quoted(path.as_posix())
    if start.startswith(b"PAR1"):
        kind, reader = "parquet", f"read_parquet({name})"
    elif start.lstrip()[:1] == b"{":
        kind, reader = "json", f"read_json({name}, format = 'newline_delimited')"
    elif b"\x00" in start:
        return None
    else:
        kind, reader = "csv", f"read_csv({name})"
    delimiter, header = ",", False
    try:
        if kind == "csv":
            query = f"SELECT Delimiter, HasHeader, len(Columns) FROM sniff_csv({name})"
            delimiter, header, width = database.execute(query).fetchone()
            if width < 2:
                return None
        described = database.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
        (rows,) = database.execute(f"SELECT count(*) FROM {reader}").fetchone()
    except duckdb.Error:
        return None
    columns = {}
    for position, (column, kind_of_column, *_) in enumerate(described):
        label = column.lower() if header or kind != "csv" else f"col{position}"
        columns[label] = _column_type(kind_of_column, kind)
    return File(key, size, kind, columns, rows, delimiter, header)


def _column_type(kind: str, file_format: str) -> str:
    """Hive's type of a column. In text a crawler tells numbers and booleans; dates stay strings."""
    if file_format != "parquet":
        kind = re.sub(r"TIMESTAMP WITH TIME ZONE|TIMESTAMP_NS|TIMESTAMP|DATE|TIME|UUID|JSON", "VARCHAR", kind)
    return _duck.hive(kind)


def _common(one: str, other: str) -> str:
    """The type of a column of which two files have each their own."""
    if one == other:
        return one
    return "double" if {one, other} <= {"bigint", "double", "float", "int"} else "string"


def _found(root: str, files: list[File]) -> list[Found]:
    """One table of all files, or those of each folder by itself."""
    if not files:
        return []
    depths = {file.key[len(root) :].count("/") for file in files}
    if len(depths) == 1 and all(file.is_like(files[0]) for file in files):
        folders = files[0].key[len(root) :].split("/")[:-1]
        names = [part.partition("=")[0].lower() if "=" in part else f"partition_{n}" for n, part in enumerate(folders)]
        return [Found(root, files, names)]
    groups: dict[str, list[File]] = {}
    for file in files:
        rest = file.key[len(root) :]
        groups.setdefault(root + (rest.partition("/")[0] + "/" if "/" in rest else rest), []).append(file)
    return [table for place, inside in groups.items() for table in _found(place, inside)]


def _place(root: str, key: str) -> tuple[tuple[str, ...], str]:
    folders = key[len(root) :].split("/")[:-1]
    values = tuple(part.partition("=")[2] if "=" in part else part for part in folders)
    return values, "/".join([root.rstrip("/"), *folders]).lstrip("/") + "/"


def definition(table: Found, bucket: str, name: str, crawler: str) -> Shape:
    """The TableInput of a table that was found."""
    first = table.files[0]
    columns: dict[str, str] = {}
    for file in table.files:
        for column, kind in file.columns.items():
            columns[column] = _common(columns.get(column, kind), kind)
    rows, size = sum(file.rows for file in table.files), sum(file.size for file in table.files)
    packed = all(file.key.endswith(".gz") for file in table.files)
    parameters = {
        "classification": first.format,
        "compressionType": "gzip" if packed else "none",
        "objectCount": str(len(table.files)),
        "recordCount": str(rows),
        "averageRecordSize": str(size // max(rows, 1)),
        "sizeKey": str(size),
        "typeOfData": "file",
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler,
    }
    serde: Shape = {"serialization.format": "1"}
    if first.format == "csv":
        parameters |= {"delimiter": first.delimiter, "columnsOrdered": "true", "areColumnsQuoted": "false"}
        parameters |= {"skip.header.line.count": "1"} if first.header else {}
        serde = {"field.delim": first.delimiter}
    elif first.format == "json":
        serde = {"paths": ",".join(columns)}
    library, reader, writer = _duck.FORMATS["TEXTFILE" if first.format == "csv" else first.format.upper()]
    storage = {
        "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items() if column not in table.keys],
        "Location": f"s3://{bucket}/{table.root}",
        "InputFormat": reader,
        "OutputFormat": writer,
        "Compressed": packed,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": library, "Parameters": serde},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters,
        "StoredAsSubDirectories": False,
    }
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "StorageDescriptor": storage,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in table.keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
    }
