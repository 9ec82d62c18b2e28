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
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from helpers.errors import UnsupportedLocally
from helpers.localcloud.host import Host
from helpers.localcloud.services import _objects
from helpers.localcloud.wire import ServiceError

Shape = dict[str, Any]

#: Virtual seconds from start to end. AWS publishes no figure; small jobs take minutes, most of them to set up.
_SECONDS = 300.0

#: Bytes of one file, and of one text (https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html).
_MOST_FILE, _MOST_TEXT = 5 * 1024**3, 5_000

_OVER = ("COMPLETED", "FAILED", "STOPPED")
_NOT_RUN = ("VolumeKmsKeyId", "VpcConfig")


class SentimentJobs:
    """The jobs of one cloud.

    Args:
        answer: what DetectSentiment answers for a text.
    """

    def __init__(self, cloud: Host, answer: Callable[[str], Shape]) -> None:
        self._cloud, self._answer = cloud, answer
        self._jobs: dict[str, Shape] = {}
        self._tokens: dict[str, tuple[Shape, str]] = {}
        self._lock = threading.Lock()

    def start(self, request: Shape) -> Shape:
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
            token = request.get("ClientRequestToken")
            if token in self._tokens:
                known, job_id = self._tokens[token]
                if known != request:
                    raise ServiceError("ResourceInUseException", f"ClientRequestToken {token} is of another job.")
                return _brief(self._jobs[job_id])
            job = self._new(request)
            self._jobs[job["JobId"]] = job
            if token:
                self._tokens[token] = request, job["JobId"]
        self._cloud.clock.spawn(self._run(job))
        return _brief(job) | {"JobStatus": "SUBMITTED"}

    def describe(self, request: Shape) -> Shape:
        """DescribeSentimentDetectionJob."""
        return {"SentimentDetectionJobProperties": dict(self._job(request))}

    def list_jobs(self, request: Shape) -> Shape:
        """ListSentimentDetectionJobs: the newest first."""
        rules = request.get("Filter", {})
        found = [
            dict(job)
            for job in reversed(self._jobs.values())
            if rules.get("JobName", job.get("JobName")) == job.get("JobName")
            and rules.get("JobStatus", job["JobStatus"]) == job["JobStatus"]
            and job["SubmitTime"] < float(rules.get("SubmitTimeBefore", "inf"))
            and job["SubmitTime"] > float(rules.get("SubmitTimeAfter", "-inf"))
        ]
        token, most = request.get("NextToken", "0"), request.get("MaxResults", 100)
        if not token.isdecimal():
            raise ServiceError("InvalidRequestException", "NextToken is not one that this service gave.")
        end = int(token) + most
        page = {"SentimentDetectionJobPropertiesList": found[int(token) : end]}
        return page | ({"NextToken": str(end)} if end < len(found) else {})

    def stop(self, request: Shape) -> Shape:
        """StopSentimentDetectionJob."""
        job = self._job(request)
        if job["JobStatus"] not in _OVER:
            self._end(job, "STOPPED")
            return {"JobId": job["JobId"], "JobStatus": "STOP_REQUESTED"}
        return {"JobId": job["JobId"], "JobStatus": job["JobStatus"]}

    def _job(self, request: Shape) -> Shape:
        try:
            return self._jobs[request["JobId"]]
        except KeyError:
            raise ServiceError("JobNotFoundException", f"The job {request['JobId']} was not found.") from None

    def _new(self, request: Shape) -> Shape:
        cloud = self._cloud
        described = json.dumps([len(self._jobs), request], sort_keys=True, default=str)
        job_id = hashlib.md5(described.encode(), usedforsecurity=False).hexdigest()
        bucket, prefix = _objects.place(request["OutputDataConfig"]["S3Uri"]) or ("", "")
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        output = f"s3://{bucket}/{folder}{cloud.account_id}-SENTIMENT-{job_id}/output/output.tar.gz"
        job = {
            "JobId": job_id,
            "JobArn": f"arn:aws:comprehend:{cloud.region}:{cloud.account_id}:sentiment-detection-job/{job_id}",
            "JobStatus": "IN_PROGRESS",
            "SubmitTime": cloud.clock.now(),
            "InputDataConfig": {"InputFormat": "ONE_DOC_PER_LINE", **request["InputDataConfig"]},
            "OutputDataConfig": {**request["OutputDataConfig"], "S3Uri": output},
        }
        return job | {n: request[n] for n in ("JobName", "LanguageCode", "DataAccessRoleArn") if n in request}

    async def _run(self, job: Shape) -> None:
        try:
            output = await self._cloud.clock.work(self._read, job, seconds=_SECONDS)
            if job["JobStatus"] in _OVER:
                return
            bucket, key = _objects.place(job["OutputDataConfig"]["S3Uri"]) or ("", "")
            self._cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=output)
        except (_objects.Missing, _objects.TooLarge):
            self._end(
                job,
                "FAILED",
                "NO_READ_ACCESS_TO_INPUT: The provided data access role does not have proper access to the input data.",
            )
        except ClientError as problem:
            self._end(job, "FAILED", f"NO_WRITE_ACCESS_TO_OUTPUT: {problem.response['Error']['Message']}")
        except Exception as problem:
            self._end(job, "FAILED", f"INTERNAL_SERVER_ERROR: {problem}")
        else:
            self._end(job, "COMPLETED")

    def _end(self, job: Shape, status: str, message: str | None = None) -> None:
        if job["JobStatus"] not in _OVER:
            job |= {"JobStatus": status, "EndTime": self._cloud.clock.now()} | ({"Message": message} if message else {})

    def _read(self, job: Shape) -> bytes:
        """The job's output.tar.gz; the same bytes for the same input."""
        lines = "".join(json.dumps(entry) + "\n" for entry in self._entries(job["InputDataConfig"])).encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            member = tarfile.TarInfo("output")
            member.size = len(lines)
            archive.addfile(member, io.BytesIO(lines))
        return buffer.getvalue()

    def _entries(self, source: Mapping[str, Any]) -> Iterator[Shape]:
        bucket, prefix = _objects.place(source["S3Uri"]) or ("", "")
        keys = self._keys(bucket, prefix)
        if not keys:
            raise _objects.Missing
        for key in keys:
            text = _objects.fetch(self._cloud, bucket, key, most=_MOST_FILE).decode(errors="replace")
            name = {"File": key.rpartition("/")[2]}
            if source["InputFormat"] == "ONE_DOC_PER_FILE":
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

    def _entry(self, text: str) -> Shape:
        if len(text.encode()) > _MOST_TEXT:
            return {
                "ErrorCode": "DOCUMENT_SIZE_EXCEEDED",
                "ErrorMessage": "Document size exceeds document size limit.",
            }
        return self._answer(text)


def _brief(job: Shape) -> Shape:
    return {name: job[name] for name in ("JobId", "JobArn", "JobStatus")}
