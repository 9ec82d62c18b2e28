"""Event patterns: what EventBridge's rules, and the filters of Lambda's event source mappings, match events with.

EventBridge matches with Event Ruler (https://github.com/aws/event-ruler), whose README and source say what a pattern
means: an event is its leaves, each a path and a value; values of an array stand for themselves; and two fields of one
pattern that lie in the same array must match in the same element. The words of what is refused are Event Ruler's
(JsonRuleCompiler), with the place that its JSON parser, Jackson, has come to.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

#: (array, index) of every array that a leaf lies in: arrays are numbered in the order of the event.
Membership = dict[int, int]
Leaf = tuple[Any, Membership]
Matcher = Callable[[Any], bool]

#: A path to what its value may be; None: the path must not be there.
SubRule = dict[str, "list[Matcher | None]"]

_IP = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*")

#: What a field inside $or cannot be called (Event Ruler, Constants.RESERVED_FIELD_NAMES_IN_OR_RELATIONSHIP).
_RESERVED = frozenset(
    (
        *("exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr"),
        *("=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after"),
        *("date-on-or-after", "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range"),
        "ip-address-not-in-range",
    )
)

#: Characters of the pattern that Jackson repeats in an error.
_SHOWN = 500


class BadPattern(Exception):
    """A pattern that is none, in Event Ruler's words."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern.

    Args:
        sub_rules: one for each branch of every $or; one that matches is enough.
    """

    sub_rules: Sequence[SubRule]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether an event, as parsed JSON, matches."""
        leaves: dict[str, list[Leaf]] = {}
        _flatten(event, "", {}, leaves, iter(range(1 << 62)))
        return any(_matches(list(rule.items()), leaves, {}) for rule in self.sub_rules)


def compile_pattern(text: str) -> Pattern:
    """Compile a pattern.

    Args:
        text: JSON.

    Raises:
        BadPattern: it is no pattern.
    """
    return Pattern(_Compiler(text).compile())


# ---- matching


def _flatten(value: Any, path: str, inside: Membership, leaves: dict[str, list[Leaf]], numbers: Iterator[int]) -> None:
    if isinstance(value, Mapping):
        for name, each in value.items():
            _flatten(each, f"{path}.{name}" if path else name, inside, leaves, numbers)
    elif isinstance(value, list):
        array = next(numbers)
        for index, each in enumerate(value):
            nested = isinstance(each, (Mapping, list))
            _flatten(each, path, {**inside, array: index} if nested else inside, leaves, numbers)
    else:
        leaves.setdefault(path, []).append((value, inside))


def _matches(
    fields: list[tuple[str, list[Matcher | None]]], leaves: Mapping[str, list[Leaf]], so_far: Membership
) -> bool:
    if not fields:
        return True
    (path, matchers), rest = fields[0], fields[1:]
    found = leaves.get(path, ())
    if not found and None in matchers:
        return _matches(rest, leaves, so_far)
    for value, inside in found:
        consistent = all(so_far.get(array, index) == index for array, index in inside.items())
        here = consistent and any(matcher is not None and matcher(value) for matcher in matchers)
        if here and _matches(rest, leaves, {**so_far, **inside}):
            return True
    return False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(matches: Callable[[str], bool]) -> Matcher:
    return lambda value: isinstance(value, str) and matches(value)


def _equal(wanted: Any) -> Matcher:
    if isinstance(wanted, str) and _IP.fullmatch(wanted) and (address := _address(wanted)) is not None:
        # Event Ruler compares addresses, not their spelling.
        return _text(lambda value: _address(value) == address)
    if _is_number(wanted):
        return lambda value: _is_number(value) and value == wanted
    return lambda value: type(value) is type(wanted) and value == wanted


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _wildcard(text: str) -> re.Pattern[str]:
    parts = re.findall(r"\\(.)|(\*)|([^\\*]+)", text, re.DOTALL)
    return re.compile(
        "".join(".*" if star else re.escape(escaped or plain) for escaped, star, plain in parts), re.DOTALL
    )


# ---- compiling


@dataclass(slots=True)
class _Token:
    """A token of Jackson's.

    Args:
        kind: "{", "}", "[", "]", "name", "string", "number", "literal" or "end".
        value: of a name or a scalar.
        place: where the parser stands once it has read it: in a string behind its opening quote, since Jackson reads
            the rest only when it is asked for; for a name, where it stands in the value that follows.
        whole: where it stands when the token's text has been asked for.
    """

    kind: str
    value: Any
    place: int
    whole: int


