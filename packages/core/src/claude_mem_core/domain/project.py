# SPDX-License-Identifier: Apache-2.0
"""A project: the border inside which memories are searched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import Field

from claude_mem_core.domain.canonical import fingerprint
from claude_mem_core.domain.memory_item import MemoryKind
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Text, Value

UNSORTED_SLUG = "unsorted"

LONGEST_NAME = 512
LONGEST_STEM = 400
"""Characters of a slug before its hash: both together are no longer than a name."""


class ProjectDraft(Value):
    """A project before it is stored."""

    name: Name
    slug: Name | None = None
    root_path: Text | None = None
    metadata: JsonObject = Field(default_factory=dict)


class Project(ProjectDraft):
    """A stored project; slug and root path are each unique within its team."""

    id: Id
    team_id: Id
    created_at_epoch: Epoch
    updated_at_epoch: Epoch


class CountedProject(NamedTuple):
    """A project, and how many memories of each kind it holds, no kind without any."""

    project: Project
    memories: Mapping[MemoryKind, int]


def slug_of(name: str) -> str:
    """A name for addresses: lower-case letters, digits and single hyphens.

    A name that these letters cannot spell gets its hash as well, so that two projects
    with names in Chinese are never taken for one.
    """
    stem = _stem(name)
    return stem if stem and name.isascii() else _hashed(stem, name)


def project_of(facts: ProjectFacts) -> ProjectDraft:
    """The project that facts are of; those that name no place share one."""
    title = facts.title
    if title is None:
        return ProjectDraft(name="Unsorted", slug=UNSORTED_SLUG)
    name = title[:LONGEST_NAME]
    root = None if facts.name else facts.root
    return ProjectDraft(name=name, slug=slug_of(name), root_path=root)


def namesake(slug: str, *, named: str) -> str:
    """The slug of a project whose name another has: a hash keeps them apart.

    Args:
        slug: The one that both would have.
        named: What only this one is called.
    """
    return _hashed(slug, named)


def _stem(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _hashed(stem: str, named: str) -> str:
    # A file's name may hold what is no character, and so half of a pair.
    whole = named.encode("utf-8", "backslashreplace").decode()
    parts = (stem[:LONGEST_STEM], fingerprint(whole)[:8])
    return "-".join(part for part in parts if part)
