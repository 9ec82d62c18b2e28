"""Deletes what runs of the workshop made, and only that.

Whose something is, its tags say (`names.run_of`), or its name when a kernel ended before it could tag it. What an
execution made without tags (the SDK's TrainingPipeline) is known by its role, which is of one run.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product
from typing import Any, TypeVar

from helpers import costs, granting, manifest, status
from helpers.names import PREFIX, run_of
from helpers.session import Session, connected, current, reach_aws, refusals, target_wanted

T = TypeVar("T")

#: Seconds between tries of what AWS refuses for now: an endpoint that is being made, a role that is still in use.
_PAUSES = (5, 15, 30, 60, 120, 240)
#: Of which one is in each error that says that there is nothing to delete. (SageMaker's is a ValidationException.)
_GONE = ("NotFound", "NoSuch", "DoesNotExist", "NonExistent", "Could not find", "not found")


@dataclass(frozen=True, slots=True)
class Found:
    """One resource of the workshop.

    Attributes:
        said: its kind and its name.
        run: the run that made it; "" on a local cloud.
        delete: deletes it.
    """

    said: str
    run: str
    delete: Callable[[], object]


@dataclass
class Cleaned:
    """What came of it.

    Attributes:
        gone: what was deleted.
        left: what could not be, and why.
        unseen: kinds of things that could not be looked for, and why.
    """

    gone: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"Deleted {said}" for said in self.gone]
        lines += [f"LEFT {said}: {why}" for said, why in self.left.items()]
        lines += [f"NOT LOOKED FOR: {kind}: {why}" for kind, why in self.unseen.items()]
        lines += [f"{len(self.gone)} resources deleted."] if self.gone else []
        return "\n".join(lines or ["Nothing to delete."])


def clean_up() -> None:
    """Deletes every resource of this run in the connected cloud, and says what went.

    What bills by the hour first, then state machines, then what they call, then storage and roles. Executions and jobs
    that still run are stopped before. What is refused is tried again, and named if it stays. Nothing of another reader,
    another run or without the workshop's tag is touched. On AWS, in a kernel that is not connected, it lists what the
    runs of this folder have left, as `python3 workshop.py clean-aws` does, and deletes that.
    """
    if connected() is None and target_wanted() == "aws":
        clean_aws([])
        return
    session = current()
    session.clean_ups += 1
    session.versions.clear()
    account = Account(session, {session.run})
    with session.alive():
        cost = _cost(account, session.run)
        if session.target == "aws":
            _list(account, account.found(), {session.run})
        cleaned = account.clean({session.run})
    print(cleaned)
    if cost:
        would = "would cost" if session.target == "local" else "costs"
        without = ", without what its functions call" if "Lambda" in cost else ""
        print(f"On AWS this run {would} {costs.said(cost)}, at list prices of us-east-1, {costs.AS_OF}{without}.")
    if session.run and not cleaned.left and not cleaned.unseen:
        (manifest.folder() / f"{session.run}.jsonl").unlink(missing_ok=True)


def clean_aws(wanted: Collection[str], confirm: Callable[[str], bool] = lambda question: True) -> bool:
    """Deletes, in the reader's account, what runs have left there; needs no `connect`.

    Lists everything first, what bills by the hour before what bills by use.

    Args:
        wanted: ids of runs; those that have a manifest here if there are none.
        confirm: asked before anything is deleted.

    Returns:
        Whether nothing is left of these runs.

    Raises:
        WorkshopError: AWS does not know the reader.
    """
    here = reach_aws()
    known = [run for run in manifest.runs() if run.account_id == here.account_id]
    elsewhere = [run for run in manifest.runs() if run.account_id != here.account_id]
    for run in elsewhere:
        print(
            f"Run {run.id} of {run.created[:16]} is in account {run.account_id}: sign in there to delete what it left."
        )
    runs = set(wanted) or {run.id for run in known}
    regions = {run.region for run in known if run.id in runs} or {here.region}
    clean = True
    for region in sorted(regions | {here.region}):
        clean &= _clean_region(Account(reach_aws(region), runs), runs, confirm)
    if clean:
        for run in known:
            if run.id in runs:
                run.path.unlink(missing_ok=True)
    return clean


def _clean_region(account: Account, runs: set[str], confirm: Callable[[str], bool]) -> bool:
    found = account.found()
    ours, region = _list(account, found, runs), account.session.region
    others: dict[str, int] = {}
    for each in found:
        if each.run not in runs:
            others[each.run] = others.get(each.run, 0) + 1
    for run, number in sorted(others.items()):
        print(
            f"  ({number} of run {run or 'without an id'}, which has no manifest here: `workshop.py clean-aws {run}`)"
        )
    if not ours and not account.unseen:
        return True
    if ours and not confirm(f"Delete these {len(ours)} in {region}?"):
        print("Nothing was deleted.")
        return False
    cleaned = account.clean(runs)
    print(cleaned)
    return not cleaned.left and not cleaned.unseen


def _list(account: Account, found: list[Found], runs: set[str]) -> list[Found]:
    """What is of these runs; prints it."""
    ours = [each for each in found if each.run in runs]
    whose = ", ".join(sorted(runs)) or "(none known here)"
    print(f"{account.session.region}: {len(ours)} resources of the runs {whose}")
    for each in ours:
        print(f"  {each.said}")
    return ours


class Account:
    """What the workshop has made in one region of an account.

    Args:
        session: how to reach it.
        runs: ids of runs that are known.
    """

    def __init__(self, session: Session, runs: Collection[str]) -> None:
        self.session, self.runs = session, runs
        self.unseen: dict[str, str] = {}

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def method(self, service: str, operation: str) -> Callable[..., Any]:
        """A client's method, by the operation's name."""
        method: Callable[..., Any] = getattr(self.client(service), _snake(operation))
        return method

    def run_of(self, name: str, tags: object) -> str | None:
        return run_of(name, tags, self.runs)

    def ours(self, addresses: Iterable[str], tags: Callable[[str], object]) -> Iterator[tuple[str, str, str]]:
        """Name, address and run of what has a name and tags of the workshop's.

        Args:
            addresses: names, ARNs or URLs, which end in the name.
            tags: asks for those of one.
        """
        for address in addresses:
            name = re.split("[:/]", address)[-1]
            if name.startswith(PREFIX):
                try:
                    run = self.run_of(name, tags(address))
                except refusals() as problem:
                    if not _is_gone(problem):
                        raise
                    continue  # deleted, and still in the list
                if run is not None:
                    yield name, address, run

    def found(self) -> list[Found]:
        """Everything of the workshop's, whichever run's, in the order in which it is to be deleted."""
        self._settle()
        self.__dict__.pop("roles", None)
        self.unseen.clear()
        found: list[Found] = []
        for finder in self.among(_FINDERS):
            try:
                found += finder(self)
            except refusals() as problem:
                self._check_cloud(problem)
                self.unseen[finder.__name__.strip("_").replace("_", " ")] = _first_line(problem)
        return found

    def _settle(self) -> None:
        """Waits until what these runs made last is in AWS's lists, which are eventually consistent."""
        made = max((run.path.stat().st_mtime for run in manifest.runs() if run.id in self.runs), default=0.0)
        left = made + granting.SETTLES - time.time()
        if self.session.target == "aws" and left > 0:
            with status.doing(f"AWS lists in {left:.0f} s what was made last"):
                time.sleep(left)

    def among(self, by_service: Iterable[tuple[str, tuple[T, ...]]]) -> list[T]:
        """What is for services that may hold anything: on a local cloud, those that were called."""
        called = None if self.session.cloud is None else self.session.cloud.called()
        return [each for service, several in by_service if called is None or service in called for each in several]

    def clean(self, runs: Collection[str]) -> Cleaned:
        """Deletes what is of these runs. Raises LocalCloudDied's cause when the local cloud is gone."""
        cleaned = Cleaned()
        for pause in (*(_PAUSES if self.session.target == "aws" else ()), None):
            before = len(cleaned.gone)
            cleaned.left.clear()
            for stop in self.among(_STOPS):
                with suppress(*refusals()):  # what it would have stopped is deleted, or named, below
                    stop(self, runs)
            for each in self.found():
                if (
                    each.run in runs
                    and each.said.startswith("role ")
                    and not all(said.startswith("role ") for said in cleaned.left)
                ):
                    cleaned.left[each.said] = "what is left is known by it"
                elif each.run in runs:
                    self._delete(each, cleaned)
            cleaned.unseen = dict(self.unseen)
            remaining = [each for each in self.found() if each.run in runs] if cleaned.gone or cleaned.left else []
            for each in remaining:
                cleaned.left.setdefault(each.said, "AWS still lists it")
            if not cleaned.left or (pause is None and len(cleaned.gone) == before):
                break
            if pause is not None:
                with status.doing(f"AWS still has {len(cleaned.left)} resources; asking again in {pause} s"):
                    time.sleep(pause)
        return cleaned

    def _delete(self, each: Found, cleaned: Cleaned) -> None:
        try:
            each.delete()
        except refusals() as problem:
            self._check_cloud(problem)
            if not _is_gone(problem):
                cleaned.left[each.said] = _first_line(problem)
                return
        if each.said not in cleaned.gone:
            cleaned.gone.append(each.said)

    def _check_cloud(self, problem: Exception) -> None:
        if self.session.cloud is not None and not self.session.cloud.alive:
            raise problem

    @cached_property
    def roles(self) -> dict[str, str]:
        """ARN of each role of the workshop -> the run that it is of."""
        iam, arns = self.client("iam"), [item["Arn"] for item in self.pages("iam", "list_roles", "Roles")]
        tagged = self.ours(arns, lambda arn: iam.list_role_tags(RoleName=arn.rpartition("/")[2])["Tags"])
        return {arn: run for _, arn, run in tagged}

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        pages = self.client(service).get_paginator(operation).paginate(**parameters)
        return [item for page in pages for item in page.get(key, [])]

    def executions(self, machine: str, **filters: str) -> list[str]:
        """ARNs of the executions of a Standard workflow, filtered as ListExecutions does."""
        found = self.pages("stepfunctions", "list_executions", "executions", stateMachineArn=machine, **filters)
        return [execution["executionArn"] for execution in found]

    def history(self, execution: str) -> list[Any]:
        """An execution's events."""
        return self.pages("stepfunctions", "get_execution_history", "events", executionArn=execution)


