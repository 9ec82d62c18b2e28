"""Amazon Athena: SQL over tables of the Glue Data Catalog in S3, run by DuckDB.

API reference: https://docs.aws.amazon.com/athena/latest/APIReference/. Work groups are here; named queries, prepared
statements, other catalogs, notebooks and capacity are refused. `sql` says how a query runs, `statements` what else
there is, `tables` how objects are read, `errors` how failures are worded.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.acting import acting_as
from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.host import Service
from localcloud.services import _objects
from localcloud.services._jobs import RequestTokens
from localcloud.services._on_clock import on_clock
from localcloud.services._paging import Pages
from localcloud.services._regional import Regional
from localcloud.services.athena import statements
from localcloud.services.athena.query import QueryExecution

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

_ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
_CONFIGURED = (
    *("BytesScannedCutoffPerQuery", "EnforceWorkGroupConfiguration", "PublishCloudWatchMetricsEnabled"),
    *("RequesterPaysEnabled", "ResultConfiguration", "EngineVersion"),
)
_RESULTS = ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration")


def _invalid(message: str, code: str = "INVALID_INPUT") -> ServiceError:
    return ServiceError("InvalidRequestException", message, 400, {"AthenaErrorCode": code})


_PAGES = Pages(lambda: _invalid("The NextToken is not valid."), default=50, most=50)
_ROWS = Pages(lambda: _invalid("The NextToken is not valid."), default=1000, most=1000)


@dataclass(slots=True)
class WorkGroup:
    """A work group.

    Args:
        name, description, state: as they were given.
        configuration: WorkGroupConfiguration.
        created: seconds since the Unix epoch.
    """

    name: str
    description: str
    configuration: Shape
    created: float
    state: str = "ENABLED"

    def describe(self) -> Shape:
        """As GetWorkGroup says it."""
        return {**self.summary(), "Configuration": self.configuration}

    def summary(self) -> Shape:
        """As ListWorkGroups says it."""
        said: Shape = {"Name": self.name, "State": self.state, "CreationTime": self.created}
        return said | ({"Description": self.description} if self.description else {})


def register(cloud: Host) -> Service:
    """The actions on query executions and work groups."""
    athena = Athena(cloud)
    actions: dict[str, Callable[[Shape], Shape | None]] = {
        "BatchGetQueryExecution": athena.batch_get,
        "CreateWorkGroup": athena.create_group,
        "DeleteWorkGroup": athena.delete_group,
        "GetQueryExecution": lambda request: {"QueryExecution": athena.find(request).describe()},
        "GetQueryResults": athena.results,
        "GetWorkGroup": lambda request: {"WorkGroup": athena.group(request["WorkGroup"]).describe()},
        "ListQueryExecutions": athena.listed,
        "ListWorkGroups": athena.list_groups,
        "StartQueryExecution": athena.start,
        "StopQueryExecution": athena.stop,
        "UpdateWorkGroup": athena.update_group,
    }
    return Service("athena", {name: on_clock(cloud, action) for name, action in actions.items()})


class Athena:
    """The queries and work groups of one local cloud.

    Args:
        cloud: its clock and its services.
    """

    def __init__(self, cloud: Host) -> None:
        self._cloud, self._clock = cloud, cloud.clock
        self._queries: Regional[str, QueryExecution] = Regional(cloud)
        self._groups: Regional[str, WorkGroup] = Regional(cloud, lambda: {"primary": self._primary()})
        self._tokens = RequestTokens[QueryExecution](
            cloud, lambda token: _invalid(f"Idempotent parameters do not match for token {token}")
        )

    # ---- queries

    def find(self, request: Shape) -> QueryExecution:
        """The query that a request names. Raises ServiceError."""
        found = self._queries.get(request["QueryExecutionId"])
        if found is None:
            raise _invalid(f"QueryExecution {request['QueryExecutionId']} was not found")
        return found

    def start(self, request: Shape) -> Shape:
        """StartQueryExecution."""
        known = self._tokens.job(request)
        if known is not None:
            return {"QueryExecutionId": known.name}
        group = self.group(request.get("WorkGroup", "primary"))
        if group.state != "ENABLED":
            raise _invalid(f"WorkGroup {group.name} is disabled")
        refused = [each for each in ("ExecutionParameters", "SubstatementType") if request.get(each)]
        if refused or request.get("QueryExecutionContext", {}).get("Catalog", "AwsDataCatalog") != "AwsDataCatalog":
            raise UnsupportedLocally(
                f"The local cloud's Athena runs no queries with {', '.join(refused) or 'another catalog'}. Write the "
                "values into the query, or set WORKSHOP_TARGET=aws."
            )
        enforced = group.configuration.get("EnforceWorkGroupConfiguration")
        own = {} if enforced else request.get("ResultConfiguration", {})
        results = group.configuration.get("ResultConfiguration", {}) | own
        output = self._output(results)
        identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"athena {self._cloud.region} {len(self._queries)}"))
        context = request.get("QueryExecutionContext", {})
        settings = {
            "WorkGroup": group.name,
            "QueryExecutionContext": context,
            "ResultConfiguration": {name: results[name] for name in _RESULTS if name in results},
        }
        folder = self._cloud.scratch / "athena" / identity
        database = context.get("Database", "default").lower()
        try:
            statement = statements.read(self._cloud, request["QueryString"], database, output, identity, folder)
        except statements.Malformed as problem:
            raise _invalid(str(problem), "MALFORMED_QUERY") from None
        except statements.Unsupported as problem:
            raise UnsupportedLocally(
                f"The local cloud's Athena does not run {problem}. It runs SELECT, CREATE DATABASE, CREATE EXTERNAL "
                "TABLE, CREATE TABLE AS, INSERT INTO, UNLOAD, ALTER TABLE ADD and DROP PARTITION, MSCK REPAIR TABLE, "
                "SHOW, DESCRIBE and DROP, or set WORKSHOP_TARGET=aws."
            ) from None
        cutoff = group.configuration.get("BytesScannedCutoffPerQuery")
        query = self._queries[identity] = QueryExecution(self._cloud, identity, statement, settings, cutoff)
        self._tokens.add(request, query)
        query.start()
        return {"QueryExecutionId": identity}

    def _output(self, results: Shape) -> tuple[str, str]:
        location = results.get("OutputLocation", "")
        place = _objects.place(location) if location.startswith("s3://") else None
        if location and place is None:  # https://github.com/boto/boto3/issues/1194
            raise _invalid("outputLocation is not a valid S3 path.")
        if place is None:
            raise _invalid(
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input."
            )
        bucket, prefix = place
        try:
            with acting_as(None):
                self._cloud.client("s3").head_bucket(Bucket=bucket)
        except ClientError:
            raise _invalid(f"Unable to verify/create output bucket {bucket}") from None
        return bucket, f"{prefix.rstrip('/')}/" if prefix else ""

    def stop(self, request: Shape) -> None:
        """StopQueryExecution."""
        query = self.find(request)
        if query.ended is None:
            query.stop()

    def batch_get(self, request: Shape) -> Shape:
        """BatchGetQueryExecution."""
        known = [each for each in request["QueryExecutionIds"] if each in self._queries]
        return {
            "QueryExecutions": [self._queries[each].describe() for each in known],
            "UnprocessedQueryExecutionIds": [
                {
                    "QueryExecutionId": each,
                    "ErrorCode": "INVALID_INPUT",
                    "ErrorMessage": f"QueryExecution {each} was not found",
                }
                for each in request["QueryExecutionIds"]
                if each not in self._queries
            ],
        }

    def listed(self, request: Shape) -> Shape:
        """ListQueryExecutions, the newest first."""
        group = self.group(request.get("WorkGroup", "primary")).name
        found = [name for name, each in self._queries.items() if each.describe()["WorkGroup"] == group]
        names, token = _PAGES.page(found[::-1], request, "ListQueryExecutions")
        return {"QueryExecutionIds": list(names)} | ({"NextToken": token} if token else {})

    def results(self, request: Shape) -> Shape:
        """GetQueryResults: of a query, the first row of the first page names the columns."""
        query = self.find(request)
        if query.status in ("FAILED", "CANCELLED"):
            raise _invalid(
                f"Query did not finish successfully. Final query state: {query.status}", "INVALID_QUERY_STATE"
            )
        if query.result is None:
            raise _invalid(f"Query has not yet finished. Current state: {query.status}", "INVALID_QUERY_STATE")
        result = query.result
        rows: list[list[str | None]] = [list(row) for row in result.rows]
        if result.header and result.columns:
            rows.insert(0, [each["Name"] for each in result.columns])
        page, token = _ROWS.page(rows, request, "GetQueryResults")
        said: Shape = {
            "ResultSet": {
                "Rows": [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in page],
                "ResultSetMetadata": {"ColumnInfo": result.columns},
            }
        }
        said |= {"UpdateCount": result.updated} if result.updated is not None else {"UpdateCount": 0}
        return said | ({"NextToken": token} if token else {})

    # ---- work groups

    def group(self, name: str) -> WorkGroup:
        """A work group. Raises ServiceError."""
        if name not in self._groups:
            raise _invalid(f"WorkGroup {name} is not found.")
        return self._groups[name]

    def _primary(self) -> WorkGroup:
        """What is in every region from the start."""
        configuration = {"EnforceWorkGroupConfiguration": False, "EngineVersion": _ENGINE}
        return WorkGroup("primary", "", configuration, self._clock.now())

    def create_group(self, request: Shape) -> None:
        """CreateWorkGroup."""
        name = request["Name"]
        if name in self._groups:
            raise _invalid(f"WorkGroup {name} is already created")
        if request.get("Tags"):
            raise _not_kept("Tags")
        configuration = {"EnforceWorkGroupConfiguration": True, "EngineVersion": _ENGINE}
        configuration |= _configured(request.get("Configuration", {}))
        group = WorkGroup(name, request.get("Description", ""), configuration, self._clock.now())
        self._groups[name] = group

    def update_group(self, request: Shape) -> None:
        """UpdateWorkGroup: what the request leaves out stays."""
        group, updates = self.group(request["WorkGroup"]), dict(request.get("ConfigurationUpdates", {}))
        results = dict(updates.pop("ResultConfigurationUpdates", {}))
        removed = [name for name in updates if name.startswith("Remove") and updates.pop(name)]
        if removed:
            raise _not_kept(", ".join(removed))
        group.configuration |= _configured(updates)
        if results:
            kept = {name: results[name] for name in _RESULTS if name in results}
            group.configuration["ResultConfiguration"] = group.configuration.get("ResultConfiguration", {}) | kept
        group.state = request.get("State", group.state)
        group.description = request.get("Description", group.description)

    def delete_group(self, request: Shape) -> None:
        """DeleteWorkGroup, with its queries only if the request says so."""
        group = self.group(request["WorkGroup"])
        if group.name == "primary":
            raise _invalid("The primary WorkGroup cannot be deleted")
        own = [name for name, each in self._queries.items() if each.describe()["WorkGroup"] == group.name]
        if own and not request.get("RecursiveDeleteOption"):
            raise _invalid(f"WorkGroup {group.name} is not empty")
        del self._groups[group.name]

    def list_groups(self, request: Shape) -> Shape:
        """ListWorkGroups, by name."""
        own = [self._groups[name] for name in sorted(self._groups)]
        groups, token = _PAGES.page(own, request, "ListWorkGroups")
        said = [group.summary() | {"EngineVersion": group.configuration["EngineVersion"]} for group in groups]
        return {"WorkGroups": said} | ({"NextToken": token} if token else {})


def _configured(configuration: Shape) -> Shape:
    refused = [name for name in configuration if name not in _CONFIGURED]
    if refused:
        raise _not_kept(", ".join(refused))
    found = dict(configuration)
    if "EngineVersion" in found:
        found["EngineVersion"] = _ENGINE | {"SelectedEngineVersion": found["EngineVersion"]["SelectedEngineVersion"]}
    return found


def _not_kept(what: str) -> UnsupportedLocally:
    return UnsupportedLocally(
        f"The local cloud's Athena has no work groups with {what}. Leave it out, or set WORKSHOP_TARGET=aws."
    )
