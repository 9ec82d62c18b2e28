"""The events of Amazon S3, of buckets whose notifications go to EventBridge.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html. moto keeps the buckets and knows what
happens to objects; what it would send to its own EventBridge comes here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import has_request_context, request
from moto.s3 import notifications
from moto.s3.models import S3Backend

if TYPE_CHECKING:
    from helpers.localcloud.cloud import Cloud

Shape = dict[str, Any]

#: moto's name of what happened (the part behind "s3:") -> the detail type, and what the detail says beside the object.
_EVENTS: dict[str, tuple[str, Shape]] = {
    "ObjectCreated:Put": ("Object Created", {"reason": "PutObject"}),
    "ObjectCreated:Post": ("Object Created", {"reason": "POST Object"}),
    "ObjectCreated:Copy": ("Object Created", {"reason": "CopyObject"}),
    "ObjectCreated:CompleteMultipartUpload": ("Object Created", {"reason": "CompleteMultipartUpload"}),
    "ObjectRemoved:Delete": (
        "Object Deleted",
        {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"},
    ),
    "ObjectRemoved:DeleteMarkerCreated": (
        "Object Deleted",
        {"reason": "DeleteObject", "deletion-type": "Delete Marker Created"},
    ),
    "ObjectAcl:Put": ("Object ACL Updated", {}),
    "ObjectTagging:Put": ("Object Tags Added", {}),
    "ObjectTagging:Delete": ("Object Tags Deleted", {}),
}

#: What stands in the query of a request whose event this is.
_SUBRESOURCES = {"ObjectAcl": "acl", "ObjectTagging": "tagging"}


def take_over_notifications(cloud: Cloud) -> Callable[[], None]:
    """Let what moto tells its own EventBridge be told to ours; returns how to undo that."""
    send, mark = notifications._send_event_bridge_message, S3Backend._set_delete_marker

    def publish(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
        name = getattr(event_name, "value", event_name).removeprefix("s3:")
        # moto also sets the tags and the ACL of an object as part of putting it: S3 sends one event for that.
        asked = _SUBRESOURCES.get(name.partition(":")[0])
        if name in _EVENTS and (asked is None or (has_request_context() and asked in request.args)):
            _publish(cloud, bucket, name, key)

    def set_delete_marker(backend: S3Backend, bucket_name: str, key_name: str) -> Any:
        marker = mark(backend, bucket_name, key_name)
        bucket = backend.get_bucket(bucket_name)
        told = bucket.notification_configuration
        if told is not None and told.event_bridge is not None:
            _publish(cloud, bucket, "ObjectRemoved:DeleteMarkerCreated", marker)
        return marker

    notifications._send_event_bridge_message = publish
    S3Backend._set_delete_marker = set_delete_marker  # type: ignore[assignment, method-assign]

    def undo() -> None:
        notifications._send_event_bridge_message = send
        S3Backend._set_delete_marker = mark  # type: ignore[method-assign]

    return undo


def _publish(cloud: Cloud, bucket: Any, name: str, key: Any) -> None:
    kind, more = _EVENTS[name]
    item: Shape = {"key": key.name}
    if name.startswith("ObjectCreated"):
        item["size"] = key.size
    if hasattr(key, "etag"):
        item["etag"] = key.etag.strip('"')
    if getattr(bucket, "is_versioned", False):
        item["version-id"] = str(key.version_id)
    if more:
        item["sequencer"] = f"{int(cloud.clock.now() * 1_000_000):016X}"
    request_id = hashlib.blake2b(f"{cloud.clock.now()}{bucket.name}{key.name}{name}".encode(), digest_size=8)
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": item,
        "request-id": request_id.hexdigest().upper(),
        "requester": cloud.account_id,
        "source-ip-address": "127.0.0.1",
        **more,
    }
    cloud.publish("aws.s3", kind, detail, [f"arn:aws:s3:::{bucket.name}"])
