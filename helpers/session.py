"""Where the workshop runs: AWS on this machine, or the reader's own account. The only file that knows both.

    workshop = connect()

reads WORKSHOP_TARGET (`local`, the default, or `aws`) and, for the local cloud, WORKSHOP_SPEED (`max`, the
default, or virtual seconds a real second). Everything after it is the same for both.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import localcloud
from helpers import policies
from helpers.errors import LocalCloudDied, UnsupportedLocally, WorkshopError
from localcloud import aws_settings

#: The environment variable with the path of a file like a SageMaker notebook's /opt/ml/metadata/resource-metadata.json.
NOTEBOOK_METADATA = "WORKSHOP_NOTEBOOK_METADATA"
TAG = {"Key": "workshop", "Value": "serverless-ml"}


@dataclass(frozen=True, slots=True)
class Roles:
    """ARNs of the roles that services take on.

    Attributes:
        states: what state machines run as.
        functions: what Lambda functions run as.
        jobs: what SageMaker's jobs and endpoints run as.
    """

    states: str
    functions: str
    jobs: str


@dataclass
class Session:
    """A connection to the cloud that the workshop runs on, made by `connect`.

    Attributes:
        target: "local" or "aws".
        region, account_id: where things are made.
        bucket: an S3 bucket of the workshop's own.
        roles: for state machines and functions.
        tags: the tag that marks what the workshop made, as most services want it.
        cloud: the local cloud's process; None on AWS.
        clean_ups: how often everything made here was deleted; an execution is of the time before the next one.
    """

    target: str
    region: str
    account_id: str
    bucket: str
    roles: Roles
    tags: list[dict[str, str]] = field(default_factory=lambda: [dict(TAG)])
    clean_ups: int = 0
    cloud: localcloud.LocalCloud | None = field(default=None, repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        where = "AWS on this machine" if self.target == "local" else "AWS"
        return f"Connected to {where}: region {self.region}, account {self.account_id}, bucket {self.bucket}"

    def client(self, service: str) -> Any:
        """The boto3 client of a service, made once: `client("s3")`."""
        if service not in self._clients:
            import boto3

            self._clients[service] = boto3.client(service)
        return self._clients[service]

    @property
    def page(self) -> str | None:
        """The address of the page with all executions of this kernel, for a second screen; None on AWS."""
        return None if self.cloud is None else self.cloud.page

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Turns an error inside into the kit's own where it is one of the local cloud.

        Raises:
            LocalCloudDied: the local cloud is gone.
            UnsupportedLocally: it refused; boto3 has a ClientError for that.
        """
        try:
            yield
        except Exception as problem:
            if self.cloud is not None and not self.cloud.alive:
                raise LocalCloudDied(f"Restart the kernel for a new local cloud. {self.cloud.died()}") from problem
            refusal = getattr(problem, "response", {}).get("Error", {})
            if refusal.get("Code") == UnsupportedLocally.__name__:
                raise UnsupportedLocally(refusal["Message"]) from None
            raise


_session: Session | None = None


def connect() -> Session:
    """Connects this kernel to the workshop's cloud: one on this machine unless WORKSHOP_TARGET is `aws`.

    A second call gives the same cloud, and makes again what `clean_up` deleted.

    Raises:
        LocalCloudDied: it did not start; the end of its log says why.
        WorkshopError: WORKSHOP_TARGET is neither, or the reader's AWS account cannot be reached.
    """
    global _session
    target = os.environ.get("WORKSHOP_TARGET", "local")
    if target not in ("local", "aws"):
        raise WorkshopError(f'WORKSHOP_TARGET is "{target}". Set it to local or aws, and restart the kernel.')
    if _session is None or (_session.cloud is not None and not _session.cloud.alive):
        _session = _connect_locally() if target == "local" else _connect_to_aws()
    with _session.alive():
        _make_bucket(_session)
        _session.roles = _make_roles(_session)
    return _session


def current() -> Session:
    """The session of this kernel.

    Raises:
        WorkshopError: there is none yet.
    """
    if _session is None:
        raise WorkshopError("Not connected to any cloud. Run workshop = helpers.connect() first.")
    return _session


