"""The rating of texts: on those it was made with, and on some that were written before it was tried on them."""

from __future__ import annotations

import pytest

from localcloud.models.sentiment import scores

#: No word was added or changed for their sake. A text that it gets wrong stays here.
HELD_OUT = [
    ("Positive", "What a lovely surprise, the flowers looked even better than in the picture."),
    ("Positive", "Your technician was friendly and fixed the boiler right away."),
    ("Positive", "I am very happy with my new phone."),
    ("Positive", "Everything went smoothly, thanks to your help."),
    ("Positive", "Best coffee in town, I will come back."),
    ("Positive", "The course was clear and well prepared, I learned a lot."),
    ("Negative", "The jacket tore on the first day and the shop refuses to take it back."),
    ("Negative", "I have been on hold for forty minutes, this is ridiculous."),
    ("Negative", "The room smelled of smoke and the shower did not work."),
    ("Negative", "If this is not repaired by Friday I will close my account."),
    ("Negative", "The driver was rude and arrived an hour late."),
    ("Negative", "I am disappointed, the picture looks nothing like the real thing."),
    ("Mixed", "The hotel is in a great place, but the rooms are filthy."),
    ("Mixed", "The staff was friendly. The food was cold and disgusting."),
    ("Mixed", "Excellent camera, although the software is a disaster."),
    ("Mixed", "I love the car but I hate the dealer."),
    ("Neutral", "Can you tell me how to reset my password?"),
    ("Neutral", "The package weighs four kilograms."),
    ("Neutral", "I moved to Lyon in April and need to update my contract."),
    ("Neutral", "Our office is on the second floor, next to the library."),
]


def best(text: str) -> str:
    found = scores(text)
    return max(found, key=lambda name: found[name])


def test_sixteen_of_twenty_texts_that_it_was_not_made_with_are_rated_right() -> None:
    assert sum(best(text) == truth for truth, text in HELD_OUT) >= 16


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("My order never arrived and nobody replied.", "Negative"),
        ("It works!", "Positive"),
        ("I would like to change my address, please.", "Neutral"),
        ("I want to cancel my subscription.", "Negative"),
        ("The screen is beautiful. The keyboard is awful.", "Mixed"),
        ("", "Neutral"),
        ("42", "Neutral"),
    ],
)
def test_customers_words_count_as_customers_mean_them(text: str, rating: str) -> None:
    assert best(text) == rating


def test_what_says_nothing_does_not_water_down_what_does() -> None:
    assert scores("It is awful.") == scores("My name is Jo. It is awful. The time is ten.")
