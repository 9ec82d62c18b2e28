"""Whisper's tokens to text and back: the byte pairs of GPT-2, from the tokenizer.json beside the model.

The method is that of https://github.com/openai/gpt-2/blob/master/src/encoder.py, for text of letters, digits and marks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

_PIECES = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def _bytes_to_unicode() -> dict[int, str]:
    """The character that stands for each byte: itself where it can be printed, one from 256 on where not."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {byte: chr(256 + place) for place, byte in enumerate(rest)}


class Tokenizer:
    """Byte pair encoding with the vocabulary of a model.

    Args:
        path: of its tokenizer.json.
    """

    def __init__(self, path: Path) -> None:
        model = json.loads(path.read_text(encoding="utf-8"))["model"]
        self._ids: dict[str, int] = model["vocab"]
        pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"])
        self._ranks = {(first, second): rank for rank, (first, second) in enumerate(pairs)}
        self._letters = _bytes_to_unicode()
        self._bytes = {letter: byte for byte, letter in self._letters.items()}
        self._texts = {number: text for text, number in self._ids.items()}

    def decode(self, tokens: Sequence[int]) -> str:
        """What they spell; a character that they hold only a part of is replaced."""
        letters = "".join(self._texts[token] for token in tokens)
        return bytes(self._bytes[letter] for letter in letters).decode(errors="replace")

    def encode(self, text: str) -> list[int]:
        """The tokens that spell a text."""
        return [self._ids[part] for piece in _PIECES.findall(text) for part in self._byte_pairs(piece)]

    def words(self, tokens: Sequence[int]) -> list[list[int]]:
        """The tokens of each word, which begins with a space."""
        found: list[list[int]] = []
        for token in tokens:
            if not found or self._texts[token].startswith(self._letters[ord(" ")]):
                found.append([])
            found[-1].append(token)
        return found

    def _byte_pairs(self, piece: str) -> list[str]:
        """The piece's bytes, merged two by two, the pair that was learned first before the others."""
        parts = [self._letters[byte] for byte in piece.encode()]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(range(len(pairs)), key=lambda place: self._ranks.get(pairs[place], len(self._ranks)))
            if pairs[best] not in self._ranks:
                break
            parts[best : best + 2] = ["".join(pairs[best])]
        return parts
