"""The forms of personal data."""

from __future__ import annotations

import itertools

import pytest

from localcloud.models.pii import personal_data


@pytest.mark.parametrize(
    ("text", "kind", "part"),
    [
        ("mail maria.garcia+x@mail.example.com.", "EMAIL", "maria.garcia+x@mail.example.com"),
        ("call (555) 555-0142 now", "PHONE", "(555) 555-0142"),
        ("call +49 30 23125 042", "PHONE", "+49 30 23125 042"),
        ("call 1-800-555-0199", "PHONE", "1-800-555-0199"),
        ("call me at 555-0142 please", "PHONE", "555-0142"),
        ("The office is 555-0142.", "PHONE", "555-0142"),
        ("Tel. 555.0142", "PHONE", "555.0142"),
        ("you can reach us at 5550142", "PHONE", "5550142"),
        ("my number is 555 0142", "PHONE", "555 0142"),
        ("ring 020 7946 0958", "PHONE", "020 7946 0958"),
        ("call 07700 900123", "PHONE", "07700 900123"),
        ("text 98765 43210", "PHONE", "98765 43210"),
        ("card 4111 1111 1111 1111 please", "CREDIT_DEBIT_NUMBER", "4111 1111 1111 1111"),
        ("CVV is 123.", "CREDIT_DEBIT_CVV", "123"),
        ("expires 04/27", "CREDIT_DEBIT_EXPIRY", "04/27"),
        ("to DE89 3704 0044 0532 0130 00 now", "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "DE89 3704 0044 0532 0130 00"),
        ("SSN 123-45-6789", "SSN", "123-45-6789"),
        ("from 10.0.0.1", "IP_ADDRESS", "10.0.0.1"),
        ("at 00:1B:44:11:3A:B7", "MAC_ADDRESS", "00:1B:44:11:3A:B7"),
        ("see https://www.example.com/a?b=c.", "URL", "https://www.example.com/a?b=c"),
        ("AKIAIOSFODNN7EXAMPLE", "AWS_ACCESS_KEY", "AKIAIOSFODNN7EXAMPLE"),
        ("My PIN number is 4821", "PIN", "4821"),
        ("the password is hunter2.", "PASSWORD", "hunter2"),
        ("at 410 Terry Avenue, Seattle, WA 98109.", "ADDRESS", "410 Terry Avenue, Seattle, WA 98109"),
        ("a 34 year old customer", "AGE", "34 year old"),
        ("This is Maria Garcia speaking.", "NAME", "Maria Garcia"),
    ],
)
def test_each_kind_is_found_by_its_form(text: str, kind: str, part: str) -> None:
    assert [(span.kind, text[span.begin : span.end]) for span in personal_data(text)] == [(kind, part)]


@pytest.mark.parametrize(
    "text",
    [
        "order 4111111111111112",  # a card's form, a wrong check digit
        "DE89 3704 0044 0532 0130 01",
        "version 1.2.3.400",
        "000-12-3456",
        "order 555-0142",
        "a band of 300-4000 Hz",
        "call 2024 customers",
        "Your order number is 12345678.",
        "The kettle is broken.",
    ],
)
def test_what_only_looks_like_it_is_not_personal_data(text: str) -> None:
    assert personal_data(text) == []


def test_parts_come_in_the_text_s_order_and_never_overlap() -> None:
    found = personal_data("Maria Garcia, 415-555-0199, maria@example.com, www.example.com")
    assert [span.kind for span in found] == ["NAME", "PHONE", "EMAIL", "URL"]
    assert all(one.end <= two.begin for one, two in itertools.pairwise(found))
