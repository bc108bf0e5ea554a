# SPDX-License-Identifier: Apache-2.0
"""How the server says that it is."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("path", ["/healthz", "/v1/info"])
def test_anybody_may_ask_how_the_server_is(client, path) -> None:
    client.key = None

    assert client.get(path).status == 200


def test_a_healthy_server_says_so(client) -> None:
    assert client.get("/healthz").outcome == (200, {"status": "ok"})


def test_a_server_without_a_worker_is_not_ready_and_says_why(client) -> None:
    client.key = None

    answer = client.get("/readyz")

    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert [issue["field"] for issue in answer.json["issues"]] == ["generationWorker"]


def test_a_server_with_a_worker_is_ready(client) -> None:
    client.runtime.worker.start()

    assert client.get("/readyz").outcome == (200, {"status": "ready"})


def test_a_server_without_its_store_is_not_ready_and_says_why(client) -> None:
    client.runtime.worker.start()
    client.runtime.close()

    answer = client.get("/readyz")

    assert answer.status == 503
    fields = [issue["field"] for issue in answer.json["issues"]]
    assert fields == ["store", "generationWorker"]


def test_the_info_tells_of_four_boundaries(client, event) -> None:
    client.post("/v1/events", event(client.project()))

    info = client.get("/v1/info").json

    states = {name: part["status"] for name, part in info["boundaries"].items()}
    assert info["name"] == "claude-mem-server"
    assert info["runtime"] == "server"
    assert info["authMode"] == "api-key"
    assert info["version"].count(".") == 2
    assert info["queueDepth"] == 1
    assert states == {
        "queue": "active",
        "generationWorker": "disabled",
        "providerRegistry": "active",
        "eventBroadcaster": "disabled",
    }
    assert all("details" in part for part in info["boundaries"].values())


def test_the_info_tells_when_a_boundary_fails(client) -> None:
    client.runtime.worker.start()
    client.runtime.close()

    info = client.get("/v1/info").json

    assert info["queueDepth"] is None
    assert info["boundaries"]["queue"]["status"] == "errored"
    assert info["boundaries"]["generationWorker"]["status"] == "errored"


def test_the_info_has_no_secret(client) -> None:
    answer = client.get("/v1/info")

    assert client.key.encode() not in answer.body


def test_head_answers_as_get_does_without_the_body(client) -> None:
    shown, told = client.get("/v1/projects"), client.send("HEAD", "/v1/projects")

    assert (told.status, told.body) == (200, b"")
    assert told.headers["Content-Type"] == shown.headers["Content-Type"]
    assert client.send("HEAD", "/v1/events").status == 405


def test_head_needs_the_key_that_get_needs(client) -> None:
    client.key = None

    assert client.send("HEAD", "/healthz").status == 200
    assert client.send("HEAD", "/v1/projects").status == 401


def test_a_request_after_head_on_one_line_has_its_own_answer(client) -> None:
    head = b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    get = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    came = client.shout(head + get)

    assert came.count(b"HTTP/1.1 200 OK") == 2
    assert came.count(b'{"status":"ok"}') == 1


def test_the_info_tells_what_finds_memories(client) -> None:
    told = client.get("/v1/info").json["recall"]

    assert told == {"lexical": "active", "dense": "disabled", "model": None}
