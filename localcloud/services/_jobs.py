"""What the asynchronous jobs of all services have in common: a life on the virtual clock, an end, a stop.

A job's life is a coroutine on the clock: it sleeps through the phases that have no work here (an instance starts), and
does the real work of each other phase in a worker thread, `Job.work`, for the time that it takes on AWS. The clock does
not pass the end of a phase before its work is done. Hence a description is never early, never late, and two runs are
equal, also where the work takes longer than on AWS. Only work that seems to hang (`STANDSTILL`) goes on second by
second, so that the timeouts of a workflow fire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from localcloud import acting, faults
from localcloud.door.wire import ServiceError
from localcloud.host import Host
from localcloud.services._regional import Regional
from localcloud.time.clock import Clock, Fiber

#: Real seconds for which virtual time stands still while the work of a phase goes on.
STANDSTILL = 300.0

T = TypeVar("T")


class JobFailed(Exception):
    """The job's end: the reason, in the service's words."""

    @property
    def reason(self) -> str:
        """As a description of the job gives it."""
        return str(self)


@dataclass(frozen=True, slots=True)
class Statuses:
    """A service's words for how a job stands."""

    running: str
    completed: str
    failed: str
    stopping: str = ""
    stopped: str = ""


class Job:
    """One job of any service.

    Args:
        clock: what it lives on.
        name: its name or id.

    Attributes:
        status: one of its `statuses`.
        failure: the reason of a job that failed.
        created, ended: seconds since the Unix epoch, virtual; `ended` is None while it runs.
    """

    statuses: ClassVar[Statuses]

    #: Its kind, in messages: "training job".
    title: ClassVar[str]

    #: What stands before the reason when the fault is the service's own.
    internal: ClassVar[str]

    def __init__(self, clock: Clock, name: str) -> None:
        self.clock, self.name = clock, name
        self.created = clock.now()
        self.ended: float | None = None
        self.status = self.statuses.running
        self.failure: str | None = None
        self._fiber: Fiber[None] | None = None

    async def run(self) -> None:
        """The phases up to its success. Raises JobFailed."""
        raise NotImplementedError

    def start(self) -> Fiber[None]:
        """Begin its life."""
        with acting.acting_as(self.acts_as()):
            self._fiber = self.clock.spawn(self._live())
        return self._fiber

    def acts_as(self) -> str | None:
        """The role with whose rights it works: those of who started it, unless the service is given one."""
        return acting.role()

    def stop(self) -> None:
        """End it where it stands. Clock thread only."""
        self._cancel()
        self._end(self.statuses.stopped)

    async def work(self, function: Callable[..., T], *args: Any, seconds: float) -> T:
        """The real work of a phase, in a worker thread, for the virtual seconds that it takes on AWS."""
        return await self.clock.work(function, *args, seconds=seconds, limit=STANDSTILL)

    async def _live(self) -> None:
        try:
            await self.run()
        except JobFailed as problem:
            self._end(self.statuses.failed, problem.reason)
        except Exception as problem:
            self._end(self.statuses.failed, self.internal + faults.report(f"{self.title} {self.name}", problem))
        else:
            if self.ended is None:
                self._end(self.statuses.completed)

    def _cancel(self) -> None:
        if self._fiber is not None:
            self._fiber.cancel()

    def _end(self, status: str, failure: str | None = None) -> None:
        self.failure, self.ended = failure, self.clock.now()
        self._change(status)

    def _change(self, status: str) -> None:
        self.status = status


J = TypeVar("J", bound=Job)


class RequestTokens(Generic[J]):
    """A region's jobs by their ClientRequestToken: a request that comes again gets the job that it started.

    Args:
        cloud: whose region counts.
        reused: the service's error for a token that comes with another request.
    """

    def __init__(self, cloud: Host, reused: Callable[[str], ServiceError]) -> None:
        self._reused = reused
        self._jobs: Regional[str, tuple[Mapping[str, Any], J]] = Regional(cloud)

    def job(self, request: Mapping[str, Any]) -> J | None:
        """The job that an equal request started.

        Raises:
            ServiceError: the token is another request's.
        """
        token = request.get("ClientRequestToken")
        if token is None or token not in self._jobs:
            return None
        known, job = self._jobs[token]
        if known != request:
            raise self._reused(token)
        return job

    def add(self, request: Mapping[str, Any], job: J) -> None:
        """Note what a request started."""
        if token := request.get("ClientRequestToken"):
            self._jobs[token] = request, job
