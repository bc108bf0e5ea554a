# SPDX-License-Identifier: Apache-2.0
"""The port to the book of model calls: what was spent, on what, and how it ended."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.model_call import ModelCall, Spent


class ModelCallReader(Protocol):
    """Calls of models, to read.

    * outside the scope a call looks as if it had not been made.
    """

    @abstractmethod
    def of_job(self, job_id: str, *, scope: Scope) -> Sequence[ModelCall]:
        """The calls that were made for a job, in the order they were written."""

    @abstractmethod
    def latest(self, provider: str, *, limit: int) -> Sequence[ModelCall]:
        """The calls of a provider that were written last, the newest first."""

    @abstractmethod
    def spent(self, *, since: int, team_id: str | None = None) -> Spent:
        """What the calls since an epoch came to, of one team or of all.

        A call without a price costs nothing in it.
        """


class ModelCallBook(ModelCallReader, Protocol):
    """Calls of models.

    * what was spent stays in the book when its job is put in anew.
    """

    @abstractmethod
    def add(self, call: ModelCall) -> None:
        """Write a call down; `ConflictError` when its id is taken."""
