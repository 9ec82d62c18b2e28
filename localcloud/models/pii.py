"""Personal data in an English text, by the forms that it is written in; names and dates by models/language.py.

The types are those of https://docs.aws.amazon.com/comprehend/latest/dg/how-pii.html, as far as a form gives them
away. Numbers with a check digit (cards, IBANs) count only when it is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from localcloud.models.language import Span, entities


def _luhn(text: str) -> bool:
    digits = [int(digit) for digit in text if digit.isdigit()][::-1]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


def _iban(text: str) -> bool:
    compact = re.sub(r"\s", "", text)
    return int("".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])) % 97 == 1


def _address(text: str) -> bool:
    return all(int(part) < 256 for part in text.split("."))


def _any(_text: str) -> bool:
    return True


_STREET = r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Way|Place|Terrace)"

#: Before a telephone number without an area code, and such a number; in Britain and India some are of five digits and
#: more. Of digits alone, "555-0142" is one, but not after a word that says what else it is, nor before a unit.
_CALLED = (
    r"\b(?:(?:tele)?phone|tel|call(?:ed)?|cell|mobile|fax|ring|dial|text|hotline|extension|reach (?:me|us|him|her|them)"
    r"|(?:my|our|your|his|her|their) number)\b\.?"
)
_LOCAL = r"\d{3,4}[ .-]?\d{4}|0\d{2,4}[ .-]?\d{5,6}|\d{5}[ .-]\d{5}"
_NO_PHONE = "".join(
    rf"(?<!{word} )" for word in ("order", "invoice", "part", "from", "range", "ticket", "between", "item")
)
_UNIT = r" ?(?:k?Hz|ms|[kcm]?m|k?g|W|rpm|units|pages|words|people|items|points)\b"

#: Type, form (what counts is its first group, or all of it), and a check of what was found. Earlier ones win.
_FORMS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("EMAIL", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), _any),
    ("URL", re.compile(r"\b(?:https?://|www\.)[^\s,;]*[^\s,;.!?)]"), _any),
    ("AWS_ACCESS_KEY", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), _any),
    ("AWS_SECRET_KEY", re.compile(r"(?i)\bsecret\s+(?:access\s+)?key\W+(?:is\W+)?([A-Za-z0-9/+=]{40})(?!\w)"), _any),
    (
        "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
        _iban,
    ),
    ("CREDIT_DEBIT_NUMBER", re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])"), _luhn),
    ("SSN", re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])"), _any),
    ("MAC_ADDRESS", re.compile(r"\b[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}\b"), _any),
    ("IP_ADDRESS", re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]\d)"), _address),
    ("CREDIT_DEBIT_CVV", re.compile(r"(?i)\b(?:cvv|cvc|security code)\W+(?:\w+\W+){0,2}?(\d{3,4})\b"), _any),
    (
        "CREDIT_DEBIT_EXPIRY",
        re.compile(r"(?i)\bexp(?:ir\w+)?\W+(?:\w+\W+){0,2}?((?:0[1-9]|1[0-2])/\d{2}(?:\d{2})?)\b"),
        _any,
    ),
    ("PIN", re.compile(r"\bPIN\W+(?:\w+\W+){0,2}?(\d{4,6})\b"), _any),
    ("PASSWORD", re.compile(r"(?i)\bpassword\s*(?:is|:)\s*(\S*[^\s.,;!?])"), _any),
    ("USERNAME", re.compile(r"(?i)\b(?:user ?name|login)\s*(?:is|:)\s*(\S*[^\s.,;!?])"), _any),
    (
        "PHONE",
        re.compile(
            r"(?<![\w-])(?<!\d )(?:(?:\+\d{1,3}|1)[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ .-]\d{3,5}[ .-]?\d{3,4}(?![ -]?\d)"
        ),
        _any,
    ),
    ("PHONE", re.compile(rf"(?i){_CALLED}\W+(?:\w+\W+){{0,4}}?({_LOCAL})(?![ -]?\d)"), _any),
    ("PHONE", re.compile(rf"(?i)(?<![\w.-])(?<!\d ){_NO_PHONE}[2-9]\d\d-\d{{4}}(?![ -]?\d|\w|-|{_UNIT})"), _any),
    (
        "ADDRESS",
        re.compile(
            rf"\b\d{{1,5}} (?:[A-Z]\w+ ){{1,3}}{_STREET}\b\.?"
            r"(?:,? [A-Z]\w+(?: [A-Z]\w+)?,? [A-Z]{2}(?: \d{5}(?:-\d{4})?)?)?"
        ),
        _any,
    ),
    ("AGE", re.compile(r"\b\d{1,3}[ -]years?[ -]old\b"), _any),
    ("BANK_ACCOUNT_NUMBER", re.compile(r"(?i)\baccount number\W+(?:is\W+)?(\d{6,17})\b"), _any),
    ("BANK_ROUTING", re.compile(r"(?i)\brouting number\W+(?:is\W+)?(\d{9})\b"), _any),
)

_NAMED = {"PERSON": "NAME", "DATE": "DATE_TIME"}


def personal_data(text: str) -> list[Span]:
    """Where the text says who somebody is or how to reach them, in its order; no two overlap.

    Raises:
        UnsupportedLocally: spaCy, which finds the names, is not installed.
    """
    taken: list[Span] = []
    for span in _found(text):
        if not any(span.begin < other.end and other.begin < span.end for other in taken):
            taken.append(span)
    return sorted(taken, key=lambda span: span.begin)


def _found(text: str) -> Iterator[Span]:
    for kind, form, holds in _FORMS:
        for match in form.finditer(text):
            group = 1 if form.groups else 0
            if holds(match.group(group)):
                yield Span(kind, match.start(group), match.end(group))
    for entity in entities(text):
        if entity.kind in _NAMED:
            yield Span(_NAMED[entity.kind], entity.begin, entity.end)
