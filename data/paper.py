"""Paper to write receipts on, and what a phone and a pocket do to it.

Used by make_receipts.py and by the tests.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"

Effect = Callable[[Image.Image, random.Random], Image.Image]


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A DejaVu face; the basic layout engine, because the other one depends on what is installed."""
    return ImageFont.truetype(str(_FONTS / f"{name}.ttf"), size, layout_engine=ImageFont.Layout.BASIC)


class Paper:
    """A sheet that is written from top to bottom and cut where the writing ends."""

    def __init__(self, width: int, margin: int, paper: str = "#fdfcf7", ink: str = "#22201d") -> None:
        self.image = Image.new("RGB", (width, 2400), paper)
        self.draw = ImageDraw.Draw(self.image)
        self.left, self.right, self.y, self.ink = margin, width - margin, margin, ink

    def write(self, x: float, text: str, face: ImageFont.FreeTypeFont, anchor: str = "l", ink: str = "") -> None:
        """Text at the current height; anchor l, m or r says what `x` is."""
        self.draw.text((x, self.y), text, font=face, fill=ink or self.ink, anchor=anchor + "a")

    def centre(self, text: str, face: ImageFont.FreeTypeFont, step: int, ink: str = "") -> None:
        """A centred line, and on to the next."""
        self.write((self.left + self.right) / 2, text, face, "m", ink)
        self.y += step

    def sides(self, left: str, right: str, face: ImageFont.FreeTypeFont, step: int, ink: str = "") -> None:
        """A line with a left and a right end, and on to the next."""
        self.write(self.left, left, face, ink=ink)
        self.write(self.right, right, face, "r", ink)
        self.y += step

    def rule(self, step: int, dash: int = 0, weight: int = 2, ink: str = "") -> None:
        """A line across, dashed when `dash` is given."""
        for x in range(self.left, self.right, 2 * dash or self.right):
            end = min(x + dash, self.right) if dash else self.right
            self.draw.line((x, self.y, end, self.y), fill=ink or self.ink, width=weight)
        self.y += step

    def barcode(self, height: int, chance: random.Random) -> None:
        """Bars without a meaning, centred."""
        x, end = self.left + 90, self.right - 90
        while x < end:
            bar = chance.choice((2, 2, 3, 5))
            self.draw.rectangle((x, self.y, x + bar - 1, self.y + height), fill=self.ink)
            x += bar + chance.choice((2, 3, 4))
        self.y += height + 14

    def cut(self, below: int) -> Image.Image:
        """The sheet, cut `below` pixels under the last line."""
        return self.image.crop((0, 0, self.image.width, self.y + below))


# ---- what a phone and a pocket do to it


def noise(strength: float) -> Effect:
    """Grain of a dark room; the standard deviation in grey levels."""

    def apply(image: Image.Image, chance: random.Random) -> Image.Image:
        grain = np.random.Generator(np.random.PCG64(chance.getrandbits(64))).normal(0, strength, image.size[::-1])
        return Image.fromarray(np.clip(np.asarray(image) + grain[..., None], 0, 255).astype("uint8"))

    return apply


def faded(left: float) -> Effect:
    """Thermal paper after a summer; `left` is the share of the ink that is left, least in the middle."""

    def apply(image: Image.Image, chance: random.Random) -> Image.Image:
        height = image.height
        rows = left + (1 - left) * 0.35 * np.cos(np.linspace(0, 2 * np.pi, height)) ** 2
        paper = np.array([250, 246, 236])
        pixels = paper + (np.asarray(image, dtype=float) - paper) * rows[:, None, None]
        return Image.fromarray(np.clip(pixels, 0, 255).astype("uint8"))

    return apply


def blurred(radius: float) -> Effect:
    """Out of focus; the radius in pixels."""
    return lambda image, chance: image.filter(ImageFilter.GaussianBlur(radius))


def creased(image: Image.Image, chance: random.Random) -> Image.Image:
    """Folded twice and smoothed out: soft shadows along the folds."""
    shade = Image.new("L", image.size, 255)
    draw = ImageDraw.Draw(shade)
    for share in (0.36, 0.71):
        y = int(image.height * share) + chance.randint(-20, 20)
        draw.line((0, y, image.width, y + chance.randint(-14, 14)), fill=168, width=5)
    shade = shade.filter(ImageFilter.GaussianBlur(4))
    return ImageChops.multiply(image, Image.merge("RGB", (shade,) * 3))


def on_desk(angle: float, desk: str = "#6b5844") -> Effect:
    """Photographed on a desk, turned by `angle` degrees, with a shadow and light from the upper left."""

    def apply(image: Image.Image, chance: random.Random) -> Image.Image:
        sheet = image.convert("RGBA").rotate(angle, Image.Resampling.BICUBIC, expand=True)
        pad = 34
        size = (sheet.width + 2 * pad, sheet.height + 2 * pad)
        base = Image.new("RGB", size, desk)
        shadow = Image.new("L", size, 0)
        shadow.paste(sheet.getchannel("A").point(lambda a: a * 3 // 5), (pad + 8, pad + 10))
        base.paste((20, 16, 12), (0, 0), shadow.filter(ImageFilter.GaussianBlur(9)))
        base.paste(sheet.convert("RGB"), (pad, pad), sheet.getchannel("A"))
        light = np.add.outer(np.linspace(1.03, 0.9, size[1]), np.linspace(0.02, -0.05, size[0]))
        lit = np.asarray(base, dtype=float) * light[..., None]
        return Image.fromarray(np.clip(lit, 0, 255).astype("uint8"))

    return apply
