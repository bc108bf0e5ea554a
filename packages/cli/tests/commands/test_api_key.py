# SPDX-License-Identifier: Apache-2.0
"""What `claude-mem server api-key` makes and tells, with a server and without."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from claude_mem_core.domain.keys import read_key

pytestmark = pytest.mark.needs("claude_mem_http_falcon", "claude_mem_storage_sqlite")

DAY = 86_400_000
ABSENT = "01a22503-0000-7000-8000-000000000000"


def day(days):
    """The day that is so many days away, in UTC."""
    return f"{datetime.now(UTC) + timedelta(days):%Y-%m-%d}"


@pytest.fixture(params=["server", "here"])
def server(request, shell, here):
    """Calls commands of `claude-mem server`, where one runs and where none does."""
    if request.param == "server":
        shell.serve()
    return lambda *args: here("server", *args)


@pytest.fixture
def key(server):
    return lambda *args: server("api-key", *args)


def test_a_new_key_stands_alone_on_standard_output_and_what_it_is_beside_it(key):
    made = key("create", "--name", "ci", "--scope", "events:write,context:read")

    raw = made.out.removesuffix("\n")
    assert made.code == 0, made.err
    assert read_key(raw) is not None
    assert raw not in made.err
    [listed] = [
        one for one in key("list", "--json").json["keys"] if one["name"] == "ci"
    ]
    facts = {line.split()[0]: line.split(None, 1)[1] for line in made.err.splitlines()}
    assert facts["id"] == listed["id"]
    assert (facts["name"], facts["team"], facts["project"]) == ("ci", "local", "all")
    assert facts["scopes"] == "context:read, events:write"
    assert facts["expires"] == day(90)
    assert "shown now and never again" in made.err


def test_a_program_is_told_the_key_and_what_it_is_in_one_object(server, key):
    server("project", "create", "Tide Pool", "--json")
    project = server("project", "list", "--json").json["projects"][0]
    made = key("create", "--project", "tide pool", "--kind", "agent", "--json")
    told = made.json

    assert read_key(told["key"]) is not None
    assert told["key"].startswith("cmem_ag_")
    assert (told["name"], told["teamId"]) == ("unnamed", "local")
    assert told["projectId"] == project["id"]
    assert (told["role"], told["kind"]) == ("reader", "agent")
    assert told["scopes"] == sorted(told["scopes"])
    assert 89 * DAY < told["expiresAtEpoch"] - time.time() * 1000 <= 90 * DAY
    assert made.out.count(told["key"]) == 1
    assert told["key"] not in made.err


@pytest.mark.parametrize("server", ["here"], indirect=True)
def test_scopes_may_be_parted_by_commas_or_said_one_by_one(key):
    ways = (
        ("--scope", "events:write, context:read"),
        ("--scope", "context:read", "--scope", "events:write"),
        ("--scope", "events:write,", "--scope", "context:read,events:write"),
    )
    said = {tuple(key("create", *way, "--json").json["scopes"]) for way in ways}
    assert said == {("context:read", "events:write")}


@pytest.mark.parametrize("server", ["here"], indirect=True)
def test_a_key_ends_after_whole_days_of_a_year_or_never(key):
    def lasts(*args):
        end = key("create", *args, "--json").json["expiresAtEpoch"]
        return None if end is None else round((end - time.time() * 1000) / DAY)

    assert lasts("--expires", "1d") == 1
    assert lasts("--expires", "365d") == 365
    assert lasts("--expires", "48h") == 2
    assert lasts("--no-expiry") is None
    for wrong in ("0d", "366d", "12h", "soon", "-1d", "90"):
        done = key("create", "--expires", wrong)
        assert (done.code, done.out) == (2, ""), wrong
        assert f"--expires: {wrong!r} is no number of whole days" in done.err
    assert key("create", "--expires", "9d", "--no-expiry").code == 2
    assert len(key("list", "--json").json["keys"]) == 4


def test_the_list_fits_in_eighty_columns_and_opens_nothing(server, key):
    server("project", "create", "a project with a name that is long")
    server("team", "add-member", "ada")
    raw = [
        key("create", *args).out.strip()
        for args in (
            ("--name", "n" * 100, "--role", "maintainer", "--expires", "365d"),
            ("--project", "a project with a name that is long", "--no-expiry"),
            ("--scope", "events:write", "--user", "ada", "--name", "\x1b]0;owned\x07"),
        )
    ]
    shown, told = key("list"), key("list", "--json")

    head, *rows = [one for one in shown.out.splitlines() if "local token" not in one]
    assert head.split() == ["ID", "NAME", "ALLOWS", "PROJECT", "USED", "ENDS", "STATUS"]
    assert max(map(len, [head, *rows])) <= 80
    words = [row[10:].split() for row in rows]
    assert words == [
        ["n" * 12 + "…", "maintainer", "all", "never", day(365), "active"],
        ["unnamed", "reader", "a-project-wi…", "never", "never", "active"],
        ["\\x1b]0;owned…", "1", "scope", "all", "never", day(90), "active"],
    ]
    assert "\x1b" not in shown.out
    for one in raw:
        assert one not in shown.out + told.out
        assert read_key(one).secret not in shown.out + told.out
    assert "keyHash" not in told.out
    assert "sha256" not in told.out


def test_a_key_that_was_rotated_gives_way_to_one_that_allows_the_same(key):
    old = key("create", "--role", "editor", "--name", "laptop", "--json").json
    new = key("rotate", old["id"][-8:], "--json").json

    assert new["rotatedFromId"] == old["id"]
    assert new["key"] != old["key"]
    same = ("name", "teamId", "projectId", "role", "scopes")
    assert [new[name] for name in same] == [old[name] for name in same]
    stored = {one["id"]: one for one in key("list", "--json").json["keys"]}
    left = stored[old["id"]]["expiresAtEpoch"] - time.time() * 1000
    assert 23 * 3_600_000 < left <= 24 * 3_600_000
    again = key("rotate", old["id"])
    assert (again.code, again.out) == (1, "")
    last = key("rotate", new["id"], "--overlap", "0h")
    assert read_key(last.out.strip()) is not None
    assert f"The old one, {new['id']}, counts on for 0h at most." in last.err
    told = {row.split()[0]: row.split()[-1] for row in key("list").out.splitlines()}
    assert (told[old["id"][-8:]], told[new["id"][-8:]]) == ("rotated", "expired")
    for wrong in ("8d", "90s", "90", "169h"):
        assert key("rotate", last.err.split()[-1], "--overlap", wrong).code == 2


def test_a_key_is_revoked_by_the_end_of_its_id_and_twice_is_harmless(key):
    made = key("create", "--json").json
    done = key("revoke", made["id"][-8:])

    assert done.out == f"The key unnamed, {made['id']}, opens nothing now.\n"
    again = key("revoke", made["id"], "--json").json["key"]
    assert (again["id"], again["status"]) == (made["id"], "revoked")
    assert "revoked" in key("list").out


def test_the_key_of_a_member_who_left_is_told_as_such(server, key):
    for user in ("ada", "ben"):
        server("team", "add-member", user, "--role", "owner")
    made = key("create", "--user", "ben", "--role", "agent", "--json").json
    server("team", "remove-member", "ben")

    [row] = [one for one in key("list").out.splitlines() if made["id"][-8:] in one]
    assert row.endswith("left")


def test_every_command_says_where_it_acts(server, key, request, folder):
    kind = request.node.callspec.params["server"]
    record = folder / "server.runtime.json"
    place = f"On the store in {folder}, where no server runs\n"
    if kind == "server":
        told = json.loads(record.read_text())
        place = f"On the server at {told['url']} (pid {told['pid']})\n"
    made = key("create", "--json")
    calls = (
        ("api-key", "list"), ("api-key", "rotate", made.json["id"]),
        ("api-key", "revoke", made.json["id"]), ("team", "list"), ("team", "members"),
        ("team", "create", "a"), ("team", "add-member", "ada"),
        ("team", "remove-member", "ada"), ("project", "create", "p"),
    )  # fmt: skip
    assert made.err == place
    for call in calls:
        done = server(*call)
        assert (done.code, done.err[: len(place)]) == (0, place), call
    assert made.json["where"] == place.removeprefix("On ").strip()


@pytest.mark.parametrize(
    ("call", "code", "error"),
    [
        (("create", "--team", "nowhere"), 1, "not_found"),
        (("create", "--project", "nowhere"), 1, "not_found"),
        (("create", "--user", "nobody"), 2, "invalid_input"),
        (("create", "--scope", "memories:eat"), 2, "invalid_input"),
        (("create", "--scope", "*", "--role", "agent"), 2, "invalid_input"),
        (("create", "--role", "king"), 2, "invalid_input"),
        (("create", "--user", "viewer", "--role", "owner"), 77, "forbidden"),
        (("revoke", ABSENT), 1, "not_found"),
        (("revoke", "1234567"), 2, "invalid_input"),
        (("rotate", "REVOKED"), 1, "conflict"),
        (("rotate", "TOKEN"), 1, "conflict"),
    ],
)
def test_what_cannot_be_done_ends_alike_both_ways(shell, here, call, code, error):
    def told():
        ids = {one["name"]: one["id"] for one in _keys(here)}
        words = [{"REVOKED": ids["old"], "TOKEN": ids.get("local token")}.get(one, one)
                 for one in call]  # fmt: skip
        done = here("server", "api-key", *words, "--json")
        return done.code, done.json

    shell.serve()
    here("server", "team", "add-member", "viewer", "--role", "viewer")
    old = here("server", "api-key", "create", "--name", "old", "--json").json
    here("server", "api-key", "revoke", old["id"])
    by_server = told()
    here("server", "stop")

    assert by_server[0] == code
    assert by_server[1]["error"] == error
    assert told() == by_server


def _keys(here):
    return here("server", "api-key", "list", "--json").json["keys"]


@pytest.mark.parametrize("command", ["revoke", "rotate"])
def test_a_key_that_is_taken_for_its_id_is_not_repeated(key, command):
    raw = key("create").out.strip()
    for call in ((command, raw), ("list", "--team", raw), (command, f"x{raw}")):
        done = key(*call, "--json")
        assert done.code in (1, 2)
        assert raw not in done.out + done.err


def test_no_file_of_the_data_folder_holds_a_key_that_was_made(shell, here, folder):
    shell("server", "start", "--daemon")
    made = [here("server", "api-key", "create").out.strip()]
    here("server", "stop")
    made.append(here("server", "api-key", "create").out.strip())

    secrets = [read_key(one).secret.encode() for one in made]
    files = [one for one in folder.rglob("*") if one.is_file()]
    assert {"memory.db", "server.log"} <= {one.name for one in files}
    for file in files:
        assert not any(one in file.read_bytes() for one in secrets), file


@pytest.mark.parametrize(
    ("limits", "role", "calls", "error"),
    [
        ({}, "reader", 1, "forbidden"),
        ({"CLAUDE_MEM_RATE_LIMIT_PER_MIN": "6"}, "owner", 2, "rate_limited"),
        ({"CLAUDE_MEM_MONTHLY_REQUEST_CAP": "1"}, "owner", 2, "quota_exceeded"),
    ],
)
def test_what_a_server_refuses_ends_with_77_and_its_reason(
    shell, here, limits, role, calls, error
):
    raw = here("server", "api-key", "create", "--role", role).out
    shell.serve(**limits)
    (shell.folder / "token").write_text(raw)
    done = [here("server", "team", "list", "--json") for _ in range(calls)]

    assert [one.code for one in done] == [0] * (calls - 1) + [77]
    assert done[-1].json["error"] == error
