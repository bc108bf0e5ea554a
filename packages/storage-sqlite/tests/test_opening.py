# SPDX-License-Identifier: Apache-2.0
"""Which files are opened, and what opening one does."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from itertools import count

import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_core.domain.by_hand import Expiry, Hand, expired
from claude_mem_core.domain.feedback import Seen, standing
from claude_mem_core.domain.filters import Moment, as_known
from claude_mem_core.domain.search import TermQuery
from claude_mem_core.errors import ConfigurationError, InvalidInputError, StorageError
from claude_mem_storage_sqlite.filters import MARKS
from claude_mem_storage_sqlite.packs import PACKS
from claude_mem_storage_sqlite.version import OURS, SCHEMA

UNDO = Expiry(undo=True)
WORDS = ("memory_items_fts", "memory_texts", "memory_totals", "memory_analysis")


def change(path, *statements):
    with closing(sqlite3.connect(path)) as raw, raw:
        return [raw.execute(statement).fetchall() for statement in statements]


def test_a_newer_database_is_refused_and_nothing_is_written(path, open_storage):
    open_storage().close()
    change(path, f"PRAGMA user_version = {SCHEMA + 1}")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError) as refusal:
        open_storage()
    assert path.read_bytes() == before
    for word in (f"schema {SCHEMA + 1}", f"up to {SCHEMA}", "install"):
        assert word in str(refusal.value)


def test_a_database_of_another_program_is_refused(path, open_storage):
    change(path, "CREATE TABLE observations (id)")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="another program"):
        open_storage()
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path, open_storage):
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match=f"{path}: .*not a database"):
        open_storage()
    assert path.read_bytes() == b"no database at all" * 100


def test_a_path_that_cannot_be_made_is_named_with_its_setting(tmp_path, open_storage):
    (tmp_path / "memory.db").mkdir()
    (tmp_path / "memory.db").chmod(0o700)
    with pytest.raises((ConfigurationError, StorageError), match=r"memory\.db"):
        open_storage()


def test_the_file_says_whose_it_is_and_of_which_schema(path, storage):
    storage.close()
    marks = change(path, "PRAGMA application_id", "PRAGMA user_version")
    assert marks == [[(OURS,)], [(SCHEMA,)]]


def test_every_migration_that_was_applied_is_on_record(path, storage):
    storage.close()
    (rows,) = change(path, "SELECT name FROM _sqlite_migrations")
    assert len(rows) == SCHEMA


def test_a_migration_that_fails_leaves_the_file_empty(path, open_storage, monkeypatch):
    from claude_mem_storage_sqlite import migrations

    more = ("CREATE TABLE half (id)", "no SQL")
    monkeypatch.setattr(migrations, "BORDERS", (*migrations.BORDERS, *more))
    with pytest.raises(StorageError):
        open_storage()
    assert change(path, "SELECT count(*) FROM sqlite_schema") == [[(0,)]]
    monkeypatch.undo()
    assert open_storage().notices() == ()


@pytest.mark.usefixtures("storage")
def test_only_the_owner_can_read_any_of_the_files(path):
    modes = {
        file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()
    }
    assert modes == dict.fromkeys(
        ("memory.db", "memory.db-wal", "memory.db-shm", "memory.db.lease"), 0o600
    )


def test_a_file_that_others_could_read_is_taken_back(path, open_storage):
    open_storage().close()
    path.chmod(0o644)
    open_storage()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_clean_end_leaves_no_log_behind(path, storage):
    with storage.read() as snapshot:
        assert snapshot.projects.list(scope=samples.OURS)
    storage.close()
    assert {file.name for file in path.parent.iterdir()} == {
        "memory.db",
        "memory.db.lease",
    }


AUDITED = """
import sys
from pathlib import Path
from claude_mem_conformance import samples
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.storage import SqliteStorage

path, system = Path(sys.argv[1]), RealSystem()
SqliteStorage(path, system).close()
files = {str(path), f"{path}-wal", f"{path}-shm"}
sys.addaudithook(lambda event, args: event == "open" and str(args[0]) in files
                 and print(args))
