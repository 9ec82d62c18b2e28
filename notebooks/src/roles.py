"""Roles that a service takes on for a notebook, beside those that connect() makes."""

import json


def make_role(workshop, name, services, may):
    """A role, made or found; returns its ARN.

    Args:
        workshop: what connect() returned.
        name: the role's; it starts with workshop-.
        services: who may take it on, such as "scheduler.amazonaws.com".
        may: action -> the resource, or resources, that it is allowed on.
    """
    iam, name = workshop.client("iam"), workshop.name(name)
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    trust["Condition"] = {"StringEquals": {"aws:SourceAccount": workshop.account_id}}  # for nobody else's account
    allowed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in may.items()]
    try:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]), Tags=workshop.tags)
        iam.put_role_policy(RoleName=name, PolicyName="workshop", PolicyDocument=policy(allowed))
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    return iam.get_role(RoleName=name)["Role"]["Arn"]


def all_of(bucket):
    """A bucket and what is in it, as resources."""
    return [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def policy(statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
