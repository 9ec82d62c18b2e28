"""What the workshop's roles may do, and IAM's documents that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

#: Pairs of an action and the resources that it is allowed on, in which {partition} and {account} are open.
May = Iterable[tuple[str, str]]

# What a role of the workshop may do, on what the workshop made where the service can tell. What Step Functions needs
# for each integration is on https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html.
_EVENTS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
STATES_MAY = (
    ("lambda:InvokeFunction", "arn:{partition}:lambda:*:{account}:function:workshop-*"),
    ("dynamodb:*Item", "arn:{partition}:dynamodb:*:{account}:table/workshop-*"),
    ("sns:Publish", "arn:{partition}:sns:*:{account}:workshop-*"),
    ("sqs:SendMessage", "arn:{partition}:sqs:*:{account}:workshop-*"),
    ("events:PutEvents", "arn:{partition}:events:*:{account}:event-bus/default"),
    ("s3:*", "arn:{partition}:s3:::workshop-*"),
    # The AI services read pictures, recordings and texts with this role's right to the objects.
    ("comprehend:BatchDetect*", "*"),
    ("comprehend:Detect*", "*"),
    ("polly:SynthesizeSpeech", "*"),
    ("rekognition:Detect*", "*"),
    ("textract:*", "*"),
    ("transcribe:*TranscriptionJob", "*"),
    # `.sync` learns by a rule of EventBridge that a job has ended.
    ("sagemaker:*", "arn:{partition}:sagemaker:*:{account}:*/workshop-*"),
    ("sagemaker:ListTags", "*"),
    ("iam:PassRole", "arn:{partition}:iam::{account}:role/workshop-jobs"),
    *((action, "arn:{partition}:events:*:{account}:rule/StepFunctionsGetEventsForSageMaker*") for action in _EVENTS),
    # Athena reads tables of the Glue Data Catalog with this role's rights.
    ("athena:*QueryExecution", "arn:{partition}:athena:*:{account}:workgroup/*"),
    ("athena:GetQueryResults", "arn:{partition}:athena:*:{account}:workgroup/*"),
    ("glue:Get*", "arn:{partition}:glue:*:{account}:*"),
    ("glue:StartCrawler", "arn:{partition}:glue:*:{account}:crawler/workshop-*"),
    # Child workflows, and those of a Distributed Map.
    ("states:StartExecution", "arn:{partition}:states:*:{account}:stateMachine:workshop-*"),
    ("states:DescribeExecution", "arn:{partition}:states:*:{account}:execution:workshop-*"),
    ("states:StopExecution", "arn:{partition}:states:*:{account}:execution:workshop-*"),
    ("states:RedriveExecution", "arn:{partition}:states:*:{account}:execution:workshop-*"),
    *(
        (action, "arn:{partition}:events:*:{account}:rule/StepFunctionsGetEventsForStepFunctions*")
        for action in _EVENTS
    ),
)
FUNCTIONS_MAY = (
    # What notebook 02's one function does needs all of it.
    ("textract:*", "*"),
    ("sns:Publish", "arn:{partition}:sns:*:{account}:workshop-*"),
    ("logs:*", "arn:{partition}:logs:*:{account}:log-group:/aws/lambda/workshop-*"),
    ("s3:*", "arn:{partition}:s3:::workshop-*"),
    ("dynamodb:*Item", "arn:{partition}:dynamodb:*:{account}:table/workshop-*"),
    # Lambda reads streams, and sends what it gives up to a queue, with the function's rights.
    ("kinesis:DescribeStream*", "arn:{partition}:kinesis:*:{account}:stream/workshop-*"),
    ("kinesis:Get*", "arn:{partition}:kinesis:*:{account}:stream/workshop-*"),
    ("kinesis:ListShards", "arn:{partition}:kinesis:*:{account}:stream/workshop-*"),
    ("sqs:SendMessage", "arn:{partition}:sqs:*:{account}:workshop-*"),
    ("sagemaker:InvokeEndpoint", "arn:{partition}:sagemaker:*:{account}:endpoint/workshop-*"),
)
JOBS_MAY = (
    ("s3:*", "arn:{partition}:s3:::workshop-*"),
    ("logs:*", "arn:{partition}:logs:*:{account}:log-group:/aws/sagemaker/*"),
    ("cloudwatch:PutMetricData", "*"),
    ("ecr:*", "*"),  # SageMaker's images stand in accounts of its own
)


def document(may: May, filled: Callable[[str], object]) -> dict[str, Any]:
    """A policy that allows these actions.

    Args:
        may: what is allowed.
        filled: makes a resource of the form in which it is written above.
    """
    statements = []
    for action, form in may:
        statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": filled(form)}
        if action == "iam:PassRole":  # else it could be passed on to anything
            statement["Condition"] = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def trust(service: str) -> dict[str, Any]:
    """The policy by which a service may take a role on."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}
