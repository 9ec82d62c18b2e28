"""What jobs and endpoints print, in CloudWatch Logs, at virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.logs.models import logs_backends

if TYPE_CHECKING:
    from helpers.localcloud.host import Host


def write(cloud: Host, group: str, stream: str, text: str) -> None:
    """Add lines to a log stream; group and stream are made when they are missing.

    https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html names both. Straight to the stream:
    PutLogEvents would compare virtual times with today's date and drop the entries.
    """
    backend = logs_backends[cloud.account_id][cloud.region]
    name = f"/aws/sagemaker/{group}"
    backend.ensure_log_group(name)
    found = backend.groups[name]
    if stream not in found.streams:
        found.create_log_stream(stream)
    now = int(cloud.clock.now() * 1000)
    events = [{"timestamp": now, "message": line} for line in text.splitlines() if line]
    if events:
        found.streams[stream].put_log_events(events)
