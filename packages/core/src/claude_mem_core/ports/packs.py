# SPDX-License-Identifier: Apache-2.0
"""The port to the receipts of context packs, and to what became of what was told."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.context_pack import PackReceipt
from claude_mem_core.domain.feedback import MemoryUse, Standing
from claude_mem_core.domain.uses import Telling


class PackReader(Protocol):
    """Receipts, to read.

    * outside the scope a receipt looks as if nothing had been told;
    * a use fades by the weeks to the newest use in its project.
    """

    @abstractmethod
    def get(self, pack_id: str, *, scope: Scope) -> PackReceipt:
        """The receipt with this id; `NotFoundError` outside the scope."""

    @abstractmethod
    def telling(self, item_id: str, *, scope: Scope) -> Sequence[PackReceipt]:
        """The receipts of the packs that told a memory, the latest told first."""

    @abstractmethod
    def told_between(
        self, since: int, until: int, project_id: str, *, scope: Scope, limit: int
    ) -> Sequence[Telling]:
        """A project's tellings of a span, the latest first, with what answers each.

        A use answers a telling when it names its pack and is not older.

        Args:
            since: The first moment of the span.
            until: The last one.
            project_id: The project.
            scope: What the caller may see.
            limit: At most so many.
        """

    @abstractmethod
    def feedback(self, item_ids: Sequence[str]) -> Mapping[str, Standing]:
        """How each memory stands, as `standing` counts it, none without evidence.

        That it was superseded is evidence where it was told.
        """


class PackBook(PackReader, Protocol):
    """Receipts of context packs, and uses of memories.

    * a pack that is told again is one receipt, told once more.
    """

    @abstractmethod
    def add(self, receipt: PackReceipt) -> None:
        """Write down that a pack was told."""

    @abstractmethod
    def note(self, use: MemoryUse) -> None:
        """Write down what became of a memory; `ConflictError` when its id is taken."""
