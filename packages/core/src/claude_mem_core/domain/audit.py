# SPDX-License-Identifier: Apache-2.0
"""Who did what to which record: entries that hold no content."""

from __future__ import annotations

from pydantic import Field

from claude_mem_core.domain.access import ActorType, Principal
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Value


class AuditDeed(Value):
    """Something that was done, in words of the contract: `event.write`."""

    action: Name
    project_id: Id | None = None
    target_type: Name | None = None
    target_id: Id | None = None
    metadata: JsonObject = Field(default_factory=dict)


class AuditEntry(AuditDeed):
    """A deed with who did it and when."""

    id: Id
    team_id: Id | None = None
    actor_type: ActorType
    actor_id: Id | None = None
    created_at_epoch: Epoch


def audit_entry(deed: AuditDeed, *, by: Principal, id_: str, now: int) -> AuditEntry:
    """The entry for a deed of `by`."""
    return AuditEntry.of_valid(
        {
            **vars(deed),
            "id": id_,
            "team_id": by.team_id,
            "actor_type": by.actor_type,
            "actor_id": by.actor_id,
            "created_at_epoch": now,
        }
    )
