# SPDX-License-Identifier: Apache-2.0
"""What git has on disk is read as git itself understands it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from claude_mem_core.git_facts import facts_of

Git = Callable[..., Path]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Runs git in a folder, with nobody's settings, and gives the folder back."""
    ours = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        ours |= {f"GIT_{role}_NAME": "me", f"GIT_{role}_EMAIL": "me@example.invalid"}
    env = {**os.environ, **ours}

    def run(place: str, *args: str) -> Path:
        folder = tmp_path / place
        folder.mkdir(parents=True, exist_ok=True)
        command = ["git", "-c", "protocol.file.allow=always", *args]
        subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
        return folder

    return run


@pytest.fixture
def app(git: Git) -> Path:
    """A repository with one commit, and no remote."""
    git("app", "init", "-q")
    return git("app", "commit", "-q", "--allow-empty", "-m", "first")


def asked_of_git(folder: Path, what: str) -> str:
    command = ["git", "rev-parse", "--path-format=absolute", what]
    done = subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_a_repository_is_what_git_says_it_is(git: Git, app: Path) -> None:
    git("app", "worktree", "add", "-q", "../apart")
    git("outer", "init", "-q")
    git("outer", "submodule", "add", "-q", str(app), "inner")
    (app / "src" / "deep").mkdir(parents=True)
    home = app.parent
    for folder in (
        app / "src/deep",
        home / "apart",
        home / "outer",
        home / "outer/inner",
    ):
        facts = facts_of(folder)

        assert facts.top_level == asked_of_git(folder, "--show-toplevel")
        assert facts.common_dir == asked_of_git(folder, "--git-common-dir")
        assert facts.looked


def test_a_worktree_and_a_clone_of_a_folder_share_a_key_with_it(
    git: Git, app: Path
) -> None:
    git("app", "worktree", "add", "-q", "../apart")
    git(".", "clone", "-q", str(app), "copy")
    (here,) = facts_of(app).place_keys[:1]

    assert here == f"dir:{app}"
    assert facts_of(app.parent / "apart").place_keys[0] == here
    assert facts_of(app.parent / "copy").remote_keys == (here,)


def test_a_bare_repository_is_one_too(git: Git) -> None:
    store = git("store.git", "init", "-q", "--bare")
    git(".", "clone", "-q", "store.git", "work")

    assert facts_of(store).common_dir == str(store)
    assert facts_of(store.parent / "work").remote_keys == facts_of(store).place_keys[:1]


def test_origin_decides_before_upstream_and_no_other_counts_beside_them(
    git: Git, app: Path
) -> None:
    for name in ("backup", "upstream", "origin"):
        git("app", "remote", "add", name, f"git@host.example:{name}/app.git")

    assert facts_of(app).remote_keys == (
        "git:host.example/origin/app",
        "git:host.example/upstream/app",
    )


def test_without_these_any_remote_counts(git: Git, app: Path) -> None:
    git("app", "remote", "add", "backup", "https://host.example/backup/app")

    assert facts_of(app).remote_keys == ("git:host.example/backup/app",)


def test_a_remote_that_is_a_path_is_read_from_the_working_copy(
    git: Git, app: Path
) -> None:
    git("store.git", "init", "-q", "--bare")
    git("app", "remote", "add", "origin", "../store.git")

    assert facts_of(app).remote_keys == (f"dir:{app.parent / 'store.git'}",)


def test_no_secret_of_a_remote_leaves_the_disk(git: Git, app: Path) -> None:
    git(
        "app", "remote", "add", "origin", "https://me:s3cret@host.example/me/app?s3cret"
    )

    facts = facts_of(app)

    assert facts.remotes == ("https://host.example/me/app",)
    assert "s3cret" not in str(facts.to_wire())


def test_a_folder_without_git_is_itself(tmp_path: Path) -> None:
    facts = facts_of(tmp_path)

    assert (facts.folder, facts.top_level, facts.looked) == (str(tmp_path), None, True)
    assert facts.proof == "folder"


def test_a_folder_that_is_gone_is_of_the_repository_it_was_in(app: Path) -> None:
    assert facts_of(app / ".worktrees" / "gone").top_level == str(app)
    gone = facts_of(app.parent / "gone")
    assert (gone.top_level, gone.looked) == (None, False)


def test_a_symbolic_link_leads_to_the_same_repository(
    tmp_path: Path, app: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(app)

    facts = facts_of(link)

    assert facts.folder == str(link)
    assert facts.place_keys == facts_of(app).place_keys


@pytest.mark.parametrize(
    "spoilt",
    [b"", b"gitdir:", b"gitdir: \0", b"gitdir: /absent\n", b"\xff\xfe", b"x" * 20_000],
)
def test_a_spoilt_pointer_fails_nobody(tmp_path: Path, spoilt: bytes) -> None:
    (tmp_path / ".git").write_bytes(spoilt)

    assert facts_of(tmp_path).folder == str(tmp_path)


@pytest.mark.parametrize(
    "spoilt",
    [
        b'\xff[remote "origin"]',
        b'[remote "origin"]\nurl',
        b'[remote "origin"]\nurl =',
        b"[" * 100_000,
        b'[remote "origin"]\n\turl = ext::sh -c s3cret\n',
    ],
)
def test_a_spoilt_config_fails_nobody(app: Path, spoilt: bytes) -> None:
    (app / ".git" / "config").write_bytes(spoilt)

    assert facts_of(app).remotes == ()
    assert facts_of(app).top_level == str(app)


def test_nobody_waits_for_a_pipe(tmp_path: Path, app: Path) -> None:
    os.mkfifo(tmp_path / ".git")
    (app / ".git" / "config").unlink()
    os.mkfifo(app / ".git" / "config")

    assert facts_of(tmp_path).common_dir is None
    assert facts_of(app).remotes == ()


def test_what_is_in_a_home_that_is_in_git_is_not_the_homes(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = app / "notes"
    inner.mkdir()
    monkeypatch.setattr(
        "claude_mem_core.git_facts.is_wide", lambda key: key.endswith("/app")
    )

    assert facts_of(inner).common_dir is None
    assert facts_of(app).common_dir is not None
