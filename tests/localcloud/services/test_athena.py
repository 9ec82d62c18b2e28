"""Query executions: their lives, results and costs; statements on the catalog; what they write; work groups."""

# ruff: noqa: E501 - a statement and its outcome are read in one line
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from tests.localcloud.services import answers
from tests.localcloud.services.answers import error
from tests.localcloud.services.test_athena_queries import rows, run
from tests.localcloud.services.waiting import ROLE, create_function

DAYS = {f"2026-01-{day:02}": f"{day},tea\n" for day in range(1, 11)}
RESULTS = {"OutputLocation": "s3://results/here/"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    s3 = made.client("s3")
    for bucket in ("lake", "results"):
        s3.create_bucket(Bucket=bucket)
    for day, text in DAYS.items():
        s3.put_object(Bucket="lake", Key=f"sales/day={day}/a.csv", Body=text)
    run(made, "CREATE DATABASE shop COMMENT 'of a test'", "default")
    run(
        made,
        "CREATE EXTERNAL TABLE sales (id int, item string) PARTITIONED BY (day string) ROW FORMAT DELIMITED FIELDS "
        "TERMINATED BY ',' LOCATION 's3://lake/sales/'",
    )
    run(made, "MSCK REPAIR TABLE sales")
    yield made
    made.close()
    moto_api_backend.reset()


def start(cloud: Cloud, query: str, **more: Any) -> str:
    wanted = {"QueryExecutionContext": {"Database": "shop"}, "ResultConfiguration": RESULTS} | more
    identity: str = cloud.client("athena").start_query_execution(QueryString=query, **wanted)["QueryExecutionId"]
    return identity


def lines(cloud: Cloud, query: str) -> list[str]:
    """What a statement of DDL answers."""
    done = run(cloud, query)
    assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
    found = answers.client(cloud, "athena").get_query_results(QueryExecutionId=done["QueryExecutionId"])
    return [row["Data"][0]["VarCharValue"] for row in found["ResultSet"]["Rows"]]


def keys(cloud: Cloud, bucket: str, prefix: str) -> list[str]:
    found = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return [each["Key"] for each in found]


# ---- lives


def test_a_query_is_queued_runs_and_succeeds_on_the_virtual_clock(cloud: Cloud) -> None:
    athena = answers.client(cloud, "athena")
    states: list[tuple[float, str]] = []

    async def watch() -> None:
        began = cloud.clock.now()
        identity = start(cloud, "SELECT count(*) FROM sales")
        for tenth in range(12):
            await cloud.clock.sleep_until(began + tenth / 10)
            states.append(
                (tenth / 10, athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]["Status"]["State"])
            )
        found.update(athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"])

    found: dict[str, Any] = {}
    assert cloud.clock.spawn(watch()).join(60)
    assert list(dict.fromkeys(state for _, state in states)) == ["QUEUED", "RUNNING", "SUCCEEDED"]
    statistics = found["Statistics"]
    assert statistics["EngineExecutionTimeInMillis"] == 750
    assert statistics["TotalExecutionTimeInMillis"] == 900
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "SELECT")


def test_only_the_partitions_that_are_asked_for_are_scanned(cloud: Cloud) -> None:
    sizes = {day: len(text) for day, text in DAYS.items()}
    for condition, days in {
        "true": list(DAYS),
        "day = '2026-01-03'": ["2026-01-03"],
        "day IN ('2026-01-03', '2026-01-10')": ["2026-01-03", "2026-01-10"],
        "substr(day, 9, 2) > '08' AND id > 0": ["2026-01-09", "2026-01-10"],
        "day = '2026-01-03' OR id = 1": list(DAYS),
        "day > '2027'": [],
    }.items():
        done = run(cloud, f"SELECT * FROM sales WHERE {condition}")
        assert done["Statistics"]["DataScannedInBytes"] == sum(sizes[day] for day in days), condition
    inner = run(cloud, "WITH s AS (SELECT * FROM sales) SELECT * FROM s WHERE day = '2026-01-03'")
    assert inner["Statistics"]["DataScannedInBytes"] == sizes["2026-01-03"]


def test_of_parquet_only_the_columns_that_are_used_are_scanned(cloud: Cloud) -> None:
    run(cloud, "CREATE TABLE columnar WITH (format = 'PARQUET') AS SELECT * FROM sales")
    scanned = {
        columns: run(cloud, f"SELECT {columns} FROM columnar")["Statistics"]["DataScannedInBytes"]
        for columns in ("count(*)", "id", "id, item", "*")
    }
    assert 0 == scanned["count(*)"] < scanned["id"] < scanned["id, item"] < scanned["*"]


