"""What a workflow, a function and a job must be allowed, read off the definition, the code, the request.

A name that stands there makes a permission on that one thing; one that is made up at run time, on all things with a
name of this run's. What each integration needs is in the developer guide of Step Functions, "IAM policies for
integrated services"; SDK integrations need the action of their name. The Service Authorization Reference says on what.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

#: An action, and the resource that it is needed on, in which {partition}, {region}, {account} and {run} are open.
Permission = tuple[str, str]


class Call(NamedTuple):
    """What a Resource calls: "textract", "analyzeExpense", and "", "sync", "sync:2" or "waitForTaskToken"."""

    service: str
    action: str
    pattern: str


class Needed(NamedTuple):
    """What is needed, sorted.

    Attributes:
        states: by the workflow's role.
        jobs: by the role of the jobs and models that it makes.
        unknown: services that are called, and of which nothing is known here.
    """

    states: list[Permission]
    jobs: list[Permission]
    unknown: list[str]


#: What has no name to be known by has one of this run's.
ANY = "workshop-*{run}*"
_ARN = "arn:{{partition}}:{service}:{{region}}:{{account}}:"

#: Service -> the member of a request that names what it is about, and how that stands in an ARN; {} is the name.
_NAMED = {
    "dynamodb": ("TableName", "table/{}"),
    "glue": ("Name", "crawler/{}"),
    "lambda": ("FunctionName", "function:{}"),
    "sns": ("TopicArn", "{}"),
    "sqs": ("QueueUrl", "{}"),
    "states": ("StateMachineArn", "stateMachine:{}"),
}
_SAGEMAKER = {
    "EndpointConfig": "endpoint-config",
    "Endpoint": "endpoint",
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    "Model": "model",
    "ProcessingJob": "processing-job",
    "TrainingJob": "training-job",
    "TransformJob": "transform-job",
}
#: Services without anything that a permission could be bound to, but for the objects that they read.
_UNBOUND = {"comprehend", "polly", "rekognition", "textract", "transcribe"}

#: The service's name in an SDK integration, where IAM has another; actions whose permission has another name.
_PREFIXES = {"sagemakerruntime": "sagemaker", "sfn": "states"}
_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:CopyObject": "s3:PutObject",
}

#: Of what is waited for by `.sync`, the rule of EventBridge that tells of its end.
_RULES = {
    "HyperParameterTuningJob": "SageMakerTuningJobs",
    "ProcessingJob": "SageMakerProcessingJobs",
    "TrainingJob": "SageMakerTrainingJobs",
    "TransformJob": "SageMakerTransformJobs",
    "Execution": "StepFunctionsExecution",
}


def call_of(resource: str) -> Call:
    """What a Resource calls; of an activity the service is "activity"."""
    parts = resource.split(":")
    if len(parts) > 2 and parts[2] == "lambda":
        return Call("lambda", "invoke", "")
    if "activity" in parts:
        return Call("activity", "", "waitForTaskToken")
    service, _, rest = resource.rpartition(":states:::")[2].removeprefix("aws-sdk:").partition(":")
    action, _, pattern = rest.partition(".")
    return Call(service, action, pattern)


def of_definition(definition: str, name: str) -> Needed:
    """What a state machine's executions need.

    Args:
        definition: Amazon States Language, as JSON text.
        name: of the state machine, by which the children of a Distributed Map are known.
    """
    states: set[Permission] = set()
    jobs: set[Permission] = set()
    unknown: set[str] = set()
    whole = json.loads(definition)
    for call in _calls(whole):
        found = _of_call(call["Resource"], call.get("Parameters") or call.get("Arguments") or {})
        states |= found[0]
        jobs |= found[1]
        unknown |= found[2]
    if any(state.get("Mode") == "DISTRIBUTED" for state in _dicts(whole)):
        execution = f"arn:{{partition}}:states:{{region}}:{{account}}:execution:{name}"
        states.add(("states:StartExecution", _arn("states", "stateMachine:{}", name)))
        states |= {(f"states:{action}Execution", f"{execution}/*") for action in ("Describe", "Stop", "Redrive")}
    return Needed(sorted(states), sorted(jobs), sorted(unknown))


def of_request(action: str, parameters: Mapping[str, Any]) -> list[Permission]:
    """What the job or model of a request of SageMaker's needs that the kernel makes itself."""
    return sorted(_of_sagemaker(action, parameters)[1])


