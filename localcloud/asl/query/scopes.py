"""Scopes of variables, and the functions that expressions make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from localcloud.asl.query.signature import Signature
from localcloud.asl.query.values import UNDEFINED, Function, JsonataError

if TYPE_CHECKING:
    from localcloud.asl.query.run import Run


class Scope:
    """Variables of a block, a function call or a step of a path; what is not here is looked up outside.

    Args:
        bindings: names to values.
        parent: the scope outside; None for the built-in functions.
    """

    __slots__ = ("bindings", "parent", "run")

    def __init__(self, bindings: dict[str, Any], parent: Scope | None, run: Run | None = None) -> None:
        self.bindings = bindings
        self.parent = parent
        self.run: Run = run or parent.run  # type: ignore[union-attr] # the outermost scope is given its run

    def lookup(self, name: str) -> Any:
        """The value of a variable, or undefined."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings:
                return scope.bindings[name]
            scope = scope.parent
        return UNDEFINED


class Lambda(Function):
    """`function($a, $b) { ... }` with what it closes over."""

    __slots__ = ("arity", "body", "input", "parameters", "scope", "signature")

    def __init__(
        self,
        parameters: list[str],
        body: Callable[[Any, Scope], Any],
        value: Any,
        scope: Scope,
        signature: Signature | None,
    ) -> None:
        self.parameters, self.body, self.input, self.scope = parameters, body, value, scope
        self.signature = signature
        self.arity = len(parameters)

    def apply(self, run: Run, arguments: list[Any], context: Any) -> Any:
        function = self
        while True:
            if function.signature is not None:
                arguments = function.signature.validate(arguments, context)
            result = function._call(arguments)
            if type(result) is not TailCall:
                return result
            run.tail_call()
            if type(result.function) is not Lambda:
                try:
                    return run.apply(result.function, result.arguments, context)
                except JsonataError as error:
                    error.values.setdefault("token", result.name)
                    raise
            function, arguments = result.function, result.arguments

    def _call(self, arguments: list[Any]) -> Any:
        """The value of the body, or a TailCall."""
        bindings = dict.fromkeys(self.parameters, UNDEFINED)
        bindings.update(zip(self.parameters, arguments, strict=False))
        return self.body(self.input, Scope(bindings, self.scope))


class TailCall:
    """A call that a function ends with."""

    __slots__ = ("arguments", "function", "name")

    def __init__(self, function: Any, arguments: list[Any], name: Any) -> None:
        self.function, self.arguments, self.name = function, arguments, name


class Partial(Function):
    """A function with some of its arguments given: `$add(?, 2)`.

    Args:
        function: the function.
        given: its arguments; OPEN where one is still to come.
    """

    OPEN: Any = object()

    __slots__ = ("arity", "function", "given", "then")

    def __init__(self, function: Function, given: list[Any], then: Function | None = None) -> None:
        self.function, self.given, self.then = function, given, then
        self.arity = sum(argument is Partial.OPEN for argument in given)

    @classmethod
    def chain(cls, first: Function, second: Function) -> Partial:
        """`$f ~> $g`: the function that applies one after the other."""
        return cls(first, [cls.OPEN], second)

    def apply(self, run: Run, arguments: list[Any], context: Any) -> Any:
        rest = iter(arguments)
        filled = [next(rest, UNDEFINED) if item is Partial.OPEN else item for item in self.given]
        result = run.apply(self.function, filled, None)
        return result if self.then is None else run.apply(self.then, [result], None)


class Transform(Function):
    """`| pattern | update, delete |`: a function that copies an object and changes the copy."""

    __slots__ = ("delete", "pattern", "scope", "update")
    arity = 1

    def __init__(
        self,
        pattern: Callable[[Any, Scope], Any],
        update: Callable[[Any, Scope], Any],
        delete: Callable[[Any, Scope], Any] | None,
        scope: Scope,
    ) -> None:
        self.pattern, self.update, self.delete, self.scope = pattern, update, delete, scope

    def apply(self, run: Run, arguments: list[Any], context: Any) -> Any:
        value = arguments[0] if arguments else context
        if value is UNDEFINED:
            return UNDEFINED
        clone = self.scope.lookup("clone")
        if not isinstance(clone, Function):
            raise JsonataError("T2013")
        copy = run.apply(clone, [value], None)
        matches = self.pattern(copy, self.scope)
        for match in matches if isinstance(matches, list) else () if matches is UNDEFINED else [matches]:
            self._change(match)
        return copy

    def _change(self, match: Any) -> None:
        update = self.update(match, self.scope)
        if update is not UNDEFINED:
            if not isinstance(update, dict):
                raise JsonataError("T2011", value=update)
            if isinstance(match, dict):
                match.update(update)
        deletions = self.delete(match, self.scope) if self.delete is not None else UNDEFINED
        if deletions is UNDEFINED:
            return
        names = deletions if isinstance(deletions, list) else [deletions]
        if not all(isinstance(name, str) for name in names):
            raise JsonataError("T2012", value=deletions)
        if isinstance(match, dict):
            for name in names:
                match.pop(name, None)
