# SPDX-License-Identifier: Apache-2.0
"""Stored text is text: it runs nothing, fetches nothing, and hides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Eye
from playwright.sync_api import Page, expect
from served import Server

MARKUP = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    '"><iframe srcdoc="<script>parent.alert(1)</script>">',
    "<style>*{display:none}</style>",
    "<a href=javascript:alert(1)>click</a>",
    "{{constructor.constructor('alert(1)')()}}",
)
SCRIPT = "javascript:alert(document.domain)"
TURNED = "invoice\u202egnp.exe \u2066x\u2069 \u200f \u061c"
HIDDEN = "a\u200bb\ufeffc\u2060d\U000e0041 \x1b[31m \x9b \x00"
LONG = "x" * 262_144
"""As long as one string may be: four of them are a line of a megabyte."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(Path(tmp_path_factory.mktemp("hostile")))
    made.start()
    project = made.project(MARKUP[0])
    for text in MARKUP:
        made.memory(
            project, title=text, subtitle=text, text=text, narrative=text, type=text,
            facts=[text], concepts=[text], filesRead=[SCRIPT, text],
            filesModified=[SCRIPT], author=text, metadata={"a": text, text: 1},
            sources=[{"sourceType": "manual", "sourceUri": SCRIPT, "file": text}],
        )  # fmt: skip
        made.session(project, text, missing=1)
    made.memory(project, title=TURNED, text=TURNED, concepts=[TURNED])
    hidden = HIDDEN.replace("\x00", "")
    made.memory(project, title=hidden, text=hidden, filesRead=[hidden])
    made.memory(project, title="long", narrative=LONG, facts=[LONG, LONG])
    yield made
    made.stop()


def is_inert(page: Page) -> None:
    """No element of the page is one that a stored text wanted."""
    assert (
        page.locator("main :is(img, svg, iframe, script, style, object)").count() == 0
    )
    hrefs = page.locator("a[href]").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('href'))"
    )
    assert all(one.startswith("#") for one in hrefs)
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((one) =>"
        " one.getAttributeNames()).filter((one) => one.startsWith('on'))"
    )
    assert handlers == []


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_shown_as_it_was_written(
    hostile: Server, page: Page, text: str
) -> None:
    page.goto(hostile.link())
    expect(page.get_by_role("article")).to_have_count(10)
    is_inert(page)

    page.get_by_role("link", name=text, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    is_inert(page)
    expect(page.get_by_text(SCRIPT).first).to_be_visible()
    assert page.evaluate("document.title").startswith(text[:20])


def test_sessions_and_searches_are_as_inert(hostile: Server, page: Page) -> None:
    page.goto(hostile.link())
    for text in MARKUP:
        page.get_by_label("Search").fill(text)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Search")).to_have_value(text)
        is_inert(page)
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_role("article")).to_have_count(len(MARKUP))
    is_inert(page)
    page.get_by_role("link", name=MARKUP[1]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP[1])
    # No shell is handed what it would read as more than a name.
    expect(page.get_by_text("claude-mem reconcile", exact=True)).to_be_visible()
    is_inert(page)


def test_what_would_turn_or_hide_text_is_shown_by_its_number(
    hostile: Server, page: Page
) -> None:
    page.goto(hostile.link())
    for first, marks in (
        ("invoice", ["\\u202e", "\\u2066", "\\u2069", "\\u200f", "\\u061c"]),
        ("a\\u200bb", ["\\ufeff", "\\u2060", "\\u{e0041}", "\\u001b", "\\u009b"]),
    ):
        page.get_by_role("link", name=first).click()
        heading = page.get_by_role("heading", level=1)
        for mark in marks:
            expect(heading).to_contain_text(mark)
        shown = page.evaluate("document.body.textContent + document.title")
        assert not set(shown) & set(TURNED + HIDDEN) - set("invoicegnp.exe abcd[31mx ")
        page.get_by_role("link", name="All memories").click()


def test_a_line_of_a_megabyte_holds_nothing_up(hostile: Server, page: Page) -> None:
    page.goto(hostile.link())
    page.get_by_role("link", name="long", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("long")

    assert page.evaluate("document.body.textContent.length") < 100_000
    page.get_by_role("button", name="characters left").first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    "hash_",
    [
        "#/constructor",
        "#/__proto__/x",
        "#/memories/%E0%A4%A",
        "#/memories/<img src=x onerror=alert(1)>",
        "#/sessions/..%2F..%2Fv1%2Fkeys",
        "#/memories?project=%3Cscript%3E&kind=x&q=%3Cimg%20src%3Dx%3E",
        "#",
    ],
)
def test_an_address_of_somebodys_making_does_nothing(
    hostile: Server, page: Page, eye: Eye, hash_: str
) -> None:
    eye.refused = {400, 404}
    page.goto(hostile.link())
    expect(page.get_by_role("article").first).to_be_visible()
    eye.requests.clear()

    page.evaluate("(hash) => { location.hash = hash; }", hash_)
    page.reload()

    expect(page.locator("h1, .notice").first).to_be_visible()
    is_inert(page)
    assert not [one.url for one in eye.requests if "/v1/keys" in one.url]