def of_function(sources: Iterable[str], name: str, environment: Mapping[str, str] | None = None) -> list[Permission]:
    """What a function needs: what its code calls of boto3, and its log.

    Args:
        sources: Python text. Seen are calls of the methods of what `boto3.client` and `boto3.resource` gave, on what
            their code names: as a text, or as one of the environment's.
        name: the function's.
        environment: its variables.
    """
    group = f"arn:{{partition}}:logs:{{region}}:{{account}}:log-group:/aws/lambda/{name}"
    needed = {(f"logs:{action}", f"{group}:*") for action in ("CreateLogStream", "PutLogEvents")}
    needed.add(("logs:CreateLogGroup", group))
    for source in sources:
        tree = ast.parse(source)
        for service, action in _boto3_calls(tree):
            prefix = _PREFIXES.get(service, service)
            member = "Bucket" if prefix == "s3" else _NAMED.get(prefix, ("",))[0]
            resource = f"arn:aws:states:::aws-sdk:{service}:{action[:1].lower()}{action[1:]}"
            for named in _values(tree, member, environment or {}) or [None]:
                needed |= _of_call(resource, {member: named} if named else {})[0]
            if service in _UNBOUND:  # with the function's right to the objects
                needed.add(("s3:GetObject", f"arn:{{partition}}:s3:::{ANY}/*"))
    return sorted(needed)


def of_event_source(arn: str) -> list[Permission]:
    """What a function needs whose events Lambda reads from a queue or a stream (Lambda developer guide)."""
    service = arn.split(":")[2]
    actions = {
        "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
        "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "DescribeStreamSummary", "ListShards"),
        "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream"),
    }[service]
    return [(f"{service}:{action}", arn) for action in actions]


def of_destination(arn: str) -> list[Permission]:
    """What a function needs for Lambda to send there what it did, or gave up."""
    service = arn.split(":")[2]
    action = {"lambda": "InvokeFunction", "events": "PutEvents", "sns": "Publish", "sqs": "SendMessage"}[service]
    return [(f"{service}:{action}", arn)]


# ---- definitions


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _dicts(each)


def _calls(definition: Any) -> Iterator[dict[str, Any]]:
    """What has a Resource: tasks, readers and writers, wherever they are."""
    for each in _dicts(definition):
        if isinstance(each.get("Resource"), str):
            yield each


def _of_call(resource: str, given: Any) -> tuple[set[Permission], set[Permission], set[str]]:
    """What the states' and the jobs' role need, and a service that is unknown."""
    parameters: Mapping[str, Any] = given if isinstance(given, dict) else {}
    nothing: tuple[set[Permission], set[Permission], set[str]] = (set(), set(), set())
    if ":function:" in resource:
        return {("lambda:InvokeFunction", _open(resource))}, set(), set()
    call = call_of(resource)
    if ":states:::" not in resource or not call.action:  # an activity, or nothing that Step Functions knows
        return nothing
    service = _PREFIXES.get(call.service, call.service)
    action = call.action[:1].upper() + call.action[1:]
    waits = call.pattern.startswith("sync")
    if service == "sagemaker":
        states, jobs = _of_sagemaker(action, parameters, waits=waits)
        kind = action.removeprefix("Create")
        if waits:
            name = _name_of_sagemaker(kind, parameters)
            states |= {(f"sagemaker:{verb}{kind}", name) for verb in ("Describe", "Stop")} | _rule(kind)
        return states, jobs, set()
    own: Any = {
        "athena": _of_athena,
        "events": _of_events,
        "s3": _of_s3,
    }.get(service)
    if own is not None:
        return own(action, parameters, waits), set(), set()
    if service in _UNBOUND:
        return {(f"{service}:{action}", "*"), *_objects(parameters)}, set(), set()
    if service not in _NAMED:
        return set(), set(), {service}
    member, form = _NAMED[service]
    named = _literal(parameters, member)
    permission = _ACTIONS.get(f"{service}:{action}", f"{service}:{action}")
    if service == "states":
        return _of_states(action, named, waits), set(), set()
    names: list[str | None] = [named]
    if service == "dynamodb" and "TableName" not in parameters:  # those of a batch, or of a transaction
        requested = parameters.get("RequestItems")
        tables = [each.get("TableName") for each in _dicts(parameters)]
        tables += requested if isinstance(requested, dict) else ()
        names = [each for each in tables if isinstance(each, str)] or [None]
    return {(permission, _arn(service, form, each)) for each in names}, set(), set()


