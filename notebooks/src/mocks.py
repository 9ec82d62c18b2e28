"""Notebook 09: what TestState says of states whose work is mocked."""

import json

from helpers import steps as newer

from stepfunctions import steps
from stepfunctions.steps.integration_resources import IntegrationPattern

FILE = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}
FILE |= {"Parameters": {"Bucket": "anywhere", "Key": "orders.json"}}
ORDERS = [{"item": "tea", "count": 4}, {"item": "cake", "count": 1}, {"item": "milk", "count": 10}]
RATE = newer.AwsSdkStep("Rate", service="comprehend", action="detectSentiment", parameters={"Text": "Hm."})
CHILD = steps.StepFunctionsStartExecutionStep(
    "Child", integration_pattern=IntegrationPattern.WaitForCompletion, parameters={"StateMachineArn": "arn"}
)
ENDED = {"ExecutionArn": "arn", "StateMachineArn": "arn", "Status": "SUCCEEDED", "StartDate": "2026-01-05"}


def each_order():
    """A Map over a file in S3, in batches."""
    return newer.DistributedMap(
        "Each order",
        iterator=steps.Pass("Look"),
        item_reader=FILE,
        item_selector={"what.$": "$$.Map.Item.Value.item", "place.$": "$$.Map.Item.Index"},
        item_batcher={"MaxItemsPerBatch": 2},
        tolerated_failure_count=1,
    )


def two():
    """A Parallel of two branches."""
    both = newer.Parallel("Both", result_path="$.both")
    for name in ("Left", "Right"):
        both.add_branch(steps.Pass(name))
    return both


#: What is tried -> the state, the mock, and what else TestState is asked with.
TRIALS = {
    "a service's answer": (RATE, {"result": '{"Sentiment": "POSITIVE", "SentimentScore": {}}'}, {}),
    "an answer that it cannot give": (RATE, {"result": '{"Sentiment": "GLAD"}'}, {}),
    "of a wrong type": (RATE, {"result": '{"Sentiment": 7}', "fieldValidationMode": "PRESENT"}, {}),
    "anything": (RATE, {"result": '{"mood": "glad"}', "fieldValidationMode": "NONE"}, {}),
    "a child's end": (CHILD, {"result": json.dumps(ENDED)}, {}),
    "a failure": (RATE, {"errorOutput": {"error": "Comprehend.TextSizeLimitExceededException"}}, {}),
    "two branches": (two(), {"result": "[1, 2]"}, {}),
    "two branches, one answer": (two(), {"result": "[1]"}, {}),
    "a Map, two of three failed": (
        each_order(),
        {"result": "[1, 2, 3]"},
        {"mapItemReaderData": json.dumps(ORDERS), "mapIterationFailureCount": 2},
    ),
    "a Map": (each_order(), {"result": "[1, 2]"}, {"mapItemReaderData": json.dumps(ORDERS)}),
}


def mocks(workshop):
    """Print what TestState says of each trial; of the last also what its Map does with the items."""
    states, data = workshop.client("stepfunctions"), {}
    for what, (state, mock, configuration) in TRIALS.items():
        try:
            answer = states.test_state(
                definition=state.to_json(),
                mock=mock,
                inspectionLevel="TRACE" if configuration else "INFO",
                **({"stateConfiguration": configuration} if configuration else {}),
            )
            said, data = answer.get("output") or f"{answer['status']} {answer['error']}", answer.get("inspectionData")
        except states.exceptions.ValidationException as refusal:
            said = refusal.response["Error"]["Message"]
        print(f"{what:30} {said}")
    for name in ("afterItemSelector", "afterItemBatcher"):
        print(f"{name:30} {data[name]}")
