# SPDX-License-Identifier: Apache-2.0
"""Who sends a byte now and then takes nobody else's turn."""

from __future__ import annotations

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count

import pytest
from size import SIZE

from benchmarks.slow import SLOW, trickling

CALLERS = 4
PATIENCE = 5
"""Seconds after which a caller counts as not answered."""


@pytest.mark.sized
def test_two_hundred_slow_lines_keep_nobody_out(wire) -> None:
    over = threading.Event()
    timer = threading.Timer(SIZE.slow_seconds, over.set)

    def ask(caller: int) -> list[bool]:
        answers = []
        for number in count():
            if over.is_set():
                break
            answers.append(_is_answered(wire, f"{caller}-{number}"))
        return answers

    with trickling(wire.authority) as lines, ThreadPoolExecutor(CALLERS) as callers:
        timer.start()
        answered = [one for some in callers.map(ask, range(CALLERS)) for one in some]
        kept = sum(_is_open(line) for line in lines)

    assert kept == SLOW
    assert len(answered) >= 10 * CALLERS
    assert sum(answered) >= 0.99 * len(answered)


def test_a_line_that_falls_silent_is_closed(wire) -> None:
    with wire.line() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")

        assert line.recv(1) == b""


def _is_answered(wire, name: str) -> bool:
    """Whether a project can be made, and jobs be listed."""
    headers = dict([wire.key.strip().split(": ")])
    headers["Content-Type"] = "application/json"
    connection = http.client.HTTPConnection(wire.authority, timeout=PATIENCE)
    with closing(connection):
        try:
            for method, path, body in (
                ("POST", "/v1/projects", f'{{"name":"slow {name}"}}'),
                ("GET", "/v1/jobs", None),
            ):
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status not in (200, 201):
                    return False
        except OSError:
            return False
    return True


def _is_open(line) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