def _literal(parameters: Mapping[str, Any], member: str) -> str | None:
    """A member's value, where it stands as it is; None when it is made at run time."""
    value = parameters.get(member)
    return value if isinstance(value, str) and not value.startswith("{%") else None


def _open(arn: str) -> str:
    """An ARN that stands in a definition, as a form."""
    return arn.replace("{", "").replace("}", "")


def _arn(service: str, form: str, name: str | None) -> str:
    if name is not None and name.startswith("arn:"):
        if name.count(":") >= 5:
            return _open(name)
        name = None  # no ARN: Step Functions says so, and IAM need not
    if name is not None and service == "sqs":
        name = name.rpartition("/")[2]
    return _ARN.format(service=service) + form.format(ANY if name is None else _open(name))


def _of_states(action: str, machine: str | None, waits: bool) -> set[Permission]:
    if action != "StartExecution":
        return {(f"states:{action}", _arn("states", "execution:{}", None))}
    if machine is not None:  # a version or an alias is covered by its state machine
        machine = ":".join(machine.split(":")[:7])
    needed = {("states:StartExecution", _arn("states", "stateMachine:{}", machine))}
    if waits:
        executions = _arn("states", "stateMachine:{}", machine).replace(":stateMachine:", ":execution:") + ":*"
        needed |= {(f"states:{each}Execution", executions) for each in ("Describe", "Stop")} | _rule("Execution")
    return needed


def _rule(kind: str) -> set[Permission]:
    rule = f"arn:{{partition}}:events:{{region}}:{{account}}:rule/StepFunctionsGetEventsFor{_RULES[kind]}Rule"
    return {(f"events:{action}", rule) for action in ("PutTargets", "PutRule", "DescribeRule")}


def _of_events(_action: str, parameters: Mapping[str, Any], _waits: bool) -> set[Permission]:
    entries = parameters.get("Entries")
    buses = (
        {_literal(each, "EventBusName") or "default" for each in entries if isinstance(each, dict)}
        if isinstance(entries, list)
        else {"default"}
    )
    return {("events:PutEvents", _arn("events", "event-bus/{}", each)) for each in buses}


def _bucket(parameters: Mapping[str, Any], member: str = "Bucket") -> str:
    return f"arn:{{partition}}:s3:::{_literal(parameters, member) or ANY}"


def _of_s3(action: str, parameters: Mapping[str, Any], _waits: bool) -> set[Permission]:
    bucket = _bucket(parameters)
    permission = _ACTIONS.get(f"s3:{action}", f"s3:{action}")
    needed = {(permission, bucket if permission == "s3:ListBucket" else f"{bucket}/*")}
    if action == "CopyObject":
        needed.add(("s3:GetObject", f"arn:{{partition}}:s3:::{ANY}/*"))
    if action == "PutObject":  # what a ResultWriter writes may be large, and goes up in parts
        needed |= {(f"s3:{each}", f"{bucket}/*") for each in ("AbortMultipartUpload", "ListMultipartUploadParts")}
    return needed


