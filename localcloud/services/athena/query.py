"""One query execution: its states and statistics on the virtual clock, its results in S3.

Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html and querying.html: a query writes
`<id>.csv`, a statement of DDL `<id>.txt`, each with a `.metadata` object beside it, CREATE TABLE AS, INSERT and UNLOAD
`<id>-manifest.csv`. AWS does not document how metadata is written (it is binary there); ours is the JSON of
ResultSetMetadata.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from localcloud.services._jobs import Job, JobFailed, Statuses
from localcloud.services.athena import values
from localcloud.services.athena.errors import SYSTEM, QueryFailed

if TYPE_CHECKING:
    from localcloud.host import Host
    from localcloud.services.athena.sql import Result
    from localcloud.services.athena.statements import Statement

Shape = dict[str, Any]

#: Virtual seconds. A small query takes about a second on AWS, most of it to begin; text is read at 100 MB/s or so.
_QUEUE, _PLAN, _ENGINE, _PUBLISH, _SPEED = 0.1, 0.15, 0.6, 0.05, 100e6


class QueryExecution(Job):
    """One query.

    Args:
        cloud: its clock and S3.
        identity: its id.
        statement: what it runs.
        settings: WorkGroup, QueryExecutionContext and ResultConfiguration, as they are told.
        cutoff: BytesScannedCutoffPerQuery of its work group.
    """

    statuses: ClassVar[Statuses] = Statuses("QUEUED", "SUCCEEDED", "FAILED", "", "CANCELLED")
    title = "query"
    internal = "GENERIC_INTERNAL_ERROR: "

    def __init__(
        self, cloud: Host, identity: str, statement: Statement, settings: Shape, cutoff: int | None = None
    ) -> None:
        super().__init__(cloud.clock, identity)
        self._cloud, self.statement, self._settings, self._cutoff = cloud, statement, settings, cutoff
        self._error: QueryFailed | None = None
        self._spent: Shape = {}
        self.result: Result | None = None

    def describe(self) -> Shape:
        """As GetQueryExecution says it."""
        result, statistics = self.result, {**self._spent, "DataScannedInBytes": self.statement.scanned}
        status = {"State": self.status, "SubmissionDateTime": self.created}
        if self.ended is not None:
            status["CompletionDateTime"] = self.ended
            statistics["TotalExecutionTimeInMillis"] = _millis(self.ended - self.created)
        if self.failure:
            error = self._error or QueryFailed(self.failure, SYSTEM)
            status |= {"StateChangeReason": self.failure, "AthenaError": error.describe()}
        if result is not None and result.manifest is not None:
            statistics["DataManifestLocation"] = f"{self._place()}-manifest.csv"
        return {
            "QueryExecutionId": self.name,
            "Query": self.statement.text,
            "StatementType": self.statement.kind,
            "SubstatementType": self.statement.subtype,
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
            **self._settings,
            "ResultConfiguration": self._settings["ResultConfiguration"] | {"OutputLocation": self.location},
            "Status": status,
            "Statistics": statistics,
        }

    @property
    def location(self) -> str:
        """Where its results are."""
        return self._place() + {"SELECT": ".csv"}.get(
            self.statement.subtype, "" if self.statement.kind == "DML" or self._is_ctas else ".txt"
        )

    @property
    def _is_ctas(self) -> bool:
        return self.statement.subtype == "CREATE_TABLE_AS_SELECT"

    def _place(self) -> str:
        bucket, prefix = self.statement.output
        return f"s3://{bucket}/{prefix}{self.name}"

    async def run(self) -> None:
        """Wait in the queue, plan, run, write. Raises JobFailed."""
        await self.clock.sleep(_QUEUE)
        self._spent["QueryQueueTimeInMillis"] = _millis(_QUEUE)
        self.status = "RUNNING"
        try:
            await self.work(self.statement.plan, seconds=_PLAN)
            seconds = _ENGINE + self.statement.scanned / _SPEED
            self._spent["QueryPlanningTimeInMillis"] = _millis(_PLAN)
            if self._cutoff is not None and self.statement.scanned > self._cutoff:
                raise QueryFailed("Query cancelled! : Bytes scanned limit was exceeded")
            self._spent["EngineExecutionTimeInMillis"] = _millis(_PLAN + seconds)
            result = await self.work(self.statement.run, seconds=seconds)
            await self.work(self._write, result, seconds=_PUBLISH)
            self._spent["ServiceProcessingTimeInMillis"] = _millis(_PUBLISH)
            self.result = result
        except QueryFailed as problem:
            self._error = problem
            raise JobFailed(problem.reason) from None
        except ClientError as error:  # it reads and writes with its caller's rights
            if not error.response["Error"]["Code"].startswith("AccessDenied"):
                raise
            self._error = QueryFailed(f"Insufficient permissions: {error.response['Error']['Message']}")
            raise JobFailed(self._error.reason) from None
        finally:
            self._spent.setdefault("EngineExecutionTimeInMillis", _millis(self.clock.now() - self.created - _QUEUE))
            self.statement.close()
            shutil.rmtree(self.statement.folder, ignore_errors=True)

    def _write(self, result: Result) -> None:
        s3 = self._cloud.client("s3")
        bucket, prefix = self.statement.output
        if result.manifest is not None:
            body = "".join(f"{place}\n" for place in result.manifest).encode()
            s3.put_object(Bucket=bucket, Key=f"{prefix}{self.name}-manifest.csv", Body=body)
            return
        if result.header and self.statement.kind == "DML":
            body = values.csv([each["Name"] for each in result.columns], result.rows)
        else:
            body = "".join("\t".join(each or "" for each in row) + "\n" for row in result.rows).encode()
        key = self.location.removeprefix(f"s3://{bucket}/")
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        metadata = json.dumps({"ColumnInfo": result.columns}).encode()
        s3.put_object(Bucket=bucket, Key=f"{key}.metadata", Body=metadata)


def _millis(seconds: float) -> int:
    return round(1000 * seconds)
