# SPDX-License-Identifier: Apache-2.0
"""A hook lets lost events be filled in, and nobody feels it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from claude_mem_cli.hook import detached, reconciling
from claude_mem_cli.reconciling_hooked import in_background

HOOK = [sys.executable, "-m", "claude_mem_cli.hook"]
pytestmark = pytest.mark.needs(
    "claude_mem_http_falcon", "claude_mem_storage_sqlite", "claude_mem_agents"
)


@pytest.fixture
def home(env) -> Path:
    folder = Path(env["HOME"])
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def hook(env):
    def call(event, payload, *flags, agent="claude-code"):
        return subprocess.run(
            [*HOOK, agent, event, *flags],
            input=json.dumps(payload).encode(),
            env=env, capture_output=True, timeout=30, check=False,
        )  # fmt: skip

    return call


@pytest.fixture
def asked(monkeypatch):
    """What would be started."""
    seen = []
    monkeypatch.setattr(detached, "start", lambda args, _: seen.append([*args]))
    return seen


def start(agent, payload, *, begins):
    reconciling.start(agent, json.dumps(payload).encode(), {}, begins=begins)


def coverage(shell):
    told = shell("server", "status", "--json")
    return told.json["coverage"] if told.code == 0 else None


def eventually(condition, seconds=40):
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def test_the_end_of_a_turn_fills_in_what_was_lost_of_it(shell, hook, home):
    from writing import Written

    shell.serve()
    session = Written("s1", calls=5)
    path = session.write(home)
    for one in [*session.hooks()][:2]:
        hook(one["hook_event_name"], one, "--no-answer")
    end = {"session_id": "s1", "cwd": session.folder, "transcript_path": str(path)}

    done = hook("Stop", end, "--no-answer", "--reconcile")

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert eventually(lambda: coverage(shell)["seen"] == 6)
    told = coverage(shell)
    assert (told["live"], told["filled"], told["missing"]) == (2, 4, 0)


def test_the_start_of_a_session_fills_in_those_before_it_of_its_folder(
    shell, hook, home
):
    from writing import Written

    lost = Written("lost", calls=3)
    lost.write(home)
    Written("elsewhere", folder="/srv/other").write(home)
    start = {"session_id": "new", "cwd": lost.folder, "source": "startup"}

    # No server runs: the hook lets one start, and what fills in waits for it.
    begun = time.monotonic()
    done = hook("SessionStart", start, "--start", "--reconcile")
    took = time.monotonic() - begun

    assert done.returncode == 0
    assert took < 4
    assert eventually(lambda: (coverage(shell) or {}).get("sessions"))
    told = coverage(shell)
    assert [told[name] for name in ("sessions", "seen", "missing")] == [1, 4, 0]


def test_what_it_is_asked_to_do_is_what_the_hook_knows(asked):
    known = {"cwd": "/srv/a", "transcript_path": "/t/s.jsonl"}
    roots = {"workspace_roots": ["/srv/b"], "transcriptPath": "-t.jsonl"}
    start("claude-code", known, begins=False)
    start("cursor", roots, begins=True)

    first, second = (" ".join(one) for one in asked)
    assert first == "reconcile --hook claude-code --folder /srv/a -- /t/s.jsonl"
    assert second == ("reconcile --hook cursor --folder /srv/b --previous -- -t.jsonl")


@pytest.mark.parametrize(
    "payload",
    [{}, {"transcript_path": 7}, {"transcript_path": "a\0b"}, {"transcript_path": ""}],
)
def test_nothing_is_started_where_no_session_can_be_meant(asked, payload):
    start("claude-code", payload, begins=False)
    assert asked == []


def test_without_a_server_nothing_is_done_and_no_store_is_opened(
    env, folder, monkeypatch
):
    monkeypatch.setattr("claude_mem_cli.reconciling_hooked.SERVER_WITHIN", 0)
    monkeypatch.setattr("claude_mem_cli.reconciling_hooked.SETTLES", 0)
    monkeypatch.setattr("os.nice", lambda _: 0)
    in_background(
        env, "/no/such.jsonl", hook="claude-code", folder="/srv", previous=True
    )
    assert not folder.exists()


def test_what_fails_is_said_in_the_log_alone(shell, env, folder, home, monkeypatch):
    from writing import Written

    shell.serve()
    path = Written("s1").write(home)
    monkeypatch.setattr("claude_mem_cli.reconciling_hooked.SETTLES", 0)
    monkeypatch.setattr("os.nice", lambda _: 0)
    wrong = {**env, "CLAUDE_MEM_API_KEY": "cmem_ag_0000000000000000_x"}

    in_background(wrong, str(path), hook="claude-code", folder=None, previous=False)

    log = folder / "logs" / "reconcile.log"
    assert log.stat().st_mode & 0o777 == 0o600
    [line] = log.read_text().splitlines()
    assert "cmem_ag" not in line
    assert coverage(shell)["sessions"] == 0
