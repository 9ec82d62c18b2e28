"""The grammar of paths: text in, a list of steps out, or an ExpressionSyntaxError that says where."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.asl.data import ExpressionSyntaxError

#: Operators of a filter, longest first so that "<=" is not read as "<".
_OPERATORS = (
    "==",
    "!=",
    "<=",
    ">=",
    "=~",
    "<",
    ">",
    "in",
    "nin",
    "subsetof",
    "anyof",
    "noneof",
    "contains",
    "size",
    "empty",
)
_OPERATOR = re.compile(r"==|!=|<=|>=|=~|<|>|(?:" + "|".join(w for w in _OPERATORS if w.isalpha()) + r")\b", re.I)
_NAME_END = ".[]("
_VARIABLE = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"(?:true|false|null)\b")
#: A string in a filter without its quotes, up to what ends an operand: AWS takes `?(@.Name==Receipt)`, which its own
#: samples write (textract-analyze-expense-tf in aws-samples/step-functions-workflows-collection).
_BARE = re.compile(r"""[^\s'"@$/()\[\]{}<>=!~&|,](?:[^'"()\[\]{}<>=!~&|,]*[^\s'"()\[\]{}<>=!~&|,])?""")
_OPERAND_END = re.compile(r"\s*(?:\)|&&|\|\||$|(?:==|!=|<|>|=~))|\s+\w+\b\s")
_BARE_ITEM = re.compile(r"""("(?:[^"\\]|\\.)*")|(?<=[\[,{:])(\s*)([^\s\d"\-\[\]{},:][^"\[\]{},:]*)""")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile(r"u([0-9a-fA-F]{4})")
_INTEGER = re.compile(r"\s*(-?\d+)\s*")
_SLICE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*\]")
#: Jayway 2.0 has these in place of negative indices (json-path/JsonPath#198), and so has AWS:
#: https://zenn.dev/sotaro8181/articles/9f265419e4fda9
_FROM_END = re.compile(r"\s*\(\s*@\.length\s*-\s*(\d+)\s*\)\s*\]")
_FLAGS = {"i": re.I, "m": re.M, "s": re.S, "x": re.X, "u": re.U, "d": 0}


@dataclass(frozen=True, slots=True)
class Names:
    """`.name`, `['name']`, `['a', 'b']`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """`[0]`, `[0, 2]`, `[-1]`, `[(@.length-1)]`.

    Attributes:
        indices: negative ones are counted from the end,
        counts_back: if this is true; else they find nothing.
    """

    indices: tuple[int, ...]
    counts_back: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """`[1:3]`, `[-2:]`, `[:1]`."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`.*`, `[*]`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """`..`: the following step, at every depth."""


@dataclass(frozen=True, slots=True)
class Function:
    """`.length()` and the like, at the end of a path."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant in a filter."""

    value: Any


