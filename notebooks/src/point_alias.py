"""Notebook 09: let the alias `live` of a state machine lead to versions."""


def point_alias(workshop, machine, weights):
    """Make the alias, or change it; returns its ARN, which callers start.

    Args:
        workshop: what connect() returned.
        machine: the state machine's ARN.
        weights: a version's ARN -> its percentage of the starts; one or two, 100 in all.
    """
    states = workshop.client("stepfunctions")
    routes = [{"stateMachineVersionArn": version, "weight": weight} for version, weight in weights.items()]
    aliases = states.list_state_machine_aliases(stateMachineArn=machine)["stateMachineAliases"]
    if not aliases:
        return states.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    alias = aliases[0]["stateMachineAliasArn"]
    states.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=routes)
    return alias
