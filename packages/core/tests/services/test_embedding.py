# SPDX-License-Identifier: Apache-2.0
"""Memories get vectors in the background, and are found by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.embedding import Embedded
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemoryItemPatch
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.errors import EmbedderError
from claude_mem_core.reference.embedder import HashingEmbedder
from claude_mem_core.runtime import assemble
from claude_mem_core.services.similarity import Similarity

ME = Principal.local()
MISSPELT = "serialisaton timestmap"
LITTLE = timedelta(milliseconds=5)


class Trial(HashingEmbedder):
    """The embedder that sees spellings; it can fail, be another, and be interrupted."""

    name = "trial"
    fails = False
    asked: list[str]
    before: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self) -> None:
        self.asked = []

    @property
    def model(self):
        return replace(super().model, name=self.name)

    def embed(self, texts):
        if self.fails:
            raise EmbedderError("the model failed")
        self.before()
        self.asked += texts
        return super().embed(texts)


@pytest.fixture
def embedder() -> Trial:
    return Trial()


@pytest.fixture
def runtime(storage, queue, generator, system, embedder):
    with assemble(
        storage=storage,
        queue=queue,
        generator=generator,
        system=system,
        embedder=embedder,
    ) as runtime:
        yield runtime


@pytest.fixture
def remember(runtime, project):
    def add(title: str, **fields: object) -> str:
        draft = MemoryItemDraft(
            project_id=project.id, kind="manual", type="note", title=title, **fields
        )
        return runtime.memories.add(draft, by=ME).id

    return add


@pytest.fixture
def titles(runtime, project):
    def search(question: str) -> list[str]:
        query = SearchQuery(project_id=project.id, query=question)
        hits = runtime.recall.search(query, by=ME).hits
        return [hit.item.title for hit in hits]

    return search


def embed_all(runtime) -> None:
    while runtime.embedding.once():
        pass


def test_what_shares_no_word_is_found_by_its_vector(
    runtime, project, remember, titles
) -> None:
    remember("Serialisation of timestamps")
    remember("Lunch")
    assert titles(MISSPELT) == []

    embed_all(runtime)

    assert titles(MISSPELT)[0] == "Serialisation of timestamps"
    query = SearchQuery(project_id=project.id, query=MISSPELT)
    assert runtime.recall.search(query, by=ME).hits[0].why == "its meaning"


def test_without_an_embedder_nothing_waits_and_nothing_changes(
    storage, queue, generator, system
) -> None:
    bare = assemble(storage=storage, queue=queue, generator=generator, system=system)

    assert bare.embedding.once() == 0
    assert bare.embedding.progress() is None
    assert bare.similarity.model is None
    assert bare.dense_problem is None


def test_the_progress_is_told(runtime, remember) -> None:
    for number in range(20):
        remember(f"Memory {number}")
    assert runtime.embedding.progress() == Embedded(0, 20)

    assert runtime.embedding.once() in (4, 16)
    embed_all(runtime)

    assert runtime.embedding.progress() == Embedded(20, 0)
    assert runtime.embedding.once() == 0


def test_a_new_text_is_embedded_anew_and_the_old_one_found_no_more(
    runtime, remember, titles
) -> None:
    item_id = remember("Serialisation of timestamps")
    remember("Something else")
    embed_all(runtime)
    titles("serialise")

    runtime.memories.update(item_id, MemoryItemPatch(title="Lunch at noon"), by=ME)
    assert runtime.embedding.progress() == Embedded(1, 1)
    assert "Lunch at noon" not in titles("serialise")
    embed_all(runtime)

    assert titles("lunches")[0] == "Lunch at noon"


def test_what_changes_while_it_is_embedded_gets_no_old_vectors(
    runtime, remember, embedder
) -> None:
    item_id = remember("Before")

    def correct() -> None:
        embedder.before = lambda: None
        runtime.memories.update(item_id, MemoryItemPatch(title="After"), by=ME)

    embedder.before = correct
    runtime.embedding.once()
    assert runtime.embedding.progress() == Embedded(0, 1)

    embed_all(runtime)
    assert embedder.asked == ["Before", "After"]


def test_what_goes_while_it_is_embedded_leaves_no_vectors(
    runtime, storage, remember, embedder
) -> None:
    item_id = remember("Before")

    def forget() -> None:
        with storage.begin() as tx:
            tx.memories.remove(item_id)

    embedder.before = forget
    assert runtime.embedding.once() == 1
    assert runtime.embedding.progress() == Embedded(0, 0)


def test_another_model_takes_over_before_the_old_vectors_go(
    runtime, storage, embedder, remember
) -> None:
    for number in range(20):
        remember(f"Memory {number}")
    embed_all(runtime)
    old = embedder.model.key
    embedder.name = "newer"

    runtime.embedding.once()
    with storage.read() as snapshot:
        assert snapshot.vectors.progress(old).embedded == 20
    embed_all(runtime)

    with storage.read() as snapshot:
        assert snapshot.vectors.progress(old).embedded == 0
        assert snapshot.vectors.progress(embedder.model.key) == Embedded(20, 0)


def test_a_model_that_fails_leaves_the_words(
    runtime, remember, titles, embedder
) -> None:
    remember("Serialisation of timestamps")
    embed_all(runtime)
    embedder.fails = True

    assert titles("timestamps") == ["Serialisation of timestamps"]
    assert runtime.dense_problem == "EmbedderError: the model failed"

    embedder.fails = False
    titles("timestamps")
    assert runtime.dense_problem is None


def test_a_loop_embeds_what_is_written(runtime, remember) -> None:
    runtime.start(work=True)
    remember("Serialisation of timestamps")

    while runtime.embedding.progress() != Embedded(1, 0):
        runtime.embedding_loop._stop.wait(LITTLE)

    assert runtime.embedding_loop.state == "active"


def test_superseded_memories_are_not_among_the_similar(
    runtime, storage, remember, titles
) -> None:
    old, new = remember("Serialisation one"), remember("Serialisation two")
    embed_all(runtime)
    with storage.begin() as tx:
        item = tx.memories.get(old, scope=ME.scope)
        tx.memories.replace(item.changed(superseded_by_id=new))

    assert titles("serialise") == ["Serialisation two"]


def test_another_team_finds_nothing_alike(runtime, storage, remember, project) -> None:
    remember("Serialisation of timestamps")
    embed_all(runtime)
    asked = (project.id, "Serialisation of timestamps")
    with storage.read() as snapshot:
        ours = runtime.similarity.similar(snapshot, *asked, scope=ME.scope, limit=5)
        theirs = runtime.similarity.similar(
            snapshot, *asked, scope=Scope("strangers"), limit=5, ids=list(ours)
        )

    assert len(ours) == 1
    assert theirs == {}


def test_named_memories_are_compared_beside_the_best(
    runtime, storage, remember, project
) -> None:
    near, far = remember("Serialisation of timestamps"), remember("Lunch at noon")
    embed_all(runtime)
    with storage.read() as snapshot:
        found = runtime.similarity.similar(
            snapshot,
            project.id,
            "Ada serialises timestamps",
            scope=ME.scope,
            limit=1,
            ids=[far],
            names=["Ada"],
        )

    assert found[near] > found[far]


def test_fewer_that_fit_are_looked_for_further_down(
    runtime, storage, remember, project
) -> None:
    ids = [remember(f"Serialisation number {'x' * n}") for n in range(30)]
    embed_all(runtime)
    wanted = {ids[-1], ids[-2]}
    with storage.read() as snapshot:
        found = runtime.similarity.similar(
            snapshot,
            project.id,
            "Serialisation number",
            scope=ME.scope,
            limit=2,
            fits=lambda some: wanted & set(some),
        )

    assert set(found) == wanted


def test_indexes_keep_within_their_memory(
    runtime, storage, embedder, remember, project
) -> None:
    remember("Serialisation")
    embed_all(runtime)
    similarity = Similarity(embedder, most_bytes=0)
    with storage.read() as snapshot:
        asked = ("Serialisation",)
        for _ in range(2):
            assert similarity.similar(
                snapshot, project.id, *asked, scope=ME.scope, limit=1
            )

    assert list(similarity._held) == [project.id]
