"""One local cloud, made of its parts: clock, registry of services, front door. Nothing else knows all of them."""

from __future__ import annotations

import math
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, partial
from typing import Any

from localcloud import acting, ids, scratch, services
from localcloud.door import inprocess, moto
from localcloud.door.access import Access
from localcloud.door.front import Front
from localcloud.door.guard import Guard
from localcloud.door.late import Late
from localcloud.door.registry import Registry
from localcloud.host import Functions, Moment, Service
from localcloud.injection import Faults
from localcloud.time.clock import Clock

#: The account that moto's backends live in.
ACCOUNT_ID = "123456789012"

_SEED = 20260105

_asked_in: ContextVar[str | None] = ContextVar("asked_in", default=None)


class Cloud:
    """Everything that one local cloud consists of; to its services it is their `Host`.

    Args:
        port: the loopback port on which the front door is served; 0 when it is not served at all (tests).
        speed: virtual seconds a real second; `math.inf` jumps.
        region: the region of whoever names none; ARNs follow the region that a client names.
        access: who may call over the socket; nobody but who gets its keys when None.
        late: seconds, virtual or real ones, for which changes are not known everywhere; 0 for a cloud that is at once.
        policy: of IAM: what its reader may do; with one, each call is looked at, those of roles by their policies.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        speed: float = math.inf,
        region: str | None = None,
        access: Access | None = None,
        policy: Mapping[str, Any] | None = None,
        late: float = 0.0,
    ) -> None:
        self.access = access or Access()
        self.account_id = ACCOUNT_ID
        self._region = region or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        self.endpoint = f"http://127.0.0.1:{port or 4566}"  # werkzeug would refuse a Host with port 0
        self.scratch = scratch.make()
        self.clock = Clock(speed)
        self.clock.start()
        self.faults = Faults()
        self.recalls = False
        self.registry = Registry(self, services)
        self._late = late
        self.guard, of_role = None, partial(moto.policies_of, self.account_id)
        behind = Late(self.moment, self.is_recent, of_role) if late else None
        if policy is not None:
            self.guard = Guard(self.account_id, policy, behind.policies_of if behind else of_role)
        self.front = Front(self.registry, self, self.access, self.guard, behind)
        #: What EventBridge's module sets when it registers: before that there is no rule that an event could match.
        self.on_event: Callable[[str, str, Mapping[str, Any], Sequence[str]], None] | None = None
        self._ids = random.Random(_SEED)
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.RLock()

    # ---- what services may ask: see `Host`

    def publish(self, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str] = ()) -> None:
        """Put an event of AWS's own on the default bus of EventBridge. From any thread.

        Args:
            source: e.g. "aws.states".
            detail_type: e.g. "Step Functions Execution Status Change".
            detail: JSON, as the service's guide shows it.
            resources: the ARNs that it is about.
        """
        if self.on_event is not None:
            with acting.acting_as(None):
                self.on_event(source, detail_type, detail, resources)

    def moment(self) -> Moment:
        """Now."""
        return self.clock.now(), time.monotonic()

    def is_recent(self, moment: Moment) -> bool:
        """Whether a change of that moment is not known everywhere yet: only in a cloud that is late."""
        return max(self.clock.now() - moment[0], time.monotonic() - moment[1]) < self._late

    def require(self, action: str, resource: str) -> None:
        """Look whether the role that acts may do what no client is called for; only with a policy.

        Raises:
            ServiceError: AWS's for what is denied.
        """
        role = acting.role()
        if self.guard is not None and role is not None:
            self.guard.require(role, action, resource)

    @property
    def region(self) -> str:
        """The region of the client whose request is answered, and of what that request started; else the cloud's."""
        return _asked_in.get() or self._region

    @contextmanager
    def asked_in(self, region: str) -> Iterator[None]:
        """Around the answer to a request that a client of this region makes."""
        token = _asked_in.set(region)
        try:
            yield
        finally:
            _asked_in.reset(token)

    @cached_property
    def session(self) -> Any:
        """A botocore session. Imported at first use, since that takes a while."""
        from botocore.session import Session

        return Session()

    @property
    def functions(self) -> Functions:
        """The Lambda functions, with their `invoke`. Loads the Lambda service at first use."""
        functions = self.service("lambda").functions
        assert functions is not None  # the Lambda service registers them
        return functions

    def client(self, service_name: str) -> Any:
        """A boto3 client that calls this cloud in process, without a socket; one for each service and region, kept.

        It may be used from any thread. It checks parameters as boto3 does, and tries once.
        """
        key = service_name, self.region
        client = self._clients.get(key)
        if client is None:
            with self._lock:
                client = self._clients.get(key)
                if client is None:
                    client = self._clients[key] = inprocess.client(
                        self.front, self.session, service_name, endpoint=self.endpoint, region=self.region
                    )
        return client

    def service(self, name: str) -> Service:
        """The registered service, its module imported at first use.

        Raises:
            UnsupportedLocally: there is none, or something that it needs is not installed.
        """
        return self.registry.loaded(name).service

    def new_id(self) -> str:
        """A UUID from the cloud's seed: the same sequence in every run."""
        return ids.uuid4(self._ids)

    def worker_environment(self) -> dict[str, str]:
        """The AWS settings of a process that the cloud runs, with a key of its own."""
        return self.access.worker_environment(self.endpoint, self.region, acting.role())

    # ---- the end

    def close(self) -> None:
        """End what the services started, stop the clock, remove the scratch directory."""
        self.on_event, self.front.closing = None, True
        self.registry.close()
        self.clock.close()
        self.front.close()
        scratch.remove(self.scratch)
