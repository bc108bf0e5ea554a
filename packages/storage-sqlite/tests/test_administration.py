# SPDX-License-Identifier: Apache-2.0
"""A database is looked over and written out, and nothing about it changes."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_storage_sqlite.administration import EXPORTED, main
from claude_mem_storage_sqlite.version import SCHEMA

INTERNAL = {
    *("memory_analysis", "memory_texts", "memory_totals", "memory_words"),
    "api_keys", "job_counts", "generation_workers", "_sqlite_migrations",
    "sqlite_sequence", "memory_use_totals", "memory_vectors", "vector_changes",
}  # fmt: skip
NOT_FOR_A_TERMINAL = "red \x1b[31m \x07 \x7f \x9b31m \u202e \u2028"

SHARED_PAGE = """
    UPDATE sqlite_schema SET rootpage = (
      SELECT rootpage FROM sqlite_schema WHERE name = 'audit_log_team')
    WHERE name = 'audit_log_actor'
"""


@pytest.fixture
def database(path, storage):
    """A database with a row in every table, which nobody has open."""
    with storage.begin() as tx:
        tx.teams.add_member(samples.member("me"))
        tx.keys.add(samples.key("key", key_hash="the hash"))
        tx.projects.identify(samples.identity("folder:/srv/app"))
        tx.memories.add(
            samples.memory("m", NOT_FOR_A_TERMINAL, metadata=samples.AWKWARD)
        )
        tx.jobs.add(samples.job("job"))
        tx.jobs.claim(now=NOW, lease_until=NOW + 1)
        tx.audit.append([samples.audit_row(1)])
        tx.model_calls.add(samples.model_call("call", job_id=None))
        tx.packs.add(samples.receipt("pack", "m"))
        tx.packs.note(samples.use("use", memory_item_id="m"))
        tx.usage.count("2026-11", {"request": 1}, scope=samples.OURS)
    storage.close()
    return path


@pytest.fixture
def told(capsys):
    """Runs the command in this process: its exit code, its output, its errors."""

    def run(*args):
        code = main([str(arg) for arg in args])
        return code, *capsys.readouterr()

    return run


def change(path, *statements):
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            raw.execute(statement)


def rows(out):
    return [json.loads(line) for line in out.splitlines()]


def files(path):
    return {
        file.name: (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_mode)
        for file in path.parent.iterdir()
    }


def command(*args):
    return [sys.executable, "-W", "error", "-m", "claude_mem_storage_sqlite", *args]


def test_a_healthy_database_is_told_to_be_so(database, told):
    assert told("check", database) == (0, f"{database}: nothing is wrong.\n", "")
    code, out, _ = told("check", database, "--json")
    assert (code, json.loads(out)) == (
        0,
        {"path": str(database), "schema": SCHEMA, "healthy": True, "problems": []},
    )


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        (
            "DELETE FROM memory_items_fts_docsize",
            "The full-text index is damaged: it holds 0 of 1 memories",
        ),
        (
            "UPDATE memory_items SET title = 'other'",
            "The full-text index is damaged",
        ),
        (
            "UPDATE server_sessions SET project_id = 'gone' WHERE id = 'session'",
            "no row in projects",
        ),
        (
            SHARED_PAGE,
            "The file is damaged",
        ),
        (
            "UPDATE sqlite_schema SET rootpage = 999999 WHERE name = 'audit_log'",
            "The file is damaged",
        ),
    ],
)
def test_what_is_wrong_is_told_and_left_as_it_is(database, told, statement, word):
    change(database, "DROP TRIGGER server_sessions_stay", statement)
    before = files(database)
    code, out, err = told("check", database)
    assert (code, err) == (1, "")
    assert word in out
    told_as_json = told("check", database, "--json")
    assert told_as_json[0] == 1
    answer = json.loads(told_as_json[1])
    assert answer["healthy"] is False
    assert out.splitlines() == answer["problems"]
    assert files(database) == before


def test_every_table_is_written_out_but_keys_and_what_is_internal(database, told):
    with closing(sqlite3.connect(database)) as raw:
        sql = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        tables = {name for (name,) in raw.execute(sql)}
    kept = {name for name in tables - INTERNAL if "_fts" not in name}
    code, out, err = told("export", database)
    assert (code, err) == (0, "")
    assert {one["table"] for one in rows(out)} == kept == set(EXPORTED)
    assert list(dict.fromkeys(one["table"] for one in rows(out))) == list(EXPORTED)


def test_no_key_and_no_hash_of_one_is_written_out(database, told):
    assert b"the hash" in database.read_bytes()
    assert "the hash" not in told("export", database)[1]
    with pytest.raises(SystemExit) as refused:
        told("export", database, "--table", "api_keys")
    assert refused.value.code == 2


def test_rows_come_decoded_in_order_without_words_of_the_index(database, told):
    _, out, _ = told("export", database, "--table", "memory_items")
    [memory] = [one["row"] for one in rows(out)]
    assert memory["metadata"] == samples.AWKWARD
    assert (memory["facts"], memory["title"]) == ([], NOT_FOR_A_TERMINAL)
    assert not [name for name in memory if name.startswith("search_")]
    assert "scope" not in memory
    _, out, _ = told("export", database, "--table", "agent_events")
    assert [one["row"]["seq"] for one in rows(out)] == [1, 2, 3]


def test_the_tables_asked_for_are_written_out_and_no_others(database, told):
    asked = ("--table", "projects", "--table", "teams")
    _, out, _ = told("export", database, *asked)
    assert {one["table"] for one in rows(out)} == {"projects", "teams"}


def test_no_terminal_obeys_what_is_written_out(database, told):
    _, out, _ = told("export", database)
    assert out.isascii()
    assert out.replace("\n", "").isprintable()


def test_twice_gives_the_same_and_touches_nothing(database, told):
    before = files(database)
    for deed in ("check", "export"):
        assert told(deed, database) == told(deed, database)
    assert files(database) == before


def test_one_moment_is_written_out_while_another_process_writes(database, writer):
    process = writer("w", 8000)
    process.stdout.readline()
    for _ in range(3):
        done = subprocess.run(
            command("export", str(database)),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        found = rows(done.stdout)
        [session] = [
            one["row"]
            for one in found
            if one["table"] == "server_sessions" and one["row"]["id"] == "session"
        ]
        written = [one for one in found if one["row"].get("id", "").startswith("w-")]
        assert session["metadata"]["count"] == len(written) > 0
    subprocess.run(command("check", str(database)), check=True, timeout=60)
    assert process.poll() is None
    process.kill()


def test_a_copy_that_sqlite_made_is_checked_like_the_original(database, told, tmp_path):
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))

    assert told("check", copy) == (0, f"{copy}: nothing is wrong.\n", "")


def test_a_check_goes_on_beside_a_store_that_is_open(path, storage):
    with storage.begin() as tx:
        tx.memories.add(samples.memory("m"))
    subprocess.run(command("check", str(path)), check=True, timeout=60)
    with storage.begin() as tx:
        tx.memories.add(samples.memory("n"))
    assert storage.check() == []


@pytest.mark.parametrize("deed", ["check", "export"])
def test_no_database_is_made_where_there_is_none(tmp_path, told, deed):
    for place in (tmp_path / "absent.db", tmp_path / "absent" / "m.db", tmp_path):
        code, out, err = told(deed, place)
        assert (code, out) == (78, "")
        assert f"{place}: there is no database file (configuration)" in err
    (tmp_path / "empty.db").touch()
    assert told(deed, tmp_path / "empty.db")[0] == 78
    assert [file.name for file in tmp_path.iterdir()] == ["empty.db"]


@pytest.mark.parametrize("deed", ["check", "export"])
@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("PRAGMA application_id = 7", "another program"),
        (f"PRAGMA user_version = {SCHEMA + 1}", f"schemas up to {SCHEMA}"),
    ],
)
def test_what_a_start_refuses_is_refused_and_left_alone(
    database, tmp_path, told, deed, statement, word
):
    folder = tmp_path / "copy"
    folder.mkdir()
    copy = shutil.copy(database, folder / "m.db")
    change(copy, statement)
    before = files(copy)
    code, out, err = told(deed, copy)
    assert (code, out) == (78, "")
    assert word in err
    assert files(copy) == before


def test_a_file_that_is_no_database_is_unavailable(tmp_path, told):
    foreign = tmp_path / "notes.txt"
    foreign.write_text("no database at all" * 100)
    code, out, err = told("check", foreign, "--json")
    assert code == 69
    assert json.loads(out)["error"] == "unavailable"
    assert "not a database" in err
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_row_that_somebody_spoilt_ends_the_export_with_its_name(database, told):
    change(database, "UPDATE agent_events SET payload = '{' WHERE id = 'event'")
    code, out, err = told("export", database)
    assert code == 69
    assert "agent_events: the row 'event' cannot be read" in err
    assert rows(out)[-1]["table"] == "server_sessions"


def test_a_reader_that_goes_away_ends_the_export(database):
    reader = subprocess.Popen(
        command("export", str(database)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    reader.stdout.close()
    with closing(reader.stderr):
        assert reader.stderr.read() == b""
        assert reader.wait(60) == 141


def test_a_check_does_without_the_library_of_the_export(database, run):
    script = (
        "import sys; from claude_mem_storage_sqlite.administration import main;"
        "assert main(['check', sys.argv[1]]) == 0; print('sqlite_utils' in sys.modules)"
    )
    assert run(script, database)[-1] == "False"
