# SPDX-License-Identifier: Apache-2.0
"""A tiny sentence model with weights drawn at random, as its files would be."""

from __future__ import annotations

import hashlib
import json
import struct

import numpy as np
import pytest
from claude_mem_embedder_onnx.opening import open_embedder
from claude_mem_embedder_onnx.settings import OnnxSettings
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

WIDTH, LAYERS = 64, 2
CORPUS = [
    "A parser crashed on empty input",
    "Records are kept in SQLite, one file on disk",
    "Yesterday dinner was pasta with tomatoes",
    *map(chr, range(33, 127)),
]


def draw_weights(seed=7):
    dice = np.random.default_rng(seed)

    def of(*shape):
        return dice.normal(0, 0.3, shape).astype(np.float32)

    norm = {"weight": np.ones(WIDTH, np.float32), "bias": np.zeros(WIDTH, np.float32)}
    made = {
        "embeddings.word_embeddings.weight": of(300, WIDTH),
        "embeddings.position_embeddings.weight": of(256, WIDTH),
        "embeddings.token_type_embeddings.weight": of(2, WIDTH),
    }
    made |= {f"embeddings.LayerNorm.{k}": v for k, v in norm.items()}
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        for name in ("query", "key", "value"):
            made |= _dense(f"{at}.attention.self.{name}", of, WIDTH, WIDTH)
        made |= _dense(f"{at}.attention.output.dense", of, WIDTH, WIDTH)
        made |= _dense(f"{at}.intermediate.dense", of, 4 * WIDTH, WIDTH)
        made |= _dense(f"{at}.output.dense", of, WIDTH, 4 * WIDTH)
        for where in ("attention.output", "output"):
            made |= {f"{at}.{where}.LayerNorm.{k}": v for k, v in norm.items()}
    return made


def _dense(name, of, rows, columns):
    return {f"{name}.weight": of(rows, columns), f"{name}.bias": of(rows)}


def write_safetensors(path, weights):
    head, data = {}, b""
    for name, array in weights.items():
        start, data = len(data), data + array.tobytes()
        offsets = [start, len(data)]
        head[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": offsets}
    text = json.dumps({"__metadata__": {"format": "pt"}, **head}).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_model(folder, *, seed=7):
    folder.mkdir(exist_ok=True)
    write_safetensors(folder / "model.safetensors", draw_weights(seed))
    config = {"model_type": "bert", "hidden_act": "gelu", "num_attention_heads": 2}
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def digest(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture
def opened():
    """Opens the model in a folder, or of a distribution."""

    def open_it(named, **settings):
        return open_embedder(str(named), OnnxSettings(**settings))

    return open_it
