# SPDX-License-Identifier: Apache-2.0
"""Who did what to which record: entries that hold no content, in a chain.

Every row is sealed: its hash covers the row and the hash of the row before it. So a row
that was changed, taken out, put in or moved shows, to whoever has the server's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field
from typing_extensions import override

from claude_mem_core.domain.access import ActorType, Principal
from claude_mem_core.domain.canonical import canonical_json
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Value
from claude_mem_core.errors import InvalidInputError

OPENED, CLOSED = "audit.open", "audit.close"
"""The first and the last row of what a process served."""

UNRECORDED = "audit.unrecorded"
"""The row that counts servings which no row tells of."""

PRUNED = "audit.pruned"
"""The row that tells up to which row the oldest were let go."""

SEALED = "audit.sealed"
"""The row that counts those which were written before there was a chain."""

DENIED = "access.denied"
"""The row that counts the requests of a minute that were refused."""

MOST_LISTED = 500

_HEAD = re.compile(r"([1-9][0-9]{0,18}):([0-9a-f]{64})")


class AuditDeed(Value):
    """Something that was done, in words of the contract: `event.write`.

    Attributes:
        metadata: Ids, counts and scopes; never what anybody wrote, nor a hash of it.
    """

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


class AuditHead(NamedTuple):
    """A row of the chain by its number and its hash: it stands for all before it."""

    seq: int
    hash: str

    @override
    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> AuditHead:
        """The head that was printed as `text`.

        Raises:
            InvalidInputError: It is none.
        """
        match = _HEAD.fullmatch(text.strip())
        if match is None:
            raise InvalidInputError.of(
                "head", "it is not SEQ:HASH", "give what `server audit head` printed"
            )
        return cls(int(match[1]), match[2])


START = AuditHead(0, "0" * 64)
"""What the first row of all follows."""


class AuditRow(AuditEntry):
    """An entry in its place in the chain.

    Attributes:
        seq: Its number; each row has the next one.
        prev_hash: The hash of the row before it.
        row_hash: Its own; empty before it is sealed.
    """

    seq: Annotated[int, Field(strict=True, ge=1)]
    prev_hash: str = ""
    row_hash: str = ""

    @property
    def head(self) -> AuditHead:
        """The head of a chain that ends with this row."""
        return AuditHead(self.seq, self.row_hash)


class AuditQuery(Value):
    """Which rows are wanted.

    Attributes:
        since: None that is older.
        until: None that is newer.
        order: Oldest (`asc`) or newest first.
        after: The number of a row: those that come after it in this order.
    """

    project_id: Id | None = None
    action: Name | None = None
    actor_id: Id | None = None
    target_type: Name | None = None
    target_id: Id | None = None
    since: Epoch | None = None
    until: Epoch | None = None
    order: Literal["asc", "desc"] = "desc"
    limit: Annotated[int, Field(strict=True, ge=1, le=MOST_LISTED)] = 100
    after: Annotated[int, Field(strict=True, ge=0, lt=2**63)] | None = None


class AuditPage(Value):
    """Some rows, and where the next ones begin.

    Attributes:
        next: What `after` must be for the rows that follow; None at the end.
    """

    audit: tuple[AuditRow, ...]
    next: int | None = None

    @classmethod
    def of(cls, rows: Sequence[AuditRow], query: AuditQuery) -> Self:
        """The page that answers a query."""
        is_full = len(rows) == query.limit
        return cls(audit=tuple(rows), next=rows[-1].seq if is_full else None)


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


def sealed(entry: AuditEntry, *, after: AuditHead, key: bytes | None) -> AuditRow:
    """The row that an entry is after a head.

    Args:
        entry: What was done; a row is sealed anew.
        after: What it follows.
        key: The server's; without one anybody can make such a seal.
    """
    fields = {**vars(entry), "seq": after.seq + 1, "prev_hash": after.hash}
    row = AuditRow.of_valid({**fields, "row_hash": ""})
    return AuditRow.of_valid({**fields, "row_hash": seal_of(row, key=key)})


def seal_of(row: AuditRow, *, key: bytes | None) -> str:
    """HMAC-SHA-256 of the hash before and the row's canonical JSON, in hexadecimal.

    Plain SHA-256 without a key: it shows mistakes, and no forger.
    """
    told = row.prev_hash.encode() + canonical(row)
    if key is None:
        return hashlib.sha256(told).hexdigest()
    return hmac.digest(key, told, hashlib.sha256).hex()


def canonical(row: AuditRow) -> bytes:
    """The one text of a row without its hashes: JSON, its keys sorted, in UTF-8."""
    told: JsonObject = {
        "action": row.action,
        "actorId": row.actor_id,
        "actorType": row.actor_type,
        "createdAtEpoch": row.created_at_epoch,
        "id": row.id,
        "metadata": row.metadata,
        "projectId": row.project_id,
        "seq": row.seq,
        "targetId": row.target_id,
        "targetType": row.target_type,
        "teamId": row.team_id,
    }
    # Half of a surrogate pair can be kept, so it can be sealed.
    return canonical_json(told).encode("utf-8", "surrogatepass")
