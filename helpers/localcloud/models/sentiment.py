"""Sentiment of an English text: a baseline, VADER's lexicon and rules with some words of customer service.

VADER (Hutto and Gilbert, 2014) rates a sentence from -1 to 1 by its words, with rules for negation and emphasis. It
has read no sentence as a whole: irony and what is only implied escape it. How often it is right on texts that it was
not made with is measured in tests/unit/models/test_sentiment.py.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from helpers.localcloud.models.needs import needed

#: What customers say, on VADER's scale of -4 to 4. The good words that are weak are there for their negation: "it
#: never arrived", "nobody replied".
_WORDS: Mapping[str, float] = {
    "again": -0.6,
    "answered": 0.7,
    "arrived": 0.7,
    "cancel": -1.8,
    "canceling": -1.8,
    "cancelled": -1.6,
    "cancelling": -1.8,
    "closing": -0.6,
    "competitor": -1.4,
    "crashes": -2.0,
    "damaged": -2.2,
    "delay": -1.6,
    "delayed": -1.7,
    "delays": -1.6,
    "delivered": 0.6,
    "dies": -1.8,
    "fine": 0.3,
    "fixed": 1.2,
    "help": 0.0,  # asked for, mostly
    "ok": 0.0,
    "okay": 0.0,
    "overcharged": -2.4,
    "overdue": -1.5,
    "please": 0.0,  # politeness is no pleasure
    "promptly": 1.6,
    "quick": 1.4,
    "quickly": 1.4,
    "refund": -0.9,
    "replied": 0.7,
    "resolved": 1.5,
    "responded": 0.7,
    "scratched": -1.6,
    "slow": -1.5,
    "stopped": -1.5,
    "twice": -0.7,
    "unacceptable": -2.6,
    "unhelpful": -2.2,
    "wait": -1.0,
    "waited": -1.3,
    "waiting": -1.4,
    "want": 0.0,
    "yes": 0.0,
    "worked": 0.8,
    "working": 0.8,
    "works": 1.0,
}

#: Where one clause ends and another begins.
_PARTS = re.compile(r"[.!?\n]+|,?\s+(?:but|however|although|though|yet)\b", re.IGNORECASE)

#: A wish, which VADER takes for liking.
_WISH = re.compile(r"\b(would|'d) like\b", re.IGNORECASE)

#: The prior of NEUTRAL, and the inverse temperature of the softmax over the four.
_NEUTRAL, _INVERSE_TEMPERATURE = 0.17, 9.0


def scores(text: str) -> dict[str, float]:
    """The probabilities of Positive, Negative, Neutral and Mixed.

    The parts of the text that say something are rated one by one; positive and negative ones count against each other,
    and where there are both, for Mixed.

    Raises:
        UnsupportedLocally: vaderSentiment is not installed.
    """
    rated = [rating for rating in map(_rate, _PARTS.split(_WISH.sub("want", text))) if rating]
    positive = sum(rating for rating in rated if rating > 0) / max(len(rated), 1)
    negative = -sum(rating for rating in rated if rating < 0) / max(len(rated), 1)
    both = min(positive, negative)
    logits = {
        "Positive": positive - both,
        "Negative": negative - both,
        "Neutral": _NEUTRAL,
        "Mixed": 2 * both - _NEUTRAL / 2,
    }
    powers = {name: math.exp(_INVERSE_TEMPERATURE * logit) for name, logit in logits.items()}
    total = sum(powers.values())
    return {name: round(power / total, 6) for name, power in powers.items()}


def _rate(part: str) -> float:
    rating: float = _analyzer().polarity_scores(part)["compound"] if part.strip() else 0.0
    return rating


@cache
def _analyzer() -> Any:
    with needed("rates sentences with vaderSentiment"):
        vader = importlib.import_module("vaderSentiment.vaderSentiment")
    if "nobody" not in vader.NEGATE:
        vader.NEGATE.append("nobody")
    analyzer = vader.SentimentIntensityAnalyzer()
    analyzer.lexicon.update(_WORDS)
    return analyzer
