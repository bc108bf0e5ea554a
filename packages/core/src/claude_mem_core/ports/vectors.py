# SPDX-License-Identifier: Apache-2.0
"""The port to the stored vectors of memories."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.embedding import Embedded, StoredVectors


class VectorReader(Protocol):
    """Vectors of memories, to read.

    * outside the scope a memory looks as if it had no vectors;
    * the vectors of another model do not show.
    """

    @abstractmethod
    def waiting(self, model: str, *, limit: int) -> Sequence[tuple[str, Scope]]:
        """The memories of all teams without vectors of the model, newest first.

        Args:
            model: Its key.
            limit: How many are wanted.
        """

    @abstractmethod
    def progress(self, model: str) -> Embedded:
        """How many memories of all teams have the model's vectors, how many wait."""

    @abstractmethod
    def has_others(self, model: str) -> bool:
        """Whether any memory of any team has vectors of another model."""

    @abstractmethod
    def changes(self, project_id: str, *, scope: Scope) -> int:
        """A number that grows with every change to the vectors of a project.

        It is 0 for a project that never had any.
        """

    @abstractmethod
    def numbers(self, project_id: str, model: str, *, scope: Scope) -> Sequence[int]:
        """The numbers of all vectors of a project, ascending."""

    @abstractmethod
    def page(
        self, project_id: str, model: str, *, scope: Scope, after: int, limit: int
    ) -> Sequence[StoredVectors]:
        """The vectors of a project in the order they were put in, from a number on.

        Args:
            project_id: Whose memories.
            model: Its key.
            scope: What the caller may see.
            after: The number of the last one of the page before; 0 for the first.
            limit: How many are wanted.
        """

    @abstractmethod
    def of(
        self, item_ids: Sequence[str], model: str, *, scope: Scope
    ) -> Mapping[str, bytes]:
        """The vectors of these memories, without those that have none."""


class VectorRepository(VectorReader, Protocol):
    """Vectors of memories.

    * a memory that is removed takes its vectors with it;
    * a memory whose text is replaced has no vectors any more.
    """

    @abstractmethod
    def put(self, item_id: str, model: str, vectors: bytes) -> None:
        """Keep the vectors of a memory in place of those that it had of this model.

        Raises:
            NotFoundError: There is no such memory.
        """

    @abstractmethod
    def drop_others(self, model: str) -> int:
        """Take away the vectors of every other model; how many memories had some."""
