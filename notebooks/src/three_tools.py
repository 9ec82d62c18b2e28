"""Notebook 01: one question to each of three tools, and what it took: time, what was read, dollars a million times.

List prices of us-east-1, 2026: Athena $5 a TB, 10 MB a query at least; DynamoDB on demand $0.125 a million read units
of 4 KB, half a unit where the newest write may be missing; Lambda $0.20 a million invocations.
"""

from dataclasses import dataclass

from helpers.errors import WorkshopError
from helpers.session import current

from src.lake import DATABASE, STREAM, until


@dataclass
class Answer:
    """What a tool said, in seconds (None: not measured), what it read, and dollars for a million such questions."""

    rows: list
    seconds: float | None
    read: str
    dollars: float
    scanned: int = 0  # bytes, of Athena
    query: str = ""  # its id, of Athena


def ask_athena(workshop, sql, heading=True):
    """Run a query in Athena, and wait for it. Raises WorkshopError with Athena's reason where it fails or is none.

    Args:
        workshop: what connect() returned.
        sql: the query.
        heading: whether the first row of the answer names its columns; SHOW and DESCRIBE have no such row.
    """
    athena = workshop.client("athena")
    try:
        query = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": workshop.name(DATABASE)},
            ResultConfiguration={"OutputLocation": f"s3://{workshop.bucket}/results/"},
        )["QueryExecutionId"]
    except athena.exceptions.InvalidRequestException as refusal:
        raise WorkshopError(refusal.response["Error"]["Message"]) from None

    def described():
        return athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]

    until(workshop, "Athena has answered", lambda: described()["Status"]["State"] not in ("QUEUED", "RUNNING"))
    done = described()
    if done["Status"]["State"] != "SUCCEEDED":
        raise WorkshopError(done["Status"]["StateChangeReason"])
    found = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"][heading:]
    rows = [[value.get("VarCharValue") for value in row["Data"]] for row in found]
    scanned = done["Statistics"]["DataScannedInBytes"]
    seconds = done["Statistics"]["TotalExecutionTimeInMillis"] / 1000
    dollars = 1e6 * 5 * max(scanned, 10e6) / 1e12
    return Answer(rows, seconds, f"{scanned / 1000:.1f} kB", dollars, scanned, query)


def cost_of_today(workshop):
    """How many queries this notebook has put to Athena, the bytes that they scanned, and dollars: from its records."""
    athena, found = workshop.client("athena"), []
    for page in athena.get_paginator("list_query_executions").paginate():
        ids = page["QueryExecutionIds"]
        found += athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"] if ids else []
    ours = [each for each in found if each["QueryExecutionContext"].get("Database") == workshop.name(DATABASE)]
    scanned = [each["Statistics"]["DataScannedInBytes"] for each in ours if each["StatementType"] == "DML"]
    return len(ours), sum(scanned), sum(5 * max(size, 10e6) / 1e12 for size in scanned)


def get_order(dynamodb, table, number):
    """Look up one order by its key."""
    found = dynamodb.get_item(TableName=table, Key={"order_id": {"S": str(number)}})
    if "Item" not in found:
        raise WorkshopError(f"There is no order {number} in {table}. Run the cells from the top again.")
    return Answer([plain(found["Item"])], None, "1 item", 1e6 * 0.5 * 0.125 / 1e6)


def scan_orders(dynamodb, table):
    """Read every order, to add up what each shop has taken."""
    taken, items, size = {}, 0, 0
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        items += page["ScannedCount"]
        for item in page["Items"]:
            size += sum(len(name) + len(str(*value.values())) for name, value in item.items())
            shop = item["shop"]["S"]
            taken[shop] = round(taken.get(shop, 0) + float(item["price"]["N"]), 2)
    return Answer(sorted(taken.items()), None, f"{items:,} items", 1e6 * size / 4096 * 0.5 * 0.125 / 1e6)


def plain(item):
    """An item of DynamoDB without the letters of its types."""
    return {name: next(iter(value.values())) for name, value in sorted(item.items())}


def wait_for_alert(workshop, function, number):
    """The line that the stream's consumer printed about an order, and how long after the order had arrived."""
    logs, kinesis, found = workshop.client("logs"), workshop.client("kinesis"), []

    def printed():
        try:
            events = logs.filter_log_events(
                logGroupName=f"/aws/lambda/{function}", filterPattern=f'"LARGE order {number}:"'
            )["events"]
        except logs.exceptions.ResourceNotFoundException:  # it has not run yet
            events = []
        found.extend(events)
        return bool(events)

    until(workshop, f"the consumer has seen order {number}", printed)
    arrived = max(arrivals(kinesis))
    seconds = found[0]["timestamp"] / 1000 - arrived
    return Answer([found[0]["message"].strip()], max(seconds, 0), "1 record", 0.20)


def arrivals(kinesis):
    """When the records of the stream arrived, in seconds since the Unix epoch."""
    stream = current().name(STREAM)
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        place = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while place:
            page = kinesis.get_records(ShardIterator=place)
            for record in page["Records"]:
                yield record["ApproximateArrivalTimestamp"].timestamp()
            place = page["NextShardIterator"] if page["Records"] else None
