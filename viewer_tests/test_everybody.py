# SPDX-License-Identifier: Apache-2.0
"""The page is for everybody: by keyboard, on a small screen, in the dark, read aloud."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import Eye
from playwright.sync_api import Browser, Page, expect
from served import Server

VIEWS = {
    "door": ("", "Open the viewer"),
    "memories": ("#/memories", "Memories"),
    "search": ("#/memories?q=lamp", "Memories"),
    "sessions": ("#/sessions", "Sessions"),
    "server": ("#/server", "Server"),
}
DEEP = {"memory": "#/memories", "session": "#/sessions"}


def come_to(page: Page, lighthouse: Server, view: str) -> None:
    """The view, as it is when all of it is there."""
    page.goto(lighthouse.url if view == "door" else lighthouse.link())
    if view == "door":
        expect(page.get_by_label("Key")).to_be_visible()
        return
    expect(page.get_by_role("article").first).to_be_visible()
    list_ = DEEP.get(view)
    if list_ is not None:
        page.evaluate("(hash) => { location.hash = hash; }", list_)
        names = {"memory": "The lamp turns clockwise", "session": "with-a-gap"}
        page.get_by_role("link", name=names[view]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(names[view])
        return
    place, heading = VIEWS[view]
    page.evaluate("(hash) => { location.hash = hash; }", place)
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    expect(page.locator("article, table").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("view", [*VIEWS, *DEEP])
def test_nothing_stands_in_anybodys_way(
    lighthouse: Server, browser: Browser, eye: Eye, view: str, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    page = context.new_page()
    eye.watch(page)
    come_to(page, lighthouse, view)

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def focused(page: Page) -> str:
    """What the keyboard is at."""
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the keyboard is at what is called so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if focused(page) == name:
            ring = page.evaluate(
                "getComputedStyle(document.activeElement).outlineStyle"
            )
            assert ring != "none", f"nobody sees that {name} has the focus"
            return
    pytest.fail(f"no keyboard comes to {name}")


def has_heading(page: Page, text: str) -> None:
    """The view of this heading is shown, and the keyboard is at it."""
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(text)
    expect(heading).to_be_focused()


def test_the_keyboard_alone_opens_finds_and_reads(
    lighthouse: Server, page: Page
) -> None:
    page.goto(lighthouse.url)
    has_heading(page, "Open the viewer")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Key")).to_be_focused()
    page.keyboard.type(lighthouse.key())
    page.keyboard.press("Enter")
    has_heading(page, "Memories")

    page.keyboard.press("Tab")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("lamp")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("best first"))).to_be_visible()
    tab_to(page, "The lamp turns clockwise")
    page.keyboard.press("Enter")
    has_heading(page, "The lamp turns clockwise")


def test_the_keyboard_alone_comes_to_a_gap_and_back(
    lighthouse: Server, page: Page
) -> None:
    page.goto(lighthouse.link())
    has_heading(page, "Memories")
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "Sessions")
    page.keyboard.press("Enter")
    has_heading(page, "Sessions")
    tab_to(page, "with-a-gap")
    page.keyboard.press("Enter")
    has_heading(page, "with-a-gap")
    expect(page.get_by_text("Incomplete: 3 of 4")).to_be_visible()

    page.keyboard.press("Shift+Tab")
    assert focused(page) == "All sessions"
    page.keyboard.press("Enter")
    has_heading(page, "Sessions")


def test_more_is_asked_for_by_keyboard_and_goes_on_where_it_began(
    lighthouse: Server, page: Page
) -> None:
    page.goto(lighthouse.link())
    expect(page.get_by_role("article")).to_have_count(20)
    page.get_by_role("button", name="Show more").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_have_count(40)

    expect(page.get_by_role("article").nth(20).get_by_role("link")).to_be_focused()


def test_the_view_that_is_shown_is_named(lighthouse: Server, page: Page) -> None:
    page.goto(lighthouse.link())
    for view in ("Memories", "Sessions", "Server"):
        link = page.get_by_role("link", name=view, exact=True)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        expect(page.locator("nav [aria-current]")).to_have_count(1)
        expect(page).to_have_title(f"{view} · claude-mem")


def test_the_content_can_be_skipped_to(lighthouse: Server, page: Page) -> None:
    page.goto(lighthouse.link())
    expect(page.get_by_role("article").first).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("article").first).to_be_visible()


def test_nothing_moves_by_itself(lighthouse: Server, page: Page) -> None:
    page.goto(lighthouse.link())
    expect(page.get_by_role("article").first).to_be_visible()

    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((one) => {"
        " const style = getComputedStyle(one);"
        " return style.animationName !== 'none' || style.transitionDuration !== '0s';"
        "}).length"
    )
    assert moving == 0
