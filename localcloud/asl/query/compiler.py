"""Expressions to closures: each node of the parser's tree becomes a function of (input, scope).

Depth is counted as the reference implementation counts nested evaluations, because AWS ends an expression at about a
hundred of them: what is nested in the text is known when it is compiled, a call adds the depth it is made at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jsonata.utils import Utils

from localcloud.asl.query import signature
from localcloud.asl.query.operators import OPERATORS
from localcloud.asl.query.paths import PathCompiler, filtered
from localcloud.asl.query.scopes import Lambda, Partial, Scope, TailCall, Transform
from localcloud.asl.query.strings import Pattern
from localcloud.asl.query.values import (
    UNDEFINED,
    Constructed,
    Function,
    JsonataError,
    Sequence,
    append,
    collapse,
    is_number,
    lookup,
    truth,
    whole,
)

#: (input, scope) to a value.
Node = Callable[[Any, Scope], Any]


class Compiler(PathCompiler):
    """Compiles one expression.

    Attributes:
        deepest: how deep the text nests, functions' bodies apart.
        read: the variables it reads; bound: those it binds itself.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.deepest = 0
        self.read: set[str] = set()
        self.bound: set[str] = set()

    def compile(self, tree: Any) -> Node:
        """One node with its predicates and grouping; its value is no bare sequence."""
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        node: Node = getattr(self, f"_{tree.type}")(tree)
        for predicate in tree.predicate or ():
            node = self._predicated(node, predicate.expr)
        if tree.type != "path" and tree.group is not None:
            node = self._grouped(node, tree.group)
        self.depth -= 1
        if tree.type in ("string", "number", "value", "regex", "lambda", "condition"):
            return node
        # `$items ~> $map($f)[]`: the parser leaves the mark on the function, its meaning is the whole's.
        keeps = tree.keep_array or (tree.type == "apply" and (tree.lhs.keep_array or tree.rhs.keep_array))
        return _kept(node) if keeps else _collapsed(node)

    def _predicated(self, node: Node, predicate: Any) -> Node:
        keep = filtered(self, predicate)
        return lambda value, scope: keep(node(value, scope), scope)

    def _grouped(self, node: Node, group: Any) -> Node:
        make = self.grouping(group)
        return lambda value, scope: make(node(value, scope), scope)

    # leaves

    def _string(self, tree: Any) -> Node:
        constant = None if tree.value is Utils.NULL_VALUE else tree.value
        if type(constant) is int:
            constant = whole(constant)
        if isinstance(constant, str):
            # The parser leaves the two halves of an escaped character beyond U+FFFF apart.
            constant = constant.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        return lambda value, scope: constant

    _number = _value = _string

    def _regex(self, tree: Any) -> Node:
        pattern = Pattern(tree.value)
        return lambda value, scope: pattern

    def _name(self, tree: Any) -> Node:
        name = tree.value
        return lambda value, scope: lookup(value, name)

    def _variable(self, tree: Any) -> Node:
        name = tree.value
        if name == "":
            return lambda value, scope: value
        self.read.add(name)
        return lambda value, scope: scope.lookup(name)

    def _parent(self, tree: Any) -> Node:
        label = tree.slot.label
        return lambda value, scope: scope.lookup(label)

    def _wildcard(self, tree: Any) -> Node:
        return lambda value, scope: _members(value)

    def _descendant(self, tree: Any) -> Node:
        def node(value: Any, scope: Scope) -> Any:
            return UNDEFINED if value is UNDEFINED else Sequence(_descendants(value))

        return node

    # operators

    def _binary(self, tree: Any) -> Node:
        left, right = self.compile(tree.lhs), self.compile(tree.rhs)
        operator = tree.value
        if operator == "and":
            return lambda value, scope: truth(left(value, scope)) and truth(right(value, scope))
        if operator == "or":
            return lambda value, scope: truth(left(value, scope)) or truth(right(value, scope))
        operate = OPERATORS[operator]

        def node(value: Any, scope: Scope) -> Any:
            try:
                return operate(left(value, scope), right(value, scope))
            except JsonataError as error:
                error.values.setdefault("token", operator)
                raise

        return node

    def _unary(self, tree: Any) -> Node:
        if tree.value == "[":
            return self._array(tree)
        if tree.value == "{":
            make = self.grouping(tree)
            return lambda value, scope: make(value, scope)
        operand = self.compile(tree.expression)

        def negate(value: Any, scope: Scope) -> Any:
            number = operand(value, scope)
            if number is UNDEFINED:
                return UNDEFINED
            if not is_number(number):
                raise JsonataError("D1002", token="-", value=number)
            return -number

        return negate

    def _array(self, tree: Any) -> Node:
        items = [(self.compile(item), item.value == "[") for item in tree.expressions]
        kind = Constructed if tree.consarray else list

        def node(value: Any, scope: Scope) -> Any:
            result: list[Any] = kind()
            for item, is_array in items:
                element = item(value, scope)
                if element is UNDEFINED:
                    continue
                if is_array or not isinstance(element, list):
                    result.append(element)
                else:
                    result.extend(element)
            return result

        return node

    def _condition(self, tree: Any) -> Node:
        test, then = self.compile(tree.condition), self.compile(tree.then)
        if tree._else is None:
            return lambda value, scope: then(value, scope) if truth(test(value, scope)) else UNDEFINED
        other = self.compile(tree._else)
        return lambda value, scope: (then if truth(test(value, scope)) else other)(value, scope)

    def _block(self, tree: Any) -> Node:
        steps = [self.compile(step) for step in tree.expressions]

        def node(value: Any, scope: Scope) -> Any:
            inner, result = Scope({}, scope), UNDEFINED
            for step in steps:
                result = step(value, inner)
            return result

        return node

    def _bind(self, tree: Any) -> Node:
        name, source = tree.lhs.value, self.compile(tree.rhs)
        self.bound.add(name)

        def node(value: Any, scope: Scope) -> Any:
            scope.bindings[name] = bound = source(value, scope)
            return bound

        return node

    # functions

    def _lambda(self, tree: Any) -> Node:
        if tree.thunk:
            return self._tail_call(tree.body)
        outer, deepest = self.depth, self.deepest
        self.depth = self.deepest = 0
        parameters = [parameter.value for parameter in tree.arguments]
        self.bound.update(parameters)
        body = self.compile(tree.body)
        self.depth, self.deepest = outer, deepest
        takes = signature.from_library(tree.signature) if tree.signature is not None else None
        return lambda value, scope: Lambda(parameters, body, value, scope, takes)

    def _tail_call(self, call: Any) -> Node:
        """A call in the last place of a function: handed to the caller to make, so that recursion stays flat."""
        procedure, arguments = self.compile(call.procedure), [self.compile(item) for item in call.arguments]
        name = _procedure_name(call)

        def node(value: Any, scope: Scope) -> Any:
            function = procedure(value, scope)
            return TailCall(function, [argument(value, scope) for argument in arguments], name)

        return node

    def _function(self, tree: Any, first: Node | None = None) -> Node:
        depth, name = self.depth, _procedure_name(tree)
        procedure = self.compile(tree.procedure)
        arguments = [self.compile(argument) for argument in tree.arguments or ()]
        if first is not None:
            arguments.insert(0, first)
        is_path = tree.procedure.type == "path"

        def node(value: Any, scope: Scope) -> Any:
            function = procedure(value, scope)
            if function is UNDEFINED and is_path and scope.lookup(name) is not UNDEFINED:
                raise JsonataError("T1005", token=name)
            given = [argument(value, scope) for argument in arguments]
            run = scope.run
            outer = run.depth
            run.depth = outer + depth
            run.check_depth()
            try:
                return run.apply(function, given, value)
            except JsonataError as error:
                error.values.setdefault("token", name)
                raise
            finally:
                run.depth = outer

        return node

    def _apply(self, tree: Any) -> Node:
        left = self.compile(tree.lhs)
        if tree.rhs.type == "function":
            return self._function(tree.rhs, left)
        right = self.compile(tree.rhs)

        def node(value: Any, scope: Scope) -> Any:
            first, second = left(value, scope), right(value, scope)
            if not isinstance(second, Function):
                raise JsonataError("T2006", value=second)
            if isinstance(first, Function):
                return Partial.chain(first, second)
            return scope.run.apply(second, [first], None)

        return node

    def _partial(self, tree: Any) -> Node:
        name = _procedure_name(tree)
        procedure = self.compile(tree.procedure)
        is_path = tree.procedure.type == "path"
        arguments = [
            None if item.type == "operator" and item.value == "?" else self.compile(item) for item in tree.arguments
        ]

        def node(value: Any, scope: Scope) -> Any:
            given = [Partial.OPEN if argument is None else argument(value, scope) for argument in arguments]
            function = procedure(value, scope)
            if function is UNDEFINED and is_path and scope.lookup(name) is not UNDEFINED:
                raise JsonataError("T1007", token=name)
            if not isinstance(function, Function):
                raise JsonataError("T1008", token=name)
            return Partial(function, given)

        return node

    def _transform(self, tree: Any) -> Node:
        pattern, update = self.compile(tree.pattern), self.compile(tree.update)
        delete = self.compile(tree.delete) if tree.delete is not None else None
        return lambda value, scope: Transform(pattern, update, delete, scope)


def _procedure_name(call: Any) -> Any:
    procedure = call.procedure
    if procedure.type == "path":
        return procedure.steps[0].value
    return UNDEFINED if procedure.value is None else procedure.value


def _collapsed(node: Node) -> Node:
    return lambda value, scope: collapse(node(value, scope))


def _kept(node: Node) -> Node:
    """A node marked with `[]`: a sequence of one stays an array."""

    def keep(value: Any, scope: Scope) -> Any:
        result = node(value, scope)
        if type(result) is Sequence and not result.tuple_stream:
            result.keep_singleton = True
        return collapse(result)

    return keep


def _members(value: Any) -> Any:
    """`*`: the members of an object, arrays among them flattened."""
    found: Any = Sequence()
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        if isinstance(member, list):
            found = append(found, list(_flat(member)))
        else:
            found.append(member)
    return found


def _flat(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _descendants(value: Any) -> Iterator[Any]:
    """`**`: a value and everything in it, arrays left out."""
    if isinstance(value, list):
        for item in value:
            yield from _descendants(item)
    else:
        yield value
        if isinstance(value, dict):
            for item in value.values():
                yield from _descendants(item)
