"""AWS Glue: crawlers, which fill the Data Catalog; the catalog itself (databases, tables, partitions) moto keeps.

API reference: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-crawling.html; how long a crawl takes is
not documented: small ones take about a minute. Targets are paths of S3; schedules, classifiers and other targets are
refused.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.host import Service
from localcloud.services import _logs, _objects
from localcloud.services._jobs import Job, JobFailed, Statuses
from localcloud.services._on_clock import on_clock
from localcloud.services._paging import Pages
from localcloud.services._regional import Regional
from localcloud.services.glue import crawl

if TYPE_CHECKING:
    from localcloud.host import Host

Shape = dict[str, Any]

#: Virtual seconds: until its machines run, of the crawl itself, and of STOPPING.
_START, _CRAWL, _STOP = 30.0, 20.0, 10.0

_PAGES = Pages(lambda: ServiceError("InvalidInputException", "The NextToken is not valid."), default=100, most=1000)

_NOT_RUN = (
    *("Classifiers", "Configuration", "CrawlerSecurityConfiguration", "LakeFormationConfiguration"),
    *("LineageConfiguration", "RecrawlPolicy", "Schedule", "Tags"),
)
_OTHER_TARGETS = (
    "JdbcTargets",
    "MongoDBTargets",
    "DynamoDBTargets",
    "CatalogTargets",
    "DeltaTargets",
    "IcebergTargets",
)
_POLICY = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}


@dataclass(slots=True)
class Crawler:
    """One crawler.

    Args:
        settings: as it was created or updated last.
        created, updated: seconds since the Unix epoch.
        version: counts its updates.
        crawl: its last one.
    """

    settings: Shape
    created: float
    updated: float
    version: int = 1
    crawl: Crawl | None = None

    @property
    def state(self) -> str:
        """READY, RUNNING or STOPPING."""
        return "READY" if self.crawl is None else self.crawl.state

    def describe(self) -> Shape:
        """As GetCrawler says it."""
        running = self.crawl is not None and self.state != "READY"
        return {
            "Classifiers": [],
            "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
            **self.settings,
            "State": self.state,
            "CrawlElapsedTime": round(1000 * self.crawl.elapsed()) if running and self.crawl else 0,
            "CreationTime": self.created,
            "LastUpdated": self.updated,
            "Version": self.version,
            **({"LastCrawl": self.crawl.last()} if self.crawl is not None and not running else {}),
        }


class Crawl(Job):
    """One run of a crawler.

    Args:
        cloud: its clock, S3 and catalog.
        crawler: whose.
        number: which run it is.
    """

    statuses: ClassVar[Statuses] = Statuses("RUNNING", "SUCCEEDED", "FAILED", "STOPPING", "CANCELLED")
    title = "crawl"
    internal = "Internal Service Exception: "

    def __init__(self, cloud: Host, crawler: Crawler, number: int) -> None:
        super().__init__(cloud.clock, crawler.settings["Name"])
        self._cloud, self._settings = cloud, crawler.settings
        self._stopping = False
        self.prefix = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{cloud.region} {self.name} {number}"))

    @property
    def state(self) -> str:
        """The crawler's state while this is its last crawl."""
        return "READY" if self.ended is not None else "STOPPING" if self._stopping else "RUNNING"

    def elapsed(self) -> float:
        """Virtual seconds since it began."""
        return self.clock.now() - self.created

    def last(self) -> Shape:
        """As LastCrawl says it."""
        return {
            "Status": self.status,
            **({"ErrorMessage": self.failure} if self.failure else {}),
            "LogGroup": "/aws-glue/crawlers",
            "LogStream": self.name,
            "MessagePrefix": self.prefix,
            "StartTime": self.created,
        }

    async def run(self) -> None:
        """Start, crawl, stop. Raises JobFailed."""
        self._log("BENCHMARK", f"Running Start Crawl for Crawler {self.name}")
        await self.clock.sleep(_START)
        folder = self._cloud.scratch / "glue" / self.prefix
        folder.mkdir(parents=True)
        changes = await self.work(self._crawl, folder, seconds=_CRAWL)
        self._log("BENCHMARK", "Classification complete, writing results to database " + self._settings["DatabaseName"])
        for change in changes:
            self._log("INFO", change)
        self._stopping = True
        await self.clock.sleep(_STOP)
        self._log("BENCHMARK", "Crawler has finished running and is in state READY")

    def _log(self, kind: str, message: str) -> None:
        events = _logs.events(self._cloud, [f"[{self.prefix}] {kind} : {message}"])
        _logs.append(self._cloud, "/aws-glue/crawlers", self.name, events)

    def acts_as(self) -> str | None:
        """The crawler's role."""
        return str(self._settings["Role"])

    # ---- in a worker thread

    def _crawl(self, folder: Path) -> list[str]:
        """Write what is found into the catalog; what has changed."""
        found: dict[str, Shape] = {}
        partitions: dict[str, dict[tuple[str, ...], str]] = {}
        for target in self._settings["Targets"]["S3Targets"]:
            bucket, prefix = _objects.place(target["Path"]) or ("", "")
            try:
                tables = crawl.tables(self._cloud, bucket, prefix, target.get("Exclusions", []), folder)
            except ClientError as problem:
                raise JobFailed(f"Unable to read {target['Path']}: {problem.response['Error']['Message']}") from None
            for table in tables:
                label = table.root.rstrip("/").rpartition("/")[2] or bucket
                name = self._settings.get("TablePrefix", "") + re.sub(r"[^a-z0-9_]", "_", label.lower())
                if name in found:
                    name += "_" + uuid.uuid5(uuid.NAMESPACE_URL, table.root).hex
                found[name] = crawl.definition(table, bucket, name, self.name)
                partitions[name] = {values: f"s3://{bucket}/{place}" for values, place in table.partitions().items()}
        return self._write(found, partitions)

    def _write(self, found: Mapping[str, Shape], partitions: Mapping[str, Mapping[tuple[str, ...], str]]) -> list[str]:
        glue, database, changes = self._cloud.client("glue"), self._settings["DatabaseName"], []
        try:
            known = {table["Name"]: table for table in glue.get_tables(DatabaseName=database)["TableList"]}
        except ClientError:
            glue.create_database(DatabaseInput={"Name": database})
            known = {}
        policy = self._settings["SchemaChangePolicy"]
        for name, table in found.items():
            if name not in known:
                glue.create_table(DatabaseName=database, TableInput=table)
                changes.append(f"Created table {name} in database {database}")
            elif policy["UpdateBehavior"] == "UPDATE_IN_DATABASE":
                glue.update_table(DatabaseName=database, TableInput=table)
            changes += self._write_partitions(database, table, partitions[name])
        for name, table in known.items():
            if name not in found and table.get("Parameters", {}).get("UPDATED_BY_CRAWLER") == self.name:
                changes += self._remove(database, table, policy["DeleteBehavior"])
        return changes

    def _write_partitions(self, database: str, table: Shape, wanted: Mapping[tuple[str, ...], str]) -> list[str]:
        glue, where = self._cloud.client("glue"), {"DatabaseName": database, "TableName": table["Name"]}
        known = {tuple(each["Values"]) for each in glue.get_partitions(**where)["Partitions"]}
        new = [
            {"Values": list(values), "StorageDescriptor": table["StorageDescriptor"] | {"Location": place}}
            for values, place in wanted.items()
            if values not in known
        ]
        for start in range(0, len(new), 100):
            glue.batch_create_partition(**where, PartitionInputList=new[start : start + 100])
        if self._settings["SchemaChangePolicy"]["DeleteBehavior"] == "DELETE_FROM_DATABASE":
            for values in known - wanted.keys():
                glue.delete_partition(**where, PartitionValues=list(values))
        return [f"Created {len(new)} partitions of table {table['Name']}"] if new else []

    def _remove(self, database: str, table: Shape, behavior: str) -> list[str]:
        """What becomes of a table whose objects are gone."""
        glue, name = self._cloud.client("glue"), table["Name"]
        if behavior == "DELETE_FROM_DATABASE":
            glue.delete_table(DatabaseName=database, Name=name)
            return [f"Deleted table {name} from database {database}"]
        if behavior == "DEPRECATE_IN_DATABASE":
            kept = ("Name", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
            changed = {each: table[each] for each in kept if each in table}
            changed["Parameters"] = changed["Parameters"] | {"DEPRECATED_BY_CRAWLER": str(int(self.clock.now()))}
            glue.update_table(DatabaseName=database, TableInput=changed)
            return [f"Deprecated table {name} in database {database}"]
        return [f"Table {name} of database {database} has no objects any more"]


def register(cloud: Host) -> Service:
    """The actions on crawlers."""
    crawlers = Crawlers(cloud)
    actions: dict[str, Callable[[Shape], Shape]] = {
        "BatchGetCrawlers": crawlers.batch_get,
        "CreateCrawler": crawlers.create,
        "DeleteCrawler": crawlers.delete,
        "GetCrawler": lambda request: {"Crawler": crawlers.find(request).describe()},
        "GetCrawlers": crawlers.described,
        "ListCrawlers": crawlers.listed,
        "StartCrawler": crawlers.start,
        "StopCrawler": crawlers.stop,
        "UpdateCrawler": crawlers.update,
    }
    return Service("glue", {name: on_clock(cloud, action) for name, action in actions.items()})


class Crawlers:
    """The crawlers of one local cloud.

    Args:
        cloud: its clock and its services.
    """

    def __init__(self, cloud: Host) -> None:
        self._cloud, self._clock = cloud, cloud.clock
        self._crawlers: Regional[str, Crawler] = Regional(cloud)
        self._crawls = 0

    def find(self, request: Shape) -> Crawler:
        """The crawler that a request names. Raises ServiceError: EntityNotFoundException."""
        found = self._crawlers.get(request["Name"])
        if found is None:
            raise ServiceError("EntityNotFoundException", f"Crawler with name {request['Name']} does not exist")
        return found

    def create(self, request: Shape) -> Shape:
        """CreateCrawler."""
        if request["Name"] in self._crawlers:
            raise ServiceError("AlreadyExistsException", f"Crawler with name {request['Name']} already exists")
        settings = self._settings({"SchemaChangePolicy": {}}, request)
        self._crawlers[request["Name"]] = Crawler(settings, self._clock.now(), self._clock.now())
        return {}

    def update(self, request: Shape) -> Shape:
        """UpdateCrawler: what the request leaves out stays."""
        crawler = self._resting(request)
        crawler.settings = self._settings(crawler.settings, request)
        crawler.updated, crawler.version = self._clock.now(), crawler.version + 1
        return {}

    def delete(self, request: Shape) -> Shape:
        """DeleteCrawler."""
        self._resting(request)
        del self._crawlers[request["Name"]]
        return {}

    def start(self, request: Shape) -> Shape:
        """StartCrawler."""
        crawler = self.find(request)
        if crawler.state != "READY":
            raise ServiceError("CrawlerRunningException", f"Crawler with name {request['Name']} has already started")
        self._crawls += 1
        crawler.crawl = Crawl(self._cloud, crawler, self._crawls)
        crawler.crawl.start()
        return {}

    def stop(self, request: Shape) -> Shape:
        """StopCrawler: at once, where AWS takes a while."""
        crawler = self.find(request)
        if crawler.crawl is None or crawler.state == "READY":
            raise ServiceError("CrawlerNotRunningException", f"Crawler with name {request['Name']} isn't running")
        crawler.crawl.stop()
        return {}

    def listed(self, request: Shape) -> Shape:
        """ListCrawlers, by name."""
        if request.get("Tags"):
            raise _not_run("Tags")
        names, token = _PAGES.page(sorted(self._crawlers), request, "ListCrawlers")
        return {"CrawlerNames": list(names)} | ({"NextToken": token} if token else {})

    def described(self, request: Shape) -> Shape:
        """GetCrawlers, by name."""
        found, token = _PAGES.page([self._crawlers[name] for name in sorted(self._crawlers)], request, "GetCrawlers")
        return {"Crawlers": [each.describe() for each in found]} | ({"NextToken": token} if token else {})

    def batch_get(self, request: Shape) -> Shape:
        """BatchGetCrawlers."""
        known, names = self._crawlers, request["CrawlerNames"]
        return {
            "Crawlers": [known[name].describe() for name in names if name in known],
            "CrawlersNotFound": [name for name in names if name not in known],
        }

    def _resting(self, request: Shape) -> Crawler:
        crawler = self.find(request)
        if crawler.state != "READY":
            raise ServiceError("CrawlerRunningException", f"Crawler with name {request['Name']} is running")
        return crawler

    def _settings(self, before: Shape, request: Shape) -> Shape:
        refused = [name for name in _NOT_RUN if request.get(name)]
        refused += [name for name in _OTHER_TARGETS if request.get("Targets", {}).get(name)]
        for target in request.get("Targets", {}).get("S3Targets", ()):
            refused += [name for name in target if name not in ("Path", "Exclusions")]
        if refused:
            raise _not_run(", ".join(refused))
        settings: Shape = {**before, **request}
        settings["SchemaChangePolicy"] = _POLICY | settings["SchemaChangePolicy"]
        if not settings["Targets"].get("S3Targets"):
            raise ServiceError("InvalidInputException", "Crawler cannot be created without any target.")
        if not settings.get("DatabaseName"):
            raise ServiceError("InvalidInputException", "DatabaseName is required for a crawler of Amazon S3.")
        for target in settings["Targets"]["S3Targets"]:
            if _objects.place(target.get("Path", "")) is None:
                raise ServiceError("InvalidInputException", f"Path {target.get('Path')} is no path of Amazon S3.")
        return settings


def _not_run(what: str) -> UnsupportedLocally:
    return UnsupportedLocally(
        f"The local cloud's crawlers have no {what}. Crawl paths of S3 with StartCrawler, or set WORKSHOP_TARGET=aws."
    )
