"""What expressions see and how they fail: the ground on which the whole data layer stands.

Values are plain JSON values of Python (dict, list, str, int, float, bool, None). They are shared freely
between states, executions and history events, so nothing here ever changes one in place.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(slots=True)
class Data:
    """The documents an expression can reach.

    Args:
        document: what `$` means: the state's effective input, a result, an item.
        context: what `$$` means: the context object, a dict.
        variables: what `$name` means: the workflow variables in scope.
        random: the execution's own seeded generator. States.UUID and States.MathRandom draw from it, so that
            two runs of a workflow agree byte for byte.
    """

    document: Any
    context: Mapping[str, Any]
    variables: Mapping[str, Any]
    random: random.Random = field(default_factory=lambda: random.Random(0))


#: A path, a payload template, an intrinsic call or a rule of JSONPath, compiled.
PathExpression = Callable[[Data], Any]


class EvaluationError(Exception):
    """An expression failed while it ran.

    Args:
        error: the name that Retry and Catch see ("States.Runtime", "States.IntrinsicFailure", ...).
        message: AWS's wording, without the sentence "An error occurred while executing the state ...",
            which only the interpreter can write.
        field: the field a JSONata expression stands in ("Output/total"), as EvaluationFailed events give it.
    """

    def __init__(self, error: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.field = field


class ExpressionSyntaxError(ValueError):
    """An expression that no input could make valid.

    Args:
        text: the expression, whole.
        position: zero-based index into `text` at which reading stopped.
        message: what is wrong there.
        code: JSONata's own error code ("S0202"), where there is one.
    """

    def __init__(self, text: str, position: int, message: str, code: str | None = None) -> None:
        super().__init__(f"{message} (at position {position} of {text!r})")
        self.text = text
        self.position = position
        self.message = message
        self.code = code


def to_json(value: Any) -> str:
    """`value` as AWS writes JSON into inputs, outputs and causes: no spaces, no escaped letters."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def java_text(value: Any) -> str:
    """`value` as Java's toString gives it.

    AWS lets it show in two places, and so do we: States.Format of an object ("{Arg1=1, Arg2=[]}") and
    some causes.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(java_text, value)) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float):
        return _java_double(value)
    return str(value)


def _java_double(value: float) -> str:
    """Java switches to scientific notation outside 0.001 to 10,000,000 and always shows a fraction."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    negative, figures, power = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    return f"{'-' * negative}{digits[0]}.{digits[1:] or '0'}E{len(digits) - 1 + int(power)}"
