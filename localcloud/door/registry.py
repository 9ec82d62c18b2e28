"""What exists in the local cloud: each action of each service is ours, kept by moto, or refused.

Ours are the actions of the modules in `services/`, found by their name. Kept are those of `KEPT`, for which moto does
what AWS does; `tests/localcloud/door/test_kept.py` shows the effect of each. Everything else is refused, with what to
do instead: moto answers many actions with success and does nothing. `SETTINGS` refuses, one by one, what a kept action
takes and moto then drops.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Literal

from localcloud.door import moto
from localcloud.door.wire import Protocol
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host, Service

log = logging.getLogger(__name__)

Kind = Literal["ours", "kept", "refused"]

#: What moto keeps, by botocore's name of the service. PostObject is the upload of a form, which no client has.
KEPT: Mapping[str, frozenset[str]] = {
    service: frozenset(actions.split())
    for service, actions in {
        "cloudwatch": "GetMetricData GetMetricStatistics ListMetrics PutMetricData",
        "dynamodb": """
            BatchGetItem BatchWriteItem CreateTable DeleteItem DeleteTable DescribeTable ExecuteStatement GetItem
            ListTables ListTagsOfResource PutItem Query Scan TagResource TransactGetItems TransactWriteItems
            UntagResource UpdateItem UpdateTable
        """,
        "dynamodbstreams": "DescribeStream GetRecords GetShardIterator ListStreams",
        "glue": """
            BatchCreatePartition BatchDeletePartition BatchDeleteTable BatchGetPartition BatchUpdatePartition
            CreateDatabase CreatePartition CreateTable DeleteDatabase DeletePartition DeleteTable DeleteTableVersion
            GetDatabase GetDatabases GetPartition GetPartitions GetTable GetTableVersion GetTableVersions GetTables
            UpdateDatabase UpdatePartition UpdateTable
        """,
        "iam": """
            AttachRolePolicy CreatePolicy CreatePolicyVersion CreateRole DeletePolicy DeletePolicyVersion DeleteRole
            DeleteRolePolicy DetachRolePolicy GetPolicy GetPolicyVersion GetRole GetRolePolicy
            ListAttachedRolePolicies ListEntitiesForPolicy ListPolicies ListPolicyVersions ListRolePolicies
            ListRoleTags ListRoles PutRolePolicy SetDefaultPolicyVersion TagRole UntagRole UpdateAssumeRolePolicy
            UpdateRole
        """,
        "kinesis": """
            AddTagsToStream CreateStream DeleteStream DescribeStream DescribeStreamSummary GetRecords GetShardIterator
            ListShards ListStreams ListTagsForStream PutRecord PutRecords RemoveTagsFromStream
        """,
        "kms": """
            CreateAlias CreateKey Decrypt DeleteAlias DescribeKey Encrypt GenerateDataKey ListAliases ListKeys
            ReEncrypt UpdateAlias
        """,
        "lambda": """
            AddPermission CreateAlias CreateFunction DeleteAlias DeleteFunctionConcurrency
            DeleteFunctionEventInvokeConfig DeleteLayerVersion GetAlias GetFunction GetFunctionConcurrency
            GetFunctionConfiguration
            GetFunctionEventInvokeConfig GetLayerVersion GetPolicy ListAliases
            ListFunctionEventInvokeConfigs ListFunctions ListLayerVersions ListLayers ListTags ListVersionsByFunction
            PublishLayerVersion PublishVersion PutFunctionConcurrency PutFunctionEventInvokeConfig RemovePermission
            TagResource UntagResource UpdateAlias UpdateFunctionCode UpdateFunctionConfiguration
        """,
        "logs": """
            CreateLogGroup CreateLogStream DeleteLogGroup DeleteLogStream DescribeLogGroups DescribeLogStreams
            FilterLogEvents GetLogEvents ListTagsForResource PutLogEvents TagResource UntagResource
        """,
        "s3": """
            AbortMultipartUpload CompleteMultipartUpload CopyObject CreateBucket CreateMultipartUpload DeleteBucket
            DeleteBucketEncryption DeleteBucketPolicy DeleteBucketTagging DeleteObject DeleteObjectTagging
            DeleteObjects DeletePublicAccessBlock GetBucketEncryption GetBucketLocation
            GetBucketNotificationConfiguration GetBucketPolicy GetBucketTagging GetBucketVersioning GetObject
            GetObjectAttributes GetObjectTagging GetPublicAccessBlock HeadBucket HeadObject ListBuckets
            ListMultipartUploads ListObjectVersions ListObjects ListObjectsV2 ListParts PostObject PutBucketEncryption
            PutBucketNotificationConfiguration PutBucketPolicy PutBucketTagging PutBucketVersioning PutObject
            PutObjectTagging PutPublicAccessBlock UploadPart UploadPartCopy
        """,
        "sagemaker": """
            AddTags DeleteEndpointConfig DeleteModel DeleteTags DescribeEndpointConfig DescribeModel
            ListEndpointConfigs ListModels ListTags
        """,
        "secretsmanager": """
            BatchGetSecretValue CreateSecret DeleteSecret DescribeSecret GetRandomPassword GetSecretValue
            ListSecretVersionIds ListSecrets PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret
        """,
        "sns": """
            CreateTopic DeleteTopic GetSubscriptionAttributes GetTopicAttributes ListSubscriptions
            ListSubscriptionsByTopic ListTagsForResource ListTopics Publish PublishBatch SetSubscriptionAttributes
            SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource
        """,
        "sqs": """
            ChangeMessageVisibility ChangeMessageVisibilityBatch CreateQueue DeleteMessage DeleteMessageBatch
            DeleteQueue GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListQueueTags ListQueues PurgeQueue
            ReceiveMessage SendMessage SendMessageBatch SetQueueAttributes TagQueue UntagQueue
        """,
        "ssm": """
            AddTagsToResource DeleteParameter DeleteParameters DescribeParameters GetParameter GetParameterHistory
            GetParameters GetParametersByPath LabelParameterVersion ListTagsForResource PutParameter
            RemoveTagsFromResource
        """,
        "sts": "GetCallerIdentity",
    }.items()
}

_S3_OBJECT = {
    "ObjectLockLegalHoldStatus": "OFF",
    "ObjectLockMode": "",
    "SSECustomerAlgorithm": "",
    "StorageClass": "STANDARD|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER_IR|REDUCED_REDUNDANCY",
}
_FUNCTION = {
    "DurableConfig": "",
    "FileSystemConfigs": "",
    "SnapStart.ApplyOn": "None",
    "TracingConfig.Mode": "PassThrough",
    "VpcConfig.SubnetIds": "",
}
_QUEUE = {
    "keys(Attributes || `{}`)": (
        "ContentBasedDeduplication|DelaySeconds|FifoQueue|KmsDataKeyReusePeriodSeconds|KmsMasterKeyId|"
        "MaximumMessageSize|MessageRetentionPeriod|Policy|ReceiveMessageWaitTimeSeconds|RedrivePolicy|"
        "SqsManagedSseEnabled|VisibilityTimeout"
    )
}
_ALIAS = {"RoutingConfig.AdditionalVersionWeights": ""}

#: (service, action) -> where in its request (JMESPath) -> the values that moto acts on (a regular expression). Left out
#: or empty is always right.
SETTINGS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("cloudwatch", "GetMetricData"): {"MetricDataQueries[].Expression": ""},
    ("dynamodb", "UpdateTable"): {"ReplicaUpdates": ""},
    ("glue", "CreateDatabase"): {"DatabaseInput.TargetDatabase": "", "DatabaseInput.FederatedDatabase": ""},
    ("glue", "CreateTable"): {"OpenTableFormatInput": "", "PartitionIndexes": "", "TableInput.TargetTable": ""},
    ("glue", "GetPartitions"): {"Segment": "", "QueryAsOfTime": ""},
    ("kms", "CreateKey"): {
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "MultiRegion": "False",
        "Origin": "AWS_KMS",
    },
    ("lambda", "CreateAlias"): _ALIAS,
    ("lambda", "CreateFunction"): _FUNCTION,
    ("lambda", "UpdateAlias"): _ALIAS,
    ("lambda", "UpdateFunctionCode"): {"DryRun": "False"},
    ("lambda", "UpdateFunctionConfiguration"): _FUNCTION,
    ("logs", "FilterLogEvents"): {"filterPattern": r'[A-Za-z]\w*|"[^"]*"'},
    ("s3", "CopyObject"): _S3_OBJECT,
    ("s3", "CreateBucket"): {"ObjectLockEnabledForBucket": "False"},
    ("s3", "CreateMultipartUpload"): _S3_OBJECT,
    ("s3", "PutObject"): _S3_OBJECT,
    ("secretsmanager", "CreateSecret"): {"AddReplicaRegions": ""},
    ("sns", "CreateTopic"): {"keys(Attributes || `{}`)": "DisplayName|KmsMasterKeyId|Policy"},
    ("sns", "Publish"): {"MessageStructure": "", "PhoneNumber": "", "TargetArn": ""},
    ("sns", "SetSubscriptionAttributes"): {"AttributeName": "FilterPolicy|FilterPolicyScope|RawMessageDelivery"},
    ("sns", "SetTopicAttributes"): {"AttributeName": "DisplayName|KmsMasterKeyId|Policy"},
    ("sns", "Subscribe"): {
        "Protocol": "lambda|sqs",
        "keys(Attributes || `{}`)": "FilterPolicy|FilterPolicyScope|RawMessageDelivery",
    },
    ("sqs", "CreateQueue"): _QUEUE,
    ("sqs", "SetQueueAttributes"): _QUEUE,
    ("ssm", "PutParameter"): {"AllowedPattern": "", "Policies": ""},
}

_JOB = "Use a Lambda function or a SageMaker job"
_KEY = "Sign with this cloud's own key, which may do everything"
_PIPELINE = (
    "Make each of its steps a state of a Step Functions state machine, with stepfunctions.steps: ProcessingStep, "
    "TrainingStep, TuningStep, ModelStep, TransformStep and LambdaStep; Choice for a ConditionStep, Fail for a "
    "FailStep, Chain for what depends_on says"
)
_QUERY = "Query the data in S3 with Athena, or read it in a Lambda function or a SageMaker processing job"

#: What runs instead: for an action, "service:Action", or else for a whole service.
INSTEAD: Mapping[str, str] = {
    "apigateway": "Invoke the function itself (lambda:Invoke)",
    "apigatewayv2": "Invoke the function itself (lambda:Invoke)",
    "batch": _JOB,
    "cloudformation": "Create each resource with its own service's API, as boto3 has it",
    "codebuild": _JOB,
    "ec2": _JOB,
    "ecs": _JOB,
    "eks": _JOB,
    "emr": _JOB,
    "emr-containers": _JOB,
    "emr-serverless": _JOB,
    "glue": f"{_JOB}; its crawlers and its Data Catalog are run",
    "iam:CreateAccessKey": _KEY,
    "iam:CreateUser": _KEY,
    "kms:DisableKey": "A key ends with its cloud",
    "kms:ScheduleKeyDeletion": "A key ends with its cloud",
    "lambda:CreateFunctionUrlConfig": "Invoke the function itself (lambda:Invoke)",
    "logs:PutRetentionPolicy": "Delete log groups that are no longer needed; all end with their cloud",
    "opensearch": _QUERY,
    "pipes": "Map the queue to a Lambda function (lambda:CreateEventSourceMapping) that starts the execution",
    "rds": "Use DynamoDB",
    "rds-data": "Use DynamoDB",
    "redshift": _QUERY,
    "redshift-data": _QUERY,
    "s3:PutBucketLifecycleConfiguration": "Delete objects that are no longer needed; all end with their cloud",
    "s3:SelectObjectContent": "Read the object (s3:GetObject) and choose its rows in code",
    "sagemaker:CreateFeatureGroup": "Keep features in DynamoDB or in S3",
    "sagemaker:CreatePipeline": _PIPELINE,
    "sagemaker:StartPipelineExecution": _PIPELINE,
    "sagemaker:UpdatePipeline": _PIPELINE,
    "ssm:SendCommand": _JOB,
    "sts:AssumeRole": _KEY,
    "sts:GetSessionToken": _KEY,
    "swf": "Use a Step Functions state machine",
    # Searched for in November 2026 among the packages of PyPI and Debian; those there are fetch models at first use.
    "translate": (
        "No installable package ships a small translation model: keep a recorded answer beside the text, labelled as "
        "one"
    ),
}

_ELSE = "Use a service that it runs (localcloud's README.md lists them)"
_AWS = "or set WORKSHOP_TARGET=aws."


def not_run(service: str, action: str) -> str:
    """What a refusal of an action says."""
    instead = INSTEAD.get(f"{service}:{action}") or INSTEAD.get(service) or _ELSE
    return f"The local cloud does not run {service}:{action}. {instead}, {_AWS}"


def check_settings(service: str, action: str, parameters: Mapping[str, Any]) -> None:
    """Refuse what a kept action takes and moto would drop.

    Args:
        parameters: the request's, as botocore names them.

    Raises:
        UnsupportedLocally: a parameter has a value without effect.
    """
    for path, acted_on in SETTINGS.get((service, action), {}).items():
        found = _compiled(path).search(parameters)
        for value in found if isinstance(found, list) else [found]:
            if value not in (None, "", [], {}) and not re.fullmatch(acted_on, str(value), re.DOTALL):
                name = _attributes(path)
                shown = f"{name} {value}" if isinstance(value, (str, bool)) else name
                raise UnsupportedLocally(
                    f"{service}:{action} with {shown} has no effect in the local cloud. Leave it out, {_AWS}"
                )


def _attributes(path: str) -> str:
    """How an error names a place: "keys(Attributes || ...)" are attributes."""
    keys = re.match(r"keys\((\w+)", path)
    return keys[1] if keys else path.replace("[]", "").replace(".*", "")


@cache
def _compiled(path: str) -> Any:
    import jmespath

    return jmespath.compile(path)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A service with its wire format."""

    service: Service
    protocol: Protocol


