"""The words of receipts: what is a sum, a date, a telephone number, and what a label says about the sum beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from localcloud.models.layout import Token

#: What stands beside a number -> ISO 4217. "kr" is that of four countries: of which, the number does not say.
_SIGNS = {
    "R$": "BRL",
    "AU$": "AUD",
    "A$": "AUD",
    "CA$": "CAD",
    "C$": "CAD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "NT$": "TWD",
    "SG$": "SGD",
    "S$": "SGD",
    "MX$": "MXN",
    "US$": "USD",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "\uffe5": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₺": "TRY",
    "₫": "VND",
    "₱": "PHP",
    "฿": "THB",
    "₽": "RUB",
    "₴": "UAH",
    "₪": "ILS",
    "₦": "NGN",
}
_WORDS = {"Rs.": "INR", "Rs": "INR", "Kč": "CZK", "Ft": "HUF", "Rp": "IDR", "RM": "MYR", "đ": "VND"}
_WORDS |= dict.fromkeys(("zł", "zl", "zt"), "PLN")  # the recogniser's readings of zł
_CODES = (
    *("USD", "EUR", "GBP", "CAD", "AUD", "NZD", "CHF", "JPY", "INR", "SEK", "NOK", "DKK", "ISK", "KRW", "CNY", "TWD"),
    *("HUF", "PLN", "CZK", "RON", "BGN", "CLP", "COP", "BRL", "MXN", "ARS", "PEN", "HKD", "SGD", "MYR", "IDR", "VND"),
    *("THB", "PHP", "TRY", "ILS", "ZAR", "AED", "SAR", "NGN", "KES", "UAH"),
)
_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_WORD = "|".join(re.escape(word) for word in (*_WORDS, "kr.", "kr", "Kr", "Fr."))
#: How the recogniser reads signs that it does not know, and the rand, by the sums that they stand at: prices in won end
#: in a nought, those in baht, pesos and rand have decimals. The shekel's sign and the naira's both read as N.
_LETTERS = {
    r"\bW(?=\d{1,3},\d{3}\b|\d{2,}0\b)": "KRW",
    r"\bB(?=\d[\d,]*\.\d\d\b)": "THB",
    r"\bP(?=\d[\d,]*\.\d\d\b)": "PHP",
    r"\bR(?= ?\d[\d, ]*\.\d\d\b)": "ZAR",
    r"\bN(?=\d[\d,]*\.\d\d\b)": "",
    r"\u3082(?=\d)": "TRY",
    r"(?<=\.\d{3})d\b": "VND",
}
_CURRENCY = rf"(?:{_SIGN}|(?-i:{'|'.join(_LETTERS)}|{_WORD})|{'|'.join(_CODES)})"

#: 1250, 1,250, 1.250, 1'250, 1 250, and as in India 1,12,950.
_NUMBER = r"(?:\d{1,3}(?P<group>[,.'\u2019\u00a0\u202f ])\d{3}(?:(?P=group)\d{3})*|\d{1,2}(?:,\d{2})+,\d{3}|\d+)"

_MINUS = "-\u2212\u2013"
#: 12.50, $1,250.00, 1.250,00 €, -3.00, $(3.00), 4.20 - and the like; $20, ¥324, CHF 20.-, which have no decimals and
#: show by their currency what they are.
_MONEY = re.compile(
    rf"^(?P<sign>[{_MINUS}(] ?)?(?P<before>{_CURRENCY} ?)?(?P<inner>[{_MINUS}(] ?)?(?P<number>{_NUMBER})"
    rf"(?:[.,](?P<decimals>\d{{2}})|(?P<dash>[.,:][-\u2013\u2014]{{1,2}}))?(?: ?\))?(?P<behind> ?[{_MINUS}])?"
    rf"(?P<after> ?{_CURRENCY}(?P<last>[{_MINUS}])?)?$",
    re.IGNORECASE,
)
_ONLY_CURRENCY = re.compile(rf"^{_CURRENCY}$", re.IGNORECASE)
_ONLY_SIGN = re.compile(rf"^(?:{_SIGN})$")
_BARE = re.compile(rf"^N?{_NUMBER}$")  # N as in _LETTERS
#: What tills print after a sum: a tax class, a star.
_FLAG = re.compile(r"^(?:[A-Z]{1,2}|\*|[A-Z]\d|%)$")
#: A tax class printed without a space: "3.49T".
_MONEY_FLAG = re.compile(r"^(.*\d[.,]\d{2})([A-Z]|\*)$")

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
DATE = re.compile(
    r"(?<!\d)(?:"
    # 2025-12-06, also when the time is glued to it
    r"(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:3[01]|[012]\d|[1-9](?!\d))"
    r"|\d{1,2}([-/.])\d{1,2}\2(?:20\d\d|\d\d(?![\d:]))"  # 12/06/2025, 6.12.25
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[-. ]*{_MONTH}[-., ]*(?:20\d\d|'?\d\d(?!\d))"  # 6 Dec 2025
    rf"|{_MONTH}[. ]*\d{{1,2}}(?:st|nd|rd|th)?,? *20\d\d"  # December 6, 2025
    r")",
    re.IGNORECASE,
)
TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?", re.IGNORECASE)
PHONE = re.compile(r"(?<![\d-])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)|\d{2,5})[\s./-]{0,2}\d{3,5}[\s.-]?\d{3,4}(?![\d-])")
URL = re.compile(r"(?:https?://|www\.)\S+|\b[a-z0-9-]+\.(?:com|org|net|shop|example|co\.uk|de|fr)\b\S*", re.IGNORECASE)
TAX_ID = re.compile(
    r"((?:vat|tax|gst|ust|abn|ein|tva)[\s.-]*(?:reg(?:istration)?)?[\s.]*(?:no|nr|id|number)\b[.:#\s]*)"
    r"([A-Z]{0,3}\s?\d[\d\s-]{5,}\d)",
    re.IGNORECASE,
)
RECEIPT_ID = re.compile(
    r"\b(receipt|invoice|bill|transaction|trans|txn|check|order|ticket|ref(?:erence)?|document|folio|booking)\b"
    r"[\s.]*(?:no|nr|num(?:ber)?|id|n°|#)?[\s.:#]*",
    re.IGNORECASE,
)
#: At least one digit, no blanks; dates and times are sorted out by the caller.
ID_VALUE = re.compile(r"^#?[A-Z]{0,6}[-/]?\d[A-Z0-9/-]*$", re.IGNORECASE)

_STREET = (
    r"street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|way|row|court|ct|place|pl|square|sq|terrace"
    r"|close|highway|hwy|parkway|quay|hill|gardens|walk|crescent|broadway|rue|via|calle"
)
STREET = re.compile(
    rf"^(?:unit|suite|no\.?)?\s*\d+[A-Z]?(?:[-/]\d+)?,?\s+(?:[A-Z][\w'.-]*\s+)+\w+"  # 14 Any Name
    rf"|\b(?:{_STREET})\b\.?(?:\s*,|$|\s+\d)"
    r"|(?:stra(?:ss|ß)e|str\.|allee|weg|platz|gasse)\s*\d+",
    re.IGNORECASE,
)
CITY = re.compile(
    r",?\s[A-Z]{2}[\s,]+\d{5}(?:-\d{4})?$"  # Port Alder, ME 04019
    r"|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}$"  # Whitmoor WH3 4LT
    r"|^(?:[A-Z]{1,2}-)?\d{4,5}\s+[A-ZÄÖÜ][a-zäöüß]+"  # 10585 Altenbach
)

#: Label -> type, the first that matches; tried on the label's words in lower case, without digits and signs.
_SUMS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            "OTHER",
            r"\b(change|cash ?back|points|rounding|you saved|savings|items? sold|item count|loyalty)\b",
        ),
        ("TOTAL", r"\btotal (price )?(incl|including|inc)\b"),
        (
            "SUBTOTAL",
            r"\bsub ?total\b|^(total )?net\b|^total (excl|ex|before)|^(goods|merchandise|food)( total)?$",
        ),
        ("TAX", r"\b(tax|taxes|vat|gst|hst|pst|mwst|ust|iva|tva|btw|moms)\b"),
        ("DISCOUNT", r"\b(discount|coupon|voucher|promo|promotion|rebate)\b"),
        ("GRATUITY", r"^(tip|gratuity)\b"),
        ("SERVICE_CHARGE", r"^(optional )?service( charge| fee)?$"),
        ("SHIPPING_HANDLING_CHARGE", r"^(delivery|shipping|postage|handling|freight)\b"),
        ("AMOUNT_DUE", r"^(amount|balance) (due|payable|to pay)|^balance$|^to pay$|^please pay$"),
        (
            "TOTAL",
            r"^(grand |order |invoice |bill |sale )?total( due| amount| paid| to pay| sale)?$"
            r"|^(sum|summe|gesamt)",
        ),
        ("TOTAL", r"^(grand )?total \w+$"),
        (
            "AMOUNT_PAID",
            r"\b(cash|card|visa|mastercard|amex|american express|debit|credit|tender(ed)?|paid|payment"
            r"|contactless|paypal|maestro)\b",
        ),
    )
)

#: Titles of a table's columns -> type of line item field.
COLUMNS = (
    (
        "UNIT_PRICE",
        re.compile(r"^(unit price|unit cost|price each|price/unit|each|rate|unit|per unit|price ea)$"),
    ),
    ("QUANTITY", re.compile(r"^(qty|quantity|units|pcs|no|hours|nights|count|qnt)$")),
    ("PRODUCT_CODE", re.compile(r"^(code|sku|art no|article no|item no|item code|product code|ref|plu)$")),
    ("ITEM", re.compile(r"^(description|item|items|product|article|service|details|name|particulars)$")),
    ("PRICE", re.compile(r"^(amount|total|price|sum|line total|value|cost|total price)$")),
)


def label_words(text: str) -> str:
    """A label in lower case, with its letters only; sub-total and SUB TOTAL come out alike."""
    return " ".join(re.sub(r"[^a-zäöüß ]+", " ", text.lower().replace("-", " ").replace("0", "o")).split())


def kind_of_sum(label: str) -> str | None:
    """The field type that a label stands for, in Textract's names; None for a label that names an item."""
    words = label_words(label)
    if not words or len(words.split()) > 6:
        return None
    return next((kind for kind, pattern in _SUMS if pattern.search(words)), None)


