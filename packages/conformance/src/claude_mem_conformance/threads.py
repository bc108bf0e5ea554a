# SPDX-License-Identifier: Apache-2.0
"""Work in a thread of its own, whose result or error comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 3.0
"""Seconds after which something that should be done at once counts as stuck."""

AT_MOST = 30.0
"""Seconds after which a thread of a test that is about something else is stuck."""


def in_thread(work: Callable[[], T]) -> Future[T]:
    """What `work` will have returned or raised."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Return as soon as something holds; it fails when it does not within the time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"it does not hold after {seconds:g} s"
        time.sleep(0.01)
