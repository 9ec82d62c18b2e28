"""What all kinds of SageMaker jobs have in common: a record, a life on the virtual clock, a stop, a list.

A job's life is a coroutine on the clock: it sleeps through the phases that have no work here (an instance starts),
and does the real work of each phase in a worker thread, `clock.work`, for the time that it takes on AWS. The clock
does not pass the end of a phase before its work is done. Hence a description is never early, never late, and two runs
are equal, also where the work takes longer than on AWS. Only work that seems to hang (`STANDSTILL`) goes on
second by second, so that the timeouts of a workflow fire.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from moto.sagemaker.models import sagemaker_backends

from helpers.localcloud.clock import Clock, Fiber
from helpers.localcloud.cloud import ServiceError
from helpers.localcloud.runtimes.containers import Container
from helpers.localcloud.runtimes.jobs import Process
from helpers.localcloud.services.sagemaker import status_events
from helpers.localcloud.services.sagemaker.storage import NoData, Storage

if TYPE_CHECKING:
    from helpers.localcloud.cloud import Cloud

log = logging.getLogger(__name__)

Shape = dict[str, Any]
T = TypeVar("T")

#: Real seconds for which virtual time stands still at the end of a phase whose work goes on.
STANDSTILL = 300.0

#: Characters of a FailureReason (API reference).
_LONGEST_REASON = 1024


class JobFailed(Exception):
    """The job's end: its FailureReason."""


class Site:
    """What every job and endpoint of one local cloud works with.

    Args:
        cloud: its clock, its region, its scratch directory.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.clock = cloud, cloud.clock
        self.storage = Storage(cloud.client("s3"), cloud.region)
        self._credentials = {
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_ACCESS_KEY_ID": "local-function",  # work of this cloud: front.FUNCTION_KEY
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "local",
        }
        self._scratch = cloud.scratch / "sagemaker"
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._processes: set[Process] = set()
        self._closed = False

    @property
    def moto(self) -> Any:
        """Moto's registry of this account and region."""
        return sagemaker_backends[self.cloud.account_id][self.cloud.region]

    def arn(self, kind: str, name: str) -> str:
        """An ARN, as moto forms it too."""
        return f"arn:aws:sagemaker:{self.cloud.region}:{self.cloud.account_id}:{kind}/{name}"

    def container(self) -> Container:
        """A new one."""
        return Container(self._scratch / str(next(self._numbers)), self._credentials, self.cloud.region)

    def run(self, command: list[str], directory: Path, environment: Mapping[str, str], log: Path) -> Process:
        """Start a process that ends with the cloud."""
        with self._lock:
            if self._closed:
                raise RuntimeError("The local cloud is shutting down. Start it again and repeat the call.")
            self._processes = {each for each in self._processes if each.alive}
            process = Process(command, directory, environment, log)
            self._processes.add(process)
            return process

    def close(self) -> None:
        """Kill what runs."""
        with self._lock:
            self._closed = True
            processes = list(self._processes)
        for process in processes:
            process.kill()


class Job:
    """One job of any kind.

    Args:
        site: what it works with.
        name: unique among its kind.
        request: as it was created.

    Attributes:
        status: InProgress, Completed, Failed, Stopping or Stopped.
        failure: its FailureReason.
    """

    #: In botocore's names ("TrainingJob"), in ARNs ("training-job"), and where moto keeps this kind.
    kind: ClassVar[str]
    resource: ClassVar[str]
    registry: ClassVar[str]

    def __init__(self, site: Site, name: str, request: Shape) -> None:
        self.site, self.name, self.request = site, name, request
        self.clock = site.clock
        self.arn = site.arn(self.resource, name)
        self.tags: list[Shape] = list(request.get("Tags", []))
        self.created = self.modified = self.clock.now()
        self.ended: float | None = None
        self.status = "InProgress"
        self.failure: str | None = None
        self.process: Process | None = None
        self._fiber: Fiber[None] | None = None

    def start(self) -> Fiber[None]:
        """Begin its life. Clock thread only."""
        self.publish()
        self._fiber = self.clock.spawn(self._live())
        return self._fiber

    async def work(self) -> None:
        """The phases up to its success. Raises JobFailed or NoData."""
        raise NotImplementedError

    async def wind_up(self) -> None:
        """What is left to do once it was stopped."""
        await self.clock.sleep(0)

    def cleaned(self) -> None:
        """Called when it has ended: give back what it took."""

    def stop(self) -> None:
        """Ask it to end. Clock thread only."""
        if self.status != "InProgress":
            raise ServiceError(
                "ValidationException",
                f"The request was rejected because the {self.resource.replace('-', ' ')} is in status {self.status}.",
            )
        self._change("Stopping")
        self.publish()
        if self.process is not None:
            self.process.stop()
        if self._fiber is not None:
            self._fiber.cancel()
        self._fiber = self.clock.spawn(self._stop())

    async def _live(self) -> None:
        try:
            await self.work()
        except (JobFailed, NoData) as problem:
            prefix = "ClientError: " if isinstance(problem, NoData) else ""
            self._end("Failed", (prefix + str(problem))[:_LONGEST_REASON])
        except Exception as problem:
            log.exception("%s %s ended in a mistake of ours", self.resource, self.name)
            self._end("Failed", f"InternalServerError: {type(problem).__name__}: {problem}"[:_LONGEST_REASON])
        else:
            if self.status == "InProgress":
                self._end("Completed")

    async def _stop(self) -> None:
        process = self.process
        if process is not None:
            await self.really(process.wait, seconds=0)
        try:
            await self.wind_up()
        except NoData as problem:
            self.failure = f"ClientError: {problem}"[:_LONGEST_REASON]
        self._end("Stopped", self.failure)

    async def really(self, function: Callable[..., T], *args: Any, seconds: float) -> T:
        """Real work for its virtual seconds, see `really`."""
        return await really(self.clock, function, *args, seconds=seconds)

    def launch(self, command: list[str], directory: Path, environment: Mapping[str, str], log: Path) -> Process:
        """Start the job's process. In a worker thread; who stopped the job meanwhile stops the process too."""
        self.process = process = self.site.run(command, directory, environment, log)
        if self.status != "InProgress":
            process.stop()
        return process

    def _change(self, status: str) -> None:
        self.status, self.modified = status, self.clock.now()

    def _end(self, status: str, failure: str | None = None) -> None:
        self.failure = failure
        self.ended = self.clock.now()
        self._change(status)
        self.publish()
        self.cleaned()

    def publish(self) -> None:
        """Tell EventBridge its status, which has changed."""
        status_events.publish(self.site.cloud, self.kind, {**self.describe(), "Tags": self.tags})

    def summary(self) -> Shape:
        """As in a list."""
        ended = {} if self.ended is None else {f"{self.kind.removesuffix('Job')}EndTime": self.ended}
        return {
            f"{self.kind}Name": self.name,
            f"{self.kind}Arn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            f"{self.kind}Status": self.status,
            **ended,
        }

    def describe(self) -> Shape:
        """As Describe answers."""
        return {**self.request, **self.summary(), **({"FailureReason": self.failure} if self.failure else {})}


