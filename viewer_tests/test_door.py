# SPDX-License-Identifier: Apache-2.0
"""How a page is let in, how it is not, and how it is shown out."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.system import RealSystem
from claude_mem_http_falcon.server import HttpFrontEnd
from claude_mem_http_falcon.settings import HttpSettings
from conftest import Eye
from playwright.sync_api import BrowserContext, Page, expect
from served import Server

USED = "the link was used before"


def test_the_link_opens_the_memories_and_leaves_no_trace(
    lighthouse: Server, page: Page, eye: Eye
) -> None:
    link = lighthouse.link()
    code = link.partition("#code=")[2]
    page.goto(link)

    expect(page.get_by_role("link", name="The lamp turns clockwise")).to_be_visible()
    assert page.url == f"{lighthouse.url}/"
    assert code not in page.content()
    # What is sent has the code in one body alone, and no key in any address.
    holding = [one for one in eye.requests if code in (one.post_data or "")]
    assert [one.url for one in holding] == [f"{lighthouse.url}/v1/viewer/sessions"]
    assert all(
        code not in one.url for one in eye.requests if one is not eye.requests[0]
    )
    assert all("cmem_" not in one.url for one in eye.requests)
    assert code not in (lighthouse.home / "log").read_text()
    page.go_back()
    assert "code" not in page.url


def test_a_page_asks_its_own_server_and_nobody_else(
    lighthouse: Server, page: Page, eye: Eye
) -> None:
    page.goto(lighthouse.link())
    for view in ("Sessions", "Server", "Memories"):
        page.get_by_role("link", name=view, exact=True).click()
        expect(page.get_by_role("heading", name=view, level=1)).to_be_visible()

    assert len(eye.requests) > 10
    own = (lighthouse.url + "/", "data:")
    assert [one.url for one in eye.requests if not one.url.startswith(own)] == []


def test_a_link_is_good_once(
    lighthouse: Server, page: Page, context: BrowserContext, eye: Eye
) -> None:
    eye.refused = {401}
    link = lighthouse.link()
    page.goto(link)
    expect(page.get_by_role("link", name="The lamp turns clockwise")).to_be_visible()

    other = context.new_page()
    other.goto(link)

    expect(other.get_by_text(USED)).to_be_visible()
    expect(other.get_by_text("claude-mem viewer", exact=True)).to_be_visible()
    expect(other.get_by_role("article")).to_have_count(0)
    assert "code" not in other.url


def test_who_opens_the_page_without_a_link_can_paste_a_key(
    lighthouse: Server, page: Page
) -> None:
    page.goto(lighthouse.url)
    expect(page.get_by_text("claude-mem viewer", exact=True)).to_be_visible()

    page.get_by_label("Key").fill(f"  {lighthouse.key()} ")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="The lamp turns clockwise")).to_be_visible()


def test_a_key_stays_in_its_tab_until_it_is_forgotten(
    lighthouse: Server, page: Page, context: BrowserContext
) -> None:
    page.goto(lighthouse.link())
    expect(page.get_by_role("article").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("article").first).to_be_visible()
    other = context.new_page()
    other.goto(lighthouse.url)
    expect(other.get_by_label("Key")).to_be_visible()
    assert page.evaluate("localStorage.length + document.cookie.length") == 0

    page.get_by_role("link", name="Server", exact=True).click()
    page.get_by_role("button", name="Forget the key").click()

    expect(page.get_by_label("Key")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("text", ["nonsense", "cmem_sk_x"])
def test_what_is_no_key_is_told_so(
    lighthouse: Server, page: Page, eye: Eye, text: str
) -> None:
    eye.refused = {401, 429}
    page.goto(lighthouse.url)

    page.get_by_label("Key").fill(text)
    page.get_by_role("button", name="Show memories").click()

    expect(
        page.get_by_text(re.compile("counts for nothing|more often"))
    ).to_be_visible()


def test_a_key_without_rights_is_told_what_it_lacks(
    lighthouse: Server, page: Page, eye: Eye
) -> None:
    eye.refused = {403}
    page.goto(lighthouse.url)

    page.get_by_label("Key").fill(lighthouse.key(scopes=["context:read"]))
    page.keyboard.press("Enter")

    expect(page.get_by_text("This key does not allow that")).to_be_visible()
    expect(page.get_by_text("'projects:read'")).to_be_visible()
    expect(page.get_by_text("--role reader")).to_be_visible()


def test_a_server_that_is_gone_is_told_and_waited_for(
    server: Server, page: Page, eye: Eye
) -> None:
    eye.refused = {0}
    server.memory(server.project("Lamp"), title="The lamp turns clockwise")
    page.goto(server.link())
    expect(page.get_by_role("article")).to_have_count(1)

    port = server.port
    server.stop()
    expect(page.get_by_text("The server does not answer")).to_be_visible()
    assert port is not None
    server.start(port)
    server.memory(server.project("Stairs"), title="They are steep")

    expect(page.get_by_role("link", name="They are steep")).to_be_visible(
        timeout=30_000
    )


class MovedSystem(RealSystem):
    """A clock that can be moved."""

    ahead = timedelta()

    def now(self) -> int:
        return super().now() + self.ahead // timedelta(milliseconds=1)


@pytest.fixture
def moved() -> MovedSystem:
    return MovedSystem()


@pytest.fixture
def runtime(moved: MovedSystem) -> Iterator[Runtime]:
    storage = InProcessStorage(moved)
    queue = InProcessQueueEngine(storage, moved)
    with assemble(
        storage=storage, queue=queue, generator=RuleBasedGenerator(), system=moved
    ) as made:
        yield made


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    """A server of this process, whose clock can be moved."""
    front_end, found, is_ready = (
        HttpFrontEnd(HttpSettings(port=0)),
        [],
        threading.Event(),
    )

    def ready(url: str) -> None:
        found.append(url)
        is_ready.set()

    serving = threading.Thread(
        target=front_end.serve, args=(runtime,), kwargs={"ready": ready}
    )
    serving.start()
    assert is_ready.wait(30)
    yield found[0].rstrip("/")
    front_end.stop()
    serving.join()


def test_a_key_that_ends_shows_the_door_and_says_why(
    runtime: Runtime, moved: MovedSystem, address: str, page: Page, eye: Eye
) -> None:
    eye.refused = {401}
    code = runtime.viewing.invite(by=Principal.local()).code
    page.goto(f"{address}/#code={code}")
    expect(page.get_by_text("Nothing is remembered yet.")).to_be_visible()

    moved.ahead = timedelta(hours=12)

    expect(page.get_by_text("This key counts for nothing")).to_be_visible()
    expect(page.get_by_label("Key")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_link_that_is_older_than_a_minute_lets_nobody_in(
    runtime: Runtime, moved: MovedSystem, address: str, page: Page, eye: Eye
) -> None:
    eye.refused = {401}
    code = runtime.viewing.invite(by=Principal.local()).code
    moved.ahead = timedelta(minutes=1)

    page.goto(f"{address}/#code={code}")

    expect(page.get_by_text("older than a minute")).to_be_visible()
