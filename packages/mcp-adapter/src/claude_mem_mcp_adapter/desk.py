# SPDX-License-Identifier: Apache-2.0
"""The desk at which one call is served: who asks, what they may, which project."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.deeds import DEEDS, Deed
from claude_mem_core.domain.guard import require_scope, require_standing
from claude_mem_core.domain.project import Project, slug_of
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import AccessError, InvalidInputError

from claude_mem_mcp_adapter.errors import row_of

if TYPE_CHECKING:
    # They take longer to import than all else, and the first call needs them.
    from claude_mem_core.runtime import Runtime

NAME_FOLDER = "give the project's name, or the whole path of the folder"
MOST_TOLD = 20
"""Projects that an error names to choose from."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and from where.

    Attributes:
        by: Whose rights they have.
        request_id: Under which the logs speak of the call.
        peer: The address that it came from; None: this process's own caller.
        facts: What is known of the folder that the agent works in.
    """

    by: Principal
    request_id: str | None = None
    peer: str | None = None
    facts: ProjectFacts = field(default_factory=ProjectFacts)


@dataclass(frozen=True, slots=True)
class Desk:
    """The services, and who asks them now."""

    runtime: Runtime
    asker: Asker

    @property
    def by(self) -> Principal:
        """Whose rights count."""
        return self.asker.by

    def admit(self, deed: Deed) -> None:
        """Nothing, where the caller may do this now; a refusal is audited.

        Raises:
            AccessError: They may not, or not now.
        """
        try:
            require_scope(deed, self.by)
            require_standing(deed, self.by)
            self.runtime.limits.admit(deed, by=self.by)
        except AccessError as error:
            self.refused(deed, error)
            raise

    def refused(self, deed: Deed, error: AccessError) -> None:
        """Let the audit log count that the caller was refused this."""
        self.runtime.audit.denied(
            row_of(error).status,
            address=self.asker.peer,
            by=self.by,
            deed=deed.action,
        )

    def project(self, named: str | None) -> JsonObject:
        """The project of a question, in the words of the services.

        Args:
            named: Its id, name or folder; without it the one of the agent's folder,
                or the only one where nothing is known of a folder.
        """
        if named is None:
            return self._of_folder()
        known = self._known(named)
        if known is not None:
            return {"projectId": known.id}
        if _is_folder(named):
            return {"projectFacts": _said(ProjectFacts(folder=named))}
        return {"projectId": named}

    def project_to_write(self, named: str | None) -> str:
        """The id of the project to write to; that of the folder is made if need be."""
        asked = self.project(named)
        if "projectId" in asked:
            return str(asked["projectId"])
        facts = ProjectFacts.from_wire(asked["projectFacts"])
        known = self.runtime.projects.resolve(facts, by=self.by)
        if known is not None:
            return known.id
        deed = DEEDS["project.identify"]
        require_scope(deed, self.by)
        from claude_mem_core.domain.whereabouts import Whereabouts

        told = Whereabouts(facts=facts)
        return self.runtime.projects.identify(told, by=self.by).project.id

    def _of_folder(self) -> JsonObject:
        if self.by.project_id is not None:
            return {"projectId": self.by.project_id}
        facts = _said(self.asker.facts)
        if facts:
            return {"projectFacts": facts}
        known = self.runtime.projects.list(by=self.by)
        if len(known) == 1:
            return {"projectId": known[0].id}
        may = self.by.may(DEEDS["project.list"].scope)
        there = ", ".join(one.slug or one.name for one in known[:MOST_TOLD])
        raise InvalidInputError.of(
            "project",
            "nothing tells which folder you work in",
            f"name the project; there are {there}" if may and there else NAME_FOLDER,
        )

    def _known(self, named: str) -> Project | None:
        known = self.runtime.projects.list(by=self.by)
        same = (one for one in known if named in (one.id, one.slug, one.root_path))
        alike = [
            one for one in known if one.name == named or one.slug == slug_of(named)
        ]
        # Two of one name are told apart by their ids alone.
        return next(same, None) or (alike[0] if len(alike) == 1 else None)


def _said(facts: ProjectFacts) -> JsonObject:
    told = facts.to_wire()
    return {name: one for name, one in told.items() if one not in (None, [], False)}


def _is_folder(named: str) -> bool:
    return named.startswith(("/", "~", "\\")) or named[1:3] in (":\\", ":/")
