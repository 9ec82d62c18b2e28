"""A forgotten endpoint costs $84 a month: on AWS, what a run brings into service is deleted a day later by itself.

EventBridge Scheduler calls DeleteEndpoint, so that it happens whether the kernel or the reader is there or
not. A CloudWatch alarm would only tell, and only whoever has confirmed an address for it; this ends the cost.
Source: EventBridge Scheduler User Guide, "Using universal targets".
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from helpers import policies

LASTS = timedelta(days=1)
#: Seconds after which an endpoint that a run goes on to use is given another day.
_RENEWED = 3600.0
_ENDPOINTS = "arn:{partition}:sagemaker:{region}:{account}:endpoint/workshop-*{run}"


class Run(Protocol):
    """What is used here of `helpers.session.Session`, which makes this."""

    region: str
    account_id: str
    run: str
    clean_ups: int

    @property
    def tags(self) -> list[dict[str, str]]: ...
    def client(self, service: str) -> Any: ...
    def name(self, name: str) -> str: ...


class Expiry:
    """When the endpoints of a run are deleted.

    Args:
        session: the run's, on AWS.
    """

    def __init__(self, session: Run) -> None:
        self._session, self._clean_ups = session, -1
        self._renewed: dict[str, float] = {}
        self._role = ""
        self._ahead = timedelta()  # of the account's clock, by which schedules go, before this machine's

    def see(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """A handler of botocore's event provide-client-params: what is about to be called, by whichever client."""
        service, action = model.service_model.service_name, model.name
        if (service, action) == ("sagemaker", "CreateEndpoint"):
            self._expire([params["EndpointName"]])
        elif service == "stepfunctions" and "definition" in params:
            self._expire(_endpoints(params["definition"]))
        elif (service, action) == ("stepfunctions", "StartExecution"):
            self._expire([*self._renewed, *_endpoints(params.get("input", "{}"))])

    def _expire(self, endpoints: Iterable[str]) -> None:
        """Have each of this run's endpoints deleted a day from now, whether it is there already or not."""
        session, now = self._session, time.monotonic()
        if self._clean_ups != session.clean_ups:
            self._renewed.clear()
        for endpoint in dict.fromkeys(endpoints):
            if endpoint.endswith(f"-{session.run}") and now - self._renewed.get(endpoint, -_RENEWED) >= _RENEWED:
                when = self._schedule(endpoint)
                if endpoint not in self._renewed:
                    print(f"{endpoint} bills by the hour. It is deleted on {when:%B %d, %H:%M} UTC by itself.")
                self._renewed[endpoint] = now

    def _schedule(self, endpoint: str) -> datetime:
        session = self._session
        scheduler, name = session.client("scheduler"), session.name(f"workshop-expiry-{session.clean_ups}")
        if self._clean_ups != session.clean_ups:
            with suppress(scheduler.exceptions.ConflictException):
                scheduler.create_schedule_group(Name=name, Tags=session.tags)
            self._ahead = scheduler.get_schedule_group(Name=name)["CreationDate"] - datetime.now(UTC)
            self._clean_ups, self._role = session.clean_ups, self._make_role(name)
        when = datetime.now(UTC) + self._ahead + LASTS
        schedule = {
            "Name": endpoint,
            "GroupName": name,
            "ScheduleExpression": f"at({when:%Y-%m-%dT%H:%M:%S})",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint",
                "RoleArn": self._role,
                "Input": json.dumps({"EndpointName": endpoint}),
            },
        }
        try:
            scheduler.create_schedule(**schedule)
        except scheduler.exceptions.ConflictException:
            scheduler.update_schedule(**schedule)
        return when

    def _make_role(self, name: str) -> str:
        session = self._session
        iam = session.client("iam")
        trust = policies.trust("scheduler.amazonaws.com", session.account_id)
        arn = str(
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=session.tags)["Role"]["Arn"]
        )
        filled = policies.filler(arn.split(":")[1], session.account_id, session.region, session.run)
        may = policies.document([("sagemaker:DeleteEndpoint", _ENDPOINTS)], filled)
        iam.put_role_policy(RoleName=name, PolicyName="workshop", PolicyDocument=json.dumps(may))
        return arn


def _endpoints(text: str) -> Iterator[str]:
    """Names of endpoints that stand in a definition or an input."""
    try:
        found = [json.loads(text)]
    except ValueError:  # no JSON: the service says so
        return
    while found:
        value = found.pop()
        if isinstance(value, dict):
            if isinstance(name := value.get("EndpointName"), str):
                yield name
            found += value.values()
        elif isinstance(value, list):
            found += value