def test_results_are_a_file_and_pages(cloud: Cloud) -> None:
    athena = answers.client(cloud, "athena")
    done = run(cloud, "SELECT id, item, NULL AS nothing, 'a\"b' AS quoted FROM sales ORDER BY id")
    identity = done["QueryExecutionId"]
    location = done["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://results/{identity}.csv"
    body = cloud.client("s3").get_object(Bucket="results", Key=f"{identity}.csv")["Body"].read().decode()
    assert body.splitlines()[:2] == ['"id","item","nothing","quoted"', '"1","tea",,"a""b"']
    assert keys(cloud, "results", identity) == [f"{identity}.csv", f"{identity}.csv.metadata"]
    first = athena.get_query_results(QueryExecutionId=identity, MaxResults=4)
    assert [row["Data"][0]["VarCharValue"] for row in first["ResultSet"]["Rows"]] == ["id", "1", "2", "3"]
    kinds = [each["Type"] for each in first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    assert kinds == ["integer", "varchar", "unknown", "varchar"]
    pages = list(
        athena.get_paginator("get_query_results").paginate(QueryExecutionId=identity, PaginationConfig={"PageSize": 4})
    )
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [4, 4, 3]


def test_a_query_that_is_stopped_is_cancelled_and_has_no_results(cloud: Cloud) -> None:
    athena = answers.client(cloud, "athena")

    def begin() -> str:
        identity = start(cloud, "SELECT 1")
        assert error(athena.get_query_results, QueryExecutionId=identity) == (
            "InvalidRequestException",
            "Query has not yet finished. Current state: QUEUED",
        )
        athena.stop_query_execution(QueryExecutionId=identity)
        return identity

    identity = cloud.clock.call(begin)
    found = athena.batch_get_query_execution(QueryExecutionIds=[identity, "x"])
    assert found["QueryExecutions"][0]["Status"]["State"] == "CANCELLED"
    assert found["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "x"
    message = error(athena.get_query_results, QueryExecutionId=identity)[1]
    assert message == "Query did not finish successfully. Final query state: CANCELLED"
    assert athena.list_query_executions()["QueryExecutionIds"][0] == identity


def test_a_token_starts_one_query(cloud: Cloud) -> None:
    token = {"ClientRequestToken": "t" * 32}
    assert start(cloud, "SELECT 1", **token) == start(cloud, "SELECT 1", **token)
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        start(cloud, "SELECT 2", **token)


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("SELECT 1 +", "InvalidRequestException", "line 1:10: mismatched input"),
        ("SELEC 1", "InvalidRequestException", "line 1:7: mismatched input '1'."),
        ("", "InvalidRequestException", "Value '' at 'queryString' failed to satisfy constraint"),
        ("SELECT 1; SELECT 2", "InvalidRequestException", "Only one sql statement is allowed."),
        ("CREATE VIEW v AS SELECT 1", "UnsupportedLocally", "does not run CREATE VIEW v. It runs SELECT"),
        ("SELECT ?", "UnsupportedLocally", "does not run Queries with parameters"),
    ],
)
def test_what_is_no_statement_or_none_of_ours_is_refused_at_once(
    cloud: Cloud, query: str, code: str, message: str
) -> None:
    athena = answers.unchecked(cloud.client("athena"))
    found = error(athena.start_query_execution, QueryString=query, ResultConfiguration=RESULTS)
    assert found[0] == code
    assert message in found[1]


def test_a_query_needs_a_place_for_its_results(cloud: Cloud) -> None:
    athena = cloud.client("athena")
    assert error(athena.start_query_execution, QueryString="SELECT 1")[1].startswith("No output location provided.")
    for wrong in ("bucket", "https://s3.amazonaws.com/bucket/", "arn:aws:s3:::bucket"):
        message = error(
            athena.start_query_execution, QueryString="SELECT 1", ResultConfiguration={"OutputLocation": wrong}
        )
        assert message == ("InvalidRequestException", "outputLocation is not a valid S3 path.")
    nowhere = {"OutputLocation": "s3://nowhere/"}
    message = error(athena.start_query_execution, QueryString="SELECT 1", ResultConfiguration=nowhere)[1]
    assert message == "Unable to verify/create output bucket nowhere"


def test_a_query_reads_nothing_but_its_tables(cloud: Cloud) -> None:
    for query in (
        "SELECT * FROM '/etc/passwd'",
        "SELECT content FROM read_text('/etc/passwd')",
        "SELECT getenv('HOME')",
    ):
        athena = cloud.client("athena")
        try:
            identity = start(cloud, query)
        except ClientError:
            continue
        answers.pass_seconds(cloud, 5)
        assert athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]["Status"]["State"] == "FAILED"