def _objects(parameters: Mapping[str, Any]) -> set[Permission]:
    """The objects that an AI service reads, and writes, with the right of who calls it."""
    needed = set()
    for each in _dicts(parameters):
        for member in ("S3Object", "S3Object.$"):
            if member in each:
                inner = each[member] if isinstance(each[member], dict) else {}
                needed.add(("s3:GetObject", f"{_bucket(inner)}/*"))
        for member in ("MediaFileUri", "MediaFileUri.$", "S3Uri", "S3Uri.$"):
            if member in each:
                place = re.match(r"s3://([^/{]+)/", _literal(each, member) or "")
                needed.add(("s3:GetObject", f"arn:{{partition}}:s3:::{place[1] if place else ANY}/*"))
        if any(name.startswith("OutputBucketName") for name in each):
            needed.add(("s3:PutObject", f"{_bucket(each, 'OutputBucketName')}/*"))
    return needed


def _of_athena(action: str, parameters: Mapping[str, Any], waits: bool) -> set[Permission]:
    """With what a query does: it reads the Data Catalog and the lake, and writes its result, by its caller's right."""
    group = _arn("athena", "workgroup/{}", _literal(parameters, "WorkGroup") or "primary")
    needed = {(f"athena:{action}", group)}
    if waits:
        needed |= {(f"athena:{each}", group) for each in ("GetQueryExecution", "StopQueryExecution")}
    if action == "StartQueryExecution":
        context = parameters.get("QueryExecutionContext")
        database = _literal(context, "Database") if isinstance(context, dict) else None
        database = database or "workshop_*"
        catalog = [_arn("glue", "{}", each) for each in ("catalog", f"database/{database}", f"table/{database}/*")]
        needed |= {(f"glue:Get{each}", place) for each in ("Database", "Table", "Partitions") for place in catalog}
        bucket = f"arn:{{partition}}:s3:::{ANY}"
        needed |= {(f"s3:{each}", f"{bucket}/*") for each in ("GetObject", "PutObject", "AbortMultipartUpload")}
        needed |= {(f"s3:{each}", bucket) for each in ("ListBucket", "GetBucketLocation")}
    return needed


# ---- SageMaker


def _name_of_sagemaker(kind: str, parameters: Mapping[str, Any]) -> str:
    name = _literal(parameters, f"{kind}Name")
    if name is None:  # the SDK's TrainingPipeline puts "estimator-" before it (2.3.0)
        name = ("*" if kind == "TrainingJob" else "") + ANY
    return (
        _arn("sagemaker", _SAGEMAKER[kind] + "/{}", name)
        if "{run}" not in name
        else (_ARN.format(service="sagemaker") + f"{_SAGEMAKER[kind]}/{name}")
    )


def _of_sagemaker(
    action: str, parameters: Mapping[str, Any], *, waits: bool = False
) -> tuple[set[Permission], set[Permission]]:
    kind = next((each for each in _SAGEMAKER if re.fullmatch(rf"[A-Z][a-z]+{each}", action)), None)
    if kind is None:  # InvokeEndpoint
        kind = "Endpoint" if "Endpoint" in action else None
    if kind is None:
        return {(f"sagemaker:{action}", "*")}, set()
    names = {_name_of_sagemaker(kind, parameters)}
    if action in ("CreateEndpoint", "UpdateEndpoint"):
        names.add(_name_of_sagemaker("EndpointConfig", parameters))
    states = {(f"sagemaker:{action}", each) for each in names}
    if not action.startswith("Create"):
        return states, set()
    if waits or any(member.partition(".")[0] == "Tags" for member in parameters):  # Step Functions tags jobs
        states |= {("sagemaker:AddTags", each) for each in names}
    roles = {
        _open(value) if isinstance(value, str) and value.startswith("arn:") else _ROLE
        for each in _dicts(parameters)
        for member, value in each.items()
        if member.partition(".")[0] in ("RoleArn", "ExecutionRoleArn")
    }
    states |= {("iam:PassRole", role) for role in roles}
    return states, _of_job(parameters) if roles or kind == "TransformJob" else set()


_ROLE = "arn:{partition}:iam::{account}:role/workshop-jobs{run}"


