# SPDX-License-Identifier: Apache-2.0
"""Triggers that keep a record and its session in one project, whoever writes."""

from __future__ import annotations

MESSAGE = "a record and its session are of the same project"


def _same_project(table: str, when: str) -> str:
    name = f"{table}_session_{when.split(maxsplit=1)[0].lower()}"
    return f"""
    CREATE TRIGGER {name} BEFORE {when} ON {table}
      WHEN new.server_session_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM server_sessions
        WHERE id = new.server_session_id AND project_id = new.project_id)
    BEGIN
      SELECT raise(ABORT, '{MESSAGE}');
    END
    """


BORDERS = (
    *(
        _same_project(table, when)
        for table in ("agent_events", "memory_items")
        for when in ("INSERT", "UPDATE OF server_session_id, project_id")
    ),
    """
    CREATE TRIGGER server_sessions_stay BEFORE UPDATE OF project_id ON server_sessions
      WHEN new.project_id <> old.project_id AND (
        EXISTS (SELECT 1 FROM agent_events WHERE server_session_id = old.id)
        OR EXISTS (SELECT 1 FROM memory_items WHERE server_session_id = old.id))
    BEGIN
      SELECT raise(ABORT, 'a session with records stays in its project');
    END
    """,
)
