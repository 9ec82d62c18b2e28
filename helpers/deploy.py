"""From a definition to an execution: deploy and run."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, overload

from helpers import draw
from helpers.asking import Asking, history_of
from helpers.draw import history, words
from helpers.errors import ExecutionFailed, WorkshopError
from helpers.screen import Screen
from helpers.session import TAG, Session, current

PYTHON = "python3.12"  # the runtime of functions on AWS
WAIT_SECONDS = {"local": (0.01, 0.2), "aws": (0.5, 5.0)}  # between two looks at an execution: first, longest


Definition = Mapping[str, Any] | str


class Workflow(Protocol):
    """What of the SDK's Workflow is used here, so that nothing here has to import the SDK."""

    name: str
    role: str
    definition: Any
    state_machine_arn: str | None


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A deployed workflow.

    Attributes:
        name, arn: as Step Functions knows it.
        definition: Amazon States Language, as JSON text.
    """

    name: str
    arn: str
    definition: str


@dataclass(frozen=True, slots=True)
class Function:
    """A deployed Lambda function: its name and ARN."""

    name: str
    arn: str


class Execution:
    """One execution, as far as it has come.

    Attributes:
        arn, name: as Step Functions knows it.
        status: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        input, output: JSON values; output is None unless it succeeded.
        error, cause: of an execution that did not succeed.
        seconds: how long it took, on the cloud's clock; None while it runs.
        machine: the state machine that it is an execution of.
    """

    def __init__(self, arn: str, machine: StateMachine) -> None:
        self.arn, self.machine = arn, machine
        self.name = arn.rpartition(":")[2]
        self.refresh()

    def refresh(self) -> None:
        """Asks for its status again."""
        session = current()
        with session.alive():
            told = session.client("stepfunctions").describe_execution(executionArn=self.arn)
        self.status: str = told["status"]
        self.input: Any = json.loads(told.get("input", "null"))
        self.output: Any = json.loads(told.get("output", "null"))
        self.error: str | None = told.get("error")
        self.cause: str | None = told.get("cause")
        stop = told.get("stopDate")
        self.seconds: float | None = (stop - told["startDate"]).total_seconds() if stop else None
        self.__dict__.pop("events", None)

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Its history so far, every page of it."""
        return history_of(self.arn)

    def __repr__(self) -> str:
        took = "" if self.seconds is None else f" after {words.duration(self.seconds)}"
        return f"Execution of {self.machine.name}: {self.status}{took}"


@overload
def deploy(what: Path, name: str | None = None, **settings: Any) -> Function: ...
@overload
def deploy(what: Workflow | Definition, name: str | None = None) -> StateMachine: ...
def deploy(what: Path | Workflow | Definition, name: str | None = None, **settings: Any) -> StateMachine | Function:
    """Creates a workflow or a function in the connected cloud, or updates the one that has its name.

    (The SDK's own `Workflow.create` keeps the old definition when the name is taken.)

    Args:
        what: an SDK Workflow; a definition, as a dict or as JSON text; or the Path of a Lambda function's
            source file, which has `handler(event, context)`.
        name: for a definition or a function; it starts with `workshop-`. A Workflow has its own.
        settings: for a function: what CreateFunction takes (Timeout, MemorySize, Environment …).

    Raises:
        WorkshopError: there is no name, or it does not start with `workshop-`.
        botocore.exceptions.ClientError: the cloud refuses it, as AWS would; its code and message say why.
    """
    session = current()
    if not isinstance(what, Path | Mapping | str):
        name = what.name
    if not name or not name.startswith("workshop-"):
        raise WorkshopError(
            f"clean_up would not find {name!r}. Give it a name that starts with workshop-, like workshop-03-receipts."
        )
    with session.alive():
        if isinstance(what, Path):
            return _deploy_function(session, what, name, settings)
        if isinstance(what, Mapping | str):
            return _deploy_machine(session, name, definition_of(what), session.roles.states)
        machine = _deploy_machine(session, name, definition_of(what), what.role)
    what.state_machine_arn = machine.arn
    return machine


def definition_of(what: object) -> str:
    """The definition of whatever has one, as JSON text.

    Raises:
        WorkshopError: it has none.
    """
    if isinstance(what, StateMachine):
        return what.definition
    if isinstance(what, Mapping):
        return json.dumps(what)
    if isinstance(what, str) and what.lstrip().startswith("{"):
        return what
    graph = getattr(what, "definition", None)
    if graph is not None and hasattr(graph, "to_json"):
        return str(graph.to_json())
    raise WorkshopError(
        f"A {type(what).__name__} has no definition. Give a Workflow, what deploy returned, or a definition "
        "as a dict or as JSON text."
    )


