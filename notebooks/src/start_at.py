"""Notebook 09: have Amazon EventBridge Scheduler start a workflow once, at a moment to come."""

import contextlib
import json
import time

ROLE = "workshop-schedules"


def start_at(workshop, name, machine, moment, data):
    """Make the schedule, which is deleted when it has run.

    Args:
        workshop: what connect() returned.
        name: the schedule's.
        machine: the ARN of the state machine, or of an alias.
        moment: when, as a datetime.
        data: the execution's input.
    """
    scheduler = workshop.client("scheduler")
    with contextlib.suppress(scheduler.exceptions.ResourceNotFoundException):
        scheduler.delete_schedule(Name=name)
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": machine, "RoleArn": make_role(workshop), "Input": json.dumps(data)},
    )


def has_come(workshop, name):
    """Whether a schedule's moment has come. On the local cloud time jumps to it once nobody has asked for a second."""
    scheduler = workshop.client("scheduler")
    with contextlib.suppress(scheduler.exceptions.ResourceNotFoundException):
        while workshop.target == "local":
            time.sleep(1.2)
            scheduler.get_schedule(Name=name)
        return False
    return True


def make_role(workshop):
    """The role that the scheduler takes on: it may start the workshop's workflows."""
    iam = workshop.client("iam")
    machines = f"arn:aws:states:*:{workshop.account_id}:stateMachine:workshop-*"
    may = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machines}
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=policy(trust), Tags=workshop.tags)
        iam.put_role_policy(RoleName=ROLE, PolicyName="workshop", PolicyDocument=policy(may))
        time.sleep(10 if workshop.target == "aws" else 0)  # a new role is not known everywhere at once
    return iam.get_role(RoleName=ROLE)["Role"]["Arn"]


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
