"""check_aws: what would stop the notebooks in an account, before anything is made.

A local cloud stands for the account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from helpers import connect, policies
from helpers.checking import QUOTAS, check_aws, principal
from helpers.session import Session, reach_aws
from tools import aws


@pytest.fixture
def account(new_kernel: Callable[[str], None]) -> Session:
    new_kernel("ada")
    return reach_aws()


@pytest.fixture
def stubbed(account: Session) -> Iterator[Callable[..., Session]]:
    """The account with these quotas, in which these actions are denied: AWS's answers, which botocore validates."""
    stubbers = [Stubber(account.client(name)) for name in ("service-quotas", "iam")]

    def stub(quotas: dict[str, float], denied: str = "") -> Session:
        listed = [{"QuotaName": name, "Value": value} for name, value in quotas.items()]
        stubbers[0].add_response("list_service_quotas", {"Quotas": listed}, {"ServiceCode": "sagemaker"})
        for actions in policies.by_resource(policies.READER_MAY).values():
            results = [
                {"EvalActionName": name, "EvalDecision": "implicitDeny" if name == denied else "allowed"}
                for name in actions
            ]
            stubbers[1].add_response("simulate_principal_policy", {"EvaluationResults": results})
        stubbers[1].add_response("list_roles", {"Roles": []})
        for stubber in stubbers:
            stubber.activate()
        return account

    yield stub
    for stubber in stubbers:
        stubber.deactivate()


def test_a_ready_account_has_nothing_to_do(stubbed: Callable[..., Session]) -> None:
    findings = check_aws(stubbed(QUOTAS))
    assert {finding.sign for finding in findings[:-1]} == {"good"}
    assert f"You may do all {len(policies.READER_MAY)} things that notebooks do." in str(findings[3])


def test_what_every_notebook_costs_is_said_before_one_is_run(stubbed: Callable[..., Session]) -> None:
    cost = check_aws(stubbed(QUOTAS))[-1]
    assert cost.sign == "note"
    assert re.findall(r"\b(\d\d) (?:less than a cent|about \$\d\.\d\d)", cost.what) == [f"{n:02}" for n in range(11)]


def test_what_is_missing_is_named_with_where_to_get_it(stubbed: Callable[..., Session]) -> None:
    quotas = QUOTAS | {"ml.m5.large for endpoint usage": 0}
    todo = [finding.what for finding in check_aws(stubbed(quotas, "iam:CreateRole")) if finding.sign == "TO DO"]
    assert [what.partition(". ")[0] for what in todo] == [
        '"ml.m5.large for endpoint usage" is 0, and notebook 07 needs 2',
        "You may not iam:CreateRole",
    ]
    assert "https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas" in todo[0]
    assert "`workshop.py check-aws --policy`" in todo[1]


def test_a_service_that_the_region_lacks_is_named_with_its_notebooks(
    account: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "region", "eu-north-1")
    lacking = [finding.what for finding in check_aws(account) if "has no" in finding.what]
    assert any(what.startswith("eu-north-1 has no textract: notebooks 01, 02, 03, 06 fail there.") for what in lacking)


def test_what_cannot_be_looked_at_is_said_and_nothing_is_made(
    account: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """The local cloud runs neither Service Quotas nor IAM's simulation."""
    before = account.client("s3").list_buckets()["Buckets"], account.client("iam").list_roles()["Roles"]
    assert aws.main(["check"]) == 0
    said = capsys.readouterr().out
    assert "not checked SageMaker's quotas: " in said
    assert "not checked Your permissions: " in said
    assert (account.client("s3").list_buckets()["Buckets"], account.client("iam").list_roles()["Roles"]) == before


def test_leftovers_are_named_with_the_command_that_deletes_them(
    account: Session, new_kernel: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    run = connect().run
    new_kernel("ada")
    assert aws.main(["check"]) == 0
    said = capsys.readouterr().out
    assert re.search(rf"Run {run} of \d{{4}}-\d\d-\d\d has left 4 resources: `workshop\.py clean-aws`\.", said)
    assert aws.main(["clean", "--yes"]) == 0
    assert "4 resources deleted." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("caller", "whose"),
    [
        ("arn:aws:iam::123456789012:user/ada", "arn:aws:iam::123456789012:user/ada"),
        ("arn:aws-cn:sts::123456789012:assumed-role/Dev/ada", "arn:aws-cn:iam::123456789012:role/Dev"),
    ],
)
def test_a_session_of_a_role_has_the_roles_permissions(caller: str, whose: str) -> None:
    assert principal(caller) == whose


def test_the_readers_policy_fits_a_managed_policy_and_passes_roles_to_eight_services_only(
    account: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    assert aws.main(["check", "--policy"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert len(json.dumps(document, separators=(",", ":"))) <= 6144
    (passing,) = [each for each in document["Statement"] if "iam:PassRole" in each["Action"]]
    assert passing["Resource"] == "arn:aws:iam::123456789012:role/workshop-*"
    assert len(passing["Condition"]["StringEquals"]["iam:PassedToService"]) == 8
    made = account.client("iam").create_policy(PolicyName="reader", PolicyDocument=json.dumps(document))["Policy"]
    account.client("iam").delete_policy(PolicyArn=made["Arn"])