def _connect_locally() -> Session:
    try:
        cloud = localcloud.start(speed=os.environ.get("WORKSHOP_SPEED", "max"), module="draw.screen")
    except localcloud.LocalCloudDied as died:
        raise LocalCloudDied(str(died)) from None
    _keep_to(cloud)
    return _session_of("local", cloud.region, cloud.account_id, cloud)


def _keep_to(cloud: localcloud.LocalCloud) -> None:
    """Points every AWS client of this process and its children at the local cloud, and nowhere else."""
    # sagemaker asks the real STS for the name of its default bucket, whatever AWS_ENDPOINT_URL says (2.257),
    # unless a configuration file names one.
    defaults = cloud.folder / "sagemaker.yaml"
    bucket = _bucket_name(cloud.account_id, cloud.region)
    defaults.write_text(
        "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      Session:\n"
        f"        DefaultS3Bucket: {bucket}\n"
    )
    # Where sagemaker.get_execution_role() looks first, as in a SageMaker notebook.
    metadata = cloud.folder / "resource-metadata.json"
    role = f"arn:aws:iam::{cloud.account_id}:role/workshop-jobs"
    metadata.write_text(json.dumps({"ResourceName": "workshop", "ExecutionRoleArn": role}))
    os.environ[NOTEBOOK_METADATA] = str(metadata)
    names = ("SAGEMAKER_ADMIN_CONFIG_OVERRIDE", "SAGEMAKER_USER_CONFIG_OVERRIDE")
    aws_settings.replace(cloud.environment() | dict.fromkeys(names, str(defaults)))
    boto3: Any = sys.modules.get("boto3")
    if boto3 is not None:
        boto3.DEFAULT_SESSION = None  # it may hold the settings from before


def _connect_to_aws() -> Session:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    region = boto3.Session().region_name
    if not region:
        raise WorkshopError("No AWS region is set. Set AWS_DEFAULT_REGION, for instance to us-east-1.")
    try:
        account_id = boto3.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as problem:
        raise WorkshopError(
            f"AWS does not know who you are ({problem}). Sign in (`aws configure` or `aws sso login`), or "
            "unset WORKSHOP_TARGET to run on this machine."
        ) from problem
    return _session_of("aws", region, account_id, None)


def _session_of(target: str, region: str, account_id: str, cloud: localcloud.LocalCloud | None) -> Session:
    bucket = _bucket_name(account_id, region)
    return Session(target, region, account_id, bucket, Roles("", "", ""), cloud=cloud)


def _bucket_name(account_id: str, region: str) -> str:
    return f"workshop-{account_id}-{region}"


def _make_bucket(session: Session) -> None:
    s3 = session.client("s3")
    # us-east-1 is the one region that must not be named (S3 API Reference, CreateBucket).
    named = {"CreateBucketConfiguration": {"LocationConstraint": session.region}}
    try:
        s3.create_bucket(Bucket=session.bucket, **(named if session.region != "us-east-1" else {}))
    except s3.exceptions.BucketAlreadyOwnedByYou:
        return
    s3.put_bucket_tagging(Bucket=session.bucket, Tagging={"TagSet": session.tags})


def _make_roles(session: Session) -> Roles:
    states = _make_role(session, "workshop-states", "states.amazonaws.com", policies.STATES_MAY)
    functions = _make_role(session, "workshop-functions", "lambda.amazonaws.com", policies.FUNCTIONS_MAY)
    return Roles(states, functions, _make_role(session, "workshop-jobs", "sagemaker.amazonaws.com", policies.JOBS_MAY))


def _make_role(session: Session, name: str, service: str, may: policies.May) -> str:
    iam = session.client("iam")
    trust = json.dumps(policies.trust(service))
    new = True
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=session.tags)["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        new, role = False, iam.get_role(RoleName=name)["Role"]
    arn = str(role["Arn"])
    partition = arn.split(":")[1]
    allowed = policies.document(may, lambda form: form.format(partition=partition, account=session.account_id))
    # Again for one that is there: an older workshop's may allow less.
    iam.put_role_policy(RoleName=name, PolicyName="workshop", PolicyDocument=json.dumps(allowed))
    if new and session.target == "aws":
        time.sleep(10)  # a new role is not known everywhere at once (IAM User Guide, "eventually consistent")
    return arn
