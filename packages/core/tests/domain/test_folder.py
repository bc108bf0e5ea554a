# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S108 - these paths are read as text, and nothing is opened
"""A folder is the same one, however its path is spelt."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.folder import folder_key, is_wide, parent_keys, root_key
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(st.characters(exclude_characters="/\0\\"), min_size=1, max_size=12)
PATHS = st.lists(NAMES.filter(lambda name: name not in (".", "..")), max_size=6).map(
    lambda names: "/" + "/".join(names)
)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/home/me/app/", "folder:/home/me/app"),
        ("/home/me/./x/..//app", "folder:/home/me/app"),
        ("//home/me/app", "folder:/home/me/app"),
        ("/", "folder:/"),
        ("/../..", "folder:/"),
        ("~/app", "folder:~/app"),
        ("C:\\Users\\Me\\App\\", "folder:c:/users/me/app"),
        ("c:/Users/me/APP", "folder:c:/users/me/app"),
        ("\\\\?\\C:\\Users\\me\\app", "folder:c:/users/me/app"),
        ("/mnt/c/Users/me/app", "folder:c:/users/me/app"),
        ("C:", "folder:c:/"),
        ("\\\\wsl$\\Ubuntu\\home\\me\\App", "folder:/home/me/App"),
        ("\\\\wsl.localhost\\Ubuntu\\home\\me\\App", "folder:/home/me/App"),
        ("\\\\Server\\Share\\App", "folder://server/share/app"),
        ("/private/tmp/app", "folder:/tmp/app"),
        ("/private/home", "folder:/private/home"),
        ("/Users/dev/Code/App", "folder:/users/dev/code/app"),
        ("/home/me/App", "folder:/home/me/App"),
        ("/home/me/cafe\u0301", "folder:/home/me/caf\u00e9"),
        ("/half/\ud800", "folder:/half/\\ud800"),
        ("/mnt/data/App", "folder:/mnt/data/App"),
    ],
)
def test_every_spelling_of_a_folder_has_the_same_key(path: str, key: str) -> None:
    assert folder_key(path) == key


@pytest.mark.parametrize(
    "path", ["app", "./app", "../app", "", "C:app", "/a\0b", "x:y"]
)
def test_a_path_that_does_not_say_from_where_has_no_key(path: str) -> None:
    assert folder_key(path) is None


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/home/me/app/.claude/worktrees/wise-owl", "folder:/home/me/app"),
        ("/home/me/app/.worktrees/me/fix-1/src/x", "folder:/home/me/app"),
        ("C:\\src\\app\\.worktrees\\fix", "folder:c:/src/app"),
        ("/home/me/app/src", "folder:/home/me/app/src"),
        ("/home/me/app.worktrees/x", "folder:/home/me/app.worktrees/x"),
        (
            "/home/me/app/.claude/worktrees-old",
            "folder:/home/me/app/.claude/worktrees-old",
        ),
        ("/.worktrees/x", "folder:/.worktrees/x"),
    ],
)
def test_a_worktree_below_its_repository_is_the_repository(path: str, key: str) -> None:
    assert root_key(path) == key


def test_the_folders_above_end_where_names_end() -> None:
    assert parent_keys("folder:/home/me/app") == [
        "folder:/home/me",
        "folder:/home",
        "folder:/",
    ]
    assert parent_keys("folder:c:/src/app") == ["folder:c:/src", "folder:c:/"]
    assert parent_keys("folder:/") == []


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/home",
            "/home/me",
            "/Users/me",
            "/root",
            "/var/tmp",
            "/private/var/tmp",
        ),
        *("C:\\", "C:\\Users\\Me", "/mnt/c/Users/me", "/opt", "~"),
        "C:\\Users\\me\\AppData\\Local\\Temp",
    ],
)
def test_a_home_a_root_and_a_tmp_are_wide(path: str) -> None:
    assert is_wide(folder_key(path) or "")


@pytest.mark.parametrize(
    "path", ["/home/me/app", "/var/tmp/app", "C:\\src", "/srv/app", "~/app"]
)
def test_a_folder_of_work_is_not_wide(path: str) -> None:
    assert not is_wide(folder_key(path) or "")


@given(PATHS)
def test_a_key_is_its_own_key(path: str) -> None:
    key = folder_key(path)

    assert key is not None
    assert folder_key(key.removeprefix("folder:")) == key
    assert folder_key(path + "/") == folder_key(path + "/.") == key


@given(PATHS, NAMES)
def test_the_folder_above_comes_first_of_those_above(path: str, name: str) -> None:
    above, below = folder_key(path), folder_key(f"{path.rstrip('/')}/{name}")

    assert below is not None
    if name not in (".", ".."):
        assert parent_keys(below)[:1] == [above]


@given(st.text(max_size=80))
def test_no_text_is_too_strange_for_a_folder(text: str) -> None:
    key = root_key(text)

    assert key is None or (key.startswith("folder:") and "\0" not in key)
