"""Batch transform jobs: objects in S3, cut into records, through a model server, back to S3.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from localcloud.door.wire import Structure
from localcloud.errors import UnsupportedLocally
from localcloud.runtimes.model_servers import Crashed, NotLoaded
from localcloud.services._jobs import JobFailed
from localcloud.services.sagemaker import contradictions
from localcloud.services.sagemaker.backend import Backend
from localcloud.services.sagemaker.jobs import Job
from localcloud.services.sagemaker.models import NotServing, Serving, containers_of, role_of
from localcloud.services.sagemaker.records import BadRecord, Filters
from localcloud.services.sagemaker.storage import join, split
from localcloud.time import durations

_SEE_LOGS = "See job logs for more information"


class TransformJob(Job):
    """A batch transform job."""

    kind, resource, registry = "TransformJob", "transform-job", "transform_jobs"
    title = "transform job"

    def __init__(self, backend: Backend, name: str, request: Structure) -> None:
        what = f'transform job "{name}"'
        contradictions.transform(request)
        if request["TransformInput"].get("SplitType", "None") not in ("None", "Line"):
            raise UnsupportedLocally(
                f"{what} splits by {request['TransformInput']['SplitType']}; the local cloud splits by Line. Use CSV "
                "or JSON Lines, or set WORKSHOP_TARGET=aws."
            )
        self.filters = Filters.of(request, what)
        containers = containers_of(backend, request["ModelName"])
        super().__init__(backend, name, request)
        variables = {"SAGEMAKER_BATCH": "true", **request.get("Environment", {})}
        self._serving = Serving(backend, containers, variables)
        self._started: float | None = None
        self._data_log: list[str] = []

    async def run(self) -> None:
        """The model is loaded, the objects transformed one by one."""
        seconds = durations.SAGEMAKER
        await self.clock.sleep(seconds["instance"])
        self._started = self.clock.now()
        try:
            await self.work(self._serving.start, seconds=seconds["download"])
        except NotServing as problem:
            self._write(problem.output)
            raise JobFailed(f"ClientError: {problem}" if not problem.output else f"AlgorithmError: {problem}") from None
        try:
            await self.work(self._transform, seconds=seconds["transform"])
        finally:
            self._write(self._serving.log)

    async def wind_up(self) -> None:
        await self.clock.sleep(durations.SAGEMAKER["stop"])

    def stop(self) -> None:
        super().stop()
        self._serving.close()

    def release(self) -> None:
        self._serving.close()

    def _transform(self) -> None:
        source, target = self.request["TransformInput"], self.request["TransformOutput"]
        results: list[tuple[str, bytes]] = []
        for uri, name in self.backend.storage.listed(source["DataSource"]["S3DataSource"]):
            content = self.backend.storage.get(uri)
            if source.get("CompressionType") == "Gzip":
                content = gzip.decompress(content)
            if not content.strip():
                continue
            answers = [self._send(uri, batch) for batch in self._batches(content)]
            glue = b"\n" if target.get("AssembleWith", "None") == "Line" else b""
            # Each record's answer ends in one line end when they are assembled by lines.
            joined = b"".join(answer.rstrip(b"\n") + glue for answer in answers) if glue else b"".join(answers)
            results.append((join(target["S3OutputPath"], f"{name or split(uri)[1].rpartition('/')[2]}.out"), joined))
        # "If an error occurs, the uploaded results are removed": written when all is well.
        for uri, result in results:
            self.backend.storage.put(uri, result)

    def _batches(self, content: bytes) -> Iterator[list[bytes]]:
        """The records of one request each time."""
        if self.request["TransformInput"].get("SplitType", "None") == "None":
            yield [content]
            return
        lines = [line for line in content.replace(b"\r\n", b"\n").split(b"\n") if line]
        most = self.request.get("MaxPayloadInMB", 6) << 20
        single = self.request.get("BatchStrategy", "MultiRecord") == "SingleRecord"
        batch: list[bytes] = []
        size = 0
        for line in lines:
            if batch and (single or (most and size + len(line) + 1 > most)):
                yield batch
                batch, size = [], 0
            batch.append(line)
            size += len(line) + 1
        if batch:
            yield batch

    def _send(self, uri: str, records: list[bytes]) -> bytes:
        source, target = self.request["TransformInput"], self.request["TransformOutput"]
        content_type = source.get("ContentType", "")
        bucket, key = split(uri)
        where = f"{bucket}/{key}"
        try:
            sent = self.filters.before(records)
            body = b"\n".join(sent)
            if self.request["TransformInput"].get("SplitType", "None") == "Line":
                body += b"\n"
            reply = self._serving.invoke(body, content_type, target.get("Accept") or "*/*")
        except (Crashed, NotLoaded) as problem:
            self._data_log.append(f"{where}: The model server ended: {problem}")
            raise JobFailed(f"InternalServerError: {_SEE_LOGS}") from None
        except BadRecord as problem:
            self._data_log.append(f"{where}: {problem}")
            raise JobFailed(f"ClientError: {_SEE_LOGS}") from None
        if reply.status != 200:
            message = reply.body.decode(errors="replace")
            self._data_log.append(f"{where}: Bad HTTP status received from algorithm: {reply.status}")
            self._data_log.append(f"{where}: Message: {message}")
            kind = "ClientError" if reply.status < 500 else "AlgorithmError"
            raise JobFailed(f"{kind}: {_SEE_LOGS}")
        try:
            return self.filters.after(records, reply.body, reply.content_type)
        except BadRecord as problem:
            self._data_log.append(f"{where}: {problem}")
            raise JobFailed(f"ClientError: {_SEE_LOGS}") from None

    def _write(self, output: str) -> None:
        stream = f"{self.name}/i-local-{int(self.created)}"
        self.backend.write_log("TransformJobs", stream, output)
        if self._data_log:
            lines = "\n".join(f"[sagemaker logs]: {line}" for line in self._data_log)
            self.backend.write_log("TransformJobs", f"{stream}/data-log", lines)

    def acts_as(self) -> str | None:
        """The model's role: a transform job has none."""
        return role_of(self.backend, self.request["ModelName"])

    def describe(self) -> Structure:
        description = {key: value for key, value in super().describe().items() if key != "Tags"}
        if self._started is not None:
            description["TransformStartTime"] = self._started
        return description
