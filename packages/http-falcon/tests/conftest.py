# SPDX-License-Identifier: Apache-2.0
"""A real server on a free port, over records in this process, and a client for it.

`CLAUDE_MEM_TEST_STORAGE` names another storage that is installed.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from claude_mem_agents.claude_code import ClaudeCode
from claude_mem_core.domain.access import ApiKey
from claude_mem_core.domain.keys import KEY_BYTES, hash_key, mint_key, read_key
from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.launch import installed_plugins
from claude_mem_core.plugins import Wiring
from claude_mem_core.ports.storage import Storage
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.system import RealSystem
from claude_mem_http_falcon.server import HttpFrontEnd
from claude_mem_http_falcon.settings import HttpSettings

STORAGE = os.environ.get("CLAUDE_MEM_TEST_STORAGE", "in-process")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def outcome(self) -> tuple[int, Any]:
        return self.status, self.json


@dataclass
class Client:
    """A caller with a key.

    Attributes:
        key: None sends no key at all.
    """

    port: int
    key: str | None
    runtime: Runtime
    front_end: HttpFrontEnd
    host: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str | None) -> Answer:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: object = None, **headers: str | None) -> Answer:
        text = None if body is None else json.dumps(body).encode()
        return self.send("POST", path, text, **headers)

    def patch(self, path: str, body: object) -> Answer:
        return self.send("PATCH", path, json.dumps(body).encode())

    def send(
        self, method: str, path: str, raw: bytes | None = None, **headers: str | None
    ) -> Answer:
        """The answer; a header named None is left out."""
        given = {"Content-Type": "application/json", **self.headers}
        if self.key is not None:
            given["Authorization"] = f"Bearer {self.key}"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in given.items() if value is not None}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        with closing(connection):
            connection.request(method, path, raw, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def line(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection((self.host, self.port), timeout=20)

    def shout(self, raw: bytes) -> bytes:
        """Everything that comes back for these bytes until the server hangs up."""
        with self.line() as line:
            line.sendall(raw)
            return b"".join(iter(lambda: line.recv(65536), b""))

    def project(self, name: str = "Lighthouse") -> str:
        """The id of a new project."""
        project_id: str = self.post("/v1/projects", {"name": name}).json["project"][
            "id"
        ]
        return project_id

    def issue(self, *scopes: str, **fields: object) -> str:
        """A new key with these scopes."""
        system = self.runtime.system
        raw = mint_key(system.random_bytes(KEY_BYTES))
        parts, now = read_key(raw), system.now()
        assert parts is not None
        given = {"team_id": LOCAL_TEAM_ID, "name": "test", **fields}
        key = ApiKey(
            id=system.new_id(), key_hash=hash_key(parts), prefix=parts.prefix,
            scopes=scopes, created_at_epoch=now, updated_at_epoch=now, **given,
        )  # fmt: skip
        with self.runtime.access._storage.begin() as tx:
            tx.keys.add(key)
        return raw

    def holding(self, key: str) -> Client:
        """The same client with another key."""
        return replace(self, key=key)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    offer = installed_plugins().storage(STORAGE)
    settings: Any = offer.settings.from_env({})
    system = RealSystem()
    opened: Storage = offer.open(settings, Wiring(tmp_path, system, lambda: opened))
    return opened


@pytest.fixture
def runtime(storage: Storage) -> Iterator[Runtime]:
    system = RealSystem()
    with assemble(
        storage=storage,
        queue=InProcessQueueEngine(storage, system),
        generator=RuleBasedGenerator(),
        system=system,
        agents=[ClaudeCode()],
    ) as runtime:
        yield runtime


Serving = Callable[..., AbstractContextManager[Client]]


@pytest.fixture
def serving() -> Serving:
    return served


@contextmanager
def served(runtime: Runtime, **settings: Any) -> Iterator[Client]:
    """A client of a server that serves `runtime` for as long as the block lasts."""
    front_end = HttpFrontEnd(HttpSettings(port=0, **settings))
    addresses: list[str] = []
    is_ready = threading.Event()

    def ready(address: str) -> None:
        addresses.append(address)
        is_ready.set()

    thread = threading.Thread(
        target=front_end.serve, args=(runtime,), kwargs={"ready": ready}
    )
    thread.start()
    try:
        assert is_ready.wait(10)
        key = runtime.access.new_local_token()
        runtime.access.admit_local_token(key)
        address = urlsplit(addresses[0])
        assert address.hostname is not None
        assert address.port is not None
        yield Client(address.port, key, runtime, front_end, address.hostname)
    finally:
        front_end.stop()
        thread.join()


@pytest.fixture
def client(runtime: Runtime) -> Iterator[Client]:
    with served(runtime) as client:
        yield client


@pytest.fixture
def event() -> Callable[..., dict[str, object]]:
    """Makes the bodies of events."""

    def make(project_id: str, **fields: object) -> dict[str, object]:
        return {
            "projectId": project_id,
            "sourceType": "api",
            "eventType": "tool_use",
            "contentSessionId": "s1",
            "occurredAtEpoch": 1_600_000_000_000,
            "payload": {"tool_name": "Bash"},
            **fields,
        }

    return make
