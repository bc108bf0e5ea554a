# SPDX-License-Identifier: Apache-2.0
"""What `claude-mem server project` shows and changes, with a server and without."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs("claude_mem_http_falcon", "claude_mem_storage_sqlite")


@pytest.fixture(params=["server", "here"])
def project(request, shell):
    """The command with a server on its data folder, and without one."""
    if request.param == "server":
        shell.serve()
    return lambda *args, **env: shell("server", "project", *args, **env)


def test_a_folder_becomes_a_project_and_is_shown_with_what_stands_for_it(
    project, tmp_path
):
    assert "There are none." in project("list").out
    made = project("identify", str(tmp_path), "--json").json
    again = project("identify", str(tmp_path), "--json").json
    slug = made["project"]["slug"]

    assert made == again
    assert made["identities"][0]["key"] == f"folder:{tmp_path}"
    assert [one["id"] for one in project("list", "--json").json["projects"]] == [
        made["project"]["id"]
    ]
    assert slug in project("list").out
    shown = project("show", "--project", slug)
    assert f"folder:{tmp_path}"[:40] in shown.out
    named = project("show", "--json", CLAUDE_MEM_PROJECT=slug).json
    assert named["project"] == made["project"]


def test_an_alias_lets_a_folder_and_a_remote_stand_for_a_project(project, tmp_path):
    slug = project("identify", str(tmp_path), "--json").json["project"]["slug"]
    other, remote = tmp_path / "other", "https://me:s3cret@github.com/Me/App.git"
    other.mkdir()

    said = project("alias", remote, "--project", slug)
    project("alias", str(other), "--project", slug)

    assert said.out == f"git:github.com/me/app is {slug} now.\n"
    found = project("identify", str(other), "--json").json
    assert found["project"]["slug"] == slug
    keys = {one["key"]: one["proof"] for one in found["identities"]}
    assert keys[f"folder:{other}"] == keys["git:github.com/me/app"] == "user"
    assert "s3cret" not in str(found)
    assert project("alias", "/x", "--project", "nowhere").code == 1
