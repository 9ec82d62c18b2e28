"""A query in Athena's SQL: resolved against the catalog, pruned, turned into DuckDB's SQL, and run.

sqlglot reads Athena's dialect, finds what each column is and writes DuckDB's; what the two engines do differently and
sqlglot does not level is levelled here (`_level`) or by the macros (`_MACROS`). Source of how Trino behaves:
https://trino.io/docs/current/functions.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.services import _duck
from localcloud.services.athena import errors, tables, values
from localcloud.services.athena.errors import QueryFailed

if TYPE_CHECKING:
    from sqlglot import exp

    from localcloud.host import Host

Shape = dict[str, Any]

CATALOG = "awsdatacatalog"

_MACROS = (
    "athena_nonzero(n) AS CASE WHEN n = 0 THEN error('DIVISION_BY_ZERO: Division by zero') ELSE n END",
    "athena_at(a, n) AS CASE WHEN n = 0 THEN error('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1') "
    "WHEN n < 0 THEN error('INVALID_FUNCTION_ARGUMENT: Array subscript is negative: ' || n) "
    "WHEN n > len(a) THEN error('INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array "
    "length: ' || n || ' > ' || len(a)) ELSE a[n] END",
    "athena_key(m, k) AS CASE WHEN m IS NOT NULL AND NOT map_contains(m, k) THEN "
    "error('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || k) ELSE m[k] END",
    "athena_json(j, p) AS CASE WHEN json_valid(j) THEN json_extract(j, p) END",
    "athena_scalar(j, p) AS CASE WHEN json_valid(j) AND json_type(j, p) NOT IN ('OBJECT', 'ARRAY', 'NULL') "
    "THEN json_extract_string(j, p) END",
    "at_timezone(t, zone) AS timezone(zone, t)",
    "url_extract_host(u) AS nullif(regexp_extract(u, '^[a-z]+://([^/:?#]+)', 1), '')",
    "url_extract_path(u) AS regexp_extract(u, '^[a-z]+://[^/?#]+([^?#]*)', 1)",
    "url_extract_parameter(u, n) AS nullif(regexp_extract(u, '[?&]' || n || '=([^&#]*)', 1), '')",
    "from_iso8601_date(t) AS CAST(t AS DATE)",
)


@dataclass(slots=True)
class Result:
    """What a statement came to.

    Args:
        columns: ColumnInfo of each.
        rows: values as text, None for NULL.
        header: whether the first row of GetQueryResults names the columns.
        updated: UpdateCount.
        manifest: the objects that it wrote.
    """

    columns: list[Shape]
    rows: list[list[str | None]]
    header: bool = True
    updated: int | None = None
    manifest: list[str] | None = None


@dataclass(slots=True)
class Select:
    """A query that only reads.

    Args:
        cloud: whose catalog and S3.
        text: as it was written.
        tree: as sqlglot read it.
        context: the database of tables that name none.
        folder: scratch space.

    Attributes:
        scanned: bytes, once it is planned.
    """

    cloud: Host
    text: str
    tree: exp.Expr
    context: str
    folder: Path
    scanned: int = 0
    sql: str = ""
    database: Any = None
    _tables: dict[tuple[str, str], tables.Table] = field(default_factory=dict)

    # ---- planning

    def plan(self) -> None:
        """Resolve names, choose partitions, copy objects. Raises QueryFailed."""
        from sqlglot.errors import OptimizeError
        from sqlglot.optimizer.annotate_types import annotate_types
        from sqlglot.optimizer.qualify import qualify
        from sqlglot.schema import MappingSchema

        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = _duck.connect(self.folder)
        for macro in _MACROS:
            self.database.execute(f"CREATE MACRO {macro}")
        self._resolve()
        known: dict[str, Any] = {}
        for (database, name), table in self._tables.items():
            columns = {**table.columns, **table.keys}
            known.setdefault(database, {})[name] = {each: _trino(kind) for each, kind in columns.items()}
        schema = MappingSchema({CATALOG: known} if known else None, dialect="trino")
        try:
            tree: Any = qualify(
                self.tree, schema=schema, dialect="athena", catalog=CATALOG, db=self.context, quote_identifiers=True
            )
        except OptimizeError as problem:
            raise self._unresolved(str(problem)) from None
        tree = annotate_types(tree, schema=schema, dialect="athena")
        _label(tree)
        for comparison in _comparisons(tree):
            self._check(comparison)
        self._read(tree)
        self.sql = tree.transform(_level).sql("duckdb", unsupported_level=None)

    def _resolve(self) -> None:
        from sqlglot import exp
        from sqlglot.optimizer.scope import traverse_scope

        for table in self.tree.find_all(exp.Table):
            if not isinstance(table.this, exp.Identifier):
                raise QueryFailed(f"NOT_SUPPORTED: The local cloud's Athena has no table function {table.sql()}")
        try:
            scopes = traverse_scope(self.tree)
        except Exception as problem:
            raise QueryFailed(f"GENERIC_USER_ERROR: {problem}") from None
        for scope in scopes:
            for source in scope.sources.values():
                if isinstance(source, exp.Table):
                    self._find(source)

    def _find(self, table: exp.Table) -> None:
        catalog, database, name = table.catalog.lower(), (table.db or self.context).lower(), table.name.lower()
        where = self.at(table.db or table.name)
        if catalog not in ("", CATALOG):
            raise QueryFailed(f"CATALOG_NOT_FOUND: {where}: Catalog '{catalog}' does not exist")
        if (database, name) in self._tables:
            return
        found = tables.find(self.cloud, database, name)
        if found is None and not tables.has_database(self.cloud, database):
            raise QueryFailed(f"SCHEMA_NOT_FOUND: {where}: Schema '{database}' does not exist")
        if found is None:
            raise QueryFailed(f"TABLE_NOT_FOUND: {where}: Table '{CATALOG}.{database}.{name}' does not exist")
        self._tables[database, name] = found

    def at(self, name: str) -> str:
        """Where a name stands in the query: "line 1:8"."""
        from sqlglot.dialects.dialect import Dialect

        for token in Dialect.get_or_raise("athena").tokenize(self.text):
            if token.text.lower() == name.lower():
                line = self.text[: token.start].count("\n") + 1
                return f"line {line}:{token.start - (self.text[: token.start].rfind(chr(10)))}"
        return "line 1:1"

    def _unresolved(self, message: str) -> QueryFailed:
        import re

        name = re.search(r"'([^']+)'|Unknown column: (\S+)", message)
        if name is None:
            return QueryFailed(f"GENERIC_USER_ERROR: {message}")
        found = (name[1] or name[2]).replace('"', "")
        if sum(found.lower() in {**table.columns, **table.keys} for table in self._tables.values()) > 1:
            return errors.ambiguous(found, self.at)
        return errors.column_not_found(self.at(found), self._spelled(found))

    def _spelled(self, column: str) -> str:
        """A column with its table, where the query names one."""
        from sqlglot import exp

        for each in self.tree.find_all(exp.Column):
            if each.name.lower() == column.lower() and each.table and f"{each.table}.{each.name}" in self.text:
                return f"{each.table}.{each.name}".lower()
        return column.lower()

    def _check(self, comparison: exp.Expr) -> None:
        """Trino compares no text with a number."""
        from sqlglot import exp

        left, right = comparison.this.type, comparison.expression.type
        if left is None or right is None:
            return
        kinds = [_family(each) for each in (left, right)]
        if None not in kinds and kinds[0] != kinds[1]:
            signs: dict[Any, str] = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
            sign = signs[type(comparison)]
            column = comparison.find(exp.Column)
            where = self.at(column.name) if column is not None else "line 1:1"
            names = [_shown(each) for each in (comparison.this, comparison.expression)]
            raise QueryFailed(f"TYPE_MISMATCH: {where}: Cannot apply operator: {names[0]} {sign} {names[1]}")

    # ---- partitions

    def _read(self, tree: exp.Expr) -> None:
        """Make each table of the query a view of the partitions and columns that it needs."""
        from sqlglot import exp
        from sqlglot.optimizer.scope import traverse_scope

        conditions = self._conditions(tree)
        read: dict[Any, tuple[str, exp.Table, set[str]]] = {}
        for scope in traverse_scope(tree):
            for alias, source in scope.sources.items():
                if isinstance(source, exp.Table):
                    _, _, used = read.setdefault(id_of(source), (alias, source, set()))
                    used |= {each.name for each in scope.columns if each.table == alias}
        for number, (alias, source, used) in read.items():
            table = self._tables[source.db.lower(), source.name.lower()]
            partitions = self._pruned(table, alias, conditions.get(number, []))
            view = f"{table.name} {number}"
            self.scanned += table.view(self.database, view, partitions, used, self.folder / str(number))
            source.set("this", exp.to_identifier(view, quoted=True))
            source.set("db", None)
            source.set("catalog", None)

    def _conditions(self, tree: exp.Expr) -> dict[Any, list[exp.Expr]]:
        """What the query asks of each table before anything is joined on its nullable side."""
        from sqlglot import exp
        from sqlglot.optimizer.pushdown_predicates import pushdown_predicates
        from sqlglot.optimizer.scope import traverse_scope

        for number, table in enumerate(tree.find_all(exp.Table)):
            table.meta["number"] = number
        try:
            pushed: Any = pushdown_predicates(tree.copy())
        except Exception:  # an optimisation: without it more is read, and nothing wrong
            pushed = tree
        found: dict[Any, list[exp.Expr]] = {}
        for scope in traverse_scope(pushed):
            joins = scope.expression.args.get("joins") or ()
            outer = [join.side for join in joins if join.side]
            parts = [scope.expression.args.get("where"), *(join.args.get("on") for join in joins if not outer)]
            conjuncts = [each for part in parts if part is not None for each in _conjuncts(part)]
            first = scope.expression.args.get("from_")
            for source in scope.sources.values():
                if not isinstance(source, exp.Table):
                    continue
                nullable = outer and (set(outer) != {"LEFT"} or first is None or first.this is not source)
                if not nullable:
                    found[id_of(source)] = conjuncts
        return found

    def _pruned(self, table: tables.Table, alias: str, conjuncts: list[exp.Expr]) -> list[tables.Partition]:
        """The partitions that conditions on their keys alone leave over."""
        from sqlglot import exp

        own = []
        for each in conjuncts:
            columns = list(each.find_all(exp.Column))
            mine = all(column.table == alias and column.name in table.keys for column in columns)
            if columns and mine and not each.find(exp.Subquery, exp.Select):
                own.append(each)
        partitions = table.partitions(_injected(own))
        if not own or not partitions:
            return partitions
        keys = ", ".join(
            f"CAST({_duck.named(k)} AS {_duck.duck(t)}) AS {_duck.named(k)}" for k, t in table.keys.items()
        )
        names = ", ".join(f"{_duck.named(key)} VARCHAR" for key in table.keys)
        self.database.execute(f"CREATE OR REPLACE TABLE pruning (n INTEGER, {names})")
        marks = ", ".join("?" * (1 + len(table.keys)))
        rows = [(n, *partition.values) for n, partition in enumerate(partitions)]
        self.database.executemany(f"INSERT INTO pruning VALUES ({marks})", rows)
        wanted = " AND ".join(f"({each.transform(_level).sql('duckdb')})" for each in own)
        query = f"SELECT n FROM (SELECT n, {keys} FROM pruning) AS {_duck.named(alias)} WHERE {wanted} ORDER BY n"
        return [partitions[n] for (n,) in self._run(query).fetchall()]

    # ---- running

    def _run(self, query: str) -> Any:
        import duckdb

        try:
            return self.database.execute(query)
        except duckdb.Error as problem:
            raise errors.of_duckdb(problem, self.at) from None

    def run(self) -> Result:
        """Its rows. Raises QueryFailed."""
        done = self._run(self.sql)
        names, kinds = [each[0] for each in done.description], [each[1] for each in done.description]
        rows = [[values.text(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in done.fetchall()]
        return Result([values.column(name, kind) for name, kind in zip(names, kinds, strict=True)], rows)

    def described(self) -> dict[str, str]:
        """Its columns: name -> Hive's type."""
        found = self._run(f"DESCRIBE {self.sql}").fetchall()
        return {row[0]: _duck.hive("BIGINT" if row[1] == "HUGEINT" else row[1]) for row in found}

    def close(self) -> None:
        """Free what it holds."""
        if self.database is not None:
            self.database.close()


