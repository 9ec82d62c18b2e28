"""What an execution cost and how long it took, computed from its history."""

import json

DOLLARS = 25 / 1_000_000  # a state transition of a Standard workflow in us-east-1, list price


def measure(states, arn):
    """Transitions and dollars of an execution and of those that it started; its own seconds.

    Args:
        states: the boto3 client of Step Functions.
        arn: of an execution that has ended.
    """
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event for page in pages for event in page["events"]]
    # AWS charges a transition each time that a state is entered, and each time that one is retried.
    retries = sum(event["type"] == "TaskScheduled" for event in events)
    retries -= sum(event["type"] == "TaskStateEntered" for event in events)
    transitions = sum(event["type"].endswith("StateEntered") for event in events) + max(0, retries)
    children = [measure(states, child) for child in started_by(events)]
    transitions += sum(child["transitions"] for child in children)
    seconds = (events[-1]["timestamp"] - events[0]["timestamp"]).total_seconds()
    return {"transitions": transitions, "seconds": seconds, "dollars": transitions * DOLLARS}


def started_by(events):
    """The executions that a history's `startExecution.sync` tasks started."""
    submitted = [event.get("taskSubmittedEventDetails", {}) for event in events]
    return [json.loads(each["output"])["ExecutionArn"] for each in submitted if each.get("resourceType") == "states"]


def report(states, ways):
    """A line for each way of waiting. `ways`: what it is called -> the execution's ARN."""
    lines = [f"{'':20}{'transitions':>12}{'latency':>10}{'1,000 of them':>15}"]
    for name, arn in ways.items():
        way = measure(states, arn)
        cost = f"${way['dollars'] * 1000:.3f}"
        lines.append(f"{name:20}{way['transitions']:12}{way['seconds']:8.0f} s{cost:>15}")
    return "\n".join(lines)
