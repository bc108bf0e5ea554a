# SPDX-License-Identifier: Apache-2.0
"""Putting something else where a name of the product leads."""

from __future__ import annotations

import functools
import importlib
import threading
from collections.abc import Callable
from typing import Any

from faults.points import Point

READY = (
    "claude_mem_cli.server_files:publish",
    "claude_mem_core.services.workers:Workers.enter",
)
"""A server, and a worker of its own process, are there once one of these returned."""


def replace(target: str, twin: Callable[[Any], Any]) -> None:
    """Put `twin(what is there)` at `target`; a target that is not there ends us."""
    module, _, path = target.partition(":")
    *outer, name = path.split(".")
    try:
        place = functools.reduce(getattr, outer, importlib.import_module(module))
        old = vars(place)[name]
    except (ImportError, AttributeError, KeyError) as error:
        raise SystemExit(f"there is no {target} any more: {error!r}") from error
    setattr(place, name, twin(old))


def when_ready(deed: Callable[[], None]) -> None:
    """Do `deed` once this process has told others that it is there."""
    for target in READY:
        replace(target, lambda tell: _then(tell, deed))


def _then(tell: Callable[..., Any], deed: Callable[[], None]) -> Callable[..., Any]:
    @functools.wraps(tell)
    def twin(*args: Any, **named: Any) -> Any:
        answer = tell(*args, **named)
        deed()
        return answer

    return twin


class Counter:
    """Calls `fate` at the nth hit since it was armed."""

    def __init__(self, nth: int, fate: Callable[[], None]) -> None:
        self._left = nth
        self._fate = fate
        self._armed = False
        self._lock = threading.Lock()

    def arm(self) -> None:
        """Count from now on."""
        self._armed = True

    def hit(self) -> None:
        """Count one more."""
        if not self._armed:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._fate()


def watch(point: Point, counter: Counter) -> None:
    """Count the calls that a fault point speaks of."""
    replace(point.target, lambda function: _counted(function, point, counter))


def _counted(
    function: Callable[..., Any], point: Point, counter: Counter
) -> Callable[..., Any]:
    @functools.wraps(function)
    def twin(*args: Any, **named: Any) -> Any:
        if point.sql and not str(args[1]).startswith(point.sql):
            return function(*args, **named)
        if point.when == "before":
            counter.hit()
        answer = function(*args, **named)
        if point.when == "after" and (answer or not point.answered):
            counter.hit()
        return answer

    return twin
