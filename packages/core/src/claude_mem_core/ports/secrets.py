# SPDX-License-Identifier: Apache-2.0
"""The port to whoever knows secrets that our own rules do not."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Protocol


class SecretDetector(Protocol):
    """A way to find secrets in text, beside our own.

    Every detector promises, and the conformance kit checks:

    * it finds each of its own examples, wherever in a text that stands;
    * it finds nothing in text without any of its words;
    * what it finds lies within the text, and is not empty;
    * it finds nothing in the mark that stands in a secret's place.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The family, for its mark: small letters, digits and dashes."""

    @property
    @abstractmethod
    def words(self) -> Sequence[str]:
        """In small letters, what a text must hold one of for it to be asked at all."""

    @property
    @abstractmethod
    def examples(self) -> Sequence[str]:
        """Secrets that it knows, made up: each with one of its words in it."""

    @abstractmethod
    def find(self, text: str) -> Iterable[tuple[int, int]]:
        """The first character of each secret, and the one after its last."""
