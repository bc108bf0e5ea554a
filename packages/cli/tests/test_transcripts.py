# SPDX-License-Identifier: Apache-2.0
"""Transcripts are found where agents keep them, each once, with its helpers' files."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from claude_mem_cli.homes import Folders
from claude_mem_cli.reading import QUIET, Reading
from claude_mem_cli.transcripts import Finder, is_of_folder
from claude_mem_core.errors import ConfigurationError
from claude_mem_core.file_heads import head_of

pytestmark = pytest.mark.needs("claude_mem_agents")


@pytest.fixture
def home(tmp_path) -> Path:
    from transcripts_seen import a_home

    return a_home(tmp_path / "home")


@pytest.fixture
def finder(home) -> Finder:
    return Finder({"HOME": str(home)})


def test_a_helpers_file_is_of_the_transcript_of_its_session(finder):
    found = [one for one in finder.at_home() if one.format.name == "claude-code"]
    (helped,) = [one for one in found if one.companions]
    (helper,) = helped.companions

    assert len(found) == 2
    assert helper.parent.name == "subagents"
    assert finder.whole(helper) == helped
    assert finder.whole(helped.path) == helped
    # Named alone it is read alone.
    assert finder.one(helper).path == helper


def test_the_newest_come_first_and_a_helpers_file_is_none_of_them(home, finder):
    helper = next(home.rglob("agent-a77.jsonl"))
    old = next(home.rglob("rollout-2025-*.jsonl"))
    os.utime(helper, (2_000_000_000, 2_000_000_000))
    os.utime(old, (1_900_000_000, 1_900_000_000))

    newest = finder.newest(3)

    assert newest[0].path == old
    assert helper not in [one.path for one in finder.newest(100)]
    assert len(newest) == 3


def test_what_no_agent_wrote_is_left(home, finder):
    (home / "exports" / "notes.md").write_text("# Notes\n")
    found, others = finder.in_folder(home / "exports")
    assert {one.format.name for one in found} == {"cursor", "opencode"}
    assert [one.name for one in others] == ["notes.md"]


def test_an_agent_that_is_not_read_is_told_with_those_that_are(home):
    with pytest.raises(ConfigurationError, match="no transcripts of 'x' are read; on"):
        Finder({"HOME": str(home)}, ["x"])


def test_a_transcript_is_of_the_folder_and_of_those_in_it(finder):
    (one, *_) = finder.at_home()
    told = [is_of_folder(one, Path(path)) for path in ("/home/me/lamp/src", "/home")]
    assert told == [True, False]


def test_every_session_of_a_database_is_read_and_only_those_that_are_over_end(
    tmp_path,
):
    path = tmp_path / ".local" / "share" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True)
    now = 1_772_500_000_000
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(
            "CREATE TABLE session (id, directory, time_created);"
            "CREATE TABLE message (id, session_id, data, time_created);"
            "CREATE TABLE part (id, message_id, session_id, data, time_updated);"
        )
        for name, at in (("ses_old", now - QUIET - 9_000), ("ses_new", now - 9_000)):
            write_session(db, name, at)
    (found,) = Finder({"HOME": str(tmp_path)}).at_home()

    reading = Reading(found, now=now, step=lambda _: None)

    ended = [one.event.event_type for one in reading.events()]
    told = {key.content_session_id: one for key, one in reading.sessions.items()}
    assert {name: one.is_over for name, one in told.items()} == {
        "ses_old": True,
        "ses_new": False,
    }
    assert [len(told[name].seen) for name in ("ses_old", "ses_new")] == [2, 1]
    assert ended.count("turn_end") == 1


def write_session(db, name, began):
    db.execute("INSERT INTO session VALUES (?, '/srv/a', ?)", [name, began])
    texts = {"user": "Fix the lamp", "assistant": "Fixed: the fuse was blown"}
    for place, (role, text) in enumerate(texts.items()):
        at = began + place
        message, info = f"msg_{name}_{role}", {"role": role, "time": {"created": at}}
        part = {"type": "text", "text": text, "time": {"end": at}}
        rows = (message, name, json.dumps(info), at)
        db.execute("INSERT INTO message VALUES (?, ?, ?, ?)", rows)
        parts = (f"prt_{message}", message, name, json.dumps(part), at)
        db.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?)", parts)


def test_a_large_transcript_is_read_again_in_place_of_being_kept(finder, monkeypatch):
    for found in finder.at_home():
        kept = Reading(found, now=2 * 10**12, step=lambda _: None)
        monkeypatch.setattr("claude_mem_cli.reading.LARGEST_KEPT", 0)
        again = Reading(found, now=2 * 10**12, step=lambda _: None)
        monkeypatch.undo()
        assert [*again.events()] == [*kept.events()]
        assert sum(len(one.seen) for one in kept.sessions.values()) == len(
            [*kept.events()]
        )


def test_a_remote_counts_for_a_folder_that_is_elsewhere(tmp_path):
    remote = "git@example.invalid:me/lamp.git"
    elsewhere = Folders().facts("/no/such/folder", remote)
    here = Folders().facts(str(tmp_path), remote)

    assert elsewhere.remotes == (remote,)
    assert (here.remotes, here.looked) == ((), True)


def test_the_head_of_a_file_that_is_gone_is_empty(tmp_path):
    assert head_of(tmp_path / "gone") == b""
