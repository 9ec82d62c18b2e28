"""Notebook 04's queues: the supervisor's desk, where an execution's message is answered, and one for events."""

import json
import time


def make_queue(workshop, name, sender=None):
    """A queue, made or found; returns its URL.

    Args:
        workshop: what connect() returned.
        name: the queue's.
        sender: a service that may send to it, such as "events.amazonaws.com".
    """
    tags = {tag["Key"]: tag["Value"] for tag in workshop.tags}
    attributes = {}
    if sender:
        may = {"Effect": "Allow", "Principal": {"Service": sender}, "Action": "sqs:SendMessage", "Resource": "*"}
        attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    sqs, name = workshop.client("sqs"), workshop.name(name)
    return sqs.create_queue(QueueName=name, Attributes=attributes, tags=tags)["QueueUrl"]


def queue_arn(workshop, queue):
    """The ARN of a queue, by its URL."""
    asked = workshop.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return asked["Attributes"]["QueueArn"]


def take_message(workshop, queue, name, patience=20):
    """The message that names an execution, or a job; earlier ones are thrown away.

    Args:
        workshop: what connect() returned.
        queue: its URL.
        name: the execution's ARN, or the job's name.
        patience: how many seconds to wait for it; on AWS, a job's event takes longer.
    """
    sqs, end = workshop.client("sqs"), time.monotonic() + patience
    while time.monotonic() < end:
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            if name in message["Body"]:
                return body
    raise TimeoutError(f"no message of {name} after {patience} s: run the cell that starts it again")


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
