"""Who may do what, when a cloud is asked to look: each call against the policies of the role that makes it.

A call of the reader's is looked at too: what the reader may do is handed over when the cloud starts. What a call needs
is in AWS's Service Authorization Reference, one page a service; here by the members of its request that name something.
Not looked at: whether a role's trust policy lets the service take it on, and policies of resources.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.acting import READER
from localcloud.door import permissions
from localcloud.door.wire import ServiceError

Parameters = Mapping[str, Any]

#: Services that read what they are pointed to with the rights of their caller (forward access sessions).
FORWARDING = frozenset({"athena", "comprehend", "rekognition", "textract", "transcribe"})

#: The prefix of a service's actions where it is not botocore's name.
_PREFIXES = {
    "dynamodbstreams": "dynamodb",
    "sagemaker-runtime": "sagemaker",
    "stepfunctions": "states",
}

#: Calls whose permission has another name, and those that need none.
_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListParts": "s3:ListMultipartUploadParts",
    "s3:PostObject": "s3:PutObject",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:UploadPart": "s3:PutObject",
    "s3:UploadPartCopy": "s3:PutObject",
}
_FREE = frozenset({"sts:GetCallerIdentity"})

#: Of SageMaker, members that name a resource, and what it is called in its ARN.
_SAGEMAKER = {
    "EndpointConfigName": "endpoint-config",
    "EndpointName": "endpoint",
    "HyperParameterTuningJobName": "hyper-parameter-tuning-job",
    "ModelName": "model",
    "ProcessingJobName": "processing-job",
    "TrainingJobName": "training-job",
    "TransformJobName": "transform-job",
}

#: Service -> member of a request -> the resource that it names, as the end of an ARN. What is an ARN already is taken
#: as it is. The first member that a request has counts; a call with none of them has no resource.
_NAMED: Mapping[str, Mapping[str, str]] = {
    "events": {"Rule": "rule/{}", "Name": "rule/{}", "ResourceARN": "{}"},
    "firehose": {"DeliveryStreamName": "deliverystream/{}"},
    "lambda": {"FunctionName": "function:{}", "Resource": "{}"},
    "logs": {"logGroupName": "log-group:{}", "logGroupNamePrefix": "log-group:{}"},
    "sns": {"TopicArn": "{}", "ResourceArn": "{}", "Name": "{}"},
    "sqs": {"QueueUrl": "{}", "QueueName": "{}"},
    "states": {
        "stateMachineArn": "{}",
        "stateMachineVersionArn": "{}",
        "stateMachineAliasArn": "{}",
        "executionArn": "{}",
        "mapRunArn": "{}",
        "activityArn": "{}",
        "resourceArn": "{}",
    },
}

#: Actions of these services that have no resource though they name one.
_UNBOUND = re.compile(
    r"lambda:(Get|Update|Delete|Create)EventSourceMapping|lambda:ListEventSourceMappings|lambda:ListLayer.*"
    r"|states:(ListStateMachines|ListActivities|ValidateStateMachineDefinition|TestState|SendTask.*)"
    r"|sns:(ListTopics|ListSubscriptions|Unsubscribe)|sqs:ListQueues|events:(ListRules|TestEventPattern)"
)

#: Members that name a role which the called service is to take on.
_ROLES = ("roleArn", "RoleArn", "RoleARN", "Role", "ExecutionRoleArn", "DataAccessRoleArn")
_PASSED_TO = {"stepfunctions": "states"}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a call's maker must be allowed.

    Attributes:
        action: e.g. "s3:GetObject".
        resource: an ARN, or "*".
        context: condition keys.
    """

    action: str
    resource: str
    context: Mapping[str, str]


