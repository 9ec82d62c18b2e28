"""Comprehend, answered by small local models for English: names, phrases, sentiment, language, personal data.

Shapes, limits and errors are those of https://docs.aws.amazon.com/comprehend/latest/APIReference/ and of
https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html. The models give no probability for a name,
a phrase or a form: their Score is a constant, below. Sentiment is a baseline by words (models/sentiment.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from localcloud.door.wire import ServiceError, Structure
from localcloud.errors import UnsupportedLocally
from localcloud.host import Host, Service
from localcloud.services._remembered import Remembered
from localcloud.services.comprehend.jobs import SentimentJobs

#: Bytes of UTF-8 in a text.
_MOST, _MOST_SENTIMENT, _MOST_BATCH = 100_000, 5_000, 5_000
_MOST_TEXTS = 25

#: The Score of everything that the models find without saying how sure they are.
SCORE = 0.9

_known: Remembered[Structure] = Remembered(256, "language")


def register(cloud: Host) -> Service:
    """The actions of Comprehend that small models can answer."""
    jobs = SentimentJobs(cloud, sentiment)
    actions: dict[str, Callable[[Structure], Mapping[str, Any]]] = {
        "StartSentimentDetectionJob": jobs.start,
        "DescribeSentimentDetectionJob": jobs.describe,
        "ListSentimentDetectionJobs": jobs.list_jobs,
        "StopSentimentDetectionJob": jobs.stop,
        "DetectPiiEntities": lambda request: pii(_text(request, _MOST, ("en", "es"))),
        "ContainsPiiEntities": lambda request: _contains_pii(_text(request, _MOST, ("en", "es"))),
    }
    for name, answer, most in (
        ("DetectSentiment", sentiment, _MOST_SENTIMENT),
        ("DetectEntities", _remembering(entities), _MOST),
        ("DetectKeyPhrases", _remembering(key_phrases), _MOST),
        ("DetectDominantLanguage", _remembering(languages), _MOST),
    ):
        actions[name] = partial(_single, answer, most)
        actions[f"Batch{name}"] = partial(_batch, answer)
    return Service("comprehend", actions)


# ---- the answers, for a text


def sentiment(text: str) -> Structure:
    """DetectSentiment's answer."""
    from localcloud.models import sentiment as model

    scores = model.scores(text)
    return {"Sentiment": max(scores, key=lambda name: scores[name]).upper(), "SentimentScore": scores}


def entities(text: str) -> Structure:
    """DetectEntities' answer."""
    from localcloud.models import language

    found = [
        {"Score": SCORE, "Type": e.kind, "Text": text[e.begin : e.end], "BeginOffset": e.begin, "EndOffset": e.end}
        for e in language.entities(text)
    ]
    return {"Entities": found}


def key_phrases(text: str) -> Structure:
    """DetectKeyPhrases' answer."""
    from localcloud.models import language

    found = [
        {"Score": SCORE, "Text": text[p.begin : p.end], "BeginOffset": p.begin, "EndOffset": p.end}
        for p in language.phrases(text)
    ]
    return {"KeyPhrases": found}


def languages(text: str) -> Structure:
    """DetectDominantLanguage's answer."""
    from localcloud.models import language

    return {"Languages": [{"LanguageCode": c, "Score": round(s, 4)} for c, s in language.languages(text)]}


def pii(text: str) -> Structure:
    """DetectPiiEntities' answer."""
    from localcloud.models.pii import personal_data

    found = [{"Score": SCORE, "Type": d.kind, "BeginOffset": d.begin, "EndOffset": d.end} for d in personal_data(text)]
    return {"Entities": found}


def _contains_pii(text: str) -> Structure:
    kinds = dict.fromkeys(entity["Type"] for entity in pii(text)["Entities"])
    return {"Labels": [{"Name": kind, "Score": SCORE} for kind in kinds]}


def _remembering(answer: Callable[[str], Structure]) -> Callable[[str], Structure]:
    return lambda text: _known.get((answer.__name__, text), lambda: answer(text))


# ---- the requests


def _single(answer: Callable[[str], Structure], most: int, request: Structure) -> Structure:
    for name in ("EndpointArn", "Bytes", "DocumentReaderConfig"):
        if name in request:
            raise UnsupportedLocally(
                f"Comprehend with {name} needs a model that the local cloud does not have. "
                "Send the text itself as Text, or set WORKSHOP_TARGET=aws."
            )
    return answer(_text(request, most))


def _batch(answer: Callable[[str], Structure], request: Structure) -> Structure:
    texts = request["TextList"]
    if not 1 <= len(texts) <= _MOST_TEXTS:
        raise ServiceError(
            "BatchSizeLimitExceededException", f"A batch has 1 to {_MOST_TEXTS} texts; this one has {len(texts)}."
        )
    texts = [_text(request | {"Text": text}, _MOST_BATCH) for text in texts]
    return {"ResultList": [{"Index": n, **answer(text)} for n, text in enumerate(texts)], "ErrorList": []}


def _text(request: Structure, most: int, on_aws: tuple[str, ...] | None = None) -> str:
    """The request's text, once it is one that can be answered.

    Args:
        request: with Text and perhaps LanguageCode.
        most: bytes.
        on_aws: the languages in which AWS has the operation, when these are not all of Comprehend's.
    """
    text: str = request.get("Text", "")
    code = request.get("LanguageCode", "en")
    size = len(text.encode(errors="surrogatepass"))
    if not text.strip():
        raise ServiceError("InvalidRequestException", "Input text is empty.")
    if size > most:
        raise ServiceError(
            "TextSizeLimitExceededException",
            f"Input text size exceeds limit. Max length of request text allowed is {most} bytes while in this "
            f"request the text size is {size} bytes",
        )
    if on_aws and code not in on_aws:
        raise ServiceError(
            "UnsupportedLanguageException",
            f"Unsupported language code: {code}. Supported language codes: {', '.join(on_aws)}",
        )
    if code != "en":
        raise UnsupportedLocally(
            f"Comprehend in language {code!r} is not answered by the local cloud, whose small models know English. "
            "Send English text with LanguageCode en, or set WORKSHOP_TARGET=aws."
        )
    return text
