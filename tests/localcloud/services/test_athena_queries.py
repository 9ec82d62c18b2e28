"""Queries in Athena's SQL over partitioned CSV, JSON and Parquet, and what each must answer.

Answers are worked out by hand from the data below, as Trino's documentation says of each function
(https://trino.io/docs/current/functions.html), and are text, as GetQueryResults gives them; DuckDB alone answers the
same where the two dialects are the same.
"""

# ruff: noqa: E501 - a query and its answer are read in one line
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from localcloud.services.athena import values
from tests.localcloud.services import answers

ORDERS = {
    "2026-01-05": "id,item,price,at\n1,tea,2.50,2026-01-05 09:15:00\n2,milk,1.20,2026-01-05 10:00:00\n",
    "2026-01-06": "id,item,price,at\n3,bread,3.00,2026-01-06 08:30:00\n4,tea,2.50,2026-01-06 18:45:30\n",
    "2026-02-01": "id,item,price,at\n5,cake,12.00,2026-02-01 12:00:00\n6,tea,,2026-02-01 12:30:00\n",
}
CALLS = [
    {"Who": "ada", "seconds": 61, "words": ["hello", "tea"], "mood": {"good": 0.9, "bad": 0.1}, "meta": {"lang": "en"}},
    {"Who": "bob", "seconds": 30, "words": ["no"], "mood": {"good": 0.2}, "meta": {"lang": "de"}, "raw": '{"a":[1,2]}'},
    {"Who": "eve", "seconds": 5, "words": [], "mood": {}, "meta": {"lang": "en"}, "raw": "no json"},
]
PHOTOS = "SELECT * FROM (VALUES (1, 'cat', 0.91::DOUBLE, DATE '2026-01-05'), (2, 'dog', 0.55, DATE '2026-01-06'), (3, 'cat', 0.70, DATE '2026-02-01')) AS t(id, label, score, taken)"

TABLES = [
    """CREATE EXTERNAL TABLE orders (id int, item string, price double, at timestamp) PARTITIONED BY (day string)
       ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/orders/'
       TBLPROPERTIES ('skip.header.line.count'='1')""",
    "MSCK REPAIR TABLE orders",
    """CREATE EXTERNAL TABLE calls (who string, seconds int, words array<string>, mood map<string,double>,
       meta struct<lang:string>, raw string) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
       LOCATION 's3://lake/calls/'""",
    """CREATE EXTERNAL TABLE photos (id int, label string, score double, taken date) STORED AS PARQUET
       LOCATION 's3://lake/photos/'""",
    """CREATE EXTERNAL TABLE quoted (name string, n int) ROW FORMAT SERDE
       'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('separatorChar'=';')
       LOCATION 's3://lake/quoted/'""",
    """CREATE EXTERNAL TABLE projected (id int, item string, price double) PARTITIONED BY (day string)
       ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/orders/'
       TBLPROPERTIES ('skip.header.line.count'='1', 'projection.enabled'='true', 'projection.day.type'='date',
       'projection.day.format'='yyyy-MM-dd', 'projection.day.range'='2026-01-01,2026-01-31')""",
    """CREATE EXTERNAL TABLE injected (id int, item string) PARTITIONED BY (day string)
       ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/orders/'
       TBLPROPERTIES ('skip.header.line.count'='1', 'projection.enabled'='true', 'projection.day.type'='injected',
       'storage.location.template'='s3://lake/orders/day=${day}')""",
]


def run(cloud: Cloud, query: str, database: str = "shop") -> dict[str, Any]:
    """Run a query to its end; its description."""
    athena = answers.client(cloud, "athena")
    started = athena.start_query_execution(
        QueryString=query,
        QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": "s3://results/"},
    )
    while True:
        found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])[
            "QueryExecution"
        ]
        if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return found
        answers.pass_seconds(cloud, 1)