storage = SqliteStorage(path, system)
samples.inhabit(storage)
with storage.read() as snapshot:
    snapshot.projects.list(scope=samples.OURS)
storage.check()
storage.close()
if sys.argv[2:]:
    open(path).close()
"""


def test_the_process_opens_the_files_through_sqlite_alone(path, run):
    assert run(AUDITED, path) == []
    assert run(AUDITED, path.with_name("two.db"), "and one plain open") != []


def test_processes_that_open_a_new_file_at_once_make_it_once(writer, open_storage):
    processes = [writer(name, 0) for name in ("a", "b", "c", "d")]
    assert [process.wait(60) for process in processes] == [0] * 4
    again = open_storage()
    assert again.notices() == ()
    assert again.check() == []


def test_a_row_that_somebody_spoilt_is_named(path, storage, open_storage):
    storage.close()
    change(path, "UPDATE agent_events SET payload = '{' WHERE id = 'event'")
    with open_storage().read() as snapshot:
        with pytest.raises(StorageError, match="agent_events: the row 'event'"):
            snapshot.events.get("event", scope=samples.OURS)
        assert snapshot.events.get("other-event", scope=samples.OURS)


def test_a_number_beyond_the_column_is_the_callers_fault(storage):
    source = samples.memory_source("m", start=2**70)
    with pytest.raises(InvalidInputError), storage.begin() as tx:
        tx.memories.add(samples.memory("m", sources=(source,)))


def test_a_database_of_the_first_schema_is_brought_to_the_present_one(
    path, storage, open_storage
):
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m"))
    storage.close()
    change(
        path,
        "DROP TABLE memory_use_totals",
        "DROP INDEX memory_items_of_kind",
        "DROP INDEX memory_items_of_type",
        "DELETE FROM _sqlite_migrations"
        " WHERE name IN ('0002-counts', '0013-lists-and-totals')",
        "PRAGMA user_version = 1",
    )
    with open_storage().read() as snapshot:
        counted = snapshot.memories.count("project", scope=samples.OURS)
        assert counted == {"observation": 1}
    assert change(path, "PRAGMA user_version") == [[(SCHEMA,)]]
    for name, is_there in (("of_kind", True), ("of_type", True), ("kind", False)):
        columns = change(path, f"PRAGMA index_info(memory_items_{name})")
        assert (columns != [[]]) == is_there


def test_the_folder_of_an_older_project_stands_for_it_after_the_move(
    path, storage, open_storage
):
    rooted = {"first": "/srv/app", "second": "/srv/app/", "third": "C:\\App"}
    with storage.begin() as tx:
        for name, root in rooted.items():
            tx.projects.add(samples.project(name, root_path=root))
        tx.projects.add(samples.project("unrooted"))
    storage.close()
    change(
        path,
        "DROP TABLE project_identities",
        "DELETE FROM _sqlite_migrations WHERE name = '0005-project-identities'",
        f"PRAGMA user_version = {SCHEMA - 1}",
    )
    keys = ["folder:/srv/app", "folder:c:/app"]
    with open_storage().read() as snapshot:
        found = snapshot.projects.identified(keys, scope=samples.OURS)
    known = {one.key: (one.project_id, one.proof) for one in found}
    assert known == {keys[0]: ("first", "folder"), keys[1]: ("third", "folder")}


def test_an_older_database_learns_when_memories_gave_way_and_what_filters_look_for(
    path, storage, open_storage
):
    new, own = {"superseded_by_id": "new"}, {"valid_to_epoch": 9}
    what = {"concepts": ("Gotcha",), "files_read": ("src\\lamp.py",)}
    with storage.begin() as tx:
        tx.memories.add(samples.memory("old", **new, valid_to_epoch=NOW + 5))
        tx.memories.add(samples.memory("expired", **new, **own))
        tx.memories.add(samples.memory("new", created_at_epoch=NOW + 5, **what))
    storage.close()
    change(
        path,
        "DROP INDEX memory_items_in_session",
        "DROP TABLE memory_use_totals",
        "DROP INDEX memory_items_of_kind",
        "DROP INDEX memory_items_of_type",
        "DROP TRIGGER memory_items_reworded",
        "DROP INDEX memory_items_when",
        "CREATE INDEX memory_items_project ON memory_items (project_id)",
        "ALTER TABLE memory_items DROP COLUMN when_epoch",
        *(
            f"ALTER TABLE memory_items DROP COLUMN {name}"
            for name in ("author", "superseded_at_epoch", "superseded_from_epoch")
        ),
        *(f"ALTER TABLE memory_items DROP COLUMN {name}" for name in MARKS),
        "DELETE FROM _sqlite_migrations WHERE name IN"
        " ('0007-filters', '0010-neighbours', '0011-words', '0013-lists-and-totals')",
        *(f"DROP TABLE {name}" for name in WORDS),
        f"PRAGMA user_version = {SCHEMA - 1}",
    )
    with open_storage().read() as snapshot:
        memories = snapshot.memories
        asked = samples.wanted(concept=("gotcha",), file=("/x/src/lamp.py",))
        [found] = memories.recent(asked, scope=samples.OURS, limit=9)
        kept = memories.get_many(["old", "expired"], scope=samples.OURS)
        [whole] = memories.get_many(["new"], scope=samples.OURS)
    assert found.id == "new"
    assert whole == samples.memory("new", created_at_epoch=NOW + 5, **what)
    assert [one.superseded_at_epoch for one in kept] == [NOW + 5, NOW + 5]
    assert [one.superseded_from_epoch for one in kept] == [NOW + 5, NOW + 5]
    assert [one.valid_to_epoch for one in kept] == [None, 9]


def test_an_older_database_learns_what_was_known_before_an_end_was_set(
    path, storage, open_storage
):
    said, ids = Expiry(valid_to_epoch=NOW - 9), map(str, count())
    gone = {"superseded_by_id": "new", "superseded_at_epoch": NOW + 1}
    before = [
        samples.memory("ended"),
        samples.memory("ended anew", valid_to_epoch=NOW + 99),
        samples.memory("gave way", **gone),
    ]
    mark = {"a": {"endBefore": -1}}
    forged = samples.memory_source("forged", created_at_epoch=NOW + 1, metadata=mark)
    others = [
        samples.memory("its own end", valid_to_epoch=NOW - 9),
        samples.memory("forged", sources=(forged,)),
    ]
    with storage.begin() as tx:
        for item in before:
            late = expired(item, said, Hand(lambda: f"hand {next(ids)}", NOW + 2))
            tx.memories.add(expired(late, UNDO, Hand(lambda: "undone", NOW + 3)))
            later = Hand(lambda: f"hand {next(ids)}", NOW + 5)
            tx.memories.replace(expired(item, said, later))
        for item in others:
            tx.memories.add(item)
    storage.close()
    change(
        path,
        "DROP INDEX memory_items_once_superseded",
        "ALTER TABLE memory_items DROP COLUMN earlier_validity",
        "DELETE FROM _sqlite_migrations WHERE name = '0021-earlier-validity'",
        f"PRAGMA user_version = {SCHEMA - 1}",
    )
    with open_storage().read() as snapshot:
        names = [one.id for one in (*before, *others)]
        found = snapshot.memories.get_many(names, scope=samples.OURS)
    then = Moment(known_at=NOW + 4)
    assert [as_known(one, then) for one in found[:3]] == [
        one.changed(updated_at_epoch=NOW + 5) for one in before
    ]
    assert [one.valid_to_epoch for one in found[:3]] == [NOW - 9] * 3
    assert list(found[3:]) == others


def test_an_older_database_learns_under_which_words_memories_are_found(
    path, storage, open_storage
):
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m", "uses ManualCommit", facts=("a lamp",)))
    storage.close()
    change(
        path,
        *(f"DROP TABLE {name}" for name in WORDS),
        "DROP TRIGGER memory_items_reworded",
        "ALTER TABLE memory_items ADD COLUMN scope TEXT NOT NULL DEFAULT 'p1 t1'",
        "ALTER TABLE memory_items ADD COLUMN search_title TEXT",
        "CREATE VIEW memory_texts AS SELECT seq, title, scope FROM memory_items",
        "CREATE VIRTUAL TABLE memory_items_fts USING fts5("
        "title, scope, content = 'memory_texts', content_rowid = 'seq')",
        "DELETE FROM _sqlite_migrations WHERE name = '0011-words'",
        "PRAGMA user_version = 10",
    )
    again = open_storage()
    for term in ("manualcommit", "commit", "lamp"):
        query = TermQuery(terms=(term,), wanted=samples.wanted(), limit=9)
        with again.read() as snapshot:
            found = snapshot.memories.search(query, scope=samples.OURS)
        assert [one.item_id for one in found.candidates] == ["m"]
    assert again.check() == []
    columns = {row[1] for row in change(path, "PRAGMA table_info(memory_items)")[0]}
    assert not columns & {"scope", "search_title"}


def test_an_older_database_learns_which_words_its_projects_have(
    path, storage, open_storage
):
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m", "uses authentication"))
    storage.close()
    change(
        path,
        "DROP TABLE memory_words",
        "DROP TABLE memory_words_fts",
        "DELETE FROM _sqlite_migrations WHERE name = '0017-words-of-projects'",
        f"PRAGMA user_version = {SCHEMA - 1}",
    )
    with open_storage().read() as snapshot:
        found = snapshot.memories.words_with(
            "uthent", ["project"], scope=samples.OURS, limit=9
        )
    assert found == ["authent"]


def test_memories_of_an_older_database_are_found_by_their_errors(
    path, storage, open_storage
):
    with storage.begin() as tx:
        about = {"signature": "no lamp"}
        tx.memories.add(samples.memory("m", metadata=about))
        tx.memories.add(samples.memory("n", metadata={"signature": ["no lamp"]}))
    storage.close()
    change(
        path,
        "DROP INDEX memory_items_error",
        "ALTER TABLE memory_items DROP COLUMN error_signature",
        "DELETE FROM _sqlite_migrations WHERE name = '0019-errors'",
        f"PRAGMA user_version = {SCHEMA - 1}",
    )
    with open_storage().read() as snapshot:
        wanted, scope = samples.wanted(), samples.OURS
        found = snapshot.memories.met(["no lamp"], wanted, scope=scope, limit=9)
    assert [one.id for one in found] == ["m"]


def test_words_of_another_version_are_made_anew(path, storage, open_storage):
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m", "lamp"))
    storage.close()
    change(
        path,
        "UPDATE memory_analysis SET version = 0",
        "UPDATE memory_texts SET title = ' old ', tokens = 1",
    )
    again = open_storage()
    (notice,) = again.notices()
    assert "another version" in notice
    query = TermQuery(terms=("lamp",), wanted=samples.wanted(), limit=9)
    with again.read() as snapshot:
        assert snapshot.memories.search(query, scope=samples.OURS).candidates
    assert again.check() == []


def test_the_uses_of_an_older_database_are_of_their_memories_projects(
    path, storage, open_storage
):
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m"))
        for name in ("m", "gone"):
            tx.packs.note(samples.use(name, memory_item_id=name))
    storage.close()
    change(
        path,
        "DROP INDEX memory_uses_item",
        "DROP INDEX memory_uses_newest",
        "ALTER TABLE memory_uses DROP COLUMN pack_id",
        "CREATE TABLE older AS SELECT * FROM memory_uses",
        "DROP TABLE memory_uses",
        PACKS[-2],
        "INSERT INTO memory_uses SELECT seq, id, memory_item_id, server_session_id,"
        " kind, created_at_epoch FROM older",
        "DROP TABLE older",
        PACKS[-1],
        "DROP INDEX pack_receipts_told",
        PACKS[1],
        "DROP TABLE memory_use_totals",
        "DROP INDEX memory_items_of_kind",
        "DROP INDEX memory_items_of_type",
        "DELETE FROM _sqlite_migrations WHERE name IN"
        " ('0012-uses-of-packs', '0013-lists-and-totals')",
        f"PRAGMA user_version = {SCHEMA - 1}",
    )
    with open_storage().read() as snapshot:
        known = snapshot.packs.feedback(["m", "gone"])
    assert known == {"m": standing([Seen("useful")])}
    [rows] = change(path, "SELECT id, project_id, pack_id FROM memory_uses")
    assert rows == [("m", "project", None)]
