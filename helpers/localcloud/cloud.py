"""One local cloud: its clock, its scratch directory, its services, and clients that need no socket."""

from __future__ import annotations

import importlib
import logging
import math
import os
import pkgutil
import random
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.errors import UnsupportedLocally
from helpers.localcloud import services
from helpers.localcloud.clock import Clock
from helpers.localcloud.wire import Protocol, ServiceError

if TYPE_CHECKING:
    from helpers.localcloud.front import Front
    from helpers.localcloud.integrations import LocalIntegrations

__all__ = ["ACCOUNT_ID", "Cloud", "Service", "ServiceError"]

log = logging.getLogger(__name__)

#: The account that moto's backends live in.
ACCOUNT_ID = "123456789012"

_MODULES = frozenset(module.name for module in pkgutil.iter_modules(services.__path__))

_SEED = 20260105


@dataclass(frozen=True, slots=True)
class Service:
    """What a module of `services/` registers.

    Args:
        name: botocore's name of the service, e.g. "stepfunctions".
        actions: API action -> function; it takes the request and returns the response, both in botocore's
        shape; or None, once it has checked a request that moto is to answer. close: called when the cloud ends,
        to end what the service started.
    """

    name: str
    actions: Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any] | None]]
    close: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class _Loaded:
    service: Service
    protocol: Protocol


class Cloud:
    """Everything that one local cloud consists of.

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
        #: What LAMBDA's module sets when it registers: `functions.invoke(name, payload, limit=...)`.
        self._functions: Any = None
        #: What EventBridge's module sets when it registers: before that there is no rule that an event could match.
        self.on_event: Callable[[str, str, Mapping[str, Any], Sequence[str]], None] | None = None
        self._ids = random.Random(_SEED)
        self._loaded: dict[str, _Loaded | UnsupportedLocally] = {}
        self._clients: dict[str, Any] = {}
        self._lock = threading.RLock()

    # ---- what services and integrations use

    def new_id(self) -> str:
        """A UUID from the cloud's seed: the same sequence in every run."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def publish(self, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str] = ()) -> None:
        """Put an event of AWS's own on the default bus of EventBridge. From any thread.

        Args:
            source: e.g. "aws.states".
            detail_type: e.g. "Step Functions Execution Status Change".
            detail: JSON, as the service's guide shows it.
            resources: the ARNs that it is about.
        """
        if self.on_event is not None:
            self.on_event(source, detail_type, detail, resources)

    @property
    def functions(self) -> Any:
        """The Lambda functions, with their `invoke`. Loads the Lambda service at first use."""
        if self._functions is None:
            self.service("lambda")
        return self._functions

    @functions.setter
    def functions(self, functions: Any) -> None:
        self._functions = functions

    @cached_property
    def integrations(self) -> LocalIntegrations:
        """The task resources of this cloud, as the interpreter asks for them."""
        from helpers.localcloud.integrations import LocalIntegrations

        return LocalIntegrations(self)

    @cached_property
    def front(self) -> Front:
        """The WSGI application that answers every request."""
        from helpers.localcloud.front import Front

        return Front(self)

    def client(self, service_name: str) -> Any:
        """A boto3 client that calls this cloud in process, without a socket; one for each service, kept.

        It may be used from any thread. It checks parameters as boto3 does, and tries once.
        """
        from helpers.localcloud import inprocess

        client = self._clients.get(service_name)
        if client is None:
            with self._lock:
                client = self._clients.get(service_name)
                if client is None:
                    client = self._clients[service_name] = inprocess.client(
                        self.front, service_name, endpoint=self.endpoint, region=self.region
                    )
        return client

    # ---- the registry

    def owns(self, name: str) -> bool:
        """Whether some actions of the service (botocore's name) are answered by a module of `services/`."""
        return name in self._loaded or _module_of(name) in _MODULES

    def add(self, service: Service) -> None:
        """Register a service by hand (tests); modules of `services/` are found by their name."""
        self._loaded[service.name] = self._load(service)

    def service(self, name: str) -> Service:
        """The registered service, its module imported at first use.

        Raises:
            UnsupportedLocally: there is none, or something that it needs is not installed.
        """
        return self.loaded(name).service

    def loaded(self, name: str) -> _Loaded:
        """The service with its wire format; for the front door."""
        with self._lock:
            found = self._loaded.get(name)
            if found is None:
                self.front.settle()
                try:
                    found = self._load(self._import(name).register(self))
                except ImportError as problem:
                    found = UnsupportedLocally(
                        f"The local cloud's {name} service did not load ({problem}). "
                        "Install what is missing (`python3 workshop.py` does), or set WORKSHOP_TARGET=aws."
                    )
                self._loaded[name] = found
        if isinstance(found, UnsupportedLocally):
            raise found
        return found

    @staticmethod
    def _import(name: str) -> Any:
        return importlib.import_module(f"{services.__name__}.{_module_of(name)}")

    def _load(self, service: Service) -> _Loaded:
        return _Loaded(service, Protocol(self.front.session.get_service_model(service.name), service.actions))

    # ---- the end

    def close(self) -> None:
        """End what the services started, stop the clock, remove the scratch directory."""
        self.on_event = None
        for loaded in list(self._loaded.values()):
            if isinstance(loaded, _Loaded) and loaded.service.close is not None:
                try:
                    loaded.service.close()
                except Exception:  # the others are still to be closed
                    log.exception("closing %s", loaded.service.name)
        self.clock.close()
        self.front.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


def _module_of(name: str) -> str:
    """The name in `services/` that would answer for a service; the keyword `lambda` gets an underscore."""
    module = name.replace("-", "_")
    return "lambda_" if module == "lambda" else module
