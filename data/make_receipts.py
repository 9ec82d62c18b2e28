"""Make the receipts of this folder, and the truth about them: `python data/make_receipts.py`.

Twelve receipts of shops that do not exist, in three layouts, as pictures a phone might have taken: some
rotated, faded or noisy, one blurred beyond reading, one whose items do not add up to its total. Everything
random comes from one seed and the fonts (DejaVu) come with matplotlib, so that the pictures are the same
everywhere.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from paper import Effect, Paper, blurred, creased, faded, font, noise, on_desk
from PIL import Image

HERE = Path(__file__).parent / "receipts"
_SIGN = {"USD": "$", "GBP": "£", "EUR": "€"}
_CENT = Decimal("0.01")

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass
class Item:
    """One line of a receipt; money as decimal text, as in truth.json."""

    description: str
    price: str
    quantity: int = 1
    code: str | None = None

    @property
    def unit_price(self) -> str:
        """What one costs."""
        return str((Decimal(self.price) / self.quantity).quantize(_CENT))


@dataclass
class Receipt:
    """What a receipt says, whatever it looks like."""

    file: str
    layout: str
    vendor: str
    address: list[str]
    phone: str
    date: str  # ISO
    receipt_id: str
    currency: str
    tax_rate: str  # per cent
    items: list[Item]
    done_to_it: str = "nothing"
    readable: bool = True
    #: Printed instead of the sum of the items, for the receipt that does not add up.
    printed_subtotal: str | None = None
    paid_with: str = "VISA"
    tagline: str = ""
    colour: str = "#1f2937"
    effects: list[Effect] = field(default_factory=list)

    @property
    def subtotal(self) -> Decimal:
        """Of the items, or what is printed instead."""
        return Decimal(self.printed_subtotal or sum(Decimal(item.price) for item in self.items))

    @property
    def tax(self) -> Decimal:
        """On the subtotal, rounded to a cent."""
        return (self.subtotal * Decimal(self.tax_rate) / 100).quantize(_CENT)

    @property
    def total(self) -> Decimal:
        """Subtotal and tax."""
        return self.subtotal + self.tax

    def truth(self) -> dict[str, Any]:
        """What there is to be read, for truth.json."""
        return {
            "file": self.file,
            "layout": self.layout,
            "done_to_it": self.done_to_it,
            "readable": self.readable,
            "adds_up": self.printed_subtotal is None,
            "vendor": self.vendor,
            "address": ", ".join(self.address),
            "phone": self.phone,
            "date": self.date,
            "receipt_id": self.receipt_id,
            "currency": self.currency,
            "items": [{key: value for key, value in asdict(item).items() if value is not None} for item in self.items],
            "subtotal": str(self.subtotal),
            "tax": str(self.tax),
            "total": str(self.total),
        }


def _shown(iso: str, style: str) -> str:
    year, month, day = iso.split("-")
    return {
        "us": f"{month}/{day}/{year}",
        "iso": iso,
        "words": f"{int(day)} {MONTHS[int(month) - 1]} {year}",
        "dots": f"{day}.{month}.{year}",
    }[style]


def counter(receipt: Receipt, chance: random.Random) -> Image.Image:
    """A café's till roll: one monospaced face, quantity in front, dashes between the parts."""
    plain, bold = font("DejaVuSansMono", 21), font("DejaVuSansMono-Bold", 21)
    sheet, sign = Paper(560, 44), _SIGN[receipt.currency]
    # A cup: a bowl, its handle, two curls of steam.
    middle, draw = 280, sheet.draw
    draw.chord((middle - 30, 38, middle + 30, 110), 0, 180, fill=sheet.ink)
    draw.arc((middle + 20, 72, middle + 48, 100), -100, 110, fill=sheet.ink, width=5)
    for x in (middle - 12, middle + 10):
        draw.arc((x - 5, 44, x + 5, 56), 90, 270, fill=sheet.ink, width=3)
        draw.arc((x - 5, 55, x + 5, 67), -90, 90, fill=sheet.ink, width=3)
    sheet.y = 128
    sheet.centre(receipt.vendor.upper(), font("DejaVuSansMono-Bold", 32), 46)
    for line in [*receipt.address, f"Tel {receipt.phone}"]:
        sheet.centre(line, plain, 29)
    sheet.y += 16
    sheet.sides(f"Receipt #{receipt.receipt_id}", "Till 2", plain, 30)
    hour = f"{chance.randint(7, 17):02}:{chance.randint(0, 59):02}"
    sheet.sides(f"Date: {_shown(receipt.date, 'us')}", hour, plain, 36)
    sheet.rule(18, dash=9)
    for item in receipt.items:
        sheet.sides(f"{item.quantity} x {item.description}", item.price, plain, 33)
    sheet.y += 8
    sheet.rule(18, dash=9)
    sheet.sides("Subtotal", f"{sign}{receipt.subtotal}", plain, 32)
    sheet.sides(f"Sales tax {receipt.tax_rate}%", f"{sign}{receipt.tax}", plain, 34)
    sheet.sides("TOTAL", f"{sign}{receipt.total}", font("DejaVuSansMono-Bold", 28), 46)
    sheet.sides(f"{receipt.paid_with} ****{chance.randint(1000, 9999)}", f"{sign}{receipt.total}", plain, 44)
    sheet.rule(22, dash=9)
    sheet.centre(receipt.tagline, bold, 42)
    sheet.barcode(58, chance)
    return sheet.cut(30)


