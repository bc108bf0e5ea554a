# SPDX-License-Identifier: Apache-2.0
"""A real server, a real browser, and an eye on whatever the page does wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    expect,
    sync_playwright,
)
from served import Server

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server"),
)
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
