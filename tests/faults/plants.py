# SPDX-License-Identifier: Apache-2.0
"""The planted bugs: by name, which functions get a twin that does it wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from claude_mem_core.domain.access import Principal

from faults.points import CORE, RUN, STORE

HTTP = "claude_mem_http_falcon"
Twin = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Plant:
    """A bug.

    Attributes:
        twins: What stands at a place, `module:Class.name`, given what stood there.
        since: When it is planted.
    """

    twins: dict[str, Twin]
    since: Literal["start", "ready"] = "start"


def _block_that_never_commits(_: Any) -> Any:
    @contextmanager
    def block(self: Any) -> Any:
        self._stand_in_line()
        try:
            self._owner = threading.get_ident()
            with self._alone_in(self._joined()):
                yield self.connection
        finally:
            self._owner = None
            self._turn.release()

    return block


def _deferred(run: Any) -> Any:
    def twin(self: Any, sql: str, parameters: Any = ()) -> Any:
        return run(self, "BEGIN" if sql == "BEGIN IMMEDIATE" else sql, parameters)

    return twin


def _synchronous_off(configured: Any) -> Any:
    def twin(*args: Any, **named: Any) -> Any:
        connection = configured(*args, **named)
        connection.run("PRAGMA synchronous = OFF")
        return connection

    return twin


def _in_two_steps(_: Any) -> Any:
    def keep(self: Any, claim: Any, task: Any, made: Any, _uses: Any = ()) -> None:
        apart = replace(task, stem=f"{task.stem}:{claim.token}")
        newcomers = self._newcomers(claim.job, task, made)
        with self._storage.begin() as tx:
            if newcomers:
                self._store(tx, claim.job, apart, newcomers)
        with self._storage.begin() as tx:
            skip = task.skip or made.skip
            tx.jobs.settle(claim, now=self._system.now(), skip=skip)

    return keep


def _after(seconds: float) -> Twin:
    def slow(made: Any) -> Any:
        def twin(*args: Any) -> Any:
            threading.Event().wait(seconds)
            return made(*args)

        return twin

    return slow


def _nothing(_: Any) -> Any:
    return lambda *_: None


ANY_JOB = "SELECT seq FROM generation_jobs WHERE status = 'queued' ORDER BY seq LIMIT 1"
MADE = f"{CORE}.services.generation:made_of"


def _anybody(_: Any) -> Any:
    return lambda *_, **__: Principal.local()


def _no_check(_: Any) -> Any:
    return lambda *_: None


PLANTS: dict[str, Plant] = {
    "acknowledge-before-commit": Plant(
        {f"{STORE}.writer:Writer.block": _block_that_never_commits}, since="ready"
    ),
    "event-without-job": Plant(
        {f"{STORE}.jobs:SqliteJobs.add": lambda _: lambda *_: True}
    ),
    "no-fencing": Plant({f"{STORE}.jobs:_HELD": lambda _: "WHERE id = :id"}),
    "two-on-a-session": Plant({f"{STORE}.jobs:_NEXT": lambda _: ANY_JOB}),
    "kept-in-two-steps": Plant(
        {f"{CORE}.services.generation:Generator._keep": _in_two_steps}
    ),
    "deferred-begin": Plant(
        {
            RUN: _deferred,
            f"{STORE}.lease:Lease.take": _nothing,
            f"{STORE}.lease:Lease.give_back": _nothing,
        }
    ),
    "synchronous-off": Plant({f"{STORE}.connections:_configured": _synchronous_off}),
    "anybody-is-let-in": Plant(
        {f"{CORE}.services.access:Access.authenticate": _anybody}
    ),
    "any-page-may-ask": Plant({f"{HTTP}.gate:Gate.check": _no_check}),
    # No bugs: a generator that takes its time, as a distant model does.
    "a-generator-of-a-second": Plant({MADE: _after(1)}),
    "a-generator-of-a-minute": Plant({MADE: _after(60)}),
}
