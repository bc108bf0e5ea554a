# SPDX-License-Identifier: Apache-2.0
"""A server that runs on a folder of its own, and what is put into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

WITHIN = 60
"""Seconds in which a server answers, at most."""


@dataclass
class Server:
    """A data folder on which a server runs, and how it is come at."""

    home: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        return self.home / "data"

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "CLAUDE_MEM_DATA_DIR": str(self.folder),
            "CLAUDE_MEM_PORT": str(self.port or 0),
        }

    @property
    def port(self) -> int | None:
        file = self.folder / "server.port"
        return int(file.read_text()) if file.exists() else None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return (self.folder / "token").read_text().strip()

    def start(self, port: int = 0) -> None:
        command = [sys.executable, "-m", "claude_mem_cli", "server", "start"]
        env = {**self.env, "CLAUDE_MEM_PORT": str(port)}
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        until = time.monotonic() + WITHIN
        while not self._answers():
            log_ = (self.home / "log").read_text()
            assert self.process.poll() is None, log_
            assert time.monotonic() < until, log_
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=WITHIN)
            self.process = None

    def link(self) -> str:
        """What `claude-mem viewer` prints."""
        command = [sys.executable, "-m", "claude_mem_cli", "viewer", "--no-browser"]
        done = subprocess.run(
            command, env=self.env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The answer to who runs the server."""
        assert self.port is not None
        line = HTTPConnection("127.0.0.1", self.port, timeout=WITHIN)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }
        told = None if body is None else json.dumps(body)
        line.request(method, path, told, headers)
        answer = line.getresponse()
        content = json.loads(answer.read())
        line.close()
        assert answer.status < 400, content
        return content

    def project(self, name: str) -> str:
        return str(self.ask("POST", "/v1/projects", {"name": name})["project"]["id"])

    def memory(self, project: str, **fields: object) -> str:
        told = {"projectId": project, "kind": "manual", "type": "decision", **fields}
        return str(self.ask("POST", "/v1/memories", told)["memory"]["id"])

    def key(self, **wish: object) -> str:
        return str(self.ask("POST", "/v1/keys", wish)["apiKey"])

    def session(self, project: str, name: str, *, missing: int | None = 0) -> str:
        """A session with one call of a tool, and others that only a transcript has."""
        kept = {
            "projectId": project,
            "sourceType": "hook",
            "eventType": "tool_use",
            "contentSessionId": name,
            "toolUseId": "t",
            "occurredAtEpoch": 1_000,
            "payload": {"tool_name": "Bash"},
        }
        event = self.ask("POST", "/v1/events", kept)["event"]
        if missing is not None:
            uses = ["t", *(f"lost {one}" for one in range(missing))]
            seen = [
                {"eventType": "tool_use", "toolUseId": one, "occurredAtEpoch": 1_000}
                for one in uses
            ]
            told = {"contentSessionId": name, "events": seen, "keep": True}
            self.ask("POST", "/v1/sessions/reconcile", told)
        return str(event["serverSessionId"])

    def _answers(self) -> bool:
        file = self.folder / "server.runtime.json"
        return file.exists() and bool(json.loads(file.read_text() or "{}").get("url"))
