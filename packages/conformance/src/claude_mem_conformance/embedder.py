# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: D205 - a promise is quoted whole, and some are long
"""What an embedder is held to, whatever model it asks, and its index."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from operator import mul
from typing import ClassVar

import pytest
from claude_mem_core.ports.embedder import Embedder, VectorIndex

from claude_mem_conformance.contract import Contract

TEXTS = (
    "A parser crashed on empty input",
    "Records are kept in SQLite, one file on disk",
    "Yesterday dinner was pasta with tomatoes",
)
ODD = ("", " ", "\n\0\t", "\ud800 half a pair", "日本語のテキスト", "word " * 20_000)
NEAR = 1e-5
"""How far 32-bit floats may be off."""


class EmbedderContract(Contract):
    """An embedder. The adapter's test gives the fixture `embedder`."""

    ports: ClassVar[tuple[type, ...]] = (Embedder, VectorIndex)

    @pytest.fixture
    def index(self, embedder: Embedder) -> VectorIndex:
        """An index with a memory for each text; the last has another one's too."""
        index = embedder.index()
        vectors = embedder.embed(TEXTS)
        names = ("parser", "store", "dinner")
        index.put(zip(names, vectors, strict=True))
        index.put([("dinner", vectors[2] + vectors[1])])
        return index

    def test_vectors_are_of_one_length(self, embedder: Embedder) -> None:
        """Every vector has the model's dimensions, and the length 1.

        A vector for each text, in their order.
        """
        vectors = list(reversed(embedder.embed(TEXTS[::-1])))
        assert len(vectors) == len(TEXTS)
        for vector in vectors:
            numbers = array("f", vector)
            assert len(numbers) == embedder.model.dimensions
            assert abs(math.hypot(*numbers) - 1) < NEAR
        alone = [embedder.embed([text])[0] for text in TEXTS]
        index = embedder.index()
        index.put(zip("012", alone, strict=True))
        answers = [_found(index, vector) for vector in vectors]
        told = [max(found, key=found.__getitem__) for found in answers]
        assert told == ["0", "1", "2"]

    def test_a_text_has_one_vector(self, embedder: Embedder) -> None:
        """A text has the same vector, whatever it is embedded with."""
        together = embedder.embed([*TEXTS, TEXTS[2] * 9])
        for text, vector in zip(TEXTS, together, strict=False):
            assert embedder.embed([text]) == [vector]

    def test_any_text_has_a_vector(self, embedder: Embedder) -> None:
        """Any text has a vector: an empty one, a long one, and one that is no
        Unicode.
        """
        for vector in embedder.embed(ODD):
            assert abs(math.hypot(*array("f", vector)) - 1) < NEAR
        assert list(embedder.embed([])) == []

    def test_many_threads_may_ask(self, embedder: Embedder) -> None:
        """It is safe to use from many threads."""
        expected = list(embedder.embed(TEXTS))
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(embedder.embed, [TEXTS] * 8))
        assert [list(one) for one in answers] == [expected] * 8

    def test_closing_twice_is_harmless(self, embedder: Embedder) -> None:
        """Closing twice is harmless.

        Let go of the model.
        """
        embedder.close()
        embedder.close()

    def test_it_says_which_model_it_is(self, embedder: Embedder) -> None:
        """Which model it is: another one, or other weights, give another key."""
        model = embedder.model
        assert model.name.strip()
        assert len(bytes.fromhex(model.digest)) == 32
        assert model.digest.startswith(model.key.rpartition("@")[2])
        assert embedder.model == model

    def test_memories_are_compared(
        self, embedder: Embedder, index: VectorIndex
    ) -> None:
        """How similar these memories are to the question, without those it has not."""
        parser, store, _ = embedder.embed(TEXTS)
        for question in (parser, store):
            every = {
                "parser": _cosine(question, parser),
                "store": _cosine(question, store),
            }
            assert _compared(index, question, [*every, "nobody"]) == every
            for one, cosine in every.items():
                assert _compared(index, question, [one]) == {one: cosine}
        assert _compared(index, parser, []) == {}

    def test_a_new_index_is_empty(self, embedder: Embedder) -> None:
        """A new index that holds nothing yet."""
        (question,) = embedder.embed(TEXTS[:1])
        embedder.index().put([("elsewhere", question)])
        assert _found(embedder.index(), question) == {}

    def test_the_nearest_of_its_vectors_counts(
        self, embedder: Embedder, index: VectorIndex
    ) -> None:
        """A memory is as similar as the nearest of its vectors.

        Hold the vectors of these memories, in place of those that they had.
        """
        for text in TEXTS[1:]:
            (question,) = embedder.embed([text])
            assert abs(_found(index, question)["dinner"] - 1) < NEAR
            assert _compared(index, question, ["dinner"]) == {"dinner": 1.0}

    def test_similarity_is_the_cosine(
        self, embedder: Embedder, index: VectorIndex
    ) -> None:
        """The similarity is the cosine, from -1 to 1."""
        question, other = embedder.embed(TEXTS[:2])
        cosine = _cosine(question, other)
        found = _found(index, question)
        assert abs(found["parser"] - 1) < NEAR
        assert abs(found["store"] - cosine) < NEAR
        assert all(-1 <= one <= 1 for one in found.values())

    def test_what_was_taken_away_is_not_found(
        self, embedder: Embedder, index: VectorIndex
    ) -> None:
        """What was put anew or taken away is found by its old vectors no longer.

        Hold these memories no longer; one that is unknown is no error.
        """
        parser, store, _ = embedder.embed(TEXTS)
        index.put([("parser", store)])
        assert abs(_found(index, store)["parser"] - 1) < NEAR
        assert _found(index, parser)["parser"] < 1 - NEAR
        index.remove(["store", "nobody"])
        assert set(_found(index, store)) == {"parser", "dinner"}
        index.put([("store", parser)])
        assert abs(_found(index, parser)["store"] - 1) < NEAR

    def test_the_best_come_first(self, embedder: Embedder, index: VectorIndex) -> None:
        """The memories that are most similar to the question, the best first."""
        parser, store, _ = embedder.embed(TEXTS)
        index.put([("both", parser + store)])
        found = _found(index, parser)
        assert list(found.values()) == sorted(found.values(), reverse=True)
        assert set(list(found)[:2]) == {"parser", "both"}
        assert set(_found(index, parser, limit=2)) == {"parser", "both"}

    def test_an_index_tells_its_size(
        self, embedder: Embedder, index: VectorIndex
    ) -> None:
        """How many bytes of memory it takes, about."""
        before = index.size
        vectors = embedder.embed(TEXTS)
        index.put((f"{n} {at}", v) for n in range(99) for at, v in enumerate(vectors))
        assert index.size - before >= 297 * embedder.model.dimensions // 8


def _compared(
    index: VectorIndex, question: bytes, item_ids: Collection[str]
) -> dict[str, object]:
    told = index.compare(question, item_ids, load=lambda _: {})
    return {one: pytest.approx(cosine, abs=NEAR) for one, cosine in told.items()}


def _cosine(one: bytes, other: bytes) -> float:
    return math.fsum(map(mul, array("f", one), array("f", other)))


def _found(index: VectorIndex, question: bytes, *, limit: int = 9) -> dict[str, float]:
    return dict(index.similar(question, limit=limit, load=lambda _: {}))
