# SPDX-License-Identifier: Apache-2.0
"""A stop signal is heard by whoever waits, and by nobody twice."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta

import pytest
from claude_mem_core.domain.stop_signal import StopSignal

LONG = timedelta(seconds=30)


def test_whoever_waits_is_woken() -> None:
    stop = StopSignal()
    threading.Timer(0.05, stop.set).start()

    assert stop.wait(LONG)
    assert stop.is_set


def test_without_a_signal_a_wait_comes_to_its_end() -> None:
    stop = StopSignal()

    assert not stop.wait(timedelta(milliseconds=10))
    assert not stop.is_set


def test_a_listener_is_told_while_it_listens_and_not_after() -> None:
    stop, told = StopSignal(), []

    with stop.telling(lambda: told.append("within")):
        assert stop.listeners == 1
    with stop.telling(lambda: told.append("at last")):
        stop.set()

    assert told == ["at last"]
    assert stop.listeners == 0


def test_who_listens_too_late_is_told_at_once() -> None:
    stop, told = StopSignal(), []
    stop.set()

    with stop.telling(lambda: told.append("late")):
        assert told == ["late"]


def test_a_listener_that_fails_is_let_go() -> None:
    stop = StopSignal()

    with pytest.raises(ZeroDivisionError), stop.telling(lambda: None):
        raise ZeroDivisionError
    assert stop.listeners == 0


def test_a_signal_handler_may_give_it_to_the_thread_that_it_interrupts() -> None:
    stop = StopSignal()
    before = signal.signal(signal.SIGUSR1, lambda *_: stop.set())
    ident = threading.get_ident()
    timer = threading.Timer(0.05, signal.pthread_kill, [ident, signal.SIGUSR1])
    timer.start()
    try:
        assert stop.wait(LONG)
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)
