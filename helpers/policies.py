"""What the workshop's roles may do, and IAM's documents that say so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

#: Pairs of an action and the resources that it is allowed on, in which {partition}, {region}, {account} and {run} are
#: open. All names of a run have its id in them: two readers who share an account do not reach each other's things.
May = Iterable[tuple[str, str]]
#: Fills the open places in.
Filled = Callable[[str], str]

#: What the reader does: `connect`, `deploy`, `run`, the cells, `clean_up`. (What executions do, the roles may.)
READER_MAY = tuple(
    (f"{service}:{action}", form)
    for service, actions, form in (
        ("sts", "GetCallerIdentity", "*"),
        (
            "s3",
            "CreateBucket DeleteBucket GetBucketTagging PutBucketTagging ListBucket GetObject PutObject DeleteObject",
            "arn:{partition}:s3:::workshop-*{run}*",
        ),
        ("s3", "ListAllMyBuckets", "*"),
        (
            "iam",
            "CreateRole GetRole DeleteRole TagRole PutRolePolicy DeleteRolePolicy ListRolePolicies "
            "ListRoleTags PassRole",
            "arn:{partition}:iam::{account}:role/workshop-*{run}*",
        ),
        ("iam", "ListRoles", "*"),
        (
            "states",
            "CreateStateMachine UpdateStateMachine DeleteStateMachine DescribeStateMachine StartExecution "
            "StartSyncExecution PublishStateMachineVersion ListStateMachineVersions "
            "CreateStateMachineAlias UpdateStateMachineAlias ListStateMachineAliases",
            "arn:{partition}:states:*:{account}:stateMachine:workshop-*{run}*",
        ),
        (
            "states",
            "ListExecutions DescribeExecution GetExecutionHistory StopExecution RedriveExecution DescribeMapRun "
            "ListMapRuns UpdateMapRun CreateActivity DeleteActivity GetActivityTask TagResource ListTagsForResource "
            "DescribeStateMachineForExecution",
            "arn:{partition}:states:*:{account}:*:workshop-*{run}*",
        ),
        (
            "states",
            "ListStateMachines ListActivities ValidateStateMachineDefinition TestState SendTaskSuccess "
            "SendTaskFailure SendTaskHeartbeat",
            "*",
        ),
        (
            "lambda",
            "CreateFunction DeleteFunction GetFunction GetFunctionConfiguration UpdateFunctionCode ListTags "
            "TagResource UpdateFunctionConfiguration InvokeFunction PutFunctionEventInvokeConfig "
            "PutFunctionConcurrency",
            "arn:{partition}:lambda:*:{account}:function:workshop-*{run}*",
        ),
        (
            "lambda",
            "ListFunctions ListEventSourceMappings CreateEventSourceMapping GetEventSourceMapping "
            "UpdateEventSourceMapping DeleteEventSourceMapping",
            "*",
        ),
        (
            "logs",
            "DeleteLogGroup DescribeLogStreams DeleteLogStream FilterLogEvents",
            "arn:{partition}:logs:*:{account}:log-group:/aws*",
        ),
        ("logs", "DescribeLogGroups", "*"),
        (
            "dynamodb",
            "CreateTable DescribeTable DeleteTable TagResource ListTagsOfResource GetItem PutItem UpdateItem Scan "
            "Query BatchGetItem",
            "arn:{partition}:dynamodb:*:{account}:table/workshop-*{run}*",
        ),
        ("dynamodb", "ListTables", "*"),
        (
            "sns",
            "CreateTopic DeleteTopic TagResource ListTagsForResource Subscribe",
            "arn:{partition}:sns:*:{account}:workshop-*{run}*",
        ),
        ("sns", "ListTopics", "*"),
        (
            "sqs",
            "CreateQueue DeleteQueue TagQueue ListQueueTags GetQueueAttributes GetQueueUrl SendMessage ReceiveMessage "
            "DeleteMessage",
            "arn:{partition}:sqs:*:{account}:workshop-*{run}*",
        ),
        ("sqs", "ListQueues", "*"),
        (
            "kinesis",
            "CreateStream DeleteStream DescribeStreamSummary AddTagsToStream ListTagsForStream PutRecords ListShards "
            "GetShardIterator GetRecords",
            "arn:{partition}:kinesis:*:{account}:stream/workshop-*{run}*",
        ),
        ("kinesis", "ListStreams", "*"),
        (
            "firehose",
            "CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream TagDeliveryStream "
            "ListTagsForDeliveryStream PutRecord PutRecordBatch",
            "arn:{partition}:firehose:*:{account}:deliverystream/workshop-*{run}*",
        ),
        ("firehose", "ListDeliveryStreams", "*"),
        (
            "glue",
            "CreateDatabase DeleteDatabase GetDatabase GetDatabases CreateTable DeleteTable GetTable GetTables "
            "GetPartitions BatchCreatePartition CreateCrawler StartCrawler GetCrawler GetCrawlers DeleteCrawler",
            "*",
        ),
        (
            "athena",
            "StartQueryExecution GetQueryExecution GetQueryResults ListQueryExecutions BatchGetQueryExecution",
            "arn:{partition}:athena:*:{account}:workgroup/*",
        ),
        (
            "events",
            "PutRule DescribeRule DeleteRule PutTargets RemoveTargets ListTargetsByRule TagResource "
            "ListTagsForResource",
            "arn:{partition}:events:*:{account}:rule/workshop-*{run}*",
        ),
        ("events", "ListRules TestEventPattern", "*"),
        (
            "scheduler",
            "CreateSchedule UpdateSchedule DeleteSchedule CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup "
            "TagResource "
            "ListTagsForResource",
            "arn:{partition}:scheduler:*:{account}:schedule*/workshop-*{run}*",
        ),
        ("scheduler", "ListScheduleGroups", "*"),
        (
            "sagemaker",
            "AddTags ListTags DescribeTrainingJob StopTrainingJob DeleteTrainingJob DescribeProcessingJob "
            "StopProcessingJob DeleteProcessingJob DescribeTransformJob StopTransformJob "
            "DescribeHyperParameterTuningJob StopHyperParameterTuningJob DeleteHyperParameterTuningJob "
            "DescribeModel DeleteModel DescribeEndpoint "
            "DeleteEndpoint InvokeEndpoint DescribeEndpointConfig DeleteEndpointConfig",
            "arn:{partition}:sagemaker:*:{account}:*/*workshop-*{run}*",
        ),
        (
            "sagemaker",
            "ListTrainingJobs ListTrainingJobsForHyperParameterTuningJob ListProcessingJobs ListTransformJobs "
            "ListHyperParameterTuningJobs ListModels ListEndpoints ListEndpointConfigs Search",
            "*",
        ),
        ("transcribe", "StartTranscriptionJob ListTranscriptionJobs GetTranscriptionJob DeleteTranscriptionJob", "*"),
        ("textract", "DetectDocumentText AnalyzeExpense GetExpenseAnalysis", "*"),
        ("rekognition", "DetectLabels DetectText DetectFaces", "*"),
        (
            "comprehend",
            "DetectSentiment DetectEntities DetectKeyPhrases DetectDominantLanguage StartSentimentDetectionJob "
            "DescribeSentimentDetectionJob ContainsPiiEntities",
            "*",
        ),
        ("polly", "SynthesizeSpeech", "*"),
        ("servicequotas", "ListServiceQuotas", "*"),
    )
    for action in actions.split()
)


def by_resource(may: May) -> dict[str, list[str]]:
    """Resource -> the actions that are allowed on it."""
    found: dict[str, list[str]] = {}
    for action, form in may:
        found.setdefault(form, []).append(action)
    return found


def reader(account: str, partition: str = "aws") -> dict[str, Any]:
    """A policy for the reader's own user: what notebooks do in an account, on what has a name of the workshop's.

    Managed policies have at most 6,144 characters without white space (IAM User Guide, quotas): of queues, streams,
    rules and schedules with such names, all is allowed.
    """
    filled = filler(partition, account, "*")
    whole = ("sqs", "kinesis", "firehose", "scheduler", "events")

    def shortened(actions: list[str], form: str) -> list[str]:
        service = actions[0].partition(":")[0]
        return [f"{service}:*"] if service in whole and form != "*" else actions

    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": shortened(actions, form), "Resource": filled(form)}
        for form, actions in by_resource(each for each in READER_MAY if each[0] != "iam:PassRole").items()
    ]
    passing = next(form for action, form in READER_MAY if action == "iam:PassRole")
    to = ["states", "lambda", "sagemaker", "firehose", "glue", "events", "scheduler", "comprehend"]
    condition = {"StringEquals": {"iam:PassedToService": [f"{service}.amazonaws.com" for service in to]}}
    statements.append(
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": filled(passing), "Condition": condition}
    )
    return {"Version": "2012-10-17", "Statement": statements}


def document(may: May, filled: Callable[[str], object]) -> dict[str, Any]:
    """A policy that allows these actions, a statement for each resource.

    Args:
        may: what is allowed.
        filled: makes a resource of the form in which it is written.
    """
    statements = []
    for form, actions in by_resource(sorted(may)).items():
        statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": filled(form)}
        if "iam:PassRole" in actions:  # else it could be passed on to anything
            statement["Condition"] = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def shortest(may: May, filled: Filled) -> str:
    """The same as text, without white space, and resources with the same actions in one statement."""
    together: dict[str, list[str]] = {}
    made = document(may, filled)
    for statement in made["Statement"]:
        together.setdefault(json.dumps(statement | {"Resource": None}), []).append(statement["Resource"])
    made["Statement"] = [json.loads(rest) | {"Resource": places} for rest, places in together.items()]
    return json.dumps(made, separators=(",", ":"))


def filler(partition: str, account: str, region: str, run: str = "") -> Filled:
    """What `document` fills resources in with, of one run in one account and region."""
    end = f"-{run}" if run else ""

    def filled(form: str) -> str:
        return form.format(partition=partition, account=account, region=region, run=end).replace("**", "*")

    return filled


def trust(service: str, account: object) -> dict[str, Any]:
    """The policy by which a service may take a role on, for what it does in this account alone.

    Without the condition another account could have the service act here: the confused deputy (IAM User Guide).
    """
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    return {"Version": "2012-10-17", "Statement": [statement | {"Condition": condition}]}
