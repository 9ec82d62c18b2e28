"""Built-in functions on text: strings, patterns, encodings."""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from localcloud.asl.query.values import (
    UNDEFINED,
    Function,
    JsonataError,
    Sequence,
    text_of,
)

if TYPE_CHECKING:
    from localcloud.asl.query.run import Run

_BLANKS = re.compile(r"[ \t\n\r]+")


class Pattern(Function):
    """A regular expression, which is a function from text to its first match.

    Args:
        regex: compiled.
    """

    arity = 1

    def __init__(self, regex: re.Pattern[str]) -> None:
        self.regex = regex

    def apply(self, run: Run, arguments: list[Any], context: Any) -> Any:
        return self.first(arguments[0]) if isinstance(arguments[0], str) else UNDEFINED

    def first(self, text: str) -> Any:
        """The first match as the object that JSONata's matchers give, or undefined."""
        return self._match(text, 0)

    def _match(self, text: str, start: int) -> Any:
        found = self.regex.search(text, start)
        if found is None:
            return UNDEFINED
        groups = [UNDEFINED if group is None else group for group in found.groups()]
        return {
            "match": found.group(),
            "start": found.start(),
            "end": found.end(),
            "groups": groups,
            "next": _Next(lambda: self._after(text, found.end())),
        }

    def _after(self, text: str, start: int) -> Any:
        if start >= len(text):
            return UNDEFINED
        following = self._match(text, start)
        if following is not UNDEFINED and following["match"] == "":
            raise JsonataError("D1004", value=self.regex.pattern)
        return following


class _Next(Function):
    arity = 0

    def __init__(self, following: Callable[[], Any]) -> None:
        self.following = following


def _matches(run: Run, matcher: Function, text: str) -> Iterator[dict[str, Any]]:
    """All matches of a pattern, or of a function that acts as one."""
    found = _checked(run.apply(matcher, [text], None))
    while found is not UNDEFINED:
        yield found
        following = found["next"]
        found = _checked(following.following() if isinstance(following, _Next) else run.apply(following, [], None))


def _checked(found: Any) -> Any:
    if found is UNDEFINED or found is None:
        return UNDEFINED
    if not isinstance(found, dict) or not (
        isinstance(found.get("start"), int)
        or isinstance(found.get("end"), int)
        or isinstance(found.get("groups"), list)
        or isinstance(found.get("next"), Function)
    ):
        raise JsonataError("T1010")
    return found


def _string(run: Run, value: Any, pretty: Any = UNDEFINED) -> Any:
    return UNDEFINED if value is UNDEFINED else text_of(value, pretty is True)


