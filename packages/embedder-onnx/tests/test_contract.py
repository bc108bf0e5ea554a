# SPDX-License-Identifier: Apache-2.0
"""A model in this process keeps every promise, whichever way it is kept."""

from __future__ import annotations

import pytest
from claude_mem_conformance.embedder import EmbedderContract
from claude_mem_embedder_onnx.index import NumpyIndex


class TestEightBits(EmbedderContract):
    @pytest.fixture
    def embedder(self, opened, folder):
        return opened(folder)


class TestThirtyTwoBits(EmbedderContract):
    @pytest.fixture
    def embedder(self, opened, folder):
        return opened(folder, embedder_precision="fp32")


class TestBits(EmbedderContract):
    """An index that holds bits alone, and reads what they choose from the store."""

    @pytest.fixture
    def embedder(self, opened, folder, monkeypatch):
        embedder = opened(folder)
        monkeypatch.setattr(embedder, "index", lambda: Remembering(64, exact=0))
        return embedder


class Remembering(NumpyIndex):
    """An index beside the store that it reads from."""

    def __init__(self, dimensions, *, exact):
        super().__init__(dimensions, exact=exact)
        self.stored = {}

    def put(self, entries):
        given = dict(entries)
        self.stored |= given
        super().put(given.items())

    def similar(self, question, *, limit, load):
        del load
        return super().similar(question, limit=limit, load=self._load)

    def compare(self, question, item_ids, *, load):
        del load
        return super().compare(question, item_ids, load=self._load)

    def _load(self, ids):
        return {one: self.stored[one] for one in ids}
