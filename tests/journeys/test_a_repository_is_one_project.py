# SPDX-License-Identifier: Apache-2.0
"""Whatever folder it is in, a repository is one project, and a namesake is another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from machine import Machine, session

WATCHED = """
import os, sys, tempfile
marked, seen = sys.argv[1], []

def note(event, *args):
    seen.extend((event, one) for one in args if marked in str(one))

sys.addaudithook(lambda event, args: note(event, *args))
# The interpreter does not tell of these.
for name in ("stat", "lstat", "readlink", "access"):
    def watched(*args, real=getattr(os, name), name=name, **given):
        note(name, *args)
        return real(*args, **given)
    setattr(os, name, watched)

from claude_mem_core.api import open_runtime, Principal
from claude_mem_core.domain.project_identity import ProjectAlias, ProjectFacts
from claude_mem_core.domain.whereabouts import Whereabouts

me = Principal.local()
with tempfile.TemporaryDirectory() as folder:
    with open_runtime({"CLAUDE_MEM_DATA_DIR": folder}) as runtime:
        payload = {"session_id": "s", "cwd": marked, "transcript_path": marked}
        agent = runtime.agent("claude-code")
        captured = agent.capture("SessionStart", payload, received_at=1)
        event = runtime.events.capture(captured, by=me).event
        facts = ProjectFacts(
            folder=marked, real_folder=marked, top_level=marked,
            common_dir=marked + "/.git", remotes=(marked, "file://" + marked),
        )
        found = runtime.projects.identify(Whereabouts(facts=facts), by=me)
        assert found.project.id == event.project_id
        assert runtime.projects.resolve(facts, by=me) == found.project
        runtime.projects.alias(event.project_id, ProjectAlias(of=marked), by=me)
assert not seen, seen
if sys.argv[2:]:
    os.stat(marked)
    open(marked + "/.git/config").close()
    assert [event for event, _ in seen] == ["stat", "open"], seen
"""
"""Does what a server does with paths, and fails when one of them is looked at."""


def git(folder: Path, *args: str) -> None:
    """Run git in a folder, with nobody's settings."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        ours |= {f"GIT_{role}_NAME": "me", f"GIT_{role}_EMAIL": "me@example.invalid"}
    subprocess.run(
        ["git", *args], cwd=folder, env={**os.environ, **ours}, check=True, timeout=60
    )


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """Two clones of one repository, a worktree, and another repository of its name."""
    hub, one = tmp_path / "hub" / "app.git", tmp_path / "one" / "app"
    git(hub, "init", "-q", "--bare")
    git(one, "init", "-q")
    git(one, "commit", "-q", "--allow-empty", "-m", "first")
    git(one, "remote", "add", "origin", str(hub))
    git(one, "push", "-q", "origin", "HEAD")
    git(one, "worktree", "add", "-q", str(tmp_path / "apart"))
    git(tmp_path, "clone", "-q", str(hub), "two")
    git(tmp_path / "namesake" / "app", "init", "-q")
    return {
        "clone": one,
        "worktree": tmp_path / "apart",
        "other clone": tmp_path / "two",
        "namesake": tmp_path / "namesake" / "app",
    }


def identified(machine: Machine, folder: Path) -> str:
    """The id of the project that the command tells the server of."""
    done = machine.run("server", "project", "identify", str(folder), "--json")
    return str(json.loads(done.stdout)["project"]["id"])


def test_clones_and_worktrees_are_one_project_and_a_namesake_is_another(
    machine: Machine, places: dict[str, Path]
) -> None:
    machine.start()

    found = {name: identified(machine, place) for name, place in places.items()}

    namesake = found.pop("namesake")
    (project,) = set(found.values())
    assert namesake != project
    listed = json.loads(machine.run("server", "project", "list", "--json").stdout)
    assert [one["name"] for one in listed["projects"]] == ["app", "app"]


def test_hooks_that_know_a_folder_only_join_the_right_project(
    machine: Machine, places: dict[str, Path]
) -> None:
    machine.start()
    wanted = {name: identified(machine, place) for name, place in places.items()}

    for name, place in places.items():
        for payload in session(name, turns=1):
            where = {"cwd": str(place / "src" / "deep")}
            path = f"/hooks/claude-code/{payload['hook_event_name']}"
            assert machine.call("POST", path, {**payload, **where}) == (200, {})

    for name, place in places.items():
        question = {"projectFacts": {"folder": str(place)}, "limit": 50}
        (_, known) = machine.call(
            "POST", "/v1/projects/resolve", {"folder": str(place)}
        )
        assert known["project"]["id"] == wanted[name]
        assert machine.call("POST", "/v1/context", question)[0] == 200
    assert len(machine.call("GET", "/v1/projects")[1]["projects"]) == 2


def test_a_file_of_sessions_goes_where_their_repositories_are(
    machine: Machine, places: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "history.jsonl"
    lines = [
        {**payload, "cwd": str(place)}
        for name, place in places.items()
        for payload in session(name, turns=1)
    ]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    told = json.loads(machine.run("ingest", str(file), "--json").stdout)

    assert [one["created"] for one in told["files"][0]["projects"]] == [True, True]
    assert told["memoriesMade"] > 0
    found = {identified(machine, place) for place in places.values()}
    assert found == {one["id"] for one in told["files"][0]["projects"]}
    again = json.loads(machine.run("ingest", str(file), "--json").stdout)
    assert (again["new"], again["memoriesMade"]) == (0, 0)


def test_the_server_looks_at_no_path_that_it_is_told(places: dict[str, Path]) -> None:
    for control in ((), ("look",)):
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, str(places["clone"]), *control],
            check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

        assert done.returncode == 0, done.stderr
