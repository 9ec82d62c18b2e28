"""How wide text is, without a font: Helvetica's and Helvetica Bold's advance widths (Adobe's AFM files, 1/1000 em).

Arial and Liberation Sans share these widths. Where none of them is installed a browser takes what it has (DejaVu
Sans on Debian is a seventh wider), so each text says its width too (SVG's textLength), and is set in it. Whole numbers
only: the same definition gives the same bytes on every Python and system.
"""

from __future__ import annotations

_FIRST = 32
_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_BOLD = (
    *(278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611),
    *(975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556),
    *(333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611),
    *(611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584),
)
_ASIA = 0x1100  # from here on, letters are as wide as they are high; exact tables differ between Pythons


def width(text: str, size: int, bold: bool = False) -> int:
    """The width of `text` in pixels at `size` pixels, rounded up."""
    total, known = 0, _BOLD if bold else _WIDTHS
    for letter in text:
        code = ord(letter) - _FIRST
        total += known[code] if 0 <= code < len(known) else 1000 if ord(letter) >= _ASIA else 600
    return -(-total * size // 1000)


def wrap(text: str, limit: int, size: int, bold: bool = False, lines: int = 3) -> tuple[str, ...]:
    """`text` in at most `lines` lines no wider than `limit` pixels; the last ends in an ellipsis if cut."""
    wrapped: list[str] = []
    line = ""
    for word in text.split() or [""]:
        longer = f"{line} {word}" if line else word
        if width(longer, size, bold) <= limit:
            line = longer
            continue
        if line:
            wrapped.append(line)
        *full, line = _pieces(word, limit, size, bold)
        wrapped.extend(full)
    wrapped.append(line)
    if len(wrapped) > lines:
        wrapped = [*wrapped[: lines - 1], cut(" ".join(wrapped[lines - 1 :]), limit, size, bold)]
    return tuple(wrapped)


def cut(text: str, limit: int, size: int, bold: bool = False) -> str:
    """`text`, shortened with an ellipsis until it is no wider than `limit` pixels."""
    if width(text, size, bold) <= limit:
        return text
    while text and width(text + "…", size, bold) > limit:
        text = text[:-1]
    return text.rstrip() + "…"


def _pieces(word: str, limit: int, size: int, bold: bool) -> list[str]:
    """One word cut where it must be: before a capital or after a joint when there is one, else anywhere."""
    pieces = []
    while width(word, size, bold) > limit and len(word) > 1:
        end = len(word) - 1
        while end > 1 and width(word[:end], size, bold) > limit:
            end -= 1
        later_half = range(end // 2 + 1, end + 1)
        joints = [i for i in later_half if word[i - 1] in "-_./:" or word[i : i + 1].isupper()]
        end = joints[-1] if joints else end
        pieces.append(word[:end])
        word = word[end:]
    return [*pieces, word]
