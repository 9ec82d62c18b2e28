"""Between S3 and a container's folders: channels in, artifacts out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localcloud.door.wire import Structure
from localcloud.runtimes import archives
from localcloud.services._jobs import JobFailed
from localcloud.services._objects import place


class NoData(JobFailed):
    """What was to be downloaded is not there: SageMaker's sentence about it."""

    @property
    def reason(self) -> str:
        """As a job's FailureReason has it."""
        return f"ClientError: {self}"


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI, which SageMaker's API takes as `^(https|s3)://([^/]+)/?(.*)$`.

    Raises:
        NoData: it is none.
    """
    found = place(uri)
    if found is None:
        raise NoData(
            f"The S3 URI {uri} is not of the form s3://bucket/key or https://s3.REGION.amazonaws.com/bucket/key."
        )
    return found


def join(uri: str, *parts: str) -> str:
    """An S3 URI with parts of a key behind it."""
    return "/".join([uri.rstrip("/"), *parts])


class Storage:
    """The S3 of one local cloud.

    Args:
        client: its boto3 client, used from several threads.
        region: for sentences.
    """

    def __init__(self, client: Any, region: str) -> None:
        self._client, self._region = client, region

    def get(self, uri: str) -> bytes:
        """An object's content.

        Raises:
            NoData: there is none.
        """
        bucket, key = split(uri)
        try:
            body: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise NoData(f"{error.response['Error'].get('Message', error)} ({uri})") from None
        return body

    def put(self, uri: str, content: bytes) -> None:
        """Write an object.

        Raises:
            NoData: there is no such bucket.
        """
        bucket, key = split(uri)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=content)
        except ClientError as error:
            raise NoData(f"{error.response['Error'].get('Message', error)} ({uri})") from None

    def keys(self, uri: str) -> list[str]:
        """URIs of all objects whose key starts as `uri` says, in order; folder markers are none.

        Raises:
            NoData: there is not one.
        """
        bucket, prefix = split(uri)
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            found = [item["Key"] for page in pages for item in page.get("Contents", [])]
        except ClientError:
            found = []
        found = [key for key in found if not key.endswith("/")]
        if not found:
            raise NoData(
                f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
                f"exists in the selected region ({self._region}), that objects exist under that S3 prefix, and that "
                f'the role has "s3:ListBucket" permissions on bucket "{bucket}".'
            )
        return [f"s3://{bucket}/{key}" for key in found]

    def listed(self, source: Structure) -> Iterator[tuple[str, str]]:
        """URI and name below the channel's folder of each object of an S3DataSource or TransformS3DataSource.

        Prefixes and manifests: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html

        Raises:
            NoData: nothing is there, or the manifest is none.
        """
        uri = source["S3Uri"]
        if source.get("S3DataType", "S3Prefix") == "ManifestFile":
            yield from self._manifest(uri)
            return
        _, prefix = split(uri)
        # SageMaker keeps what follows the last slash of the prefix.
        start = prefix if prefix.endswith("/") or not prefix else _folder_of(prefix)
        for each in self.keys(uri):
            key = split(each)[1]
            name = key[len(prefix) :].lstrip("/") if key.startswith(prefix.rstrip("/") + "/") else key[len(start) :]
            yield each, name

    def _manifest(self, uri: str) -> Iterator[tuple[str, str]]:
        try:
            entries = json.loads(self.get(uri))
            prefix = entries[0]["prefix"] if isinstance(entries[0], dict) else ""
            names = [str(entry) for entry in entries[1 if prefix else 0 :]]
        except (ValueError, KeyError, IndexError, TypeError):
            raise NoData(f"The manifest {uri} is not a JSON list of a prefix and names of objects.") from None
        for name in names:
            yield prefix + name, name

    def download(self, source: Structure, folder: Path, compression: str | None = None) -> None:
        """All objects of a data source into a folder, which is made.

        Raises:
            NoData: nothing is there, or one would be outside of the folder.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for uri, name in self.listed(source):
            target = folder / name
            if not target.resolve().is_relative_to(folder.resolve()):
                raise NoData(f"The object {uri} would be written outside of its channel.")
            content = self.get(uri)
            if compression == "Gzip":
                content = gzip.decompress(content)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            except (FileExistsError, IsADirectoryError, NotADirectoryError):
                raise NoData(
                    "Failed to download data. Please check your s3 objects and ensure that there is no object that "
                    "is both a folder as well as a file."
                ) from None

    def upload(self, folder: Path, uri: str) -> None:
        """All files below a folder, as objects below a URI."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(join(uri, *path.relative_to(folder).parts), path.read_bytes())

    def upload_archive(self, folder: Path, uri: str) -> None:
        """A folder as one tar.gz."""
        self.put(uri, archives.pack(folder))


def _folder_of(prefix: str) -> str:
    head, slash, _ = prefix.rpartition("/")
    return head + slash
