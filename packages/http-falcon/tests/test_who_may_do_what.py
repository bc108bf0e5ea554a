# SPDX-License-Identifier: Apache-2.0
"""Every route, asked by everybody for everything: who may, may, and nobody else.

What is expected is told by the rules of the reference, from the table of deeds and from
`asking.py`; the code under test is not asked. The last tests switch guards off, one at
a time, and see that the matrix notices.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import pytest
from asking import ASKING, request_for
from claude_mem_core.domain.audit import AuditEntry
from claude_mem_core.domain.team import Team
from claude_mem_core.front_end import Letter, Mount, Reply
from claude_mem_core.runtime import Runtime
from claude_mem_http_falcon import authentication
from claude_mem_http_falcon.app import build_app
from claude_mem_http_falcon.authentication import Authentication
from claude_mem_http_falcon.mounted import Mounted
from claude_mem_http_falcon.routes import HOOK, LETTER, NOTHING, ROUTES, RouteSpec
from falcon.testing import Result, TestClient
from two_teams import Somebody, Thing, World, build, everybody

CLOSED = [row for row in ROUTES if row.deed is not None]
OK = 0
"""Stands for whatever the row says is well."""

FEWEST_CELLS = 1_000
ADDRESSES = (f"127.1.{high}.{low}" for high in cycle(range(256)) for low in range(256))
"""Each request comes from another one: how often one address may fail is no part here."""

CANARY = re.compile(r"canary-[AB](?:-[12])?")


@dataclass
class Matrix:
    """The world, and how it is asked."""

    world: World
    client: TestClient

    def cells(self, row: RouteSpec) -> Iterator[tuple[Somebody, Thing]]:
        """Everybody with everything that makes another request of it."""
        assert row.deed is not None
        requests = {}
        for thing in self.world.things.values():
            requests.setdefault(repr(request_for(row.method, row.path, thing)), thing)
        for somebody in everybody(self.world, row.deed.scope):
            for thing in requests.values():
                yield somebody, thing

    def ask(self, row: RouteSpec, somebody: Somebody, thing: Thing) -> Result:
        request = request_for(row.method, row.path, thing)
        headers = {
            "Host": "127.0.0.1",
            "Content-Type": "application/json",
            "X-Request-Id": "same",
        }
        if somebody.key is not None:
            headers["Authorization"] = f"Bearer {somebody.key}"
        return self.client.simulate_request(
            request.method,
            request.path,
            params=dict(request.query),
            body=request.body,
            headers=headers,
            remote_addr=next(ADDRESSES),
        )

    def faults(self, row: RouteSpec, somebody: Somebody, thing: Thing) -> list[str]:
        """What is wrong with the answer, and with what it left behind."""
        answer = self.ask(row, somebody, thing)
        wanted = expected(row, somebody, thing)
        well = answer.status_code in row.statuses
        changed, acting = self.world.changed(), acting_team(row, somebody, thing)
        faults = []
        if (wanted == OK and not well) or wanted not in (OK, answer.status_code):
            faults.append(f"{answer.status_code} in place of {wanted or row.statuses}")
        told = set(CANARY.findall(answer.text + repr(answer.headers)))
        leaked = told - self.seen(row, somebody, thing)
        faults += [f"{canary} is told" for canary in leaked]
        hidden = self.hidden_ids(row, somebody, thing)
        faults += [f"the id {one} is told" for one in hidden if one in answer.text]
        if answer.status_code >= 400 and changed:
            faults.append(f"refused, and changed {changed!r}")
        strayed = [
            record
            for record in changed
            if self.world.team_of(record) not in {acting, *of_new_team(record)}
        ]
        faults += [f"another team's is changed: {record!r}" for record in strayed]
        if "canary" in repr(self.world.storage._state.audit):
            faults.append("content in the audit log")
        self.world.reset()
        return [f"{somebody.name}, {thing.name}: {one}" for one in faults]

    def hidden_ids(
        self, row: RouteSpec, somebody: Somebody, thing: Thing
    ) -> Iterator[str]:
        """The ids of what somebody neither may see nor asked for by its id."""
        acting = acting_team(row, somebody, thing)
        for one in self.world.things.values():
            within = somebody.project in (None, one.project)
            if one is not thing and not (one.team == acting and within):
                records = {**one.ids, "team": "", "user": ""}
                yield from filter(None, records.values())

    def seen(self, row: RouteSpec, somebody: Somebody, thing: Thing) -> set[str]:
        """The canaries that somebody may be told."""
        if not somebody.counts:
            return set()
        letters = {team: letter for letter, team in self.world.teams.items()}
        letter = letters.get(acting_team(row, somebody, thing))
        team = {f"canary-{letter}"}
        if somebody.is_operator and row.path == "/v1/teams":
            team = {f"canary-{one}" for one in self.world.teams}
        if somebody.project is not None:
            things = self.world.things.values()
            return team | {
                one.canary for one in things if one.project == somebody.project
            }
        return team | {f"canary-{letter}-{number}" for number in "12"}


def acting_team(row: RouteSpec, somebody: Somebody, thing: Thing) -> str:
    """The team whose records are touched: the one named, for who runs the server."""
    return thing.team if somebody.is_operator and names_team(row) else somebody.team


def names_team(row: RouteSpec) -> bool:
    return "{team_id}" in row.path


def of_new_team(record: object) -> set[str]:
    """The team that was just made, which is nobody else's."""
    if isinstance(record, Team):
        return {record.id}
    if isinstance(record, AuditEntry) and record.action == "team.create":
        return {str(record.target_id)}
    return set()


