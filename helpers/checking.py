"""Whether the notebooks would run in the reader's AWS account, before anything is made there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers import costs, manifest, policies
from helpers.cleaning import Account
from helpers.session import Session, refusals

#: boto3's name of each service -> the notebooks that cannot do without it.
SERVICES = {
    "stepfunctions": "all",
    "lambda": "all",
    "s3": "all",
    "dynamodb": "all",
    "textract": "01, 02, 03, 06",
    "rekognition": "01, 05, 06",
    "transcribe": "01, 04, 06, 08",
    "comprehend": "00, 01, 06, 08, 09",
    "polly": "01",
    "sagemaker": "06, 07",
    "kinesis": "01",
    "firehose": "01",
    "glue": "01",
    "athena": "01",
    "sqs": "01, 04, 10",
    "sns": "02, 03",
    "events": "04, 06, 07, 08, 09",
    "scheduler": "04",
}
#: Service Quotas' names of SageMaker's quotas -> how many machines notebook 07 has at once. New accounts have had 0.
QUOTAS = {
    "ml.m5.large for training job usage": 2,
    "ml.m5.large for processing job usage": 1,
    "ml.m5.large for transform job usage": 1,
    "ml.m5.large for endpoint usage": 2,
}
_CONSOLE = "https://{region}.console.aws.amazon.com"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        sign: "good"; "TO DO", when notebooks would fail; "note", when they would not; "not checked".
        what: what was found and, unless it is good, what to do.
    """

    sign: str
    what: str

    def __str__(self) -> str:
        return f"{self.sign:<12}{self.what}"


def check_aws(session: Session) -> list[Finding]:
    """Looks at identity, region, quotas, permissions and leftovers, and makes nothing.

    Args:
        session: of `reach_aws`.

    Sources: IAM API Reference, SimulatePrincipalPolicy; Service Quotas API Reference, ListServiceQuotas.
    """
    checks = (_identity, _region, _quotas, _permissions, _leftovers, _costs)
    return [finding for check in checks for finding in check(session)]


def _identity(session: Session) -> Iterator[Finding]:
    arn = session.client("sts").get_caller_identity()["Arn"]
    yield Finding("good", f"You are {arn}, in account {session.account_id}, region {session.region}.")
    if arn.endswith(":root"):
        yield Finding("note", "That is the root user, who may do everything. A user of your own is safer: IAM, Users.")


def _region(session: Session) -> Iterator[Finding]:
    import boto3

    known = boto3.Session()
    partition = known.get_partition_for_region(session.region)
    lacking = [name for name in SERVICES if session.region not in known.get_available_regions(name, partition)]
    for name in lacking:
        yield Finding(
            "TO DO",
            f"{session.region} has no {name}: notebooks {SERVICES[name]} fail there. Set AWS_DEFAULT_REGION to a "
            "region that has it, for instance us-east-1.",
        )
    if not lacking:
        yield Finding("good", f"{session.region} has all {len(SERVICES)} services.")


def _quotas(session: Session) -> Iterator[Finding]:
    console = _CONSOLE.format(region=session.region) + "/servicequotas/home/services/sagemaker/quotas"
    try:
        pages = session.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
        found = {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}
    except refusals() as problem:
        yield Finding("not checked", f"SageMaker's quotas: {problem}. See {console}")
        return
    for name, needed in QUOTAS.items():
        value = found.get(name, 0)
        if value < needed:
            yield Finding("TO DO", f'"{name}" is {value:g}, and notebook 07 needs {needed}. Ask for more: {console}')
    if all(found.get(name, 0) >= needed for name, needed in QUOTAS.items()):
        yield Finding("good", "SageMaker's quotas are enough for notebooks 06 and 07.")


def principal(arn: str) -> str:
    """Whose policies apply to a caller: the role behind a session of it, or the user.

    `arn:aws:sts::1:assumed-role/Dev/ada` is `arn:aws:iam::1:role/Dev`. (A role of IAM Identity Center has a path, which
    the session does not show; SimulatePrincipalPolicy then answers NoSuchEntity.)
    """
    partition, account, name = arn.split(":")[1], arn.split(":")[4], arn.split(":", 5)[5]
    if name.startswith("assumed-role/"):
        return f"arn:{partition}:iam::{account}:role/{name.split('/')[1]}"
    return arn


def _permissions(session: Session) -> Iterator[Finding]:
    arn = principal(session.client("sts").get_caller_identity()["Arn"])
    partition = arn.split(":")[1]
    filled = policies.filler(partition, session.account_id, session.region, "checkd")
    denied: list[str] = []
    try:
        for resource, actions in policies.by_resource(policies.READER_MAY).items():
            where: dict[str, Any] = {} if resource == "*" else {"ResourceArns": [filled(resource).replace("*", "x")]}
            pages = session.client("iam").get_paginator("simulate_principal_policy")
            for page in pages.paginate(PolicySourceArn=arn, ActionNames=actions, **where):
                denied += [e["EvalActionName"] for e in page["EvaluationResults"] if e["EvalDecision"] != "allowed"]
    except refusals() as problem:
        yield Finding(
            "not checked", f"Your permissions: {problem}. `workshop.py check-aws --policy` prints what you need."
        )
        return
    if denied:
        yield Finding(
            "TO DO",
            f"You may not {', '.join(sorted(denied))}. Attach what `workshop.py check-aws --policy` prints to {arn}: "
            f"{_CONSOLE.format(region=session.region)}/iam/home",
        )
    else:
        yield Finding("good", f"You may do all {len(policies.READER_MAY)} things that notebooks do.")


def _costs(session: Session) -> Iterator[Finding]:
    """What notebooks cost, as their last cell counted when they were saved."""
    estimates = []
    for path in sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb")):
        found = costs.of_notebook(path)
        estimates.append(f"{path.name[:2]} {found[0] if found else 'not counted'}")
    endpoints = f"${costs.INSTANCES['ml.m5.large']} for each hour that one of 06's and 07's endpoints stands"
    yield Finding(
        "note",
        f"Each notebook, run once, costs at list prices of us-east-1, {costs.AS_OF}: {', '.join(estimates)}; and "
        f"{endpoints}. With WORKSHOP_MAX_USD=2, say, a kernel starts nothing more once it has spent that.",
    )


def _leftovers(session: Session) -> Iterator[Finding]:
    own = {run.id: run.created[:10] for run in manifest.runs()}
    account = Account(session, set(own))
    found = account.found()
    for run, number in sorted(Counter(each.run for each in found).items()):
        which = "" if run in own else f" {run}"
        billed = [each.said for each in found if each.run == run and each.said.startswith(("endpoint ", "stream "))]
        hourly = f", of which {', '.join(billed)} bill by the hour" if billed else ""
        since = f" of {own[run]}" if own.get(run) else ""
        yield Finding("note", f"Run {run}{since} has left {number} resources{hourly}: `workshop.py clean-aws{which}`.")
    for kind, why in account.unseen.items():
        yield Finding("not checked", f"Leftovers among {kind}: {why}")
    if not found and not account.unseen:
        yield Finding(
            "good", "No earlier run has left anything. New names cannot clash: each run has an id in its own."
        )