def rows(cloud: Cloud, query: str, database: str = "shop") -> list[list[str | None]]:
    """What a query answers, without its header."""
    done = run(cloud, query, database)
    assert done["Status"]["State"] == "SUCCEEDED", done["Status"].get("StateChangeReason")
    found = answers.client(cloud, "athena").get_query_results(QueryExecutionId=done["QueryExecutionId"])["ResultSet"]
    return [[value.get("VarCharValue") for value in row["Data"]] for row in found["Rows"]][1:]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = Cloud()
    s3 = cloud.client("s3")
    for bucket in ("lake", "results"):
        s3.create_bucket(Bucket=bucket)
    for day, text in ORDERS.items():
        s3.put_object(Bucket="lake", Key=f"orders/day={day}/part-0.csv", Body=text)
    s3.put_object(Bucket="lake", Key="calls/a.json", Body="\n".join(map(json.dumps, CALLS)))
    s3.put_object(Bucket="lake", Key="quoted/a.csv", Body='"a; b";1\n"say \\"hi\\"";2\n')
    parquet = tmp_path_factory.mktemp("lake") / "photos.parquet"
    duckdb.sql(PHOTOS).write_parquet(str(parquet))
    s3.put_object(Bucket="lake", Key="photos/a.parquet", Body=Path(parquet).read_bytes())
    assert run(cloud, "CREATE DATABASE shop", "default")["Status"]["State"] == "SUCCEEDED"
    for statement in TABLES:
        done = run(cloud, statement)
        assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
    yield cloud
    cloud.close()
    moto_api_backend.reset()