def id_of(table: exp.Table) -> Any:
    """Which of the tables of a query it is, in every copy of it."""
    return table.meta.get("number")


def _trino(kind: str) -> str:
    from sqlglot import exp

    return exp.DataType.build(kind, dialect="hive").sql("trino")


def _label(tree: exp.Expr) -> None:
    """Call a column without a name `_col` and its position, as Trino does; sqlglot calls it otherwise."""
    from sqlglot import exp

    first: Any = tree
    while isinstance(first, exp.SetOperation):
        first = first.this
    if not isinstance(first, exp.Select):
        return
    renamed = {}
    for position, each in enumerate(first.selects):
        if isinstance(each, exp.Alias) and _was_made_up(each):
            renamed[each.alias] = exp.to_identifier(f"_col{position}", quoted=True)
            each.set("alias", renamed[each.alias])
    for column in tree.find_all(exp.Column):
        if not column.table and column.name in renamed:
            column.set("this", renamed[column.name].copy())


def _was_made_up(alias: exp.Alias) -> bool:
    from sqlglot import exp

    return not (isinstance(alias.this, (exp.Column, exp.Dot)) or alias.args["alias"].meta.get("line"))


def _comparisons(tree: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    yield from tree.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def _family(kind: Any) -> str | None:
    from sqlglot import exp

    if kind.this in exp.DataType.TEXT_TYPES:
        return "text"
    return "number" if kind.this in exp.DataType.NUMERIC_TYPES else None


def _shown(side: exp.Expr) -> str:
    from sqlglot import exp

    if isinstance(side, exp.Literal) and side.is_string:
        return f"varchar({len(side.this)})"
    return side.type.sql("trino").lower() if side.type is not None else "unknown"


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    inner = condition.this if isinstance(condition, (exp.Where, exp.Paren)) else condition
    if isinstance(inner, exp.And):
        yield from _conjuncts(inner.left)
        yield from _conjuncts(inner.right)
    elif isinstance(inner, exp.Paren):
        yield from _conjuncts(inner)
    else:
        yield inner


def _injected(conjuncts: list[exp.Expr]) -> dict[str, list[str]]:
    """The values that equality conditions give to partition keys."""
    from sqlglot import exp

    found: dict[str, list[str]] = {}
    for each in conjuncts:
        if isinstance(each, exp.EQ) and isinstance(each.this, exp.Column) and isinstance(each.expression, exp.Literal):
            found[each.this.name] = [each.expression.name]
        elif isinstance(each, exp.In) and all(isinstance(one, exp.Literal) for one in each.expressions):
            found[each.this.name] = [one.name for one in each.expressions]
    return found


def _level(node: Any) -> Any:
    """What Trino does otherwise than DuckDB, said in DuckDB's words."""
    from sqlglot import exp

    def call(name: str, *args: Any, like: Any = node) -> Any:
        made = exp.Anonymous(this=name, expressions=list(args))
        made.type = like.type
        return made

    if isinstance(node, exp.Unnest) and _is_several(node):
        return _lateral(node)
    if isinstance(node, (exp.Div, exp.Mod)) and _is_whole(node.expression.type) and _is_whole(node.this.type):
        node.set("expression", call("athena_nonzero", node.expression, like=node.expression))
    elif isinstance(node, exp.ArraySize) and node.this.type is not None and node.this.type.is_type("map"):
        return call("cardinality", node.this)
    elif isinstance(node, exp.Bracket) and not node.args.get("safe") and len(node.expressions) == 1:
        of = node.this.type
        if of is not None and of.is_type("map"):
            return call("athena_key", node.this, node.expressions[0])
        if of is not None and of.is_type("array"):
            return call("athena_at", node.this, _with_offset(node))
    elif isinstance(node, (exp.Add, exp.Sub, exp.DateAdd, exp.DateSub)) and _moves_date(node):
        return exp.Cast(this=node.copy(), to=exp.DataType.build("date"))
    elif isinstance(node, exp.JSONExtractScalar):
        return call("athena_scalar", node.this, _path(node.expression))
    elif isinstance(node, exp.JSONExtract):
        return call("athena_json", node.this, _path(node.expression))
    return node


def _is_several(unnest: Any) -> bool:
    """Whether an UNNEST makes several columns at once: of a map, or of several arrays."""
    (first, *others) = unnest.expressions
    return bool(others) or (first.type is not None and first.type.is_type("map"))


def _lateral(unnest: Any) -> Any:
    """Such an UNNEST as a subquery, the only form of it that DuckDB has."""
    from sqlglot import exp

    inner: list[Any] = []
    for each in unnest.expressions:
        is_map = each.type is not None and each.type.is_type("map")
        parts = [exp.Anonymous(this=name, expressions=[each]) for name in ("map_keys", "map_values")]
        inner += parts if is_map else [each]
    alias = unnest.args["alias"]
    names = [column.name for column in alias.columns] + ["ordinality"]
    chosen = [
        exp.alias_(exp.Anonymous(this="unnest", expressions=[each.copy()]), name, quoted=True)
        for name, each in zip(names, inner, strict=False)
    ]
    return exp.select(*chosen).subquery(alias.name, copy=False)


def _moves_date(node: Any) -> bool:
    """Whether it adds to a date: the sum is a date for Trino and a timestamp for DuckDB."""
    from sqlglot import exp

    is_date = node.this.type is not None and node.this.type.is_type("date")
    is_span = isinstance(node, (exp.DateAdd, exp.DateSub)) or isinstance(node.expression, exp.Interval)
    done = isinstance(node.parent, exp.Cast) and node.parent.to.is_type("date")
    return is_date and is_span and not done


def _with_offset(node: Any) -> Any:
    """A subscript as it was written: sqlglot counts them from zero."""
    from sqlglot import exp

    index, offset = node.expressions[0], node.args.get("offset") or 0
    if isinstance(index, exp.Literal) and not index.is_string:
        return exp.Literal.number(int(index.name) - offset + 1)
    return index if offset == 1 else exp.Add(this=index, expression=exp.Literal.number(1))


def _path(path: Any) -> Any:
    from sqlglot import exp

    return exp.Literal.string(path.sql("duckdb").strip("'")) if isinstance(path, exp.JSONPath) else path


def _is_whole(kind: Any) -> bool:
    from sqlglot import exp

    return kind is not None and kind.this in exp.DataType.INTEGER_TYPES
