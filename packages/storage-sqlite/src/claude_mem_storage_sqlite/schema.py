# SPDX-License-Identifier: Apache-2.0
"""The tables, their borders and their indexes, as the migrations make them.

`seq` is the order in which rows were put in; `id` is what the rest of the world knows.
Lists and objects are JSON text. Keys, jobs and audit entries refer to teams and
projects without a foreign key: a credential is looked up before anything else is
known, work is settled or cancelled but never dropped behind a worker's back, and what
was done stays on record when its object is gone. A project with memories cannot be
deleted over their heads, as the full-text index must be told of each.
"""

from __future__ import annotations

TABLES = (
    """
    CREATE TABLE teams (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL, slug TEXT UNIQUE, metadata TEXT NOT NULL,
      created_at_epoch INTEGER NOT NULL, updated_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE team_members (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      team_id TEXT NOT NULL REFERENCES teams(id) ON DELETE CASCADE,
      user_id TEXT NOT NULL,
      role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
      metadata TEXT NOT NULL,
      created_at_epoch INTEGER NOT NULL, updated_at_epoch INTEGER NOT NULL,
      UNIQUE (team_id, user_id)
    ) STRICT
    """,
    "CREATE INDEX team_members_user ON team_members (user_id)",
    """
    CREATE TABLE projects (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      team_id TEXT NOT NULL REFERENCES teams(id) ON DELETE CASCADE,
      name TEXT NOT NULL, slug TEXT, root_path TEXT, metadata TEXT NOT NULL,
      created_at_epoch INTEGER NOT NULL, updated_at_epoch INTEGER NOT NULL,
      UNIQUE (team_id, slug), UNIQUE (team_id, root_path)
    ) STRICT
    """,
    """
    CREATE TABLE server_sessions (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
      content_session_id TEXT, memory_session_id TEXT, external_session_id TEXT,
      agent_name TEXT AS (coalesce(external_session_id, content_session_id)),
      platform_source TEXT, agent_id TEXT, agent_type TEXT, title TEXT,
      status TEXT NOT NULL CHECK (status IN ('active', 'completed', 'failed')),
      metadata TEXT NOT NULL,
      started_at_epoch INTEGER NOT NULL, completed_at_epoch INTEGER,
      updated_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX server_sessions_name
      ON server_sessions (agent_name, project_id, ifnull(platform_source, ''))
    """,
    "CREATE INDEX server_sessions_project ON server_sessions (project_id)",
    "CREATE INDEX server_sessions_content ON server_sessions (content_session_id)",
    "CREATE INDEX server_sessions_memory ON server_sessions (memory_session_id)",
    "CREATE INDEX server_sessions_status ON server_sessions (status)",
    """
    CREATE TABLE agent_events (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
      server_session_id TEXT REFERENCES server_sessions(id) ON DELETE SET NULL,
      turn INTEGER NOT NULL,
      turn_role TEXT NOT NULL CHECK (turn_role IN ('opens', 'within', 'closes')),
      source_type TEXT NOT NULL CHECK (
        source_type IN ('hook', 'worker', 'provider', 'server', 'api')),
      event_type TEXT NOT NULL, platform_source TEXT,
      content_session_id TEXT, memory_session_id TEXT,
      source_event_id TEXT, tool_use_id TEXT,
      occurred_at_epoch INTEGER NOT NULL, created_at_epoch INTEGER NOT NULL,
      idempotency_key TEXT NOT NULL UNIQUE,
      metadata TEXT NOT NULL, payload TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE INDEX agent_events_project
      ON agent_events (project_id, occurred_at_epoch DESC)
    """,
    """
    CREATE INDEX agent_events_session
      ON agent_events (server_session_id, occurred_at_epoch DESC)
    """,
    "CREATE INDEX agent_events_type ON agent_events (event_type)",
    # All that a session is asked for its events by: only those wanted are read.
    """
    CREATE INDEX agent_events_order
      ON agent_events (server_session_id, seq, turn, turn_role)
    """,
    """
    CREATE TABLE memory_items (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      project_id TEXT NOT NULL REFERENCES projects(id),
      server_session_id TEXT REFERENCES server_sessions(id) ON DELETE SET NULL,
      legacy_observation_id INTEGER,
      kind TEXT NOT NULL CHECK (
        kind IN ('observation', 'summary', 'prompt', 'manual')),
      type TEXT NOT NULL, title TEXT, subtitle TEXT, text TEXT, narrative TEXT,
      facts TEXT NOT NULL, concepts TEXT NOT NULL,
      files_read TEXT NOT NULL, files_modified TEXT NOT NULL,
      metadata TEXT NOT NULL,
      trust TEXT CHECK (trust IN ('user', 'agent', 'tool', 'import')),
      confidence REAL CHECK (confidence BETWEEN 0 AND 1),
      valid_from_epoch INTEGER, valid_to_epoch INTEGER, superseded_by_id TEXT,
      created_at_epoch INTEGER NOT NULL, updated_at_epoch INTEGER NOT NULL,
      generation_key TEXT UNIQUE
    ) STRICT
    """,
    """
    CREATE INDEX memory_items_project
      ON memory_items (project_id, created_at_epoch DESC, id DESC)
    """,
    """
    CREATE INDEX memory_items_session
      ON memory_items (server_session_id, created_at_epoch DESC)
    """,
    "CREATE INDEX memory_items_kind ON memory_items (kind, type)",
    # Not unique: two people may bring in databases that both count from 1.
    """
    CREATE INDEX memory_items_legacy ON memory_items (legacy_observation_id)
      WHERE legacy_observation_id IS NOT NULL
    """,
    """
    CREATE TABLE memory_sources (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL,
      memory_item_id TEXT NOT NULL REFERENCES memory_items(id) ON DELETE CASCADE,
      source_type TEXT NOT NULL CHECK (source_type IN (
        'observation', 'session_summary', 'user_prompt', 'manual', 'import',
        'agent_event')),
      legacy_table TEXT, legacy_id INTEGER, source_uri TEXT, metadata TEXT NOT NULL,
      event_id TEXT, json_path TEXT, start INTEGER, "end" INTEGER,
      file TEXT, file_hash TEXT,
      created_at_epoch INTEGER NOT NULL,
      UNIQUE (memory_item_id, id)
    ) STRICT
    """,
    """
    CREATE INDEX memory_sources_legacy ON memory_sources (legacy_table, legacy_id)
      WHERE legacy_table IS NOT NULL
    """,
    """
    CREATE INDEX memory_sources_event ON memory_sources (event_id)
      WHERE event_id IS NOT NULL
    """,
    """
    CREATE TABLE api_keys (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      team_id TEXT, project_id TEXT, name TEXT NOT NULL,
      key_hash TEXT NOT NULL UNIQUE, prefix TEXT UNIQUE, scopes TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
      last_used_at_epoch INTEGER, expires_at_epoch INTEGER, metadata TEXT NOT NULL,
      created_at_epoch INTEGER NOT NULL, updated_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX api_keys_team ON api_keys (team_id)",
    "CREATE INDEX api_keys_project ON api_keys (project_id)",
    """
    CREATE TABLE audit_log (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      team_id TEXT, project_id TEXT,
      actor_type TEXT NOT NULL CHECK (actor_type IN ('user', 'api_key', 'system')),
      actor_id TEXT, action TEXT NOT NULL, target_type TEXT, target_id TEXT,
      metadata TEXT NOT NULL, created_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX audit_log_team ON audit_log (team_id, seq)",
    "CREATE INDEX audit_log_project ON audit_log (project_id, seq)",
    "CREATE INDEX audit_log_actor ON audit_log (actor_type, actor_id)",
)

COUNTS = (
    # A project's memories are counted by their kinds from this index alone.
    "CREATE INDEX memory_items_project_kind ON memory_items (project_id, kind)",
)
"""What the second migration adds."""

SUCCESSORS = (
    """
    CREATE INDEX memory_items_superseded ON memory_items (superseded_by_id)
      WHERE superseded_by_id IS NOT NULL
    """,
)
"""What the fourth migration adds."""

IDENTITIES = (
    """
    CREATE TABLE project_identities (
      seq INTEGER PRIMARY KEY,
      team_id TEXT NOT NULL REFERENCES teams(id) ON DELETE CASCADE,
      project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
      key TEXT NOT NULL,
      proof TEXT NOT NULL CHECK (proof IN ('user', 'repository', 'folder')),
      created_at_epoch INTEGER NOT NULL,
      UNIQUE (team_id, key)
    ) STRICT
    """,
    "CREATE INDEX project_identities_project ON project_identities (project_id)",
)
"""What the fifth migration adds: the keys that stand for projects."""

AS_HAPPENED = (
    # A late event finds its place by this index alone.
    "DROP INDEX IF EXISTS agent_events_session",
    """
    CREATE INDEX agent_events_session
      ON agent_events (server_session_id, occurred_at_epoch, seq, turn, turn_role)
    """,
)
COVERAGE = (
    "ALTER TABLE server_sessions ADD COLUMN coverage TEXT NOT NULL DEFAULT 'null'",
    "ALTER TABLE server_sessions ADD COLUMN covered_at_epoch INTEGER",
    """
    CREATE INDEX server_sessions_covered ON server_sessions (covered_at_epoch)
      WHERE covered_at_epoch IS NOT NULL
    """,
)
"""What the eighteenth migration adds: how much of each session was captured."""

KEY_COLUMNS = (
    "ALTER TABLE api_keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'service'",
    "ALTER TABLE api_keys ADD COLUMN role TEXT",
    "ALTER TABLE api_keys ADD COLUMN user_id TEXT",
    "ALTER TABLE api_keys ADD COLUMN is_local INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE api_keys ADD COLUMN rotated_to_id TEXT",
    "ALTER TABLE api_keys ADD COLUMN not_before_epoch INTEGER",
    "ALTER TABLE generation_jobs ADD COLUMN api_key_id TEXT",
    # Until then a machine's own token was known by its name alone, as no other could
    # be made.
    "UPDATE api_keys SET is_local = 1 WHERE name = 'local token'",
)
"""What the fourteenth migration adds: who a key is for, and how it ends."""
