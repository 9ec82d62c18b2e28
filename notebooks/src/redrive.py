"""A redrive in notebook 06: the same execution goes on from where it failed."""

import time


def redrive(workshop, execution):
    """Let an execution go on from the state that failed, and wait for its end.

    Args:
        workshop: what connect() returned.
        execution: one that failed; its status, output and events are up to date afterwards.
    """
    states = workshop.client("stepfunctions")
    try:
        states.redrive_execution(executionArn=execution.arn)
    except states.exceptions.ExecutionNotRedrivable:
        print("This execution cannot be redriven (it may have succeeded): run the cells above for a new failure.")
    execution.refresh()
    while execution.status == "RUNNING":
        time.sleep(0.1)
        execution.refresh()
