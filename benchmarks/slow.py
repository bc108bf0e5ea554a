# SPDX-License-Identifier: Apache-2.0
"""What 200 connections that trickle bytes cost those who ask as usual.

Each slow connection sends a byte of a header now and then, so that it is never silent
long enough to be closed. The yardstick is the same server without them.
"""

from __future__ import annotations

import http.client
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.report import Line, percentile
from benchmarks.served import Server, served

SLOW = 200
PAUSE = 0.25
"""Seconds between two bytes of one connection."""

ROUNDS = 3
SECONDS = 10.0
OK = 200


def measure() -> Sequence[Line]:
    """Milliseconds of a request beside the slow connections, and without them."""
    ours: list[float] = []
    bare: list[float] = []
    sent = 0
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as server:
        for _ in range(ROUNDS):
            bare += _asked(server)[1]
            with trickling(server.address):
                asked, answered = _asked(server)
            ours += answered
            sent += asked
    return [
        *(
            Line(
                f"a request beside {SLOW} slow ones, {label}",
                percentile(ours, share) * 1000,
                percentile(bare, share) * 1000,
                "ms",
                more_is_better=False,
            )
            for label, share in (("p50", 0.5), ("p95", 0.95))
        ),
        Line("answered of a hundred", len(ours) / sent * 100, 100, "%", True),
    ]


@contextmanager
def trickling(address: str, count: int = SLOW) -> Iterator[Sequence[socket.socket]]:
    """So many connections that send a byte now and then, until the block is left."""
    host, _, port = address.partition(":")
    lines = [socket.create_connection((host, int(port))) for _ in range(count)]
    enough = threading.Event()
    thread = threading.Thread(target=_trickle, args=(lines, enough))
    thread.start()
    try:
        yield lines
    finally:
        enough.set()
        thread.join()
        for line in lines:
            line.close()


def _trickle(lines: Sequence[socket.socket], enough: threading.Event) -> None:
    for line in lines:
        line.sendall(b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    while not enough.wait(PAUSE):
        for line in lines:
            line.sendall(b"a")


def _asked(server: Server) -> tuple[int, Sequence[float]]:
    """How often it was asked, and the seconds of each answer that came."""
    sent, taken = 0, []
    end = time.perf_counter() + SECONDS
    while (begin := time.perf_counter()) < end:
        sent += 1
        connection = http.client.HTTPConnection(server.address, timeout=5)
        with closing(connection):
            headers = {"Authorization": f"Bearer {server.token}"}
            try:
                connection.request("GET", "/v1/projects", headers=headers)
                if connection.getresponse().status == OK:
                    taken.append(time.perf_counter() - begin)
            except OSError:
                continue
    return sent, taken
