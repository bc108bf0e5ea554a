# SPDX-License-Identifier: Apache-2.0
"""Whatever way a secret comes in, no byte of it is in any file, log, reply or Redis."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from machine import Machine
from secret_samples import GENERIC, SHAPED, Sample, samples
from valkey import Valkey

FAMILIES = {**SHAPED, **GENERIC}
LONGEST_NAME = 300
SEEDS = iter(range(100))
AT = 1_700_000_000_000


class Plant:
    """Every family, sent in through every way there is."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.sent: list[tuple[str, Sample]] = []
        self.told = ""

    def everywhere(self) -> None:
        self._ask("POST", "/v1/projects", {"name": "home"})
        (home,) = self._ask("GET", "/v1/projects")["projects"]
        self._through_events(home["id"])
        self._through_hooks()
        self._through_records(home["id"])
        self._through_names()
        self._through_addresses(home["id"])
        while self._ask("GET", "/v1/info")["queueDepth"]:
            pass

    def _through_events(self, home: str) -> None:
        given = {"projectId": home, "sourceType": "api", "eventType": "tool_use"}
        texts = self._texts("event")
        payload = {"out": texts, "nested": [{"deep": texts[:50]}]}
        keyed = {text: number for number, text in enumerate(self._texts("key"))}
        for number, each in enumerate((payload, keyed)):
            event = {**given, "occurredAtEpoch": AT + number, "payload": each}
            self._ask("POST", "/v1/events", event)
        batch = [
            {**given, "occurredAtEpoch": AT + 9 + n, "payload": text, "metadata": {"a": text}}
            for n, text in enumerate(self._texts("batch")[:500])
        ]  # fmt: skip
        self._ask("POST", "/v1/events/batch", batch)

    def _through_hooks(self) -> None:
        known = {"session_id": "s1", "cwd": "/home/me/planted"}
        said = "Mended the lamp: it read "
        for number, text in enumerate(self._texts("hook")):
            prompt = {**known, "prompt": f"Please mend lamp {number}, it says {text}"}
            tool = {
                "tool_name": "Edit",
                "tool_use_id": f"toolu_{number}",
                "tool_input": {
                    "file_path": "/home/me/planted/a.py",
                    "new_string": text,
                },
                "tool_response": {"stdout": text},
            }
            last = {**known, "last_assistant_message": f"{said}{text} before."}
            for event, payload in (
                ("UserPromptSubmit", prompt),
                ("PostToolUse", {**known, **tool}),
                ("Stop", last),
            ):
                self._ask("POST", f"/hooks/claude-code/{event}", payload)

    def _through_records(self, home: str) -> None:
        for text in self._texts("memory"):
            words = {"title": text[:LONGEST_NAME], "narrative": text, "facts": [text]}
            memory = {"projectId": home, "kind": "manual", "type": "note", **words}
            made = self._ask(
                "POST", "/v1/memories", {**memory, "metadata": {"m": text}}
            )
            path = f"/v1/memories/{made['memory']['id']}"
            self._ask("PATCH", path, {"text": f"again {text}"})
            title = {"title": text, "metadata": {"s": text}}
            start = {"projectId": home, "contentSessionId": text[:200], **title}
            self._ask("POST", "/v1/sessions/start", start)

    def _through_names(self) -> None:
        for text in self._texts("name"):
            if len(text) <= LONGEST_NAME:
                named = {"name": text, "metadata": {"p": text}, "rootPath": f"/{text}"}
                self._ask("POST", "/v1/projects", named)

    def _through_addresses(self, home: str) -> None:
        for text in self._texts("address"):
            shown = quote(text, safe="")[:2000]
            self._ask("GET", f"/v1/events/{shown}")
            self._ask("GET", f"/v1/{shown}")
            self._ask("GET", f"/v1/jobs?status={shown}")
            self._ask("POST", "/v1/events", {text: 1})
            query = {"projectId": home, "query": text}
            self._ask("POST", "/v1/search", {**query, "limit": "no number"})

    def _texts(self, way: str) -> list[str]:
        drawn = list(samples(FAMILIES, 1, seed=next(SEEDS)))
        # Each family in one of its surroundings, another one in each way.
        turn = len(self.sent)
        taken = [one for n, one in enumerate(drawn) if n % 6 == (turn + n // 6) % 6]
        self.sent += [(way, one) for one in taken]
        return [one.text for one in taken]

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        status, answer = self._machine.call(method, path, body)
        assert status < 500, answer
        self.told += str(answer)
        return answer


def _bytes(folder: Path) -> bytes:
    """All that is in a folder's files, read by another process."""
    found = [str(path) for path in folder.rglob("*") if path.is_file()]
    return subprocess.run(["cat", *found], capture_output=True, check=True).stdout


def _exported(machine: Machine) -> bytes:
    (database,) = machine.folder.glob("*.db")
    call = [sys.executable, "-m", "claude_mem_storage_sqlite", "export", str(database)]
    return subprocess.run(call, capture_output=True, check=True).stdout


def _left(plant: Plant, *places: bytes) -> list[tuple[str, str, str]]:
    whole = b"\0".join((*places, plant.told.encode()))
    return [
        (way, one.family, one.context)
        for way, one in plant.sent
        if one.core.encode() in whole
    ]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    folder = tmp_path / "valkey"
    folder.mkdir()
    one = Valkey.start(folder)
    yield one
    one.stop()


@pytest.mark.timeout(900)
def test_no_secret_is_in_any_file_log_or_answer(machine: Machine) -> None:
    plant = Plant(machine)
    machine.start()

    plant.everywhere()
    running = _bytes(machine.folder)
    machine.stop()

    log = (machine.folder.parent / "server.log").read_bytes()
    assert len({one.family for _, one in plant.sent}) >= 45
    assert _left(plant, running, _bytes(machine.folder), _exported(machine), log) == []


@pytest.mark.timeout(900)
def test_no_secret_reaches_redis(machine: Machine, valkey: Valkey) -> None:
    machine.env["CLAUDE_MEM_QUEUE_ENGINE"] = "rq"
    machine.env["CLAUDE_MEM_REDIS_URL"] = valkey.url
    plant = Plant(machine)
    machine.start()
    plant._through_hooks()
    valkey.client().save()

    machine.stop()

    assert _left(plant, _bytes(valkey.folder), _bytes(machine.folder)) == []


@pytest.mark.timeout(900)
def test_with_redaction_switched_off_the_same_search_finds_them(
    machine: Machine,
) -> None:
    machine.env["CLAUDE_MEM_REDACT_SECRETS"] = "false"
    plant = Plant(machine)
    machine.start()
    plant._through_hooks()
    privacy = machine.call("GET", "/v1/info")[1]["privacy"]
    machine.stop()

    log = (machine.folder.parent / "server.log").read_bytes()
    assert privacy["secretRedaction"] == "disabled"
    assert b"CLAUDE_MEM_REDACT_SECRETS is off" in log
    assert len(_left(plant, _bytes(machine.folder))) >= 0.9 * len(plant.sent)
    assert _left(plant, log, b"") == []


@pytest.mark.timeout(900)
def test_a_rescan_leaves_no_byte_of_what_was_kept_before(machine: Machine) -> None:
    machine.env["CLAUDE_MEM_REDACT_SECRETS"] = "false"
    plant = Plant(machine)
    machine.start()
    plant._through_hooks()
    machine.stop()
    assert _left(plant, _bytes(machine.folder))
    plant.told = ""
    del machine.env["CLAUDE_MEM_REDACT_SECRETS"]

    machine.start()
    dry = machine.run("server", "redact", "--rescan", "--dry-run", "--json").stdout
    done = machine.run("server", "redact", "--rescan", "--json").stdout
    running = _bytes(machine.folder)
    machine.stop()

    assert '"found": {}' not in dry
    assert dry.partition('"found"')[2] == done.partition('"found"')[2]
    assert _left(plant, running, _bytes(machine.folder)) == []
