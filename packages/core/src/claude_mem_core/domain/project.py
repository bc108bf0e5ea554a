# SPDX-License-Identifier: Apache-2.0
"""A project: the border inside which memories are searched."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

from pydantic import Field

from claude_mem_core.domain.canonical import fingerprint
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


def slug_of(name: str) -> str:
    """A name for addresses: lower-case letters, digits and single hyphens.

    A name that these letters cannot spell gets its hash as well, so that two projects
    with names in Chinese are never taken for one.
    """
    stem = _stem(name)
    return stem if stem and name.isascii() else _hashed(stem, name)


def project_of_folder(root_path: str | None) -> ProjectDraft:
    """The project that a folder stands for; events without a folder share one."""
    if root_path is None:
        return ProjectDraft(name="Unsorted", slug=UNSORTED_SLUG)
    kind = PureWindowsPath if "\\" in root_path else PurePosixPath
    name = (kind(root_path).name or root_path)[:LONGEST_NAME]
    draft = ProjectDraft(name=name, slug=slug_of(name), root_path=root_path)
    return namesake(draft) if draft.slug == UNSORTED_SLUG else draft


def namesake(draft: ProjectDraft) -> ProjectDraft:
    """The project of a folder whose slug is another project's.

    A hash of the path keeps their slugs apart, the same one each time.
    """
    return draft.changed(slug=_hashed(draft.slug or "", draft.root_path or ""))


def _stem(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _hashed(stem: str, named: str) -> str:
    # A file's name may hold what is no character, and so half of a pair.
    whole = named.encode("utf-8", "backslashreplace").decode()
    parts = (stem[:LONGEST_STEM], fingerprint(whole)[:8])
    return "-".join(part for part in parts if part)
