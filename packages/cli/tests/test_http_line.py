# SPDX-License-Identifier: Apache-2.0
"""The line to a server asks again where it may, and tells errors as the services do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from claude_mem_cli.http_line import HttpLine
from claude_mem_core.errors import (
    AdapterError,
    ConflictError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    StorageReadOnlyError,
)


class Moody(BaseHTTPRequestHandler):
    """Answers with what `server.next` has, and hangs up on None."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(self.path)
        status, code = self.server.next.pop(0)
        if not status:
            self.close_connection = True
            return
        body = json.dumps({"message": "no key with the id 'x'", "code": code}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "90")
        self.send_header("X-RateLimit-Limit", "6")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    one = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    one.daemon_threads = True
    one.seen, one.next = [], []
    thread = threading.Thread(target=one.serve_forever)
    thread.start()
    yield one
    one.shutdown()
    thread.join()
    one.server_close()


@pytest.fixture
def line(server) -> Iterator[HttpLine]:
    one = HttpLine(f"http://127.0.0.1:{server.server_port}", None, "the server")
    yield one
    one.close()


HANGS_UP, FINE = (0, ""), (200, "")


def test_what_may_be_said_twice_is_said_again_when_an_idle_line_was_dropped(
    server, line
):
    server.next += [FINE, HANGS_UP, FINE]
    line.ask("POST", "/a")
    line.ask("POST", "/b")

    assert server.seen == ["/a", "/b", "/b"]


def test_what_makes_something_each_time_is_said_once(server, line):
    server.next += [FINE, HANGS_UP, FINE]
    line.ask("POST", "/a")
    with pytest.raises(AdapterError, match="the server does not answer"):
        line.ask_once("POST", "/b")

    assert server.seen == ["/a", "/b"]


def test_an_error_of_the_server_is_the_one_that_the_service_raised(server, line):
    kinds = {
        (402, "quota_exceeded"): QuotaExceededError,
        (404, "not_found"): NotFoundError,
        (409, "conflict"): ConflictError,
        (429, "rate_limited"): RateLimitedError,
        (503, "storage_read_only"): StorageReadOnlyError,
    }
    told = {}
    for answer in kinds:
        server.next.append(answer)
        with pytest.raises((AdapterError, *kinds.values())) as error:
            line.ask("POST", "/a")
        told[answer] = error.value

    assert {answer: type(one) for answer, one in told.items()} == kinds
    assert all(one.code == code for (_, code), one in told.items())
    assert told[429, "rate_limited"].retry_after == timedelta(seconds=90)
    assert told[429, "rate_limited"].limit == 6
    assert told[402, "quota_exceeded"].retry_after == timedelta(seconds=90)
    assert (told[404, "not_found"].kind, told[404, "not_found"].record_id) == (
        "key",
        "x",
    )