class Guard:
    """Looks at calls.

    Args:
        account_id: whose resources they are about.
        reader: the policy of who uses the cloud.
        policies_of: the ARN of a role -> its policies' documents.
    """

    def __init__(
        self, account_id: str, reader: Mapping[str, Any], policies_of: Callable[[str], Iterable[Mapping[str, Any]]]
    ) -> None:
        self._account_id, self._reader, self._policies_of = account_id, reader, policies_of

    def check(self, role: str | None, service: str, action: str, region: str, parameters: Parameters) -> None:
        """Look at one call.

        Args:
            role: the ARN of the role that makes it, or READER; None for the cloud itself, which may.
            service, action, parameters: of the call, in botocore's names.
            region: where.

        Raises:
            ServiceError: AWS's for what is denied.
        """
        if role is not None:
            for need in self.needs(service, action, region, parameters):
                self._require(role, need, service)
        if action in ("CreateStateMachine", "UpdateStateMachine") and "definition" in parameters:
            self._check_managed_rules(parameters, region)

    def require(self, role: str, action: str, resource: str) -> None:
        """Raise ServiceError unless a role may do something for which no call is made."""
        self._require(role, Need(action, resource, {}), action.partition(":")[0])

    def _require(self, role: str, need: Need, service: str) -> None:
        """The words: IAM User Guide, "Troubleshoot access denied error messages"; the code: the called service's."""
        decision = self._decision(role, need.action, need.resource, need.context)
        if decision == "allowed":
            return
        who = f"arn:aws:iam::{self._account_id}:user/reader"
        if role != READER:
            who = f"arn:aws:sts::{self._account_id}:assumed-role/{role.rpartition('/')[2]}/session"
        why = f"because no identity-based policy allows the {need.action} action"
        if decision == "denied":
            why = "with an explicit deny in an identity-based policy"
        about = f'"{need.resource}"' if need.action.startswith("s3:") else need.resource
        code = _CODES.get(service, "AccessDeniedException")
        message = f"User: {who} is not authorized to perform: {need.action} on resource: {about} {why}"
        raise ServiceError(code, message, status=403 if service in _FORBIDDEN else 400)

    def _decision(self, role: str, action: str, resource: str, context: Mapping[str, str]) -> permissions.Decision:
        documents = [self._reader] if role == READER else self._policies_of(role)
        known = {"aws:PrincipalAccount": self._account_id, "aws:ResourceAccount": self._account_id}
        return permissions.decide(documents, action, resource, {**known, **context})

    def _check_managed_rules(self, parameters: Parameters, region: str) -> None:
        """A role whose workflow waits for a job by `.sync` must be able to make the rule that tells of its end.

        https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
        """
        role = parameters.get("roleArn")
        if role is None:
            return
        for resource, rule in MANAGED_RULES.items():
            if f"states:::{resource}" in parameters["definition"]:
                arn = f"arn:aws:events:{region}:{self._account_id}:rule/{rule}"
                needed = [f"events:{each}" for each in ("PutTargets", "PutRule", "DescribeRule")]
                if any(self._decision(role, each, arn, {}) != "allowed" for each in needed):
                    raise ServiceError("AccessDeniedException", f"'{role}' is not authorized to create managed-rule.")

    # ---- what a call needs

    def needs(self, service: str, action: str, region: str, parameters: Parameters) -> Iterator[Need]:
        """Everything that a call's maker must be allowed."""
        name = _PREFIXES.get(service, service)
        permission = _ACTIONS.get(f"{name}:{action}", f"{name}:{action}")
        if permission in _FREE:
            return
        context = {"aws:RequestedRegion": region}
        for resource in self._resources(name, action, region, parameters):
            yield Need(permission, resource, context)
        if service == "s3" and "CopySource" in parameters:
            yield Need("s3:GetObject", f"arn:aws:s3:::{parameters['CopySource']}", context)
        if service == "sagemaker" and action.startswith("Create") and parameters.get("Tags"):
            for resource in self._resources(name, action, region, parameters):
                yield Need("sagemaker:AddTags", resource, context)
        targets = [parameters, parameters.get("Target"), *(parameters.get("Targets") or ())]
        targets += [value for key, value in parameters.items() if key.endswith("Configuration")]
        targets += [value for key, value in parameters.items() if key == "TrainingJobDefinition"]
        for role in {each[key] for each in targets if isinstance(each, dict) for key in _ROLES if each.get(key)}:
            # A role that stays as it is was passed before.
            if ":role/" in str(role) and not action.startswith(("Start", "Test")):
                to = f"{_PASSED_TO.get(service, service)}.amazonaws.com"
                yield Need("iam:PassRole", role, {**context, "iam:PassedToService": to})

    def _resources(self, service: str, action: str, region: str, parameters: Parameters) -> list[str]:
        """The ARNs of what a call is about; "*" when it is about nothing in particular."""
        own = getattr(self, f"_of_{service.replace('-', '_')}", None)
        if own is not None:
            found: list[str] = own(action, region, parameters)
            return found or ["*"]
        if _UNBOUND.fullmatch(f"{service}:{action}"):
            return ["*"]
        for member, form in _NAMED.get(service, {}).items():
            value = parameters.get(member)
            if isinstance(value, str) and value:
                return [self._arn(service, region, form, value)]
        if action == "PutEvents":
            buses = [entry.get("EventBusName") or "default" for entry in parameters.get("Entries") or ()]
            return [self._arn(service, region, "event-bus/{}", each) for each in dict.fromkeys(buses)] or ["*"]
        if action == "CreateStateMachineAlias":
            versions = [each["stateMachineVersionArn"] for each in parameters.get("routingConfiguration") or ()]
            return [_unqualified(service, each) for each in versions[:1]]
        if service == "states" and "name" in parameters:
            kind = "activity" if action == "CreateActivity" else "stateMachine"
            return [self._arn(service, region, kind + ":{}", parameters["name"])]
        return ["*"]

    def _arn(self, service: str, region: str, form: str, value: str) -> str:
        if value.startswith("arn:"):
            return _unqualified(service, value)
        end = form.format(value.rpartition("/")[2] if service == "sqs" else value)
        return f"arn:aws:{service}:{region}:{self._account_id}:{end}"

    def _of_s3(self, action: str, region: str, parameters: Parameters) -> list[str]:
        bucket, key = parameters.get("Bucket"), parameters.get("Key")
        if not bucket:
            return []
        if action == "DeleteObjects":  # the keys stand in the body
            key = "*"
        return [f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"]

    def _of_iam(self, action: str, region: str, parameters: Parameters) -> list[str]:
        if action in ("ListRoles", "ListPolicies"):
            return []
        if "RoleName" in parameters:
            return [f"arn:aws:iam::{self._account_id}:role/{parameters['RoleName']}"]
        return [parameters["PolicyArn"]] if "PolicyArn" in parameters else []

    def _of_dynamodb(self, action: str, region: str, parameters: Parameters) -> list[str]:
        tables = [*(parameters.get("RequestItems") or ())]
        for item in parameters.get("TransactItems") or ():
            tables += [each["TableName"] for each in item.values() if isinstance(each, dict)]
        tables += [parameters["TableName"]] if parameters.get("TableName") else []
        if parameters.get("ResourceArn"):
            return [parameters["ResourceArn"]]
        if parameters.get("StreamArn"):
            return [parameters["StreamArn"]]
        return [self._arn("dynamodb", region, "table/{}", each) for each in dict.fromkeys(tables)]

    def _of_kinesis(self, action: str, region: str, parameters: Parameters) -> list[str]:
        """GetRecords names a place in a stream, in which moto keeps the stream's name."""
        name = parameters.get("StreamName")
        if parameters.get("ShardIterator"):
            name = b64decode(parameters["ShardIterator"]).decode(errors="replace").partition(":")[0]
        if parameters.get("StreamARN"):
            return [parameters["StreamARN"]]
        return [self._arn("kinesis", region, "stream/{}", name)] if name else []

    def _of_sagemaker(self, action: str, region: str, parameters: Parameters) -> list[str]:
        """CreateEndpoint is about its configuration as well; a transform job's model is not looked at."""
        if action.startswith("List") and action != "ListTags":
            return []
        if "ResourceArn" in parameters:
            return [parameters["ResourceArn"]]
        own = [member for member in _SAGEMAKER if parameters.get(member)]
        if action in ("CreateTransformJob", "CreateEndpointConfig"):
            own = [member for member in own if member != "ModelName"]
        return [self._arn("sagemaker", region, f"{_SAGEMAKER[each]}/{{}}", parameters[each]) for each in own]

    def _of_athena(self, action: str, region: str, parameters: Parameters) -> list[str]:
        return [self._arn("athena", region, "workgroup/{}", parameters.get("WorkGroup") or "primary")]

    def _of_scheduler(self, action: str, region: str, parameters: Parameters) -> list[str]:
        if "ResourceArn" in parameters:
            return [parameters["ResourceArn"]]
        if action == "ListScheduleGroups" or "Name" not in parameters:
            return []
        if action.endswith("Group"):
            return [self._arn("scheduler", region, "schedule-group/{}", parameters["Name"])]
        path = f"{parameters.get('GroupName') or 'default'}/{parameters['Name']}"
        return [self._arn("scheduler", region, "schedule/{}", path)]

    def _of_glue(self, action: str, region: str, parameters: Parameters) -> list[str]:
        """Of the Data Catalog's: the catalog, the database and the table, all of which must be allowed."""
        if "Crawler" in action:
            name = parameters.get("Name")
            return [self._arn("glue", region, "crawler/{}", name)] if name else []
        database = parameters.get("DatabaseName") or (parameters.get("DatabaseInput") or {}).get("Name")
        database = database or (parameters.get("Name") if "Database" in action else None)
        table = parameters.get("TableName") or (parameters.get("TableInput") or {}).get("Name")
        table = table or (parameters.get("Name") if "Table" in action else None)
        ends = ["catalog", *([f"database/{database}"] if database else ())]
        ends += [f"table/{database}/{table or '*'}"] if database and "Database" not in action else []
        return [self._arn("glue", region, "{}", each) for each in ends]


#: `.sync` of what (Resource, without its first part) -> the rule by which Step Functions learns of the end.
MANAGED_RULES = {
    "sagemaker:createTrainingJob.sync": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "sagemaker:createTransformJob.sync": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "sagemaker:createProcessingJob.sync": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "sagemaker:createHyperParameterTuningJob.sync": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
    "states:startExecution.sync": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}

#: Where the code of the error is another, and services that answer with 403.
_CODES = {"s3": "AccessDenied", "iam": "AccessDenied", "sqs": "AccessDenied", "sns": "AuthorizationError"}
_FORBIDDEN = frozenset({"s3", "iam", "sns", "sqs", "lambda", "sts", "scheduler"})


def _unqualified(service: str, arn: str) -> str:
    """Without the version or alias at its end, for services whose permissions cover those."""
    if service == "states":
        found = re.fullmatch(r"(arn:[^:]+:states:[^:]*:\d+:stateMachine:[^:/]+)[:/].*", arn)
        return found[1] if found else arn
    return arn
