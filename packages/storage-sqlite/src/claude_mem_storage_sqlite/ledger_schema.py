# SPDX-License-Identifier: Apache-2.0
"""The table of the job ledger, with the indexes that keep a claim at a few lookups."""

from __future__ import annotations

LEDGER = (
    """
    CREATE TABLE generation_jobs (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (
        kind IN ('event', 'event-batch', 'summary', 'reindex')),
      team_id TEXT NOT NULL, project_id TEXT NOT NULL,
      server_session_id TEXT NOT NULL,
      source_type TEXT NOT NULL CHECK (source_type IN (
        'agent_event', 'session_summary', 'observation_reindex')),
      source_id TEXT NOT NULL, dedupe_key TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN (
        'queued', 'processing', 'completed', 'failed', 'cancelled')),
      attempts INTEGER NOT NULL, max_attempts INTEGER NOT NULL,
      claims INTEGER NOT NULL, lost_leases INTEGER NOT NULL,
      available_at_epoch INTEGER NOT NULL, lease_until_epoch INTEGER,
      skip_reason TEXT, last_error TEXT,
      created_at_epoch INTEGER NOT NULL, updated_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX generation_jobs_source ON generation_jobs (source_id)",
    "CREATE INDEX generation_jobs_session ON generation_jobs (server_session_id, seq)",
    # Only work that is still to be done stands in these four: a ledger of a hundred
    # thousand settled jobs answers as fast as an empty one.
    """
    CREATE UNIQUE INDEX generation_jobs_dedupe ON generation_jobs (dedupe_key)
      WHERE status IN ('queued', 'processing')
    """,
    """
    CREATE INDEX generation_jobs_waiting
      ON generation_jobs (seq, status, available_at_epoch, server_session_id)
      WHERE status IN ('queued', 'processing')
    """,
    """
    CREATE INDEX generation_jobs_head ON generation_jobs (server_session_id, seq)
      WHERE status IN ('queued', 'processing')
    """,
    """
    CREATE INDEX generation_jobs_lease ON generation_jobs (lease_until_epoch)
      WHERE status = 'processing'
    """,
    """
    CREATE TABLE job_counts (status TEXT PRIMARY KEY, jobs INTEGER NOT NULL)
      STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO job_counts VALUES
      ('queued', 0), ('processing', 0), ('completed', 0), ('failed', 0),
      ('cancelled', 0)
    """,
    """
    CREATE TRIGGER generation_jobs_added AFTER INSERT ON generation_jobs BEGIN
      UPDATE job_counts SET jobs = jobs + 1 WHERE status = new.status;
    END
    """,
    """
    CREATE TRIGGER generation_jobs_removed AFTER DELETE ON generation_jobs BEGIN
      UPDATE job_counts SET jobs = jobs - 1 WHERE status = old.status;
    END
    """,
    """
    CREATE TRIGGER generation_jobs_moved AFTER UPDATE OF status ON generation_jobs
      WHEN new.status <> old.status
    BEGIN
      UPDATE job_counts SET jobs = jobs - 1 WHERE status = old.status;
      UPDATE job_counts SET jobs = jobs + 1 WHERE status = new.status;
    END
    """,
)
