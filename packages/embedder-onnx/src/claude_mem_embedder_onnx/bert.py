# SPDX-License-Identifier: Apache-2.0
"""The graph of a BERT sentence model, made of its weights.

One text at a time goes in, without padding, so that nothing has to be masked; out
comes the mean of its tokens' states. With int8, each matrix is kept in 8 bits, a scale
a column, and what is multiplied with it is brought to 8 bits on the way.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claude_mem_embedder_onnx import protobuf
from claude_mem_embedder_onnx.settings import Precision

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]

HEAD = 32
"""Numbers of a head, in every model of this family whose configuration is silent."""

_EPSILON = 1e-12
_SMALLEST = 1e-12


def read_safetensors(path: Path) -> dict[str, Floats]:
    """The 32-bit tensors of a file, by their names without the model's prefix.

    Raises:
        ValueError: It is no such file.
    """
    data = np.memmap(path, np.uint8, "r")
    (length,) = struct.unpack("<Q", data[:8].tobytes())
    head: dict[str, Any] = json.loads(data[8 : 8 + length].tobytes())
    found = {}
    for name, told in head.items():
        if name != "__metadata__" and told["dtype"] == "F32":
            start, end = told["data_offsets"]
            raw = data[8 + length + start : 8 + length + end]
            tensor = raw.view("<f4").reshape(told["shape"])
            found[name.removeprefix("bert.")] = tensor
    return found


def bert_graph(weights: Weights, config: Mapping[str, Any], how: Precision) -> bytes:
    """The model as ONNX: `input_ids` of one text in, `sentence_embedding` out.

    Raises:
        KeyError: A weight is missing.
        ValueError: It is no BERT with absolute positions and GELU.
    """
    kind = (config.get("model_type", "bert"), config.get("hidden_act", "gelu"))
    if kind != ("bert", "gelu"):
        raise ValueError("it is no BERT with GELU")
    return _Builder(weights, config, how).model()


class _Builder:
    """Nodes and constants, while they are put together."""

    def __init__(
        self, weights: Weights, config: Mapping[str, Any], how: Precision
    ) -> None:
        self._weights = weights
        self._how = how
        self._nodes: list[bytes] = []
        self._constants: dict[str, protobuf.Array] = {}
        self._width = weights["embeddings.word_embeddings.weight"].shape[1]
        self._heads = int(config.get("num_attention_heads", self._width // HEAD))
        self._epsilon = float(config.get("layer_norm_eps", _EPSILON))

    def model(self) -> bytes:
        states = self._embedded()
        for layer in range(self._layers()):
            states = self._layer(f"encoder.layer.{layer}", states)
        axis = self._constant("tokens", np.array([1], np.int64))
        self._add("ReduceMean", [states, axis], "sentence_embedding", keepdims=0)
        graph = protobuf.graph(
            self._nodes,
            self._constants,
            [protobuf.integers("input_ids", 1, "tokens")],
            [protobuf.floats("sentence_embedding", 1, self._width)],
        )
        return protobuf.model(graph, "claude-mem-embedder-onnx")

    def _layers(self) -> int:
        numbers = {
            int(name.split(".")[2])
            for name in self._weights
            if name.startswith("encoder.layer.")
        }
        return len(numbers)

    def _embedded(self) -> str:
        """Words and their places; the kind of token is always the first."""
        of = "embeddings"
        kind = self._weights[f"{of}.token_type_embeddings.weight"][0]
        places = self._weights[f"{of}.position_embeddings.weight"] + kind
        words = self._rows(self._weights[f"{of}.word_embeddings.weight"])
        start = self._constant("start", np.array([0], np.int64))
        axis = self._constant("rows", np.array([0], np.int64))
        self._add("Shape", ["input_ids"], "length", start=1, end=2)
        table = self._constant("places", places)
        self._add("Slice", [table, start, "length", axis], "placed")
        self._add("Add", [words, "placed"], "embedded")
        return self._norm(f"{of}.LayerNorm", "embedded")

    def _rows(self, table: Floats) -> str:
        """The rows of a table that the tokens ask for."""
        if self._how == "fp32":
            name = self._constant("words", table)
            return self._add("Gather", [name, "input_ids"], "word")
        scales = np.abs(table).max(axis=1, keepdims=True) / 127 + _SMALLEST
        name = self._constant("words", np.rint(table / scales).astype(np.int8))
        factors = self._constant("word_scales", scales.astype(np.float32))
        self._add("Gather", [name, "input_ids"], "word_small")
        self._add("Cast", ["word_small"], "word_cast", to=1)
        self._add("Gather", [factors, "input_ids"], "word_factor")
        return self._add("Mul", ["word_cast", "word_factor"], "word")

    def _layer(self, of: str, states: str) -> str:
        seen = self._attention(f"{of}.attention", states)
        out = self._dense(f"{of}.attention.output.dense", seen)
        self._add("Add", [out, states], f"{of}.seen")
        states = self._norm(f"{of}.attention.output.LayerNorm", f"{of}.seen")
        wide = self._dense(f"{of}.intermediate.dense", states)
        self._add("Gelu", [wide], f"{of}.gelu")
        out = self._dense(f"{of}.output.dense", f"{of}.gelu")
        self._add("Add", [out, states], f"{of}.sum")
        return self._norm(f"{of}.output.LayerNorm", f"{of}.sum")

    def _attention(self, of: str, states: str) -> str:
        query, key, value = (
            self._by_heads(f"{of}.self.{one}", states, last)
            for one, last in (
                ("query", (0, 2, 1, 3)),
                ("key", (0, 2, 3, 1)),
                ("value", (0, 2, 1, 3)),
            )
        )
        root = np.array((self._width / self._heads) ** -0.5, np.float32)
        self._add("MatMul", [query, key], f"{of}.raw")
        scale = self._constant(f"{of}.scale", root)
        self._add("Mul", [f"{of}.raw", scale], f"{of}.scaled")
        self._add("Softmax", [f"{of}.scaled"], f"{of}.shares", axis=-1)
        self._add("MatMul", [f"{of}.shares", value], f"{of}.heads")
        self._add("Transpose", [f"{of}.heads"], f"{of}.turned", perm=(0, 2, 1, 3))
        shape = self._constant(f"{of}.flat", np.array([1, -1, self._width]))
        return self._add("Reshape", [f"{of}.turned", shape], f"{of}.seen")

    def _by_heads(self, of: str, states: str, order: tuple[int, ...]) -> str:
        flat = self._dense(of, states)
        shape = np.array([1, -1, self._heads, self._width // self._heads])
        wanted = self._constant(f"{of}.shape", shape)
        self._add("Reshape", [flat, wanted], f"{of}.parted")
        return self._add("Transpose", [f"{of}.parted"], f"{of}.heads", perm=order)

    def _dense(self, of: str, states: str) -> str:
        matrix = self._weights[f"{of}.weight"].T
        bias = self._constant(f"{of}.bias", self._weights[f"{of}.bias"])
        if self._how == "fp32":
            product = self._add(
                "MatMul", [states, self._constant(f"{of}.weight", matrix)], f"{of}.x"
            )
        else:
            product = self._small_product(of, states, matrix)
        return self._add("Add", [product, bias], f"{of}.out")

    def _small_product(self, of: str, states: str, matrix: Floats) -> str:
        """The product in 8 bits, brought back by the scales of both sides."""
        scales = (np.abs(matrix).max(axis=0) / 127 + _SMALLEST).astype(np.float32)
        small = np.rint(matrix / scales).astype(np.int8)
        weight = self._constant(f"{of}.weight", small)
        factors = self._constant(f"{of}.scales", scales)
        brought = [f"{of}.q", f"{of}.s", f"{of}.z"]
        self._nodes.append(protobuf.node("DynamicQuantizeLinear", [states], brought))
        value, scale, zero = brought
        self._add("MatMulInteger", [value, weight, zero], f"{of}.int")
        self._add("Cast", [f"{of}.int"], f"{of}.cast", to=1)
        self._add("Mul", [scale, factors], f"{of}.scale")
        return self._add("Mul", [f"{of}.cast", f"{of}.scale"], f"{of}.x")

    def _norm(self, of: str, states: str) -> str:
        parts = [
            self._constant(f"{of}.{one}", self._weights[f"{of}.{one}"])
            for one in ("weight", "bias")
        ]
        return self._add(
            "LayerNormalization", [states, *parts], f"{of}.out", epsilon=self._epsilon
        )

    def _add(self, kind: str, inputs: list[str], output: str, **how: object) -> str:
        self._nodes.append(protobuf.node(kind, inputs, [output], **how))
        return output

    def _constant(self, name: str, array: protobuf.Array) -> str:
        self._constants[f"c.{name}"] = array
        return f"c.{name}"
