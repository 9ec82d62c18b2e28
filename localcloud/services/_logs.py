"""What jobs, endpoints and executions log, in CloudWatch Logs, at virtual time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from localcloud.door import moto

if TYPE_CHECKING:
    from localcloud.host import Host


def append(cloud: Host, group: str, stream: str, events: list[dict[str, Any]], *, make_group: bool = True) -> None:
    """Add events to a log stream, which is made when it is missing; no events make no stream.

    Straight to the stream: PutLogEvents would compare virtual times with today's date and drop the events.

    Args:
        cloud: whose logs.
        group, stream: their names.
        events: each with `timestamp` (milliseconds since the Unix epoch, virtual) and `message`, oldest first.
        make_group: whether a group that is missing is made; else nothing is written, as on AWS when somebody deleted
            the log group of a state machine.
    """
    moto.append_log_events(cloud.account_id, cloud.region, group, stream, events, make_group=make_group)


def events(cloud: Host, messages: Iterable[str]) -> list[dict[str, Any]]:
    """One event for each message, of virtual now."""
    now = int(cloud.clock.now() * 1000)
    return [{"timestamp": now, "message": message} for message in messages]
