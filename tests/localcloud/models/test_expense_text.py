"""The forms of sums, dates, telephone numbers and labels."""

from __future__ import annotations

from decimal import Decimal

import pytest

from localcloud.models.expense_text import DATE, PHONE, currency_of, kind_of_sum, money


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.50", "12.50"),
        ("$1,250.00", "1250.00"),
        ("1.250,00€", "1250.00"),
        ("£1'250.00", "1250.00"),
        ("-3.00", "-3.00"),
        ("3.00-", "-3.00"),
        ("($3.00)", "-3.00"),
        ("3.49T", "3.49"),
        ("USD12.00", "12.00"),
        ("1 250,50", "1250.50"),
        ("1,12,950.00", "112950.00"),
        ("R$1.250,00", "1250.00"),
        ("A$9.50", "9.50"),
        ("$20", "20"),
        ("¥324", "324"),
        ("$1.990", "1990"),
        ("20 €", "20"),
        ("1 275 kr", "1275"),
        ("35:-", "35"),
        ("-¥40", "-40"),
        ("$(12.50)", "-12.50"),
        ("( 12.50 )", "-12.50"),
        ("- 3.00", "-3.00"),
        ("3.00 -", "-3.00"),
        ("\u22123.00", "-3.00"),
        ("3,00 €-", "-3.00"),
        ("₪12", "12"),
        ("N1,250.00", "1250.00"),  # the recogniser's reading of ₪ and of ₦
        ("45.000₫", "45000"),
        ("45.000d", "45000"),  # of đ
        ("R 89.90", "89.90"),
        ("R1 250.00", "1250.00"),
    ],
)
def test_a_sum_is_read_in_every_country_s_form(text: str, value: str) -> None:
    assert money(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "5.5%",
        "12:30",
        "1.250",
        "28.10.2025",
        "Total",
        "0.540",
        "",
        "12",
        "NB20417",
        "RM-20",
        "2025",
        "12 500",
        "N12",
        "A N12",
    ],
)
def test_other_numbers_are_no_sums(text: str) -> None:
    assert money(text) is None


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025-12-0609:02", "2025-12-06"),
        ("Date: 11/03/2025 16:54", "11/03/2025"),
        ("SALE 12/18/25 14:07", "12/18/25"),
        ("28.10.2025", "28.10.2025"),
        ("Fri 12 Sep 2025", "12 Sep 2025"),
        ("December 6, 2025", "December 6, 2025"),
        ("05-Jan-2026", "05-Jan-2026"),
    ],
)
def test_a_date_is_found_in_its_line(text: str, date: str) -> None:
    match = DATE.search(text)
    assert match is not None
    assert match.group() == date


@pytest.mark.parametrize("text", ["0042-17-9931", "541-555-0188", "12:30", "$15.82", "5 May Street"])
def test_other_numbers_are_no_dates(text: str) -> None:
    assert DATE.search(text) is None


@pytest.mark.parametrize(
    "number", ["(207) 555-0142", "541-555-0188", "518.555.0173", "+49 30 23125 042", "020 7946 0158"]
)
def test_a_telephone_number_is_found_whole(number: str) -> None:
    match = PHONE.search(f"Tel {number}")
    assert match is not None
    assert match.group() == number


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Subtotal", "SUBTOTAL"),
        ("SUB-TOTAL", "SUBTOTAL"),
        ("Net", "SUBTOTAL"),
        ("Total excl. VAT", "SUBTOTAL"),
        ("Sales tax 5.5%", "TAX"),
        ("Total tax", "TAX"),
        ("Total incl. VAT", "TOTAL"),
        ("T0TAL", "TOTAL"),
        ("Total due", "TOTAL"),
        ("Amount due", "AMOUNT_DUE"),
        ("VISA ****5620", "AMOUNT_PAID"),
        ("Member discount", "DISCOUNT"),
        ("Tip", "GRATUITY"),
        ("Delivery", "SHIPPING_HANDLING_CHARGE"),
        ("CHANGE", "OTHER"),
        ("Flat white", None),
        ("Taxi to the airport", None),
        ("$", None),
    ],
)
def test_a_label_says_what_its_sum_is(label: str, kind: str | None) -> None:
    assert kind_of_sum(label) == kind


def test_a_currency_s_code_counts_before_the_sign_that_it_explains() -> None:
    assert currency_of(["$12.00", "$3.00", "CAD"]) == "CAD"
    assert currency_of(["£12.00"]) == "GBP"
    assert currency_of(["12.00", "Total"]) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("R$ 20,50", "BRL"),
        ("A$9.50", "AUD"),
        ("$9.50", "USD"),
        ("Rs. 450.00", "INR"),
        ("4,50 zł", "PLN"),
        ("¥324", "JPY"),
        ("₪12", "ILS"),
        ("45.000d", "VND"),
    ],
)
def test_a_sign_of_several_letters_is_a_currency_of_its_own(text: str, code: str) -> None:
    assert currency_of(text.split(" ")) == code


def test_kr_is_the_currency_of_four_countries_and_names_none() -> None:
    assert currency_of(["35", "kr"]) is None
