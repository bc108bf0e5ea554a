# SPDX-License-Identifier: Apache-2.0
"""The fault points: by name, where a process can be made to die."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

STORE = "claude_mem_storage_sqlite"
CORE = "claude_mem_core"


@dataclass(frozen=True, slots=True)
class Point:
    """A moment before or after the calls of a function.

    Attributes:
        target: The function, as `module:Class.name`.
        when: Before it is called, or after it returned.
        sql: Only calls whose first argument is a statement that begins so.
        answered: Only calls that returned something true.
        since: From which moment on calls count: `ready` is when the process has told
            others that it is there.
    """

    target: str
    when: Literal["before", "after"]
    sql: str | None = None
    answered: bool = False
    since: Literal["start", "ready"] = "ready"


@dataclass(frozen=True, slots=True)
class PageWritten:
    """The moment before a page goes into the database file itself.

    With a write-ahead log nothing but a checkpoint does that.
    """


RUN = f"{STORE}.driver:Connection.run"
PAGES_A_CHECKPOINT = f"{STORE}.connections:PAGES_A_CHECKPOINT"
RING = f"{CORE}.services.events:Events._ring"

POINTS: dict[str, Point | PageWritten] = {
    # The way of an event.
    "before-begin": Point(RUN, "before", sql="BEGIN IMMEDIATE"),
    "event-inserted": Point(f"{STORE}.events:SqliteEvents.add", "after"),
    "job-inserted": Point(f"{STORE}.jobs:SqliteJobs.add", "after"),
    "before-commit": Point(RUN, "before", sql="COMMIT"),
    "committed": Point(RUN, "after", sql="COMMIT"),
    "before-ring": Point(RING, "before"),
    "rung": Point(RING, "after"),
    "reply-written": Point(
        "waitress.channel:HTTPChannel._flush_some", "after", answered=True
    ),
    # The way of a job.
    "recovered": Point(f"{STORE}.jobs:SqliteJobs.recover", "after"),
    "brought-back": Point(
        f"{STORE}.jobs:SqliteJobs.recover", "after", answered=True, since="start"
    ),
    "claimed": Point(f"{CORE}.services.claims:Claims._claim", "after", answered=True),
    "generated": Point(f"{CORE}.services.generation:made_of", "after"),
    "settled": Point(f"{STORE}.jobs:SqliteJobs.settle", "after"),
    "memory-inserted": Point(f"{STORE}.memories:SqliteMemories.add", "after"),
    "kept": Point(f"{CORE}.services.generation:Generator._keep", "after"),
    "before-release": Point(f"{STORE}.jobs:SqliteJobs.release", "before"),
    "beating": Point(f"{STORE}.workers:SqliteWorkers.beat", "after", since="start"),
    # The file.
    "page-written": PageWritten(),
    "migrated-a-step": Point(f"{STORE}.migrations:_run", "after", since="start"),
    "migrated": Point(f"{STORE}.health:mark", "after", since="start"),
    # Where a transaction has read, and not yet written.
    "before-event-insert": Point(f"{STORE}.events:SqliteEvents.add", "before"),
}
