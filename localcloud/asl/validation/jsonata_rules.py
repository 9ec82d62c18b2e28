"""JSONata inside a definition: delimiters, syntax, and the names that AWS has nothing behind.

AWS parses every expression when the definition is handed in, and refuses references to a context item: there
is none, the input arrives as `$states.input`.
Source: developer guide, "Transforming data with JSONata"; answers of ValidateStateMachineDefinition.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from localcloud.asl.data import ExpressionSyntaxError
from localcloud.asl.validation.shapes import Scope


def is_expression(value: str) -> bool:
    """Whether a string is meant to be evaluated."""
    return value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def check_expression(value: str, location: str, scope: Scope, *, literal: bool = False) -> None:
    """Reports what is wrong with a string in a JSONata state.

    Args:
        literal: True where a string without delimiters is plain text.
    """
    report = scope.report
    if not is_expression(value):
        if not literal or value.startswith("{%") or value.endswith("%}"):
            report.schema("JSONata string must start with {% and end with %}", location)
        return
    error, references = _read(value[2:-2].strip())
    if error is not None:
        report.error("INVALID_JSONATA_EXPRESSION", error, location)
    for reference in references:
        if reference == "$$":
            report.error("UNSUPPORTED_JSONATA_EXPRESSION", "Reference to '$$' is not supported.", location)
        elif reference.startswith("$states."):
            if reference.removeprefix("$states.") not in scope.reserved | {"input", "context"}:
                report.error("UNSUPPORTED_JSONATA_EXPRESSION", f"Field '{reference}' does not exist.", location)
        else:
            report.error(
                "UNSUPPORTED_JSONATA_EXPRESSION",
                f"Reference to '{reference}' at the top level is not supported.",
                location,
            )


def check_template(value: Any, location: str, scope: Scope) -> None:
    """Every string of a JSON value that may hold expressions."""
    if isinstance(value, dict):
        for key, item in value.items():
            check_template(item, f"{location}/{key}", scope)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_template(item, f"{location}[{index}]", scope)
    elif isinstance(value, str):
        check_expression(value, location, scope, literal=True)


@lru_cache(maxsize=4096)
def _read(expression: str) -> tuple[str | None, tuple[str, ...]]:
    """The parser's complaint, if any, and the references that only some places have, in the order written."""
    # Imported here: definitions without JSONata need not pay for the parser.
    from localcloud.asl.query.parser import parse

    try:
        return None, tuple(dict.fromkeys(_references(parse(expression))))
    except ExpressionSyntaxError as problem:
        return problem.message, ()
    except RecursionError:
        return "The expression is nested too deeply", ()


def _references(node: Any) -> Iterator[str]:
    """Names that are read from the context item, `$$`, and the fields of `$states` that come and go.

    Only the first step of a path reads the context item: later steps, predicates, orderings and groupings
    read what the step before gave. A function's body reads the context of the place where it is written.
    """
    kind = getattr(node, "type", None)
    if kind == "path":
        steps = node.steps
        yield from _references(steps[0])
        if len(steps) > 1 and (steps[0].type, steps[0].value) == ("variable", "states"):
            second = steps[1]
            if second.type in ("name", "string"):
                yield f"$states.{second.value}"
    elif kind == "name":
        yield str(node.value)
    elif kind == "variable":
        if node.value in ("", "$"):
            yield f"${node.value}"
    else:
        for child in _children(kind, node):
            yield from _references(child)


def _children(kind: str | None, node: Any) -> Iterator[Any]:
    """The parts of a node that are evaluated with the same context item as the node itself."""
    if kind == "unary":
        if node.value == "[":
            yield from node.expressions or ()
        elif node.value == "{":
            for pair in node.lhs_object or ():
                yield from pair
        else:
            yield node.expression
    elif kind in ("binary", "apply"):
        yield from (node.lhs, node.rhs)
    elif kind in ("function", "partial"):
        yield node.procedure
        yield from node.arguments or ()
    elif kind == "lambda":
        yield node.body
    elif kind == "condition":
        yield from (node.condition, node.then, node._else)
    elif kind == "block":
        yield from node.expressions or ()
    elif kind == "bind":
        yield node.rhs