async def really(clock: Clock, function: Callable[..., T], *args: Any, seconds: float) -> T:
    """Real work for its virtual seconds, however long it really takes; beyond `STANDSTILL`, second by second.

    Args:
        clock: whose coroutine this is.
        function: what to do, with `args`, in a thread of its own.
        seconds: virtual seconds that it takes on AWS.
    """
    work: Future[T] = Future()

    def run() -> None:
        try:
            work.set_result(function(*args))
        except BaseException as problem:
            work.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    await clock.work(wait_for, [work], max(seconds, STANDSTILL), seconds=seconds)
    while not work.done():
        await clock.work(wait_for, [work], 1.0, seconds=1.0)
    return work.result()


J = TypeVar("J", bound=Job)


@dataclass(frozen=True, slots=True)
class Jobs(Generic[J]):
    """All jobs of a kind, by name.

    Args:
        site: what they work with.
        make: (site, name, request) -> a job; raises ServiceError for what AWS would refuse.
    """

    site: Site
    make: type[J]
    known: dict[str, J]

    def create(self, request: Shape) -> J:
        """A new job, not started. Clock thread only.

        Raises:
            ServiceError: ResourceInUse, or what `make` refuses.
        """
        name = request[f"{self.make.kind}Name"]
        if name in self.known:
            words = self.make.resource.replace("-", " ").capitalize()
            raise ServiceError(
                "ResourceInUse",
                f"{words} names must be unique within an AWS account and region, and a {words.lower()} with this "
                f"name already exists ({self.known[name].arn})",
            )
        job = self.make(self.site, name, request)
        self.known[name] = job
        getattr(self.site.moto, self.make.registry)[name] = job  # for tags: moto asks it for `arn` and `tags`
        return job

    def find(self, request: Shape) -> J:
        """The job that a request names."""
        job = self.known.get(request[f"{self.make.kind}Name"])
        if job is None:
            raise ServiceError("ValidationException", "Requested resource not found.")
        return job

    def listed(self, request: Shape) -> Shape:
        """A page of summaries: filters and order as the List APIs have them."""
        return page(
            request, [job.summary() for job in self.known.values()], self.make.kind, f"{self.make.kind}Summaries"
        )


def page(request: Shape, items: list[Shape], kind: str, key: str) -> Shape:
    """Filter by name, status and times, sort, and cut a page.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html
    """
    wanted = request.get("NameContains", "").lower()
    status = request.get("StatusEquals")
    found = [
        item
        for item in items
        if wanted in item[f"{kind}Name"].lower()
        and status in (None, item[f"{kind}Status"])
        and request.get("CreationTimeAfter", 0) <= item["CreationTime"] <= request.get("CreationTimeBefore", 1e12)
        and request.get("LastModifiedTimeAfter", 0)
        <= item["LastModifiedTime"]
        <= request.get("LastModifiedTimeBefore", 1e12)
    ]
    by = {"Name": f"{kind}Name", "Status": f"{kind}Status"}.get(request.get("SortBy", ""), "CreationTime")
    found.sort(key=lambda item: item[by], reverse=request.get("SortOrder", "Descending") == "Descending")
    start = request.get("NextToken") or "0"
    if not start.isdecimal():
        raise ServiceError("ValidationException", "Invalid pagination token.")
    end = int(start) + min(request.get("MaxResults") or 100, 100)
    return {key: found[int(start) : end], "NextToken": str(end) if end < len(found) else None}
