# SPDX-License-Identifier: Apache-2.0
"""Signals that ask a process to end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT)
ONE_REQUEST_SECONDS = 1.0
"""Signals within this time are one request: whoever runs us, such as make, passes a
signal on that the terminal had sent to both of us."""


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first signal; one well after it ends the process at once."""
    asked: list[float] = []

    def answer(number: int, _frame: FrameType | None) -> None:
        asked.append(monotonic())
        if len(asked) == 1:
            stop()
        elif asked[-1] - asked[0] > ONE_REQUEST_SECONDS:
            restore()
            signal.raise_signal(number)

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, answer) for number in STOPPING}
    try:
        yield
    finally:
        restore()
