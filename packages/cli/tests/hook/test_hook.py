# SPDX-License-Identifier: Apache-2.0
"""The hook command never stands in the agent's way, and loses nothing."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest
from claude_mem_cli.hook import answers, spool
from claude_mem_cli.hook.place import place
from claude_mem_cli.server_files import running
from claude_mem_core import launch
from claude_mem_core.domain.installing import Site

HOOK = [sys.executable, "-m", "claude_mem_cli.hook"]
LAMP = {"session_id": "s1", "cwd": "/home/me/lamp"}
needs_server = pytest.mark.needs(
    "claude_mem_http_falcon", "claude_mem_storage_sqlite", "claude_mem_agents"
)


@pytest.fixture
def hook(env):
    """Runs the hook command on a payload."""

    def call(event, payload, *flags, agent="claude-code", raw=None):
        given = json.dumps(payload).encode() if raw is None else raw
        return subprocess.run(
            [*HOOK, agent, event, *flags],
            input=given,
            env=env,
            capture_output=True,
            timeout=30,
            check=False,
        )

    return call


def entries(folder):
    path = folder / "spool" / "events.jsonl"
    return [json.loads(one) for one in path.read_text().splitlines()]


def test_it_imports_nothing_but_the_standard_library(env):
    code = (
        "import sys, claude_mem_cli.hook.main; print(*sorted(set(sys.modules)"
        " & {'pydantic', 'click', 'claude_mem_core', 'subprocess', 'pathlib',"
        " 'http.client', 'email', 'argparse', 'typing_extensions', 'typing', 'json',"
        " 'socket', 're', 'contextlib', 'collections', 'enum'}))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**env, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == ""


@pytest.mark.needs("claude_mem_agents")
def test_what_agents_run_can_be_led_astray_by_no_project(env, tmp_path):
    from claude_mem_agents.installing.files import hook_command

    site = Site(tmp_path, None, tmp_path / "data", sys.executable)
    stranger = tmp_path / "claude_mem_cli"
    stranger.mkdir()
    for path in (stranger / "__init__.py", tmp_path / "os.py", tmp_path / "select.py"):
        path.write_text("print('led astray')")

    done = subprocess.run(
        [*hook_command(site, "claude-code"), "Stop"],
        env={**env, "PYTHONPATH": str(tmp_path)}, cwd=tmp_path,
        input=b"{}", capture_output=True, check=True,
    )  # fmt: skip

    assert done.stdout == b""


@pytest.mark.needs("claude_mem_agents")
def test_what_agents_run_forbids_nothing_when_the_command_is_gone(env, tmp_path):
    from claude_mem_agents.installing.files import hook_command

    site = Site(tmp_path, None, tmp_path / "data", sys.executable)
    *start, _, agent = hook_command(site, "claude-code")

    done = subprocess.run([*start, "/gone", agent, "Stop"], env=env, check=False)

    # With 2 a hook of Claude Code forbids what the agent is about to do.
    assert done.returncode == 1


def test_its_names_are_those_of_the_other_commands(env, folder):
    assert launch.ANSWERS == answers.FOLDER
    found = place(env)
    assert found.folder == str(folder)
    assert place({"HOME": env["HOME"]}).folder.endswith("/.claude-mem/server")


def test_without_a_server_the_event_is_kept_and_one_line_says_so(hook, folder):
    first = hook("Stop", LAMP)
    again = hook("Stop", LAMP)
    other = hook("Stop", {**LAMP, "session_id": "s2"})

    assert [one.returncode for one in (first, again, other)] == [0, 0, 0]
    assert [one.stdout for one in (first, again, other)] == [b"", b"", b""]
    assert first.stderr.count(b"\n") == 1
    assert again.stderr == b""
    assert b"no server answers" in other.stderr
    assert [json.loads(one["body"]) for one in entries(folder)][:2] == [LAMP, LAMP]
    modes = [
        stat.S_IMODE((folder / name).stat().st_mode)
        for name in ("spool", "spool/events.jsonl")
    ]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize(
    "args", [[], ["claude-code"], ["a", "b", "c"], ["a", "../b"], ["a", "b", "--what"]]
)
def test_it_ends_well_when_it_was_called_wrongly(env, args):
    done = subprocess.run(
        [*HOOK, *args], env=env, input=b"{}", capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr.startswith(b"usage:")


@pytest.mark.parametrize("raw", [b"", b"no json", b"\xff\xfe", b"[]", b"[" * 100_000])
def test_it_ends_well_whatever_it_is_given(hook, raw):
    assert hook("Stop", {}, "--no-answer", raw=raw).returncode == 0


def test_it_ends_well_where_nothing_can_be_written(hook, tmp_path):
    (tmp_path / "data").write_text("no folder")
    done = hook("Stop", LAMP)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.count(b"\n") == 1


def test_a_closed_output_is_no_fault(env):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*HOOK, "claude-code", "Stop"], env=env, input=b"{}", stdout=write, check=False
    )
    os.close(write)
    assert done.returncode == 0


def test_a_server_that_says_nothing_is_not_waited_for(hook, folder):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        folder.mkdir()
        (folder / "token").write_text("cmem_sk_a_b")
        from claude_mem_cli.server_files import ServerRecord, publish

        publish(
            folder, ServerRecord.of_this_process(f"http://127.0.0.1:{port}", folder)
        )
        begin = time.monotonic()
        done = hook("Stop", LAMP)
        assert time.monotonic() - begin < 20
    assert done.returncode == 0
    assert len(entries(folder)) == 1


def test_a_stranger_on_the_port_of_an_ended_server_is_not_told_the_key(hook, folder):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        stranger.settimeout(0.2)
        folder.mkdir()
        record = {"pid": 1, "startToken": "another", "port": stranger.getsockname()[1]}
        url = f"http://127.0.0.1:{record['port']}"
        (folder / "server.runtime.json").write_text(json.dumps({**record, "url": url}))
        (folder / "token").write_text("cmem_sk_a_b")
        hook("Stop", LAMP)
        with pytest.raises(TimeoutError):
            stranger.accept()


def test_the_spool_drops_its_oldest_and_counts_them(tmp_path):
    def put(number, **most):
        entry = {
            "at": number,
            "agent": "a",
            "event": "E",
            "key": None,
            "body": "x" * 99,
        }
        return spool.put(str(tmp_path), entry, **most)

    for number in range(8):
        assert put(number, entries=8, bytes_=10_000) == 0
    # Entries are counted from a size on; here the bytes are what is full.
    assert put(8, bytes_=1_400) > 0
    left = [one["at"] for one in entries(tmp_path)]
    assert left == list(range(9 - len(left), 9))
    assert spool.count_dropped(str(tmp_path / "spool"), 0) == 9 - len(left)


def test_many_writers_lose_no_entry(tmp_path):
    def write(who):
        for number in range(20):
            entry = {"at": number, "agent": "a", "event": who, "key": None, "body": who}
            spool.put(str(tmp_path), entry)

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    kept = entries(tmp_path)
    assert len(kept) == 160
    for name in (f"w{n}" for n in range(8)):
        assert [one["at"] for one in kept if one["event"] == name] == list(range(20))


def test_an_age_is_told_as_a_person_says_it():
    told = [answers.age(seconds) for seconds in (3, 60, 7200, 90_000)]
    assert told == ["a moment", "1 minute", "2 hours", "1 day"]


@needs_server
def test_with_a_server_it_prints_the_answer_and_keeps_it_for_the_next_time(
    hook, shell, folder
):
    server = shell.serve()
    hook("SessionStart", LAMP)
    from claude_mem_core.launch import local_token

    assert running(folder) is not None
    token = local_token(folder)
    _remember(running(folder).url, token, "The lamp is on the second fuse.")

    told = hook("SessionStart", {**LAMP, "session_id": "s2"}, "--start")
    assert told.stderr == b""
    said = json.loads(told.stdout)["hookSpecificOutput"]["additionalContext"]
    assert "second fuse" in said
    assert not (folder / "spool").exists()

    server.terminate()
    server.wait()
    later = hook("SessionStart", {**LAMP, "session_id": "s3"})
    assert later.stdout == b""
    hook("Stop", {**LAMP, "session_id": "s3", "last_assistant_message": "Done."})
    kept = answers.last(str(folder), "claude-code", LAMP["cwd"])
    assert "second fuse" in kept
    assert "a moment ago is told again" in json.loads(kept)["systemMessage"]
    elsewhere = answers.last(str(folder), "claude-code", "/home/me/motor")
    assert elsewhere is None

    shell.serve()
    assert not (folder / "spool" / "events.jsonl").exists()
    assert not (folder / "spool" / "taking.jsonl").exists()


def _remember(url, token, title):
    from claude_mem_cli.http_line import HttpLine

    line = HttpLine(url, token, "the server")
    (project,) = line.ask("GET", "/v1/projects")["projects"]
    draft = {"projectId": project["id"], "kind": "manual", "type": "note"}
    line.ask("POST", "/v1/memories", {**draft, "title": title})
    line.close()


@needs_server
def test_a_session_starts_a_server_though_a_killed_one_left_its_files(
    hook, shell, folder
):
    gone = shell.serve()
    # Nobody asks for its status: it stays on the list of processes.
    gone.kill()
    os.waitid(os.P_PID, gone.pid, os.WEXITED | os.WNOWAIT)
    assert (folder / "server.runtime.json").exists()

    done = hook("SessionStart", LAMP, "--start")

    assert done.returncode == 0
    assert entries(folder)
    until = time.monotonic() + 30
    while running(folder) is None:
        assert time.monotonic() < until
        time.sleep(0.05)
