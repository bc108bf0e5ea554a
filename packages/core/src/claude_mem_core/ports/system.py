# SPDX-License-Identifier: Apache-2.0
"""The port to the clock and the dice."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol


class System(Protocol):
    """Time and chance, handed in so that nothing below the edge reaches for them."""

    @abstractmethod
    def now(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""

    @abstractmethod
    def new_id(self) -> str:
        """An id that nobody has had, greater than those given before."""

    @abstractmethod
    def random_bytes(self, count: int) -> bytes:
        """Bytes that nobody can guess."""
