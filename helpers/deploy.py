"""From a definition to an execution: deploy and run."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, overload

from draw import history
from helpers import costs, graphs, status
from helpers.errors import ExecutionFailed, WorkshopError
from helpers.names import PREFIX
from helpers.resources import Execution, Function, StateMachine
from helpers.session import Session, current
from helpers.watching import follow

PYTHON = "python3.12"  # the runtime of functions on AWS


Definition = Mapping[str, Any] | str


class Workflow(Protocol):
    """What of the SDK's Workflow is used here, so that nothing here has to import the SDK."""

    name: str
    role: str
    definition: Any
    state_machine_arn: str | None


@overload
def deploy(what: Path, name: str | None = None, **settings: Any) -> Function: ...
@overload
def deploy(what: Workflow | Definition, name: str | None = None) -> StateMachine: ...
def deploy(what: Path | Workflow | Definition, name: str | None = None, **settings: Any) -> StateMachine | Function:
    """Creates a workflow or a function in the connected cloud, or updates the one that has its name.

    (The SDK's own `Workflow.create` keeps the old definition when the name is taken.)

    Args:
        what: an SDK Workflow, or a template of one; a State, Chain, Graph, or a definition, as a dict or as JSON text;
            or the Path of a Lambda function's source file, which has `handler(event, context)`.
        name: for a definition or a function; it starts with `workshop-`. A Workflow has its own. On AWS the id of this
            run is put at its end.
        settings: for a function: what CreateFunction takes (Timeout, MemorySize, Environment …).

    Raises:
        WorkshopError: there is no name, or it does not start with `workshop-`.
        UnsupportedLocally: the local cloud does not run it.
        botocore.exceptions.ClientError: the cloud refuses it, as AWS would; its code and message say why.
    """
    session = current()
    what = graphs.unwrapped(what)
    definition = "" if isinstance(what, Path) else definition_of(what)
    if not isinstance(what, Path | Mapping | str) and hasattr(what, "role"):
        name = what.name
    if not name or not name.startswith(PREFIX):
        raise WorkshopError(
            f"clean_up would not find {name!r}. Give it a name that starts with workshop-, like workshop-03-receipts."
        )
    name = session.name(name)
    with session.alive(), status.doing(f"Deploying {name}"):
        if isinstance(what, Path):
            return _deploy_function(session, what, name, settings)
        machine = _deploy_machine(session, name, definition, getattr(what, "role", session.roles.states))
    if hasattr(what, "state_machine_arn"):
        what.state_machine_arn = machine.arn
    for line in graphs.unsent(graphs.graph_of(what)):
        print(line, file=sys.stderr)
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
    graph = graphs.graph_of(graphs.unwrapped(what))
    if graph is not None:
        return graphs.definition_of(graph)
    if isinstance(what, str):
        raise WorkshopError(
            f"{what[:60]!r} is no definition in JSON. To deploy a Lambda function, give the Path of its file: Path(…)."
        )
    raise WorkshopError(
        f"A {type(what).__name__} has no definition. Give a Workflow, State, Chain or Graph, what deploy returned, or "
        "a definition as a dict or as JSON text."
    )


