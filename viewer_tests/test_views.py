# SPDX-License-Identifier: Apache-2.0
"""What the page shows of memories, sessions and the server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from served import Server


@pytest.fixture
def opened(lighthouse: Server, page: Page) -> Page:
    page.goto(lighthouse.link())
    expect(page.get_by_role("article").first).to_be_visible()
    return page


def test_the_latest_memories_come_first_and_more_as_they_are_asked_for(
    opened: Page,
) -> None:
    cards = opened.get_by_role("article")
    expect(cards).to_have_count(20)
    expect(cards.first).to_contain_text("The lamp turns clockwise")

    opened.get_by_role("button", name="Show more").click()
    expect(cards).to_have_count(40)
    opened.get_by_role("button", name="Show more").click()
    expect(cards).to_have_count(46)

    expect(opened.get_by_role("button", name="Show more")).to_have_count(0)
    expect(cards.last).to_contain_text("Step 0")
    titles = opened.get_by_role("article").get_by_role("link").all_inner_texts()
    assert len(set(titles)) == 46


def test_memories_are_filtered_by_project_and_kind(opened: Page) -> None:
    opened.get_by_label("Project").select_option(label="Lamp (1)")
    expect(opened.get_by_role("article")).to_have_count(1)
    assert "project=" in opened.url

    opened.get_by_label("Kind").select_option("summary")
    expect(opened.get_by_text("Nothing passes these filters.")).to_be_visible()
    opened.go_back()
    expect(opened.get_by_role("article")).to_have_count(1)


def test_a_search_finds_and_says_why_and_how_likely_it_answers(opened: Page) -> None:
    opened.get_by_label("Search").fill("which way does the lamp turn?")
    opened.keyboard.press("Enter")

    expect(opened.get_by_text(re.compile(r"best five answer this: \d"))).to_be_visible()
    first = opened.get_by_role("article").first
    expect(first).to_contain_text("The lamp turns clockwise")
    expect(first).to_contain_text("Found by")

    opened.get_by_label("Search").fill("zzzyyyxxx")
    opened.get_by_role("button", name="Search").click()
    expect(opened.get_by_text("Nothing that is remembered fits.")).to_be_visible()


def test_a_memory_is_shown_in_full(opened: Page) -> None:
    opened.get_by_role("link", name="The lamp turns clockwise").click()

    expect(opened.get_by_role("heading", level=1)).to_have_text(
        "The lamp turns clockwise"
    )
    for text in ("mounted the other way round", "src/lamp.py", "decision", "Sources"):
        expect(opened.get_by_text(text).first).to_be_visible()
    expect(opened).to_have_title(re.compile("The lamp turns clockwise"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("whole", "Complete: all 1 prompts and calls of tools are held"),
        ("with-a-gap", "Incomplete: 3 of 4 prompts and calls of tools are missing"),
        ("never-compared", "Not compared with its transcript yet"),
    ],
)
def test_it_is_said_in_words_whether_a_session_is_held_whole(
    opened: Page, name: str, said: str
) -> None:
    opened.get_by_role("link", name="Sessions", exact=True).click()
    total = (
        "Of 2 sessions on this server that were compared with their transcripts, 3 of 5"
    )
    expect(opened.get_by_text(total)).to_be_visible()
    card = opened.get_by_role("article").filter(has_text=name)
    expect(card).to_contain_text(said)
    expect(card).to_contain_text("1 event, 0 memories")

    card.get_by_role("link").click()

    expect(opened.get_by_text(said)).to_be_visible()
    cure = opened.get_by_text(f"claude-mem reconcile {name}")
    expect(cure).to_have_count(0 if name == "whole" else 1)


def test_the_numbers_of_a_gap_are_shown(opened: Page) -> None:
    opened.get_by_role("link", name="Sessions", exact=True).click()
    opened.get_by_role("link", name="with-a-gap").click()

    told = opened.locator("dl").first
    for line in ("In the transcript4 prompts and calls", "Missing3", "Held in all25 %"):
        expect(told).to_contain_text(line)


def test_the_server_tells_how_it_is(opened: Page) -> None:
    opened.get_by_role("link", name="Server", exact=True).click()

    main = opened.get_by_role("main")
    for text in ("Ready", "0.1.0", "Missing3", "Sessions compared2", "active: rules"):
        expect(main).to_contain_text(text)
    expect(opened.get_by_role("table")).to_contain_text("summary")


def test_an_empty_store_says_how_to_fill_it_and_shows_what_comes(
    server: Server, page: Page
) -> None:
    page.goto(server.link())
    expect(page.get_by_text("Nothing is remembered yet.")).to_be_visible()
    expect(page.get_by_text("claude-mem ingest --all")).to_be_visible()

    lamp = server.project("Lamp")
    server.memory(lamp, title="The lamp turns clockwise")
    expect(page.get_by_role("article")).to_have_count(1)
    server.memory(lamp, title="The lamp is red")

    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_role("article").first).to_contain_text("The lamp is red")
    expect(page.get_by_role("status")).to_have_text("1 new memory.")


def test_a_new_session_and_what_becomes_of_it_show_by_themselves(
    server: Server, page: Page
) -> None:
    page.goto(f"{server.link()}")
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_text("No session is kept yet.")).to_be_visible()

    lamp = server.project("Lamp")
    server.session(lamp, "new", missing=None)
    card = page.get_by_role("article")
    expect(card).to_contain_text("Not compared")
    server.session(lamp, "new", missing=2)

    expect(card).to_contain_text("Incomplete: 2 of 3")
    server.session(lamp, "new", missing=4)

    expect(card).to_contain_text("Incomplete: 4 of 5")
    expect(card).to_have_count(1)


def test_while_nothing_is_new_nothing_is_served(server: Server, page: Page) -> None:
    server.memory(server.project("Lamp"), title="The lamp turns clockwise")
    page.goto(server.link())
    expect(page.get_by_role("article")).to_have_count(1)
    asked = []
    page.on("request", lambda one: asked.append(one.url.removeprefix(server.url)))
    for _ in range(2):
        with page.expect_request("**/v1/projects?counts=true"):
            pass

    assert set(asked) == {"/v1/projects?counts=true"}


def test_what_is_not_there_is_told_so(opened: Page) -> None:
    opened.evaluate("location.hash = '#/memories/nowhere'")
    expect(opened.get_by_text("There is no such memory")).to_be_visible()
