# SPDX-License-Identifier: Apache-2.0
"""The port to the receipts of context packs, and to what became of what was told."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.context_pack import PackReceipt
from claude_mem_core.domain.feedback import MemoryUse


class PackReader(Protocol):
    """Receipts, to read.

    * outside the scope a receipt looks as if nothing had been told.
    """

    @abstractmethod
    def get(self, pack_id: str, *, scope: Scope) -> PackReceipt:
        """The receipt with this id; `NotFoundError` outside the scope."""

    @abstractmethod
    def telling(self, item_id: str, *, scope: Scope) -> Sequence[PackReceipt]:
        """The receipts of the packs that told a memory, the latest told first."""

    @abstractmethod
    def feedback(self, item_ids: Sequence[str]) -> Mapping[str, float]:
        """How useful each memory was, as `feedback_value` counts it, none without."""


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