def market(receipt: Receipt, chance: random.Random) -> Image.Image:
    """A supermarket's.

    Article numbers, a line of its own for "2 @ 3.49", tax flags, everything in capitals.
    """
    plain, bold = font("DejaVuSans", 20), font("DejaVuSans-Bold", 20)
    sheet = Paper(600, 40, paper="#fbfbfb", ink="#2b2b33")
    sheet.y = 34
    sheet.centre(receipt.vendor, font("DejaVuSans-Bold", 42), 60)
    sheet.centre(receipt.tagline, font("DejaVuSans-Oblique", 19), 38)
    for line in receipt.address:
        sheet.centre(line, plain, 28)
    sheet.centre(receipt.phone, plain, 40)
    sheet.sides(f"{receipt.date}  {chance.randint(8, 20):02}:{chance.randint(0, 59):02}", "Cashier: Mo", plain, 29)
    sheet.sides("Transaction", receipt.receipt_id, plain, 38)
    sheet.rule(16, weight=3)
    for item in receipt.items:
        flag = chance.choice("TTF")
        if item.quantity > 1:
            sheet.write(sheet.left, item.code or "", plain)
            sheet.write(sheet.left + 100, item.description.upper(), plain)
            sheet.y += 27
            sheet.write(sheet.left + 130, f"{item.quantity} @ {item.unit_price}", plain)
        else:
            sheet.write(sheet.left, item.code or "", plain)
            sheet.write(sheet.left + 100, item.description.upper(), plain)
        sheet.write(sheet.right - 34, item.price, plain, "r")
        sheet.write(sheet.right, flag, plain, "r")
        sheet.y += 32
    sheet.y += 6
    sheet.rule(18, weight=3)
    rows = [("SUBTOTAL", receipt.subtotal), (f"TAX {receipt.tax_rate} %", receipt.tax)]
    for label, amount in rows:
        sheet.write(sheet.right - 220, label, plain, "r")
        sheet.write(sheet.right - 34, str(amount), plain, "r")
        sheet.y += 31
    sheet.y += 4
    large = font("DejaVuSans-Bold", 30)
    sheet.write(sheet.right - 220, "TOTAL", large, "r")
    sheet.write(sheet.right - 34, f"{_SIGN[receipt.currency]}{receipt.total}", large, "r")
    sheet.y += 52
    sheet.sides(f"{receipt.paid_with} TENDER", str(receipt.total), plain, 29)
    sheet.sides("CHANGE", "0.00", plain, 44)
    sheet.centre(f"ITEMS SOLD {sum(item.quantity for item in receipt.items)}", bold, 40)
    sheet.barcode(64, chance)
    sheet.centre("Thank you for shopping with us", plain, 30)
    return sheet.cut(24)


