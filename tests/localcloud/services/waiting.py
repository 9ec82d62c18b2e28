"""Queues to listen at, and waiting until a cloud is at rest, for tests of events."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, TypeVar

from localcloud.cloud import Cloud

T = TypeVar("T")

ROLE = "arn:aws:iam::123456789012:role/test"


def settle(cloud: Cloud, seconds: float = 1.0) -> None:
    """Let virtual seconds pass, and all that is to happen in them happen."""

    async def later() -> None:
        await cloud.clock.sleep(seconds)

    assert cloud.clock.spawn(later()).join(60)


def seen_after(cloud: Cloud, seconds: float, look: Callable[[], T]) -> T:
    """Let virtual seconds pass, and look before any more do; after `settle` time may go on meanwhile."""

    async def later() -> T:
        await cloud.clock.sleep(seconds)
        return look()

    fiber = cloud.clock.spawn(later())
    assert fiber.join(60)
    return fiber.result()


class Queue:
    """A queue and what arrives in it."""

    def __init__(self, cloud: Cloud, name: str = "heard", **attributes: str) -> None:
        self.sqs = cloud.client("sqs")
        self.url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{cloud.account_id}:{name}"

    def send(self, *bodies: str) -> None:
        """Send messages in one call."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def messages(self) -> list[dict[str, Any]]:
        """What has arrived and was not received before."""
        found: list[dict[str, Any]] = []
        while more := self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += more
        return found

    def bodies(self) -> list[Any]:
        """The messages' bodies, as JSON."""
        return [json.loads(message["Body"]) for message in self.messages()]


def create_function(cloud: Cloud, source: str, name: str = "f", **settings: Any) -> str:
    """A function of a handler's source; its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", source)
    iam = cloud.client("iam")
    if not any(role["RoleName"] == "test" for role in iam.list_roles()["Roles"]):
        iam.create_role(RoleName="test", AssumeRolePolicyDocument="{}")
    wanted = {"Runtime": "python3.12", "Timeout": 30, "Code": {"ZipFile": archive.getvalue()}} | settings
    made = cloud.client("lambda").create_function(FunctionName=name, Role=ROLE, Handler="handler.handler", **wanted)
    arn: str = made["FunctionArn"]
    return arn


def printed(cloud: Cloud, mark: str, name: str = "f") -> list[tuple[float, str]]:
    """The lines that a function printed behind a mark, each with its virtual time in seconds since the start."""
    logs = cloud.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]:
        return []
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    found = [event for event in events if event["message"].startswith(mark)]
    start = 1_767_603_600_000
    return [((event["timestamp"] - start) / 1000, event["message"].removeprefix(mark).strip()) for event in found]