_SCALAR = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')
_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(slots=True)
class _Compiler:
    """One pass over a pattern, as JsonRuleCompiler makes it."""

    text: str
    at: int = 0
    stack: list[str] = field(default_factory=list)
    wants: str = "value"  # what may come: value, name, "," or its end
    token: _Token = field(default_factory=lambda: _Token("end", None, 0, 0))

    def compile(self) -> list[SubRule]:
        rules: list[SubRule] = []
        if self.next().kind != "{":
            self.refuse("Filter is not an object")
        self.read_object(rules, (), inside_or=False)
        return rules

    # ---- tokens

    def refuse(self, problem: str, place: int | None = None) -> NoReturn:
        at = self.token.place if place is None else place
        line, column = self.text.count("\n", 0, at) + 1, at - (self.text.rfind("\n", 0, at) + 1) + 1
        shown = f'"{self.text[:_SHOWN]}"'
        if len(self.text) > _SHOWN:
            shown += f"[truncated {len(self.text) - _SHOWN} chars]"
        raise BadPattern(f"{problem}\n at [Source: (String){shown}; line: {line}, column: {column}]")

    def skip(self) -> str:
        """Go to the next character that is none blank; "" at the end."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def unexpected(self, sign: str) -> NoReturn:
        if not sign:
            where = "Array" if self.stack and self.stack[-1] == "[" else "Object"
            problem = (
                f"Unexpected end-of-input: expected close marker for {where}"
                if self.stack
                else "No content to map due to end-of-input"
            )
            self.refuse(problem, len(self.text))
        self.refuse(f"Unexpected character ('{sign}' (code {ord(sign)}))", self.at + 1)

    def next(self) -> _Token:
        """Read one token. Its value of a name is its text; a name's place is within the value behind it."""
        sign = self.skip()
        if self.stack and self.wants == ",":
            if sign == ",":
                self.at += 1
                sign = self.skip()
                self.wants = "name" if self.stack[-1] == "{" else "value"
                if sign in ("}", "]"):
                    self.unexpected(sign)
            elif sign != ("}" if self.stack[-1] == "{" else "]"):
                self.unexpected(sign)
        if sign and sign in "}]":
            if not self.stack or self.stack[-1] != {"}": "{", "]": "["}[sign]:
                self.unexpected(sign)
            self.stack.pop()
            self.at += 1
            self.wants = ","
            self.token = _Token(sign, None, self.at, self.at)
        elif self.stack and self.wants in ("name", "first") and self.stack[-1] == "{":
            found = _SCALAR.match(self.text, self.at) if sign == '"' else None
            if found is None:
                self.unexpected(sign)
            name = self.decode(found[0])
            self.at = found.end()
            if self.skip() != ":":
                self.unexpected(self.skip())
            self.at += 1
            self.wants = "value"
            place = self.peek()
            self.token = _Token("name", name, place, place)
        elif sign and sign in "{[":
            self.stack.append(sign)
            self.at += 1
            self.wants = "first"
            self.token = _Token(sign, None, self.at, self.at)
        else:
            found = _SCALAR.match(self.text, self.at)
            if found is None:
                self.unexpected(sign)
            place, self.at, self.wants = self.peek(), found.end(), ","
            kind = {'"': "string", "t": "literal", "f": "literal", "n": "literal"}.get(sign, "number")
            self.token = _Token(kind, self.decode(found[0]), place, self.at)
        return self.token

    def peek(self) -> int:
        """Where Jackson stands once it knows what the next value is."""
        sign = self.skip()
        found = _SCALAR.match(self.text, self.at)
        return self.at + 1 if sign in ("{", "[", '"') or found is None else found.end()

    def decode(self, raw: str) -> Any:
        try:
            return json.loads(raw)
        except ValueError:
            self.refuse("Unrecognized character escape")

    # ---- objects

    def read_object(self, rules: list[SubRule], path: tuple[str, ...], *, inside_or: bool) -> None:
        empty = True
        while self.next().kind != "}":
            empty = False
            name = self.token.value
            if name == "$or":
                self.read_or(rules, path)
                continue
            if inside_or and name in _RESERVED:
                self.refuse(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
            kind = self.next().kind
            if kind == "{":
                self.read_object(rules, (*path, name), inside_or=inside_or)
            elif kind == "[":
                self.read_field(rules, ".".join((*path, name)))
            else:
                self.refuse(f'"{name}" must be an object or an array')
        if empty:
            self.refuse("Empty objects are not allowed")

    def read_or(self, rules: list[SubRule], path: tuple[str, ...]) -> None:
        before = [dict(rule) for rule in rules] or [{}]
        rules.clear()
        if self.next().kind != "[":
            self.refuse("It must be an Array followed with $or.")
        branches = 0
        while self.next().kind != "]":
            branches += 1
            if self.token.kind != "{":
                self.refuse("Only JSON object is allowed in array of $or relationship.")
            branch = [dict(rule) for rule in before]
            self.read_object(branch, path, inside_or=True)
            rules.extend(branch)
        if branches < 2:
            self.refuse("There must have at least 2 Objects in $or relationship.")

    def read_field(self, rules: list[SubRule], path: str) -> None:
        matchers: list[Matcher | None] = []
        while self.next().kind != "]":
            if self.token.kind == "{":
                matchers.append(self.read_expression())
            elif self.token.kind in ("string", "number", "literal"):
                matchers.append(_equal(self.token.value))
            else:
                self.refuse("Match value must be String, number, true, false, or null")
        if not matchers:
            self.refuse("Empty arrays are not allowed")
        if not rules:
            rules.append({})
        for rule in rules:
            rule[path] = matchers

    # ---- {"prefix": ...} and the others

    def read_expression(self) -> Matcher | None:
        if self.next().kind != "name":
            self.refuse("Match expression name not found")
        name = self.token.value
        match name:
            case "exactly":
                return self.only(_equal(self.string("exact match")))
            case "prefix" | "suffix":
                return self.affix(name)
            case "equals-ignore-case":
                return self.only(self.in_any_case(self.string(name)))
            case "wildcard":
                return self.only(self.wildcard(self.string(name)))
            case "cidr":
                return self.only(self.cidr(self.string("prefix")))
            case "numeric":
                return self.numeric()
            case "anything-but":
                return self.anything_but()
            case "exists":
                token = self.next()
                if not isinstance(token.value, bool):
                    self.refuse("exists match pattern must be either true or false.")
                exists = token.value
                return self.only((lambda _value: True) if exists else None)
            case _:
                return self.refuse(f"Unrecognized match type {name}")

    def string(self, name: str) -> str:
        if self.next().kind != "string":
            self.refuse(f"{name} match pattern must be a string")
        text: str = self.token.value
        self.token.place = self.token.whole
        return text

    def only(self, matcher: Matcher | None, objects: int = 1) -> Matcher | None:
        for _ in range(objects):
            if self.next().kind != "}":
                self.refuse("Only one key allowed in match expression")
        return matcher

    def affix(self, name: str) -> Matcher | None:
        if self.next().kind == "{":
            if self.next().kind != "name":
                self.refuse(f"{name.capitalize()} expression name not found")
            if self.token.value != "equals-ignore-case":
                self.refuse(f"Unsupported {name} pattern: {self.token.value}")
            lower = self.string("equals-ignore-case").lower()
            if name == "prefix":
                return self.only(_text(lambda value: value.lower().startswith(lower)), objects=2)
            return self.only(_text(lambda value: value.lower().endswith(lower)), objects=2)
        if self.token.kind != "string":
            self.refuse(f"{name} match pattern must be a string")
        return self.only(_affix(name, self.token.value))

    @staticmethod
    def in_any_case(text: str) -> Matcher:
        lower = text.lower()
        return _text(lambda value: value.lower() == lower)

    def wildcard(self, text: str) -> Matcher:
        # Event Ruler counts in the quoted text, in bytes.
        raw = b'"' + text.encode() + b'"'
        at = 0
        while at < len(raw):
            pair = raw[at : at + 2]
            if pair == b"**":
                self.refuse(f"Consecutive wildcard characters at pos {at}")
            if pair[:1] == b"\\" and pair not in (b"\\*", b"\\\\"):
                self.refuse(f"Invalid escape character at pos {at}")
            at += 2 if pair[:1] == b"\\" else 1
        compiled = _wildcard(text)
        return _text(lambda value: compiled.fullmatch(value) is not None)

    def cidr(self, text: str) -> Matcher:
        address, slash, bits = text.partition("/")
        if not slash or not bits or "/" in bits:
            raise BadPattern("Malformed CIDR, one '/' required")
        if not re.fullmatch(r"[+-]?\d+", bits):
            raise BadPattern("Malformed CIDR, mask bits must be an integer")
        if int(bits) < 0:
            raise BadPattern("Malformed CIDR, mask bits must not be negative")
        if _IP.fullmatch(address) is None:
            raise BadPattern(f"Nonstandard IP address: {address}")
        if _address(address) is None:
            raise BadPattern(f"Invalid IP address: {address}")
        most = 32 if "." in address else 128
        if int(bits) >= most:
            raise BadPattern(f"IPv{4 if most == 32 else 6} mask bits must be < {most}")
        network = ipaddress.ip_network(text, strict=False)

        def inside(value: str) -> bool:
            found = _address(value)
            return found is not None and found.version == network.version and found in network

        return _text(inside)

    def numeric(self) -> Matcher:
        if self.next().kind != "[":
            self.refuse("Value of numeric must be an array.")
        if self.next().kind != "string":
            self.refuse(f"Invalid member in numeric match: {self.shown()}")
        operator = self.token.value
        if operator not in _COMPARE:
            self.token.place = self.token.whole
            self.next()
            self.refuse(f"Unrecognized numeric range operator: {operator}")
        compare, bound = _COMPARE[operator], self.number("equals" if operator == "=" else operator)
        checks: list[Callable[[float], bool]] = [lambda value: compare(value, bound)]
        if self.next().kind != "]":
            if operator not in (">", ">="):
                self.refuse("Too many elements in numeric expression")
            if self.token.kind != "string":
                self.refuse(f"Bad value in numeric range: {self.shown()}")
            second = self.token.value
            if second not in ("<", "<="):
                self.refuse(f"Bad numeric range operator: {second}", self.token.whole)
            below, top = _COMPARE[second], self.number(second)
            if self.next().kind != "]":
                self.refuse("Too many terms in numeric range expression")
            if not bound < top:
                raise BadPattern("Bottom must be less than top")
            checks.append(lambda value: below(value, top))
        if self.next().kind != "}":
            self.refuse("Too many elements in numeric expression")
        return lambda value: _is_number(value) and all(check(value) for check in checks)

    def shown(self) -> str:
        token = self.token
        self.token.place = self.token.whole
        return token.value if isinstance(token.value, str) else token.kind if token.value is None else str(token.value)

    def number(self, name: str) -> float:
        if self.next().kind != "number":
            self.refuse(f"Value of {name} must be numeric")
        value: float = self.token.value
        return value

    def anything_but(self) -> Matcher:
        kind = self.next().kind
        inner = None
        if kind == "{":
            if self.next().kind != "name":
                self.refuse("Anything-But expression name not found")
            inner = self.token.value
            if inner not in ("equals-ignore-case", "prefix", "suffix", "wildcard"):
                self.refuse(f"Unsupported anything-but pattern: {inner}")
            kind = self.next().kind
        if kind not in ("[", "string", "number"):
            self.refuse("Value of anything-but must be an array or single string/number value.")
        values: list[Any] = []
        if kind == "[":
            while self.next().kind != "]":
                values.append(self.butted(inner))
        else:
            values.append(self.butted(inner))
        if inner is None and len({isinstance(value, str) for value in values}) != 1:
            self.refuse("Inside anything but list, either all values are number or string, mixed type is not supported")
        matchers = [self.but(inner, value) for value in values]
        if any(self.next().kind != "}" for _ in range(1 if inner is None else 2)):
            self.refuse("Too many elements in numeric expression")
        return lambda value: not any(matcher(value) for matcher in matchers)

    def butted(self, inner: str | None) -> Any:
        """One value of anything-but."""
        kind = self.token.kind
        if inner is None:
            if kind not in ("string", "number"):
                self.refuse("Inside anything but list, start|null|boolean is not supported.")
        elif kind != "string":
            match inner:
                case "equals-ignore-case":
                    self.refuse(
                        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
                    )
                case "wildcard":
                    self.refuse("wildcard match pattern must be a string")
            self.refuse("prefix/suffix match pattern must be a string")
        elif inner in ("prefix", "suffix") and self.token.value == "":
            self.refuse("Null prefix/suffix not allowed", self.token.whole)
        return self.token.value

    def but(self, inner: str | None, value: Any) -> Matcher:
        match inner:
            case None if isinstance(value, str):
                return lambda found: found == value
            case None:
                return _equal(value)
            case "equals-ignore-case":
                return self.in_any_case(value)
            case "wildcard":
                return self.wildcard(value)
        return _affix(str(inner), value)


def _affix(name: str, text: str) -> Matcher:
    if name == "prefix":
        return _text(lambda value: value.startswith(text))
    return _text(lambda value: value.endswith(text))


_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}
