# SPDX-License-Identifier: Apache-2.0
"""What the commands show, to people and to programs."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import time
from contextlib import closing

import pytest
from claude_mem_cli import server_files
from claude_mem_cli.info import server_info

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_http_falcon", "claude_mem_storage_sqlite"
)

HOSTILE = "parser \x1b]0;owned\x07 \x9b31m \u202egnp.exe"


@pytest.fixture(params=["server", "here"])
def any_way(request, shell):
    """The command with a server on its data folder, and without one."""
    if request.param == "server":
        shell.serve()
    return shell


def test_taking_in_a_file_twice_adds_nothing(any_way, hooks):
    first = any_way("ingest", str(hooks), "--json")
    assert first.code == 0, first.err
    told = first.json
    assert (told["accepted"], told["new"], told["duplicates"]) == (4, 4, 0)
    assert (told["sessions"], told["rejected"], told["waited"]) == (1, 0, True)
    assert told["files"][0]["projects"][0]["slug"] == "small"
    again = any_way("ingest", str(hooks), "--json").json
    assert (again["accepted"], again["new"], again["duplicates"]) == (4, 0, 4)
    assert again["memoriesMade"] == 0


def test_taking_in_tells_how_many_memories_there_are_and_how_many_are_new(
    any_way, hooks
):
    first = any_way("ingest", str(hooks), "--project", "p", "--json").json
    assert first["files"][0]["sessions"] == 1
    [file] = first["files"][0]["projects"]
    assert file["memories"]["observation"] > 0
    assert file["memoriesMade"] == sum(file["memories"].values())
    assert first["memoriesMade"] == file["memoriesMade"]

    hooks.write_text(hooks.read_text().replace('"s1"', '"s2"').replace("toolu", "t"))
    shown = any_way("ingest", str(hooks), "--project", "p")
    _, _, head, row, *_ = shown.out.splitlines()
    place = head.index("MEMORIES")
    total = 2 * file["memoriesMade"]
    assert row[place:].split()[0] == str(total)
    assert "None" not in shown.out
    assert f"4 new events, {file['memoriesMade']} new memories in" in shown.out


def test_files_of_one_project_tell_its_memories_and_count_them_once(
    shell, hooks, tmp_path
):
    other = tmp_path / "other.jsonl"
    other.write_text(hooks.read_text().replace('"s1"', '"s2"').replace("toolu", "t"))
    done = shell("ingest", str(hooks), str(other), "--project", "p", "--json").json
    [one], [two] = (file["projects"] for file in done["files"])
    assert one["memories"] == two["memories"]
    assert done["memoriesMade"] == one["memoriesMade"] == two["memoriesMade"]
    assert done["memoriesMade"] == sum(one["memories"].values())


def test_what_was_taken_in_is_found_and_told(any_way, hooks):
    any_way("ingest", str(hooks), "--project", "Tide Pool")
    found = any_way("search", "comma", "--project", "tide-pool", "--json").json
    assert found["memories"]
    assert len(found["scores"]) == len(found["memories"])
    assert found["project"]["name"] == "Tide Pool"
    for query in ([], ["comma"]):
        told = any_way("context", *query, "--project", "Tide Pool", "--json").json
        assert "comma" in told["context"]
        assert 0 < told["tokens"] <= told["tokenBudget"]
        assert told["memories"]


def test_both_ways_give_the_same_answers(shell, hooks):
    def answers():
        found = shell("search", "comma", "--project", "small", "--json").json
        told = shell("context", "--project", "small", "--json").json
        return found, told

    shell("ingest", str(hooks))
    without = answers()
    shell.serve()
    assert answers() == without


def test_an_unknown_project_ends_with_1(any_way):
    for args in (("search", "x"), ("context",)):
        done = any_way(*args, "--project", "nowhere", "--json")
        assert done.code == 1
        assert done.json["error"] == "not_found"
        assert "nowhere" in done.json["message"]


def test_bad_lines_are_told_one_by_one_and_end_with_2(any_way, hooks):
    hooks.write_text(hooks.read_text() + "{broken\n[]\n")
    done = any_way("ingest", str(hooks))
    assert done.code == 2
    assert f"{hooks}:5: it is not JSON" in done.err
    assert f"{hooks}:6: it is no JSON object" in done.err
    told = any_way("ingest", str(hooks), "--json")
    assert told.code == 2
    assert told.json["error"] == "invalid_input"
    assert told.json["accepted"] == 4
    assert [one["line"] for one in told.json["files"][0]["problems"]] == [5, 6]


def test_a_packed_file_and_standard_input_are_taken_in(shell, hooks, tmp_path):
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(hooks.read_bytes()))
    assert shell("ingest", str(packed), "--json").json["new"] == 4
    with hooks.open() as stdin:
        done = shell("ingest", "-", "--json", stdin=stdin)
    assert done.json["new"] == 0


@pytest.mark.parametrize("through", ["command", "server"])
def test_what_the_store_had_to_repair_is_told(shell, hooks, folder, through):
    shell("ingest", str(hooks))
    with closing(sqlite3.connect(folder / "memory.db")) as raw:
        raw.execute("DROP TABLE memory_items_fts")
    if through == "server":
        assert shell("server", "start", "--daemon").code == 0
        told = (folder / "logs/server.log").read_text()
    else:
        told = shell("search", "parser", "--project", "small").err
    assert "full-text index was unfit" in told
    assert "unfit" not in shell("search", "parser", "--project", "small").err


def test_without_waiting_the_jobs_are_left(shell, hooks):
    assert shell("ingest", str(hooks), "--no-wait", "--json").json["waited"] is False
    assert (
        shell("search", "comma", "--project", "small", "--json").json["memories"] == []
    )
    shell("ingest", str(hooks))
    assert shell("search", "comma", "--project", "small", "--json").json["memories"]


def jobs_known_to(folder):
    record = server_files.running(folder)
    return server_info(record)["queue"]["details"]["jobs"]


def test_a_server_that_goes_away_ends_with_69_and_the_command_can_be_run_again(
    shell, tmp_path
):
    path = tmp_path / "many.jsonl"
    lines = [
        json.dumps(
            {
                "hook_event_name": "UserPromptSubmit",
                "session_id": f"s{number % 7}",
                "prompt": f"{number} " + "x" * 2000,
                "ts": "2026-01-01T00:00:00Z",
            }
        )
        for number in range(6_000)
    ]
    path.write_text("\n".join(lines))
    server = shell.serve()
    child = shell.spawn("ingest", str(path), "--json", "--no-wait")
    while not jobs_known_to(shell.folder):
        assert child.poll() is None
        time.sleep(0.01)
    server.kill()
    out, err = child.communicate(timeout=60)
    assert child.returncode == 69, err
    assert json.loads(out)["error"] == "unavailable"
    assert "run the command again" in err
    server.wait()
    again = shell("ingest", str(path), "--json", "--no-wait").json
    assert again["accepted"] == 6_000
    assert 0 < again["duplicates"] < 6_000


def test_what_is_shown_holds_no_control_character(shell, hooks):
    text = hooks.read_text()
    hooks.write_text(text.replace("parser", json.dumps(HOSTILE)[1:-1]))
    shell("ingest", str(hooks))
    for args in (("search", "parser"), ("context",)):
        for form in ((), ("--json",)):
            done = shell(*args, "--project", "small", *form)
            assert "parser" in done.out
            assert "\\" in done.out
            assert all(char == "\n" or char.isprintable() for char in done.out)


def test_answers_to_people_fit_in_eighty_columns_without_colour(shell, hooks):
    payload = {"hook_event_name": "UserPromptSubmit", "session_id": "s1"}
    payload["cwd"] = "/srv/small"
    stop = {"hook_event_name": "Stop", "session_id": "s1"}
    said = "Fixed: " + "the parser took a comma for a full stop and so on " * 9
    lines = [
        {**payload, "prompt": "Fix the parser " * 20},
        {**stop, "last_assistant_message": said},
    ]
    hooks.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    ingested = shell("ingest", str(hooks))
    assert "\x1b" not in ingested.err
    assert "\r" not in ingested.err
    for shown in (ingested, shell("search", "parser", "--project", "small")):
        assert shown.out.strip()
        assert "\x1b" not in shown.out
        assert max(map(len, shown.out.splitlines())) <= 80


def test_the_demonstration_shows_what_a_user_gets_in_less_than_20_seconds(shell):
    start = time.monotonic()
    done = shell("demo")
    assert time.monotonic() - start < 20
    assert done.code == 0, done.err
    for part in ("memories were made", "claude-mem search", "next session is told"):
        assert part in done.out
    assert re.search(r"bugfix +`parse_height`", done.out)
    assert not shell.folder.exists()


def test_the_demonstration_is_one_json_object_too(shell):
    told = shell("demo", "--json").json
    assert told["engine"] == "sqlite"
    assert told["sessions"] == 2
    types = {memory["type"] for memory in told["memories"]}
    assert {"bugfix", "decision", "session_summary"} <= types
    found = [memory["type"] for memory in told["search"]["memories"][:2]]
    assert "bugfix" in found
    assert "U+2212" in told["context"]
    assert told["tokens"] <= 1000
    assert told["seconds"].keys() >= {"replay", "remember", "search", "context"}


def test_the_demonstration_ignores_the_settings_of_the_user(shell):
    env = {"CLAUDE_MEM_STORAGE_ENGINE": "punchcards", "CLAUDE_MEM_GENERATOR": "poet"}
    assert shell("demo", "--json", **env).code == 0
