"""JSONPath as Step Functions speaks it: Jayway's dialect, with the roots `$`, `$$` and `$variable`.

A path is parsed once into a list of steps and evaluated many times. A *definite* path (names and single
indices only) gives the one value it points at, or PathNotFound. Every other path gives the list of what it
finds, which is empty when it finds nothing, even where a definite part of it is missing (AWS does so; Jayway
alone would raise).

Sources: the Amazon States Language specification ("Paths", "Reference Paths"), the Step Functions developer
guide ("Using JSONPath paths"), and Jayway's json-path, whose semantics and messages AWS shows in its causes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from localcloud.asl.data import Data, EvaluationError, java_text, to_json
from localcloud.asl.jsonpath_syntax import Index, Names, Parser, Slice, Step, Wildcard
from localcloud.asl.jsonpath_walk import MISSING, Walk, compile_walk, position_in

_JAVA_TYPES = {
    str: "java.lang.String",
    int: "java.lang.Integer",
    float: "java.lang.Double",
    bool: "java.lang.Boolean",
    list: "java.util.ArrayList",
}


class PathNotFound(EvaluationError):
    """A definite path points at nothing.

    Its message is AWS's for InputPath, OutputPath and their like; a payload template and a Choice rule word
    it in their own ways (templates.py, choice.py).

    Args:
        path: the path as written.
        reason: which part of it is missing, in Jayway's words.
        root: the document that it was applied to.
    """

    def __init__(self, path: str, reason: str, root: Any) -> None:
        super().__init__("States.Runtime", f"Invalid path '{path}' : {reason}")
        self.path = path
        self.root = root


class Path:
    """A compiled path.

    Attributes:
        text: the path as written.
        root: "$", "$$" or the name of a variable.
        is_definite: it points at one value rather than at a list of them.
        is_reference: it identifies a single node by names and indices alone, so it can say where to put a
            value.
    """

    __slots__ = ("_keys", "_steps", "_walk", "is_definite", "is_reference", "root", "text")

    def __init__(self, text: str, root: str, steps: Sequence[Step]) -> None:
        self.text = text
        self.root = root
        self._steps = tuple(steps)
        self._keys = _single_keys(self._steps)
        self._walk: Walk | None = None if self._keys is not None else compile_walk(self._steps)
        self.is_definite = self._walk is None or self._walk.is_definite
        self.is_reference = self._keys is not None and all(isinstance(key, str) or key >= 0 for key in self._keys)

    @property
    def variable(self) -> str | None:
        """The workflow variable that the path reads, if any."""
        return None if self.root in ("$", "$$") else self.root

    def evaluate(self, data: Data) -> Any:
        """The value at the path, or the list of values of an indefinite path.

        Raises:
            PathNotFound: a definite path points at nothing.
            EvaluationError: the variable it starts from was never assigned.
        """
        return self.apply(self.root_value(data))

    def root_value(self, data: Data) -> Any:
        """The document that the path starts from."""
        if self.root == "$":
            return data.document
        if self.root == "$$":
            return data.context if type(data.context) is dict else dict(data.context)
        try:
            return data.variables[self.root]
        except KeyError:
            raise EvaluationError("States.Runtime", f"The variable '${self.root}' has not been assigned.") from None

    def apply(self, root: Any) -> Any:
        """The same, on a document that is at hand."""
        if self._keys is None:
            assert self._walk is not None
            found = self._walk.find(root)
            if found is MISSING:
                raise PathNotFound(self.text, f"No results for path: {_normalised(self._steps)}", root)
            return found
        value = root
        for key in self._keys:
            if isinstance(key, str):
                if type(value) is dict and key in value:
                    value = value[key]
                    continue
            elif type(value) is list and (index := position_in(value, key)) is not None:
                value = value[index]
                continue
            raise PathNotFound(self.text, self._why_missing(root), root)
        return value

    def place(self, document: Any, value: Any) -> Any:
        """A new document that is `document` with `value` at the path, as ResultPath puts it.

        Missing objects on the way are made; nothing is changed in place, untouched parts are shared.

        Raises:
            EvaluationError: States.ReferencePathConflict, when an object or an array element would have to
                stand where something else is. (The documentation calls it States.ResultPathMatchFailure; this
                is the name that the service reports.)
        """
        assert self._keys is not None, f"{self.text} is not a reference path"
        placed = _placed(document, self._keys, value)
        if placed is MISSING:
            raise EvaluationError(
                "States.ReferencePathConflict",
                f"Unable to apply ReferencePath {self.text} to input {to_json(document)}",
            )
        return placed

    def _why_missing(self, root: Any) -> str:
        """Jayway's message for the first step that leads nowhere."""
        assert self._keys is not None
        value = root
        for depth, key in enumerate(self._keys):
            here = _normalised(self._steps[:depth])
            if isinstance(key, str):
                if not isinstance(value, dict):
                    found = "null" if value is None else _JAVA_TYPES[type(value)]
                    return (
                        f"Expected to find an object with property ['{key}'] in path {here} but found "
                        f"'{found}'. This is not a json object according to the JsonProvider: "
                        "'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."
                    )
                if key not in value:
                    if depth < len(self._keys) - 1:
                        return f"Missing property in path {_normalised(self._steps[: depth + 1])}"
                    break
                value = value[key]
            else:
                if value is None:
                    return f"The path {here} is null"
                if not isinstance(value, list):
                    context = java_text(value)
                    return f"Filter: [{key}] can only be applied to arrays. Current context is: {context}"
                index = position_in(value, key)
                if index is None:
                    break
                value = value[index]
        return f"No results for path: {_normalised(self._steps)}"


