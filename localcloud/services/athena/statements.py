"""Statements that are no plain query: those on the catalog (DDL), and those that write what a query reads.

Source: https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html, ctas.html, insert-into.html, unload.html.
Errors of DDL are worded as Hive words them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.services import _duck, _objects
from localcloud.services._duck import FORMATS, quoted
from localcloud.services.athena import tables, values
from localcloud.services.athena.errors import QueryFailed
from localcloud.services.athena.sql import Result, Select

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

_NAME = r"`?\"?(?:(?P<db>\w+)`?\"?\.`?\"?)?(?P<name>\w+)`?\"?"

#: Statements that sqlglot does not read, by what they begin with.
_COMMANDS: dict[str, re.Pattern[str]] = {
    kind: re.compile(form + r"\s*;?\s*", re.IGNORECASE | re.DOTALL)
    for kind, form in {
        "MSCK_REPAIR_TABLE": rf"MSCK\s+REPAIR\s+TABLE\s+{_NAME}",
        "ALTER_TABLE_ADD_PARTITION": (
            rf"ALTER\s+TABLE\s+{_NAME}\s+ADD(?P<exists>\s+IF\s+NOT\s+EXISTS)?\s+(?P<rest>PARTITION.*)"
        ),
        "ALTER_TABLE_DROP_PARTITION": (
            rf"ALTER\s+TABLE\s+{_NAME}\s+DROP(?P<exists>\s+IF\s+EXISTS)?\s+(?P<rest>PARTITION.*)"
        ),
        "SHOW_DATABASES": r"SHOW\s+(?:DATABASES|SCHEMAS)(?:\s+(?:LIKE\s+)?'(?P<like>[^']*)')?",
        "SHOW_TABLES": r"SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+`?(?P<db>\w+)`?)?(?:\s+(?:LIKE\s+)?'(?P<like>[^']*)')?",
        "SHOW_PARTITIONS": rf"SHOW\s+PARTITIONS\s+{_NAME}",
        "SHOW_COLUMNS": rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}",
        "DESCRIBE_TABLE": rf"(?:DESCRIBE|DESC)\s+(?!FORMATTED|EXTENDED){_NAME}",
        "UNLOAD": r"UNLOAD\s+\((?P<query>.*)\)\s+TO\s+'(?P<to>[^']+)'\s+WITH\s*\((?P<options>.*)\)",
    }.items()
}

_PARTITION = re.compile(r"PARTITION\s*\((?P<spec>[^)]*)\)(?:\s*LOCATION\s*'(?P<place>[^']*)')?", re.IGNORECASE)
_SPEC = re.compile(r"[`\"]?(\w+)[`\"]?\s*=\s*(?:'((?:[^']|'')*)'|\"([^\"]*)\"|([^,\s]+))")


class Unsupported(Exception):
    """A statement that Athena has and we do not run: its first words."""


class Malformed(Exception):
    """No statement: where it ceases to be one."""


@dataclass(slots=True)
class Statement:
    """A statement, read.

    Args:
        cloud: whose.
        kind: StatementType: DDL, DML or UTILITY.
        subtype: SubstatementType.
        text: as it was written.
        context: the database of tables that name none.
        output: bucket and prefix of results.
        identity: the query's id.
        folder: scratch space.
        tree: as sqlglot read it; None where it does not.
        match: of a command.
    """

    cloud: Host
    kind: str
    subtype: str
    text: str
    context: str
    output: tuple[str, str]
    identity: str
    folder: Path
    tree: Any = None
    match: re.Match[str] | None = None
    _select: Select | None = field(default=None)

    @property
    def scanned(self) -> int:
        """Bytes, once it is planned."""
        return self._select.scanned if self._select is not None else 0

    def plan(self) -> None:
        """Resolve the names of what it reads. Raises QueryFailed."""
        from sqlglot import exp

        query = None
        if self.subtype == "SELECT":
            query = self.tree
        elif self.subtype in ("CREATE_TABLE_AS_SELECT", "INSERT"):
            query = self.tree.expression
        elif self.match is not None and self.subtype == "UNLOAD":
            query = parse_query(self.match["query"])
        if query is None:
            return
        if isinstance(query, exp.Subquery):
            query = query.unnest()
        if isinstance(query, exp.Values):
            query = exp.select("*").from_(query)
        self._select = Select(self.cloud, self.text, query, self.context, self.folder)
        self._select.plan()

    def run(self) -> Result:
        """What it comes to. Raises QueryFailed."""
        actions: dict[str, Callable[[], Result]] = {
            "SELECT": self._run_select,
            "CREATE_DATABASE": self._create_database,
            "CREATE_TABLE": self._create_table,
            "CREATE_TABLE_AS_SELECT": self._create_table_as,
            "INSERT": self._insert,
            "UNLOAD": self._unload,
            "DROP_DATABASE": self._drop_database,
            "DROP_TABLE": self._drop_table,
            "MSCK_REPAIR_TABLE": self._repair,
            "ALTER_TABLE_ADD_PARTITION": self._add_partitions,
            "ALTER_TABLE_DROP_PARTITION": self._drop_partitions,
            "SHOW_DATABASES": self._show_databases,
            "SHOW_TABLES": self._show_tables,
            "SHOW_PARTITIONS": self._show_partitions,
            "SHOW_COLUMNS": self._show_columns,
            "DESCRIBE_TABLE": self._describe,
        }
        return actions[self.subtype]()

    def close(self) -> None:
        """Free what it holds."""
        if self._select is not None:
            self._select.close()

    def _run_select(self) -> Result:
        return self._reading().run()

    def _reading(self) -> Select:
        assert self._select is not None  # it is planned first
        return self._select

    @property
    def _glue(self) -> Any:
        return self.cloud.client("glue")

    # ---- databases

    def _create_database(self) -> Result:
        name = _database(self.tree.this)
        wanted = {"Name": name}
        for each in self.tree.args["properties"].expressions if self.tree.args.get("properties") else ():
            label = {"LocationProperty": "LocationUri", "SchemaCommentProperty": "Description"}.get(type(each).__name__)
            if label:
                wanted[label] = each.this.name
        if tables.has_database(self.cloud, name) and name != "default":
            if self.tree.args.get("exists"):
                return Result([], [])
            raise _failed(f"AlreadyExistsException(message:Database {name} already exists)")
        self._glue.create_database(DatabaseInput=wanted)
        return Result([], [])

    def _drop_database(self) -> Result:
        name = _database(self.tree.args["tables"][0])
        if not tables.has_database(self.cloud, name):
            if self.tree.args.get("exists"):
                return Result([], [])
            raise QueryFailed(f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}")
        if self._glue.get_tables(DatabaseName=name)["TableList"] and not self.tree.args.get("cascade"):
            raise _failed(f"InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)")
        self._glue.delete_database(Name=name)
        return Result([], [])

    def _show_databases(self) -> Result:
        names = {each["Name"] for each in self._glue.get_databases()["DatabaseList"]} | {"default"}
        return self._listed("database_name", sorted(names))

    # ---- tables

    def _table(self) -> tables.Table:
        """The table that a command names."""
        assert self.match is not None
        return self._existing((self.match["db"] or self.context).lower(), self.match["name"].lower())

    def _existing(self, database: str, name: str) -> tables.Table:
        found = tables.find(self.cloud, database, name)
        if found is None:
            raise QueryFailed(f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
        return found

    def _create_table(self) -> Result:
        from sqlglot import exp

        target = self.tree.this.this
        database, name = (target.db or self.context).lower(), target.name.lower()
        if tables.find(self.cloud, database, name) is not None:
            if self.tree.args.get("exists"):
                return Result([], [])
            raise _failed(f"AlreadyExistsException(message:Table {name} already exists.)")
        if not tables.has_database(self.cloud, database):
            raise QueryFailed(f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
        settings = _properties(self.tree)
        if "location" not in settings:
            raise QueryFailed("FAILED: SemanticException table is not partitioned or has no LOCATION clause")
        serde, reader, writer = FORMATS[settings.get("format", "TEXTFILE")]
        library = settings.get("serde", serde)
        columns = [_column(each) for each in self.tree.this.expressions if isinstance(each, exp.ColumnDef)]
        storage = {
            "Columns": columns,
            "Location": settings["location"],
            "InputFormat": settings.get("input", reader),
            "OutputFormat": settings.get("output", writer),
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": settings["serde parameters"]},
            "NumberOfBuckets": -1,
        }
        self._make_default(database)
        self._glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "StorageDescriptor": storage,
                "PartitionKeys": settings["keys"],
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"EXTERNAL": "TRUE", **settings["parameters"]},
            },
        )
        return Result([], [])

    def _make_default(self, database: str) -> None:
        """Athena's database `default` is there from the start; the catalog gets it when something is put into it."""
        known = {each["Name"] for each in self._glue.get_databases()["DatabaseList"]}
        if database == "default" and database not in known:
            self._glue.create_database(DatabaseInput={"Name": "default"})

    def _drop_table(self) -> Result:
        target = self.tree.args["tables"][0]
        database, name = (target.db or self.context).lower(), target.name.lower()
        if tables.find(self.cloud, database, name) is None:
            if self.tree.args.get("exists"):
                return Result([], [])
            raise QueryFailed(f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
        self._glue.delete_table(DatabaseName=database, Name=name)
        return Result([], [])

    def _show_tables(self) -> Result:
        assert self.match is not None
        database = (self.match["db"] or self.context).lower()
        if not tables.has_database(self.cloud, database):
            raise QueryFailed(f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}")
        try:
            found = self._glue.get_tables(DatabaseName=database)["TableList"]
        except ClientError:
            found = []
        return self._listed("tab_name", sorted(each["Name"] for each in found))

    def _show_partitions(self) -> Result:
        table = self._table()
        if not table.keys:
            raise _failed(f"Table {table.name} is not a partitioned table")
        found = table.partitions({})
        return self._listed("partition", sorted(_path(table, partition.values) for partition in found))

    def _show_columns(self) -> Result:
        table = self._table()
        return self._listed("field", [*table.columns, *table.keys])

    def _describe(self) -> Result:
        table = self._table()
        columns = [values.text_column(name) for name in ("col_name", "data_type", "comment")]
        rows = [_padded(name, kind) for name, kind in {**table.columns, **table.keys}.items()]
        if table.keys:
            rows += [
                [" \t \t "],
                ["# Partition Information\t \t "],
                [f"# {'col_name':<20}\t{'data_type':<20}\t{'comment':<20}"],
            ]
            rows += [[" \t \t "], *(_padded(name, kind) for name, kind in table.keys.items())]
        return Result(columns, [[each[0]] for each in rows], header=False)

    def _listed(self, column: str, names: list[str]) -> Result:
        like = self.match.groupdict().get("like") if self.match is not None else None
        if like:
            pattern = re.compile(like.replace("*", ".*"))
            names = [name for name in names if pattern.fullmatch(name)]
        return Result([values.text_column(column)], [[name] for name in names], header=False)

    # ---- partitions

    def _repair(self) -> Result:
        """Add the partitions whose folders are named `key=value`; those that are gone stay, as on AWS."""
        table = self._table()
        bucket, prefix = _objects.place(table.location) or ("", "")
        known = {partition.values for partition in table.partitions({})}
        found: dict[tuple[str, ...], str] = {}
        for key, _ in _duck.objects(self.cloud, bucket, prefix):
            folders = key.removeprefix(prefix).split("/")[:-1]
            pairs = [folder.partition("=") for folder in folders]
            if [name.lower() for name, _, _ in pairs] == list(table.keys):
                found[tuple(value for _, _, value in pairs)] = f"s3://{bucket}/{prefix}{'/'.join(folders)}/"
        new = {each: place for each, place in found.items() if each not in known}
        self._put_partitions(table, new)
        said = [f"Partitions not in metastore:\t{' '.join(f'{table.name}:{_path(table, each)}' for each in new)}"]
        said += [f"Repair: Added partition to metastore {table.name}:{_path(table, each)}" for each in new]
        return Result([values.text_column("result")], [[line] for line in said] if new else [], header=False)

    def _put_partitions(self, table: tables.Table, new: dict[tuple[str, ...], str]) -> None:
        wanted = [
            {"Values": list(each), "StorageDescriptor": table.storage | {"Location": place}}
            for each, place in new.items()
        ]
        for start in range(0, len(wanted), 100):
            self._glue.batch_create_partition(
                DatabaseName=table.database, TableName=table.name, PartitionInputList=wanted[start : start + 100]
            )

    def _specs(self, table: tables.Table) -> list[tuple[tuple[str, ...], str]]:
        """The partitions that an ALTER TABLE names."""
        assert self.match is not None
        found = []
        for each in _PARTITION.finditer(self.match["rest"]):
            given = {name.lower(): a or b or c for name, a, b, c in _SPEC.findall(each["spec"])}
            if set(given) != set(table.keys):
                raise QueryFailed(
                    "FAILED: SemanticException Partition spec {"
                    + ", ".join(f"{name}={value}" for name, value in given.items())
                    + "} contains non-partition columns"
                )
            own = tuple(given[key] for key in table.keys)
            found.append((own, each["place"] or f"{table.location}{_path(table, own)}/"))
        return found

    def _add_partitions(self) -> Result:
        table = self._table()
        known, new = {partition.values for partition in table.partitions({})}, {}
        for own, place in self._specs(table):
            if own not in known:
                new[own] = place
            elif not (self.match and self.match["exists"]):
                raise _failed(f"AlreadyExistsException(message:Partition already exists: {table.name}({own}))")
        self._put_partitions(table, new)
        return Result([], [])

    def _drop_partitions(self) -> Result:
        table = self._table()
        known = {partition.values for partition in table.partitions({})}
        for own, _ in self._specs(table):
            if own in known:
                self._glue.delete_partition(
                    DatabaseName=table.database, TableName=table.name, PartitionValues=list(own)
                )
            elif not (self.match and self.match["exists"]):
                raise QueryFailed(f"FAILED: SemanticException [Error 10006]: Partition not found ({_path(table, own)})")
        return Result([], [])

    # ---- writing

    def _create_table_as(self) -> Result:
        target = self.tree.this
        database, name = (target.db or self.context).lower(), target.name.lower()
        if tables.find(self.cloud, database, name) is not None:
            raise QueryFailed(f"TABLE_ALREADY_EXISTS: line 1:1: Table '{database}.{name}' already exists")
        settings = _with_options(self.tree)
        bucket, prefix = self.output
        location = settings.get("external_location") or f"s3://{bucket}/{prefix}tables/{self.identity}/"
        form, keys = settings.get("format", "PARQUET").upper(), settings.get("partitioned_by", [])
        columns = self._reading().described()
        if form not in FORMATS or list(columns)[len(columns) - len(keys) :] != keys:
            raise QueryFailed(
                f"NOT_SUPPORTED: The local cloud writes {', '.join(FORMATS)}; partition columns come last in the query"
            )
        if _duck.objects(self.cloud, *(_objects.place(location) or ("", ""))):
            raise QueryFailed(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{database}.{name}' already exists"
            )
        serde, reader, writer = FORMATS[form]
        storage = {
            "Columns": [{"Name": each, "Type": kind} for each, kind in columns.items() if each not in keys],
            "Location": location,
            "InputFormat": reader,
            "OutputFormat": writer,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {}},
            "NumberOfBuckets": -1,
        }
        definition = {
            "Name": name,
            "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": key, "Type": columns[key]} for key in keys],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE"},
        }
        written = self._write(columns, form, keys, location)
        self._make_default(database)
        self._glue.create_table(DatabaseName=database, TableInput=definition)
        return self._written(tables.Table(self.cloud, database, name, definition), written)

    def _insert(self) -> Result:
        from sqlglot import exp

        target = self.tree.this.this if isinstance(self.tree.this, exp.Schema) else self.tree.this
        database, name = (target.db or self.context).lower(), target.name.lower()
        table = tables.find(self.cloud, database, name)
        if table is None:
            raise QueryFailed(f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{database}.{name}' does not exist")
        wanted, given = {**table.columns, **table.keys}, self._reading().described()
        if isinstance(self.tree.this, exp.Schema) or len(wanted) != len(given):
            raise QueryFailed(
                "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: ["
                f"{', '.join(wanted.values())}], Query: [{', '.join(given.values())}]"
            )
        form = {"text": "TEXTFILE", "json": "JSON", "parquet": "PARQUET"}.get(table.serde[0])
        if form is None:
            raise QueryFailed("NOT_SUPPORTED: Athena inserts into text, JSON and Parquet, not into OpenCSVSerde")
        return self._written(table, self._write(wanted, form, list(table.keys), table.location))

    def _unload(self) -> Result:
        assert self.match is not None
        settings = dict(re.findall(r"(\w+)\s*=\s*'([^']*)'", self.match["options"]))
        form = settings.pop("format", "PARQUET").upper()
        if settings or form not in FORMATS:
            raise QueryFailed(f"NOT_SUPPORTED: UNLOAD writes {', '.join(FORMATS)} here, without {', '.join(settings)}")
        location = self.match["to"].rstrip("/") + "/"
        if _duck.objects(self.cloud, *(_objects.place(location) or ("", ""))):
            raise QueryFailed(f"HIVE_PATH_ALREADY_EXISTS: Target directory for UNLOAD '{location}' already exists")
        written, rows = self._write(self._reading().described(), form, [], location)
        return Result([], [], manifest=list(written), updated=rows)

    def _write(
        self, columns: dict[str, str], form: str, keys: Sequence[str], location: str
    ) -> tuple[dict[str, tuple[str, ...]], int]:
        """Write the query's rows below a location; each object with the values of its partition, and how many rows."""
        select, folder = self._reading(), self.folder / "written"
        folder.mkdir()
        labels = ", ".join(_duck.named(f"c{position}") for position in range(len(columns)))
        chosen = ", ".join(
            f"CAST(c{position} AS {_duck.duck(kind)}) AS {_duck.named(name)}"
            for position, (name, kind) in enumerate(columns.items())
        )
        options = {
            "PARQUET": "FORMAT parquet, COMPRESSION gzip",
            "JSON": "FORMAT json",
            "TEXTFILE": "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', NULLSTR '\\N'",
        }[form]
        parts = f", PARTITION_BY ({', '.join(_duck.named(key) for key in keys)})" if keys else ""
        target = folder if keys else folder / "data"
        query = f"SELECT {chosen} FROM ({select.sql}) AS q({labels})"
        (rows,) = select._run(f"COPY ({query}) TO {quoted(target.as_posix())} ({options}{parts})").fetchone()
        bucket, prefix = _objects.place(location) or ("", "")
        written: dict[str, tuple[str, ...]] = {}
        for number, path in enumerate(sorted(each for each in folder.rglob("*") if each.is_file())):
            places = path.relative_to(folder).parts[:-1]
            name = f"{self.identity.replace('-', '')}_{number:05}"
            key = "/".join([prefix.rstrip("/"), *places, name]).lstrip("/")
            self.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
            written[f"s3://{bucket}/{key}"] = tuple(each.partition("=")[2] for each in places)
        return written, rows

    def _written(self, table: tables.Table, found: tuple[dict[str, tuple[str, ...]], int]) -> Result:
        written, rows = found
        if table.keys:
            known = {partition.values for partition in table.partitions({})}
            new = {each: f"{table.location}{_path(table, each)}/" for each in written.values() if each not in known}
            self._put_partitions(table, new)
        return Result([], [], manifest=list(written), updated=rows)


# ---- reading statements


def parse_query(text: str) -> Any:
    """A query's tree. Raises Malformed."""
    import sqlglot
    from sqlglot.errors import ParseError, TokenError

    try:
        found = [each for each in sqlglot.parse(text, read="athena") if each is not None]
    except ParseError as problem:
        first = problem.errors[0]
        word = first.get("highlight") or "<EOF>"
        raise Malformed(f"line {first['line']}:{first['col'] - len(word) + 1}: mismatched input '{word}'.") from None
    except TokenError:
        raise Malformed("line 1:1: mismatched input '<EOF>'.") from None
    if len(found) != 1:
        raise Malformed("Only one sql statement is allowed." if found else "line 1:1: mismatched input '<EOF>'.")
    return found[0]


def read(cloud: Host, text: str, context: str, output: tuple[str, str], identity: str, folder: Path) -> Statement:
    """Read a statement.

    Raises:
        Malformed: it is none.
        Unsupported: Athena runs it, we do not.
    """
    from sqlglot import exp

    rest = (cloud, text, context, output, identity, folder)

    def made(kind: str, subtype: str, **more: Any) -> Statement:
        cloud, text, context, output, identity, folder = rest
        return Statement(cloud, kind, subtype, text, context, output, identity, folder, **more)

    for subtype, form in _COMMANDS.items():
        if match := form.fullmatch(text.strip()):
            kind = "DML" if subtype == "UNLOAD" else "UTILITY" if subtype[:4] in ("SHOW", "DESC") else "DDL"
            if subtype == "UNLOAD":
                parse_query(match["query"])
            return made(kind, subtype, match=match)
    tree = parse_query(text)
    if isinstance(tree, (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)):
        if tree.find(exp.Placeholder):
            raise Unsupported("Queries with parameters")
        return made("DML", "SELECT", tree=tree)
    if isinstance(tree, exp.Insert):
        return made("DML", "INSERT", tree=tree)
    if isinstance(tree, exp.Create) and tree.kind in ("TABLE", "DATABASE", "SCHEMA"):
        if tree.kind != "TABLE":
            return made("DDL", "CREATE_DATABASE", tree=tree)
        if tree.expression is not None:
            return made("DDL", "CREATE_TABLE_AS_SELECT", tree=tree)
        if not tree.find(exp.ExternalProperty):
            raise Malformed("line 1:8: mismatched input 'TABLE'. Expecting: 'EXTERNAL'")
        return made("DDL", "CREATE_TABLE", tree=tree)
    if isinstance(tree, exp.Drop) and tree.kind in ("TABLE", "DATABASE", "SCHEMA"):
        return made("DDL", "DROP_TABLE" if tree.kind == "TABLE" else "DROP_DATABASE", tree=tree)
    raise Unsupported(" ".join(text.split()[:3]))


def _database(target: Any) -> str:
    """The database that a statement names; of a SCHEMA sqlglot keeps it elsewhere."""
    return str(target.name or target.db).lower()


def _column(definition: Any) -> Shape:
    kind = definition.kind.sql("hive").lower().replace(": ", ":").replace(", ", ",")
    comment = next(
        (each.kind.this.name for each in definition.constraints if each.kind.key == "commentcolumnconstraint"), ""
    )
    return {"Name": definition.name.lower(), "Type": kind, **({"Comment": comment} if comment else {})}


def _properties(tree: Any) -> Shape:
    """What stands behind the columns of a CREATE EXTERNAL TABLE."""
    from sqlglot import exp

    found: Shape = {"serde parameters": {}, "keys": [], "parameters": {}}
    for each in tree.args["properties"].expressions:
        if isinstance(each, exp.LocationProperty):
            found["location"] = each.this.name
        elif isinstance(each, exp.PartitionedByProperty):
            found["keys"] = [_column(one) for one in each.this.expressions]
        elif isinstance(each, exp.RowFormatSerdeProperty):
            found["serde"] = each.this.name
            parameters = each.args.get("serde_properties")
            for one in parameters.expressions if parameters else ():
                found["serde parameters"][one.this.name] = one.args["value"].name
        elif isinstance(each, exp.RowFormatDelimitedProperty):
            names = {"fields": "field.delim", "escaped": "escape.delim", "collection_items": "collection.delim"}
            names |= {"map_keys": "mapkey.delim", "null": "serialization.null.format"}
            for name, parameter in names.items():
                if each.args.get(name):
                    found["serde parameters"][parameter] = each.args[name].name
        elif isinstance(each, exp.FileFormatProperty):
            if isinstance(each.this, exp.InputOutputFormat):
                found["input"] = each.this.args["input_format"].name
                found["output"] = each.this.args["output_format"].name
            elif each.this.name.upper() in FORMATS:
                found["format"] = each.this.name.upper()
            else:
                raise QueryFailed(f"NOT_SUPPORTED: The local cloud has no tables STORED AS {each.this.name}")
        elif type(each) is exp.Property:
            found["parameters"][each.this.name] = each.args["value"].name
        elif isinstance(each, exp.SchemaCommentProperty):
            found["parameters"]["comment"] = each.this.name
        elif not isinstance(each, exp.ExternalProperty):
            raise QueryFailed(f"NOT_SUPPORTED: The local cloud has no tables with {each.sql('hive')}")
    return found


def _with_options(tree: Any) -> Shape:
    """The WITH of a CREATE TABLE AS."""
    from sqlglot import exp

    found: Shape = {}
    for each in tree.args["properties"].expressions if tree.args.get("properties") else ():
        if isinstance(each, exp.FileFormatProperty):
            found["format"] = each.this.name
        elif isinstance(each, exp.PartitionedByProperty):
            found["partitioned_by"] = [one.name.lower() for one in each.this.expressions]
        elif type(each) is exp.Property and each.this.name in ("external_location", "write_compression"):
            found[each.this.name] = each.args["value"].name
        else:
            raise QueryFailed(f"NOT_SUPPORTED: The local cloud has no CREATE TABLE AS with {each.sql('trino')}")
    return found


def _path(table: tables.Table, own: tuple[str, ...]) -> str:
    return "/".join(f"{key}={value}" for key, value in zip(table.keys, own, strict=True))


def _padded(name: str, kind: str) -> list[str]:
    return [f"{name:<20}\t{kind:<20}\t{'':<20}"]


def _failed(what: str) -> QueryFailed:
    return QueryFailed(f"FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {what}")
