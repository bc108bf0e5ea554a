# SPDX-License-Identifier: Apache-2.0
"""The port to the audit log."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.audit import AuditHead, AuditQuery, AuditRow


class AuditReader(Protocol):
    """Who did what, to read.

    The rows of all teams are one chain; only who runs the server reads it whole.
    """

    @abstractmethod
    def head(self) -> AuditHead | None:
        """The newest row's number and hash; None of a log without rows."""

    @abstractmethod
    def page(self, *, after: int, limit: int) -> Sequence[AuditRow]:
        """The rows of every team after a number, the oldest first."""

    @abstractmethod
    def list(self, query: AuditQuery, *, scope: Scope) -> Sequence[AuditRow]:
        """The rows of the scope that a query asks for, in its order."""


class AuditLog(AuditReader, Protocol):
    """Who did what.

    * a row that is kept comes back the same to the last character: its seal counts;
    * a row's number and its id are each taken once: `ConflictError`.
    """

    @abstractmethod
    def append(self, rows: Sequence[AuditRow]) -> None:
        """Keep rows, each by its own number."""

    @abstractmethod
    def seal(self, row: AuditRow) -> None:
        """Give a row that has no hash its hashes; one that has them keeps its own."""

    @abstractmethod
    def prune(self, *, through: int) -> None:
        """Let the oldest rows go, up to the one with this number."""
