"""AWS Step Functions: the API in front of the interpreter in `localcloud.asl`.

    machines, aliases   state machines, revisions, versions, and names for them
    executions          starting, describing, listing, stopping; redrive: whether and when again
    records, archive    what is kept of executions, and how little that costs
    history             GetExecutionHistory
    tasks, activities   task tokens, and the workers who hold them
    map_runs            Map Runs
    logs                execution events in CloudWatch Logs
    checks              TestState, ValidateStateMachineDefinition

Everything that changes anything runs on the clock thread, between two events of the executions, so that
nothing in here needs a lock. API reference: https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from localcloud.asl.environment import Environment, TaskFailure
from localcloud.door.wire import ServiceError
from localcloud.errors import UnsupportedLocally
from localcloud.host import Service
from localcloud.integrations import LocalIntegrations
from localcloud.services._on_clock import on_clock
from localcloud.services.stepfunctions.activities import Activities
from localcloud.services.stepfunctions.aliases import Aliases
from localcloud.services.stepfunctions.checks import Checks
from localcloud.services.stepfunctions.environment import S3Objects, WithActivities
from localcloud.services.stepfunctions.executions import Executions
from localcloud.services.stepfunctions.history import Histories
from localcloud.services.stepfunctions.machines import Machines
from localcloud.services.stepfunctions.map_runs import MapRuns, describe
from localcloud.services.stepfunctions.records import Records
from localcloud.services.stepfunctions.tagging import Tagging
from localcloud.services.stepfunctions.tasks import TaskTokens

if TYPE_CHECKING:
    from localcloud.host import Host

Action = Callable[[dict[str, Any]], dict[str, Any]]

#: Actions whose answer takes virtual time, and those that wait for the outside: not for the clock thread.
_TAKE_TIME = frozenset({"StartSyncExecution", "TestState"})
_WAITING = _TAKE_TIME | {"GetActivityTask"}


def register(cloud: Host) -> Service:
    """The service, with all actions of botocore's model."""
    records = Records(cloud, describe)
    executions = Executions(cloud, records)
    integrations = LocalIntegrations(cloud)
    machines = Machines(cloud, integrations.problems, executions.is_running, executions.end_all)
    tokens = TaskTokens(cloud.clock, executions.on_waiting)
    activities = Activities(cloud, tokens)
    environment = Environment(
        clock=cloud.clock,
        integrations=WithActivities(cloud, integrations, activities),
        tokens=tokens,
        objects=S3Objects(cloud),
        region=cloud.region,
        account_id=cloud.account_id,
        require=partial(_require, cloud),
    )
    executions.machines, executions.environment = machines, environment
    executions.turned_away = integrations.turned_away
    parts = (
        machines,
        Aliases(machines, cloud.clock.now),
        executions,
        Histories(records),
        MapRuns(records),
        activities,
        tokens,
        Tagging(machines, activities),
        Checks(cloud, integrations.problems, environment),
    )
    model = cloud.session.get_service_model("stepfunctions")
    return Service(
        "stepfunctions",
        dict(_actions(cloud, model, parts)),
        # What still runs is stopped while its clock can still run it to its end.
        close=lambda: cloud.clock.call(executions.stop_all),
        fork=executions.fork,
        explore=executions.explore,
    )


def _require(cloud: Host, action: str, resource: str) -> None:
    """Raises TaskFailure, by the name that the developer guide has for it."""
    try:
        cloud.require(action, resource)
    except ServiceError as error:
        raise TaskFailure("States.Permissions", error.message) from None


def _actions(cloud: Host, model: Any, parts: Iterable[object]) -> Iterable[tuple[str, Action]]:
    """Each action of the model, from the part that has the method of its name (in Python's spelling)."""
    from botocore import xform_name

    for name in model.operation_names:
        method = xform_name(name)
        action: Action = next(getattr(part, method) for part in parts if hasattr(part, method))
        yield name, _off_clock(cloud, name, action) if name in _WAITING else on_clock(cloud, action)


def _off_clock(cloud: Host, name: str, action: Action) -> Action:
    def run(request: dict[str, Any]) -> dict[str, Any]:
        if name in _TAKE_TIME and cloud.clock.is_here:
            raise UnsupportedLocally(
                f"A task calls {name}, whose answer takes virtual time: the local cloud cannot wait for it inside "
                "an execution. Use arn:aws:states:::states:startExecution.sync:2, or set WORKSHOP_TARGET=aws."
            )
        return action(request)

    return run
