# SPDX-License-Identifier: Apache-2.0
"""An index first, then what is around, then the whole; at this time or another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.analysis import asked
from claude_mem_core.domain.filters import Moment
from claude_mem_core.domain.index import why
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemorySourceDraft,
)
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.search import Candidate, SearchQuery
from claude_mem_core.domain.server_session import ServerSessionDraft
from claude_mem_core.domain.supersession import superseded
from claude_mem_core.domain.timeline import Timeline, TimelineQuery
from claude_mem_core.domain.weights import NAMED, OPEN
from claude_mem_core.errors import ForbiddenError, NotFoundError
from claude_mem_core.services.lexical import POOL

ME = Principal.local()
Add = Callable[..., MemoryItem]


@pytest.fixture
def add(runtime, project, system) -> Add:
    """Adds a memory, a second after the one before."""

    def make(title: str, **fields: object) -> MemoryItem:
        system.pass_time(timedelta(seconds=1))
        given = {"project_id": project.id, "kind": "manual", "type": "note"}
        draft = MemoryItemDraft.model_validate({**given, "title": title, **fields})
        return runtime.memories.add(draft, by=ME)

    return make


def search(
    runtime, project, query: str | None = "lamp", **fields: object
) -> Sequence[str]:
    asked = {"project_id": project.id, "query": query, **fields}
    result = runtime.recall.search(SearchQuery.model_validate(asked), by=ME)
    return [hit.item.title for hit in result.hits]


def date_of(epoch: int) -> date:
    return datetime.fromtimestamp(epoch / 1000, UTC).date()


def line(runtime, project, **fields: object) -> Timeline:
    asked = {"project_id": project.id, **fields}
    return runtime.recall.timeline(TimelineQuery.model_validate(asked), by=ME)


def titles(timeline: Timeline) -> list[str]:
    return [item.title for item in timeline.items]


def test_without_a_question_the_latest_come_first(runtime, project, add) -> None:
    for title in ("one", "two", "three"):
        add(title)

    assert search(runtime, project, None, limit=2) == ["three", "two"]
    assert search(runtime, project, None, type="decision") == []


def test_a_question_may_be_about_several_projects(runtime, project, add) -> None:
    other = runtime.projects.create(ProjectDraft(name="Harbour"), by=ME)
    add("lamp here")
    add("lamp there", project_id=other.id)
    both = SearchQuery(project_ids=(project.id, other.id), query="lamp")

    found = {hit.item.title for hit in runtime.recall.search(both, by=ME).hits}

    assert found == {"lamp here", "lamp there"}
    limited = ME.changed(project_id=project.id)
    with pytest.raises(ForbiddenError):
        runtime.recall.search(both, by=limited)
    with pytest.raises(NotFoundError):
        runtime.recall.search(both.changed(project_ids=("nowhere",)), by=ME)


def test_an_index_tells_what_each_memory_is_and_why(runtime, project, add) -> None:
    item = add("The lamps turn", narrative="Twice a minute " * 50, type="decision")
    asked = SearchQuery(project_id=project.id, query="which lamp turns each minute")

    [entry] = runtime.recall.search(asked, by=ME).index

    assert (entry.id, entry.type, entry.title) == (
        item.id,
        "decision",
        "The lamps turn",
    )
    assert entry.when_epoch == item.created_at_epoch
    assert entry.tokens > 200
    assert entry.why == "title: lamp, turns; text: minute"


def test_a_question_that_nothing_fits_has_an_empty_answer(
    runtime, project, add
) -> None:
    for number in range(60):
        add(f"The lamp of the tower turns, {number}")
    asked_for = {"project_id": project.id, "query": "lamp espresso machine descaling"}

    search = runtime.recall.search
    strange = search(SearchQuery(**asked_for), by=ME)
    known = search(SearchQuery(project_id=project.id, query="lamp tower"), by=ME)
    anyway = search(SearchQuery(**asked_for, min_confidence=0), by=ME)
    strict = search(SearchQuery(**asked_for, min_confidence=1), by=ME)

    assert strange.hits == strict.hits == ()
    assert len(anyway.hits) == len(known.hits) == 20
    assert 0 < strange.confidence == anyway.confidence < 0.02 < known.confidence < 1
    assert search(SearchQuery(project_id=project.id), by=ME).confidence is None
    assert search(SearchQuery(project_id=project.id, query="…"), by=ME).confidence == 0


@pytest.mark.parametrize(
    "opened",
    [["src/keeper.py"], '["src/keeper.py", "x"]', "x, src/keeper.py", "src/keeper.py"],
)
def test_what_is_about_an_open_file_is_lifted_and_hides_nothing(
    runtime, project, add, opened
) -> None:
    add("The lamp turns", files_read=("/home/me/app/src/keeper.py",))
    add("A lamp burns", files_read=("docs/tower.md",))
    add("Any lamp glows")
    add("Heights are metres", files_modified=("src/keeper.py",))
    add("Tides are late", files_modified=("src/tide.py",))

    plain = search(runtime, project, "lamp")
    lifted = search(runtime, project, "lamp", open_files=opened)

    assert plain[-1] == "The lamp turns"
    assert lifted[0] == "The lamp turns"
    assert set(lifted) == {*plain, "Heights are metres"}
    kept = search(runtime, project, "lamp", open_files=opened, file="docs")
    assert kept == ["A lamp burns"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The authentication was mended", "uthent"),
        ("A new hypervisor", "visor"),
        ("Die Datenbankverbindung brach ab", "Verbindung"),
        ("Die Datenbankverbindung brach ab", "verbindungen"),
        ("La autenticación se rompió", "tenticación"),
        ("Сломалась переустановка пакета", "установка"),
        ("la réauthentification échoue", "authentification"),
        ("getUserNameOrFail broke", "namefail username"),
        ("我们决定使用数据库", "数据"),
        ("データベースを再起動した", "ベース"),
        ("데이터베이스를 다시 시작했다", "베이스"),
    ],
)
def test_a_part_of_a_word_finds_it(runtime, project, add, text, asked) -> None:
    for number in range(9):
        add(f"apple pie {number}")
    add(text)
    question = SearchQuery(project_id=project.id, query=asked)

    [hit] = runtime.recall.search(question, by=ME).hits

    assert hit.item.title == text
    assert hit.why.startswith("title: ")


def test_a_word_that_is_known_is_no_part_of_others(runtime, project, add) -> None:
    add("The brain trains")
    add("The rain falls")

    assert search(runtime, project, "rain") == ["The rain falls"]


def test_a_part_of_a_word_counts_less_than_a_word(runtime, project, add) -> None:
    for number in range(50):
        add(f"apple pie {number}")
    add("The lighthouse")
    add("The harbour")

    hits = runtime.recall.search(
        SearchQuery(project_id=project.id, query="ighthous harbour"), by=ME
    ).hits

    assert [hit.item.title for hit in hits] == ["The harbour", "The lighthouse"]
    harbour, lighthouse = (hit.parts["title"] for hit in hits)
    assert lighthouse == pytest.approx(harbour / 2, rel=0.1)


def test_yesterday_is_the_day_before_it_is_asked(runtime, project, add, system) -> None:
    add("The lamp was cleaned")
    system.pass_time(timedelta(days=1))
    add("The lamp was mended")
    system.pass_time(timedelta(days=1))
    add("The lamp was painted")
    today = system.now()

    assert search(runtime, project, "lamp yesterday")[0] == "The lamp was mended"
    assert search(runtime, project, "lamp gestern")[0] == "The lamp was mended"
    then = today - 24 * 60 * 60 * 1000
    assert search(runtime, project, "lamp yesterday", as_of=then)[0] == (
        "The lamp was cleaned"
    )


def test_a_time_is_no_word_that_answers_must_have(
    runtime, project, add, system
) -> None:
    # A word that nothing has is rare: it would leave the answer without confidence.
    def confidence(query: str) -> float | None:
        asked = SearchQuery(project_id=project.id, query=query)
        return runtime.recall.search(asked, by=ME).confidence

    add("hooks are read once")
    now = date_of(system.now())
    other = now.replace(day=1, month=now.month % 12 + 1)

    assert confidence(f"hooks in {other:%B}") == confidence("hooks in")
    assert confidence(f"hooks in {now:%B}") > confidence("hooks in")
    assert confidence("hooks in Zanzibar") < confidence("hooks in")


def test_a_time_alone_asks_for_what_was_then(runtime, project, add, system) -> None:
    add("long ago")
    system.pass_time(timedelta(days=70))
    add("the day before")
    add("the same day")
    system.pass_time(timedelta(days=1))
    today = add("today")
    day, month = date_of(system.now()), date_of(system.now() - 71 * 86_400_000)

    assert search(runtime, project, "what was yesterday?") == [
        *("the same day", "the day before")
    ]
    assert search(runtime, project, "yesterday", limit=1) == ["the same day"]
    assert search(runtime, project, f"in {month:%B}") == ["long ago"]
    assert search(runtime, project, f"{month:%Y-%m}, {day:%Y-%m-%d}") == [
        *("today", "long ago")
    ]
    later = today.created_at_epoch - 1
    assert search(runtime, project, f"{day:%Y-%m-%d}", date_end=later) == []
    assert search(runtime, project, "in the year 1999") == []


def test_what_fits_much_better_stands_above_what_is_about_an_open_file(
    runtime, project, add
) -> None:
    for number in range(9):
        add(f"The keeper's diary, page {number}: a lamp")
    add("A lamp on the way home", files_read=("src/lamp.py",))
    add("Why the lamp flickers")
    asked = SearchQuery(
        project_id=project.id, query="why the lamp flickers", open_files=("lamp.py",)
    )

    first, second, third, *_ = runtime.recall.search(asked, by=ME).hits

    assert first.item.title == "Why the lamp flickers"
    assert second.item.title == "A lamp on the way home"
    assert (second.parts["open"], third.parts["open"]) == (OPEN, 0)


@pytest.mark.parametrize(
    "question",
    ["lamp.py", "src/lamp.py:12", "why did /home/me/app/src/lamp.py change?"],
)
def test_what_is_about_a_file_that_the_question_names_comes_first(
    runtime, project, add, question
) -> None:
    add("Heights are metres", files_modified=("src/lamp.py",))
    add("Why did the lamp change, and how? A lamp of src, py and me", text=question)
    add("The change of the lamp", files_read=("src/xlamp.py", "lamp.py/x"))
    asked = SearchQuery(project_id=project.id, query=question)

    first, *others = runtime.recall.search(asked, by=ME).hits

    assert first.item.title == "Heights are metres"
    assert first.parts["named"] == NAMED
    assert {one.parts["named"] for one in others} == {0}


def test_a_file_that_is_named_is_looked_for_beyond_the_words(
    runtime, project, add
) -> None:
    add("Heights are metres", files_modified=("src/lamp.py",))
    for number in range(POOL + 1):
        add(f"The lamp, {number}", text="src lamp py " * (1 + number % 9))

    found = search(runtime, project, "src/lamp.py", limit=100)
    assert "Heights are metres" in found
    assert "Heights are metres" not in search(runtime, project, "src lamp", limit=100)


def test_a_reason_tells_what_brought_what_has_none_of_the_words(
    runtime, project, add
) -> None:
    add("Heights are metres", files_modified=("src/keeper.py",))
    add("Why the lamp flickers")
    session = runtime.sessions.start(
        ServerSessionDraft(project_id=project.id, content_session_id="talk"), by=ME
    ).session.id
    for text in ("Does the lamp flicker?", "Only at night"):
        add("Anna", text=text, author="Anna", server_session_id=session)
    asked = SearchQuery(
        project_id=project.id, query="lamp flicker", open_files=("keeper.py",)
    )

    hits = runtime.recall.search(asked, by=ME).hits

    assert {hit.item.text or hit.item.title: hit.why for hit in hits} == {
        "Heights are metres": "an open file",
        "Why the lamp flickers": "title: lamp, flicker",
        "Does the lamp flicker?": "text: lamp, flicker",
        "Only at night": "what it stands beside",
    }


def test_a_reason_names_no_word_that_only_looks_alike(add) -> None:
    item = add("The cart carries a category", files_read=("src/lamp.py",))

    question = asked("cat carton lamps")
    found = Candidate.of(item, question.tokens)
    assert why(question, found.counts) == "files: lamps"


def test_a_timeline_runs_around_a_memory(runtime, project, add) -> None:
    items = [add(f"memory {number}") for number in range(7)]

    around = line(runtime, project, anchor=items[3].id, depth_before=2, depth_after=1)

    assert titles(around) == ["memory 1", "memory 2", "memory 3", "memory 4"]
    assert (around.anchor_id, around.anchor_epoch) == (items[3].id, items[3].when)
    assert [one.why for one in around.index] == ["", "", "anchor", ""]


def test_a_timeline_runs_around_a_moment_a_session_and_an_answer(
    runtime, project, add, system
) -> None:
    add("before")
    system.pass_time(timedelta(seconds=1))
    start = ServerSessionDraft(project_id=project.id, content_session_id="s")
    session = runtime.sessions.start(start, by=ME).session
    now = system.now()
    lamp = add("lamp", server_session_id=session.id)
    add("after")

    for anchor in (session.id, now, str(now)):
        around = line(runtime, project, anchor=anchor)
        assert titles(around) == ["before", "lamp", "after"]
        assert around.anchor_id is None
    by_query = line(runtime, project, query="lamps", depth_before=0, depth_after=0)
    assert (titles(by_query), by_query.anchor_id) == (["lamp"], lamp.id)
    assert line(runtime, project, query="nothing like it") == Timeline()


def test_filters_hold_around_an_anchor_that_they_would_hide(
    runtime, project, add
) -> None:
    add("one", type="decision")
    anchor = add("two")
    add("three")
    add("four", type="decision")

    around = line(runtime, project, anchor=anchor.id, type="decision")

    assert titles(around) == ["one", "two", "four"]


def test_an_anchor_of_another_project_is_not_found(runtime, project, add) -> None:
    other = runtime.projects.create(ProjectDraft(name="Harbour"), by=ME)
    theirs = add("lamp", project_id=other.id)
    start = ServerSessionDraft(project_id=other.id, content_session_id="s")
    session = runtime.sessions.start(start, by=ME).session

    for anchor in (theirs.id, session.id, "nowhere", "2026-02-30"):
        told = f"no memory or session with the id '{anchor}'"
        with pytest.raises(NotFoundError, match=told):
            line(runtime, project, anchor=anchor)


def test_many_are_had_in_their_order_and_the_others_are_named(runtime, add) -> None:
    first, second = add("first"), add("second")
    asked = MemoryRequest(ids=(second.id, "nowhere", first.id, second.id))

    found = runtime.memories.get_many(asked, by=ME)
    stranger = runtime.memories.get_many(asked, by=Principal(team_id="strangers"))

    assert [item.id for item in found.memories] == [second.id, first.id]
    assert all(item.sources for item in found.memories)
    assert found.missing == ("nowhere",)
    assert stranger.memories == ()
    assert stranger.missing == (second.id, "nowhere", first.id)


def test_evidence_is_the_words_that_a_source_cites(runtime, add, draft) -> None:
    prompt = draft("user_prompt", payload={"prompt": "The lamp turns clockwise"})
    event = runtime.events.accept(prompt, by=ME).event
    place = {"event_id": event.id, "json_path": "$.prompt", "start": 4, "end": 8}
    source = MemorySourceDraft(source_type="agent_event", **place)
    bare = MemorySourceDraft(source_type="manual")
    item = add("lamp", sources=(source, bare))

    found = runtime.memories.get_many(
        MemoryRequest(ids=(item.id,), evidence=True), by=ME
    )

    assert [[one.text for one in each] for each in found.evidence] == [["lamp", None]]
    silent = runtime.memories.get_many(MemoryRequest(ids=(item.id,)), by=ME)
    assert silent.evidence == ()


def test_another_time_is_asked_of_search_and_get(
    runtime, project, add, storage, system
) -> None:
    old = add("the lamp is red")
    between = system.now()
    new = add("the lamp is green")
    with storage.begin() as tx:
        tx.memories.replace(superseded(old, new))
    gone = add("the lamp is lit", valid_to_epoch=system.now() + 2_000)
    system.pass_time(timedelta(minutes=1))

    assert search(runtime, project) == ["the lamp is green"]
    assert search(runtime, project, as_of=between) == ["the lamp is red"]
    assert search(runtime, project, known_at=between) == ["the lamp is red"]
    assert set(search(runtime, project, include_superseded=True)) == {
        "the lamp is red",
        "the lamp is green",
    }
    assert set(search(runtime, project, include_expired=True)) == {
        "the lamp is green",
        "the lamp is lit",
    }
    assert "the lamp is lit" in search(runtime, project, known_at=gone.when)
    then = runtime.memories.get(old.id, by=ME, moment=Moment(known_at=between))
    assert (then.superseded_by_id, then.superseded_at_epoch) == (None, None)
    assert runtime.memories.get(old.id, by=ME).superseded_by_id == new.id
    for moment in (Moment(known_at=between), Moment(as_of=between)):
        with pytest.raises(NotFoundError):
            runtime.memories.get(new.id, by=ME, moment=moment)
