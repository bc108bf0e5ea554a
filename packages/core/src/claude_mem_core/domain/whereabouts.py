# SPDX-License-Identifier: Apache-2.0
"""Where an agent works: what its client knows of the folder and of the session."""

from __future__ import annotations

from claude_mem_core.domain.project import Project
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.server_session import SessionKey
from claude_mem_core.domain.value import Value


class Whereabouts(Value):
    """A question for a project.

    Attributes:
        session: How the agent names its session; one that is known stays where it is,
            whatever the facts say.
    """

    facts: ProjectFacts
    session: SessionKey | None = None


class IdentifiedProject(Value):
    """The project that was asked for, and whether it is new."""

    project: Project
    created: bool
