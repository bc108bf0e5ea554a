# SPDX-License-Identifier: Apache-2.0
"""The port to the counts of what teams asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

from claude_mem_core.domain.access import Scope


class UsageReader(Protocol):
    """What teams used, to read."""

    @abstractmethod
    def of(self, month: str, *, scope: Scope) -> Mapping[str, int]:
        """What the scope's team used in a month, by kind; nothing else is in it.

        Args:
            month: Such as `2026-11`.
            scope: Whose; a project's is its team's.
        """


class UsageBook(UsageReader, Protocol):
    """What teams used."""

    @abstractmethod
    def count(self, month: str, used: Mapping[str, int], *, scope: Scope) -> None:
        """Add to what the scope's team used in a month."""
