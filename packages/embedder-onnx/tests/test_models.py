# SPDX-License-Identifier: Apache-2.0
"""Which model runs, and what is refused before anything is started."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.metadata import entry_points

import numpy as np
import onnx
import pytest
from claude_mem_core.errors import ConfigurationError, EmbedderError
from claude_mem_core.launch import open_runtime
from claude_mem_embedder_onnx import plugin
from claude_mem_embedder_onnx.bert import bert_graph, read_safetensors
from claude_mem_embedder_onnx.settings import OnnxSettings

TEXT = "A parser crashed on empty input"


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copied")


@pytest.fixture
def graph(folder):
    config = json.loads((folder / "config.json").read_text())
    return bert_graph(read_safetensors(folder / "model.safetensors"), config, "fp32")


def floats(embedder, text=TEXT):
    return np.frombuffer(embedder.embed([text])[0], "<f4")


@pytest.mark.parametrize("how", ["int8", "fp32"])
def test_the_graph_is_one_that_onnx_itself_finds_sound(folder, how):
    made = bert_graph(read_safetensors(folder / "model.safetensors"), {}, how)

    onnx.checker.check_model(onnx.load_from_string(made), full_check=True)


def test_eight_bits_say_nearly_what_thirty_two_do(opened, folder):
    small, full = opened(folder), opened(folder, embedder_precision="fp32")

    assert floats(small) @ floats(full) > 0.9
    assert small.embed([TEXT]) != full.embed([TEXT])
    assert small.model.key != full.model.key


def test_a_graph_runs_as_it_is(opened, folder, copied, graph):
    (copied / "model.onnx").write_bytes(graph)

    assert opened(copied).embed([TEXT]) == opened(
        folder, embedder_precision="fp32"
    ).embed([TEXT])


def test_a_graph_with_a_vector_for_each_token_is_averaged(opened, copied, graph):
    model = onnx.load_from_string(graph)
    mean = model.graph.node.pop()
    del model.graph.output[:]
    states = onnx.helper.make_tensor_value_info(
        mean.input[0], onnx.TensorProto.FLOAT, [1, None, 64]
    )
    model.graph.output.append(states)
    (copied / "model.onnx").write_bytes(model.SerializeToString())

    averaged = opened(copied)
    (copied / "model.onnx").write_bytes(graph)

    assert floats(averaged) == pytest.approx(floats(opened(copied)), abs=1e-6)


def test_a_closed_embedder_says_so(opened, folder):
    embedder = opened(folder)
    embedder.close()

    with pytest.raises(EmbedderError, match="closed"):
        embedder.embed([TEXT])


def test_other_weights_are_another_model(opened, folder, copied):
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")

    assert opened(copied).model.key != opened(folder).model.key


def test_a_tokenizer_that_asks_for_padding_does_not_get_it(opened, copied):
    before = opened(copied).embed([TEXT])
    told = json.loads((copied / "tokenizer.json").read_text())
    told["padding"] = {
        "strategy": {"Fixed": 128}, "direction": "Right", "pad_to_multiple_of": None,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "[UNK]",
    }  # fmt: skip
    (copied / "tokenizer.json").write_text(json.dumps(told))

    assert opened(copied).embed([TEXT]) == before


def test_weights_that_were_meant_are_taken(opened, folder, digest):
    assert opened(folder, embedder_sha256=digest.upper()).model.digest == digest


def test_weights_that_were_not_meant_are_refused(opened, folder):
    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_EMBEDDER_SHA256 is 0000"):
        opened(folder, embedder_sha256="0" * 64)


@pytest.fixture
def installed(folder, digest, tmp_path, monkeypatch):
    """A distribution that carries the model."""
    package = shutil.copytree(folder, tmp_path / "site" / "a_model")
    info = tmp_path / "site" / "a_model-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: a-model\nVersion: 1.0\n"
    )
    listed = [f"a_model/{one.name},," for one in package.iterdir()]
    (info / "RECORD").write_text("\n".join(listed))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return digest


def test_unknown_weights_of_a_distribution_are_refused(opened, installed):
    with pytest.raises(ConfigurationError, match=f"not known: {installed}"):
        opened("a-model")


def test_weights_of_a_distribution_are_taken_by_their_hash(opened, installed):
    model = opened("a-model", embedder_sha256=installed).model

    assert (model.name, model.digest) == ("a-model-int8", installed)


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("broken", [True, False], ids=["broken", "missing"])
def test_a_broken_model_is_refused(opened, copied, file, broken):
    if broken:
        (copied / file).write_bytes(b"\x10\0\0\0\0\0\0\0 no such thing {} ")
    else:
        (copied / file).unlink()

    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_EMBEDDER_MODEL"):
        opened(copied)


def test_a_model_of_another_kind_is_refused(opened, copied):
    (copied / "config.json").write_text('{"model_type": "gpt2"}')

    with pytest.raises(ConfigurationError, match="it is no BERT"):
        opened(copied)


def test_what_is_neither_a_folder_nor_installed_is_refused(opened):
    with pytest.raises(ConfigurationError, match="neither a folder nor an installed"):
        opened("no-such-model")


def test_a_distribution_without_a_model_is_refused(opened):
    with pytest.raises(ConfigurationError, match="names a distribution without"):
        opened("pydantic")


def test_a_hash_that_is_none_is_refused():
    with pytest.raises(ConfigurationError, match="64 hexadecimal digits"):
        OnnxSettings.from_env({"CLAUDE_MEM_EMBEDDER_SHA256": "53aa"})


def test_a_server_does_not_start_without_its_model(tmp_path):
    env = {"CLAUDE_MEM_DATA_DIR": str(tmp_path), "CLAUDE_MEM_EMBEDDER": "onnx"}

    with pytest.raises(
        ConfigurationError, match="CLAUDE_MEM_EMBEDDER_MODEL is not set"
    ):
        open_runtime(env)


def test_a_runtime_opens_with_the_model_that_is_named(tmp_path, folder):
    env = {
        "CLAUDE_MEM_DATA_DIR": str(tmp_path),
        "CLAUDE_MEM_EMBEDDER": "onnx",
        "CLAUDE_MEM_EMBEDDER_MODEL": str(folder),
    }
    with open_runtime(env) as runtime:
        assert runtime.similarity.model.dimensions == 64


def test_it_is_found_by_its_entry_point():
    [found] = entry_points(group="claude_mem", name="embedder-onnx")

    assert found.load() is plugin
    assert "claude_mem_embedder_onnx.plugin" in sys.modules
