# SPDX-License-Identifier: Apache-2.0
"""Until when memories hold and what took their place: now, and as recorded before.

What was recorded before stands in the row of its memory, so that it goes with it. Few
memories have any: where nothing is asked about what was known, it is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.memory_item import EarlierValidity
from claude_mem_core.domain.supersession import ENDED, end_before

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.rows import json_text, of_json

EARLIER = "earlier_validity"
"""The column of what was recorded before, oldest first."""

_NAMES_A_SUCCESSOR = f"""instr({EARLIER}, '"supersededById":"') > 0"""

EARLIER_VALIDITY = (
    f"ALTER TABLE memory_items ADD COLUMN {EARLIER} TEXT NOT NULL DEFAULT '[]'",
    # For those only whose place another one had once: they are few.
    f"""
    CREATE INDEX memory_items_once_superseded ON memory_items (seq)
      WHERE {_NAMES_A_SUCCESSOR}
    """,
)
"""What the migration adds, before `tell_ends` writes what it can tell."""

SUPERSEDED_BY = f"""
    SELECT seq FROM memory_items WHERE superseded_by_id = :item
    UNION ALL
    SELECT seq FROM memory_items INDEXED BY memory_items_once_superseded
    WHERE {_NAMES_A_SUCCESSOR} AND EXISTS (
      SELECT 1 FROM json_each({EARLIER})
      WHERE json_extract(value, '$.supersededById') = :item)
"""
"""The numbers of the memories whose place one took, or once had taken."""

_ENDED = f"""
    SELECT r.id, s.created_at_epoch, s.metadata,
      r.superseded_by_id, r.superseded_at_epoch, r.superseded_from_epoch
    FROM memory_sources s CROSS JOIN memory_items r ON r.id = s.memory_item_id
    WHERE s.source_type = 'manual' AND instr(s.metadata, '"{ENDED}":')
      AND s.created_at_epoch > r.created_at_epoch
"""
_TELL = f"UPDATE memory_items SET {EARLIER} = ? WHERE id = ?"

# Of what ends later than the moment that is asked about, the first is what was recorded
# then. With `min` alone SQLite takes the other columns from the row that has it.
_THEN = f"""
    (SELECT CASE WHEN min(json_extract(e.value, '$.untilEpoch')) IS NOT NULL
       THEN {{}} IS TRUE END
     FROM json_each(r.{EARLIER}) e
     WHERE json_extract(e.value, '$.untilEpoch') > :known_at)
"""


def conditions(wanted: MemoryFilter) -> Iterator[str]:
    """What must be recorded now of a row `r`."""
    return _conditions(
        wanted,
        to="r.valid_to_epoch",
        by="r.superseded_by_id",
        at="r.superseded_at_epoch",
        since="r.superseded_from_epoch",
    )


def conditions_then(wanted: MemoryFilter) -> Iterator[str]:
    """What must have been recorded of a row `r` at `:known_at`."""
    before = _conditions(
        wanted,
        to="json_extract(e.value, '$.validToEpoch')",
        by="json_extract(e.value, '$.supersededById')",
        at="json_extract(e.value, '$.supersededAtEpoch')",
        since="json_extract(e.value, '$.supersededFromEpoch')",
    )
    for now, then in zip(conditions(wanted), before, strict=True):
        yield f"iif(r.{EARLIER} = '[]', {now}, ifnull({_THEN.format(then)}, {now}))"


def earlier_of(text: str) -> tuple[EarlierValidity, ...]:
    """What the column holds; `ValueError` where it is spoilt."""
    if text == "[]":
        return ()
    return tuple(EarlierValidity.model_validate(one) for one in of_json(text))


def tell_ends(connection: Connection) -> None:
    """Say of each end that somebody set by hand what was recorded before it.

    Whoever set it last left a mark at that moment, with the end that it had before
    anybody set one: more is not known of older databases.
    """
    for item_id, at, metadata, by, since, holds in connection.all(_ENDED):
        told = json.loads(metadata)
        if ENDED in told:
            was = EarlierValidity(
                until_epoch=at,
                valid_to_epoch=end_before(told),
                superseded_by_id=by,
                superseded_at_epoch=since,
                superseded_from_epoch=holds,
            )
            connection.run(_TELL, [json_text((was,)), item_id])


def _conditions(
    wanted: MemoryFilter, *, to: str, by: str, at: str, since: str
) -> Iterator[str]:
    if not wanted.include_expired:
        moment = "now" if wanted.as_of is None else "as_of"
        yield f"({to} IS NULL OR {to} > :{moment})"
    if not wanted.include_superseded:
        yield f"({by} IS NULL OR {at} > :known_at OR {since} > :as_of)"