def invoice(receipt: Receipt, chance: random.Random) -> Image.Image:
    """A shop's printed bill: a coloured head, a table with column titles, the sums in a box at the right."""
    plain = font("DejaVuSerif", 19)
    small = font("DejaVuSans", 17)
    sheet, sign = Paper(760, 52, paper="#ffffff", ink="#26282c"), _SIGN[receipt.currency]
    draw, colour = sheet.draw, receipt.colour
    draw.rectangle((0, 0, 760, 14), fill=colour)
    draw.ellipse((52, 44, 116, 108), fill=colour)
    draw.pieslice((64, 56, 104, 96), 200, 20, fill="#ffffff")
    sheet.y = 48
    sheet.write(136, receipt.vendor, font("DejaVuSerif-Bold", 34), ink=colour)
    sheet.y += 46
    sheet.write(136, receipt.tagline, font("DejaVuSerif-Italic", 17), ink="#5b6068")
    sheet.y = 138
    for line in [*receipt.address, f"Phone: {receipt.phone}"]:
        sheet.write(sheet.left, line, small)
        sheet.y += 26
    sheet.y = 138
    style = "dots" if receipt.currency == "EUR" else "words"
    for label, value in (("Invoice No.", receipt.receipt_id), ("Date", _shown(receipt.date, style))):
        sheet.write(450, label, small, ink="#5b6068")
        sheet.write(sheet.right, value, font("DejaVuSans-Bold", 17), "r")
        sheet.y += 30
    sheet.y = 138 + 26 * (len(receipt.address) + 1) + 34
    draw.rectangle((sheet.left, sheet.y - 8, sheet.right, sheet.y + 30), fill=colour)
    columns = ((sheet.left + 12, "l"), (450, "r"), (566, "r"), (sheet.right - 12, "r"))
    for (x, anchor), title in zip(columns, ("Description", "Qty", "Unit price", "Amount"), strict=True):
        sheet.write(x, title, font("DejaVuSans-Bold", 17), anchor, "#ffffff")
    sheet.y += 46
    for item in receipt.items:
        cells = (item.description, str(item.quantity), item.unit_price, item.price)
        for (x, anchor), cell in zip(columns, cells, strict=True):
            sheet.write(x, cell, plain, anchor)
        sheet.y += 32
        sheet.rule(10, weight=1, ink="#d5d8dd")
    sheet.y += 12
    vat = f"VAT {receipt.tax_rate}%"
    for label, amount in (("Net", receipt.subtotal), (vat, receipt.tax)):
        sheet.write(430, label, plain)
        sheet.write(sheet.right - 12, f"{sign}{amount}", plain, "r")
        sheet.y += 32
    draw.rectangle((418, sheet.y - 2, sheet.right, sheet.y + 38), fill="#eef0f3")
    sheet.y += 4
    sheet.write(430, "Total due", font("DejaVuSerif-Bold", 23))
    sheet.write(sheet.right - 12, f"{sign}{receipt.total}", font("DejaVuSerif-Bold", 23), "r")
    sheet.y += 62
    sheet.write(
        sheet.left,
        f"Paid by {receipt.paid_with}. Goods may be returned within 30 days.",
        small,
        ink="#5b6068",
    )
    sheet.y += 34
    return sheet.cut(24)


LAYOUTS = {"counter": counter, "market": market, "invoice": invoice}

