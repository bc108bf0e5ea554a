# SPDX-License-Identifier: Apache-2.0
"""Who asks too often is told when to come again; everybody else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import KeyDraft, Principal
from claude_mem_core.domain.limits import Allowance, Caps, Paces
from claude_mem_core.domain.team import TeamDraft
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.services.limits import FAILURES
from claude_mem_core.system import RealSystem

ME = Principal.local()
PACES = Paces(
    usual=Allowance("usual", 1, timedelta(hours=1), 3),
    recall=Allowance("recall", 1, timedelta(hours=1), 1),
)


@pytest.fixture
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    system = RealSystem()
    storage = InProcessStorage(system)
    queue, caps = InProcessQueueEngine(storage, system), Caps()
    marker = request.node.get_closest_marker("parametrize")
    if marker is not None and "caps" in request.fixturenames:
        caps = request.getfixturevalue("caps")
    made = {"storage": storage, "queue": queue, "system": system}
    generator = RuleBasedGenerator()
    with assemble(generator=generator, paces=PACES, caps=caps, **made) as runtime:
        yield runtime


def _key(runtime: Runtime, role: str = "owner", team: str = "local") -> str:
    draft = KeyDraft.model_validate({"role": role})
    return runtime.keys.issue(draft, by=ME.acting_for(team)).raw


def test_every_answer_tells_what_is_left(client, runtime) -> None:
    mine = client.holding(_key(runtime))
    answers = [mine.get("/v1/projects") for _ in range(4)]
    assert [one.status for one in answers] == [200, 200, 200, 429]
    left = [one.headers.get("RateLimit") for one in answers]
    assert [told.split(";")[1] for told in left[:3]] == ["r=2", "r=1", "r=0"]
    assert answers[0].headers["RateLimit-Policy"] == '"usual";q=1;w=3600'
    problem = answers[3]
    assert 3500 < int(problem.headers["Retry-After"]) <= 3600
    assert problem.headers["X-RateLimit-Limit"] == "1"
    assert problem.headers["X-RateLimit-Remaining"] == "0"
    assert problem.json["code"] == "rate_limited"


def test_one_key_does_not_use_up_anothers_allowance(client, runtime) -> None:
    one, other = (client.holding(_key(runtime)) for _ in range(2))
    while one.get("/v1/projects").status == 200:
        pass
    assert other.get("/v1/projects").status == 200
    assert one.post("/v1/search", {"projectId": "x", "query": "x"}).status == 404


def test_the_machines_token_is_not_limited(client) -> None:
    answers = [client.get("/v1/projects") for _ in range(6)]
    assert {one.status for one in answers} == {200}
    assert answers[-1].headers.get("RateLimit") is None


def test_who_tries_keys_is_sent_away_and_who_has_one_is_not(client, runtime) -> None:
    stranger = client.holding(runtime.access.new_local_token())
    answers = [stranger.get("/v1/projects") for _ in range(FAILURES.burst + 2)]
    statuses = [one.status for one in answers]
    assert statuses == [401] * FAILURES.burst + [429] * 2
    assert 50 < int(answers[-1].headers["Retry-After"]) <= 60
    assert client.get("/v1/projects").status == 200
    with_body = stranger.post("/v1/events", {"a": 1})
    assert (with_body.status, with_body.json["code"]) == (429, "rate_limited")


@pytest.mark.parametrize("caps", [Caps(requests=2)])
def test_a_team_that_has_used_its_month_up_is_told(client, runtime, caps) -> None:
    assert caps.requests == 2
    mine = client.holding(_key(runtime))
    other = runtime.teams.create(TeamDraft(name="Other"), by=ME).id
    theirs = client.holding(_key(runtime, team=other))
    answers = [mine.get("/v1/projects") for _ in range(3)]
    assert [one.status for one in answers] == [200, 200, 402]
    assert answers[2].json["error"] == answers[2].json["code"] == "quota_exceeded"
    assert int(answers[2].headers["Retry-After"]) > 0
    assert theirs.get("/v1/projects").status == 200


def test_usage_tells_the_callers_team_alone(client, runtime) -> None:
    mine = client.holding(_key(runtime))
    other = runtime.teams.create(TeamDraft(name="Other"), by=ME).id
    theirs = client.holding(_key(runtime, team=other))
    for _ in range(2):
        assert mine.get("/v1/projects").status == 200
    told = theirs.get("/v1/usage").json
    assert told["usage"] == {"request": 1, "usage.read": 1}
    ours = mine.get("/v1/usage").json
    assert ours["usage"] == {"project.list": 2, "request": 3, "usage.read": 1}
    assert ours["since"] <= runtime.system.now()