@dataclass(frozen=True, slots=True)
class Pattern:
    """`/regex/i` in a filter."""

    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Operand:
    """`@.a` or `$.a` in a filter."""

    from_root: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`; without an operator, whether `left` exists."""

    left: Operand | Literal | Pattern
    operator: str | None = None
    right: Operand | Literal | Pattern | None = None


@dataclass(frozen=True, slots=True)
class Logic:
    """`&&`, `||` and `!`."""

    operator: str
    terms: tuple[Condition, ...]


Condition = Comparison | Logic


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(@.price > 10)]`."""

    condition: Condition


Step = Names | Index | Slice | Wildcard | Scan | Function | Filter


class Parser:
    """Reads one path.

    Args:
        text: the text; reading starts at `position`, so that an intrinsic call can hand over in the middle.
        counts_back: whether `[-1]` is the last element.
    """

    def __init__(self, text: str, position: int = 0, *, counts_back: bool = False) -> None:
        self.text = text
        self.at = position
        self.counts_back = counts_back

    def path(self) -> tuple[str, list[Step]]:
        """The whole text as one path: its root ("$", "$$" or a variable's name) and its steps."""
        root = self.root()
        steps = self.steps(stop="")
        if self.text[self.at :].isspace():  # Jayway trims a path, and AWS takes "$$.Execution.Name "
            self.at = len(self.text)
        if self.at < len(self.text):
            raise self.error(f"Unexpected character {self.text[self.at]!r}")
        return root, steps

    def path_before(self, stop: str) -> tuple[str, list[Step]]:
        """A path that ends at a blank or at one of the characters in `stop`."""
        return self.root(), self.steps(stop=stop)

    def root(self) -> str:
        if not self.accept("$"):
            raise self.error("A path must start with '$'")
        if self.accept("$"):
            return "$$"
        name = _VARIABLE.match(self.text, self.at)
        if name:
            self.at = name.end()
            return name.group()
        return "$"

    def steps(self, stop: str) -> list[Step]:
        """Steps, up to the first character that cannot be one."""
        steps: list[Step] = []
        while self.at < len(self.text):
            if self.accept("["):
                steps.append(self.bracket())
            elif self.accept(".."):
                steps.append(Scan())
                steps.append(self.bracket() if self.accept("[") else self.name(stop))
            elif self.accept("."):
                steps.append(self.bracket() if self.accept("[") else self.name(stop))
            else:
                break
            if isinstance(steps[-1], Function):
                break
        return steps

    def name(self, stop: str) -> Step:
        """A name in dot notation, a `*`, or a function call."""
        if self.accept("*"):
            return Wildcard()
        start = self.at
        while self.at < len(self.text) and self.peek() not in _NAME_END + stop and not self.peek().isspace():
            self.at += 1
        name = self.text[start : self.at]
        if not name:
            raise self.error("A property name is missing")
        if self.peek().isspace() and not stop and self.text[self.at :].strip():
            raise self.error("Use ['bracket notation'] if your property contains blank characters")
        if self.accept("("):
            self.blanks()
            self.expect(")")
            return Function(name)
        return Names((name,))

    def bracket(self) -> Step:
        """What stands between `[` and `]`; the `[` has been read."""
        self.blanks()
        if self.peek() and self.peek() in "'\"":
            names = [self.quoted()]
            while self.separator():
                names.append(self.quoted())
            self.expect("]")
            return Names(tuple(names))
        if self.accept("*"):
            self.blanks()
            self.expect("]")
            return Wildcard()
        if self.accept("?"):
            self.blanks()
            self.expect("(")
            condition = self.disjunction()
            self.blanks()
            self.expect(")")
            self.blanks()
            self.expect("]")
            return Filter(condition)
        if from_end := _FROM_END.match(self.text, self.at):
            self.at = from_end.end()
            return Index((-int(from_end[1]),), counts_back=True)
        if slice_ := _SLICE.match(self.text, self.at):
            self.at = slice_.end()
            start, stop = slice_.groups()
            if start is None and stop is None:
                raise self.error("A slice needs a start or an end")
            return Slice(None if start is None else int(start), None if stop is None else int(stop))
        indices = [self.integer()]
        while self.separator():
            indices.append(self.integer())
        self.expect("]")
        return Index(tuple(indices), self.counts_back)

    # filters

    def disjunction(self) -> Condition:
        terms = [self.conjunction()]
        while self.after_blanks("||"):
            terms.append(self.conjunction())
        return terms[0] if len(terms) == 1 else Logic("||", tuple(terms))

    def conjunction(self) -> Condition:
        terms = [self.term()]
        while self.after_blanks("&&"):
            terms.append(self.term())
        return terms[0] if len(terms) == 1 else Logic("&&", tuple(terms))

    def term(self) -> Condition:
        if self.after_blanks("!"):
            return Logic("!", (self.term(),))
        if self.after_blanks("("):
            inner = self.disjunction()
            self.blanks()
            self.expect(")")
            return inner
        left = self.operand()
        self.blanks()
        operator = _OPERATOR.match(self.text, self.at)
        if not operator:
            if not isinstance(left, Operand):
                raise self.error("A comparison is missing")
            return Comparison(left)
        self.at = operator.end()
        return Comparison(left, operator.group().lower(), self.operand())

    def operand(self) -> Operand | Literal | Pattern:
        self.blanks()
        if self.accept("@") or self.peek() == "$":
            from_root = self.text[self.at - 1] != "@" and self.accept("$")
            return Operand(from_root, tuple(self.steps(stop=")=<>!&|,~]")))
        if self.peek() and self.peek() in "'\"":
            return Literal(self.quoted())
        if self.accept("/"):
            return Pattern(self.regex())
        if self.peek() and self.peek() in "[{":
            return Literal(self.json())
        for kind in (_WORD, _NUMBER):
            if (found := kind.match(self.text, self.at)) and _OPERAND_END.match(self.text, found.end()):
                self.at = found.end()
                return Literal(json.loads(found.group()))
        if bare := _BARE.match(self.text, self.at):
            self.at = bare.end()
            return Literal(bare.group())
        raise self.error("A filter compares paths, strings, numbers, true, false, null, lists and /patterns/")

    def regex(self) -> re.Pattern[str]:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] != "/":
            self.at += 2 if self.text[self.at] == "\\" else 1
        pattern = self.text[start : self.at]
        self.expect("/")
        flags = 0
        while self.peek() and self.peek() in _FLAGS:
            flags |= _FLAGS[self.text[self.at]]
            self.at += 1
        try:
            return re.compile(pattern, flags)
        except re.error as error:
            self.at = start
            raise self.error(f"The pattern cannot be read: {error}") from error

    def json(self) -> Any:
        """A JSON value; single quotes do for double ones, and none for either, as Jayway's parser has it."""
        start, depth = self.at, 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in "'\"":
                self.quoted()
                continue
            depth += (character in "[{") - (character in "]}")
            self.at += 1
            if depth == 0:
                break
        source = re.sub(r"'((?:[^'\\]|\\.)*)'", lambda m: json.dumps(m[1]), self.text[start : self.at])
        source = _BARE_ITEM.sub(lambda m: m[1] or m[2] + _quoted(m[3]), source)
        try:
            return json.loads(source)
        except ValueError as error:
            self.at = start
            raise self.error("A list in a filter must be JSON") from error

    # characters

    def quoted(self) -> str:
        """A string in single or double quotes, with the escapes of Java: `\\n`, `\\u00e9`, `\\'`."""
        self.blanks()
        quote = self.peek()
        if not quote or quote not in "'\"":
            raise self.error("A quote is missing")
        start = self.at
        self.at += 1
        characters: list[str] = []
        while self.peek() != quote:
            if self.at >= len(self.text):
                self.at = start
                raise self.error("The string is not closed")
            if not self.accept("\\"):
                characters.append(self.peek())
            elif code := _HEX.match(self.text, self.at):
                characters.append(chr(int(code[1], 16)))
                self.at += 4
            elif self.peek():
                characters.append(_ESCAPED.get(self.peek(), self.peek()))
            else:
                raise self.error("The string is not closed")
            self.at += 1
        self.at += 1
        self.blanks()
        return "".join(characters)

    def integer(self) -> int:
        number = _INTEGER.match(self.text, self.at)
        if not number:
            raise self.error("'[' must be followed by a quoted name, an index, a slice, '*' or a filter")
        self.at = number.end()
        return int(number.group(1))

    def separator(self) -> bool:
        self.blanks()
        return self.accept(",")

    def after_blanks(self, literal: str) -> bool:
        self.blanks()
        return self.accept(literal)

    def blanks(self) -> None:
        while self.peek().isspace():
            self.at += 1

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def accept(self, literal: str) -> bool:
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def expect(self, literal: str) -> None:
        if not self.accept(literal):
            raise self.error(f"Expected {literal!r}")

    def error(self, message: str) -> ExpressionSyntaxError:
        return ExpressionSyntaxError(self.text, self.at, message)


def _quoted(word: str) -> str:
    word = word.rstrip()
    return word if word in ("true", "false", "null") else json.dumps(word)


def has_scan(steps: Sequence[Step]) -> bool:
    """Whether a path searches at every depth."""
    return any(isinstance(step, Scan) for step in steps)