class Registry:
    """The services of one local cloud.

    Args:
        host: what they are registered with.
        package: where their modules are. A module's name is botocore's of its service, with underscores.
    """

    def __init__(self, host: Host, package: ModuleType) -> None:
        self._host, self._package = host, package
        modules = [each.name for each in pkgutil.iter_modules(package.__path__) if not each.name.startswith("_")]
        self._modules = {module.strip("_").replace("_", "-"): module for module in modules}
        self._loaded: dict[str, Loaded | UnsupportedLocally] = {}
        self.called: set[str] = set()  # the services that anybody has called
        self._lock = threading.RLock()

    @property
    def names(self) -> set[str]:
        """Botocore's names of the services of which some actions are ours."""
        return self._modules.keys() | self._loaded.keys()

    def kind(self, service: str, action: str) -> Kind:
        """What an action is here."""
        if service in self.names and action in self.loaded(service).service.actions:
            return "ours"
        return "kept" if action in KEPT.get(service, ()) else "refused"

    def add(self, service: Service) -> None:
        """Register a service by hand (tests); the package's are found by their name."""
        self._loaded[service.name] = self._load(service)

    def loaded(self, name: str) -> Loaded:
        """A service, its module imported at first use.

        Raises:
            UnsupportedLocally: there is none, or something that it needs is not installed.
        """
        with self._lock:
            found = self._loaded.get(name)
            if found is None:
                moto.load()  # what it imports, services import too
                try:
                    found = self._load(self._import(name).register(self._host))
                except ImportError as problem:
                    found = UnsupportedLocally(
                        f"The local cloud's {name} service did not load ({problem}). "
                        "Install what is missing (`python3 workshop.py` does), or set WORKSHOP_TARGET=aws."
                    )
                self._loaded[name] = found
        if isinstance(found, UnsupportedLocally):
            raise found
        return found

    def _import(self, name: str) -> Any:
        return importlib.import_module(f"{self._package.__name__}.{self._modules.get(name, name)}")

    def _load(self, service: Service) -> Loaded:
        return Loaded(service, Protocol(self._host.session.get_service_model(service.name), service.actions))

    def close(self) -> None:
        """End what the services started."""
        for loaded in list(self._loaded.values()):
            if isinstance(loaded, Loaded) and loaded.service.close is not None:
                try:
                    loaded.service.close()
                except Exception:  # the others are still to be closed
                    log.exception("closing %s", loaded.service.name)
