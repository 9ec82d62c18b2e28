"""Receipts that the rules of models/expense.py were not written with: other layouts, other shops and words.

They exist to say honestly how the rules do on a receipt they have not met. Do not tune the rules on them:
whoever does must draw new ones. Made when the tests run, never stored.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

sys.path.append(str(Path(__file__).resolve().parents[2] / "data"))  # the home of a script, no package

from make_receipts import MONTHS, Item, Receipt
from paper import Paper, creased, faded, font, noise, on_desk

_GILDED = {
    "vendor": "The Gilded Spoon",
    "address": ["88 Canal Wharf", "Riverton, NY 12044"],
    "phone": "518.555.0173",
    "currency": "USD",
    "layout": "bistro",
}
_ORCHID = {
    "vendor": "Orchid Pharmacy",
    "address": ["5 Beacon Plaza", "Salem Point, MA 01970"],
    "phone": "978-555-0129",
    "currency": "USD",
    "layout": "pharmacy",
}
_SEEBLICK = {
    "vendor": "Hotel Seeblick",
    "address": ["Uferstrasse 7", "88131 Lindenau"],
    "phone": "+49 8382 555 0140",
    "currency": "EUR",
    "layout": "hotel",
}


def bistro(receipt: Receipt, chance: random.Random) -> Image.Image:
    """A restaurant's check in a book face.

    No times sign, "Amount due" for the total, tips suggested below.
    """
    plain, bold = font("STIXGeneral", 24), font("STIXGeneralBol", 26)
    sheet = Paper(540, 40, paper="#fffdf8", ink="#3a2d25")
    sheet.centre(receipt.vendor, font("STIXGeneralItalic", 44), 58)
    sheet.centre(", ".join(receipt.address), plain, 30)
    sheet.centre(receipt.phone, plain, 46)
    sheet.sides("Server: Ana", f"Table {chance.randint(2, 30)}", plain, 30)
    sheet.sides(f"Check # {receipt.receipt_id}", f"Guests {chance.randint(1, 5)}", plain, 30)
    year, month, day = receipt.date.split("-")
    sheet.sides(f"{MONTHS[int(month) - 1]} {int(day)}, {year}", "7:42 PM", plain, 40)
    sheet.rule(16, weight=1)
    for item in receipt.items:
        sheet.sides(f"{item.quantity} {item.description}", f"${item.price}", plain, 34)
    sheet.rule(16, weight=1)
    sheet.sides("Food & Beverage", f"${receipt.subtotal}", plain, 32)
    sheet.sides("State Tax", f"${receipt.tax}", plain, 34)
    sheet.sides("Amount due", f"${receipt.total}", bold, 54)
    sheet.centre("Suggested gratuity: 18% or 20%", plain, 32)
    sheet.centre("Thank you!", font("STIXGeneralItalic", 28), 34)
    return sheet.cut(30)


def pharmacy(receipt: Receipt, chance: random.Random) -> Image.Image:
    """A chain's slip.

    Everything to the left, a table with short titles, a reference number after the sums.
    """
    plain, bold = font("DejaVuSansMono", 20), font("DejaVuSansMono-Bold", 20)
    sheet = Paper(600, 36, paper="#f8f8f4", ink="#1d2733")
    sheet.write(sheet.left, receipt.vendor.upper(), font("DejaVuSans-Bold", 30))
    sheet.y += 44
    for line in [f"Store {chance.randint(100, 180)}", *receipt.address, f"PH: {receipt.phone}"]:
        sheet.write(sheet.left, line, plain)
        sheet.y += 28
    year, month, day = receipt.date.split("-")
    sheet.y += 14
    sheet.sides(f"SALE  {month}/{day}/{year[2:]}  14:07", "REG 03", plain, 38)
    for x, title, anchor in ((sheet.left, "ITEM", "l"), (430, "QTY", "r"), (sheet.right, "PRICE", "r")):
        sheet.write(x, title, bold, anchor)
    sheet.y += 32
    for item in receipt.items:
        sheet.write(sheet.left, item.description, plain)
        sheet.write(430, str(item.quantity), plain, "r")
        sheet.write(sheet.right, f"${item.price}", plain, "r")
        sheet.y += 31
    sheet.y += 10
    sheet.rule(14, dash=5)
    sheet.sides("SUB-TOTAL", f"${receipt.subtotal}", plain, 30)
    sheet.sides(f"MA {receipt.tax_rate}% TAX", f"${receipt.tax}", plain, 30)
    sheet.sides("TOTAL SALE", f"${receipt.total}", font("DejaVuSansMono-Bold", 24), 40)
    sheet.sides("MC  XXXX4410", f"${receipt.total}", plain, 30)
    sheet.write(sheet.left, f"REF# {receipt.receipt_id}", plain)
    sheet.y += 50
    sheet.centre("GET WELL SOON", bold, 30)
    return sheet.cut(24)


def hotel(receipt: Receipt, chance: random.Random) -> Image.Image:
    """A hotel's bill.

    Decimal commas with the euro behind, the date among other dates, address at the right.
    """

    def euro(amount: object) -> str:
        return f"{amount}".replace(".", ",") + " €"

    plain, bold = font("DejaVuSans", 18), font("DejaVuSans-Bold", 18)
    sheet = Paper(780, 56, paper="#ffffff", ink="#222222")
    sheet.write(sheet.left, receipt.vendor, font("DejaVuSerif-Bold", 36), ink="#7a2f3a")
    sheet.y = 110
    for line in [*receipt.address, f"Fon {receipt.phone}"]:
        sheet.write(sheet.right, line, plain, "r")
        sheet.y += 27
    year, month, day = receipt.date.split("-")
    sheet.y = 112
    rows = (
        ("Folio No:", receipt.receipt_id),
        ("Arrival:", f"{int(day) - 2:02}.{month}.{year}"),
        ("Bill date:", f"{day}.{month}.{year}"),
    )
    for label, value in rows:
        sheet.write(sheet.left, label, plain)
        sheet.write(sheet.left + 130, value, plain)
        sheet.y += 28
    sheet.y += 40
    sheet.write(sheet.left, "Service", bold)
    sheet.write(500, "Qty", bold, "r")
    sheet.write(sheet.right, "Total", bold, "r")
    sheet.y += 30
    sheet.rule(12)
    for item in receipt.items:
        sheet.write(sheet.left, item.description, plain)
        sheet.write(500, str(item.quantity), plain, "r")
        sheet.write(sheet.right, euro(item.price), plain, "r")
        sheet.y += 33
    sheet.rule(14)
    for label, amount in (("Total net", receipt.subtotal), (f"plus {receipt.tax_rate}% VAT", receipt.tax)):
        sheet.sides(label, euro(amount), plain, 31)
    sheet.sides("Grand total", euro(receipt.total), font("DejaVuSans-Bold", 24), 60)
    sheet.centre("We hope to see you at the lake again", plain, 30)
    return sheet.cut(30)


LAYOUTS: dict[str, Callable[[Receipt, random.Random], Image.Image]] = {
    "bistro": bistro,
    "pharmacy": pharmacy,
    "hotel": hotel,
}


def receipts() -> list[Receipt]:
    """Six of them, two in each layout: one flat, one as it comes."""
    return [
        Receipt(
            file="bistro-1", **_GILDED, date="2025-12-14", receipt_id="4471", tax_rate="8",
            items=[Item("Soup of the day", "14.00", 2), Item("Grilled trout", "24.50"),
                   Item("Kids pasta", "9.00"), Item("Sparkling water", "10.50", 3)],
        ),
        Receipt(
            file="bistro-2", **_GILDED, date="2025-08-30", receipt_id="3902", tax_rate="8",
            items=[Item("Mushroom risotto", "21.00"), Item("Lamb shoulder", "58.00", 2),
                   Item("House red", "27.00", 3)],
            effects=[creased, on_desk(7)],
        ),
        Receipt(
            file="pharmacy-1", **_ORCHID, date="2025-12-18", receipt_id="88213405", tax_rate="6.25",
            items=[Item("Cough drops", "7.98", 2), Item("Vitamin D 1000", "11.49"),
                   Item("Hand cream", "6.25"), Item("Bandages", "9.87", 3)],
        ),
        Receipt(
            file="pharmacy-2", **_ORCHID, date="2025-10-02", receipt_id="88190077", tax_rate="6.25",
            items=[Item("Sunscreen SPF 50", "13.99"), Item("Toothpaste", "8.58", 2),
                   Item("Eye drops", "10.29")],
            effects=[faded(0.5), on_desk(-5), noise(10)],
        ),
        Receipt(
            file="hotel-1", **_SEEBLICK, date="2025-12-12", receipt_id="55012", tax_rate="7",
            items=[Item("Double room", "236.00", 2), Item("Breakfast", "58.00", 4), Item("Sauna", "24.00")],
        ),
        Receipt(
            file="hotel-2", **_SEEBLICK, date="2025-09-27", receipt_id="54781", tax_rate="7",
            items=[Item("Single room", "97.00"), Item("Parking", "12.00"), Item("Minibar", "1018.50", 3)],
            effects=[on_desk(-7, "#39424d")],
        ),
    ]  # fmt: skip


def picture(receipt: Receipt) -> Image.Image:
    """The receipt drawn, with everything done to it."""
    chance = random.Random(receipt.file)
    image = LAYOUTS[receipt.layout](receipt, chance)
    for effect in receipt.effects:
        image = effect(image, chance)
    return image
