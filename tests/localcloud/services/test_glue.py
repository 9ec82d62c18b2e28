"""Crawlers: which tables, columns and partitions they find in S3, and when."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from moto.moto_api._internal.models import moto_api_backend

from localcloud.cloud import Cloud
from tests.localcloud.services import answers
from tests.localcloud.services.answers import error, pass_seconds
from tests.localcloud.services.waiting import ROLE


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    made.client("s3").create_bucket(Bucket="lake")
    yield made
    made.close()
    moto_api_backend.reset()


def put(cloud: Cloud, **objects: str | bytes) -> None:
    for key, body in objects.items():
        cloud.client("s3").put_object(Bucket="lake", Key=key, Body=body)


def crawl(cloud: Cloud, name: str, *paths: str, **settings: Any) -> dict[str, Any]:
    """Run a crawler, made at its first run; its description."""
    glue = answers.client(cloud, "glue")
    targets = {"S3Targets": [{"Path": path} for path in paths]}
    if name not in glue.list_crawlers()["CrawlerNames"]:
        glue.create_crawler(Name=name, Role=ROLE, DatabaseName=name, Targets=targets, **settings)
    glue.start_crawler(Name=name)
    pass_seconds(cloud, 120)
    found: dict[str, Any] = glue.get_crawler(Name=name)["Crawler"]
    return found


def tables(cloud: Cloud, database: str) -> dict[str, dict[str, Any]]:
    return {each["Name"]: each for each in cloud.client("glue").get_tables(DatabaseName=database)["TableList"]}


def columns(table: dict[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]}


def partitions(cloud: Cloud, database: str, table: str) -> dict[str, str]:
    found = cloud.client("glue").get_partitions(DatabaseName=database, TableName=table)["Partitions"]
    return {"/".join(each["Values"]): each["StorageDescriptor"]["Location"] for each in found}


def test_each_folder_of_its_own_schema_is_a_table_with_the_folders_below_as_partitions(
    cloud: Cloud, tmp_path: Path
) -> None:
    parquet = tmp_path / "p"
    duckdb.sql("SELECT 1::INTEGER AS id, [1.5::DOUBLE] AS scores, TIMESTAMP '2026-01-05 09:00:00' AS at").write_parquet(
        str(parquet)
    )
    put(
        cloud,
        **{
            "shop/orders/day=2026-01-05/a.csv": "ID,item,price\n1,tea,2.5\n2,milk,3\n",
            "shop/orders/day=2026-01-06/b.csv.gz": gzip.compress(b"ID,item,price\n3,bread,4\n"),
            "shop/events/2026/01/e.json": '{"who": "ada", "tags": ["a"], "at": {"x": 1}, "day": "2026-01-05"}\n',
            "shop/scores/s.parquet": parquet.read_bytes(),
            "shop/scores/_SUCCESS": "x",
            "shop/photo.jpg": b"\xff\xd8\x00\x01",
        },
    )
    done = crawl(cloud, "shop", "s3://lake/shop/")
    found = tables(cloud, "shop")
    assert {name: columns(table) for name, table in found.items()} == {
        "orders": {"id": "bigint", "item": "string", "price": "double"},
        "events": {"who": "string", "tags": "array<string>", "at": "struct<x:bigint>", "day": "string"},
        "scores": {"id": "int", "scores": "array<double>", "at": "timestamp"},
    }
    assert partitions(cloud, "shop", "orders") == {
        "2026-01-05": "s3://lake/shop/orders/day=2026-01-05/",
        "2026-01-06": "s3://lake/shop/orders/day=2026-01-06/",
    }
    assert [key["Name"] for key in found["orders"]["PartitionKeys"]] == ["day"]
    assert [key["Name"] for key in found["events"]["PartitionKeys"]] == ["partition_0", "partition_1"]
    assert {key: found["orders"]["Parameters"][key] for key in ("recordCount", "objectCount", "classification")} == {
        "recordCount": "3",
        "objectCount": "2",
        "classification": "csv",
    }
    assert (done["State"], done["LastCrawl"]["Status"]) == ("READY", "SUCCEEDED")
    logged = cloud.client("logs").filter_log_events(logGroupName="/aws-glue/crawlers", logStreamNames=["shop"])
    assert any("Created table orders" in each["message"] for each in logged["events"])


def test_a_second_crawl_adds_what_is_new_and_deprecates_what_is_gone(cloud: Cloud) -> None:
    put(cloud, **{"again/a/k=1/x.json": '{"n": 1}\n', "again/b/y.csv": "n,m\n1,2\n"})
    crawl(cloud, "again", "s3://lake/again")
    cloud.client("s3").delete_object(Bucket="lake", Key="again/b/y.csv")
    put(cloud, **{"again/a/k=2/x.json": '{"n": 2}\n', "again/c/z.csv": "p,q\n1,2\n"})
    crawl(cloud, "again", "s3://lake/again")
    found = tables(cloud, "again")
    assert (sorted(found), list(partitions(cloud, "again", "a"))) == (["a", "b", "c"], ["1", "2"])
    assert "DEPRECATED_BY_CRAWLER" in found["b"]["Parameters"]


def test_a_crawl_passes_through_the_states_that_aws_documents(cloud: Cloud) -> None:
    put(cloud, **{"states/x.json": '{"n": 1}\n'})
    glue = answers.client(cloud, "glue")
    target = {"S3Targets": [{"Path": "s3://lake/states/", "Exclusions": ["*.txt"]}]}
    glue.create_crawler(Name="states", Role=ROLE, DatabaseName="states", Targets=target, TablePrefix="my_")
    seen = []

    async def watch() -> None:
        began = cloud.clock.now()
        glue.start_crawler(Name="states")
        for second in range(0, 70, 5):
            crawler = glue.get_crawler(Name="states")["Crawler"]
            seen.append((crawler["State"], "LastCrawl" in crawler, crawler["CrawlElapsedTime"] // 1000))
            if second == 0:
                assert error(glue.start_crawler, Name="states")[0] == "CrawlerRunningException"
                assert error(glue.delete_crawler, Name="states")[0] == "CrawlerRunningException"
            await cloud.clock.sleep_until(began + second + 5)

    assert cloud.clock.spawn(watch()).join(60)
    assert [(state, last) for state, last, _ in dict.fromkeys((s, b, 0) for s, b, _ in seen)] == [
        ("RUNNING", False),
        ("STOPPING", False),
        ("READY", True),
    ]
    assert seen[3][2] == 15
    assert list(tables(cloud, "states")) == ["my_states"]


def test_a_crawler_is_updated_stopped_listed_and_deleted(cloud: Cloud) -> None:
    glue = answers.client(cloud, "glue")
    target = {"S3Targets": [{"Path": "s3://lake/none/"}]}
    glue.create_crawler(Name="short", Role=ROLE, DatabaseName="short", Targets=target)
    glue.update_crawler(Name="short", Description="a short one")
    cloud.clock.call(lambda: (glue.start_crawler(Name="short"), glue.stop_crawler(Name="short")))
    found = glue.get_crawler(Name="short")["Crawler"]
    assert (found["Description"], found["Version"], found["LastCrawl"]["Status"]) == ("a short one", 2, "CANCELLED")
    assert error(glue.stop_crawler, Name="short")[0] == "CrawlerNotRunningException"
    assert "short" in [each["Name"] for each in glue.get_crawlers()["Crawlers"]]
    glue.delete_crawler(Name="short")
    assert glue.batch_get_crawlers(CrawlerNames=["short"])["CrawlersNotFound"] == ["short"]
    assert error(glue.get_crawler, Name="short") == (
        "EntityNotFoundException",
        "Crawler with name short does not exist",
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Targets": {}}, "InvalidInputException"),
        ({"Targets": {"S3Targets": [{"Path": "lake"}]}}, "InvalidInputException"),
        ({"Targets": {"DynamoDBTargets": [{"Path": "t"}]}}, "UnsupportedLocally"),
        ({"Schedule": "cron(0 0 * * ? *)"}, "UnsupportedLocally"),
    ],
)
def test_a_crawler_that_cannot_run_is_refused(cloud: Cloud, changes: dict[str, Any], code: str) -> None:
    wanted = {"Name": "no", "Role": ROLE, "DatabaseName": "no", "Targets": {"S3Targets": [{"Path": "s3://lake/"}]}}
    assert error(cloud.client("glue").create_crawler, **(wanted | changes))[0] == code


def test_a_crawl_of_a_bucket_that_does_not_exist_fails_and_says_so(cloud: Cloud) -> None:
    last = crawl(cloud, "lost", "s3://nowhere/")["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "nowhere" in last["ErrorMessage"]
