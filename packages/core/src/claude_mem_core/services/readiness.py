# SPDX-License-Identifier: Apache-2.0
"""Readiness: whether what was taken in becomes memories, said without content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.errors import AdapterError, Issue, StorageReadOnlyError
from claude_mem_core.services.status import Progress, Status

LoopState = Literal["disabled", "active", "errored"]

NOBODY = "no worker was heard of in the last 20 seconds"


@dataclass(frozen=True, slots=True)
class OwnLoop:
    """How the worker is that runs in the asked process itself.

    Attributes:
        problem: What it failed with last.
    """

    state: LoopState
    problem: str | None


def shortcomings(status: Status, own: OwnLoop) -> Sequence[Issue]:
    """What keeps the work from going on, an issue for each part at fault."""
    health = status.queue()
    progress, store = None, []
    try:
        progress = status.progress()
        status.require_writable()
    except StorageReadOnlyError:
        cure = "make the database and its folder writable, no restart is needed"
        store.append(Issue("store", "it is read-only", cure))
    except AdapterError:
        cause = f"it cannot be {'written' if progress else 'read'}"
        store.append(Issue("store", cause, "see the server's log"))
    return [
        *store,
        *_of_queue(health),
        *_of_worker(own, progress, health),
        *_of_progress(progress),
    ]


def workers_state(
    own: OwnLoop, progress: Progress | None, health: EngineHealth
) -> LoopState:
    """How the workers are as a whole: one that is well is enough."""
    others = progress.workers if progress else ()
    states = {own.state, *(worker.health for worker in others)}
    # Of those that both know, only the store's list says how they are.
    if "active" in states or set(health.workers) - {worker.id for worker in others}:
        return "active"
    return "errored" if "errored" in states else "disabled"


def _of_queue(health: EngineHealth) -> Iterator[Issue]:
    if health.problem is not None:
        cure = "events are kept meanwhile; mend it, and the work goes on by itself"
        yield Issue("queue", health.problem, cure)


def _of_worker(
    own: OwnLoop, progress: Progress | None, health: EngineHealth
) -> Iterator[Issue]:
    state = workers_state(own, progress, health)
    if state == "disabled" and progress is not None:
        cure = "run: claude-mem server worker"
        yield Issue("generationWorker", NOBODY, cure)
    elif state == "errored":
        cause = f"it fails with {kind_of(own.problem)}"
        yield Issue("generationWorker", cause, "see the log of the server and workers")


def _of_progress(progress: Progress | None) -> Iterator[Issue]:
    if progress is not None and progress.is_stuck:
        cause = "work is due, and no job has moved for two minutes"
        cure = "see claude-mem server jobs list, and the log of the workers"
        yield Issue("queueDepth", cause, cure)


def kind_of(problem: str | None) -> str:
    """The name of an error, without its message, which may hold what was stored."""
    return (problem or "an error").partition(":")[0]
