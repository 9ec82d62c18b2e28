"""What all kinds of SageMaker jobs have in common: a record, a stop, a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from localcloud.door.wire import ServiceError, Structure
from localcloud.runtimes.process import Process
from localcloud.services import _jobs
from localcloud.services._paging import Pages
from localcloud.services._regional import Regional
from localcloud.services.sagemaker import status_events
from localcloud.services.sagemaker.backend import Backend
from localcloud.services.sagemaker.storage import NoData
from localcloud.time.clock import Fiber

#: Characters of a FailureReason (API reference).
_LONGEST_REASON = 1024

PAGES = Pages(lambda: ServiceError("ValidationException", "Invalid pagination token."), default=100, most=100)


class Job(_jobs.Job):
    """One job of any kind.

    Args:
        backend: what it works with.
        name: unique among its kind.
        request: as it was created.
    """

    statuses = _jobs.Statuses("InProgress", "Completed", "Failed", "Stopping", "Stopped")
    internal = "InternalServerError: "

    #: In botocore's names ("TrainingJob"), in ARNs ("training-job"), and where moto keeps this kind.
    kind: ClassVar[str]
    resource: ClassVar[str]
    registry: ClassVar[str]

    def __init__(self, backend: Backend, name: str, request: Structure) -> None:
        super().__init__(backend.clock, name)
        self.backend, self.request = backend, request
        self.arn = backend.arn(self.resource, name)
        self.tags: list[Structure] = list(request.get("Tags", []))
        self.modified = self.created
        self.process: Process | None = None

    def start(self) -> Fiber[None]:
        """Begin its life. Clock thread only."""
        self.publish()
        return super().start()

    def acts_as(self) -> str | None:
        """RoleArn."""
        return self.request.get("RoleArn")

    async def wind_up(self) -> None:
        """What is left to do once it was stopped."""
        await self.clock.sleep(0)

    def release(self) -> None:
        """Called when it has ended: give back what it took."""

    def stop(self) -> None:
        """Ask it to end. Clock thread only."""
        if self.status != "InProgress":
            raise ServiceError(
                "ValidationException", f"The request was rejected because the {self.title} is in status {self.status}."
            )
        self._change("Stopping")
        self.publish()
        if self.process is not None:
            self.process.stop()
        self._cancel()
        self._fiber = self.clock.spawn(self._stop())

    async def _stop(self) -> None:
        process = self.process
        if process is not None:
            await self.work(process.wait, seconds=0)
        try:
            await self.wind_up()
        except NoData as problem:
            self.failure = problem.reason
        self._end("Stopped", self.failure)

    def launch(self, command: list[str], directory: Path, environment: Mapping[str, str], log: Path) -> Process:
        """Start the job's process. In a worker thread; who stopped the job meanwhile stops the process too."""
        self.process = process = self.backend.run(command, directory, environment, log)
        if self.status != "InProgress":
            process.stop()
        return process

    def _change(self, status: str) -> None:
        self.status, self.modified = status, self.clock.now()

    def _end(self, status: str, failure: str | None = None) -> None:
        super()._end(status, failure and failure[:_LONGEST_REASON])
        self.publish()
        self.release()

    def publish(self) -> None:
        """Tell EventBridge its status, which has changed."""
        status_events.publish(self.backend.cloud, self.kind, {**self.describe(), "Tags": self.tags})

    def summary(self) -> Structure:
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

    def describe(self) -> Structure:
        """As Describe answers."""
        return {**self.request, **self.summary(), **({"FailureReason": self.failure} if self.failure else {})}


J = TypeVar("J", bound=Job)


class Jobs(Generic[J]):
    """All jobs of a kind, by name.

    Args:
        backend: what they work with.
        job_class: the kind.
        make: (backend, name, request) -> a job; raises ServiceError for what AWS would refuse. The class itself when
            None.
    """

    def __init__(
        self, backend: Backend, job_class: type[J], make: Callable[[Backend, str, Structure], J] | None = None
    ) -> None:
        self.job_class = job_class
        self._backend, self._make = backend, make or job_class
        self._jobs: Regional[str, J] = Regional(backend.cloud)

    def create(self, request: Structure) -> J:
        """A new job, not started. Clock thread only.

        Raises:
            ServiceError: ResourceInUse, or what `make` refuses.
        """
        name = request[f"{self.job_class.kind}Name"]
        if name in self._jobs:
            title = self.job_class.title
            raise ServiceError(
                "ResourceInUse",
                f"{title.capitalize()} names must be unique within an AWS account and region, and a {title} with this "
                f"name already exists ({self._jobs[name].arn})",
            )
        job = self._make(self._backend, name, request)
        self._jobs[name] = job
        getattr(self._backend.moto, self.job_class.registry)[name] = job  # for tags: moto asks it for `arn` and `tags`
        return job

    def find(self, request: Structure) -> J:
        """The job that a request names."""
        job = self._jobs.get(request[f"{self.job_class.kind}Name"])
        if job is None:
            raise ServiceError("ValidationException", "Requested resource not found.")
        return job

    def delete(self, request: Structure) -> None:
        """Its record goes, and its name is free again. Clock thread only.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteTrainingJob.html

        Raises:
            ServiceError: ValidationException, for a job that has not ended.
        """
        job = self.find(request)
        if job.status in ("InProgress", "Stopping"):
            raise ServiceError("ValidationException", f"A job that is {job.status} cannot be deleted ({job.arn}).")
        del self._jobs[job.name]
        del getattr(self._backend.moto, self.job_class.registry)[job.name]

    def all(self) -> list[J]:
        """Every one, in the order of their creation."""
        return list(self._jobs.values())

    def listed(self, request: Structure) -> Structure:
        """A page of summaries: filters and order as the List APIs have them."""
        kind = self.job_class.kind
        return page(request, (job.summary() for job in self._jobs.values()), kind, f"{kind}Summaries")


def page(request: Structure, items: Iterable[Structure], kind: str, key: str) -> Structure:
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
    listed, token = PAGES.page(found, request, f"List{kind}s")
    return {key: listed, "NextToken": token}
