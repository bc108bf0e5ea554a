# SPDX-License-Identifier: Apache-2.0
"""A sentence model as an embedder: tokens in, the mean of their states out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from claude_mem_core.domain.embedding import EmbeddingModel
from claude_mem_core.errors import EmbedderError
from claude_mem_core.ports.embedder import Embedder, VectorIndex
from numpy.typing import NDArray
from onnxruntime import InferenceSession  # type: ignore[import-untyped]
from tokenizers import Tokenizer
from typing_extensions import override

from claude_mem_embedder_onnx.index import NumpyIndex

MOST_TOKENS = 256
"""What the model reads of a text: it was trained on no longer ones."""

_LONGEST = 16 * MOST_TOKENS
"""Characters of a text that are looked at: tokens beyond are cut off anyway."""

_BY_TOKEN = 3
"""Sides of an output with a vector for each token."""


class OnnxEmbedder(Embedder):
    """A model that runs in this process, one text at a time.

    Together texts would be padded to the longest, and in 8 bits each would be
    rounded by the others' numbers; on one processor nothing is saved by it.

    Args:
        name: What the model is called.
        digest: SHA-256 of its weights.
        session: The model.
        tokenizer: Its tokens.
    """

    def __init__(
        self, name: str, digest: str, session: InferenceSession, tokenizer: Tokenizer
    ) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(MOST_TOKENS)
        self._session: InferenceSession | None = session
        self._tokenizer = tokenizer
        self._inputs = [one.name for one in session.get_inputs()]
        dimensions = len(self._vector(session, "dimensions"))
        self._model = EmbeddingModel(name, digest, dimensions)

    @property
    @override
    def model(self) -> EmbeddingModel:
        return self._model

    @override
    def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        session = self._session
        if session is None:
            raise EmbedderError("the embedder is closed")
        return [self._vector(session, text).astype("<f4").tobytes() for text in texts]

    @override
    def index(self) -> VectorIndex:
        return NumpyIndex(self._model.dimensions)

    @override
    def close(self) -> None:
        self._session = None

    def _vector(self, session: InferenceSession, text: str) -> NDArray[np.float32]:
        # Half of a surrogate pair is no text to a tokenizer.
        clean = text[:_LONGEST].encode("utf-8", "replace").decode()
        try:
            # Not every tokenizer marks a start: then an empty text has no token.
            ids = np.array([self._tokenizer.encode(clean).ids or [0]], np.int64)
            known = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            given = {one: known.get(one, np.zeros_like(ids)) for one in self._inputs}
            out = session.run(None, given)[0]
        except Exception as error:  # noqa: BLE001
            # It may raise anything, and quote the text in it.
            raise EmbedderError(f"the model failed: {type(error).__name__}") from None
        return _unit(np.asarray(out, np.float32))


def _unit(out: NDArray[np.float32]) -> NDArray[np.float32]:
    """The one vector of a text: the mean of its tokens', with the length 1."""
    vector = (out.mean(axis=1) if out.ndim == _BY_TOKEN else out)[0]
    length = np.linalg.norm(vector)
    if not np.isfinite(length) or length == 0:
        raise EmbedderError("the model gave a vector without a direction")
    unit: NDArray[np.float32] = vector / length
    return unit
