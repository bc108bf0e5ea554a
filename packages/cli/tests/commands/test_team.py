# SPDX-License-Identifier: Apache-2.0
"""What `claude-mem server team` and `project create` make, with a server and without."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs("claude_mem_http_falcon", "claude_mem_storage_sqlite")


@pytest.fixture(params=["server", "here"])
def server(request, shell, here):
    """Calls commands of `claude-mem server`, where one runs and where none does."""
    if request.param == "server":
        shell.serve()
    return lambda *args: here("server", *args)


def test_a_team_is_made_with_a_slug_of_its_name_and_meant_by_slug_id_and_name(server):
    made = server("team", "create", "Light House", "--json").json["team"]
    assert made["slug"] == "light-house"
    other = server("team", "create", "Light House", "--slug", "lh2")
    assert other.out.startswith("The team lh2 is there now, ")
    server("team", "create", "Tide")
    for name in ("light-house", made["id"]):
        told = server("team", "members", "--team", name, "--json").json
        assert told["team"] == made
    assert server("team", "members", "--team", "Tide").code == 0
    assert [one["slug"] for one in server("team", "list", "--json").json["teams"]] == [
        *("local", "light-house", "lh2", "tide")
    ]
    assert "light-house  Light House" in server("team", "list").out


def test_a_team_that_is_none_or_several_is_told_with_those_there_are(server):
    for slug in ("a", "b"):
        server("team", "create", "Twins", "--slug", slug)
    absent = server("team", "members", "--team", "nowhere")
    several = server("team", "members", "--team", "Twins")
    taken = server("team", "create", "Other", "--slug", "a")

    assert "no team 'nowhere'; there are: local, a, b" in absent.err
    assert "'Twins' names several" in several.err
    assert (absent.code, several.code, taken.code) == (1, 2, 1)


def test_members_come_and_go(server):
    server("team", "create", "Tide")
    tide = ("--team", "tide")
    first = server("team", "add-member", "ada", "--role", "owner", *tide)
    assert first.out == "ada belongs to the team tide now, as owner.\n"
    told = server("team", "add-member", "ben @ home?", *tide, "--json").json
    assert told["member"]["role"] == "member"
    slash = server("team", "add-member", "a/b", *tide, "--json")
    assert (slash.code, slash.json["error"]) == (2, "invalid_input")
    again = server("team", "add-member", "ada", *tide, "--json")
    assert (again.code, again.json["error"]) == (1, "conflict")

    rows = server("team", "members", *tide).out.splitlines()[1:]
    assert [row.split(None, 2)[0::2] for row in rows] == [
        ["owner", "ada"],
        ["member", "ben @ home?"],
    ]
    assert server("team", "members").out == "There are none.\n"
    only = server("team", "remove-member", "ada", *tide)
    assert (only.code, only.out) == (1, "")
    gone = server("team", "remove-member", "ben @ home?", *tide)
    assert gone.out == "ben @ home? left the team tide; their keys open nothing now.\n"
    absent = server("team", "remove-member", "ben @ home?", *tide, "--json")
    assert (absent.code, absent.json["error"]) == (1, "not_found")
    assert absent.json["message"] == "no member with the id 'ben @ home?'"


def test_a_team_has_projects_of_its_own(server, tmp_path):
    server("team", "create", "Tide")
    made = server(
        "project", "create", "Tide Pool", "--team", "tide", "--root", str(tmp_path)
    )
    assert made.out.startswith("The project tide-pool of the team tide is there now, ")
    told = server("project", "list", "--team", "tide", "--json").json
    [project] = told["projects"]
    assert (project["name"], project["rootPath"]) == ("Tide Pool", str(tmp_path))
    assert "memories" not in told
    assert server("project", "list", "--team", "tide").out.split()[:2] == [
        "SLUG",
        "FOLDER",
    ]
    assert server("project", "list", "--json").json["projects"] == []
    taken = server("project", "create", "tide pool", "--team", "tide")
    assert taken.code == 1
    own = server("project", "create", "tide pool", "--json").json["project"]
    assert own["teamId"] == "local"
    assert server("project", "list", "--json").json["memories"] == [0]
