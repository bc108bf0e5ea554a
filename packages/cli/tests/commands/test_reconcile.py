# SPDX-License-Identifier: Apache-2.0
"""What hooks lost of a session is filled in, and told in figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from claude_mem_cli.commands import reconcile as command
from claude_mem_cli.session_meant import sessions_meant
from claude_mem_core.errors import InvalidInputError

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_storage_sqlite", "claude_mem_http_falcon"
)


@pytest.fixture
def home(env) -> Path:
    folder = Path(env["HOME"])
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def work(tmp_path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def lossy(home, work, tmp_path):
    """A session of six calls, and what its hooks reported of the first two."""
    from writing import Written

    session = Written("lossy", folder=str(work), calls=6)
    live = tmp_path / "live.jsonl"
    live.write_text("".join(f"{json.dumps(one)}\n" for one in [*session.hooks()][:3]))
    return session, session.write(home), live


def counts(told):
    names = ("seen", "live", "filled", "missing", "ratio")
    return [told["coverage"][name] for name in names]


@pytest.mark.parametrize("serves", [True, False])
def test_what_is_missing_is_filled_in_once_and_the_coverage_is_kept(
    shell, lossy, serves
):
    if serves:
        shell.serve()
    _, path, live = lossy
    shell("ingest", str(live))

    first = shell("reconcile", str(path), "--json")
    again = shell("reconcile", str(path), "--json").json

    assert first.code == 0
    assert first.json["added"] == 5
    assert counts(first.json) == [7, 3, 4, 0, 1.0]
    assert (again["added"], counts(again)) == (0, [7, 3, 4, 0, 1.0])
    [session] = first.json["sessions"]
    assert session["contentSessionId"] == "lossy"
    assert session["file"] == str(path)
    if serves:
        status = shell("server", "status", "--json").json
        assert status["coverage"]["filled"] == 4
        assert "Kept: 7 of 7 prompts and calls (100 %), 4 from transcripts" in (
            shell("server", "status").out
        )


def test_a_session_is_meant_by_its_id_or_by_the_folder(shell, home, work, lossy):
    from writing import Written

    written, _, _ = lossy
    Written("elsewhere", folder="/srv/other").write(home)

    by_id = shell("reconcile", "elsewhere", "--json").json
    here = subprocess.run(
        [sys.executable, "-m", "claude_mem_cli", "reconcile", "--json"],
        cwd=work, env=shell.env, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert by_id["sessions"][0]["rootPath"] == "/srv/other"
    assert json.loads(here.stdout)["sessions"][0]["contentSessionId"] == written.name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no-such", "no transcript of the session 'no-such' was found in"),
        (None, "no transcript of a session in"),
        ("notes.md", "notes.md is no transcript of an agent that is known"),
    ],
)
def test_what_cannot_be_found_is_told_with_where_it_was_looked_for(
    env, home, work, monkeypatch, name, told
):
    monkeypatch.chdir(work)
    (work / "notes.md").write_text("# Notes\n")
    (home / ".claude" / "projects").mkdir(parents=True)
    with pytest.raises(InvalidInputError, match=told):
        sessions_meant(env, name, (), folder=work)


def test_nothing_is_filled_in_of_a_project_that_is_excluded(shell, lossy, work):
    _, path, _ = lossy

    done = shell("reconcile", str(path), CLAUDE_MEM_EXCLUDED_PROJECTS=str(work))

    assert done.code == 0
    assert "Nothing is kept of lossy: it is excluded." in done.out
    assert shell("reconcile", str(path), "--json").json["added"] == 8


def test_a_table_for_people_fits_in_eighty_columns(shell, lossy):
    done = shell("reconcile", str(lossy[1]))
    assert max(map(len, done.out.splitlines())) <= 80
    head, row, kept = done.out.splitlines()
    assert head.split() == [*command.HEAD]
    assert row.split()[:5] == ["7", "0", "7", "0", "8"]
    assert (
        kept == "Kept: 7 of 7 prompts and calls (100 %), 7 from transcripts; 1 session."
    )


@pytest.mark.parametrize("kept", ["by a server", "by itself", "in the spool"])
def test_what_a_hook_reported_without_an_id_is_not_doubled(
    shell, env, home, work, tmp_path, kept
):
    from writing import Written

    session = Written("old", folder=str(work), calls=2, named=False)
    path = session.write(home)
    first = [*session.hooks()][:1]
    if kept == "by a server":
        shell.serve()
    if kept == "in the spool":
        report(env, first[0])
    else:
        live = tmp_path / "live.jsonl"
        live.write_text(f"{json.dumps(first[0])}\n")
        shell("ingest", str(live))

    told = shell("reconcile", str(path), "--json").json

    assert counts(told) == [3, 1, 2, 0, 1.0]
    assert told["added"] == 3


def report(env, payload):
    subprocess.run(
        [sys.executable, "-m", "claude_mem_cli.hook", "claude-code", "UserPromptSubmit"],
        input=json.dumps(payload).encode(), env=env, check=True, capture_output=True,
    )  # fmt: skip
