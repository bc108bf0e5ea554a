# SPDX-License-Identifier: Apache-2.0
"""The port to sessions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.coverage import CoverageTotals
from claude_mem_core.domain.server_session import ServerSession, SessionKey, Tally


class SessionReader(Protocol):
    """Sessions, to read.

    * outside the scope a session looks as if it did not exist;
    * a key with a platform finds only that platform's session, a key with null
      only the one without a platform, and `any_platform` the newest of all;
    * of those that began at the same moment the last one put in comes first;
    * a session outside the scope has neither events nor memories.
    """

    @abstractmethod
    def get(self, session_id: str, *, scope: Scope) -> ServerSession:
        """The session; `NotFoundError` outside the scope."""

    @abstractmethod
    def find(self, key: SessionKey, *, scope: Scope) -> ServerSession | None:
        """The session that an agent names so, the newest where there are several.

        The name is the external session id, or else the content session id.
        """

    @abstractmethod
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[ServerSession]:
        """A project's sessions in the order they were put in, from one's id on.

        Args:
            project_id: Whose sessions.
            scope: What the caller may see.
            after: The last one of the page before; None for the first page.
            limit: At most so many.
        """

    @abstractmethod
    def latest(
        self,
        *,
        scope: Scope,
        project_id: str | None,
        after: str | None,
        limit: int,
    ) -> Sequence[ServerSession]:
        """The sessions that began last first, from the one after another's id on.

        Args:
            scope: What the caller may see.
            project_id: Of this project; None: of all within the scope.
            after: The last one of the page before; None for the first page.
            limit: At most so many.
        """

    @abstractmethod
    def tallies(self, session_ids: Sequence[str], *, scope: Scope) -> Sequence[Tally]:
        """How many events and memories each session has, in the order of the ids."""

    @abstractmethod
    def covered(self, *, since: int) -> CoverageTotals:
        """The coverage of every team's sessions since a moment, added up.

        Args:
            since: Sessions that were compared with their transcripts before do not
                count.
        """


class SessionRepository(SessionReader, Protocol):
    """Sessions.

    * a session of a project that does not exist is refused: `NotFoundError`;
    * in a project, an agent's name for a session is taken once on each platform:
      `ConflictError`;
    * a session with events or memories cannot move to another project:
      `ConflictError`.
    """

    @abstractmethod
    def add(self, session: ServerSession) -> None:
        """Keep a new session."""

    @abstractmethod
    def replace(self, session: ServerSession) -> None:
        """Put `session` in the place of the one with its id; `NotFoundError` if none.

        The rules for a new session hold for the changed one too.
        """
