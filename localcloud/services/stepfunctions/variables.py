"""Which variables each state of a definition refers to: the member variableReferences of the descriptions.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.asl import jsonata

# A reference in JSONPath: $name, neither the input ($, $., $[) nor the context object ($$).
_JSONPATH = re.compile(r"(?<![$\w'])\$([A-Za-z_]\w*)")

# What is quoted in an intrinsic function's arguments is text.
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'")


def variable_references(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """State name -> the variables it refers to, in the order in which they come; none: left out.

    States inside Map and Parallel count under their own names.
    """
    result: dict[str, list[str]] = {}
    _machine(definition, definition.get("QueryLanguage") == "JSONata", result)
    return result


def _machine(definition: Mapping[str, Any], is_jsonata: bool, result: dict[str, list[str]]) -> None:
    for name, state in definition.get("States", {}).items():
        language = state.get("QueryLanguage")
        in_jsonata = is_jsonata if language is None else language == "JSONata"
        inner = [*state.get("Branches", ())]
        inner += [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        fields = {key: value for key, value in state.items() if key not in _NOT_EXPRESSIONS}
        texts = _jsonata_texts(fields) if in_jsonata else _jsonpath_texts(fields)
        names = _jsonata_names(texts) if in_jsonata else _jsonpath_names(texts)
        found = list(dict.fromkeys(names))
        if found:
            result[name] = found
        for machine in inner:
            _machine(machine, is_jsonata, result)  # of the whole machine, not of the state around it


_NOT_EXPRESSIONS = frozenset(
    [
        "Branches",
        "ItemProcessor",
        "Iterator",
        "Comment",
        "Type",
        "Next",
        "Default",
        "Resource",
        "QueryLanguage",
        "Result",
        "Label",
    ]
)


def _jsonpath_texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _jsonpath_texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _jsonpath_texts(inner)
    elif isinstance(value, str) and key.endswith((".$", "Path", "Variable")):
        yield value


def _jsonpath_names(texts: Iterator[str]) -> Iterator[str]:
    for text in texts:
        for match in _JSONPATH.finditer(_QUOTED.sub("''", text) if text.startswith("States.") else text):
            yield match[1]


def _jsonata_texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _jsonata_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _jsonata_texts(inner)
    elif isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        yield value


def _jsonata_names(texts: Iterator[str]) -> Iterator[str]:
    for text in texts:
        yield from sorted(jsonata.variables_in(text), key=lambda name: (text.find(f"${name}"), name))
