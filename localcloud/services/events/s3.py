"""The events of Amazon S3, of buckets whose notifications go to EventBridge.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html. moto keeps the buckets and knows what
happens to objects (`moto.on_object`).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.host import Host

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


def publish(cloud: Host, bucket: Any, name: str, key: Any) -> None:
    """Put an event on the default bus.

    Args:
        cloud: whose bus.
        bucket, name, key: as `moto.on_object` gives them.
    """
    if name not in _EVENTS:
        return
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