POLLING = """
import boto3, time
def handler(event, context):
    athena = boto3.client("athena")
    query = athena.start_query_execution(QueryString="SELECT 42", ResultConfiguration={"OutputLocation": "s3://test-athena/"})
    while True:
        done = athena.get_query_execution(QueryExecutionId=query["QueryExecutionId"])["QueryExecution"]
        if done["Status"]["State"] not in ("QUEUED", "RUNNING"):
            rows = athena.get_query_results(QueryExecutionId=query["QueryExecutionId"])["ResultSet"]["Rows"]
            return rows[1]["Data"][0]["VarCharValue"]
        time.sleep(0.05)
"""


def test_a_function_asks_and_polls_for_the_answer(local_cloud: Any) -> None:
    local_cloud.client("s3").create_bucket(Bucket="test-athena")
    create_function(local_cloud, POLLING, "test-athena")
    answer = local_cloud.client("lambda").invoke(FunctionName="test-athena")
    assert json.loads(answer["Payload"].read()) == "42"


# ---- statements on the catalog


def test_tables_are_created_described_shown_and_dropped(cloud: Cloud) -> None:
    run(
        cloud,
        "CREATE EXTERNAL TABLE IF NOT EXISTS events (`id` bigint COMMENT 'which', tags array<string>) PARTITIONED BY "
        "(day string, hour int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES "
        "('ignore.malformed.json'='true') LOCATION 's3://lake/events/' TBLPROPERTIES ('a'='b')",
    )
    table = cloud.client("glue").get_table(DatabaseName="shop", Name="events")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "bigint", "Comment": "which"},
        {"Name": "tags", "Type": "array<string>"},
    ]
    assert (table["Parameters"]["a"], [key["Type"] for key in table["PartitionKeys"]]) == ("b", ["string", "int"])
    assert "events" in lines(cloud, "SHOW TABLES IN shop 'e*'")
    assert [line.split() for line in lines(cloud, "DESCRIBE events")[:4]] == [
        ["id", "bigint"],
        ["tags", "array<string>"],
        ["day", "string"],
        ["hour", "int"],
    ]
    assert lines(cloud, "SHOW COLUMNS IN events") == ["id", "tags", "day", "hour"]
    run(
        cloud,
        "ALTER TABLE events ADD PARTITION (day='2026-01-05', hour=9) LOCATION 's3://lake/x/' PARTITION (day='2026-01-06', hour=10)",
    )
    assert lines(cloud, "SHOW PARTITIONS events") == ["day=2026-01-05/hour=9", "day=2026-01-06/hour=10"]
    run(cloud, "ALTER TABLE events DROP PARTITION (day='2026-01-05', hour=9)")
    assert lines(cloud, "SHOW PARTITIONS events") == ["day=2026-01-06/hour=10"]
    again = run(cloud, "CREATE EXTERNAL TABLE events (id int) LOCATION 's3://lake/events/'")["Status"]
    assert again["StateChangeReason"].endswith("AlreadyExistsException(message:Table events already exists.)")
    run(cloud, "DROP TABLE events")
    assert "events" not in lines(cloud, "SHOW TABLES")
    assert "shop" in lines(cloud, "SHOW DATABASES")


def test_a_database_is_dropped_with_its_tables_only_by_cascade(cloud: Cloud) -> None:
    run(cloud, "CREATE SCHEMA gone")
    run(cloud, "CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://lake/t/'", "gone")
    assert "is not empty" in run(cloud, "DROP SCHEMA gone")["Status"]["StateChangeReason"]
    run(cloud, "DROP DATABASE gone CASCADE")
    assert "gone" not in lines(cloud, "SHOW DATABASES LIKE 'g*'")


def test_a_table_in_the_default_database_needs_no_database_made(cloud: Cloud) -> None:
    run(cloud, "CREATE EXTERNAL TABLE plain (a int) LOCATION 's3://lake/plain/'", "default")
    assert rows(cloud, "SELECT count(*) FROM plain", "default") == [["0"]]


# ---- what writes


