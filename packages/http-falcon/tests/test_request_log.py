# SPDX-License-Identifier: Apache-2.0
"""Every request has an id, a line in the log, and hardened headers in its answer."""

from __future__ import annotations

import logging
import re

import pytest

EVERY = [
    ("GET", "/healthz", 200),
    ("GET", "/v1/projects", 200),
    ("GET", "/nowhere", 404),
    ("DELETE", "/healthz", 405),
    ("POST", "/v1/projects", 400),
]


@pytest.mark.parametrize("given", ["r1", "A-b_c", "x" * 64, "0"])
def test_a_safe_id_is_kept(client, given) -> None:
    answer = client.get("/healthz", X_Request_Id=given)

    assert answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize(
    "given", [None, "", "-a", "x" * 65, "a b", "a\tb", "é", "a;b", "_"]
)
def test_an_unsafe_id_is_replaced_by_a_new_one(client, given) -> None:
    one, other = (
        client.get("/healthz", X_Request_Id=given).headers["X-Request-Id"]
        for _ in range(2)
    )

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one)
    assert one != other


@pytest.mark.parametrize(("method", "path", "status"), EVERY)
def test_every_answer_is_hardened(client, method, path, status) -> None:
    answer = client.send(method, path)

    assert answer.status == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in answer.headers


@pytest.mark.parametrize(("method", "path", "status"), EVERY)
def test_every_request_is_one_line_in_the_log(
    client, caplog, method, path, status
) -> None:
    with caplog.at_level(logging.INFO, "claude_mem_http_falcon"):
        client.send(method, path, X_Request_Id="r1")

    (line,) = [one.getMessage() for one in caplog.records]
    assert re.fullmatch(rf"{method} {path} {status} \d+\.\d ms r1", line)


def test_a_request_refused_before_its_body_is_a_line_too(client, caplog) -> None:
    client.key = None

    with caplog.at_level(logging.INFO, "claude_mem_http_falcon"):
        client.send("POST", "/v1/events", b"x" * 100_000, X_Request_Id="r1")

    (line,) = [one.getMessage() for one in caplog.records]
    assert re.fullmatch(r"POST /v1/events 401 \d+\.\d ms r1", line)


def test_the_log_has_no_query_no_body_and_no_second_line(client, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        client.get("/v1/projects%0AFORGED?token=secret")
        client.post("/v1/projects", {"name": "secret"})

    assert "secret" not in caplog.text
    assert client.key not in caplog.text
    assert "\nFORGED" not in caplog.text