def _substring(run: Run, text: Any, start: Any, length: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    first = int(start) if start is not UNDEFINED else 0
    if len(text) + first < 0:
        first = 0
    if length is UNDEFINED:
        return text[first:]
    if length <= 0:
        return ""
    end = (first if first >= 0 else len(text) + first) + length
    return text[first : int(end)]


def _before(run: Run, text: Any, mark: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else text.partition(mark)[0] if mark else ""


def _after(run: Run, text: Any, mark: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else text[text.find(mark) + len(mark) :] if mark in text else text


def _lowercase(run: Run, text: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else text.lower()


def _uppercase(run: Run, text: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else text.upper()


def _length(run: Run, text: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else len(text)


def _trim(run: Run, text: Any) -> Any:
    return UNDEFINED if text is UNDEFINED else _BLANKS.sub(" ", text).strip(" ")


def _pad(run: Run, text: Any, width: Any, fill: Any) -> Any:
    """To the width, on the right; on the left for a negative one."""
    if text is UNDEFINED:
        return UNDEFINED
    filler = " " if fill is UNDEFINED or fill == "" else fill
    missing = abs(int(width)) - len(text)
    padding = (filler * missing)[:missing] if missing > 0 else ""
    return padding + text if width < 0 else text + padding


def _contains(run: Run, text: Any, token: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    return token in text if isinstance(token, str) else next(_matches(run, token, text), None) is not None


def _match(run: Run, text: Any, pattern: Any, limit: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3040", value=limit)
    result = Sequence()
    for found in _matches(run, pattern, text):
        if limit is not UNDEFINED and len(result) >= limit:
            break
        result.append({"match": found["match"], "index": found["start"], "groups": found["groups"]})
    return result


def _split(run: Run, text: Any, separator: Any, limit: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3020", value=limit)
    most = len(text) + 1 if limit is UNDEFINED else int(limit)
    if isinstance(separator, str):
        return (text.split(separator) if separator else list(text))[:most]
    parts: list[str] = []
    start = 0
    for found in _matches(run, separator, text):
        if len(parts) >= most:
            break
        parts.append(text[start : found["start"]])
        start = found["end"]
    return [*parts, text[start:]][:most]


def _join(run: Run, texts: Any, separator: Any) -> Any:
    if texts is UNDEFINED:
        return UNDEFINED
    return ("" if separator is UNDEFINED else separator).join(texts)


def _replace(run: Run, text: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
    if text is UNDEFINED:
        return UNDEFINED
    if pattern == "":
        raise JsonataError("D3010", value=pattern)
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3011", value=limit)
    most = len(text) + 1 if limit is UNDEFINED else int(limit)
    if isinstance(pattern, str):
        if isinstance(replacement, str):
            return text.replace(pattern, replacement, most)
        raise JsonataError("T0410", index=3)
    parts, position = [], 0
    for count, found in enumerate(_matches(run, pattern, text)):
        if count >= most:
            break
        parts.append(text[position : found["start"]])
        if isinstance(replacement, str):
            parts.append(_substituted(replacement, found))
        else:
            substitute = run.apply(replacement, [found], None)
            if not isinstance(substitute, str):
                raise JsonataError("D3012", value=substitute)
            parts.append(substitute)
        position = found["start"] + len(found["match"])
    return "".join([*parts, text[position:]])


def _substituted(replacement: str, found: dict[str, Any]) -> str:
    """A replacement with `$0` (the match), `$1` (a group; nothing when there is none) and `$$` filled in."""
    groups = found["groups"]
    digits = len(str(len(groups))) if groups else 1

    def fill(match: re.Match[str]) -> str:
        reference = match.group(1)
        if reference in ("", "$"):
            return "$"
        if reference[0] == "0":
            return str(found["match"]) + reference[1:]
        number, rest = reference[:digits], reference[digits:]
        if len(number) > 1 and int(number) > len(groups):
            number, rest = number[:-1], number[-1] + rest
        group = groups[int(number) - 1] if int(number) <= len(groups) else UNDEFINED
        return ("" if group is UNDEFINED else group) + rest

    return re.sub(r"\$(\$|\d+|)", fill, replacement)


# encodings


def _base64encode(run: Run, text: Any) -> Any:
    """Of UTF-8, on AWS; jsonata-js takes characters as bytes. Source of both: sfnx docs/design.md, measured."""
    return UNDEFINED if text is UNDEFINED else base64.b64encode(text.encode()).decode()


def _base64decode(run: Run, text: Any) -> Any:
    """The padding may be missing."""
    if text is UNDEFINED:
        return UNDEFINED
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode(errors="replace")


def _encoder(name: str, safe: str) -> Callable[..., Any]:
    def encode(run: Run, text: Any) -> Any:
        try:
            return UNDEFINED if text is UNDEFINED else urllib.parse.quote(text, safe=safe)
        except UnicodeEncodeError:
            raise JsonataError("D3140", function_name=name, value=text) from None

    return encode


def _decoder(name: str, kept: str) -> Callable[..., Any]:
    escape = re.compile(r"(?:%[0-9A-Fa-f]{2})+")

    def decode(run: Run, text: Any) -> Any:
        if text is UNDEFINED:
            return UNDEFINED
        try:
            if "%" in escape.sub("", text):
                raise ValueError("an escape is not complete")
            if not kept:
                # The component is read with Java's eyes on AWS: measured by sfnx, docs/design.md.
                return urllib.parse.unquote_plus(text, errors="replace")
            return escape.sub(lambda match: _unescaped(match.group(), kept), text)
        except ValueError:
            raise JsonataError("D3140", function_name=name, value=text) from None

    return decode


def _unescaped(escapes: str, kept: str) -> str:
    decoded = urllib.parse.unquote_to_bytes(escapes).decode()
    return "".join(f"%{ord(character):02X}" if character in kept else character for character in decoded)


FUNCTIONS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("string", _string, "<x-b?:s>"),
    ("substring", _substring, "<s-nn?:s>"),
    ("substringBefore", _before, "<s-s:s>"),
    ("substringAfter", _after, "<s-s:s>"),
    ("lowercase", _lowercase, "<s-:s>"),
    ("uppercase", _uppercase, "<s-:s>"),
    ("length", _length, "<s-:n>"),
    ("trim", _trim, "<s-:s>"),
    ("pad", _pad, "<s-ns?:s>"),
    ("match", _match, "<s-f<s:o>n?:a<o>>"),
    ("contains", _contains, "<s-(sf):b>"),
    ("replace", _replace, "<s-(sf)(sf)n?:s>"),
    ("split", _split, "<s-(sf)n?:a<s>>"),
    ("join", _join, "<a<s>s?:s>"),
    ("base64encode", _base64encode, "<s-:s>"),
    ("base64decode", _base64decode, "<s-:s>"),
    ("encodeUrlComponent", _encoder("encodeUrlComponent", "!~*'()"), "<s-:s>"),
    ("encodeUrl", _encoder("encodeUrl", ";,/?:@&=+$!~*'()#"), "<s-:s>"),
    ("decodeUrlComponent", _decoder("decodeUrlComponent", ""), "<s-:s>"),
    ("decodeUrl", _decoder("decodeUrl", ";/?:@&=+$,#"), "<s-:s>"),
)