@pytest.mark.parametrize("form", ["PARQUET", "JSON", "TEXTFILE"])
def test_a_table_made_of_a_query_answers_as_the_query(cloud: Cloud, form: str) -> None:
    name = f"copy_{form.lower()}"
    query = "SELECT sum(id) AS total, item, day FROM sales WHERE id < 4 GROUP BY item, day"
    done = run(
        cloud,
        f"CREATE TABLE {name} WITH (format = '{form}', external_location = 's3://lake/{name}/', "
        f"partitioned_by = ARRAY['day']) AS {query}",
    )
    assert done["Status"]["State"] == "SUCCEEDED", done["Status"]
    assert rows(cloud, f"SELECT * FROM {name} ORDER BY day") == rows(cloud, f"{query} ORDER BY day")
    run(cloud, f"INSERT INTO {name} SELECT 40, 'cake', '2026-02-01'")
    run(cloud, f"INSERT INTO {name} VALUES (50, 'bread', '2026-02-02')")
    assert rows(cloud, f"SELECT total, item FROM {name} WHERE day > '2026-02' ORDER BY 1") == [
        ["40", "cake"],
        ["50", "bread"],
    ]
    assert lines(cloud, f"SHOW PARTITIONS {name}")[-2:] == ["day=2026-02-01", "day=2026-02-02"]
    manifest = done["Statistics"]["DataManifestLocation"].partition("results/")[2]
    listed = cloud.client("s3").get_object(Bucket="results", Key=manifest)["Body"].read().decode().splitlines()
    assert len(listed) == 3
    assert {place.partition("lake/")[2] for place in listed} <= set(keys(cloud, "lake", f"{name}/"))


def test_a_query_is_unloaded_into_files(cloud: Cloud) -> None:
    done = run(cloud, "UNLOAD (SELECT id, item FROM sales WHERE id = 1) TO 's3://lake/out/' WITH (format = 'JSON')")
    (key,) = keys(cloud, "lake", "out/")
    assert json.loads(cloud.client("s3").get_object(Bucket="lake", Key=key)["Body"].read()) == {"id": 1, "item": "tea"}
    assert (
        answers.client(cloud, "athena").get_query_results(QueryExecutionId=done["QueryExecutionId"])["UpdateCount"] == 1
    )
    again = run(cloud, "UNLOAD (SELECT 1) TO 's3://lake/out/' WITH (format = 'JSON')")["Status"]
    assert again["StateChangeReason"].startswith("HIVE_PATH_ALREADY_EXISTS")


# ---- bad data


@pytest.mark.parametrize(
    ("table", "body", "outcome"),
    [
        ("(n int, s string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','", "x,a\n2\n3,b,c\n", [[None, "a"], ["2", None], ["3", "b"]]),
        ("(n int) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'", '"x"\n', 'HIVE_BAD_DATA: Error parsing field value \'x\' for field 0: For input string: "x"'),
        ("(n int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'", "{\n", "HIVE_CURSOR_ERROR: Row is not a valid JSON Object"),
        ("(n int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('ignore.malformed.json'='true')", '{\n{"n": 1}\n', [[None], ["1"]]),
        ("(a array<int>, m map<string,string>) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' COLLECTION ITEMS TERMINATED BY '|' MAP KEYS TERMINATED BY ':'", "1|2,k:v\n", [["[1, 2]", "{k=v}"]]),
        ("(n int) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'", "x", "HIVE_UNSUPPORTED_FORMAT: The local cloud has no SerDe"),
    ],
)  # fmt: skip
def test_data_that_does_not_fit_is_taken_as_its_serde_takes_it(
    cloud: Cloud, table: str, body: str, outcome: list[list[str | None]] | str
) -> None:
    cloud.client("s3").put_object(Bucket="lake", Key="bad/a", Body=body)
    run(cloud, "DROP TABLE IF EXISTS bad")
    run(cloud, f"CREATE EXTERNAL TABLE bad {table} LOCATION 's3://lake/bad/'")
    if isinstance(outcome, str):
        assert run(cloud, "SELECT * FROM bad")["Status"]["StateChangeReason"].startswith(outcome)
    else:
        assert rows(cloud, "SELECT * FROM bad") == outcome


# ---- work groups


