# SPDX-License-Identifier: Apache-2.0
"""`python -m faults --at POINT --hit 7 -- server start`: the product, with a fault."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from claude_mem_cli.main import main
from claude_mem_core.settings import CoreSettings

from faults import pages
from faults.patching import Counter, replace, watch, when_ready
from faults.plants import PLANTS
from faults.points import POINTS, STORE, PageWritten

KILLED = 137
WRITERS: list[Any] = []
"""Those of this process."""

SHORT_LEASE = timedelta(seconds=1)
SHORT_BEAT = timedelta(milliseconds=100)


def start(args: Sequence[str]) -> None:
    """Put the faults in, then be the command that the rest of `args` names."""
    own, _, rest = " ".join(args).partition(" -- ")
    asked = _parser().parse_args(own.split())
    for name in asked.plant:
        _plant(name)
    if asked.hurry:
        replace("claude_mem_core.runtime:BEAT_EVERY", lambda _: SHORT_BEAT)
        replace("claude_mem_core.reference.queue:InProcessQueueEngine.__init__", _brief)
    if asked.trace:
        replace(
            "claude_mem_storage_sqlite.driver:Connection.run", _tracing(asked.trace)
        )
    if asked.stop:
        replace(f"{STORE}.writer:Writer.__init__", _remembered)
    if asked.at:
        _arm(asked.at, asked.hit, _stop if asked.stop else _die)
    sys.argv = ["claude-mem", *rest.split()]
    main()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="faults")
    parser.add_argument("--at", choices=POINTS, help="the fault point")
    parser.add_argument("--hit", type=int, default=1, help="which time it is reached")
    parser.add_argument("--stop", action="store_true", help="stand still, do not die")
    parser.add_argument("--plant", choices=PLANTS, action="append", default=[])
    parser.add_argument("--hurry", action="store_true", help="short leases and beats")
    parser.add_argument("--trace", type=Path, help="tells how each transaction syncs")
    return parser


def _plant(name: str) -> None:
    plant = PLANTS[name]

    def put() -> None:
        for target, twin in plant.twins.items():
            replace(target, twin)

    if plant.since == "ready":
        when_ready(put)
    else:
        put()


def _arm(name: str, nth: int, fate: Callable[[], None]) -> None:
    point, counter = POINTS[name], Counter(nth, fate)
    if isinstance(point, PageWritten):
        database = CoreSettings.from_env(os.environ).folder / "memory.db"
        pages.before_each_page(database, counter.hit)
        when_ready(counter.arm)
        return
    watch(point, counter)
    if point.since == "ready":
        when_ready(counter.arm)
    else:
        counter.arm()


def _die() -> None:
    os._exit(KILLED)


def _stop() -> None:
    with ExitStack() as stack:
        for writer in WRITERS:
            stack.enter_context(_between_writes(writer))
        # To this very thread: another would take the signal a moment too late.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


@contextmanager
def _between_writes(writer: Any) -> Iterator[None]:
    """No other thread writes: one that stood still then would hold up everybody."""
    if writer._owner == threading.get_ident():
        yield
        return
    with writer._turn:
        if writer._group is not None:
            writer._finish(writer._group)
        yield


def _remembered(init: Callable[..., None]) -> Callable[..., None]:
    def twin(self: Any, *args: Any, **named: Any) -> None:
        init(self, *args, **named)
        WRITERS.append(self)

    return twin


def _brief(init: Callable[..., None]) -> Callable[..., None]:
    def twin(*args: Any, **named: Any) -> None:
        init(*args, **{"lease": SHORT_LEASE, **named})

    return twin


def _tracing(path: Path) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def traced(run: Callable[..., Any]) -> Callable[..., Any]:
        def twin(self: Any, sql: str, parameters: Any = ()) -> Any:
            if sql.startswith("BEGIN"):
                (found,) = run(self, "PRAGMA synchronous").fetchone()
                with path.open("a") as lines:
                    lines.write(f"{sql}: {found}\n")
            return run(self, sql, parameters)

        return twin

    return traced


if __name__ == "__main__":
    start(sys.argv[1:])