def _deploy_machine(session: Session, name: str, definition: str, role: str) -> StateMachine:
    states = session.client("stepfunctions")
    try:
        made = states.create_state_machine(name=name, definition=definition, roleArn=role, tags=_lower_tags())
        arn = made["stateMachineArn"]
    except states.exceptions.StateMachineAlreadyExists:
        partition = role.split(":")[1]
        arn = f"arn:{partition}:states:{session.region}:{session.account_id}:stateMachine:{name}"
        states.update_state_machine(stateMachineArn=arn, definition=definition, roleArn=role)
    return StateMachine(name, arn, definition)


def _lower_tags() -> list[dict[str, str]]:
    return [{"key": TAG["Key"], "value": TAG["Value"]}]


def _deploy_function(session: Session, source: Path, name: str, settings: dict[str, Any]) -> Function:
    code = _zip_of(source)
    lambda_ = session.client("lambda")
    settings = {"Runtime": PYTHON, "Timeout": 30, **settings}
    try:
        made = lambda_.create_function(
            FunctionName=name,
            Role=session.roles.functions,
            Handler=f"{source.stem}.handler",
            Code={"ZipFile": code},
            Tags={TAG["Key"]: TAG["Value"]},
            **settings,
        )
    except lambda_.exceptions.ResourceConflictException:
        made = lambda_.update_function_code(FunctionName=name, ZipFile=code)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
        lambda_.update_function_configuration(FunctionName=name, Handler=f"{source.stem}.handler", **settings)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
    else:
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    return Function(name, made["FunctionArn"])


def _zip_of(source: Path) -> bytes:
    """A deployment package with the one file in it: the same bytes for the same source."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(source.name, (1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, source.read_bytes())
    return packed.getvalue()


def run(workflow: object, input: Any = None, *, watch: bool = False, children: bool = True) -> Execution:
    """Starts a deployed workflow and waits until it ends.

    On the local cloud, a workflow that waits for hours ends at once, unless WORKSHOP_SPEED says otherwise.

    Args:
        workflow: an SDK Workflow that was deployed, or what `deploy` returned.
        input: a JSON value; {} when there is none.
        watch: draw the graph meanwhile, again and again.
        children: open child workflows in it.

    Raises:
        ExecutionFailed: it ended in anything but SUCCEEDED; `show` takes the error too.
        WorkshopError: the workflow was not deployed.
    """
    session = current()
    machine = machine_of(workflow)
    checked = getattr(workflow, "workflow_input", None)
    if checked is not None and not checked.validate(input).valid:
        raise WorkshopError(f"The input does not fit the workflow's schema {checked.get_schema_as_json()}.")
    with session.alive():
        started = session.client("stepfunctions").start_execution(
            stateMachineArn=machine.arn, input=json.dumps({} if input is None else input)
        )
    execution = Execution(started["executionArn"], machine)
    follow(execution, watch=watch, children=children)
    if execution.status != "SUCCEEDED":
        raise _failure(execution)
    return execution


def follow(execution: Execution, *, watch: bool = False, children: bool = True) -> None:
    """Waits until an execution ends.

    Args:
        execution: one that may still run.
        watch: draw its graph in this cell, anew for each change; the last is the one that `show` gives.
        children: open child workflows in it.
    """
    pause, longest = WAIT_SECONDS[current().target]
    screen, source = (Screen() if watch else None), (Asking() if children else None)
    while execution.status == "RUNNING":
        time.sleep(pause)
        pause = min(pause * 1.5, longest)
        execution.refresh()
        if screen and screen.live:
            screen.draw(_graph(execution, source))
    if screen:
        screen.draw(_graph(execution, source), last=True)


def _graph(execution: Execution, source: Asking | None) -> draw.Picture:
    return draw.graph(execution.machine.definition, execution.events, name=execution.machine.name, source=source)


def machine_of(workflow: object) -> StateMachine:
    """The state machine of what was deployed. Raises WorkshopError if it was not."""
    if isinstance(workflow, StateMachine):
        return workflow
    arn = getattr(workflow, "state_machine_arn", None)
    if not arn:
        raise WorkshopError("This workflow is not deployed yet. Run deploy(workflow) first.")
    return StateMachine(str(getattr(workflow, "name", "")), arn, definition_of(workflow))


def _failure(execution: Execution) -> ExecutionFailed:
    guilty = history.read(execution.events).failed()
    error, cause = execution.error, execution.cause
    if guilty is not None and error is None:
        error, cause = guilty.error, guilty.cause
    failure = ExecutionFailed(execution.status, guilty.state if guilty else None, error, cause)
    failure.execution = execution
    return failure
