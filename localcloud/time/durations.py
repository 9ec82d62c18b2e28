"""How long things take on AWS, in virtual seconds: the one table that the timelines come from.

They are typical figures, rounded, for small payloads in one region: what the services' own CloudWatch latency
metrics show (DynamoDB's SuccessfulRequestLatency is in single milliseconds, to which a state adds its
transition), and for Lambda what AWS's guide to billed duration gives for a warm, short Python function. They
are there to be plausible and the same in every run, not to be measured against.
"""

from __future__ import annotations

#: One call of an AWS API from a Task state.
API_CALL = 0.05

#: One invocation of a warm, short Lambda function.
LAMBDA = 0.1

#: From an event on a bus, or the time of a schedule, to its targets. AWS's figure is 129 ms at the 99th percentile
#: (https://aws.amazon.com/about-aws/whats-new/2024/11/amazon-eventbridge-improvement-latency-event-buses/).
EVENT = 0.04

#: API calls that compute before they answer, by botocore's service name: text recognition, inference, speech.
COMPUTING = {
    "bedrock-runtime": 2.0,
    "comprehend": 0.2,
    "lambda": LAMBDA,
    "polly": 0.3,
    "rekognition": 0.6,
    "sagemaker-runtime": 0.1,
    "textract": 1.5,
    "translate": 0.2,
}

#: Of these, what runs a reader's code, which may never end.
RUNS_CODE = {"lambda", "sagemaker-runtime"}

#: How often `.sync` looks after a job. Step Functions learns of ends from events and by polling, within
#: seconds.
POLL = 1.0

#: And at the most this part of the time that the job has taken: a job of days is not asked for every second.
POLL_SHARE = 0.01


#: SageMaker's phases. An instance takes one to three minutes to be there: the transitions in the example answer of
#: DescribeTrainingJob (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html) and
#: the start-up that https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html saves. Small data trains
#: for a minute; an endpoint "takes several minutes" (the guide's "Create your endpoint and deploy your model").
SAGEMAKER = {
    "instance": 90.0,  # Starting
    "download": 15.0,
    "train": 60.0,
    "upload": 10.0,
    "stop": 5.0,
    "process": 60.0,
    "transform": 45.0,
    "endpoint": 180.0,
    "update endpoint": 240.0,
    "weights": 30.0,
    "delete endpoint": 5.0,
}


def of(service: str) -> float:
    """The nominal duration of one API call."""
    return COMPUTING.get(service, API_CALL)
