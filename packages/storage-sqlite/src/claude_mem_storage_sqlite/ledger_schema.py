# SPDX-License-Identifier: Apache-2.0
"""The tables of the job ledger, with the indexes that keep a claim at a few lookups."""

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

LOG = (
    "ALTER TABLE generation_jobs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE generation_jobs ADD COLUMN worker TEXT",
    "ALTER TABLE generation_jobs ADD COLUMN error_kind TEXT",
    """
    CREATE TABLE generation_job_events (
      seq INTEGER PRIMARY KEY,
      job INTEGER NOT NULL REFERENCES generation_jobs(seq) ON DELETE CASCADE,
      event TEXT NOT NULL CHECK (event IN (
        'queued', 'processing', 'retry_scheduled', 'completed', 'failed',
        'cancelled')),
      attempt INTEGER NOT NULL, claim INTEGER NOT NULL,
      worker TEXT, reason TEXT, created_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX generation_job_events_job ON generation_job_events (job, seq)",
    # Each kind has a count of its own: a long lane is told as quickly as an empty one.
    "DROP TRIGGER generation_jobs_added",
    "DROP TRIGGER generation_jobs_removed",
    "DROP TRIGGER generation_jobs_moved",
    "DROP TABLE job_counts",
    """
    CREATE TABLE job_counts (
      kind TEXT NOT NULL, status TEXT NOT NULL, jobs INTEGER NOT NULL,
      PRIMARY KEY (kind, status)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO job_counts SELECT kind, status, count(*) FROM generation_jobs
      GROUP BY kind, status
    """,
    """
    CREATE TRIGGER generation_jobs_added AFTER INSERT ON generation_jobs BEGIN
      INSERT INTO job_counts VALUES (new.kind, new.status, 1)
        ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END
    """,
    """
    CREATE TRIGGER generation_jobs_removed AFTER DELETE ON generation_jobs BEGIN
      UPDATE job_counts SET jobs = jobs - 1
        WHERE kind = old.kind AND status = old.status;
    END
    """,
    """
    CREATE TRIGGER generation_jobs_moved AFTER UPDATE OF status ON generation_jobs
      WHEN new.status <> old.status
    BEGIN
      UPDATE job_counts SET jobs = jobs - 1
        WHERE kind = old.kind AND status = old.status;
      INSERT INTO job_counts VALUES (new.kind, new.status, 1)
        ON CONFLICT DO UPDATE SET jobs = jobs + 1;
    END
    """,
    # A dead letter is looked for in a ledger of a million completed jobs.
    """
    CREATE INDEX generation_jobs_failed ON generation_jobs (seq)
      WHERE status = 'failed'
    """,
    # No way of writing can leave its move out of the log, or make one that is none.
    """
    CREATE TRIGGER generation_jobs_legal BEFORE UPDATE OF status ON generation_jobs
      WHEN new.status <> old.status AND instr(
        CASE old.status
          WHEN 'queued' THEN ' processing failed cancelled '
          WHEN 'processing' THEN ' queued completed failed cancelled '
          WHEN 'completed' THEN ' '
          ELSE ' queued ' END,
        ' ' || new.status || ' ') = 0
    BEGIN
      SELECT RAISE(ABORT, 'a job cannot move so');
    END
    """,
    """
    CREATE TRIGGER generation_jobs_told AFTER UPDATE OF status ON generation_jobs
      WHEN new.status <> old.status
    BEGIN
      INSERT INTO generation_job_events
        (job, event, attempt, claim, worker, reason, created_at_epoch)
      VALUES (
        new.seq,
        iif(new.status = 'queued' AND new.attempts > old.attempts,
          'retry_scheduled', new.status),
        new.attempts, new.claims, new.worker,
        CASE
          WHEN new.status = 'completed' THEN new.skip_reason
          WHEN new.status = 'failed' OR new.attempts > old.attempts
            THEN new.last_error
        END,
        new.updated_at_epoch);
    END
    """,
    """
    CREATE TABLE generation_workers (
      id TEXT PRIMARY KEY, engine TEXT NOT NULL, host TEXT NOT NULL,
      pid INTEGER NOT NULL, health TEXT NOT NULL, last_error TEXT,
      started_at_epoch INTEGER NOT NULL, seen_at_epoch INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)
"""What the third schema adds: a log of every move, and who works."""
