"""Deletes what the workshop made, and only that: its names start with `workshop-` and it has the tag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from helpers.session import TAG, Session, current

PREFIX = "workshop-"

Found = Iterator[tuple[str, Callable[[], object]]]


def clean_up() -> None:
    """Deletes every resource of the workshop in the connected cloud, and says what went.

    State machines first, then what they call, then storage and roles. Nothing without the tag
    `workshop=serverless-ml` is touched.
    """
    session = current()
    session.clean_ups += 1
    gone = []
    try:
        with session.alive():
            for finder in _FINDERS:
                for said, delete in list(finder(session)):
                    delete()
                    gone.append(f"Deleted {said}")
    finally:  # in one piece, so that a stored notebook is the same each time
        print("\n".join([*gone, f"{len(gone)} resources deleted."]) if gone else "Nothing to delete.")


def _is_ours(tags: object) -> bool:
    """Whether the tag is among them, in any of the ways that services write tags."""
    if isinstance(tags, dict):
        return tags.get(TAG["Key"]) == TAG["Value"]
    assert isinstance(tags, Iterable)
    pairs = [{key.lower(): value for key, value in tag.items()} for tag in tags]
    return {"key": TAG["Key"], "value": TAG["Value"]} in pairs


def _pages(client: Any, operation: str, key: str) -> list[Any]:
    return [item for page in client.get_paginator(operation).paginate() for item in page.get(key, [])]


def _state_machines(session: Session) -> Found:
    client = session.client("stepfunctions")

    def delete(arn: str, kind: str) -> None:
        """With what still runs of it: till that has ended its name stays taken."""
        if kind == "STANDARD":
            pages = client.get_paginator("list_executions").paginate(stateMachineArn=arn, statusFilter="RUNNING")
            for execution in [each for page in pages for each in page["executions"]]:
                client.stop_execution(executionArn=execution["executionArn"], cause="clean_up")
        client.delete_state_machine(stateMachineArn=arn)

    for item in _pages(client, "list_state_machines", "stateMachines"):
        name, arn = item["name"], item["stateMachineArn"]
        if name.startswith(PREFIX) and _is_ours(client.list_tags_for_resource(resourceArn=arn)["tags"]):
            yield f"state machine {name}", partial(delete, arn, item["type"])


def _functions(session: Session) -> Found:
    client, logs = session.client("lambda"), session.client("logs")

    def delete(name: str) -> None:
        for mapping in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            client.delete_event_source_mapping(UUID=mapping["UUID"])
        client.delete_function(FunctionName=name)
        with suppress(logs.exceptions.ResourceNotFoundException):  # it never ran
            logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")

    for item in _pages(client, "list_functions", "Functions"):
        name = item["FunctionName"]
        if name.startswith(PREFIX) and _is_ours(client.list_tags(Resource=item["FunctionArn"])["Tags"]):
            yield f"function {name} and its logs", partial(delete, name)


def _rules(session: Session) -> Found:
    client = session.client("events")

    def delete(name: str) -> None:
        targets = [target["Id"] for target in client.list_targets_by_rule(Rule=name)["Targets"]]
        if targets:
            client.remove_targets(Rule=name, Ids=targets)
        client.delete_rule(Name=name)

    for item in client.list_rules(NamePrefix=PREFIX)["Rules"]:
        if _is_ours(client.list_tags_for_resource(ResourceARN=item["Arn"])["Tags"]):
            yield f"rule {item['Name']}", partial(delete, item["Name"])


def _delivery_streams(session: Session) -> Found:
    client = session.client("firehose")
    for name in client.list_delivery_streams(Limit=10_000)["DeliveryStreamNames"]:
        if name.startswith(PREFIX) and _is_ours(client.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"]):
            yield f"delivery stream {name}", partial(client.delete_delivery_stream, DeliveryStreamName=name)


def _streams(session: Session) -> Found:
    client = session.client("kinesis")
    for name in _pages(client, "list_streams", "StreamNames"):
        if name.startswith(PREFIX) and _is_ours(client.list_tags_for_stream(StreamName=name)["Tags"]):
            yield f"stream {name}", partial(client.delete_stream, StreamName=name)


def _catalog(session: Session) -> Found:
    """Databases of the Data Catalog, which keep the tag as a parameter, and the crawlers that fill them.

    Their names have underscores: in SQL a hyphen is a minus.
    """
    client = session.client("glue")
    ours = []
    for item in _pages(client, "get_databases", "DatabaseList"):
        if item["Name"].startswith(PREFIX.replace("-", "_")) and _is_ours(item.get("Parameters", {})):
            ours.append(item["Name"])
    for crawler in _pages(client, "get_crawlers", "Crawlers") if ours else ():
        if crawler["Name"].startswith(PREFIX) and crawler.get("DatabaseName") in ours:
            yield f"crawler {crawler['Name']}", partial(client.delete_crawler, Name=crawler["Name"])
    for name in ours:
        yield f"database {name} and its tables", partial(client.delete_database, Name=name)


def _tables(session: Session) -> Found:
    client = session.client("dynamodb")
    for name in _pages(client, "list_tables", "TableNames"):
        if name.startswith(PREFIX):
            arn = client.describe_table(TableName=name)["Table"]["TableArn"]
            if _is_ours(client.list_tags_of_resource(ResourceArn=arn)["Tags"]):
                yield f"table {name}", partial(client.delete_table, TableName=name)


def _sagemaker(kind: str, key: str) -> Callable[[Session], Found]:
    """Finds what SageMaker serves from; its jobs stay on record, as on AWS."""
    words = {"endpoint": "Endpoint", "endpoint_config": "EndpointConfig", "model": "Model"}[kind]

    def find(session: Session) -> Found:
        client = session.client("sagemaker")
        for item in _pages(client, f"list_{kind}s", key):
            name = item[f"{words}Name"]
            if name.startswith(PREFIX) and _is_ours(client.list_tags(ResourceArn=item[f"{words}Arn"])["Tags"]):
                delete = getattr(client, f"delete_{kind}")
                yield f"{kind.replace('_', ' ')} {name}", partial(delete, **{f"{words}Name": name})

    return find


#: What bills by the hour first.
_SAGEMAKER = (
    _sagemaker("endpoint", "Endpoints"),
    _sagemaker("endpoint_config", "EndpointConfigs"),
    _sagemaker("model", "Models"),
)


def _topics(session: Session) -> Found:
    client = session.client("sns")
    for item in _pages(client, "list_topics", "Topics"):
        arn = item["TopicArn"]
        name = arn.rpartition(":")[2]
        if name.startswith(PREFIX) and _is_ours(client.list_tags_for_resource(ResourceArn=arn)["Tags"]):
            yield f"topic {name}", partial(client.delete_topic, TopicArn=arn)


def _queues(session: Session) -> Found:
    client = session.client("sqs")
    for url in client.list_queues(QueueNamePrefix=PREFIX).get("QueueUrls", []):
        if _is_ours(client.list_queue_tags(QueueUrl=url).get("Tags", {})):
            yield f"queue {url.rpartition('/')[2]}", partial(client.delete_queue, QueueUrl=url)


def _buckets(session: Session) -> Found:
    client = session.client("s3")

    def delete(name: str) -> None:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if keys:
                client.delete_objects(Bucket=name, Delete={"Objects": keys})
        client.delete_bucket(Bucket=name)

    for item in client.list_buckets()["Buckets"]:
        name = item["Name"]
        if name.startswith(PREFIX):
            with suppress(client.exceptions.ClientError):  # NoSuchTagSet: not ours
                if _is_ours(client.get_bucket_tagging(Bucket=name)["TagSet"]):
                    yield f"bucket {name} and what was in it", partial(delete, name)


def _roles(session: Session) -> Found:
    client = session.client("iam")

    def delete(name: str) -> None:
        for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
            client.delete_role_policy(RoleName=name, PolicyName=policy)
        client.delete_role(RoleName=name)

    for item in _pages(client, "list_roles", "Roles"):
        name = item["RoleName"]
        if name.startswith(PREFIX) and _is_ours(client.list_role_tags(RoleName=name)["Tags"]):
            yield f"role {name}", partial(delete, name)


#: What is deleted, in this order.
_FINDERS: tuple[Callable[[Session], Found], ...] = (
    *(_state_machines, _functions, *_SAGEMAKER, _rules, _delivery_streams, _streams, _catalog, _tables),
    *(_topics, _queues, _buckets, _roles),
)
