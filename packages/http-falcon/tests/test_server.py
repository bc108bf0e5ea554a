# SPDX-License-Identifier: Apache-2.0
"""The server starts on loopback or not at all, and stops when its work is done."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from time import monotonic

import pytest
from claude_mem_core.errors import ConfigurationError
from claude_mem_http_falcon.server import LONGEST_WAIT_SECONDS, HttpFrontEnd
from claude_mem_http_falcon.settings import HttpSettings
from waitress.server import BaseWSGIServer

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def is_listening(port: int) -> bool:
    with closing(socket.socket()) as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def test_a_taken_port_is_refused_by_its_number(client) -> None:
    other = HttpFrontEnd(HttpSettings(port=client.port))

    with pytest.raises(ConfigurationError, match=f"CLAUDE_MEM_PORT.*{client.port}"):
        other.serve(client.runtime, ready=pytest.fail)

    assert client.get("/healthz").status == 200


@pytest.mark.parametrize("port", ["-1", "65536", "lamp"])
def test_a_port_that_is_none_is_refused_by_the_variables_name(port) -> None:
    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_PORT"):
        HttpSettings.from_env({"CLAUDE_MEM_PORT": port})


def test_the_port_is_37877_where_nobody_says_otherwise() -> None:
    assert HttpSettings.from_env({}).port == 37877


def test_the_server_listens_on_loopback_only(client) -> None:
    with closing(socket.socket()) as line:
        line.settimeout(5)
        # All of 127/8 is this machine: a server on every address would answer here.
        assert line.connect_ex(("127.0.0.2", client.port)) != 0


def test_a_stop_sees_the_request_through_that_is_being_answered_and_no_other(
    runtime, serving, monkeypatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    answers = []

    def slow(**_: object) -> list[object]:
        begun.set()
        assert go_on.wait(10)
        return []

    monkeypatch.setattr(runtime.projects, "list", slow)
    with serving(runtime) as client, client.line() as late:
        late.sendall(REQUEST)
        came = b""
        while not came.endswith(b'{"status":"ok"}'):
            came += late.recv(65536)
        asker = threading.Thread(
            target=lambda: answers.append(client.get("/v1/projects"))
        )
        asker.start()
        assert begun.wait(10)
        client.front_end.stop()
        while is_listening(client.port):
            pass
        late.settimeout(1.5)
        late.sendall(REQUEST)
        with pytest.raises(TimeoutError):
            late.recv(1)
        go_on.set()
        asker.join()

    assert answers[0].outcome == (200, {"projects": []})


def test_a_stop_is_heard_at_once(runtime, serving) -> None:
    with serving(runtime):
        began = monotonic()

    assert monotonic() - began < LONGEST_WAIT_SECONDS / 2


def test_a_server_that_stopped_answers_no_more(runtime, serving) -> None:
    with serving(runtime) as client:
        idle = client.line()
    with idle:
        assert idle.recv(1) == b""

    with pytest.raises(ConnectionRefusedError):
        client.get("/healthz")


def test_stopping_before_the_start_and_twice_is_harmless(runtime) -> None:
    front_end = HttpFrontEnd(HttpSettings(port=0))
    addresses: list[str] = []

    front_end.stop()
    front_end.serve(runtime, ready=addresses.append)
    front_end.stop()

    assert addresses[0].startswith("http://127.0.0.1:")


def test_many_callers_at_once_are_each_answered(client, event) -> None:
    project_id = client.project()
    statuses: list[int] = []

    def send(caller: int) -> None:
        for number in range(10):
            body = event(project_id, toolUseId=f"{caller}-{number}")
            statuses.append(client.post("/v1/events", body).status)

    callers = [threading.Thread(target=send, args=(caller,)) for caller in range(16)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert statuses == [201] * 160
    assert client.get("/v1/info").json["queueDepth"] == 160


def test_silent_lines_do_not_keep_others_out(client) -> None:
    silent = [client.line() for _ in range(200)]
    try:
        for line in silent:
            line.sendall(b"POST /v1/events HTTP/1.1\r\n")

        assert client.get("/healthz").status == 200
    finally:
        for line in silent:
            line.close()


def test_a_stop_that_meets_the_end_of_the_server_touches_nothing_closed(
    runtime, serving, monkeypatch
) -> None:
    was_closed: list[bool] = []

    def pull(server: BaseWSGIServer) -> None:
        # As if the thread that stops were held up here while the server's goes on.
        serving_thread.join(0.5)
        was_closed.append(server.trigger._closed)

    monkeypatch.setattr("claude_mem_http_falcon.server.LONGEST_WAIT_SECONDS", 0.01)
    before = set(threading.enumerate())
    with serving(runtime):
        (serving_thread,) = [
            thread
            for thread in set(threading.enumerate()) - before
            if not thread.name.startswith("waitress")
        ]
        monkeypatch.setattr(BaseWSGIServer, "pull_trigger", pull)

    assert was_closed == [False]
