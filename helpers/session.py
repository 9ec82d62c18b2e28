"""Where the workshop runs: AWS on this machine, or the reader's own account. The only file that knows both.

    workshop = connect()

reads WORKSHOP_TARGET (`local`, the default, or `aws`) and, for the local cloud, WORKSHOP_SPEED (`max`, the
default, or virtual seconds a real second). Everything after it is the same for both.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import localcloud
from helpers import costs, manifest, names, notebook, policies
from helpers.errors import LocalCloudDied, UnsupportedLocally, WorkshopError
from helpers.expiry import Expiry
from helpers.granting import Grants
from helpers.patience import Patience
from localcloud import aws_settings

#: The environment variable with the path of a file like a SageMaker notebook's /opt/ml/metadata/resource-metadata.json.
NOTEBOOK_METADATA = "WORKSHOP_NOTEBOOK_METADATA"
#: Real seconds in which a local cloud that shuts down ends.
_LAST_SECONDS = 2.0
_SERVICES = {"states": "states", "functions": "lambda", "jobs": "sagemaker"}


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
        roles: for state machines, functions and jobs.
        run: the id of this kernel's run on AWS, in which names there end; "" on the local cloud.
        tags: what marks all that this run makes, as most services want it.
        cloud: the local cloud's process; None on AWS.
        versions: the ARN of a state machine -> of its version that was published last.
        clean_ups: how often everything made here was deleted; an execution is of the time before the next one.
    """

    target: str
    region: str
    account_id: str
    _bucket: str
    _roles: Roles
    run: str = ""
    versions: dict[str, str] = field(default_factory=dict, repr=False)
    clean_ups: int = 0
    cloud: localcloud.LocalCloud | None = field(default=None, repr=False)
    spent_by_calls: costs.Cost = field(default_factory=Counter, repr=False)
    spent_by_runs: costs.Cost = field(default_factory=Counter, repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.grants = Grants(self)
        self._made: Future[None] | None = None
        self._maker: int | None = None

    def __repr__(self) -> str:
        where = "AWS on this machine" if self.target == "local" else "AWS"
        return f"Connected to {where}: region {self.region}, account {self.account_id}, bucket {self._bucket}"

    @property
    def bucket(self) -> str:
        self.wait()
        return self._bucket

    @property
    def roles(self) -> Roles:
        self.wait()
        return self._roles

    def make(self) -> None:
        """Makes the bucket and the roles, or what is gone of them.

        In a local cloud on a thread of its own, since its first answer takes longest: who needs them waits for them.
        """
        if self._made is not None:
            self._made.exception()  # waits for it; this time it may go well
        if self.cloud is None:
            return self._make()
        for service in ("s3", "iam"):  # here, because two threads at once must not make clients
            self.client(service)
        self._made = ThreadPoolExecutor(1).submit(self._make)
        return None

    def _make(self) -> None:
        self._maker = threading.get_ident()
        with self.alive():
            _make_bucket(self)
            self._roles = _make_roles(self)

    def wait(self, **_: Any) -> None:
        """Until the bucket and the roles are there; a handler of botocore's, before each call of any client.

        Raises:
            LocalCloudDied, WorkshopError: they could not be made; see `alive`.
        """
        if self._made is not None and self._maker != threading.get_ident():
            self._made.result()

    def client(self, service: str) -> Any:
        """The boto3 client of a service, made once: `client("s3")`."""
        if service not in self._clients:
            import boto3

            client = self._clients[service] = boto3.client(service, region_name=self.region)
            client.meta.events.register("provide-client-params", self._count)
        return self._clients[service]

    def check_ceiling(self) -> None:
        """Raises WorkshopError when this kernel has spent more on AWS than WORKSHOP_MAX_USD, if that is set."""
        spent = self.spent_by_calls + self.spent_by_runs
        if self.target == "aws" and sum(spent.values()) > _ceiling():
            raise WorkshopError(
                f"Not run: this kernel has spent {costs.said(spent)}, and WORKSHOP_MAX_USD allows ${_ceiling():g}. "
                "To go on, set it higher: %env WORKSHOP_MAX_USD=5. To stop here, clean_up()."
            )

    def _count(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.spent_by_calls += costs.of_call(model.service_model.service_name, model.name, params)

    @property
    def tags(self) -> list[dict[str, str]]:
        return names.tags_of(self.run)

    def name(self, name: str) -> str:
        """A name of this run's own: `name` itself on the local cloud, with the run's id at its end on AWS.

        Args:
            name: it starts with `workshop-`. `deploy` does this by itself; use it for tables, topics, jobs, endpoints.
        """
        return names.of_run(name, self.run)

    @property
    def pause(self) -> float:
        """Seconds between two looks at what takes a while: AWS counts how often it is asked."""
        return 0.1 if self.target == "local" else 5.0

    def can_wait(self, days: int) -> bool:
        """Whether a workflow that waits for days ends while you watch; where it does not, a line says so.

        The local cloud skips the wait, or goes through it at WORKSHOP_SPEED. AWS waits.
        """
        if self.target == "aws":
            print(f"On AWS this takes {days} days. Run it on your own machine.")
        return self.target == "local"

    @property
    def page(self) -> str | None:
        """The address of the page with all executions of this kernel, for a second screen; None on AWS."""
        return None if self.cloud is None else self.cloud.page

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Turns an error inside into the kit's own where it is one of the local cloud.

        Raises:
            LocalCloudDied: the local cloud is gone.
            WorkshopError: it is there, and cannot be reached.
            UnsupportedLocally: it refused; boto3 has a ClientError for that.
        """
        try:
            yield
        except Exception as problem:
            if self.cloud is not None and self._has_ended(self.cloud, problem):
                raise LocalCloudDied(f"Restart the kernel for a new local cloud. {self.cloud.died()}") from problem
            if self.cloud is not None and type(problem).__name__ == "EndpointConnectionError":
                raise WorkshopError(
                    f"The local cloud runs, but this machine does not reach {self.cloud.endpoint}. Let a firewall pass "
                    "127.0.0.1, or switch the loopback on (Linux: ip link set lo up), and run this again."
                ) from None
            refusal = getattr(problem, "response", {}).get("Error", {})
            if refusal.get("Code") == UnsupportedLocally.__name__:
                raise UnsupportedLocally(refusal["Message"]) from None
            raise

    def _has_ended(self, cloud: localcloud.LocalCloud, problem: Exception) -> bool:
        """Whether the local cloud has, or is about to: while it shuts down, it fails what it is asked, or hangs up."""
        from botocore.exceptions import ConnectionError, HTTPClientError

        code = getattr(problem, "response", {}).get("Error", {}).get("Code")
        if code == "InternalFailure" or isinstance(problem, ConnectionError | HTTPClientError):
            with suppress(subprocess.TimeoutExpired):
                cloud.process.wait(_LAST_SECONDS)
        return not cloud.alive


_session: Session | None = None


def connect() -> Session:
    """Connects this kernel to the workshop's cloud: one on this machine unless WORKSHOP_TARGET is `aws`.

    A second call gives the same cloud, and makes again what `clean_up` deleted.

    Raises:
        LocalCloudDied: it did not start; the end of its log says why.
        WorkshopError: WORKSHOP_TARGET is neither, another setting is none, the reader's AWS account cannot be reached,
            what it would make has a name that is taken, or the notebook costs more than WORKSHOP_MAX_USD.
    """
    global _session
    target = target_wanted()
    if _session is None or (_session.cloud is not None and not _session.cloud.alive):
        _session = _connect_locally() if target == "local" else _connect_to_aws()
    _session.make()
    _tell_sagemaker(_session)
    return _session


def target_wanted() -> str:
    """What WORKSHOP_TARGET says: local or aws.

    Raises:
        WorkshopError: it says something else.
    """
    target = os.environ.get("WORKSHOP_TARGET", "local")
    if target not in ("local", "aws"):
        raise WorkshopError(f'WORKSHOP_TARGET is "{target}". Set it to local or aws, and restart the kernel.')
    return target


def _ceiling() -> float:
    """What WORKSHOP_MAX_USD says, in dollars; infinite where it is not set.

    Raises:
        WorkshopError: it is no number.
    """
    ceiling = os.environ.get("WORKSHOP_MAX_USD", "inf")
    try:
        return float(ceiling)
    except ValueError:
        raise WorkshopError(f'WORKSHOP_MAX_USD is "{ceiling}". Set it to a number of dollars, such as 2.') from None


def _say_cost() -> None:
    """Says what this notebook costs, run once. Raises WorkshopError when that is over the ceiling."""
    from IPython import get_ipython

    ceiling, estimate = _ceiling(), costs.of_notebook(notebook.place(get_ipython()))
    if estimate is None:
        return
    words, dollars = estimate
    words = f"this notebook, run once, costs {words} at list prices of us-east-1, {costs.AS_OF}"
    if dollars > ceiling:
        raise WorkshopError(
            f"Nothing was made: {words}, and WORKSHOP_MAX_USD allows ${ceiling:g}. To go on, set it higher, "
            f"%env WORKSHOP_MAX_USD={dollars * 2:.2f}, and run this cell again."
        )
    print(f"{words[0].upper()}{words[1:]}, and what stands by the hour: endpoints, streams.")


def connected() -> Session | None:
    """The session of this kernel, if there is one yet."""
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
    region = os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d+", region):
        raise WorkshopError(
            f'AWS_DEFAULT_REGION is "{region}". Unset it or set it to a region, such as us-east-1; restart the kernel.'
        )
    speed = os.environ.get("WORKSHOP_SPEED", "max")
    try:
        fits = speed == "max" or float(speed) > 0
    except ValueError:
        fits = False
    if not fits:
        raise WorkshopError(
            f'WORKSHOP_SPEED is "{speed}". Set it to max or to a number above 0, such as 10, and restart the kernel.'
        )
    reading = ThreadPoolExecutor(1).submit(_read_models)  # on a second core, while this one waits for the cloud
    try:
        cloud = localcloud.start(speed=speed, module="draw.screen")
    except localcloud.LocalCloudDied as died:
        raise LocalCloudDied(str(died)) from None
    _keep_to(cloud)
    return _hooked(_session_of("local", cloud.region, cloud.account_id, cloud), reading.result())


def _keep_to(cloud: localcloud.LocalCloud) -> None:
    """Points every AWS client of this process and its children at the local cloud, and nowhere else."""
    aws_settings.replace(cloud.environment())


def _read_models() -> Any:
    """Botocore's loader, after it has read what the clients that `Session.make` makes ask it for; imports boto3."""
    importlib.import_module("boto3")
    loader: Any = importlib.import_module("botocore.loaders").create_loader()
    for kind in ("service-2", "endpoint-rule-set-1"):
        for service in ("s3", "iam"):
            loader.load_service_model(service, kind, api_version=None)
    loader.load_data_with_path("endpoints")
    return loader


def _hooked(session: Session, loader: Any = None) -> Session:
    """Has boto3 tell what all its clients are about to call, the SDK's and sagemaker's too."""
    import boto3
    import botocore.session

    core = botocore.session.get_session()  # boto3's own from before may hold other settings
    if loader is not None:
        core.register_component("data_loader", loader)
    boto3.setup_default_session(botocore_session=core)
    for handler in (session.wait, session.grants.see):
        boto3.DEFAULT_SESSION.events.register("provide-client-params", handler)
    return session


def _tell_sagemaker(session: Session) -> None:
    """Says to the SageMaker SDK which bucket and which role are the workshop's, in files of its own forms."""
    folder = Path(tempfile.mkdtemp(prefix="workshop-")) if session.cloud is None else session.cloud.folder
    if session.cloud is None:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # It asks the real STS for the name of its default bucket, whatever AWS_ENDPOINT_URL says (2.257), unless a
    # configuration file names one.
    defaults = folder / "sagemaker.yaml"
    defaults.write_text(
        "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      Session:\n"
        f"        DefaultS3Bucket: {session._bucket}\n"
    )
    for name in ("SAGEMAKER_ADMIN_CONFIG_OVERRIDE", "SAGEMAKER_USER_CONFIG_OVERRIDE"):
        os.environ[name] = str(defaults)
    # Where sagemaker.get_execution_role() looks first, as in a SageMaker notebook.
    metadata = folder / "resource-metadata.json"
    metadata.write_text(json.dumps({"ResourceName": "workshop", "ExecutionRoleArn": session._roles.jobs}))
    os.environ[NOTEBOOK_METADATA] = str(metadata)


def _connect_to_aws() -> Session:
    import boto3

    session = reach_aws()
    _say_cost()
    run = manifest.begin(names.new_run(), session.account_id, session.region)
    session = _hooked(_session_of("aws", session.region, session.account_id, None, run.id))
    patience = Patience()
    for event, handler in (
        ("provide-client-params", manifest.recorder(run)),
        ("provide-client-params", patience.see),
        ("provide-client-params", Expiry(session).see),
        ("needs-retry", patience.again),
    ):
        boto3.DEFAULT_SESSION.events.register(event, handler)
    return session


def reach_aws(region: str | None = None) -> Session:
    """The reader's own account, in which nothing is made.

    Args:
        region: where; None for the region that is set.

    Raises:
        WorkshopError: no region is set, or AWS does not know the reader.
    """
    import boto3

    region = region or boto3.Session().region_name
    if not region:
        raise WorkshopError("No AWS region is set. Set AWS_DEFAULT_REGION, for instance to us-east-1.")
    try:
        account_id = boto3.client("sts", region_name=region).get_caller_identity()["Account"]
    except refusals() as problem:
        raise WorkshopError(
            f"AWS does not know who you are ({problem}). Sign in (`aws configure` or `aws sso login`), or "
            "unset WORKSHOP_TARGET to run on this machine."
        ) from problem
    return _session_of("aws", region, account_id, None)


def refusals() -> tuple[type[Exception], ...]:
    """What a call of AWS that cannot be answered raises."""
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError)


def _session_of(
    target: str, region: str, account_id: str, cloud: localcloud.LocalCloud | None, run: str = ""
) -> Session:
    bucket = names.of_run(_bucket_name(account_id, region), run)
    roles = Roles(*(f"arn:aws:iam::{account_id}:role/{names.of_run(f'workshop-{kind}', run)}" for kind in _SERVICES))
    return Session(target, region, account_id, bucket, roles, run, cloud=cloud)


def _bucket_name(account_id: str, region: str) -> str:
    return f"workshop-{account_id}-{region}"


def _make_bucket(session: Session) -> None:
    """Makes it, unless this run has.

    CreateBucket cannot tell: in us-east-1 it answers 200 for a bucket that one has already (S3 API Reference).
    """
    s3 = session.client("s3")
    try:
        tags = s3.get_bucket_tagging(Bucket=session._bucket)["TagSet"]
    except s3.exceptions.ClientError as problem:
        code = problem.response["Error"]["Code"]
        if code not in ("NoSuchBucket", "NoSuchTagSet", "AccessDenied"):
            raise
        tags = [] if code != "NoSuchBucket" else None
    if tags is not None:
        _check_ours(session, "bucket", session._bucket, tags)
        return
    # us-east-1 is the one region that must not be named (S3 API Reference, CreateBucket).
    named = {"CreateBucketConfiguration": {"LocationConstraint": session.region}}
    s3.create_bucket(Bucket=session._bucket, **(named if session.region != "us-east-1" else {}))
    s3.put_bucket_tagging(Bucket=session._bucket, Tagging={"TagSet": session.tags})


def _check_ours(session: Session, kind: str, name: str, tags: object) -> None:
    if names.run_of(name, tags) != session.run:
        raise WorkshopError(
            f"The {kind} {name} exists, and the workshop has not made it: it lacks the tag {names.TAG['Key']}="
            f"{names.TAG['Value']}. Nothing was changed. Rename or delete it, then restart the kernel."
        )


def _make_roles(session: Session) -> Roles:
    return Roles(*(_make_role(session, kind) for kind in _SERVICES))


def _make_role(session: Session, kind: str) -> str:
    """The ARN of a role that may do nothing yet, unless it is there already."""
    iam, name = session.client("iam"), session.name(f"workshop-{kind}")
    trust = json.dumps(policies.trust(f"{_SERVICES[kind]}.amazonaws.com", session.account_id))
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=session.tags)["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=name)["Role"]
        _check_ours(session, "role", name, role.get("Tags", []))
    else:
        session.grants.begin(kind)
    return str(role["Arn"])