def test_a_work_group_says_where_results_go_and_how_much_is_scanned(cloud: Cloud) -> None:
    athena = answers.client(cloud, "athena")
    configuration = {
        "ResultConfiguration": {"OutputLocation": "s3://results/team/"},
        "BytesScannedCutoffPerQuery": 10_000_000,
    }
    athena.create_work_group(Name="team", Configuration=configuration, Description="one team's")
    identity = start(cloud, "SELECT 1", WorkGroup="team")
    answers.pass_seconds(cloud, 5)
    found = athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
    assert found["ResultConfiguration"]["OutputLocation"] == f"s3://results/team/{identity}.csv"
    assert {each["Name"] for each in athena.list_work_groups()["WorkGroups"]} == {"primary", "team"}
    assert error(athena.delete_work_group, WorkGroup="team")[1] == "WorkGroup team is not empty"
    cloud.client("s3").put_object(Bucket="lake", Key="large/a.csv", Body=b"1\n" * 5_500_000)
    run(cloud, "CREATE EXTERNAL TABLE large (n int) LOCATION 's3://lake/large/'")
    identity = start(cloud, "SELECT count(*) FROM large", WorkGroup="team")
    answers.pass_seconds(cloud, 5)
    status = athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]["Status"]
    assert status["StateChangeReason"] == "Query cancelled! : Bytes scanned limit was exceeded"
    athena.update_work_group(WorkGroup="team", State="DISABLED")
    assert athena.get_work_group(WorkGroup="team")["WorkGroup"]["State"] == "DISABLED"
    with pytest.raises(ClientError, match="is disabled"):
        start(cloud, "SELECT 1", WorkGroup="team")
    athena.delete_work_group(WorkGroup="team", RecursiveDeleteOption=True)
    assert error(athena.get_work_group, WorkGroup="team")[1] == "WorkGroup team is not found."


def test_a_region_knows_its_own_queries_alone(cloud: Cloud) -> None:
    identity = start(cloud, "SELECT 1")
    with cloud.asked_in("eu-west-1"):
        elsewhere = cloud.client("athena")
        assert elsewhere.list_query_executions()["QueryExecutionIds"] == []
        found = error(elsewhere.get_query_execution, QueryExecutionId=identity)
    assert found[1] == f"QueryExecution {identity} was not found"


# ---- in workflows


def test_a_workflow_crawls_queries_and_reads_the_answer(cloud: Cloud) -> None:
    cloud.client("s3").put_object(Bucket="lake", Key="flow/day=1/a.json", Body='{"n": 1}\n{"n": 2}\n')
    target = {"S3Targets": [{"Path": "s3://lake/flow/"}]}
    cloud.client("glue").create_crawler(Name="flow", Role=ROLE, DatabaseName="shop", Targets=target)
    sdk = "arn:aws:states:::aws-sdk:glue"
    definition = {
        "StartAt": "Crawl",
        "States": {
            "Crawl": {"Type": "Task", "Resource": f"{sdk}:startCrawler", "Parameters": {"Name": "flow"}, "Next": "Wait"},
            "Wait": {"Type": "Wait", "Seconds": 15, "Next": "Look"},
            "Look": {"Type": "Task", "Resource": f"{sdk}:getCrawler", "Parameters": {"Name": "flow"}, "Next": "Done?"},
            "Done?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.Crawler.State", "StringEquals": "READY", "Next": "Query"}],
                "Default": "Wait",
            },
            "Query": {
                "Type": "Task",
                "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
                "Parameters": {
                    "QueryString": "SELECT sum(n) FROM flow WHERE day = '1'",
                    "QueryExecutionContext": {"Database": "shop"},
                    "ResultConfiguration": RESULTS,
                },
                "Next": "Read",
            },
            "Read": {
                "Type": "Task",
                "Resource": "arn:aws:states:::athena:getQueryResults",
                "Parameters": {"QueryExecutionId.$": "$.QueryExecution.QueryExecutionId"},
                "OutputPath": "$.ResultSet.Rows[1].Data[0].VarCharValue",
                "End": True,
            },
        },
    }  # fmt: skip
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(name="flow", roleArn=ROLE, definition=json.dumps(definition))
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    answers.pass_seconds(cloud, 200)
    done = states.describe_execution(executionArn=execution)
    assert (done["status"], done.get("output")) == ("SUCCEEDED", '"3"'), done.get("cause")


def test_a_query_that_fails_fails_its_task_with_its_description_as_cause(cloud: Cloud) -> None:
    definition = {
        "StartAt": "Query",
        "States": {
            "Query": {
                "Type": "Task",
                "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
                "Parameters": {"QueryString": "SELECT x FROM shop.sales", "ResultConfiguration": RESULTS},
                "End": True,
            }
        },
    }
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(name="bad", roleArn=ROLE, definition=json.dumps(definition))
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    answers.pass_seconds(cloud, 20)
    done = states.describe_execution(executionArn=execution)
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(done["cause"])["QueryExecution"]["Status"]["StateChangeReason"].startswith("COLUMN_NOT_FOUND")