_HARBOUR: dict[str, Any] = {
    "layout": "counter",
    "currency": "USD",
    "tax_rate": "5.5",
    "vendor": "Harbour Light Coffee",
    "address": ["14 Quay Street", "Port Alder, ME 04019"],
    "phone": "(207) 555-0142",
    "tagline": "See you at the next tide",
}
_LARKSPUR: dict[str, Any] = {
    "layout": "counter",
    "currency": "USD",
    "tax_rate": "6",
    "vendor": "Larkspur Bakery",
    "address": ["208 Mill Lane", "Stonebridge, VT 05091"],
    "phone": "(802) 555-0117",
    "tagline": "Baked before you woke",
}
_GREENLEAF: dict[str, Any] = {
    "layout": "market",
    "currency": "USD",
    "tax_rate": "4.0",
    "vendor": "Greenleaf Market",
    "address": ["7700 Orchard Avenue", "Cedar Falls, OR 97402"],
    "phone": "541-555-0188",
    "tagline": "Good food, close to home",
}
_PINEWOOD: dict[str, Any] = {
    "layout": "market",
    "currency": "USD",
    "tax_rate": "3.9",
    "vendor": "Pinewood Grocers",
    "address": ["31 Summit Road", "Elk Ridge, CO 80424"],
    "phone": "970-555-0165",
    "tagline": "Since the first winter",
}
_FERN: dict[str, Any] = {
    "layout": "invoice",
    "currency": "EUR",
    "tax_rate": "19",
    "vendor": "Fern & Field",
    "address": ["Lindenallee 42", "10585 Altenbach"],
    "phone": "+49 30 23125 042",
    "tagline": "Plants, pots and patience",
    "colour": "#2f6b4a",
}
_NORDLYS: dict[str, Any] = {
    "layout": "invoice",
    "currency": "GBP",
    "tax_rate": "20",
    "vendor": "Nordlys Books",
    "address": ["9 Lantern Row", "Whitmoor WH3 4LT"],
    "phone": "020 7946 0158",
    "tagline": "New, used and out of print",
    "colour": "#2b4a7d",
}


