"""Objects in S3 that other services are pointed to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from localcloud.acting import acting_as
from localcloud.door.wire import ServiceError, Structure
from localcloud.host import Host


class Missing(Exception):
    """There is no such object, or it is in another region than the service."""


class TooLarge(Exception):
    """It has more bytes than the caller takes.

    Args:
        size: how many.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"{size} bytes")


def fetch(cloud: Host, bucket: str | None, key: str | None, *, version: str | None = None, most: int) -> bytes:
    """An object's content, `most` bytes at the most.

    Raises:
        Missing: no such bucket, object or version, or the bucket is in another region.
        TooLarge: it is not fetched.
    """
    if not bucket or not key or not is_near(cloud, bucket):
        raise Missing
    where: dict[str, Any] = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    try:
        found = cloud.client("s3").get_object(**where)
    except ClientError:
        raise Missing from None
    if found["ContentLength"] > most:
        raise TooLarge(found["ContentLength"])
    content: bytes = found["Body"].read()
    return content


def picture(cloud: Host, place: Structure, most: int, too_large: Callable[[int, int], ServiceError]) -> bytes:
    """The content of the picture or document that Rekognition and Textract are pointed to.

    Args:
        place: an S3Object.
        most: bytes.
        too_large: makes the error of what has more, of its size and `most`.

    Raises:
        ServiceError: that one, or InvalidS3ObjectException.
    """
    try:
        return fetch(cloud, place.get("Bucket"), place.get("Name"), version=place.get("Version"), most=most)
    except TooLarge as found:
        raise too_large(found.size, most) from None
    except Missing:
        raise ServiceError(
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        ) from None


def is_near(cloud: Host, bucket: str) -> bool:
    """Whether a bucket is in the cloud's region, as the services ask; one that does not exist is nowhere else."""
    try:
        with acting_as(None):  # where a bucket is, a service finds out by itself
            found = cloud.client("s3").get_bucket_location(Bucket=bucket)["LocationConstraint"]
    except ClientError:
        return True
    return (found or "us-east-1") == cloud.region  # AWS has no name there for the first of its regions


#: s3://bucket/key, https://s3.region.amazonaws.com/bucket/key, https://bucket.s3.region.amazonaws.com/key; each also
#: with a hyphen before the region, and with China's domain.
_HOST = r"s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?"
_URIS = (
    re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL),
    re.compile(rf"https://{_HOST}/([^/]+)/?(.*)", re.DOTALL),
    re.compile(rf"https://([^/]+?)\.{_HOST}(?:/(.*))?", re.DOTALL),
)


def place(uri: str) -> tuple[str, str] | None:
    """The bucket and the key (or its prefix, which may be empty) that a URI names; None when it is no URI of S3."""
    for form in _URIS:
        match = form.fullmatch(uri)
        if match:
            return match[1], (match[2] or "") if uri.startswith("s3:") else unquote(match[2] or "")
    return None
