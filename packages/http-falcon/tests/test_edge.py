# SPDX-License-Identifier: Apache-2.0
"""What is no proper HTTP is refused, once, in our shape, and nothing slips behind it."""

from __future__ import annotations

import pytest

HOST = b"Host: localhost\r\n"
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN, 400),
        (b"POST /healthz HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN, 400),
        (b"POST /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n" + HIDDEN, 400),
        (b"POST /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n" + HIDDEN, 400),
        (b"POST /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: +4\r\n\r\n" + HIDDEN, 400),
        (b"POST /healthz HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n" + HIDDEN, 501),
        (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-A: a\r\n b\r\n\r\n" + HIDDEN, 400),
        (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-A : a\r\n\r\n" + HIDDEN, 400),
        (b"GET /healthz HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n" + HIDDEN, 400),
        (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-A: a\nX-B: b\r\n\r\n" + HIDDEN, 400),
        (b"GET /healthz\r\n" + HOST + b"\r\n" + HIDDEN, 400),
        (b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n" + HIDDEN, 400),
        (b"GET http://evil.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN, 400),
        (b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN, 400),
        (b"nonsense\r\n\r\n" + HIDDEN, 400),
        (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 20_000 + b"\r\n\r\n" + HIDDEN, 431),
    ],
)  # fmt: skip
def test_a_malformed_request_has_one_answer_and_the_line_is_closed(
    client, sent, status
) -> None:
    came = client.shout(sent)

    head, _, body = came.partition(b"\r\n\r\n")
    assert b" %d " % status in head.splitlines()[0]
    assert b"Content-Type: application/problem+json" in head
    assert b"Connection: close" in head
    assert b"X-Request-Id: " in head
    assert b'"requestId":' in body
    assert came.count(b"HTTP/1.") - body.count(b"HTTP/1.") == 1


def test_two_requests_on_one_line_have_two_answers_in_order(client) -> None:
    closing = b"GET /v1/info HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    came = client.shout(HIDDEN + closing)

    assert came.count(b"HTTP/1.1 200 OK") == 2
    assert came.index(b'{"status":"ok"}') < came.index(b"claude-mem-server")


def test_forwarded_headers_name_nobody(client) -> None:
    client.key = client.issue("projects:read")

    answer = client.get("/v1/projects", X_Forwarded_For="1.2.3.4", X_Forwarded_Host="e")

    assert answer.status == 200


def test_a_refused_body_without_an_end_is_cut_off(client, monkeypatch) -> None:
    monkeypatch.setattr("claude_mem_http_falcon.edge.MOST_DISCARDED", 1_000_000)
    head = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n"

    with client.line() as line:
        line.sendall(head)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            line.sendall(b"x" * 100_000_000)


def test_a_store_that_fails_at_the_door_is_unavailable_there(client) -> None:
    client.runtime.close()

    answer = client.send("POST", "/v1/projects", b"{}")

    assert answer.status == 503
    assert answer.headers["Retry-After"]


def test_the_unforeseen_at_the_door_is_answered_and_logged(
    client, monkeypatch, caplog
) -> None:
    def fail(_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(client.runtime.access, "authenticate", fail)

    answer = client.send("POST", "/v1/projects", b"x" * 1_000_000)

    assert answer.status == 500
    assert b"secret" not in answer.body
    assert "secret" in caplog.text
