"""Path steps, filters, ordering and grouping."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from localcloud.asl.query.scopes import Scope
from localcloud.asl.query.values import (
    UNDEFINED,
    Constructed,
    JsonataError,
    Sequence,
    append,
    are_numbers,
    collapse,
    is_number,
    lookup,
    truth,
)

Node = Callable[[Any, Scope], Any]
#: Takes a whole sequence and gives one.
Step = Callable[[Any, Scope], Any]


class PathCompiler:
    """The part of the compiler that knows paths; `compile` is the rest."""

    def compile(self, tree: Any) -> Node:
        raise NotImplementedError

    def _path(self, tree: Any) -> Node:
        if self.is_plain_path(tree):
            first, names = tree.steps[0], [step.value for step in tree.steps[1:]]
            start = self.compile(first)
            return lambda value, scope: _walked(start(value, scope), names)
        return self._general_path(tree)

    def is_plain_path(self, tree: Any) -> bool:
        """Whether an expression is a variable and names: `$states.input.order.total`, the most common one."""
        if tree.type != "path":
            return bool(tree.type == "variable" and tree.predicate is None and tree.group is None)
        first, *rest = tree.steps
        return (
            first.type == "variable"
            and tree.group is None
            and not tree.keep_singleton_array
            and all(_is_bare(step) for step in tree.steps)
            and all(step.type == "name" for step in rest)
        )

    def _general_path(self, tree: Any) -> Node:
        steps = [self._step(step, number == len(tree.steps) - 1) for number, step in enumerate(tree.steps)]
        carries = [False] * len(steps)
        for number, step in enumerate(tree.steps):
            carries[number] = bool(step.tuple) or (number > 0 and carries[number - 1])
        tuple_steps = [self._tuple_step(step) if carries[n] else None for n, step in enumerate(tree.steps)]
        group = self.grouping(tree.group) if tree.group is not None else None
        starts_absolute = tree.steps[0].type == "variable"
        first_array = self.compile(tree.steps[0]) if tree.steps[0].consarray else None
        keeps_tuples, keep_singleton = tree.tuple is not None and tree.tuple, tree.keep_singleton_array
        focused = [step.focus is not None for step in tree.steps]

        def node(value: Any, scope: Scope) -> Any:
            sequence = value if isinstance(value, list) and not starts_absolute else Sequence([value])
            result: Any = UNDEFINED
            tuples: Any = UNDEFINED
            for number, step in enumerate(steps):
                tuple_step = tuple_steps[number]
                if number == 0 and first_array is not None:
                    result = first_array(value, scope)
                elif tuple_step is not None:
                    tuples = tuple_step(sequence, tuples, scope)
                else:
                    result = step(sequence, scope)
                if tuple_step is None and (result is UNDEFINED or not result):
                    break
                if not focused[number]:
                    sequence = result
            if tuples is not UNDEFINED:
                result = tuples if keeps_tuples else Sequence(entry["@"] for entry in tuples)
            if keep_singleton and isinstance(result, list):
                result = _keeping(result)
            if group is not None:
                result = group(tuples if tuples is not UNDEFINED else result, scope)
            return result

        return node

    def _step(self, tree: Any, is_last: bool) -> Step:
        if tree.type == "sort":
            return self._sort_step(tree)
        node = self.compile(tree)
        filters = [filtered(self, stage.expr) for stage in tree.stages or () if stage.type == "filter"]

        def step(sequence: Any, scope: Scope) -> Any:
            results = []
            for item in sequence:
                result = node(item, scope)
                for keep in filters:
                    result = keep(result, scope)
                if result is not UNDEFINED:
                    results.append(result)
            if is_last and len(results) == 1:
                only = results[0]
                if isinstance(only, list) and type(only) is not Sequence:
                    return only
            return _flattened(results)

        return step

    def _sort_step(self, tree: Any) -> Step:
        order = self._ordering(tree)
        stages = self._stages(tree)
        return lambda sequence, scope: stages(order(sequence, scope), scope)

    def _tuple_step(self, tree: Any) -> Callable[[Any, Any, Scope], Any]:
        """A step of a path in which `@`, `#` or `%` is used: a stream of bindings goes through it."""
        stages = self._stages(tree)
        if tree.type == "sort":
            order = self._ordering(tree)
            index = tree.index

            def sort(sequence: Any, tuples: Any, scope: Scope) -> Any:
                if tuples is not UNDEFINED:
                    return stages(order(tuples, scope), scope)
                entries = ({"@": item, index: at} for at, item in enumerate(order(sequence, scope)))
                return stages(_stream(entries), scope)

            return sort
        node = self.compile(tree)
        focus, index = tree.focus, tree.index
        ancestor = tree.ancestor.label if tree.ancestor is not None else None

        def step(sequence: Any, tuples: Any, scope: Scope) -> Any:
            entries = []
            for before in [{"@": item} for item in sequence] if tuples is UNDEFINED else tuples:
                result = node(before["@"], Scope(before, scope))
                if result is UNDEFINED:
                    continue
                results = result if isinstance(result, list) else [result]
                carried = type(results) is Sequence and results.tuple_stream
                for at, item in enumerate(results):
                    entry = dict(before)
                    if carried:
                        entry.update(item)
                    else:
                        entry[focus or "@"] = item
                        if index is not None:
                            entry[index] = at
                        if ancestor is not None:
                            entry[ancestor] = before["@"]
                    entries.append(entry)
            return stages(_stream(entries), scope)

        return step

    def _stages(self, tree: Any) -> Step:
        """The filters and position variables that follow a step."""
        stages: list[Step] = []
        for stage in tree.stages or ():
            stages.append(filtered(self, stage.expr) if stage.type == "filter" else _numbered(stage.value))

        def run(result: Any, scope: Scope) -> Any:
            for stage in stages:
                result = stage(result, scope)
            return result

        return run

    def _ordering(self, tree: Any) -> Step:
        terms = [(self.compile(term.expression), bool(term.descending)) for term in tree.terms]

        def order(sequence: Any, scope: Scope) -> Any:
            is_stream = type(sequence) is Sequence and sequence.tuple_stream

            def key(item: Any, node: Node) -> Any:
                return node(item["@"], Scope(item, scope)) if is_stream else node(item, scope)

            def compare(left: Any, right: Any) -> int:
                for node, descending in terms:
                    result = _compared(key(left, node), key(right, node))
                    if result:
                        return -result if descending and abs(result) == 1 else (result > 0) - (result < 0)
                return 0

            if len(sequence) <= 1:
                return sequence
            ordered = sorted(sequence, key=cmp_to_key(compare))
            return _stream(ordered) if is_stream else Sequence(ordered)

        return order

    def grouping(self, tree: Any) -> Step:
        """`{key: value}`: an object, or one member for each key that the sequence gives."""
        pairs = [(self.compile(key), self.compile(value)) for key, value in tree.lhs_object]

        def make(value: Any, scope: Scope) -> Any:
            is_stream = type(value) is Sequence and value.tuple_stream
            items = value if isinstance(value, list) else [value]
            groups: dict[str, tuple[Any, int]] = {}
            for item in items or [UNDEFINED]:
                context, inner = (item["@"], Scope(item, scope)) if is_stream else (item, scope)
                for number, (key_node, _) in enumerate(pairs):
                    key = key_node(context, inner)
                    if key is UNDEFINED:
                        continue
                    if not isinstance(key, str):
                        raise JsonataError("T1003", value=key)
                    if key not in groups:
                        groups[key] = (item, number)
                    elif groups[key][1] != number:
                        raise JsonataError("D1009", value=key)
                    else:
                        groups[key] = (append(groups[key][0], item), number)
            result = {}
            for key, (members, number) in groups.items():
                context, inner = members, scope
                if is_stream:
                    merged = _merged(members)
                    context = merged.pop("@")
                    inner = Scope(merged, scope)
                member = pairs[number][1](context, inner)
                if member is not UNDEFINED:
                    result[key] = member
            return result

        return make


def filtered(compiler: PathCompiler, tree: Any) -> Step:
    """`[predicate]`: elements by position, or those for which the predicate is true."""
    if tree.type == "number":
        position = int(tree.value // 1)

        def pick(value: Any, scope: Scope) -> Any:
            items = value if isinstance(value, list) else () if value is UNDEFINED else [value]
            index = position + len(items) if position < 0 else position
            if not 0 <= index < len(items) or items[index] is UNDEFINED:
                return Sequence()
            item = items[index]
            if isinstance(item, list):
                return item
            return _stream([item]) if _is_stream(value) else Sequence([item])

        return pick
    node = compiler.compile(tree)

    def keep(value: Any, scope: Scope) -> Any:
        results = Sequence()
        is_stream = results.tuple_stream = _is_stream(value)
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            result = node(item["@"], Scope(item, scope)) if is_stream else node(item, scope)
            if is_number(result):
                result = [result]
            if are_numbers(result):
                # An empty array of numbers keeps nothing, as anything else that is false.
                count = sum((at if at >= 0 else len(items) + at) == index for at in (int(n // 1) for n in result))
                results.extend([item] * count)
            elif truth(result):
                results.append(item)
        return results

    return keep


def _is_stream(value: Any) -> bool:
    return type(value) is Sequence and value.tuple_stream


def _numbered(name: str) -> Step:
    """`#$i` after a filter: the position among what the filter kept."""

    def number(stream: Any, scope: Scope) -> Any:
        return _stream({**entry, name: at} for at, entry in enumerate(stream))

    return number


def _stream(entries: Any) -> Sequence:
    stream = Sequence(entries)
    stream.tuple_stream = True
    return stream


def _is_bare(step: Any) -> bool:
    return not (
        step.stages
        or step.predicate
        or step.tuple
        or step.keep_array
        or step.group
        or step.focus is not None
        or step.index is not None
    )


def _walked(value: Any, names: list[str]) -> Any:
    """The value at a path of names; arrays on the way are mapped over."""
    last = len(names) - 1
    for number, name in enumerate(names):
        if type(value) is dict:
            if name not in value:
                return UNDEFINED
            value = value[name]
        elif isinstance(value, list):
            results = []
            for item in value:
                member = collapse(lookup(item, name))
                if member is not UNDEFINED:
                    results.append(member)
            if number == last and len(results) == 1 and isinstance(results[0], list):
                only = results[0]
                return only if type(only) is not Sequence else _flattened(results)
            value = _flattened(results)
            if not value:
                return UNDEFINED
        else:
            return UNDEFINED
    return value


def _flattened(results: list[Any]) -> Sequence:
    sequence = Sequence()
    for result in results:
        if isinstance(result, list) and type(result) is not Constructed:
            sequence.extend(result)
        else:
            sequence.append(result)
    return sequence


def _keeping(result: list[Any]) -> list[Any]:
    """A path marked with `[]`: what it found stays an array."""
    if type(result) is Constructed:
        result = Sequence([result])
    if type(result) is Sequence:
        result.keep_singleton = True
    return result


def _merged(members: Any) -> dict[str, Any]:
    """One scope of bindings out of several: each variable has all its values."""
    if not isinstance(members, list):
        return dict(members)
    merged = dict(members[0])
    for entry in members[1:]:
        for name, value in entry.items():
            merged[name] = append(merged.get(name, UNDEFINED), value)
    return merged


def _compared(left: Any, right: Any) -> int:
    """Order of two keys: -1, 0 or 1; -2 or 2 when one is undefined, which comes last in either direction."""
    if left is UNDEFINED or right is UNDEFINED:
        return 0 if left is right else 2 if left is UNDEFINED else -2
    kinds = [str if isinstance(key, str) else _number_kind(key) for key in (left, right)]
    if None in kinds:
        raise JsonataError("T2008", value=left if kinds[0] is None else right)
    if kinds[0] is not kinds[1]:
        raise JsonataError("T2007", value=right, value2=left)  # sorted() asks for the later one first
    return 0 if left == right else -1 if left < right else 1


def _number_kind(value: Any) -> type | None:
    return float if isinstance(value, (int, float)) and not isinstance(value, bool) else None
