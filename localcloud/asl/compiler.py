"""From a definition that passed validation to a machine that runs: which class each state is of."""

from __future__ import annotations

from localcloud.asl.distributed.state import DistributedMap
from localcloud.asl.language import LANGUAGES, Fields, Language
from localcloud.asl.machine import Machine, State
from localcloud.asl.states.map import Map
from localcloud.asl.states.parallel import Parallel
from localcloud.asl.states.simple import Choice, Fail, Pass, Succeed, Wait
from localcloud.asl.states.task import Task

#: The state types by the name that definitions give them. A new one is a subclass of State and stands here.
TYPES: dict[str, type[State]] = {
    "Choice": Choice,
    "Fail": Fail,
    "Map": Map,
    "Parallel": Parallel,
    "Pass": Pass,
    "Succeed": Succeed,
    "Task": Task,
    "Wait": Wait,
}


def compile_machine(definition: Fields, inherited: Language = LANGUAGES["JSONPath"]) -> Machine:
    """Compile a state machine, a branch or an item processor, with all that is inside it.

    Args:
        definition: its JSON value, from a definition that passed validation.
        inherited: the query language around it; its own QueryLanguage wins.

    Raises:
        ExpressionSyntaxError: an expression cannot be read, which validation would have found.
    """
    language = _language(definition, inherited)
    states = {name: _compile_state(name, fields, language) for name, fields in definition["States"].items()}
    return Machine(definition, states)


def _compile_state(name: str, fields: Fields, inherited: Language) -> State:
    language = _language(fields, inherited)
    # Branches and processors inherit the language of the whole machine, not that of the state around them.
    state_type, inside = TYPES[fields["Type"]], []
    if fields["Type"] == "Parallel":
        inside = fields["Branches"]
    elif fields["Type"] == "Map":
        inside = [fields.get("ItemProcessor") or fields["Iterator"]]
        if inside[0].get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            state_type = DistributedMap
    return state_type(name, fields, language, [compile_machine(each, inherited) for each in inside])


def _language(holder: Fields, inherited: Language) -> Language:
    return LANGUAGES[holder["QueryLanguage"]] if "QueryLanguage" in holder else inherited
