"""The supervisor's desk in notebook 04: take the message of an execution out of the queue, and answer it."""

import json
import time


def make_queue(workshop, name):
    """A queue, made or found; returns its URL."""
    tags = {tag["Key"]: tag["Value"] for tag in workshop.tags}
    return workshop.client("sqs").create_queue(QueueName=name, tags=tags)["QueueUrl"]


def take_message(workshop, queue, execution, patience=20):
    """The message that an execution put into the queue; messages of earlier ones are thrown away.

    Args:
        workshop: what connect() returned.
        queue: its URL.
        execution: the ARN.
        patience: how many seconds to wait for it.
    """
    sqs, end = workshop.client("sqs"), time.monotonic() + patience
    while time.monotonic() < end:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            if body["execution"] == execution:
                return body
    raise TimeoutError(f"no message of {execution} after {patience} s: run the cell that starts it again")


def answer(workshop, message, decision):
    """Bring the token back with a decision, and wait for the execution's end; returns its status.

    Args:
        workshop: what connect() returned.
        message: what `take_message` returned.
        decision: a JSON value, which becomes the output of the task.
    """
    states = workshop.client("stepfunctions")
    try:
        states.send_task_success(taskToken=message["token"], output=json.dumps(decision))
    except (states.exceptions.TaskTimedOut, states.exceptions.InvalidToken):
        print("This task has its answer already: run the cell above for a new message.")
    while (status := states.describe_execution(executionArn=message["execution"])["status"]) == "RUNNING":
        time.sleep(0.1)
    return status
