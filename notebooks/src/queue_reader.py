"""Notebook 04: a function that Lambda calls with a queue's messages, those that a filter lets through."""

import json
import time

from helpers.status import doing

from src.supervisor import queue_arn


def read_queue(workshop, function, queue, pattern, **settings):
    """Have Lambda hand a queue's messages to a function; once it does.

    Args:
        workshop: what connect() returned.
        function: what deploy() returned.
        queue: its URL.
        pattern: what a message has to match, as in a rule.
        settings: more fields of CreateEventSourceMapping.
    """
    functions, arn = workshop.client("lambda"), queue_arn(workshop, queue)
    mappings = functions.list_event_source_mappings(FunctionName=function.name)["EventSourceMappings"]
    if not mappings:
        settings["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(pattern)}]}
        mappings = [functions.create_event_source_mapping(FunctionName=function.name, EventSourceArn=arn, **settings)]
    with doing("Waiting until Lambda reads the queue"):
        while functions.get_event_source_mapping(UUID=mappings[0]["UUID"])["State"] != "Enabled":
            time.sleep(workshop.pause)


def send_all(workshop, queue, messages):
    """Send messages, as JSON, ten in a call at most."""
    entries = [{"Id": str(number), "MessageBody": json.dumps(message)} for number, message in enumerate(messages)]
    workshop.client("sqs").send_message_batch(QueueUrl=queue, Entries=entries)


def logged(workshop, function, count, patience=180):
    """The first lines with TAKEN that a function logged, once there are that many."""
    logs, end = workshop.client("logs"), time.monotonic() + patience
    with doing("Waiting for the function's log"):
        while time.monotonic() < end:
            try:
                found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function.name}", filterPattern="TAKEN")
            except logs.exceptions.ResourceNotFoundException:  # it has not run yet
                found = {"events": []}
            if len(found["events"]) >= count:
                return [event["message"].strip() for event in found["events"]]
            time.sleep(workshop.pause)
    raise TimeoutError(f"{function.name} logged no {count} lines in {patience} s: run the cells above again")
