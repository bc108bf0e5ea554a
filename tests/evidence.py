# SPDX-License-Identifier: Apache-2.0
"""What a database says of itself, past all of our own code."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager

from machine import Machine

MEMORIES = """
    SELECT s.content_session_id, m.kind, m.title, m.narrative, m.text, m.facts,
      (SELECT group_concat(epoch) FROM (
         SELECT e.occurred_at_epoch AS epoch FROM memory_sources c
         JOIN agent_events e ON e.id = c.event_id
         WHERE c.memory_item_id = m.id
           AND json_extract(c.metadata, '$.inheritedFrom') IS NULL ORDER BY 1))
    FROM memory_items m JOIN server_sessions s ON s.id = m.server_session_id
"""
"""All that a memory says, without what differs between two runs.

Of two memories of one moment that say the same, chance decides which inherits from which.
"""

UNFINISHED = (
    "SELECT id, status, last_error FROM generation_jobs WHERE status <> 'completed'"
)

_NONE_OF = {
    "the file is damaged": (
        "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
    ),
    "a row refers to one that is not there": "SELECT * FROM pragma_foreign_key_check",
    "an event is there twice": """
        SELECT content_session_id, source_event_id FROM agent_events
        WHERE source_event_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "an event has no job of its own, or two": """
        SELECT e.id, count(j.id) FROM agent_events e LEFT JOIN generation_jobs j
          ON j.source_id = e.id AND j.kind = 'event'
        GROUP BY e.id HAVING count(j.id) <> 1
    """,
    "a job has no event": """
        SELECT id FROM generation_jobs WHERE source_id NOT IN (
          SELECT id FROM agent_events)
    """,
    "a memory is there twice": """
        SELECT server_session_id, kind, title, narrative FROM memory_items
        GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
    """,
    "a result was written twice": """
        SELECT target_id FROM audit_log WHERE action = 'observation.created'
        GROUP BY 1 HAVING count(*) > 1
    """,
}
_FULL_TEXT = """
    INSERT INTO memory_items_fts (memory_items_fts, rank) VALUES ('integrity-check', 1)
"""
_MOVES = """
    SELECT j.server_session_id, j.seq, e.event FROM generation_job_events e
    JOIN generation_jobs j ON j.seq = e.job ORDER BY e.seq
"""
OPEN = "processing"


@contextmanager
def opened(machine: Machine, *, wait: float = 30) -> Iterator[sqlite3.Connection]:
    """The machine's database, through nothing but SQLite."""
    (database,) = machine.folder.glob("*.db")
    with closing(sqlite3.connect(database, timeout=wait)) as store:
        yield store


def rows(machine: Machine, query: str) -> list[tuple[object, ...]]:
    """The sorted answer to a query."""
    with opened(machine) as store:
        return sorted(store.execute(query).fetchall())


def faults(machine: Machine, acknowledged: Collection[str]) -> list[str]:
    """What is wrong with the database of a machine at rest, a sentence each.

    Args:
        machine: Nothing of it runs.
        acknowledged: The callers' own ids of the events that it took.
    """
    found = [
        f"{sentence}: {wrong[:3]}"
        for sentence, query in _NONE_OF.items()
        if (wrong := rows(machine, query))
    ]
    kept = {one for (one,) in rows(machine, "SELECT source_event_id FROM agent_events")}
    lost = sorted(set(acknowledged) - kept)
    if lost:
        found.append(f"an acknowledged event is lost: {lost[:3]}, {len(lost)} in all")
    return [*found, *_full_text_faults(machine), *disorder(machine)]


def disorder(machine: Machine) -> list[str]:
    """Where the log of jobs shows a session out of order, or worked on by two."""
    found, newest, held = [], {}, {}
    for session, seq, event in _moves(machine):
        if event == OPEN:
            if session in held:
                found.append(
                    f"two of a session were done at once: {held[session], seq}"
                )
            if seq < newest.get(session, 0):
                found.append(f"a later job was done first: {newest[session], seq}")
            held[session] = newest[session] = seq
        elif held.get(session) == seq:
            held.pop(session)
    return found


def most_at_once(machine: Machine) -> int:
    """How many sessions were worked on at the same time, at most."""
    held: set[object] = set()
    most = 0
    for session, _, event in _moves(machine):
        if event == OPEN:
            held.add(session)
        else:
            held.discard(session)
        most = max(most, len(held))
    return most


def _moves(machine: Machine) -> list[tuple[str, int, str]]:
    with opened(machine) as store:
        return store.execute(_MOVES).fetchall()


def _full_text_faults(machine: Machine) -> list[str]:
    with opened(machine) as store:
        try:
            store.execute(_FULL_TEXT)
        except sqlite3.DatabaseError as error:
            return [f"the full-text index does not fit the memories: {error}"]
        finally:
            store.rollback()
    return []
