# SPDX-License-Identifier: Apache-2.0
"""Every resource in one table: what a host can show without a tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from claude_mem_core.domain.deeds import DEEDS, Deed

from claude_mem_mcp_adapter import answers
from claude_mem_mcp_adapter.desk import Desk

JSON, TEXT = "application/json", "text/plain"


@dataclass(frozen=True, slots=True)
class ResourceSpec:
    """One resource.

    Attributes:
        uri: Its template, with `{id}` for what is wanted.
        deed: What reading it asks for, and so who may.
        does: From the id to the text.
    """

    uri: str
    name: str
    title: str
    deed: Deed
    mime_type: str
    does: Callable[[Desk, str], str]
    about: str


def _item(desk: Desk, item_id: str) -> str:
    item = desk.runtime.memories.get(
        item_id, by=desk.by, request_id=desk.asker.request_id
    )
    return answers.short(item).model_dump_json(by_alias=True, exclude_none=True)


def _context(desk: Desk, project_id: str) -> str:
    from claude_mem_core.domain.context_pack import ContextQuery

    query = ContextQuery(project_id=project_id)
    pack = desk.runtime.context.pack(
        query, by=desk.by, request_id=desk.asker.request_id
    )
    return pack.context or "Nothing is known of this project yet."


def _session(desk: Desk, session_id: str) -> str:
    session = desk.runtime.sessions.get(session_id, by=desk.by)
    return session.model_dump_json(by_alias=True, exclude_none=True)


RESOURCES: Final[Sequence[ResourceSpec]] = (
    ResourceSpec(
        "memory://item/{id}",
        "memory",
        "A memory",
        DEEDS["memory.read"],
        JSON,
        _item,
        "One memory with its sources, by its id.",
    ),
    ResourceSpec(
        "memory://project/{id}/context",
        "project-context",
        "What to know of a project",
        DEEDS["context.pack"],
        TEXT,
        _context,
        "What a session of this project is told when it begins, by the project's id.",
    ),
    ResourceSpec(
        "memory://session/{id}",
        "session",
        "A session",
        DEEDS["session.read"],
        JSON,
        _session,
        "One session of an agent, by its id.",
    ),
)