Finder = Callable[[Account], Iterator[Found]]


def _snake(name: str) -> str:
    from botocore import xform_name

    return str(xform_name(name))


def _is_gone(problem: Exception) -> bool:
    return any(gone in f"{problem}" for gone in _GONE)


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]


def machines(account: Account) -> Iterator[tuple[str, str, str, str]]:
    """Run, name, ARN and type of each state machine."""
    client = account.client("stepfunctions")
    items = account.pages("stepfunctions", "list_state_machines", "stateMachines")
    kinds = {item["stateMachineArn"]: item["type"] for item in items}
    for name, arn, run in account.ours(kinds, lambda arn: client.list_tags_for_resource(resourceArn=arn)["tags"]):
        yield run, name, arn, kinds[arn]


def _cost(account: Account, run: str) -> costs.Cost:
    """What a run has cost since the last clean_up; nothing when no execution of it is there."""
    session, cost = account.session, Counter[str]()
    for part in account.among((("stepfunctions", (_cost_of_executions,)), ("sagemaker", (_cost_of_jobs,)))):
        cost += part(account, run)
    cost = cost and cost + session.spent_by_calls
    session.spent_by_calls, session.spent_by_runs = Counter(), Counter()
    return cost


def _cost_of_executions(account: Account, run: str) -> costs.Cost:
    """Children of a Distributed Map cost what the first of them does."""
    cost, client = Counter[str](), account.client("stepfunctions")

    for owner, _, machine, kind in machines(account):
        if owner == run and kind == "STANDARD":
            for execution in account.executions(machine):
                cost += costs.of_history(account.history(execution))
                for map_run in client.list_map_runs(executionArn=execution)["mapRuns"]:
                    arn = map_run["mapRunArn"]
                    children = client.list_executions(mapRunArn=arn, maxResults=1)["executions"]
                    number = client.describe_map_run(mapRunArn=arn)["executionCounts"]["total"]
                    with suppress(client.exceptions.ClientError):  # of an Express child there is no history
                        for child in children:
                            each = costs.of_history(account.history(child["executionArn"]))
                            cost += Counter({name: dollars * number for name, dollars in each.items()})
    return cost


