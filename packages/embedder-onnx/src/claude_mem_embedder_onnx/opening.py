# SPDX-License-Identifier: Apache-2.0
"""From a model's files to an embedder that answers."""

from __future__ import annotations

import json
from typing import Any

from claude_mem_core.errors import ConfigurationError
from onnxruntime import (  # type: ignore[import-untyped]
    InferenceSession,
    SessionOptions,
)
from tokenizers import Tokenizer

from claude_mem_embedder_onnx.bert import bert_graph, read_safetensors
from claude_mem_embedder_onnx.embedder import OnnxEmbedder
from claude_mem_embedder_onnx.settings import OnnxSettings, wrong
from claude_mem_embedder_onnx.weights import ModelFiles, model_files


def open_embedder(named: str, settings: OnnxSettings) -> OnnxEmbedder:
    """The embedder of the model of this name; it has answered once.

    Raises:
        ConfigurationError: Files are missing, not those that were meant, or no model.
    """
    files = model_files(named, settings.embedder_sha256)
    try:
        session = _session(files, settings)
        tokenizer = Tokenizer.from_file(str(files.tokenizer))
        return OnnxEmbedder(_name(files, settings), files.digest, session, tokenizer)
    except ConfigurationError:
        raise
    except Exception as error:
        # The runtime and the tokenizers raise plain exceptions of many kinds.
        cause = f"names no model that runs: {files.weights.parent}: {_told(error)}"
        raise wrong("EMBEDDER_MODEL", cause, "get its files anew") from error


def _session(files: ModelFiles, settings: OnnxSettings) -> InferenceSession:
    options = SessionOptions()
    options.intra_op_num_threads = settings.embedder_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A thread that waits for work would keep a processor busy with waiting.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    graph = files.weights.read_bytes() if files.is_graph else _made(files, settings)
    return InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _made(files: ModelFiles, settings: OnnxSettings) -> bytes:
    """The graph of weights that are none themselves."""
    beside = files.weights.with_name("config.json")
    config: Any = json.loads(beside.read_text()) if beside.is_file() else {}
    weights = read_safetensors(files.weights)
    return bert_graph(weights, config, settings.embedder_precision)


def _name(files: ModelFiles, settings: OnnxSettings) -> str:
    """Weights in 8 bits give other vectors, and so are another model."""
    if files.is_graph or settings.embedder_precision == "fp32":
        return files.name
    return f"{files.name}-{settings.embedder_precision}"


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
