# SPDX-License-Identifier: Apache-2.0
"""Embedders, and indexes of them, that each break one promise."""

from __future__ import annotations

import itertools
from dataclasses import replace

from claude_mem_conformance.embedder import EmbedderContract
from claude_mem_core.errors import EmbedderError
from claude_mem_core.reference.embedder import HashingEmbedder, ScanningIndex

from broken.registry import breaks


@breaks(EmbedderContract.test_vectors_are_of_one_length, "embedder")
class AnswersInTheWrongOrder(HashingEmbedder):
    def embed(self, texts):
        return super().embed(sorted(texts))


@breaks(EmbedderContract.test_a_text_has_one_vector, "embedder")
class NeighboursMatter(HashingEmbedder):
    def embed(self, texts):
        tail = " and more" if len(texts) > 3 else ""
        return super().embed([text + tail for text in texts])


@breaks(EmbedderContract.test_any_text_has_a_vector, "embedder")
class RefusesWhatIsNoText(HashingEmbedder):
    def embed(self, texts):
        for text in texts:
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise EmbedderError("no text") from error
        return super().embed(texts)


@breaks(EmbedderContract.test_many_threads_may_ask, "embedder")
class GetsTired(HashingEmbedder):
    def __init__(self):
        self._asked = itertools.count()

    def embed(self, texts):
        tail = " tired" if next(self._asked) > 5 else ""
        return super().embed([text + tail for text in texts])


@breaks(EmbedderContract.test_closing_twice_is_harmless, "embedder")
class ClosesOnce(HashingEmbedder):
    _closed = False

    def close(self):
        if self._closed:
            raise EmbedderError("it is closed")
        self._closed = True


@breaks(EmbedderContract.test_it_says_which_model_it_is, "embedder")
class HasNoDigest(HashingEmbedder):
    @property
    def model(self):
        return replace(super().model, digest="unknown")


class _With(HashingEmbedder):
    kind = ScanningIndex

    def index(self):
        return self.kind()


class _BestOnly(ScanningIndex):
    def compare(self, question, item_ids, *, load):
        best = self.similar(question, limit=2, load=load)
        return {one: best[one] for one in item_ids if one in best}


@breaks(EmbedderContract.test_memories_are_compared, "embedder")
class OnlyTheBestAreCompared(_With):
    kind = _BestOnly


@breaks(EmbedderContract.test_a_new_index_is_empty, "embedder")
class IndexesAreShared(HashingEmbedder):
    def __init__(self):
        self._one = ScanningIndex()

    def index(self):
        return self._one


class _FirstOnly(ScanningIndex):
    def put(self, entries):
        super().put((one, vectors[:1024]) for one, vectors in entries)


@breaks(EmbedderContract.test_the_nearest_of_its_vectors_counts, "embedder")
class TheIndexHoldsFirstVectors(_With):
    kind = _FirstOnly


class _Squared(ScanningIndex):
    def similar(self, question, *, limit, load):
        found = super().similar(question, limit=limit, load=load)
        return {one: cosine**2 for one, cosine in found.items()}


@breaks(EmbedderContract.test_similarity_is_the_cosine, "embedder")
class SimilaritiesAreSquared(_With):
    kind = _Squared


class _Clinging(ScanningIndex):
    def remove(self, item_ids):
        del item_ids


@breaks(EmbedderContract.test_what_was_taken_away_is_not_found, "embedder")
class NothingIsTakenAway(_With):
    kind = _Clinging


class _WorstFirst(ScanningIndex):
    def similar(self, question, *, limit, load):
        found = super().similar(question, limit=limit, load=load)
        return dict(sorted(found.items(), key=lambda one: one[1]))


@breaks(EmbedderContract.test_the_best_come_first, "embedder")
class TheWorstComeFirst(_With):
    kind = _WorstFirst


class _Weightless(ScanningIndex):
    @property
    def size(self):
        return 0


@breaks(EmbedderContract.test_an_index_tells_its_size, "embedder")
class ItTakesNothing(_With):
    kind = _Weightless
