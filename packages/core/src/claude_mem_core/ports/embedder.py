# SPDX-License-Identifier: Apache-2.0
"""The port to a model that turns texts into vectors, and to a search among them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from claude_mem_core.domain.embedding import EmbeddingModel

Load = Callable[[Sequence[str]], Mapping[str, bytes]]
"""The stored vectors of memories, by their ids; without those that have none."""


class VectorIndex(Protocol):
    """Vectors of memories, to be compared with that of a question.

    Every index promises, and the conformance kit checks:

    * a memory is as similar as the nearest of its vectors;
    * the similarity is the cosine, from -1 to 1;
    * what was put anew or taken away is found by its old vectors no longer.
    """

    @property
    @abstractmethod
    def size(self) -> int:
        """How many bytes of memory it takes, about."""

    @abstractmethod
    def put(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Hold the vectors of these memories, in place of those that they had."""

    @abstractmethod
    def remove(self, item_ids: Collection[str]) -> None:
        """Hold these memories no longer; one that is unknown is no error."""

    @abstractmethod
    def similar(
        self, question: bytes, *, limit: int, load: Load
    ) -> Mapping[str, float]:
        """The memories that are most similar to the question, the best first.

        Args:
            question: Its vector.
            limit: How many are wanted.
            load: Where to get vectors that the index does not hold itself.
        """

    @abstractmethod
    def compare(
        self, question: bytes, item_ids: Collection[str], *, load: Load
    ) -> Mapping[str, float]:
        """How similar these memories are to the question, without those it has not.

        Args:
            question: Its vector.
            item_ids: Those that are wanted.
            load: Where to get vectors that the index does not hold itself.
        """


class Embedder(Protocol):
    """Vectors of texts: those of texts that mean the like are near to each other.

    A vector is a row of little-endian 32-bit floats. Every embedder promises, and
    the conformance kit checks:

    * every vector has the model's dimensions, and the length 1;
    * a text has the same vector, whatever it is embedded with;
    * any text has a vector: an empty one, a long one, and one that is no Unicode;
    * it is safe to use from many threads;
    * closing twice is harmless.
    """

    @property
    @abstractmethod
    def model(self) -> EmbeddingModel:
        """Which model it is: another one, or other weights, give another key."""

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        """A vector for each text, in their order.

        Raises:
            EmbedderError: The model does not answer.
        """

    @abstractmethod
    def index(self) -> VectorIndex:
        """A new index that holds nothing yet."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the model."""
