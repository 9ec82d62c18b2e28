"""Built-in functions on arrays, objects, numbers and functions.

Source: JSONata's documentation, "Function library". Every function takes (run, *arguments); its signature
has already made the arguments fit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from localcloud.asl.query import extensions, formats, strings
from localcloud.asl.query.signature import Signature, parse
from localcloud.asl.query.values import (
    UNDEFINED,
    Function,
    JsonataError,
    Sequence,
    append,
    are_numbers,
    equal,
    is_number,
    lookup,
    text_of,
    truth,
    whole,
)

if TYPE_CHECKING:
    from localcloud.asl.query.run import Run


class Native(Function):
    """A built-in function.

    Args:
        body: (run, *arguments).
        signature: as JSONata writes it.
    """

    __slots__ = ("arity", "body", "signature")

    def __init__(self, body: Callable[..., Any], signature: str | Signature) -> None:
        self.body = body
        self.signature = parse(signature) if isinstance(signature, str) else signature
        code = body.__code__
        # A "*arguments" or an argument with a default does not count, as in JavaScript.
        self.arity = code.co_argcount - len(body.__defaults__ or ()) - 1

    def apply(self, run: Run, arguments: list[Any], context: Any) -> Any:
        return self.body(run, *self.signature.validate(arguments, context))


def _call(run: Run, function: Function, *arguments: Any) -> Any:
    """Call with as many of (value, position, whole) as the function can use, one at least."""
    return run.apply(function, list(arguments[: max(function.arity, 1)]), None)


# numbers


def _sum(run: Run, numbers: Any) -> Any:
    return UNDEFINED if numbers is UNDEFINED else whole(sum(numbers))


def _count(run: Run, items: Any) -> int:
    return 0 if items is UNDEFINED else len(items)


def _max(run: Run, numbers: Any) -> Any:
    return max(numbers) if numbers else UNDEFINED


def _min(run: Run, numbers: Any) -> Any:
    return min(numbers) if numbers else UNDEFINED


def _average(run: Run, numbers: Any) -> Any:
    return whole(sum(numbers) / len(numbers)) if numbers else UNDEFINED


def _abs(run: Run, number: Any) -> Any:
    return UNDEFINED if number is UNDEFINED else abs(number)


def _floor(run: Run, number: Any) -> Any:
    return UNDEFINED if number is UNDEFINED else _integral(number, math.floor)


def _ceil(run: Run, number: Any) -> Any:
    return UNDEFINED if number is UNDEFINED else _integral(number, math.ceil)


def _integral(number: float, cut: Callable[[float], int]) -> float:
    """Infinity is its own floor, on AWS too."""
    return whole(cut(number)) if math.isfinite(number) else number


def _round(run: Run, number: Any, precision: Any) -> Any:
    """Half to even, on the number's decimal digits."""
    if number is UNDEFINED or not math.isfinite(number):
        return number
    digits = 0 if precision is UNDEFINED else int(precision)
    rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    return whole(float(rounded)) if digits > 0 else int(rounded)


def _sqrt(run: Run, number: Any) -> Any:
    if number is UNDEFINED:
        return UNDEFINED
    if number < 0:
        raise JsonataError("D3060", value=number)
    return whole(math.sqrt(number))


def _power(run: Run, base: Any, exponent: Any) -> Any:
    if base is UNDEFINED:
        return UNDEFINED
    try:
        result = math.pow(base, exponent)
    except (OverflowError, ValueError, TypeError):
        result = math.inf
    if not math.isfinite(result):
        raise JsonataError("D3061", value=base, exp=exponent)
    return whole(result)


# truth and types


def _boolean(run: Run, value: Any) -> Any:
    return UNDEFINED if value is UNDEFINED else truth(value)


def _not(run: Run, value: Any) -> Any:
    return UNDEFINED if value is UNDEFINED else not truth(value)


def _exists(run: Run, value: Any) -> bool:
    return value is not UNDEFINED


def _type(run: Run, value: Any) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    if isinstance(value, Function):
        return "function"
    return "number" if is_number(value) else "object"


# arrays


def _map(run: Run, items: Any, function: Any) -> Any:
    if items is UNDEFINED:
        return UNDEFINED
    results = (_call(run, function, item, index, items) for index, item in enumerate(items))
    return Sequence(result for result in results if result is not UNDEFINED)


def _filter(run: Run, items: Any, function: Any) -> Any:
    if items is UNDEFINED:
        return UNDEFINED
    return Sequence(item for index, item in enumerate(items) if truth(_call(run, function, item, index, items)))


def _single(run: Run, items: Any, function: Any) -> Any:
    if items is UNDEFINED:
        return UNDEFINED
    found = [
        item
        for index, item in enumerate(items)
        if function is UNDEFINED or truth(_call(run, function, item, index, items))
    ]
    if len(found) != 1:
        raise JsonataError("D3138" if found else "D3139")
    return found[0]


def _reduce(run: Run, items: Any, function: Any, start: Any) -> Any:
    if items is UNDEFINED:
        return UNDEFINED
    if function.arity < 2:
        raise JsonataError("D3050")
    result, first = (items[0], 1) if start is UNDEFINED and items else (start, 0)
    for index in range(first, len(items)):
        result = _call(run, function, result, items[index], index, items)
    return result


def _zip(run: Run, *arrays: Any) -> list[Any]:
    if not all(isinstance(array, list) for array in arrays):
        return []
    return [list(group) for group in zip(*arrays, strict=False)]


