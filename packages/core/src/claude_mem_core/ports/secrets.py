# SPDX-License-Identifier: Apache-2.0
"""The port to whoever knows secrets that our own rules do not."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Protocol


class SecretDetector(Protocol):
    """A way to find secrets in text, beside our own.

    * it finds nothing in the mark that stands in a secret's place.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The family, for its mark: small letters, digits and dashes."""

    @property
    @abstractmethod
    def words(self) -> Sequence[str]:
        """In small letters: without one of them in a text it finds nothing there."""

    @property
    @abstractmethod
    def examples(self) -> Sequence[str]:
        """Made-up secrets, each of which it finds whole wherever it stands."""

    @abstractmethod
    def find(self, text: str) -> Iterable[tuple[int, int]]:
        """The first character of each secret, and the one after its last."""
