"""The two query languages, as the fields of states use them.

What a field says becomes an `Expression`, whichever language says it. State types ask a `Language` for the fields
they have and need not know which of the two they are written in. What differs is in here and in `dataflow`: how a
field that is computed is spelt ("SecondsPath", or Seconds with an expression), what its value may be, and the words
in which the service says that it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from localcloud.asl import choice, jsonata, templates
from localcloud.asl.data import Data, EvaluationError, PathExpression, to_json
from localcloud.asl.distributed.items import pairs, plain
from localcloud.asl.errors import StateFailed
from localcloud.asl.running import Visit
from localcloud.asl.timestamps import parse_timestamp

Fields = Mapping[str, Any]

#: The longest wait that the language allows, in seconds.
MAX_SECONDS = 99_999_999


class Expression(Protocol):
    """What a field says, compiled once and evaluated in every visit."""

    def __call__(self, visit: Visit, document: Any, reserved: Mapping[str, Any] | None = None) -> Any:
        """The field's value.

        Args:
            document: what `$` is in JSONPath: the effective input, a result, an error output. JSONata reads the
                state's input, which is the same there where there is no InputPath.
            reserved: what `$states` has in JSONata beside input and context: result or errorOutput.

        Raises:
            StateFailed: with the service's wording of what went wrong.
        """


class Language(Protocol):
    """How the fields of a state are read.

    Attributes:
        arguments: the field that says what a task, a branch, ItemReader or ResultWriter is given.
    """

    arguments: str

    def template(self, value: Any, field: str) -> Expression:
        """A JSON value in which expressions stand; `field` names it in causes ("ItemBatcher/BatchInput")."""

    def number(self, fields: Fields, name: str, *, fraction: bool = False) -> Expression | None:
        """A field whose value is a number, with a fraction if that is allowed; None where there is none."""

    def text(self, fields: Fields, name: str) -> Expression | None:
        """Error or Cause of a Fail; None where there is none."""

    def items(self, fields: Fields, *, objects: bool = False) -> Expression:
        """The array that a Map maps over; with `objects`, of an object its members too."""

    def condition(self, rule: Fields, field: str) -> Expression:
        """Whether a rule of a Choice holds."""

    def seconds(self, fields: Fields) -> Expression:
        """How long a Wait waits."""

    def timestamp(self, fields: Fields) -> Expression:
        """Until when a Wait waits, in seconds since the epoch."""

    def failure(self, visit: Visit, message: str, field: str) -> StateFailed:
        """A field has a value that its state cannot use."""


class JSONPath:
    """Paths in fields of their own, "SecondsPath", and in members of payload templates, "key.$"."""

    arguments = "Parameters"

    def template(self, value: Any, field: str) -> Expression:
        return _from_document(templates.compile_template(value))

    def path(self, text: str) -> Expression:
        """A path, or a call of an intrinsic function."""
        return _from_document(templates.compile_expression(text))

    def number(self, fields: Fields, name: str, *, fraction: bool = False) -> Expression | None:
        if name in fields:
            return _constant(fields[name])
        if name + "Path" not in fields:
            return None
        text, kind = fields[name + "Path"], "float" if fraction else "integer"

        def number(visit: Visit, value: Any) -> Any:
            if isinstance(value, str):
                value = _parse_number(value, fraction=fraction)
            if _is_number(value, fraction=fraction):
                return value
            raise visit.failure(
                f'The {name}Path field refers to value "{_shown(value)}" which is not a valid {kind}: {text}'
            )

        return _checked(self.path(text), number)

    def text(self, fields: Fields, name: str) -> Expression | None:
        if name + "Path" not in fields:
            return _constant(fields[name]) if name in fields else None
        path = fields[name + "Path"]

        def text(visit: Visit, value: Any) -> Any:
            if isinstance(value, str):
                return value
            raise visit.failure(f"The {name}Path field refers to a value that is not a string: {path}")

        return _checked(self.path(path), text)

    def items(self, fields: Fields, *, objects: bool = False) -> Expression:
        path = fields.get("ItemsPath", "$")

        def items(visit: Visit, value: Any) -> Any:
            if objects and isinstance(value, dict):
                value = pairs(value)
            if not isinstance(value, list):
                shown = path.removeprefix("$") if path.startswith("$$") else path
                raise visit.failure(f'Reference path "{shown}" must point to array.')
            if visit.note:
                visit.note("afterItemsPath", plain(value))
            return value

        return _checked(self.path(path) if path != "$" else _document, items)

    def condition(self, rule: Fields, field: str) -> Expression:
        return _from_document(choice.compile_rule(rule))

    def seconds(self, fields: Fields) -> Expression:
        field, find = self._moment(fields, "Seconds")

        def seconds(visit: Visit, value: Any) -> Any:
            if isinstance(value, str):
                value = _parse_number(value)
            text = fields[field]
            if not _is_number(value):
                raise visit.failure(
                    f"The {field} parameter cannot be parsed as a long value: {text} == {_shown(value)}"
                )
            if 0 <= value <= MAX_SECONDS:
                return value
            problem = "references a negative value" if value < 0 else f"must be between 0 and {MAX_SECONDS}"
            raise visit.failure(f"The {field} parameter {problem}: {text} == {value}")

        return _checked(find, seconds)

    def timestamp(self, fields: Fields) -> Expression:
        field, find = self._moment(fields, "Timestamp")

        def timestamp(visit: Visit, value: Any) -> Any:
            moment = parse_timestamp(value) if isinstance(value, str) else None
            if moment is not None:
                return moment
            raise visit.failure(
                f"The {field} parameter does not reference a valid ISO-8601 extended offset date-time format "
                f"string: {fields[field]} == {_shown(value)}"
            )

        return _checked(find, timestamp)

    def _moment(self, fields: Fields, name: str) -> tuple[str, Expression]:
        """The field of a Wait that is there, and its value."""
        if name in fields:
            return name, _constant(fields[name])
        field = name + "Path"
        find = self.path(fields[field])

        def moment(visit: Visit, document: Any, reserved: Mapping[str, Any] | None = None) -> Any:
            try:
                return find(visit, document)
            except StateFailed:
                raise visit.failure(
                    f"The {field} parameter does not reference an input value: {fields[field]}"
                ) from None

        return field, moment

    def failure(self, visit: Visit, message: str, field: str) -> StateFailed:
        return visit.failure(message)


class JSONata:
    """Expressions in place of values, "{% … %}"."""

    arguments = "Arguments"

    def template(self, value: Any, field: str) -> Expression:
        return _from_states(jsonata.compile_template(value, field))

    def number(self, fields: Fields, name: str, *, fraction: bool = False) -> Expression | None:
        if not isinstance(fields.get(name), str):
            return _constant(fields[name]) if name in fields else None

        def number(visit: Visit, value: Any) -> Any:
            if _is_number(value, fraction=fraction):
                return value
            raise _wrong_type(visit, fields[name], name, "number", value)

        return _checked(self.template(fields[name], name), number)

    def text(self, fields: Fields, name: str) -> Expression | None:
        if fields.get(name) is None:
            return None

        def text(visit: Visit, value: Any) -> Any:
            if isinstance(value, str):
                return value
            raise _wrong_type(visit, fields[name], name, "string", value)

        return _checked(self.template(fields[name], name), text)

    def items(self, fields: Fields, *, objects: bool = False) -> Expression:
        def items(visit: Visit, value: Any) -> Any:
            if objects and isinstance(value, dict):
                return pairs(value)
            if isinstance(value, list):
                return value
            if "Items" in fields:
                raise _wrong_type(visit, fields["Items"], "Items", "array", value)
            raise visit.evaluation_failure(f"Map state input must be an array but was: {to_json(value)}", None)

        return _checked(self.template(fields["Items"], "Items") if "Items" in fields else _document, items)

    def condition(self, rule: Fields, field: str) -> Expression:
        return _from_states(choice.compile_condition(rule["Condition"], field))

    def seconds(self, fields: Fields) -> Expression:
        text = fields["Seconds"]

        def seconds(visit: Visit, value: Any) -> Any:
            if not _is_number(value, fraction=True):
                raise _wrong_type(visit, text, "Seconds", "number", value)
            if 0 <= value <= MAX_SECONDS:
                return int(value)
            message = f"The Seconds field must be between 0 and {MAX_SECONDS} but was: {value}"
            raise visit.evaluation_failure(message, "Seconds")

        return _checked(self.template(text, "Seconds"), seconds)

    def timestamp(self, fields: Fields) -> Expression:
        def timestamp(visit: Visit, value: Any) -> Any:
            moment = parse_timestamp(value) if isinstance(value, str) else None
            if moment is not None:
                return moment
            raise visit.evaluation_failure(
                "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
                f"{_shown(value)}",
                "Timestamp",
                early=False,
            )

        return _checked(self.template(fields["Timestamp"], "Timestamp"), timestamp)

    def failure(self, visit: Visit, message: str, field: str) -> StateFailed:
        return visit.evaluation_failure(message, field)


#: The languages by the names that definitions give them.
LANGUAGES: Mapping[str, Language] = {"JSONPath": JSONPath(), "JSONata": JSONata()}


def _from_document(compiled: PathExpression) -> Expression:
    """A path, a payload template or a rule of JSONPath: it sees a document, the context object, the variables."""

    def evaluate(visit: Visit, document: Any, reserved: Mapping[str, Any] | None = None) -> Any:
        try:
            return compiled(Data(document, visit.context, visit.frame.variables, visit.frame.running.random))
        except EvaluationError as error:
            raise visit.failure(error.message, error.error) from error

    return evaluate


def _from_states(compiled: Callable[..., Any]) -> Expression:
    """A template or a condition of JSONata: it sees `$states` and the variables.

    What goes wrong leaves its EvaluationFailed event in the history.
    """

    def evaluate(visit: Visit, document: Any, reserved: Mapping[str, Any] | None = None) -> Any:
        states = {"input": visit.input, "context": visit.context, **(reserved or {})}
        try:
            return compiled(states, visit.frame.variables, visit.frame.running.random)
        except EvaluationError as error:
            raise visit.evaluation_failure(error.message, error.field) from error

    return evaluate


def _checked(evaluate: Expression, check: Callable[[Visit, Any], Any]) -> Expression:
    """An expression whose value a check lets pass, makes into another, or refuses with StateFailed."""
    return lambda visit, document, reserved=None: check(visit, evaluate(visit, document, reserved))


def _constant(value: Any) -> Expression:
    return lambda visit, document, reserved=None: value


def _document(visit: Visit, document: Any, reserved: Mapping[str, Any] | None = None) -> Any:
    return document


def _is_number(value: Any, *, fraction: bool = False) -> bool:
    return isinstance(value, int | float if fraction else int) and not isinstance(value, bool)


def _parse_number(text: str, *, fraction: bool = False) -> Any:
    """A number written as text, which the service takes wherever a path gives a number; else the text itself."""
    try:
        return float(text) if fraction else int(text)
    except ValueError:
        return text


def _wrong_type(visit: Visit, text: Any, field: str, expected: str, value: Any) -> StateFailed:
    """The failure of a JSONata field whose value is of another type than the field takes."""
    return visit.evaluation_failure(jsonata.wrong_type(text, field, expected, value), field)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)
