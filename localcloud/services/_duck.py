"""DuckDB, shut off from everything but one folder; and the names that Hive, Trino and DuckDB have for types."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.host import Host


_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
#: Hive's name of a format -> its classes: SerDe, input format, output format.
FORMATS = {
    "TEXTFILE": (
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ),
    "JSON": (
        "org.openx.data.jsonserde.JsonSerDe",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ),
    "PARQUET": (
        f"{_PARQUET}.serde.ParquetHiveSerDe",
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
    ),
}


def connect(folder: Path) -> Any:
    """A database in memory that reads and writes below `folder` only, loads no extension and knows no network."""
    import duckdb

    database = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "2"}
    )
    database.execute(f"SET allowed_directories = [{quoted(folder.as_posix())}]")
    for setting in (f"temp_directory = {quoted(folder.as_posix())}", "TimeZone = 'UTC'"):
        database.execute(f"SET {setting}")
    for setting in ("enable_external_access = false", "lock_configuration = true"):
        database.execute(f"SET {setting}")
    return database


def quoted(text: str) -> str:
    """A string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def hive(kind: str) -> str:
    """Hive's name of one of DuckDB's types: "STRUCT(a INTEGER)[]" is "array<struct<a:int>>"."""
    from sqlglot import exp

    return exp.DataType.build(kind, dialect="duckdb").sql("hive").lower().replace(": ", ":").replace(", ", ",")


def duck(kind: str) -> str:
    """DuckDB's name of one of Hive's types."""
    from sqlglot import exp

    return exp.DataType.build(kind, dialect="hive").sql("duckdb")


def objects(cloud: Host, bucket: str, prefix: str) -> list[tuple[str, int]]:
    """The keys below a prefix that are data, each with its size: no folder marks, nothing that `_` or `.` begins."""
    found = []
    for page in cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            name = each["Key"].rpartition("/")[2]
            if each["Size"] and not name.startswith(("_", ".")):
                found.append((each["Key"], each["Size"]))
    return found


def fetch(cloud: Host, bucket: str, key: str, target: Path) -> Path:
    """Copy an object into a file, unpacked where its name ends in .gz."""
    content = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    target.write_bytes(gzip.decompress(content) if key.endswith(".gz") else content)
    return target