# fmt: off
QUERIES: list[tuple[str, list[list[str | None]]]] = [
    # partitioned CSV
    ("SELECT count(*) FROM orders", [["6"]]),
    ("SELECT item, price FROM orders WHERE day = '2026-01-06' ORDER BY id", [["bread", "3.0"], ["tea", "2.5"]]),
    ("SELECT id FROM orders WHERE price IS NULL", [["6"]]),
    (
        "SELECT day, sum(price) FROM orders GROUP BY day ORDER BY 1",
        [["2026-01-05", "3.7"], ["2026-01-06", "5.5"], ["2026-02-01", "12.0"]],
    ),
    ("SELECT item, count(*) AS n FROM orders GROUP BY item HAVING count(*) > 1", [["tea", "3"]]),
    ("SELECT DISTINCT item FROM orders ORDER BY item LIMIT 2", [["bread"], ["cake"]]),
    ("SELECT max_by(item, price), min_by(item, price) FROM orders", [["cake", "milk"]]),
    ("SELECT approx_distinct(item) FROM orders", [["4"]]),
    ("SELECT count_if(price > 2), count(price) FROM orders", [["4", "5"]]),
    ("SELECT coalesce(price, 0) FROM orders WHERE id = 6", [["0.0"]]),
    ("SELECT id FROM orders WHERE day BETWEEN '2026-01-06' AND '2026-01-31' ORDER BY id DESC", [["4"], ["3"]]),
    ("SELECT id FROM orders WHERE item LIKE 't%' AND at > timestamp '2026-01-06 00:00:00' ORDER BY 1", [["4"], ["6"]]),
    ("SELECT upper(item) || '!' FROM orders WHERE id = 1", [["TEA!"]]),
    ("SELECT if(price > 2, 'dear', 'cheap') FROM orders WHERE id IN (1, 2) ORDER BY id", [["dear"], ["cheap"]]),
    ("SELECT CASE item WHEN 'tea' THEN 1 ELSE 0 END FROM orders WHERE id < 3 ORDER BY id", [["1"], ["0"]]),
    ("WITH a AS (SELECT * FROM orders WHERE day < '2026-02') SELECT count(*) FROM a", [["4"]]),
    ("SELECT array_agg(item ORDER BY id) FROM orders WHERE day = '2026-01-05'", [["[tea, milk]"]]),
    (
        "SELECT o.item, p.label FROM orders o JOIN photos p ON o.id = p.id ORDER BY o.id",
        [["tea", "cat"], ["milk", "dog"], ["bread", "cat"]],
    ),
    (
        "SELECT count(*) FROM photos p LEFT JOIN orders o ON p.id = o.id AND o.day = '2026-01-05' WHERE o.day IS NULL",
        [["1"]],
    ),
    ("SELECT item FROM orders WHERE id = 1 UNION ALL SELECT label FROM photos WHERE id = 2", [["tea"], ["dog"]]),
    # window functions
    (
        "SELECT id, row_number() OVER (PARTITION BY day ORDER BY price DESC) FROM orders WHERE day = '2026-01-06' ORDER BY id",
        [["3", "1"], ["4", "2"]],
    ),
    ("SELECT id, lag(item) OVER (ORDER BY id) FROM orders WHERE id < 3 ORDER BY id", [["1", None], ["2", "tea"]]),
    (
        "SELECT id, sum(id) OVER (ORDER BY id) FROM orders WHERE id < 4 ORDER BY id",
        [["1", "1"], ["2", "3"], ["3", "6"]],
    ),
    (
        "SELECT item, rank() OVER (ORDER BY count(*) DESC) FROM orders WHERE item IN ('tea', 'cake') GROUP BY item ORDER BY 2",
        [["tea", "1"], ["cake", "2"]],
    ),
    # dates and times
    ("SELECT date_trunc('month', at) FROM orders WHERE id = 4", [["2026-01-01 00:00:00.000"]]),
    ("SELECT date_diff('day', date '2026-01-05', date '2026-02-01')", [["27"]]),
    ("SELECT date_add('hour', 2, at) FROM orders WHERE id = 1", [["2026-01-05 11:15:00.000"]]),
    ("SELECT date_parse('05/01/2026 09:07', '%d/%m/%Y %H:%i')", [["2026-01-05 09:07:00.000"]]),
    ("SELECT date_format(at, '%Y-%m-%d %H:%i:%s') FROM orders WHERE id = 4", [["2026-01-06 18:45:30"]]),
    ("SELECT from_unixtime(1767603600)", [["2026-01-05 09:00:00.000 UTC"]]),
    ("SELECT to_unixtime(timestamp '2026-01-05 09:00:00')", [["1.7676036E9"]]),
    ("SELECT year(taken), month(taken), day_of_week(taken) FROM photos WHERE id = 1", [["2026", "1", "1"]]),
    ("SELECT cast(day AS date) FROM orders WHERE id = 3", [["2026-01-06"]]),
    ("SELECT date '2026-01-31' + interval '1' day", [["2026-02-01"]]),
    ("SELECT extract(hour FROM at) FROM orders WHERE id = 4", [["18"]]),
    # arrays and maps
    (
        "SELECT cardinality(words), element_at(words, 1) FROM calls ORDER BY seconds",
        [["0", None], ["1", "no"], ["2", "hello"]],
    ),
    ("SELECT words[2] FROM calls WHERE who = 'ada'", [["tea"]]),
    ("SELECT who FROM calls WHERE contains(words, 'tea')", [["ada"]]),
    (
        "SELECT who, word FROM calls CROSS JOIN UNNEST(words) AS t(word) ORDER BY word",
        [["ada", "hello"], ["bob", "no"], ["ada", "tea"]],
    ),
    (
        "SELECT word, n FROM calls CROSS JOIN UNNEST(words) WITH ORDINALITY AS t(word, n) WHERE who = 'ada' ORDER BY n",
        [["hello", "1"], ["tea", "2"]],
    ),
    (
        "SELECT who, k, v FROM calls CROSS JOIN UNNEST(mood) AS t(k, v) WHERE v > 0.1 ORDER BY who",
        [["ada", "good", "0.9"], ["bob", "good", "0.2"]],
    ),
    ("SELECT mood['good'], element_at(mood, 'bad') FROM calls WHERE who = 'bob'", [["0.2", None]]),
    ("SELECT cardinality(mood), map_keys(mood) FROM calls WHERE who = 'ada'", [["2", "[good, bad]"]]),
    ("SELECT mood FROM calls WHERE who = 'ada'", [["{good=0.9, bad=0.1}"]]),
    ("SELECT transform(words, w -> upper(w)) FROM calls WHERE who = 'ada'", [["[HELLO, TEA]"]]),
    ("SELECT filter(ARRAY[1, 5, 9], x -> x > 3)", [["[5, 9]"]]),
    ("SELECT reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s)", [["6"]]),
    ("SELECT array_join(words, '-') FROM calls WHERE who = 'ada'", [["hello-tea"]]),
    ("SELECT split('a,b,c', ',')[2], cardinality(split('a,b', ','))", [["b", "2"]]),
    ("SELECT meta.lang, meta FROM calls WHERE who = 'bob'", [["de", "{lang=de}"]]),
    ("SELECT map(ARRAY['a', 'b'], ARRAY[1, 2])['b']", [["2"]]),
    ("SELECT sequence(1, 3)", [["[1, 2, 3]"]]),
    # JSON and text
    (
        "SELECT json_extract_scalar(raw, '$.a[1]'), json_extract(raw, '$.a') FROM calls WHERE who = 'bob'",
        [["2", "[1,2]"]],
    ),
    ("SELECT json_extract_scalar(raw, '$.a') FROM calls WHERE who <> 'ada' ORDER BY who", [[None], [None]]),
    ("SELECT cast(json_extract('{\"a\": [1, 2]}', '$.a') AS array(integer))", [["[1, 2]"]]),
    ("SELECT who FROM calls WHERE regexp_like(who, '^[ae]') ORDER BY 1", [["ada"], ["eve"]]),
    ("SELECT regexp_extract('receipt-0042', '\\d+'), regexp_replace('a1b2', '\\d', '#')", [["0042", "a#b#"]]),
    (
        "SELECT substr('receipt', 1, 3), strpos('receipt', 'ei'), length('tea'), reverse('tea')",
        [["rec", "4", "3", "aet"]],
    ),
    ("SELECT lpad('7', 3, '0'), replace('a-b', '-', '+'), trim('  a '), concat('a', 'b')", [["007", "a+b", "a", "ab"]]),
    # numbers and types
    ("SELECT try_cast('12' AS integer), try_cast('x' AS integer)", [["12", None]]),
    ("SELECT 7 / 2, -7 / 2, 7 % 3, 7e0 / 2", [["3", "-3", "1", "3.5"]]),
    ("SELECT round(2.456, 2), abs(-3), ceil(1.2), power(2, 10)", [["2.46", "3", "2", "1024.0"]]),
    ("SELECT 1e10, 0.0001e0, true, null", [["1.0E10", "1.0E-4", "true", None]]),
    ("SELECT round(avg(score), 3), approx_percentile(score, 0.5) FROM photos", [["0.72", "0.7"]]),
    ("SELECT greatest(1, 3, 2), least('b', 'a'), nullif(1, 1)", [["3", "a", None]]),
    # Parquet, quoted CSV, projection
    ("SELECT label, max(score) FROM photos GROUP BY label ORDER BY 1", [["cat", "0.91"], ["dog", "0.55"]]),
    ("SELECT name, n FROM quoted ORDER BY n", [["a; b", "1"], ['say "hi"', "2"]]),
    ("SELECT count(*) FROM projected", [["4"]]),
    ("SELECT id FROM projected WHERE day = '2026-01-06' ORDER BY id", [["3"], ["4"]]),
    ("SELECT item FROM injected WHERE day = '2026-02-01' ORDER BY id", [["cake"], ["tea"]]),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[query[:70] for query, _ in QUERIES])