def expected(row: RouteSpec, who: Somebody, thing: Thing) -> int:
    """The status that the rules want, the first that holds; OK for the row's own."""
    deed = row.deed
    assert deed is not None
    asking = ASKING[f"{row.method} {row.path}"]
    is_there = thing.name != "absent"
    acts = is_there and (who.is_operator or thing.team == who.team)
    theirs = thing.team == acting_team(row, who, thing)
    within = who.project in (None, thing.project)
    of_project = asking.border in ("project", "jobs", "record", "key")
    rules = (
        (401, not who.counts),
        (403, deed.scope not in who.scopes),
        (403, deed.whole_team and who.project is not None),
        (403, deed.team == "server" and not who.is_operator),
        (404, names_team(row) and not acts),
        (403, asking.border == "project" and not within),
        (404, of_project and not (theirs and within)),
        (403, not asking.gives <= who.scopes),
    )
    return next((status for status, holds in rules if holds), OK)


class Projects(Mount):
    """What is mounted shows the projects of whoever the server let in."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def answer(self, letter: Letter) -> Reply:
        found = self._runtime.projects.list(by=letter.by)
        told = json.dumps([one.to_wire() for one in found]).encode()
        return Reply(200, {"Content-Type": "application/json"}, told)

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def matrix(runtime) -> Matrix:
    world = build(runtime)
    mounted = Mounted(lambda _, served: Projects(served), runtime)
    return Matrix(world, TestClient(build_app(runtime, mounted=mounted)))


def ids(row: RouteSpec) -> str:
    return f"{row.method} {row.path}"


def test_every_closed_route_is_asked_for() -> None:
    assert {f"{row.method} {row.path}" for row in CLOSED} == set(ASKING)


@pytest.mark.parametrize("row", CLOSED, ids=ids)
def test_who_may_may_and_nobody_else(matrix, row) -> None:
    faults = [
        fault
        for somebody, thing in matrix.cells(row)
        for fault in matrix.faults(row, somebody, thing)
    ]

    assert faults == []


def test_the_matrix_is_not_small(matrix) -> None:
    count = sum(len(list(matrix.cells(row))) for row in CLOSED)
    people = {one.name for one in everybody(matrix.world, "memories:read")}

    assert count >= FEWEST_CELLS
    assert len(people) >= 14


@pytest.mark.parametrize("row", CLOSED, ids=ids)
def test_another_teams_thing_looks_like_none(matrix, row) -> None:
    foreign, absent = (matrix.world.things[one] for one in ("other team", "absent"))
    for somebody in everybody(matrix.world, row.deed.scope):
        if expected(row, somebody, foreign) == 404:
            one, other = (
                alike(matrix.ask(row, somebody, thing), thing)
                for thing in (foreign, absent)
            )
            assert one == other


def alike(answer: Result, thing: Thing) -> tuple[int, str, dict[str, str]]:
    """An answer without the ids that were asked for."""
    text = answer.text
    for one in thing.ids.values():
        text = text.replace(one, "ID")
    # The ids of the two have not the same length, and each request is counted.
    varies = ("content-length", "ratelimit")
    headers = {key: one for key, one in answer.headers.items() if key not in varies}
    return answer.status_code, text, headers


@pytest.mark.parametrize("row", CLOSED, ids=ids)
def test_a_scope_that_is_not_looked_at_is_noticed(matrix, row, monkeypatch) -> None:
    monkeypatch.setattr(authentication, "require_scope", lambda *_: None)

    assert noticed(matrix, row)


OF_NOBODY = ("/v1/connect", "/v1/viewer/codes")
"""What shows no record and changes none."""


@pytest.mark.parametrize(
    "row", [row for row in CLOSED if row.path not in OF_NOBODY], ids=ids
)
def test_a_team_that_is_not_looked_at_is_noticed(matrix, row, monkeypatch) -> None:
    identify = Authentication.identify
    now = {}

    def unfenced(self, head):
        caller, thing = identify(self, head), now["thing"]
        if row.deed.team == "server":
            return caller.changed(is_operator=True)
        if names_team(row) or thing.name == "absent":
            return caller
        return caller.changed(team_id=thing.team, project_id=None)

    ask = matrix.ask

    def asking(row, somebody, thing):
        now["thing"] = thing
        return ask(row, somebody, thing)

    def anybody(named, caller, _):
        return caller.changed(team_id=named)

    monkeypatch.setattr(Authentication, "identify", unfenced)
    monkeypatch.setattr(authentication, "acting_for", anybody)
    monkeypatch.setattr(matrix, "ask", asking)

    assert noticed(matrix, row)


def noticed(matrix: Matrix, row: RouteSpec) -> bool:
    """Whether any cell of a row is wrong."""
    return any(matrix.faults(row, *cell) for cell in matrix.cells(row))


WHO = ("teamId", "keyId", "createdBy", "actorId", "scopes", "isOperator", "userId")
"""What a body could say of who asks."""

REALLY = {("KeyDraft", "scopes"), ("KeyDraft", "userId"), ("MemberDraft", "userId")}
"""What is about somebody else: the key or the member that is to be."""


@pytest.mark.parametrize(
    "row", [row for row in CLOSED if row.body not in (None, HOOK, LETTER)], ids=ids
)
def test_no_body_says_who_asks(matrix, row) -> None:
    thing = matrix.world.things["own"]
    wanted = "operator" if row.deed.team == "server" else "owner"
    asking = ASKING[f"{row.method} {row.path}"]
    body = {} if asking.body is None else asking.body(thing)
    for name in WHO:
        if row.of is not None and (row.of.__name__, name) in REALLY:
            continue
        # A key of its own each time: how often one may ask is no part here.
        people = everybody(matrix.world, row.deed.scope)
        somebody = next(one for one in people if one.name == wanted)
        if isinstance(body, list):
            told = [{**one, name: "x"} for one in body]
        else:
            told = {**body, name: "x"}
        request = request_for(row.method, row.path, thing)
        answer = matrix.client.simulate_request(
            row.method,
            request.path,
            body=json.dumps(told),
            headers={
                "Host": "127.0.0.1",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {somebody.key}",
            },
            remote_addr="127.0.0.1",
        )
        assert answer.status_code == 400
        assert row.body is NOTHING or name in answer.json["message"]
        assert matrix.world.changed() == []
