# SPDX-License-Identifier: Apache-2.0
"""A memory as far as it is weighed, before any of its texts is read."""

from __future__ import annotations

from typing import NamedTuple, Self

from claude_mem_core.domain.memory_item import MemoryItem, MemoryKind
from claude_mem_core.domain.value import JsonObject


def error_of(metadata: JsonObject) -> str | None:
    """What the error is known by that a memory is about, if it is about one."""
    known_by = metadata.get("signature")
    return known_by if isinstance(known_by, str) else None


class Outline(NamedTuple):
    """What a memory is and what it is about, without what it says."""

    id: str
    server_session_id: str | None
    kind: MemoryKind
    type: str
    created_at_epoch: int
    when: int
    metadata: JsonObject
    files_read: tuple[str, ...]
    files_modified: tuple[str, ...]

    @classmethod
    def of(cls, item: MemoryItem) -> Self:
        """The outline of a memory."""
        return cls(
            id=item.id,
            server_session_id=item.server_session_id,
            kind=item.kind,
            type=item.type,
            created_at_epoch=item.created_at_epoch,
            when=item.when,
            metadata=item.metadata,
            files_read=item.files_read,
            files_modified=item.files_modified,
        )
