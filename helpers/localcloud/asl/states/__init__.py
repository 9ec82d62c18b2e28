"""The state types. A new one is a class with a `kind` and a `perform`, and a line here."""

from __future__ import annotations

from typing import Any

from helpers.localcloud.asl.states.base import State
from helpers.localcloud.asl.states.map import Map
from helpers.localcloud.asl.states.parallel import Parallel
from helpers.localcloud.asl.states.simple import Choice, Fail, Pass, Succeed, Wait
from helpers.localcloud.asl.states.task import Task

_TYPES: dict[str, type[State]] = {
    state.kind: state for state in (Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map)
}


def compile_state(name: str, fields: dict[str, Any], is_jsonata: bool) -> State:
    """Compile one state of a definition that passed validation; its own QueryLanguage wins over `is_jsonata`."""
    if "QueryLanguage" in fields:
        is_jsonata = fields["QueryLanguage"] == "JSONata"
    return _TYPES[fields["Type"]](name, fields, is_jsonata)
