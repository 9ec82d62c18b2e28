"""What a request means to the clock: that somebody outside acts, or that a function waits for what it started."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from localcloud.door.access import Access
from localcloud.door.wire import Answer, Request
from localcloud.host import Host

#: Services that a function may start something in, and ask until it has ended.
_POLLED = ("athena", "glue", "stepfunctions")

#: What the answers of DescribeExecution, DescribeMapRun and their lists, of GetExecutionHistory, GetQueryExecution and
#: GetCrawler tell of an end.
_NOT_ENDED = re.compile(rb'"(status|State)":\s*"(RUNNING|QUEUED|PENDING_REDRIVE)"')
_ENDED = re.compile(rb'"type":\s*"Execution(Succeeded|Failed|TimedOut|Aborted)"')


class Patience:
    """How long virtual time stands still for those who call the cloud.

    Args:
        host: the cloud; its clock and functions.
        access: tells what the cloud's own functions and jobs ask from what its reader asks.
    """

    def __init__(self, host: Host, access: Access) -> None:
        self._host, self._access = host, access

    def asked(self, service: str, environ: dict[str, Any]) -> None:
        """A request has come over the socket."""
        if not self._access.is_worker(environ) and _acts(service, environ):
            self._host.clock.outside()

    def answer(
        self, service: str, environ: dict[str, Any], request: Request, answer: Callable[[], Answer | None]
    ) -> Answer | None:
        """Make the answer; meanwhile the end of a function that asks for it is put off."""
        if service not in _POLLED or not self._access.is_worker(environ):
            return answer()
        # The thread that waits for the function; None when it cannot be known.
        thread = self._host.functions.thread_of(request.headers.get("x-amz-security-token", ""))
        with self._host.clock.from_work(thread):
            made = answer()
            if made is not None and _says_not_yet(request, made):
                self._host.clock.looked()
        return made

    def kept(self, service: str, environ: dict[str, Any]) -> AbstractContextManager[None]:
        """Around moto's work for a request over the socket."""
        acts = not self._access.is_worker(environ) and _acts(service, environ)
        return self._host.clock.acting() if acts else nullcontext()

    def answered(self, service: str, body: bytes) -> None:
        """A request over the socket has its answer from moto."""
        if service == "sqs" and b"ReceiptHandle" in body:
            self._host.clock.outside()  # a worker has got a message: its answer may follow


def _acts(service: str, environ: dict[str, Any]) -> bool:
    """Whether a request may be a step towards an answer that somebody waits for, and not a mere look.

    Who only looks (whether an execution has ended, whether a message has come) must not hold up virtual time, or
    an execution that waits for a task token would never time out while it is watched. (While a function of this cloud
    runs, time stands still anyway.)
    """
    action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if action:
        return not action.startswith(("BatchGet", "Describe", "Filter", "Get", "List", "Query", "Receive", "Scan"))
    return environ.get("REQUEST_METHOD") not in ("GET", "HEAD") or service == "sqs"


def _says_not_yet(request: Request, answer: Answer) -> bool:
    """Whether an answer is that something has not ended yet, so that who asked may ask again."""
    if request.headers.get("x-amz-target", "").endswith(".GetExecutionHistory"):
        return b'"events"' in answer.body and not _ENDED.search(answer.body)
    return _NOT_ENDED.search(answer.body) is not None