def _of_job(parameters: Mapping[str, Any]) -> set[Permission]:
    """Its data, its image, its log and metrics (SageMaker developer guide, "SageMaker AI Roles")."""
    text = json.dumps(parameters)
    buckets = set(re.findall(r"s3://([a-z0-9.-]+)", text))
    if not buckets or re.search(r'"(S3\w*|ModelDataUrl)\.\$"|s3://\{%', text):
        buckets.add(ANY)
    needed = {("s3:ListBucket", f"arn:{{partition}}:s3:::{each}") for each in buckets}
    needed |= {
        (f"s3:{action}", f"arn:{{partition}}:s3:::{each}/*")
        for each in buckets
        for action in ("GetObject", "PutObject")
    }
    needed.add(("ecr:GetAuthorizationToken", "*"))
    images = re.findall(r"(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(?:\.cn)?/([\w./-]+)", text)
    needed |= {
        (f"ecr:{action}", f"arn:{{partition}}:ecr:{region}:{account}:repository/{repository}")
        for account, region, repository in images or [("*", "*", "sagemaker-*")]
        for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
    }
    logs = "arn:{partition}:logs:{region}:{account}:log-group:/aws/sagemaker/*"
    needed |= {
        (f"logs:{each}", logs) for each in ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
    }
    needed.add(("cloudwatch:PutMetricData", "*"))
    return needed


# ---- functions


@cache
def _operations(service: str) -> dict[str, str]:
    """Method -> action of a service, and of boto3's resources those that have another name."""
    import botocore.session
    from botocore import xform_name

    model = botocore.session.Session().get_service_model(service)
    found = {xform_name(name): name for name in model.operation_names}
    if service == "dynamodb":
        found["batch_writer"] = "BatchWriteItem"
    if service == "s3":
        found |= {"upload_file": "PutObject", "upload_fileobj": "PutObject"}
        found |= {"download_file": "GetObject", "download_fileobj": "GetObject"}
    return found


def _boto3_calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Service, as SDK integrations call it, and action of each method that is named."""
    clients: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (service := _boto3_service(node.value)) is not None:
            clients |= {target.id: service for target in node.targets if isinstance(target, ast.Name)}
    pages = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get_paginator":
            pages[node.func] = str(getattr(node.args[0], "value", ""))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):  # called here, or handed on to be called
            service = clients.get(node.value.id) if isinstance(node.value, ast.Name) else _boto3_service(node.value)
            action = _operations(service).get(pages.get(node, node.attr)) if service else None
            if service and action:
                yield service.replace("-", ""), action


#: Methods of boto3 that take names by their place.
_BY_PLACE = {"upload_file", "upload_fileobj", "download_file", "download_fileobj", "copy", "Bucket", "Object"}


def _values(tree: ast.AST, member: str, environment: Mapping[str, str]) -> set[str]:
    """All that a member of requests is in a source; nothing when any of it comes about at run time."""
    nodes = list(ast.walk(tree))
    bound: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                for left, right in pairs:
                    if isinstance(left, ast.Name):
                        bound.setdefault(left.id, []).append(right)
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}

    def value(node: ast.expr) -> str | None:
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) in ("os.environ", "environ"):
            return environment.get(str(getattr(node.slice, "value", "")))
        if isinstance(node, ast.Name) and node.id not in arguments and len(bound.get(node.id, ())) == 1:
            return value(bound[node.id][0])
        return None

    found: set[str | None] = set()
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg and node.arg.lower() == member.lower():
            found.add(value(node.value))
        elif isinstance(node, ast.keyword) and node.arg in ("RequestItems", "TransactItems"):
            found.add(None)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if any(keyword.arg is None for keyword in node.keywords) or node.func.attr in _BY_PLACE:
                found.add(None)
            elif (node.func.attr, member) == ("Table", "TableName") and node.args:
                found.add(value(node.args[0]))
    return set() if None in found else {each for each in found if each}


def _boto3_service(node: ast.AST) -> str | None:
    """The service of `boto3.client("…")`, `boto3.resource("…")` or what is made of the latter: `.Table(…)`."""
    for each in ast.walk(node):
        if (
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and each.func.attr in ("client", "resource")
            and each.args
            and isinstance(each.args[0], ast.Constant)
        ):
            return str(each.args[0].value)
    return None
