# SPDX-License-Identifier: Apache-2.0
"""Which projects the sessions that are taken in go to, and what those hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.memory_item import MemoryKind
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.server_session import SessionKey
from claude_mem_core.domain.whereabouts import Whereabouts
from claude_mem_core.git_facts import facts_of

from claude_mem_cli.client import Client


@dataclass(frozen=True, slots=True)
class Held:
    """What a project holds after files were taken in.

    Attributes:
        memories: How many of each kind.
        made: How many more than before the first of the files.
    """

    memories: Mapping[MemoryKind, int]
    made: int

    @property
    def total(self) -> int:
        """Memories of any kind."""
        return sum(self.memories.values())


class Folders:
    """What this machine knows of folders that may have been on another."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str | None, str | None], ProjectFacts] = {}

    def facts(self, folder: str | None, remote: str | None = None) -> ProjectFacts:
        """The facts of a folder, looked up once.

        Args:
            folder: Where an agent worked.
            remote: The address of its git remote, where somebody noted it.
        """
        known = self._facts.get((folder, remote))
        if known is None:
            known = self._facts[folder, remote] = _facts_of(folder, remote)
        return known


class Homes:
    """The projects that the sessions of a file are in.

    Args:
        client: Who knows the projects.
        only: The one that takes all, if one does.
        folders: What is known of folders already.
    """

    def __init__(
        self, client: Client, only: Project | None, folders: Folders | None = None
    ) -> None:
        self._client = client
        self._only = only
        self._folders = folders or Folders()
        self._of_session: dict[SessionKey | str | None, Project] = {}
        self.made: set[str] = set()
        self.before: dict[str, int] = {}
        self.projects: dict[str, Project] = {}
        if only is not None:
            self._note(only)

    def of(self, seen: AgentEventCapture, remote: str | None = None) -> Project:
        """The project of an event: that of its session, which its first folder gave."""
        if self._only is not None:
            return self._only
        session = session_of(seen)
        known = self._of_session.get(session or seen.root_path)
        if known is None:
            facts = self._folders.facts(seen.root_path, remote)
            found = self._client.identify(Whereabouts(facts=facts, session=session))
            known = self._of_session[session or seen.root_path] = found.project
            if found.created:
                self.made.add(known.id)
            self._note(known)
        return known

    def _note(self, project: Project) -> None:
        if project.id not in self.projects:
            counts = self._client.memory_counts(project.id)
            self.projects[project.id] = project
            self.before[project.id] = sum(counts.values())


def held_now(before: Iterable[Mapping[str, int]], client: Client) -> Mapping[str, Held]:
    """What projects hold at this moment, by their ids.

    Args:
        before: For each file, in order, how many memories its projects held before.
        client: Who keeps the memories.
    """
    # Several files may be of one project: the first of them counts.
    first = {
        project_id: count
        for one in reversed([*before])
        for project_id, count in one.items()
    }
    return {
        project_id: _held(client.memory_counts(project_id), count)
        for project_id, count in first.items()
    }


def session_of(seen: AgentEventCapture) -> SessionKey | None:
    """How the agent names the session of an event, if it does."""
    if seen.content_session_id is None:
        return None
    return SessionKey(
        content_session_id=seen.content_session_id,
        platform_source=seen.platform_source,
        any_platform=not seen.names_platform,
    )


def _facts_of(folder: str | None, remote: str | None) -> ProjectFacts:
    if folder is None:
        return ProjectFacts()
    here = Path(folder)
    if here.is_absolute() and here.exists():
        return facts_of(here)
    return ProjectFacts(folder=folder, remotes=(remote,) if remote else ())


def _held(memories: Mapping[MemoryKind, int], before: int) -> Held:
    return Held(memories, sum(memories.values()) - before)