def test_a_query_answers_as_athena_does(lake: Cloud, query: str, expected: list[list[str | None]]) -> None:
    assert rows(lake, query) == expected


ERRORS: list[tuple[str, str]] = [
    (
        "SELECT x FROM orders",
        "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to access requested resources",
    ),
    (
        "SELECT o.nope FROM orders o",
        "COLUMN_NOT_FOUND: line 1:10: Column 'o.nope' cannot be resolved or requester is not authorized to access requested resources",
    ),
    (
        "SELECT 1 FROM orders\nWHERE nope = 1",
        "COLUMN_NOT_FOUND: line 2:7: Column 'nope' cannot be resolved or requester is not authorized to access requested resources",
    ),
    ("SELECT * FROM t", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.t' does not exist"),
    ("SELECT * FROM nowhere.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nowhere' does not exist"),
    ("SELECT id FROM orders JOIN photos ON true", "AMBIGUOUS_NAME: line 1:8: Column 'id' is ambiguous"),
    (
        "SELECT item, count(*) FROM orders GROUP BY day",
        "EXPRESSION_NOT_AGGREGATE: line 1:8: 'item' must be an aggregate expression or appear in GROUP BY clause",
    ),
    ("SELECT * FROM orders WHERE id = '1'", "TYPE_MISMATCH: line 1:28: Cannot apply operator: integer = varchar(1)"),
    ("SELECT cast(item AS integer) FROM orders WHERE id = 1", "INVALID_CAST_ARGUMENT: Cannot cast 'tea' to INTEGER"),
    ("SELECT cast('soon' AS date)", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: soon"),
    ("SELECT 1 / (id - 1) FROM orders WHERE id = 1", "DIVISION_BY_ZERO: Division by zero"),
    (
        "SELECT words[9] FROM calls WHERE who = 'ada'",
        "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 9 > 2",
    ),
    ("SELECT mood['none'] FROM calls WHERE who = 'ada'", "INVALID_FUNCTION_ARGUMENT: Key not present in map: none"),
    (
        "SELECT nofunction(1)",
        "FUNCTION_NOT_FOUND: line 1:8: Function 'nofunction' not registered (the local cloud's Athena runs on DuckDB, which has no such function)",
    ),
    ("SELECT date_parse('x', '%Y')", 'INVALID_FUNCTION_ARGUMENT: Invalid format: "x"'),
    (
        "SELECT * FROM injected",
        "CONSTRAINT_VIOLATION: For the injected projected partition column day, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.",
    ),
    (
        "SELECT * FROM read_csv('/etc/passwd')",
        "NOT_SUPPORTED: The local cloud's Athena has no table function READ_CSV('/etc/passwd')",
    ),
    ("DROP TABLE nope", "FAILED: SemanticException [Error 10001]: Table not found shop.nope"),
    (
        "DROP DATABASE shop",
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. InvalidOperationException(message:Database shop is not empty. One or more tables exist.)",
    ),
    ("DESCRIBE nope", "FAILED: SemanticException [Error 10001]: Table not found shop.nope"),
]


#: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
TYPES = {"Syntax": 1006, "Data": 1001, "DDL task": 1003, "Function argument": 1106, "Failed": 1009}
MEANT = {
    "COLUMN_NOT_FOUND": "Syntax", "AMBIGUOUS_NAME": "Syntax", "EXPRESSION_NOT_AGGREGATE": "Syntax",
    "TYPE_MISMATCH": "Syntax", "INVALID_CAST_ARGUMENT": "Data", "DIVISION_BY_ZERO": "Data", "FAILED": "DDL task",
    "INVALID_FUNCTION_ARGUMENT": "Function argument", "CONSTRAINT_VIOLATION": "Failed",
}  # fmt: skip
TYPES |= {"TABLE_NOT_FOUND": 1110, "SCHEMA_NOT_FOUND": 1301, "FUNCTION_NOT_FOUND": 1303, "NOT_SUPPORTED": 1200}


@pytest.mark.parametrize(("query", "reason"), ERRORS, ids=[query[:60] for query, _ in ERRORS])
def test_a_query_that_fails_says_why_in_athenas_words(lake: Cloud, query: str, reason: str) -> None:
    status = run(lake, query)["Status"]
    assert (status["State"], status.get("StateChangeReason")) == ("FAILED", reason)
    name = reason.partition(":")[0]
    kind = TYPES[MEANT.get(name, name)]
    assert status["AthenaError"] == {"ErrorCategory": 2, "ErrorType": kind, "Retryable": False, "ErrorMessage": reason}


#: Written the same in both dialects, over tables that DuckDB reads by itself.
COMMON = [pair for pair in QUERIES[:24] if "orders" in pair[0] and not re.search(r"approx_|count_if|if\(|timestamp", pair[0])]


def test_duckdb_alone_answers_the_same_where_the_dialects_are_the_same(tmp_path: Path) -> None:
    own = duckdb.connect()
    for day, text in ORDERS.items():
        folder = tmp_path / f"day={day}"
        folder.mkdir()
        (folder / "a.csv").write_text(text)
    own.execute(f"CREATE TABLE orders AS SELECT * REPLACE (day::VARCHAR AS day) FROM read_csv('{tmp_path.as_posix()}/*/*.csv', hive_partitioning = true)")
    own.execute(f"CREATE TABLE photos AS {PHOTOS}")
    for query, expected in COMMON:
        done = own.execute(query)
        kinds = [each[1] for each in done.description]
        assert [[values.text(v, k) for v, k in zip(row, kinds, strict=True)] for row in done.fetchall()] == expected, query
    assert len(COMMON) > 15