def money(text: str) -> Decimal | None:
    """The value of a sum of money as printed; None for anything else.

    Both "1,250.00" and "1.250,00" are read: the last separator is the decimal one when two digits follow it. A number
    without decimals is one when its currency stands at it.
    """
    flagged = _MONEY_FLAG.match(text)
    bare = flagged.group(1) if flagged else text
    match = _MONEY.match(bare)
    if not match or not (match["decimals"] or match["dash"] or match["before"] or match["after"]):
        return None
    if not match["decimals"] and re.match(r"[A-Za-z]+-", bare):  # RM-20417: rather the number of something
        return None
    value = Decimal(re.sub(r"\D", "", match["number"]) + "." + (match["decimals"] or "0"))
    return -value if any(match[group] for group in ("sign", "inner", "behind", "last")) else value


def whole(text: str) -> Decimal | None:
    """The value of a number without decimals and without a currency, which may be a sum of money: 324, 12 500."""
    return Decimal(re.sub(r"\D", "", text)) if _BARE.match(text) and not re.match(r"0\d", text) else None


def has_decimals(text: str) -> bool:
    """Whether it is a sum of money with its hundredths."""
    match = _MONEY.match(without_flag(text))
    return bool(match and match["decimals"])


def without_flag(text: str) -> str:
    """A sum without the tax class that is glued to it."""
    flagged = _MONEY_FLAG.match(text)
    return flagged.group(1) if flagged else text


