"""Gives the workshop's roles what is needed, and no more, before the call that makes the need.

A hook of botocore: whoever deploys a workflow or a function (`deploy`, the SDK, a cell with boto3) has it seen here.
What a run's roles may do is what its workflows, functions and jobs need together; it grows with them and goes with
`clean_up`.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from helpers import permissions, policies, status
from helpers.errors import WorkshopError
from helpers.permissions import ANY, Permission

#: Characters that all inline policies of a role may have, white space left out (IAM User Guide, quotas).
LONGEST = 10_240
#: Seconds until a role and its policies are known everywhere (IAM User Guide, "eventually consistent").
SETTLES = 10.0
#: What waits for that: calls by which a service takes a role on, or starts what runs as one.
_USES = ("Create", "Update", "Start", "Test", "Invoke", "Redrive", "Put", "Send")
_USERS = {
    "events",
    "firehose",
    "glue",
    "lambda",
    "sagemaker",
    "sagemaker-runtime",
    "scheduler",
    "stepfunctions",
    "comprehend",
}


class Run(Protocol):
    """What is used here of `helpers.session.Session`, which makes this."""

    target: str
    region: str
    account_id: str
    run: str

    @property
    def roles(self) -> Any: ...

    def client(self, service: str) -> Any: ...


class Grants:
    """What the three roles of a run may do.

    Args:
        session: whose roles.

    Attributes:
        given: states, functions and jobs -> what each may do.
        code: function -> its deployment package.
        environment: function -> its variables.
    """

    def __init__(self, session: Run) -> None:
        self._session = session
        self.given: dict[str, set[Permission]] = {}
        self.code: dict[str, bytes] = {}
        self.environment: dict[str, dict[str, str]] = {}
        self._settled = 0.0

    def begin(self, kind: str) -> None:
        """A role (states, functions or jobs) was made, and may do nothing yet."""
        self.given[kind] = set()

    def see(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """A handler of botocore's event provide-client-params, which comes before each call of any client."""
        service, action = model.service_model.service_name, model.name
        if service == "iam" and action in ("CreateRole", "PutRolePolicy"):
            self._settled = time.monotonic() + SETTLES
        if service not in _USERS or not action.startswith(_USES):
            return
        for kind, needed in self._needed(service, action, params).items():
            self.give(kind, needed)
        if self._session.target == "aws" and (left := self._settled - time.monotonic()) > 0:
            with status.doing(f"A role has changed; AWS knows it everywhere in {left:.0f} s"):
                time.sleep(left)

    def give(self, kind: str, needed: Iterable[Permission]) -> None:
        """Let a role do what it may not yet; on AWS, with a line for each that says so.

        Args:
            kind: states, functions or jobs.

        Raises:
            WorkshopError: it was deleted.
        """
        more = set(needed) - self.given.get(kind, set())
        if not more:
            return
        given = self.given.get(kind, set()) | more
        session = self._session
        arn: str = getattr(session.roles, kind)
        filled = policies.filler(arn.split(":")[1], session.account_id, session.region, session.run)
        if session.target == "aws":
            print("\n".join([f"{arn.rpartition('/')[2]} may now", *difference(more, filled)]))
        document = policies.shortest(given, filled)
        if len(document) > LONGEST:  # one permission for all of this run's in place of one for each
            document = policies.shortest({(action, _widened(form)) for action, form in given}, filled)
        iam, name = session.client("iam"), arn.rpartition("/")[2]
        try:
            iam.put_role_policy(RoleName=name, PolicyName="workshop", PolicyDocument=document)
        except iam.exceptions.NoSuchEntityException:
            raise WorkshopError(
                f"The role {name} is gone: clean_up() has deleted it. Run the cell with connect() again, then this one."
            ) from None
        self.given[kind] = given

    def _needed(self, service: str, action: str, params: Mapping[str, Any]) -> dict[str, list[Permission]]:
        """Role -> what a call makes it need."""
        roles = self._session.roles
        if service == "stepfunctions" and "definition" in params:
            if params.get("roleArn", roles.states) != roles.states:
                return {}
            definition, name = (
                params["definition"],
                params.get("name") or params.get("stateMachineArn", "").split(":")[-1],
            )
            try:
                needed = permissions.of_definition(definition, name)
            except ValueError:  # no JSON: the service says so
                return {}
            return {"states": needed.states, "jobs": needed.jobs}
        if service == "sagemaker" and roles.jobs in (params.get("RoleArn"), params.get("ExecutionRoleArn")):
            return {"jobs": permissions.of_request(action, params)}
        if service == "lambda" and action in ("CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration"):
            name = params["FunctionName"]
            if "Environment" in params:
                self.environment[name] = params["Environment"].get("Variables", {})
            code = params.get("ZipFile") or params.get("Code", {}).get("ZipFile") or self.code.get(name)
            if code and params.get("Role", roles.functions) == roles.functions:
                self.code[name] = code
                rights = permissions.of_function(_sources(code), name, self.environment.get(name))
                return {"functions": [*rights, *_destinations(params)]}
        if service == "lambda" and "EventSourceArn" in params:
            return {"functions": permissions.of_event_source(params["EventSourceArn"]) + _destinations(params)}
        if service == "lambda":
            return {"functions": _destinations(params)}
        return {}


def difference(more: Iterable[Permission], filled: policies.Filled) -> list[str]:
    """What is new, a line for each resource: `+ sns:Publish on arn:…`."""
    return [
        f"  + {', '.join(sorted(actions))} on {filled(form)}"
        for form, actions in policies.by_resource(sorted(more)).items()
    ]


def _destinations(params: Mapping[str, Any]) -> list[Permission]:
    found = params.get("DestinationConfig", {}).values()
    arns = [each["Destination"] for each in found if each.get("Destination")]
    arns += [arn for arn in [params.get("DeadLetterConfig", {}).get("TargetArn")] if arn]
    return [permission for arn in arns for permission in permissions.of_destination(arn)]


def _sources(code: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return [archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")]


def _widened(form: str) -> str:
    """A resource whose last part is any of this run's; buckets, catalogs and images stay."""
    head, separator, name = form.rpartition("/" if "/" in form else ":")
    return f"{head}{separator}{ANY}" if name.startswith("workshop-") and ":s3:" not in form else form
