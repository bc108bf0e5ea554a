# SPDX-License-Identifier: Apache-2.0
"""What agents wrote down is taken in: once, all of it, whatever happens meanwhile."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_storage_sqlite", "claude_mem_http_falcon"
)


@pytest.fixture
def home(env) -> Path:
    folder = Path(env["HOME"])
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def written():
    from writing import Written

    return Written


@pytest.fixture(params=["by a server", "by itself"])
def any_way(request, shell):
    if request.param == "by a server":
        shell.serve()
    return shell


def test_all_that_agents_keep_is_taken_in_once(any_way, home, written):
    from transcripts_seen import a_home

    a_home(home)
    written("s1", calls=3).write(home)

    first = any_way("ingest", "--all", "--json")
    again = any_way("ingest", "--all", "--again", "--json").json
    lazy = any_way("ingest", "--all", "--json").json

    assert first.code == 0
    told = first.json
    agents = {one["agent"] for one in told["files"]}
    assert agents == {"claude-code", "codex", "cursor", "gemini", "opencode"}
    assert (told["new"], told["duplicates"]) == (told["accepted"], 0)
    assert told["coverage"]["ratio"] == 1
    assert told["memoriesMade"] > 0
    for later in (again, lazy):
        assert (later["new"], later["duplicates"]) == (0, told["accepted"])
        assert later["coverage"] == told["coverage"]
    assert not any(one["unchanged"] for one in again["files"])
    assert all(one["unchanged"] for one in lazy["files"])


def test_one_agent_is_taken_in_where_one_is_named(shell, home, written):
    from transcripts_seen import a_home

    a_home(home)
    written("s1").write(home)

    codex = shell("ingest", "--from", "codex", "--json").json
    both = shell("ingest", "--from", "codex", "--from", "gemini", "--json").json
    wrong = shell("ingest", "--from", "abacus")

    assert {one["agent"] for one in codex["files"]} == {"codex"}
    assert {one["agent"] for one in both["files"]} == {"codex", "gemini"}
    assert wrong.code == 78
    assert "no transcripts of 'abacus' are read; only of: claude-code" in wrong.err


def test_a_file_several_and_a_folder_are_known_for_what_they_are(
    shell, hooks, tmp_path, written
):
    old = tmp_path / "old"
    one = written("s7").write(old)
    written("s8", folder="/srv/other").write(old)
    shutil.copy(hooks, old / "payloads.jsonl")
    (old / "notes.md").write_text("# Notes\n")

    single = shell("ingest", str(one), "--json").json
    folder = shell("ingest", str(old), "--json")
    mixed = shell("ingest", str(one), str(hooks), "--json").json

    assert [file["agent"] for file in single["files"]] == ["claude-code"]
    [project] = single["files"][0]["projects"]
    assert (project["slug"], single["new"]) == ("small", 6)
    told = folder.json
    assert [file["agent"] for file in told["files"]] == ["claude-code"] * 2 + [None]
    assert (told["new"], told["duplicates"]) == (10, 6)
    assert "1 other file left alone" in folder.err
    assert (mixed["new"], mixed["duplicates"]) == (0, 10)


def test_nothing_named_is_wrong_input(shell):
    done = shell("ingest")
    assert done.code == 2
    assert "FILES: nothing is named; name files, or take --all" in done.err


def test_a_damaged_line_is_told_and_costs_no_other(shell, home, written):
    path = written("s1").write(home)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], '{"type": "user", "mess\n', *lines[3:]]))

    done = shell("ingest", "--all", "--json")

    assert done.code == 2
    assert (done.json["new"], done.json["rejected"]) == (6, 1)
    [problem] = done.json["files"][0]["problems"]
    assert (problem["file"], problem["line"]) == (str(path), 4)
    assert "it is not JSON" in problem["cause"]
    assert problem["cure"]
    assert f"Left out: {path}:4: it is not JSON" in done.err
    later = shell("ingest", "--all", "--json")
    assert (later.code, later.json["new"]) == (2, 0)


def test_what_hooks_reported_is_not_taken_in_again(shell, home, written, tmp_path):
    session = written("s1", calls=4)
    session.write(home)
    live = tmp_path / "live.jsonl"
    live.write_text("".join(f"{json.dumps(one)}\n" for one in [*session.hooks()][:3]))
    shell("ingest", str(live), "--json")

    told = shell("ingest", "--all", "--json").json

    assert (told["new"], told["duplicates"]) == (3, 3)
    kept = ("seen", "live", "filled", "missing")
    assert [told["coverage"][name] for name in kept] == [5, 3, 2, 0]


def test_a_session_that_may_go_on_is_not_ended(shell, home, written):
    shell.serve()
    now = datetime.now(UTC)
    path = written("going", began=now, calls=1).write(home)
    written("gone", calls=1).write(home)
    # The agent works on: its last words are not there yet.
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))

    told = shell("ingest", "--all", "--json").json
    again = shell("ingest", "--all", "--json").json

    assert told["new"] == 3 + 2
    read = {Path(one["file"]).stem: not one["unchanged"] for one in again["files"]}
    assert read == {"going": True, "gone": False}


def test_a_run_that_is_killed_goes_on_where_it_was(shell, home, folder, written):
    sessions = [written(f"s{number:03}", calls=30) for number in range(30)]
    for one in sessions:
        one.write(home)
    notes = folder / "transcripts.jsonl"

    child = shell.spawn("ingest", "--all", "--json", "--no-wait")
    until = time.monotonic() + 60
    while not (notes.exists() and notes.read_bytes().count(b"{") >= 3):
        assert child.poll() is None, child.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.005)
    child.kill()
    child.wait()
    noted = notes.read_bytes().count(b"{")
    assert noted < len(sessions)
    told = shell("ingest", "--all", "--json", "--no-wait").json

    total = sum(one.events for one in sessions)
    assert told["accepted"] == total
    assert 0 < told["new"] < total
    assert told["coverage"]["missing"] == 0
    done = [one for one in told["files"] if one["unchanged"]]
    assert len(done) >= noted - 1
    last = shell("ingest", "--all", "--again", "--json", "--no-wait").json
    assert (last["new"], last["accepted"]) == (0, total)


def test_what_was_noted_counts_only_while_the_store_keeps_it(
    shell, home, folder, written
):
    written("s1").write(home)
    shell("ingest", "--all")
    for path in folder.glob("memory.db*"):
        path.unlink()

    assert shell("ingest", "--all", "--json").json["new"] == 6


def test_a_transcript_that_has_grown_adds_only_what_is_new(shell, home, written):
    whole = written("s1", calls=4)
    path = whole.write(home)
    lines = whole.lines()
    path.write_text("".join(lines[:5]))
    first = shell("ingest", "--all", "--json").json
    path.write_text("".join(lines))
    second = shell("ingest", "--all", "--json").json

    assert (first["new"], second["new"], second["duplicates"]) == (3, 3, 3)


def test_answers_to_people_fit_in_eighty_columns(shell, home, written):
    for number in range(25):
        written(f"a-session-with-a-long-name-{number}" * 2, calls=1).write(home)

    done = shell("ingest", "--all")

    assert max(map(len, done.out.splitlines())) <= 80
    assert "FILES  AGENT" in done.out
    assert "Kept: 50 of 50 prompts and calls (100 %)" in done.out
