# SPDX-License-Identifier: Apache-2.0
"""The full-text index is in step with the memories, or it is made anew and told."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from claude_mem_conformance import samples
from claude_mem_core.domain.search import TermQuery
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS, search_fields
from claude_mem_storage_sqlite.full_text import FIELDS

TRICKY = samples.memory(
    "tricky",
    'A "quoted" title',
    text="it calls getUserName\0behind a zero byte",
    facts=("first\nline", 'a "second" \\ fact'),
    concepts=("how-it-works",),
    files_read=("src/a_b.py",),
    files_modified=("src/ManualCommit.py", "src/a_b.py"),
)


def change(path, *statements):
    with closing(sqlite3.connect(path)) as raw, raw:
        for statement in statements:
            raw.execute(statement)


def add(storage, *memories):
    with storage.begin() as tx:
        for memory in memories:
            tx.memories.add(memory)


def found(storage, *terms, project="project", scope=samples.OURS, limit=9):
    query = TermQuery(terms=terms, wanted=samples.wanted(project), limit=limit)
    with storage.read() as snapshot:
        found = snapshot.memories.search(query, scope=scope)
        return [one.item_id for one in found.candidates]


def test_the_index_has_the_fields_that_the_core_weighs():
    assert tuple(FIELD_WEIGHTS) == FIELDS


def test_a_word_stays_known_while_any_memory_has_it(storage):
    add(storage, samples.memory("one", "uses authentication"))
    add(storage, samples.memory("two", "authentication again"))
    for gone, left in (("one", ["authent"]), ("two", [])):
        with storage.begin() as tx:
            tx.memories.remove(gone)
        with storage.read() as snapshot:
            found = snapshot.memories.words_with(
                "uthent", ["project"], scope=samples.OURS, limit=9
            )
        assert found == left


def test_the_index_reads_what_the_core_says_of_a_memory(storage):
    add(storage, TRICKY)
    with storage.read() as snapshot:
        db = snapshot.memories._db
        row = db.one(f"SELECT {', '.join(FIELDS)} FROM memory_texts")
        (words,) = db.one("SELECT words FROM memory_texts")
        (number,) = db.one("SELECT seq FROM projects WHERE id = 'project'")
    shown = {name: text.split() for name, text in zip(FIELDS, row, strict=True)}
    assert shown == search_fields(TRICKY)
    every = [token for tokens in shown.values() for token in tokens]
    assert words.split() == [f"{number}x{token}" for token in every]


def test_a_change_that_no_word_of_changed_leaves_the_index_alone(statements, storage):
    add(storage, TRICKY)
    statements.clear()
    with storage.begin() as tx:
        tx.memories.replace(TRICKY.changed(superseded_by_id="x", metadata={"a": 1}))
    assert not [one for one in statements if "INTO memory_items_fts" in one]
    with storage.begin() as tx:
        tx.memories.replace(TRICKY.changed(title="apple"))
    assert [one for one in statements if "INTO memory_items_fts" in one]


def test_what_has_only_a_common_word_comes_last_and_the_latest_of_it_first(storage):
    for number in range(40):
        said = "lamp lamp lamp" if number % 2 else "the lamp by the old river"
        add(storage, samples.memory(f"common {number:02}", said))
    for number in range(3):
        add(storage, samples.memory(f"rare {number}", "tower by the river and a wood"))
    rare = ["rare 0", "rare 1", "rare 2"]
    latest = [f"common {number}" for number in range(39, 29, -1)]
    assert found(storage, "lamp", "tower", limit=3) == rare
    assert found(storage, "lamp", "tower", limit=13) == rare + latest
    assert len(found(storage, "lamp", "tower", limit=99)) == 43
    # Where no rarer word is there, how well they fit is told as ever.
    assert set(found(storage, "lamp", "absent", limit=20)) == {
        f"common {number:02}" for number in range(1, 40, 2)
    }


def test_what_has_only_a_common_word_is_compared_where_there_is_talk(storage):
    for number in range(40):
        said = "lamp lamp lamp" if number % 2 else "the lamp by the old river"
        one = samples.memory(f"common {number:02}", text=said, author="Anna")
        add(storage, one)
    add(storage, samples.memory("rare", text="tower by the river", author="Ben"))
    best = {f"common {number:02}" for number in range(1, 40, 2)}
    assert set(found(storage, "lamp", "tower", limit=21)) == {"rare", *best}


def test_words_that_very_many_have_choose_none_beside_a_rarer_one(storage, monkeypatch):
    from claude_mem_storage_sqlite import search

    monkeypatch.setattr(search, "CHOOSING", 8)
    for number in range(6):
        add(storage, samples.memory(f"lamp {number}", "lamp"))
    for number in range(5):
        add(storage, samples.memory(f"tower {number}", "tower by the river"))
    towers = [f"tower {number}" for number in range(5)]
    assert found(storage, "lamp", "tower", limit=5) == towers
    assert len(found(storage, "lamp", "tower")) == 9


def test_words_that_somebody_spoilt_are_written_anew(storage):
    add(storage, TRICKY, samples.memory("other", "banana"))
    with storage.begin() as tx:
        db = tx.memories._db
        db.run("INSERT INTO memory_items_fts (memory_items_fts) VALUES ('delete-all')")
        db.run("UPDATE memory_texts SET title = ' x ', tokens = 1")
        db.run("INSERT INTO memory_items_fts (memory_items_fts) VALUES ('rebuild')")
    assert found(storage, "banana") == []
    with storage.begin() as tx:
        for one in ("tricky", "other"):
            tx.memories.reindex(one)
    assert found(storage, "banana") == ["other"]
    assert found(storage, "getusernam", "getusername") == ["tricky"]


def test_totals_are_those_of_the_memories(storage):
    add(storage, TRICKY, samples.memory("other", "banana"))
    with storage.begin() as tx:
        tx.memories.replace(TRICKY.changed(title="apple", facts=(), text=None))
        tx.memories.remove("other")
        db = tx.memories._db
        kept = db.all("SELECT project, memories, tokens FROM memory_totals")
        sql = "SELECT project, count(*), sum(tokens) FROM memory_texts GROUP BY 1"
        assert kept == db.all(sql)


def test_a_changed_and_a_removed_memory_leave_the_index_whole(storage):
    add(storage, TRICKY, samples.memory("other", "banana"))
    with storage.begin() as tx:
        tx.memories.replace(TRICKY.changed(title="apple", facts=(), text=None))
        tx.memories.remove("other")
    assert storage.check() == []
    assert found(storage, "appl") == ["tricky"]
    assert found(storage, "banana") == []
    assert found(storage, "quot") == []


def test_a_refused_change_leaves_the_index_whole(storage):
    add(storage, TRICKY)
    with storage.begin() as tx:
        elsewhere = {"server_session_id": "other-session"}
        with pytest.raises(Exception, match="same project"):
            tx.memories.replace(TRICKY.changed(title="apple", **elsewhere))
    assert storage.check() == []
    assert found(storage, "quot") == ["tricky"]


@pytest.mark.parametrize("ending", ["clean", "killed"])
def test_a_healthy_start_does_not_rebuild_the_index(
    path, storage, open_storage, statements, ending, run
):
    add(storage, TRICKY)
    storage.close()
    if ending == "killed":
        run(
            "import os, sys, sqlite3\nc = sqlite3.connect(sys.argv[1])\n"
            "c.execute('PRAGMA user_version = 1')\nc.commit()\nos._exit(0)",
            path,
        )
        assert path.with_name("memory.db-wal").exists()
    again = open_storage()
    assert again.notices() == ()
    assert not [one for one in statements if "rebuild" in one]
    thorough = [one for one in statements if "integrity-check" in one]
    assert bool(thorough) == (ending == "killed")


DAMAGE = {
    "a lost word": ["DELETE FROM memory_items_fts_docsize"],
    "a lost page": ["DELETE FROM memory_items_fts_data WHERE id > 10"],
    "a lost table": ["DROP TABLE memory_items_fts_idx"],
    "a lost head": ["DELETE FROM memory_items_fts_data"],
    "a lost index": ["DROP TABLE memory_items_fts"],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_is_built_again_and_told(path, storage, open_storage, damage):
    add(storage, TRICKY, samples.memory("other", "banana"))
    storage.close()
    change(path, *damage)
    again = open_storage()
    (notice,) = again.notices()
    assert "built again from 2 memories" in notice
    assert found(again, "banana") == ["other"]
    assert again.check() == []
    again.close()
    assert open_storage().notices() == ()


def test_words_that_changed_behind_the_index_are_seen_after_a_kill(
    path, storage, open_storage
):
    add(storage, TRICKY)
    storage.close()
    change(path, "PRAGMA wal_autocheckpoint = 0", "UPDATE memory_items SET title = 'x'")
    path.with_name("memory.db-wal").touch()
    assert "built again" in open_storage().notices()[0]


def test_a_check_names_what_is_wrong(path, storage, open_storage):
    add(storage, TRICKY)
    assert storage.check() == []
    storage.close()
    change(
        path,
        "UPDATE memory_texts SET text = text || ' x '",
        "PRAGMA foreign_keys = OFF",
        "DELETE FROM server_sessions WHERE id = 'their-session'",
    )
    problems = open_storage().check()
    assert any("full-text index is damaged" in one for one in problems)
    assert "A row of agent_events has no row in server_sessions." in problems


def test_a_wrong_number_in_the_index_shows_no_memory_of_another_team(storage):
    theirs = {"project_id": "theirs", "server_session_id": "their-session"}
    add(storage, samples.memory("ours", "banana"))
    add(storage, samples.memory("theirs", "banana", **theirs))
    with storage.begin() as tx:
        db = tx.memories._db
        (ours,) = db.one("SELECT seq FROM projects WHERE id = 'project'")
        db.run("UPDATE memory_texts SET project = ?", [ours])
        db.run("INSERT INTO memory_items_fts (memory_items_fts) VALUES ('rebuild')")
    assert found(storage, "banana") == ["ours"]
    assert found(storage, "banana", project="theirs", scope=samples.STRANGERS) == []


def test_a_search_in_another_teams_project_finds_nothing(storage):
    there = {"project_id": "theirs", "server_session_id": "their-session"}
    add(storage, samples.memory("theirs", "banana", **there))
    assert found(storage, "banana", project="theirs", scope=samples.STRANGERS)
    for scope in (samples.OURS, samples.PROJECT):
        assert found(storage, "banana", project="theirs", scope=scope) == []


def test_a_projects_number_is_no_word_that_can_be_searched_for(storage):
    add(storage, samples.memory("ours", "banana"))
    with storage.read() as snapshot:
        (number,) = snapshot.memories._db.one("SELECT project FROM memory_texts")
    for word in (f"{number}", f"{number}x", f"{number}xbanana"):
        assert found(storage, word) == []


@pytest.mark.parametrize(
    "term",
    [
        '" OR words : 3xcherri OR "',
        '" OR "3xcherri',
        "3xcherri",
        'banana") OR (3xcherri',
        "{words} : 3xcherri",
        "\0",
        '"',
    ],
)
def test_no_term_reaches_another_project(storage, term):
    there = {"project_id": "theirs", "server_session_id": "their-session"}
    add(storage, samples.memory("theirs", "cherry", **there))
    with storage.read() as snapshot:
        sql = "SELECT seq FROM projects WHERE id = 'theirs'"
        assert snapshot.memories._db.one(sql) == (3,)
    assert found(storage, term) == []
    assert found(storage, "banana", term) == []


EVERY_FILTER = {
    **dict.fromkeys(("type", "concept", "file", "session_id", "author"), ("x",)),
    "kind": ("manual",),
    "trust": ("user",),
    "platform_source": ("codex",),
    "date_start": 1,
    "date_end": 2,
    "as_of": 3,
    "known_at": 4,
}


def plan_of(storage, sql, narrowed, **more):
    from claude_mem_storage_sqlite.filters import parameters

    asked = {
        **parameters(narrowed),
        "team": "team",
        "project": None,
        "limit": 1,
        **more,
    }
    with storage.read() as snapshot:
        rows = snapshot.memories._db.all(f"EXPLAIN QUERY PLAN {sql}", asked)
    return [row[3] for row in rows]


@pytest.mark.parametrize("order", ["_BEST_FIRST", "_LATEST_FIRST"])
@pytest.mark.parametrize("fields", [{}, EVERY_FILTER], ids=["plain", "every filter"])
def test_a_search_looks_up_no_more_rows_than_are_wanted(storage, fields, order):
    from claude_mem_storage_sqlite import filters, search

    wanted = samples.wanted().changed(**fields)
    sql = search._BEST + filters.conditions(wanted) + getattr(search, order)
    steps = plan_of(storage, sql, wanted, question="a", own="project")
    assert "SCAN f VIRTUAL TABLE" in steps[0]
    assert "SEARCH r USING INTEGER PRIMARY KEY" in steps[1]
    assert not any("TEMP B-TREE" in step for step in steps)


@pytest.mark.parametrize("fields", [{}, EVERY_FILTER], ids=["plain", "every filter"])
def test_a_list_is_read_in_the_order_of_its_index(storage, fields):
    from claude_mem_storage_sqlite import filters, records

    wanted = samples.wanted().changed(**fields)
    for select, order in (
        (records.RECORDS.select, records._BEFORE + records._LATEST),
        (records.RECORDS.select, records._AFTER + records._OLDEST),
        (records._OUTLINE, records._LATEST),
    ):
        sql = select + records._CHOSEN + filters.conditions(wanted) + order
        asked = {"wanted": "project", "epoch": 1, "place": "m"}
        steps = plan_of(storage, sql, wanted, **asked)
        assert "SEARCH r USING INDEX memory_items_" in steps[0]
        assert not any("TEMP B-TREE" in step for step in steps)