@lru_cache(maxsize=4096)
def parse(text: str, *, counts_back: bool = False) -> Path:
    """Compile a path.

    Args:
        text: "$.order.items[0]", "$$.Execution.Id", "$total", "$..price", "$.items[?(@.price > 10)]".
        counts_back: whether `[-1]` is the last element, as in SageMaker. Step Functions has `[(@.length-1)]` for that.

    Raises:
        ExpressionSyntaxError: it is no path.
    """
    root, steps = Parser(text, counts_back=counts_back).path()
    return Path(text, root, steps)


def is_reference(text: str) -> bool:
    """Whether `text` is a path that identifies exactly one node.

    Raises:
        ExpressionSyntaxError: it is no path at all.
    """
    return parse(text).is_reference


def _single_keys(steps: Sequence[Step]) -> tuple[str | int, ...] | None:
    """The keys of a path of single names and indices, else None."""
    keys: list[str | int] = []
    for step in steps:
        if isinstance(step, Names) and len(step.names) == 1:
            keys.append(step.names[0])
        elif isinstance(step, Index) and len(step.indices) == 1 and (step.indices[0] >= 0 or step.counts_back):
            keys.append(step.indices[0])
        else:
            return None
    return tuple(keys)


def _normalised(steps: Sequence[Step]) -> str:
    """A path in the bracket notation of Jayway's messages: $['a'][0]."""
    return "$" + "".join(map(_fragment, steps))


def _fragment(step: Step) -> str:
    if isinstance(step, Names):
        return "[" + ",".join(f"'{name}'" for name in step.names) + "]"
    if isinstance(step, Index):
        return "[" + ",".join(map(str, step.indices)) + "]"
    if isinstance(step, Slice):
        return f"[{'' if step.start is None else step.start}:{'' if step.stop is None else step.stop}]"
    return "[*]" if isinstance(step, Wildcard) else "[?]"


def _placed(document: Any, keys: tuple[str | int, ...], value: Any) -> Any:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        index = position_in(document, key) if isinstance(document, list) else None
        if index is None:
            return MISSING
        inner = _placed(document[index], rest, value)
        return MISSING if inner is MISSING else [*document[:index], inner, *document[index + 1 :]]
    if not isinstance(document, dict):
        return MISSING
    inner = _placed(document.get(key, {}), rest, value)
    return MISSING if inner is MISSING else {**document, key: inner}
