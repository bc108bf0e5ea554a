# SPDX-License-Identifier: Apache-2.0
"""A real server, a real browser, and an eye on whatever the page does wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    expect,
    sync_playwright,
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server"),
)
WITHIN = 60
"""Seconds in which a server answers, at most."""

# Longer than the page waits between two looks for what is new.
expect.set_options(timeout=15_000)

FORBIDDEN = """
window.forbidden = [];
addEventListener("securitypolicyviolation", (event) => {
  window.forbidden.push(`${event.violatedDirective} ${event.blockedURI}`);
});
window.alert = () => { window.forbidden.push("alert"); };
"""


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


@dataclass
class Eye:
    """What the pages of a story did that nobody wants.

    Attributes:
        refused: Statuses that the story is about: a browser logs each as an error.
    """

    refused: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        self.pages.append(page)
        page.on("console", lambda one: self._hear(one.type, one.text))
        page.on("pageerror", lambda one: self.wrong.append(str(one)))
        page.on("dialog", lambda one: self.wrong.append(f"dialog {one.message}"))
        page.on("request", lambda one: self.requests.append(one))  # noqa: PLW0108 - it is given an attribute
        page.on("popup", lambda one: self.wrong.append(f"popup {one.url}"))

    def _hear(self, kind: str, text: str) -> None:
        known = any(f"status of {status}" in text for status in self.refused)
        gone = 0 in self.refused and "ERR_CONNECTION" in text
        if kind in ("error", "warning") and not (known or gone):
            self.wrong.append(f"{kind}: {text}")

    def close(self) -> None:
        for page in self.pages:
            if not page.is_closed():
                self.wrong += page.evaluate("window.forbidden ?? []")
        assert self.wrong == []


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("there is no Chromium: apt-get install chromium", pytrace=False)
    env = {**os.environ, "HOME": str(tmp_path_factory.mktemp("browser"))}
    with sync_playwright() as driver:
        made = driver.chromium.launch(
            executable_path=found, args=[*SWITCHES], env={**env}
        )
        yield made
        made.close()


@pytest.fixture
def eye() -> Iterator[Eye]:
    made = Eye()
    yield made
    # After the last line of the story, while its pages are still there.
    made.close()


@pytest.fixture
def context(browser: Browser, eye: Eye) -> Iterator[BrowserContext]:
    """A browser of somebody who was never here."""
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(15_000)
    made.add_init_script(FORBIDDEN)
    made.on("page", eye.watch)
    yield made
    eye.close()
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the story's own, with nothing in it."""
    made = Server(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def lighthouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with memories and sessions, for stories that change nothing."""
    made = Server(tmp_path_factory.mktemp("lighthouse"))
    made.start()
    lamp, stairs = made.project("Lamp"), made.project("Stairs")
    for number in range(45):
        told = {"text": f"Step {number} is {number} cm high.", "concepts": ["steps"]}
        made.memory(stairs, title=f"Step {number}", **told)
    made.memory(
        lamp, title="The lamp turns clockwise", filesModified=["src/lamp.py"],
        text="The motor of the lamp was mounted the other way round.",
    )  # fmt: skip
    made.session(lamp, "whole")
    made.session(lamp, "with-a-gap", missing=3)
    made.session(stairs, "never-compared", missing=None)
    yield made
    made.stop()