def _append(run: Run, first: Any, second: Any) -> Any:
    return append(first, second)


def _reverse(run: Run, items: Any) -> Any:
    return items if items is UNDEFINED or len(items) <= 1 else items[::-1]


def _shuffle(run: Run, items: Any) -> Any:
    if items is UNDEFINED or len(items) <= 1:
        return items
    shuffled = list(items)
    run.random.shuffle(shuffled)
    return shuffled


def _distinct(run: Run, items: Any) -> Any:
    if not isinstance(items, list) or len(items) <= 1:
        return items
    results: list[Any] = Sequence() if isinstance(items, Sequence) else []
    seen: set[tuple[bool, Any]] = set()
    for item in items:
        if isinstance(item, (str, int, float)) or item is None:
            key = (isinstance(item, bool), item)
            if key not in seen:
                seen.add(key)
                results.append(item)
        elif not any(equal(item, other) for other in results):
            results.append(item)
    return results


def _sort(run: Run, items: Any, comparator: Any) -> Any:
    if items is UNDEFINED or len(items) <= 1:
        return items
    if comparator is UNDEFINED:
        if not are_numbers(items) and not all(isinstance(item, str) for item in items):
            raise JsonataError("D3070")
        return sorted(items)

    def compare(left: Any, right: Any) -> int:
        # The comparator says whether two neighbours are to be swapped; sorted() asks whether right goes first.
        return -1 if truth(run.apply(comparator, [right, left], None)) else 1

    return sorted(items, key=cmp_to_key(compare))


# objects


def _keys(run: Run, value: Any) -> Any:
    if isinstance(value, list):
        merged: dict[str, None] = {}
        for item in value:
            merged.update(dict.fromkeys(_keys(run, item)))
        return Sequence(merged)
    return Sequence(value) if isinstance(value, dict) else Sequence()


def _lookup(run: Run, value: Any, key: Any) -> Any:
    return lookup(value, key)


def _spread(run: Run, value: Any) -> Any:
    if isinstance(value, list):
        result: Any = Sequence()
        for item in value:
            result = append(result, _spread(run, item))
        return result
    if isinstance(value, dict):
        return Sequence({key: member} for key, member in value.items())
    return value


def _merge(run: Run, objects: Any) -> Any:
    if objects is UNDEFINED:
        return UNDEFINED
    merged: dict[str, Any] = {}
    for item in objects:
        merged.update(item)
    return merged


def _each(run: Run, value: Any, function: Any) -> Any:
    members = value.items() if isinstance(value, dict) else ()
    results = (_call(run, function, member, key, value) for key, member in members)
    return Sequence(result for result in results if result is not UNDEFINED)


def _sift(run: Run, value: Any, function: Any) -> Any:
    members = value.items() if isinstance(value, dict) else ()
    kept = {key: member for key, member in members if truth(_call(run, function, member, key, value))}
    return kept or UNDEFINED


def _clone(run: Run, value: Any) -> Any:
    return UNDEFINED if value is UNDEFINED else json.loads(text_of(value, quoted=True))


# errors


def _error(run: Run, message: Any) -> Any:
    raise JsonataError("D3137", message=message or "$error() function evaluated")


def _assert(run: Run, condition: Any, message: Any) -> Any:
    if not truth(condition):
        raise JsonataError("D3141", message=message or "$assert() statement failed")
    return UNDEFINED


_TABLE: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("sum", _sum, "<a<n>:n>"),
    ("count", _count, "<a:n>"),
    ("max", _max, "<a<n>:n>"),
    ("min", _min, "<a<n>:n>"),
    ("average", _average, "<a<n>:n>"),
    ("abs", _abs, "<n-:n>"),
    ("floor", _floor, "<n-:n>"),
    ("ceil", _ceil, "<n-:n>"),
    ("round", _round, "<n-n?:n>"),
    ("sqrt", _sqrt, "<n-:n>"),
    ("power", _power, "<n-n:n>"),
    ("boolean", _boolean, "<x-:b>"),
    ("not", _not, "<x-:b>"),
    ("exists", _exists, "<x:b>"),
    ("type", _type, "<x:s>"),
    ("map", _map, "<af>"),
    ("filter", _filter, "<af>"),
    ("single", _single, "<af?>"),
    ("reduce", _reduce, "<afj?:j>"),
    ("zip", _zip, "<a+>"),
    ("append", _append, "<xx:a>"),
    ("reverse", _reverse, "<a:a>"),
    ("shuffle", _shuffle, "<a:a>"),
    ("distinct", _distinct, "<x:x>"),
    ("sort", _sort, "<af?:a>"),
    ("keys", _keys, "<x-:a<s>>"),
    ("lookup", _lookup, "<x-s:x>"),
    ("spread", _spread, "<x-:a<o>>"),
    ("merge", _merge, "<a<o>:o>"),
    ("each", _each, "<o-f:a>"),
    ("sift", _sift, "<o-f?:o>"),
    ("clone", _clone, "<(oa)-:o>"),
    ("error", _error, "<s?:x>"),
    ("assert", _assert, "<bs?:x>"),
    *strings.FUNCTIONS,
    *formats.FUNCTIONS,
    *extensions.FUNCTIONS,
)

BUILT_IN: dict[str, Any] = {name: Native(body, signature) for name, body, signature in _TABLE}
