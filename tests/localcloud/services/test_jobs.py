"""What the asynchronous jobs of all services have in common: their life, their end, their tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from localcloud.door.wire import ServiceError
from localcloud.host import Host
from localcloud.services._jobs import Job, JobFailed, RequestTokens, Statuses
from localcloud.time.clock import Clock


class Example(Job):
    statuses = Statuses("RUNNING", "DONE", "FAILED", stopped="STOPPED")
    title, internal = "example", "Internal: "

    def __init__(self, clock: Clock, function: Callable[[], object]) -> None:
        super().__init__(clock, "one")
        self._function = function

    async def run(self) -> None:
        await self.work(self._function, seconds=30.0)


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    made.start()
    yield made
    made.close()


def lived(job: Job) -> Job:
    assert job.start().join(30)
    return job


def test_a_job_ends_at_its_nominal_time(clock: Clock) -> None:
    job = lived(Example(clock, lambda: None))
    assert (job.status, job.failure) == ("DONE", None)
    assert job.ended == job.created + 30.0


def test_a_job_that_fails_gives_its_reason_and_logs_nothing(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise JobFailed("The input is empty.")

    job = lived(Example(clock, fail))
    assert (job.status, job.failure) == ("FAILED", "The input is empty.")
    assert caplog.records == []


def test_a_fault_of_ours_leaves_its_traceback_in_the_log_and_an_id_in_the_reason(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    job = lived(Example(clock, lambda: {}["absent"]))
    assert job.status == "FAILED"
    assert job.failure is not None
    assert job.failure.startswith("Internal: KeyError: 'absent' (fault ")
    (record,) = caplog.records
    assert record.getMessage().removeprefix("fault ").partition(":")[0] in job.failure
    assert record.exc_info is not None


def test_a_stopped_job_ends_where_it_stands(clock: Clock) -> None:
    hold = threading.Event()
    job = Example(clock, hold.wait)
    fiber = job.start()
    clock.call(job.stop)
    hold.set()
    assert fiber.join(30)
    assert job.status == "STOPPED"


def test_in_its_region_a_repeated_request_gets_its_job_and_another_with_its_token_an_error(clock: Clock) -> None:
    cloud = cast(Host, SimpleNamespace(region="us-east-1"))
    tokens: RequestTokens[Example] = RequestTokens(cloud, lambda token: ServiceError("Reused", token))
    request = {"ClientRequestToken": "t", "Text": "a"}
    assert tokens.job(request) is None
    job = Example(clock, lambda: None)
    tokens.add(request, job)
    assert tokens.job(dict(request)) is job
    assert tokens.job({"Text": "a"}) is None
    with pytest.raises(ServiceError, match="t"):
        tokens.job(request | {"Text": "b"})
    cast(SimpleNamespace, cloud).region = "eu-west-1"
    assert tokens.job(request) is None
