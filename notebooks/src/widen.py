"""Notebook 09: questions in a queue, each with the token of the child execution that waits for its answer."""

import json
import time


def take_questions(workshop, queue, count, patience=20):
    """Take that many messages out of a queue; their bodies.

    Args:
        workshop: what connect() returned.
        queue: its URL.
        count: how many are to come.
        patience: how many seconds to wait for them.
    """
    sqs, taken, end = workshop.client("sqs"), [], time.monotonic() + patience
    while len(taken) < count and time.monotonic() < end:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            taken.append(json.loads(message["Body"]))
    return taken


def answer_all(workshop, questions, execution):
    """Answer each question with yes, and wait for the execution's end; its status."""
    states = workshop.client("stepfunctions")
    for question in questions:
        states.send_task_success(taskToken=question["token"], output='"yes"')
    while (status := states.describe_execution(executionArn=execution)["status"]) == "RUNNING":
        time.sleep(0.1)
    return status
