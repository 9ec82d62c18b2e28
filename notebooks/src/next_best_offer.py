"""Lambda function: the next best offer for a visitor, from the endpoint."""

import json

import boto3

runtime = boto3.client("sagemaker-runtime")  # once for each worker, not for each event


def handler(event, context):
    answer = runtime.invoke_endpoint(
        EndpointName=event["endpoint"],
        ContentType="application/json",
        Body=json.dumps(event["visitor"]),
    )
    return json.loads(answer["Body"].read())
