"""One local cloud, made of its parts: clock, registry of services, front door. Nothing else knows all of them."""

from __future__ import annotations

import math
import os
import random
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from helpers.localcloud import inprocess, services
from helpers.localcloud.clock import Clock
from helpers.localcloud.front import Front
from helpers.localcloud.host import Functions, Service
from helpers.localcloud.registry import Registry
from helpers.localcloud.wire import Answer

#: The account that moto's backends live in.
ACCOUNT_ID = "123456789012"

_SEED = 20260105


class Cloud:
    """Everything that one local cloud consists of; to its services it is their `Host`.

    Args:
        port: the loopback port on which the front door is served; 0 when it is not served at all (tests).
        speed: virtual seconds a real second; `math.inf` jumps.
        region: the region that clients get; others work too.
    """

    def __init__(self, port: int = 0, *, speed: float = math.inf, region: str | None = None) -> None:
        self.account_id = ACCOUNT_ID
        self.region = region or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        self.endpoint = f"http://127.0.0.1:{port or 4566}"  # werkzeug would refuse a Host with port 0
        self.scratch = Path(tempfile.mkdtemp(prefix="localcloud-"))
        self.clock = Clock(speed)
        self.clock.start()
        self.registry = Registry(self, services)
        self.front = Front(self.registry, self, dict.fromkeys(("/workshop", "/workshop/state"), self._page))
        self._ids = random.Random(_SEED)
        self._clients: dict[str, Any] = {}
        self._lock = threading.RLock()

    # ---- what services may ask: see `Host`

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
        """A boto3 client that calls this cloud in process, without a socket; one for each service, kept.

        It may be used from any thread. It checks parameters as boto3 does, and tries once.
        """
        client = self._clients.get(service_name)
        if client is None:
            with self._lock:
                client = self._clients.get(service_name)
                if client is None:
                    client = self._clients[service_name] = inprocess.client(
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
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    # ---- the page for a second screen

    @cached_property
    def _answer_page(self) -> Callable[[Mapping[str, Any]], Answer]:
        from helpers.localcloud.page import Page  # draws, which no other request needs

        return Page(self).answer

    def _page(self, environ: Mapping[str, Any]) -> Answer:
        return self._answer_page(environ)

    # ---- the end

    def close(self) -> None:
        """End what the services started, stop the clock, remove the scratch directory."""
        self.registry.close()
        self.clock.close()
        self.front.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
