# SPDX-License-Identifier: Apache-2.0
"""A question within a project: by the project's id, or by facts of a folder."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import override

from claude_mem_core.domain.filters import Ids
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.value import Id, Value


class OfProject(Value):
    """The base of what names its project in one of two ways, and never in both."""

    project_id: Id | None = None
    project_facts: ProjectFacts | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.project_id is None) == (self.project_facts is None):
            message = "projectId or projectFacts is needed, and not both"
            raise PydanticCustomError(
                "project", message, {"cure": "send one of the two"}
            )
        return self


class OfProjects(OfProject):
    """The base of what may be about several projects of the caller at once."""

    project_ids: Ids = ()

    @model_validator(mode="after")
    @override
    def _names_one(self) -> Self:
        ways = (self.project_id, self.project_facts, self.project_ids or None)
        if sum(way is not None for way in ways) != 1:
            message = "one of projectId, projectIds and projectFacts is needed"
            raise PydanticCustomError("project", message, {"cure": "send one of them"})
        return self