def _cost_of_jobs(account: Account, run: str) -> costs.Cost:
    cost = Counter[str]()
    for jobs in (_jobs(account, "TrainingJob"), _jobs(account, "ProcessingJob"), _transforms(account)):
        for owner, job in jobs:
            if owner == run:
                cost += costs.of_job(job)
    return cost


def _stop_executions(account: Account, runs: Collection[str]) -> None:
    """They would go on making what is deleted; and till they have ended the name of their machine stays taken."""
    client = account.client("stepfunctions")
    for run, _, arn, kind in machines(account):
        if run in runs and kind == "STANDARD":
            for execution in account.executions(arn, statusFilter="RUNNING"):
                client.stop_execution(executionArn=execution, cause="clean_up")


_JOBS = ("HyperParameterTuningJob", "TrainingJob", "ProcessingJob")


def _jobs(account: Account, kind: str, **parameters: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Run and description of each of SageMaker's jobs of a kind that ran as one of the workshop's roles."""
    if not account.roles:
        return
    describe = account.method("sagemaker", f"Describe{kind}")
    named = {"NameContains": PREFIX}  # also the SDK's, which begin with "estimator-"
    for item in account.pages("sagemaker", _snake(f"List{kind}s"), f"{kind}Summaries", **named, **parameters):
        name = item[f"{kind}Name"]
        job = describe(**{f"{kind}Name": name})
        run = account.roles.get(job.get("TrainingJobDefinition", job).get("RoleArn"))
        if run is not None:
            yield run, job


def _transforms(account: Account, **parameters: Any) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Run and description of each transform job: its run is its model's."""
    client = account.client("sagemaker")
    for item in account.pages("sagemaker", "list_transform_jobs", "TransformJobSummaries", **parameters):
        job = client.describe_transform_job(TransformJobName=item["TransformJobName"])
        yield _model_run(account, job["ModelName"]), job


def _stop_jobs(account: Account, runs: Collection[str]) -> None:
    client = account.client("sagemaker")
    for kind in _JOBS:
        stop = account.method("sagemaker", f"Stop{kind}")
        for run, job in _jobs(account, kind, StatusEquals="InProgress"):
            if run in runs:
                stop(**{f"{kind}Name": job[f"{kind}Name"]})
    for owner, job in _transforms(account, StatusEquals="InProgress"):
        if owner in runs:
            client.stop_transform_job(TransformJobName=job["TransformJobName"])


#: What is stopped before anything is deleted.
_STOPS = (("stepfunctions", (_stop_executions,)), ("sagemaker", (_stop_jobs,)))


def _model_run(account: Account, name: str) -> str | None:
    client = account.client("sagemaker")
    try:
        described = client.describe_model(ModelName=name)
    except client.exceptions.ClientError:  # it is gone
        return None
    tags = client.list_tags(ResourceArn=described["ModelArn"])["Tags"]
    run = account.roles.get(described.get("ExecutionRoleArn"))
    return run if run is not None else account.run_of(name if name.startswith(PREFIX) else "", tags)


def _config_run(account: Account, name: str) -> str | None:
    """The run of an endpoint's configuration: by its tags, or by the model that it serves."""
    client = account.client("sagemaker")
    try:
        described = client.describe_endpoint_config(EndpointConfigName=name)
    except client.exceptions.ClientError:
        return None
    run = account.run_of(name, client.list_tags(ResourceArn=described["EndpointConfigArn"])["Tags"])
    models = [variant.get("ModelName") for variant in described["ProductionVariants"]]
    found = (_model_run(account, model) for model in models if model)
    return run if run is not None else next((each for each in found if each is not None), None)


def _endpoints(account: Account) -> Iterator[Found]:
    client = account.client("sagemaker")
    for item in account.pages("sagemaker", "list_endpoints", "Endpoints"):
        name = item["EndpointName"]
        run = account.run_of(name, client.list_tags(ResourceArn=item["EndpointArn"])["Tags"])
        if run is None and account.roles:
            config = client.describe_endpoint(EndpointName=name)["EndpointConfigName"]
            run = _config_run(account, config)
        if run is not None:
            yield Found(f"endpoint {name}", run, partial(client.delete_endpoint, EndpointName=name))


def _endpoint_configs(account: Account) -> Iterator[Found]:
    delete = account.client("sagemaker").delete_endpoint_config
    for item in account.pages("sagemaker", "list_endpoint_configs", "EndpointConfigs"):
        name = item["EndpointConfigName"]
        run = _config_run(account, name)
        if run is not None:
            yield Found(f"endpoint config {name}", run, partial(delete, EndpointConfigName=name))


def _models(account: Account) -> Iterator[Found]:
    delete = account.client("sagemaker").delete_model
    for item in account.pages("sagemaker", "list_models", "Models"):
        run = _model_run(account, item["ModelName"])
        if run is not None:
            yield Found(f"model {item['ModelName']}", run, partial(delete, ModelName=item["ModelName"]))


def _delivery_streams(account: Account) -> Iterator[Found]:
    client = account.client("firehose")
    names = client.list_delivery_streams(Limit=10_000)["DeliveryStreamNames"]
    for name, _, run in account.ours(
        names, lambda name: client.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"]
    ):
        yield Found(f"delivery stream {name}", run, partial(client.delete_delivery_stream, DeliveryStreamName=name))


def _streams(account: Account) -> Iterator[Found]:
    client = account.client("kinesis")
    names = account.pages("kinesis", "list_streams", "StreamNames")
    for name, _, run in account.ours(names, lambda name: client.list_tags_for_stream(StreamName=name)["Tags"]):
        yield Found(f"stream {name}", run, partial(client.delete_stream, StreamName=name))


def _state_machines(account: Account) -> Iterator[Found]:
    delete = account.client("stepfunctions").delete_state_machine
    for run, name, arn, _ in machines(account):
        yield Found(f"state machine {name}", run, partial(delete, stateMachineArn=arn))


def _activities(account: Account) -> Iterator[Found]:
    client = account.client("stepfunctions")
    arns = [item["activityArn"] for item in account.pages("stepfunctions", "list_activities", "activities")]
    for name, arn, run in account.ours(arns, lambda arn: client.list_tags_for_resource(resourceArn=arn)["tags"]):
        yield Found(f"activity {name}", run, partial(client.delete_activity, activityArn=arn))


def _functions(account: Account) -> Iterator[Found]:
    client, logs = account.client("lambda"), account.client("logs")

    def delete(name: str) -> None:
        for mapping in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            with suppress(client.exceptions.ResourceInUseException):  # being made or deleted: it goes with its function
                client.delete_event_source_mapping(UUID=mapping["UUID"])
        with suppress(logs.exceptions.ResourceNotFoundException):  # it never ran
            logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")
        client.delete_function(FunctionName=name)

    arns = [item["FunctionArn"] for item in account.pages("lambda", "list_functions", "Functions")]
    for name, _, run in account.ours(arns, lambda arn: client.list_tags(Resource=arn)["Tags"]):
        yield Found(f"function {name} and its logs", run, partial(delete, name))


def _rules(account: Account) -> Iterator[Found]:
    client = account.client("events")

    def delete(name: str) -> None:
        targets = [target["Id"] for target in client.list_targets_by_rule(Rule=name)["Targets"]]
        if targets:
            client.remove_targets(Rule=name, Ids=targets)
        client.delete_rule(Name=name)

    arns = [item["Arn"] for item in client.list_rules(NamePrefix=PREFIX)["Rules"]]
    for name, _, run in account.ours(arns, lambda arn: client.list_tags_for_resource(ResourceARN=arn)["Tags"]):
        yield Found(f"rule {name}", run, partial(delete, name))


def _schedule_groups(account: Account) -> Iterator[Found]:
    """With their schedules, which have no tags."""
    client = account.client("scheduler")
    groups = account.pages("scheduler", "list_schedule_groups", "ScheduleGroups", NamePrefix=PREFIX)
    arns = [item["Arn"] for item in groups if item["State"] != "DELETING"]
    for name, _, run in account.ours(arns, lambda arn: client.list_tags_for_resource(ResourceArn=arn)["Tags"]):
        yield Found(f"schedules {name}", run, partial(client.delete_schedule_group, Name=name))


def _catalog(account: Account) -> Iterator[Found]:
    """Databases of the Data Catalog, which keep the tag as a parameter, and the crawlers that fill them.

    Their names have underscores: in SQL a hyphen is a minus.
    """
    client = account.client("glue")
    ours = {}
    for item in account.pages("glue", "get_databases", "DatabaseList"):
        if item["Name"].startswith(PREFIX.replace("-", "_")):
            run = account.run_of(item["Name"], item.get("Parameters", {}))
            if run is not None:
                ours[item["Name"]] = run
    for crawler in account.pages("glue", "get_crawlers", "Crawlers"):
        name = crawler["Name"]
        run = ours.get(crawler.get("DatabaseName"), account.run_of(name, []))
        if name.startswith(PREFIX) and run is not None:
            yield Found(f"crawler {name}", run, partial(client.delete_crawler, Name=name))
    for name, run in ours.items():
        yield Found(f"database {name} and its tables", run, partial(client.delete_database, Name=name))


def _tables(account: Account) -> Iterator[Found]:
    client = account.client("dynamodb")
    for name in account.pages("dynamodb", "list_tables", "TableNames"):
        if name.startswith(PREFIX):
            described = client.describe_table(TableName=name)["Table"]
            run = account.run_of(name, client.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"])
            if run is not None and described["TableStatus"] != "DELETING":
                yield Found(f"table {name}", run, partial(client.delete_table, TableName=name))


def _topics(account: Account) -> Iterator[Found]:
    client = account.client("sns")
    arns = [item["TopicArn"] for item in account.pages("sns", "list_topics", "Topics")]
    for name, arn, run in account.ours(arns, lambda arn: client.list_tags_for_resource(ResourceArn=arn)["Tags"]):
        yield Found(f"topic {name}", run, partial(client.delete_topic, TopicArn=arn))


def _queues(account: Account) -> Iterator[Found]:
    client = account.client("sqs")
    urls = account.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=PREFIX)
    for name, url, run in account.ours(urls, lambda url: client.list_queue_tags(QueueUrl=url).get("Tags", {})):
        yield Found(f"queue {name}", run, partial(client.delete_queue, QueueUrl=url))


def _transcription_jobs(account: Account) -> Iterator[Found]:
    """By the bucket that the recording lies in: they are named after executions, and have no tags."""
    if account.session.target == "local":  # a record like an execution's: both end with the cloud
        return
    client = account.client("transcribe")
    buckets = dict(_our_buckets(account))
    token: dict[str, str] = {}
    while buckets:
        page = client.list_transcription_jobs(**token)
        for item in page["TranscriptionJobSummaries"]:
            name = item["TranscriptionJobName"]
            job = client.get_transcription_job(TranscriptionJobName=name)["TranscriptionJob"]
            bucket = job.get("Media", {}).get("MediaFileUri", "").removeprefix("s3://").partition("/")[0]
            if bucket in buckets:
                delete = partial(client.delete_transcription_job, TranscriptionJobName=name)
                yield Found(f"transcription job {name}", buckets[bucket], delete)
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def _our_buckets(account: Account) -> Iterator[tuple[str, str]]:
    """Name and run of each bucket in this region."""
    client = account.client("s3")
    for item in client.list_buckets()["Buckets"]:
        name = item["Name"]
        if name.startswith(PREFIX) and account.session.region in name:
            try:
                tags = client.get_bucket_tagging(Bucket=name)["TagSet"]
            except client.exceptions.ClientError:  # NoSuchTagSet
                tags = []
            run = account.run_of(name, tags)
            if run is not None:
                yield name, run


def _buckets(account: Account) -> Iterator[Found]:
    client = account.client("s3")

    def delete(name: str) -> None:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if keys:
                client.delete_objects(Bucket=name, Delete={"Objects": keys})
        client.delete_bucket(Bucket=name)

    for name, run in _our_buckets(account):
        yield Found(f"bucket {name} and what was in it", run, partial(delete, name))


def _sagemaker_jobs(account: Account) -> Iterator[Found]:
    """Whose names stay taken else. A transform job cannot be deleted; it costs nothing."""
    if account.session.target == "local":  # a record like an execution's: both end with the cloud
        return
    for kind in _JOBS:
        for run, job in _jobs(account, kind):
            name = job[f"{kind}Name"]
            delete = partial(account.method("sagemaker", f"Delete{kind}"), **{f"{kind}Name": name})
            yield Found(f"{_snake(kind).replace('_', ' ')} {name}", run, delete)


#: Log groups that AWS makes once for all of an account, whosever a job or a crawler is: in them, streams are deleted.
SHARED_LOGS = (
    "/aws/sagemaker/TrainingJobs",
    "/aws/sagemaker/ProcessingJobs",
    "/aws/sagemaker/TransformJobs",
    "/aws-glue/crawlers",
)


def _logs(account: Account) -> Iterator[Found]:
    """By their names, which end in, or go on after, the id of a run: logs have no tags, and outlive who wrote them.

    Who is being deleted may write its last lines yet, and its log group is there again: then it is found again.
    """
    if account.session.target == "local":  # what is no function's ends with the cloud
        return
    client = account.client("logs")

    def run_of(name: str) -> str | None:
        return next((run for run in account.runs if f"-{run}" in name), None)

    for prefix in ("/aws/lambda/", "/aws/sagemaker/Endpoints/"):
        for item in account.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix + PREFIX):
            name = item["logGroupName"]
            if (run := run_of(name)) is not None:
                yield Found(f"log group {name}", run, partial(client.delete_log_group, logGroupName=name))
    for group, start in product(SHARED_LOGS, (PREFIX, f"estimator-{PREFIX}")):  # the latter by TrainingPipeline
        within, asked = {"logGroupName": group}, ("logs", "describe_log_streams", "logStreams")
        with suppress(client.exceptions.ResourceNotFoundException):  # nobody has run such a job here
            for item in account.pages(*asked, **within, logStreamNamePrefix=start):
                name = item["logStreamName"]
                if (run := run_of(name)) is not None:
                    delete = partial(client.delete_log_stream, **within, logStreamName=name)
                    yield Found(f"log stream {name}", run, delete)


