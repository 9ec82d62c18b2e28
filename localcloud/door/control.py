"""Where a cloud is told what no service of AWS is, by who has its page's token: faults, forks, recalled jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud import injection
from localcloud.door.registry import Registry
from localcloud.door.wire import Answer, ServiceError, dumps
from localcloud.host import Host

PATH, WHAT_IF, RECALL = "/faults", "/what-if", "/recall"


class Control:
    """POST begins a fault (`injection.parse` says which), DELETE /faults/NUMBER ends it, GET lists those that last.

    GET also has `called`: the services that anybody has called since the cloud started.
    """

    def __init__(self, host: Host, registry: Registry) -> None:
        self._host, self._registry = host, registry

    def __call__(self, environ: Mapping[str, Any]) -> Answer:
        """JSON: of a POST `number`, of a DELETE `hits`, how many calls it happened to; of a mistake `message`."""
        method, number = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(f"{PATH}/")
        if method == "POST":
            try:
                fault = injection.parse(json.loads(environ["wsgi.input"].read()), self._host.session, self._runs)
            except ValueError as problem:
                return _json({"message": str(problem)})
            return _json({"number": self._host.faults.add(fault)})
        if method == "DELETE" and number.isdecimal():
            ended = self._host.faults.remove(int(number))
            return _json({"hits": ended.hits if ended is not None else 0})
        active = self._host.faults.active().items()
        faults = [{"number": number, **fault.to_json(), "hits": fault.hits} for number, fault in active]
        return _json({"faults": faults, "called": sorted(self._registry.called)})

    def _runs(self, service: str, action: str) -> bool:
        return self._registry.kind(service, action) != "refused"


class WhatIf:
    """`/what-if/fork` and `/what-if/explore`: POST does what Step Functions' `Executions` says; or has a `message`."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def __call__(self, environ: Mapping[str, Any]) -> Answer:
        """JSON."""
        states = self._host.service("stepfunctions")
        do = states.explore if environ["PATH_INFO"].endswith("explore") else states.fork
        assert do is not None  # they are Step Functions' own
        try:
            return _json(do(json.loads(environ["wsgi.input"].read())) or {})
        except ServiceError as problem:
            return _json({"message": problem.message})


class Recall:
    """POST begins, and DELETE ends, a time in which jobs that ran before are recalled rather than run."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def __call__(self, environ: Mapping[str, Any]) -> Answer:
        """JSON, empty."""
        self._host.recalls = environ["REQUEST_METHOD"] == "POST"
        return _json({})


def _json(content: Mapping[str, Any]) -> Answer:
    return Answer(200, dumps(content), {"Content-Type": "application/json", "Cache-Control": "no-store"})
