"""Signatures of functions, `<s-nn?:s>`: which arguments fit, and what becomes of missing ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from localcloud.asl.query.values import UNDEFINED, Function, JsonataError

_ARRAY_OF = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its type letter, the letters it takes, its elements' type, whether the context stands in."""

    kind: str
    takes: str
    quantity: str = ""
    subtype: str = ""
    context: bool = False


class Signature:
    """A compiled signature.

    Args:
        parameters: in order.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self._parameters = tuple(parameters)
        self._regex = re.compile("".join(f"([{p.takes}]{p.quantity})" for p in parameters))

    def validate(self, arguments: list[Any], context: Any) -> list[Any]:
        """The arguments as the function takes them: single values made arrays, missing ones from the context.

        Raises:
            JsonataError: T0410, T0411 or T0412.
        """
        letters = "".join(map(letter, arguments))
        match = self._regex.fullmatch(letters)
        if match is None:
            raise JsonataError("T0410", index=self._first_misfit(letters) + 1)
        validated: list[Any] = []
        at = 0
        for number, parameter in enumerate(self._parameters):
            taken = match.group(number + 1)
            if not taken:
                if parameter.context:
                    if letter(context) not in parameter.takes:
                        raise JsonataError("T0411", index=at + 1)
                    validated.append(context)
                else:
                    validated.append(arguments[at] if at < len(arguments) else UNDEFINED)
                    at += 1
                continue
            for single in taken:
                argument = arguments[at] if at < len(arguments) else UNDEFINED
                if parameter.kind == "a" and single != "m":
                    argument = _as_array(parameter, single, argument, at, taken)
                validated.append(argument)
                at += 1
        return validated

    def _first_misfit(self, letters: str) -> int:
        """The index of the first argument that fits no longer."""
        pattern, good = "", 0
        for parameter in self._parameters:
            pattern += f"[{parameter.takes}]{parameter.quantity}"
            match = re.match(pattern, letters)
            if match is None:
                return good
            good = match.end()
        return good


def _as_array(parameter: Parameter, single: str, argument: Any, at: int, taken: str) -> list[Any]:
    if parameter.subtype:
        wanted = parameter.subtype[0]
        fits = all(letter(item) == wanted for item in argument) if single == "a" else taken == parameter.subtype
        if not fits:
            raise JsonataError("T0412", index=at + 1, type=_ARRAY_OF.get(parameter.subtype, UNDEFINED))
    return argument if single == "a" else [argument]


def letter(value: Any) -> str:
    """The type letter of a value; "m" (missing) for undefined."""
    if isinstance(value, str):
        return "s"
    if value is True or value is False:
        return "b"
    if isinstance(value, (int, float)):
        return "n"
    if isinstance(value, list):
        return "a"
    if isinstance(value, dict):
        return "o"
    if value is None:
        return "l"
    return "f" if isinstance(value, Function) else "m"


@lru_cache(maxsize=256)
def parse(text: str) -> Signature:
    """Compile `<...>`; what follows the colon is not looked at, as in the reference implementation."""
    parameters: list[Parameter] = []
    letters = {"a": "asnblfom", "f": "f", "j": "asnblom", "x": "asnblfom"}
    at = 1
    while at < len(text) and text[at] not in ":>":
        symbol = text[at]
        if symbol == "(":
            end = text.index(")", at)
            choice = text[at + 1 : end]
            parameters.append(Parameter(f"({choice})", choice + "m"))
            at = end
        elif symbol == "<":
            end = _closing(text, at)
            parameters[-1] = replace(parameters[-1], subtype=text[at + 1 : end])
            at = end
        elif symbol == "-":
            parameters[-1] = replace(parameters[-1], context=True, quantity="?")
        elif symbol in "?+":
            parameters[-1] = replace(parameters[-1], quantity=symbol)
        else:
            parameters.append(Parameter(symbol, letters.get(symbol, symbol + "m")))
        at += 1
    return Signature(parameters)


def from_library(parsed: Any) -> Signature:
    """The signature of a lambda, which the library's parser has taken apart already."""
    parameters = []
    for parameter in parsed._params:
        takes, _, quantity = parameter.regex.strip("[").partition("]")
        parameters.append(
            Parameter(
                str(parameter.type),
                takes or parameter.regex,
                quantity,
                parameter.subtype or "",
                bool(parameter.context),
            )
        )
    return Signature(parameters)


def _closing(text: str, start: int) -> int:
    depth, at = 1, start
    while depth:
        at += 1
        depth += (text[at] == "<") - (text[at] == ">")
    return at