def receipts() -> list[Receipt]:
    """All of them, in the order of their numbers."""
    return [
        Receipt(
            file="01-harbour-light.png", **_HARBOUR, date="2025-11-03", receipt_id="104482",
            items=[Item("Flat white", "9.00", 2), Item("Oat cookie", "3.25"), Item("Lemon water", "2.75")],
        ),
        Receipt(
            file="02-larkspur.jpg", **_LARKSPUR, date="2025-11-08", receipt_id="58213",
            items=[Item("Rye loaf", "7.40"), Item("Almond croissant", "11.25", 3),
                   Item("Cardamom bun", "4.10"), Item("Drip coffee", "3.00")],
            done_to_it="turned by 6 degrees on a desk", effects=[on_desk(6)],
        ),
        Receipt(
            file="03-harbour-light-faded.jpg", **_HARBOUR, date="2025-07-19", receipt_id="098761",
            paid_with="MASTERCARD",
            items=[Item("Cappuccino", "4.75"), Item("Espresso", "6.40", 2), Item("Blueberry scone", "3.95"),
                   Item("Granola bowl", "8.50"), Item("Orange juice", "4.60")],
            done_to_it="faded", effects=[faded(0.42)],
        ),
        Receipt(
            file="04-larkspur-blurred.jpg", **_LARKSPUR, date="2025-11-21", receipt_id="58977",
            items=[Item("Seeded roll", "5.20", 4), Item("Apple tart", "6.75"), Item("Milk tea", "3.80")],
            done_to_it="blurred beyond reading", readable=False, effects=[on_desk(-2), blurred(7.5)],
        ),
        Receipt(
            file="05-greenleaf.png", **_GREENLEAF, date="2025-12-01", receipt_id="0042-17-9931",
            paid_with="DEBIT",
            items=[Item("Brown rice 1kg", "3.89", code="40117"), Item("Olive oil", "12.49", code="40892"),
                   Item("Tomato passata", "6.98", 2, code="41006"), Item("Basil pot", "2.50", code="60013"),
                   Item("Parmesan", "8.35", code="55120"), Item("Paper towels", "5.79", code="70441")],
        ),
        Receipt(
            file="06-pinewood.jpg", **_PINEWOOD, date="2025-12-06", receipt_id="7-220418",
            items=[Item("Whole milk", "3.19", code="10022"), Item("Free range eggs", "9.98", 2, code="10311"),
                   Item("Sourdough", "6.45", code="20519"), Item("Cheddar 400g", "7.29", code="11873"),
                   Item("Honey jar", "8.99", code="30750")],
            done_to_it="turned by -8 degrees on a desk, creased", effects=[creased, on_desk(-8, "#39424d")],
        ),
        Receipt(
            file="07-greenleaf-noisy.jpg", **_GREENLEAF, date="2025-12-13", receipt_id="0042-03-1180",
            paid_with="CASH",
            items=[Item("Red apples", "4.36", code="60118"), Item("Carrots 2lb", "2.99", code="60207"),
                   Item("Yogurt plain", "5.25", 3, code="10544"),
                   Item("Black beans", "4.76", 4, code="41230"), Item("Dish soap", "3.69", code="70112")],
            done_to_it="noisy, turned by 3 degrees on a desk", effects=[on_desk(3), noise(22)],
        ),
        Receipt(
            file="08-pinewood-wrong-sum.png", **_PINEWOOD, date="2025-12-15", receipt_id="7-221075",
            printed_subtotal="41.34",
            items=[Item("Maple syrup", "13.49", code="30718"), Item("Pancake mix", "5.95", code="30122"),
                   Item("Butter salted", "9.58", 2, code="11260"), Item("Bananas", "2.32", code="60001")],
            done_to_it="its items add up to ten dollars less than its subtotal",
        ),
        Receipt(
            file="09-fern-field.png", **_FERN, date="2025-10-28", receipt_id="FF-2025-0318",
            items=[Item("Terracotta pot 24 cm", "38.70", 3), Item("Lavender", "27.60", 6),
                   Item("Potting soil 40 l", "17.90", 2), Item("Pruning shears", "32.50")],
        ),
        Receipt(
            file="10-nordlys.jpg", **_NORDLYS, date="2025-09-12", receipt_id="NB20417",
            paid_with="card",
            items=[Item("Atlas of tides", "34.00"), Item("Reading lamp", "45.50"),
                   Item("Notebook, dotted", "19.60", 4), Item("Gift wrap", "3.00", 2)],
            done_to_it="faded, turned by -4 degrees on a desk", effects=[faded(0.5), on_desk(-4, "#4a3f38")],
        ),
        Receipt(
            file="11-fern-field-creased.jpg", **_FERN, date="2025-11-17",
            receipt_id="FF-2025-0377",
            items=[Item("Olive tree 120 cm", "89.00"), Item("Watering can 10 l", "24.50"),
                   Item("Tulip bulbs", "29.75", 5), Item("Garden gloves", "25.80", 2),
                   Item("Bird bath", "54.90")],
            done_to_it="creased, noisy", effects=[creased, noise(14)],
        ),
        Receipt(
            file="12-nordlys-tilted.jpg", **_NORDLYS, date="2025-12-04", receipt_id="NB20933",
            paid_with="card",
            items=[Item("Illustrated almanac", "28.00"), Item("Fountain pen", "62.00"),
                   Item("Ink, midnight", "18.50", 2)],
            done_to_it="turned by 9 degrees on a desk, slightly out of focus",
            effects=[on_desk(9, "#574634"), blurred(0.9)],
        ),
    ]  # fmt: skip


def picture(receipt: Receipt) -> Image.Image:
    """The receipt drawn, with everything done to it. The seed is its file name."""
    chance = random.Random(receipt.file)
    image = LAYOUTS[receipt.layout](receipt, chance)
    for effect in receipt.effects:
        image = effect(image, chance)
    return image


def main() -> None:
    """Write the pictures and truth.json."""
    HERE.mkdir(exist_ok=True)
    for receipt in receipts():
        path = HERE / receipt.file
        if path.suffix == ".png":
            picture(receipt).convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(path, optimize=True)
        else:
            picture(receipt).save(path, quality=72, optimize=True)
    truth = {"receipts": [receipt.truth() for receipt in receipts()]}
    (HERE / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
