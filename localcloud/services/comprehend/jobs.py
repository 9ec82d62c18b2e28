"""Sentiment detection over many texts in S3, as an asynchronous job on the virtual clock.

Input and output as https://docs.aws.amazon.com/comprehend/latest/dg/how-async.html gives them: a file or all files
under a prefix, a text a line or a file; one output.tar.gz with a JSON object a text.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator

from botocore.exceptions import ClientError

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host
from localcloud.services import _objects
from localcloud.services._jobs import Job, JobFailed, RequestTokens, Statuses
from localcloud.services._paging import Pages
from localcloud.services._regional import Regional

#: Virtual seconds from start to end. AWS publishes no figure; small jobs take minutes, most of them to set up.
_SECONDS = 300.0

#: Bytes of one file, and of one text (https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html).
_MOST_FILE, _MOST_TEXT = 5 * 1024**3, 5_000

_NOT_RUN = ("VolumeKmsKeyId", "VpcConfig")


_PAGES = Pages(
    lambda: ServiceError("InvalidRequestException", "NextToken is not one that this service gave."),
    default=100,
    most=500,
)


class SentimentJobs:
    """The jobs of one cloud.

    Args:
        answer: what DetectSentiment answers for a text.
    """

    def __init__(self, cloud: Host, answer: Callable[[str], Structure]) -> None:
        self._cloud, self._answer = cloud, answer
        self._jobs: Regional[str, SentimentJob] = Regional(cloud)
        self._tokens: RequestTokens[SentimentJob] = RequestTokens(
            cloud,
            lambda token: ServiceError("ResourceInUseException", f"ClientRequestToken {token} is of another job."),
        )
        self._lock = threading.Lock()

    def start(self, request: Structure) -> Structure:
        """StartSentimentDetectionJob."""
        for name in _NOT_RUN:
            if name in request:
                raise UnsupportedLocally(
                    f"A Comprehend job with {name} is not run by the local cloud. Leave it out, or set "
                    "WORKSHOP_TARGET=aws."
                )
        if request["LanguageCode"] != "en":
            raise UnsupportedLocally(
                f"Comprehend in language {request['LanguageCode']!r} is not answered by the local cloud, whose small "
                "models know English. Send English texts with LanguageCode en, or set WORKSHOP_TARGET=aws."
            )
        for config in (request["InputDataConfig"], request["OutputDataConfig"]):
            if _objects.place(config["S3Uri"]) is None:
                raise ServiceError("InvalidRequestException", f"Invalid S3 URI: {config['S3Uri']}")
        with self._lock:
            job = self._tokens.job(request)
            if job is not None:
                return job.brief()
            job = SentimentJob(self._cloud, request, len(self._jobs), self._answer)
            self._jobs[job.name] = job
            self._tokens.add(request, job)
        job.start()
        return job.brief() | {"JobStatus": "SUBMITTED"}

    def describe(self, request: Structure) -> Structure:
        """DescribeSentimentDetectionJob."""
        return {"SentimentDetectionJobProperties": self._job(request).describe()}

    def list_jobs(self, request: Structure) -> Structure:
        """ListSentimentDetectionJobs: the newest first."""
        rules = request.get("Filter", {})
        found = [
            job.describe()
            for job in reversed(list(self._jobs.values()))
            if rules.get("JobName", job.job_name) == job.job_name
            and rules.get("JobStatus", job.status) == job.status
            and job.created < float(rules.get("SubmitTimeBefore", "inf"))
            and job.created > float(rules.get("SubmitTimeAfter", "-inf"))
        ]
        listed, token = _PAGES.page(found, request, "ListSentimentDetectionJobs")
        return {"SentimentDetectionJobPropertiesList": listed, "NextToken": token}

    def stop(self, request: Structure) -> Structure:
        """StopSentimentDetectionJob."""
        return self._cloud.clock.call(self._stop, self._job(request))

    @staticmethod
    def _stop(job: SentimentJob) -> Structure:
        if job.ended is not None:
            return {"JobId": job.name, "JobStatus": job.status}
        job.stop()
        return {"JobId": job.name, "JobStatus": "STOP_REQUESTED"}

    def _job(self, request: Structure) -> SentimentJob:
        try:
            return self._jobs[request["JobId"]]
        except KeyError:
            raise ServiceError("JobNotFoundException", f"The job {request['JobId']} was not found.") from None


class SentimentJob(Job):
    """One job.

    Args:
        cloud: whose it is.
        request: StartSentimentDetectionJob's, checked.
        number: how many jobs there were before it.
        answer: what DetectSentiment answers for a text.

    Attributes:
        name: its JobId.
        job_name: the name that the request gives it, or None.
    """

    statuses = Statuses("IN_PROGRESS", "COMPLETED", "FAILED", stopped="STOPPED")
    title, internal = "sentiment detection job", "INTERNAL_SERVER_ERROR: "

    def __init__(self, cloud: Host, request: Structure, number: int, answer: Callable[[str], Structure]) -> None:
        described = json.dumps([number, request], sort_keys=True, default=str)
        super().__init__(cloud.clock, hashlib.md5(described.encode(), usedforsecurity=False).hexdigest())
        self._cloud, self._request, self._answer = cloud, request, answer
        self.job_name: str | None = request.get("JobName")
        self._source: Structure = {"InputFormat": "ONE_DOC_PER_LINE", **request["InputDataConfig"]}
        self._bucket, prefix = _objects.place(request["OutputDataConfig"]["S3Uri"]) or ("", "")
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        self._key = f"{folder}{cloud.account_id}-SENTIMENT-{self.name}/output/output.tar.gz"

    async def run(self) -> None:
        """The texts are read and rated, the output written."""
        output = await self.work(self._read, seconds=_SECONDS)
        try:
            self._cloud.client("s3").put_object(Bucket=self._bucket, Key=self._key, Body=output)
        except ClientError as problem:
            raise JobFailed(f"NO_WRITE_ACCESS_TO_OUTPUT: {problem.response['Error']['Message']}") from None

    def acts_as(self) -> str | None:
        """DataAccessRoleArn."""
        return self._request.get("DataAccessRoleArn")

    def brief(self) -> Structure:
        """As StartSentimentDetectionJob answers."""
        region, account = self._cloud.region, self._cloud.account_id
        arn = f"arn:aws:comprehend:{region}:{account}:sentiment-detection-job/{self.name}"
        return {"JobId": self.name, "JobArn": arn, "JobStatus": self.status}

    def describe(self) -> Structure:
        """As DescribeSentimentDetectionJob answers."""
        request = self._request
        output = f"s3://{self._bucket}/{self._key}"
        return (
            self.brief()
            | {name: request[name] for name in ("JobName", "LanguageCode", "DataAccessRoleArn") if name in request}
            | {"SubmitTime": self.created}
            | ({} if self.ended is None else {"EndTime": self.ended})
            | ({} if self.failure is None else {"Message": self.failure})
            | {"InputDataConfig": self._source, "OutputDataConfig": {**request["OutputDataConfig"], "S3Uri": output}}
        )

    def _read(self) -> bytes:
        """The job's output.tar.gz; the same bytes for the same input."""
        try:
            lines = "".join(json.dumps(entry) + "\n" for entry in self._entries()).encode()
        except (_objects.Missing, _objects.TooLarge):
            raise JobFailed(
                "NO_READ_ACCESS_TO_INPUT: The provided data access role does not have proper access to the input data."
            ) from None
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            member = tarfile.TarInfo("output")
            member.size = len(lines)
            archive.addfile(member, io.BytesIO(lines))
        return buffer.getvalue()

    def _entries(self) -> Iterator[Structure]:
        bucket, prefix = _objects.place(self._source["S3Uri"]) or ("", "")
        keys = self._keys(bucket, prefix)
        if not keys:
            raise _objects.Missing
        for key in keys:
            text = _objects.fetch(self._cloud, bucket, key, most=_MOST_FILE).decode(errors="replace")
            name = {"File": key.rpartition("/")[2]}
            if self._source["InputFormat"] == "ONE_DOC_PER_FILE":
                yield name | self._entry(text)
            else:
                for number, line in enumerate(text.splitlines()):
                    if line.strip():
                        yield name | {"Line": number} | self._entry(line)

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        try:
            pages = self._cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Size"]]
        except ClientError:
            raise _objects.Missing from None

    def _entry(self, text: str) -> Structure:
        if len(text.encode()) > _MOST_TEXT:
            return {
                "ErrorCode": "DOCUMENT_SIZE_EXCEEDED",
                "ErrorMessage": "Document size exceeds document size limit.",
            }
        return self._answer(text)