def _roles(account: Account) -> Iterator[Found]:
    client = account.client("iam")

    def delete(name: str) -> None:
        for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
            client.delete_role_policy(RoleName=name, PolicyName=policy)
        client.delete_role(RoleName=name)

    for arn, run in sorted(account.roles.items()):
        name = arn.rpartition("/")[2]
        yield Found(f"role {name}", run, partial(delete, name))


#: What is deleted, in this order: what bills by the hour first; roles last, as by them untagged things are known.
_FINDERS: tuple[tuple[str, tuple[Finder, ...]], ...] = (
    ("sagemaker", (_endpoints,)),
    ("kinesis", (_streams,)),
    ("firehose", (_delivery_streams,)),
    ("scheduler", (_schedule_groups,)),
    ("events", (_rules,)),
    ("stepfunctions", (_state_machines, _activities)),
    ("lambda", (_functions,)),
    ("sagemaker", (_endpoint_configs, _models)),
    ("glue", (_catalog,)),
    ("dynamodb", (_tables,)),
    ("sns", (_topics,)),
    ("sqs", (_queues,)),
    ("transcribe", (_transcription_jobs,)),
    ("sagemaker", (_sagemaker_jobs,)),
    ("logs", (_logs,)),
    ("s3", (_buckets,)),
    ("iam", (_roles,)),
)
