"""When the children of a parent workflow ended, in notebook 05."""

import time


def last_child_ended(workshop, parent):
    """Seconds from the parent's start until its last child's end; waits for children that still run.

    Args:
        workshop: what connect() returned.
        parent: an execution whose output has, under `tagged`, what startExecution answered for each child.
    """
    states = workshop.client("stepfunctions")
    ends = []
    for answer in parent.output["tagged"]:
        while (child := states.describe_execution(executionArn=answer["ExecutionArn"]))["status"] == "RUNNING":
            time.sleep(0.1)
        ends.append(child["stopDate"])
    return (max(ends) - parent.events[0]["timestamp"]).total_seconds()
