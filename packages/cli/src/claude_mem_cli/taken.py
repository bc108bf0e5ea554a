# SPDX-License-Identifier: Apache-2.0
"""What became of a file that was taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claude_mem_core.domain.coverage import Coverage
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.transcript import Problem


@dataclass(frozen=True, slots=True)
class Compared:
    """A session that was compared with its transcript.

    Attributes:
        name: The agent's name for it.
        session_id: The stored session; None where nothing of it is kept.
        root_path: The folder that it began in.
        kept: Events of the transcript that are kept now.
        added: Those of them that were read from it just now.
        excluded: Nothing of its project is kept.
        is_over: Nobody goes on with it.
    """

    name: str
    session_id: str | None
    root_path: str | None
    coverage: Coverage
    kept: int
    added: int
    excluded: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file.

    Attributes:
        projects: Those that its events are in, in the order in which they came up.
        made: The ids of those of them that are new.
        accepted: Events that are kept now, new or known before.
        mended: Characters that no store keeps, and that became U+FFFD.
        before: Memories that each project held before the file, by its id.
        agent: Whose transcript it is; None for a file of payloads.
        compared: The transcript's sessions.
        unchanged: It was taken in before, and not read again.
    """

    file: str
    projects: tuple[Project, ...]
    made: frozenset[str]
    accepted: int
    new: int
    sessions: tuple[str, ...]
    problems: tuple[Problem, ...]
    mended: int
    before: Mapping[str, int]
    seconds: float
    agent: str | None = None
    compared: tuple[Compared, ...] = ()
    unchanged: bool = False

    @property
    def duplicates(self) -> int:
        """Events that were known before."""
        return self.accepted - self.new