def is_flag(text: str) -> bool:
    """Whether it is one of the marks that tills print after a sum."""
    return bool(_FLAG.match(text))


def is_currency(text: str) -> bool:
    """Whether it is a currency's sign or code, and nothing else."""
    return bool(_ONLY_CURRENCY.match(text))


def is_sign(text: str) -> bool:
    """Whether it is a currency's sign, which no other word is."""
    return bool(_ONLY_SIGN.match(text))


def currency_of(texts: Sequence[str]) -> str | None:
    """The ISO code of the currency that the texts name most.

    A code ("CAD") counts before the sign that it explains.
    """
    codes = [code for text in texts for code in _CODES if re.search(rf"(?<![A-Z]){code}(?![A-Z])", text)]
    found = codes or [code for text in texts for code in _signs(text)]
    return max(sorted(set(found)), key=found.count) if found else None


def _signs(text: str) -> list[str]:
    """The codes that the signs in a text stand for; words such as "Rs" count beside a number or alone."""
    words = [code for word, code in _WORDS.items() if re.search(rf"(?<![^\W\d]){re.escape(word)}(?![^\W\d])", text)]
    letters = [code for letter, code in _LETTERS.items() if code and re.search(letter, text)]
    return [_SIGNS[sign] for sign in re.findall(_SIGN, text)] or words[:1] or letters


def value_of(token: Token) -> Decimal | None:
    """The value of a token that is a sum of money; None for any other."""
    return token.value if isinstance(token, Sum) else money(token.text)


@dataclass(frozen=True, slots=True)
class Sum(Token):
    """A token that is a sum of money though its text alone does not say so."""

    value: Decimal


def trailing_sum(tokens: Sequence[Token]) -> int | None:
    """The index of the sum that ends a row, past a tax class or a currency after it.

    None when there is none.
    """
    for index in range(len(tokens) - 1, -1, -1):
        if value_of(tokens[index]) is not None:
            return index
        if not (is_flag(tokens[index].text) or is_currency(tokens[index].text)):
            return None
    return None
