"""A redrive in notebook 06: the same execution goes on from where it failed."""

import time


def redrive(workshop, execution):
    """Let an execution go on from the state that failed, and wait for its end.

    Args:
        workshop: what connect() returned.
        execution: one that failed; its status, output and events are up to date afterwards.
    """
    states = workshop.client("stepfunctions")
    count = states.describe_execution(executionArn=execution.arn)["redriveCount"]
    try:
        states.redrive_execution(executionArn=execution.arn)
    except states.exceptions.ExecutionNotRedrivable:
        print("This execution cannot be redriven (it may have succeeded): run the cells above for a new failure.")
    else:  # for a moment, AWS may describe it as it was
        while states.describe_execution(executionArn=execution.arn)["redriveCount"] == count:
            time.sleep(0.5)
    execution.refresh()
    while execution.status == "RUNNING":
        time.sleep(0.1)
        execution.refresh()
