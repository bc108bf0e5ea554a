# SPDX-License-Identifier: Apache-2.0
"""Clients that send an event until it is acknowledged, and remember what was."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from machine import Machine, session

EVENT_TYPES = {
    "UserPromptSubmit": "user_prompt",
    "PostToolUse": "tool_use",
    "Stop": "turn_end",
}
FIRST_EPOCH = 1_700_000_000_000
LOST = (OSError, http.client.HTTPException, ValueError, KeyError)
"""What a caller meets when the server dies: at any byte of the answer, or before it
has said where it is."""

Event = dict[str, Any]


def events(name: str, turns: int, *, project_id: str) -> Iterator[Event]:
    """A session's events as `/v1/events` takes them, each with an id of its own."""
    for number, payload in enumerate(session(name, turns)):
        yield {
            "projectId": project_id,
            "sourceType": "hook",
            "platformSource": "claude",
            "eventType": EVENT_TYPES[str(payload["hook_event_name"])],
            "contentSessionId": name,
            "sourceEventId": f"{name}-{number}",
            "toolUseId": payload.get("tool_use_id"),
            "occurredAtEpoch": FIRST_EPOCH + number * 1000,
            "payload": payload,
        }


class Client:
    """One caller with one connection.

    Attributes:
        acknowledged: The ids of the events that it was told are kept.
        refused: Every answer that was no acknowledgement.
    """

    def __init__(self, machine: Machine) -> None:
        self.acknowledged: set[str] = set()
        self.refused: list[tuple[int, Any]] = []
        self._machine = machine
        self._connection: http.client.HTTPConnection | None = None
        self._headers: dict[str, str] = {}

    def send(self, batch: Sequence[Event], *, until: threading.Event) -> bool:
        """Send events, again and again; False when it was told to give up before."""
        while not until.is_set():
            try:
                status, answer = self._post(batch)
            except LOST:
                self.close()
                until.wait(0.02)
                continue
            if status == 201:
                self.acknowledged.update(one["sourceEventId"] for one in batch)
                return True
            self.refused.append((status, answer))
            until.wait(0.02)
        return False

    def send_all(
        self, stream: Iterable[Event], *, until: threading.Event, at_once: int = 1
    ) -> None:
        """Send a session in order, so many events in a request."""
        stream = iter(stream)
        while batch := list(islice(stream, at_once)):
            if not self.send(batch, until=until):
                break
        self.close()

    def close(self) -> None:
        """Let go of the connection; the next event makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, batch: Sequence[Event]) -> tuple[int, Any]:
        connection = self._connection or self._connected()
        self._connection = connection
        path = "/v1/events" if len(batch) == 1 else "/v1/events/batch"
        body = json.dumps(batch[0] if len(batch) == 1 else batch)
        connection.request("POST", path, body, self._headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def _connected(self) -> http.client.HTTPConnection:
        folder = self._machine.folder
        runtime = json.loads((folder / "server.runtime.json").read_text())
        token = (folder / "token").read_text().strip()
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        return http.client.HTTPConnection(urlsplit(runtime["url"]).netloc, timeout=30)


class Clients:
    """Several clients, each with a stream of events and a thread of its own."""

    def __init__(
        self,
        machine: Machine,
        streams: Iterable[Iterable[Event]],
        *,
        at_once: int = 1,
    ) -> None:
        self._enough = threading.Event()
        self._clients = []
        self._threads = []
        for stream in streams:
            client = Client(machine)
            self._clients.append(client)
            send = {"until": self._enough, "at_once": at_once}
            self._threads.append(
                threading.Thread(target=client.send_all, args=(stream,), kwargs=send)
            )

    @property
    def acknowledged(self) -> set[str]:
        """What any of them was told is kept."""
        return set().union(*(client.acknowledged for client in self._clients))

    @property
    def count(self) -> int:
        """How many that is: no two of them send the same."""
        return sum(len(client.acknowledged) for client in self._clients)

    @property
    def refused(self) -> list[tuple[int, Any]]:
        """What any of them was told instead."""
        return [one for client in self._clients for one in client.refused]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let them send within the block, and at its end until all is acknowledged."""
        for thread in self._threads:
            thread.start()
        try:
            yield
            self.finish()
        finally:
            self.give_up()

    def finish(self) -> None:
        """Wait until every event was acknowledged."""
        for thread in self._threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in self._threads), self.refused[-3:]

    def give_up(self) -> None:
        """Send nothing more."""
        self._enough.set()
        for thread in self._threads:
            thread.join(60)


def new_project(machine: Machine, name: str = "lighthouse") -> str:
    """The id of a project made for the purpose."""
    status, answer = machine.call("POST", "/v1/projects", {"name": name})
    assert status == 201, answer
    return str(answer["project"]["id"])


def wait_until_done(machine: Machine, *, seconds: float = 60) -> None:
    """Wait until the ledger has nothing to do; the promise is: within 60 seconds."""
    end = time.monotonic() + seconds
    while (depth := machine.call("GET", "/v1/info")[1]["queueDepth"]) != 0:
        assert time.monotonic() < end, f"{depth} jobs are left after {seconds} s"
        time.sleep(0.05)
