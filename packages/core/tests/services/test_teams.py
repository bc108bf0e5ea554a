# SPDX-License-Identifier: Apache-2.0
"""Teams see themselves; who runs the server sees to all of them."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import KeyDraft, Principal
from claude_mem_core.domain.audit import AuditQuery
from claude_mem_core.domain.team import LOCAL_TEAM_ID, MemberDraft, TeamDraft
from claude_mem_core.errors import ConflictError, ForbiddenError, NotFoundError
from claude_mem_core.runtime import Runtime

ME = Principal.local()


@pytest.fixture
def team(runtime: Runtime) -> Principal:
    """Who runs the server, acting for a team of its own."""
    made = runtime.teams.create(TeamDraft(name="Ours", slug="ours"), by=ME)
    return ME.acting_for(made.id)


@pytest.fixture
def owner(runtime: Runtime, team: Principal) -> Principal:
    """Who holds an owner's key of that team."""
    raw = runtime.keys.issue(KeyDraft(role="owner"), by=team).raw
    return runtime.access.authenticate(raw)


def test_who_runs_the_server_makes_teams_and_sees_all(
    runtime: Runtime, team, owner
) -> None:
    assert [one.id for one in runtime.teams.list(by=ME)] == [
        LOCAL_TEAM_ID,
        team.team_id,
    ]
    assert runtime.teams.find("ours", by=ME).id == team.team_id
    with pytest.raises(ForbiddenError):
        runtime.teams.create(TeamDraft(name="More"), by=owner)


def test_a_team_sees_itself_alone(runtime: Runtime, team, owner) -> None:
    assert [one.id for one in runtime.teams.list(by=owner)] == [team.team_id]
    for other in (LOCAL_TEAM_ID, "absent"):
        with pytest.raises(NotFoundError):
            owner.acting_for(other)
        with pytest.raises(NotFoundError):
            runtime.teams.find(other, by=owner)
    with pytest.raises(NotFoundError):
        runtime.teams.members(by=ME.acting_for("absent"))


def test_members_come_and_go(runtime: Runtime, owner) -> None:
    runtime.teams.add_member(MemberDraft(user_id="zoe", role="owner"), by=owner)
    runtime.teams.add_member(MemberDraft(user_id="anne"), by=owner)
    assert [one.user_id for one in runtime.teams.members(by=owner)] == ["anne", "zoe"]
    with pytest.raises(ConflictError):
        runtime.teams.add_member(MemberDraft(user_id="anne"), by=owner)
    with pytest.raises(ConflictError, match="only owner"):
        runtime.teams.remove_member("zoe", by=owner)
    runtime.teams.remove_member("anne", by=owner)
    with pytest.raises(NotFoundError):
        runtime.teams.remove_member("anne", by=owner)
    assert not runtime.teams.members(by=ME)


def test_nobody_lets_somebody_in_who_may_more_than_they(runtime: Runtime, team) -> None:
    draft = KeyDraft(scopes=("teams:manage", "memories:read"))
    weak = runtime.access.authenticate(runtime.keys.issue(draft, by=team).raw)
    runtime.teams.add_member(MemberDraft(user_id="zoe", role="owner"), by=team)
    with pytest.raises(ForbiddenError):
        runtime.teams.add_member(MemberDraft(user_id="eve", role="owner"), by=weak)
    with pytest.raises(ForbiddenError):
        runtime.teams.remove_member("zoe", by=weak)


def test_what_is_done_to_a_team_is_told_in_its_own_log(
    runtime: Runtime, storage, team, owner
) -> None:
    runtime.teams.add_member(MemberDraft(user_id="zoe"), by=owner)
    with storage.begin() as tx:
        told = [
            one.action for one in tx.audit.list(AuditQuery(limit=9), scope=team.scope)
        ]
    assert told == ["member.add", "api_key.create", "team.create"]