def _deploy_machine(session: Session, name: str, definition: str, role: str) -> StateMachine:
    states = session.client("stepfunctions")
    try:
        tags = [{key.lower(): value for key, value in tag.items()} for tag in session.tags]
        made = states.create_state_machine(name=name, definition=definition, roleArn=role, tags=tags)
        arn = made["stateMachineArn"]
        # It may be there with this very definition (CreateStateMachine is idempotent), and its version with it, or new.
        if (
            arn in session.versions
            and not states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        ):
            del session.versions[arn]
    except states.exceptions.StateMachineAlreadyExists:
        partition = role.split(":")[1]
        arn = f"arn:{partition}:states:{session.region}:{session.account_id}:stateMachine:{name}"
        # For a few seconds after an update AWS may start the old definition; a version is what it is (Step Functions
        # API Reference, UpdateStateMachine).
        changed = states.update_state_machine(stateMachineArn=arn, definition=definition, roleArn=role, publish=True)
        session.versions[arn] = changed["stateMachineVersionArn"]
    return StateMachine(name, arn, definition)


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
            Tags={tag["Key"]: tag["Value"] for tag in session.tags},
            **settings,
        )
    except lambda_.exceptions.ResourceConflictException:
        made = lambda_.update_function_code(FunctionName=name, ZipFile=code)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
        lambda_.update_function_configuration(FunctionName=name, Handler=f"{source.stem}.handler", **settings)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
    else:
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    return Function(name, made["FunctionArn"], source)


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
        workflow: an SDK Workflow that was deployed, or what `deploy` returned; or the ARN of an execution that runs, to
            wait for it again, after a restart of the kernel too.
        input: a JSON value; {} when there is none.
        watch: draw the graph meanwhile, for 3 to 12 seconds however long the workflow waits.
        children: open child workflows in it.

    Raises:
        ExecutionFailed: it ended in anything but SUCCEEDED; `show` takes the error too.
        WorkshopError: the workflow was not deployed, or is none; or this kernel has spent WORKSHOP_MAX_USD on AWS.
        KeyboardInterrupt: the reader interrupted the cell; the execution goes on, and the message says how to stop it.
    """
    session = current()
    session.check_ceiling()
    if isinstance(workflow, str) and ":execution:" in workflow:
        return _followed(session, known_execution(workflow), watch=watch, children=children)
    machine = machine_of(workflow)
    checked = getattr(graphs.unwrapped(workflow), "workflow_input", None)
    if checked is not None and (misfit := graphs.misfit(checked, input)):
        raise WorkshopError(f"The input does not fit the workflow's schema {checked.get_schema_as_json()}: {misfit}.")
    with session.alive():
        started = session.client("stepfunctions").start_execution(
            stateMachineArn=session.versions.get(machine.arn, machine.arn),
            input=json.dumps({} if input is None else input),
        )
    return _followed(session, Execution(started["executionArn"], machine), watch=watch, children=children)


def _followed(session: Session, execution: Execution, *, watch: bool, children: bool) -> Execution:
    """An execution that has succeeded, when it has. Raises ExecutionFailed."""
    follow(execution, watch=watch, children=children)
    if session.target == "aws":
        session.spent_by_runs += costs.of_history(execution.events)
    if execution.status != "SUCCEEDED":
        raise _failure(execution)
    return execution


def machine_of(workflow: object) -> StateMachine:
    """The state machine of what was deployed. Raises WorkshopError if it was not, or cannot be."""
    if isinstance(workflow, StateMachine):
        return workflow
    workflow = graphs.unwrapped(workflow)
    if isinstance(workflow, Function):
        raise WorkshopError(
            f"{workflow.name} is a Lambda function, and run starts workflows. Call it in a LambdaStep of a workflow, "
            f'or by itself: workshop.client("lambda").invoke(FunctionName="{workflow.name}").'
        )
    if not hasattr(workflow, "state_machine_arn"):
        raise WorkshopError(
            f"A {type(workflow).__name__} is no workflow that can run. Give the Workflow that you deployed, or what "
            "deploy returned for a definition."
        )
    arn = workflow.state_machine_arn
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


def execution_of(what: object) -> Execution | None:
    """Whatever `show` takes for an execution; None if it is none."""
    if isinstance(what, ExecutionFailed):
        what = what.execution
    if hasattr(what, "execution_arn"):  # the SDK's
        return Execution(what.execution_arn, machine_of(getattr(what, "workflow", None)))
    if isinstance(what, str) and what.startswith("arn:") and ":execution:" in what:
        session = current()
        with session.alive():
            machine = session.client("stepfunctions").describe_state_machine_for_execution(executionArn=what)
        return Execution(what, StateMachine(machine["name"], machine["stateMachineArn"], machine["definition"]))
    return what if isinstance(what, Execution) else None


def known_execution(what: object) -> Execution:
    """Whatever `show` takes for an execution. Raises WorkshopError if it is none."""
    execution = execution_of(what)
    if execution is None:
        raise WorkshopError(
            f"A {type(what).__name__} is no execution. Give what run(workflow) returned, or the ExecutionFailed that "
            "it raised."
        )
    return execution
