# SPDX-License-Identifier: Apache-2.0
"""Keys are made with what their maker has, shown once, and end when they should."""

from __future__ import annotations

from datetime import timedelta

import pytest
from claude_mem_core.domain.access import KeyDraft, KeyRotation, Principal
from claude_mem_core.domain.keys import ServerSecret
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.scopes import ROLES, SCOPES
from claude_mem_core.domain.team import MemberDraft, TeamDraft
from claude_mem_core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble

ME = Principal.local()
DAY = timedelta(days=1)


@pytest.fixture
def team(runtime: Runtime) -> Principal:
    """Who runs the server, acting for a team of its own."""
    return ME.acting_for(runtime.teams.create(TeamDraft(name="Ours"), by=ME).id)


def _holder(runtime: Runtime, by: Principal, **fields: object) -> Principal:
    issued = runtime.keys.issue(KeyDraft.model_validate(fields), by=by)
    return runtime.access.authenticate(issued.raw)


def test_a_new_key_opens_what_its_role_says(runtime: Runtime, team) -> None:
    for role, scopes in ROLES.items():
        holder = _holder(runtime, team, role=role)
        assert (holder.team_id, holder.scopes) == (team.team_id, scopes)
        assert not holder.is_operator
    assert _holder(runtime, team).role == "reader"


def test_a_key_is_shown_once_and_stored_as_a_hash(runtime: Runtime, team) -> None:
    issued = runtime.keys.issue(KeyDraft(name="ci"), by=team)
    secret = issued.raw[-49:-6]
    (stored,) = runtime.keys.list(by=team)
    assert stored == issued.key
    assert secret not in stored.model_dump_json()
    assert "keyHash" not in stored.shown


def test_nobody_gives_away_what_they_lack(runtime: Runtime, team) -> None:
    manager = _holder(runtime, team, scopes=["keys:manage", "context:read"])
    assert _holder(runtime, manager, scopes=["context:read"]).scopes == {"context:read"}
    for more in (["*"], ["memories:read"], ["context:read", "events:write"]):
        with pytest.raises(ForbiddenError, match="would give away"):
            runtime.keys.issue(KeyDraft(scopes=tuple(more)), by=manager)
    with pytest.raises(ForbiddenError):
        runtime.keys.issue(KeyDraft(role="owner"), by=manager)


def test_nobody_keeps_what_they_lack_alive(runtime: Runtime, team) -> None:
    mighty = runtime.keys.issue(KeyDraft(role="owner"), by=team).key
    manager = _holder(runtime, team, scopes=["keys:manage"])
    with pytest.raises(ForbiddenError):
        runtime.keys.rotate(mighty.id, by=manager)
    with pytest.raises(ForbiddenError):
        runtime.keys.revoke(mighty.id, by=manager)


def test_a_limited_key_makes_keys_of_its_own_project(runtime: Runtime, team) -> None:
    ours = runtime.projects.create(ProjectDraft(name="ours"), by=team)
    other = runtime.projects.create(ProjectDraft(name="other"), by=team)
    limited = _holder(runtime, team, role="owner", project_id=ours.id)
    assert _holder(runtime, limited, role="reader").project_id == ours.id
    with pytest.raises(ForbiddenError):
        runtime.keys.issue(KeyDraft(project_id=other.id), by=limited)
    whole = runtime.keys.issue(KeyDraft(name="whole"), by=team).key
    assert whole not in runtime.keys.list(by=limited)
    with pytest.raises(NotFoundError):
        runtime.keys.revoke(whole.id, by=limited)


def test_a_key_of_no_such_project_is_not_made(runtime: Runtime, team) -> None:
    foreign = runtime.projects.create(ProjectDraft(name="foreign"), by=ME)
    for project_id in (foreign.id, "absent"):
        with pytest.raises(NotFoundError):
            runtime.keys.issue(KeyDraft(project_id=project_id), by=team)


def test_another_teams_key_looks_like_an_absent_one(runtime: Runtime, team) -> None:
    theirs = runtime.keys.issue(KeyDraft(), by=ME).key
    messages = set()
    for key_id in (theirs.id, "0" * len(theirs.id)):
        with pytest.raises(NotFoundError) as told:
            runtime.keys.revoke(key_id, by=team)
        messages.add(str(told.value).replace(key_id, "ID"))
    assert len(messages) == 1


def test_a_key_ends_after_ninety_days_or_as_said(
    runtime: Runtime, team, system
) -> None:
    usual = runtime.keys.issue(KeyDraft(), by=team)
    short = runtime.keys.issue(KeyDraft(expires_in_days=1), by=team)
    endless = runtime.keys.issue(KeyDraft(no_expiry=True), by=team)
    system.pass_time(DAY)
    runtime.access.authenticate(usual.raw)
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(short.raw)
    system.pass_time(89 * DAY)
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(usual.raw)
    runtime.access.authenticate(endless.raw)


def test_a_key_counts_from_its_beginning_on(runtime: Runtime, team, system) -> None:
    draft = KeyDraft(not_before_epoch=system.now() + 1_000)
    issued = runtime.keys.issue(draft, by=team)
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(issued.raw)
    system.pass_time(timedelta(seconds=1))
    runtime.access.authenticate(issued.raw)


def test_rotation_overlaps_and_then_shuts_the_old_one_out(
    runtime: Runtime, team, system
) -> None:
    old = runtime.keys.issue(KeyDraft(role="editor", expires_in_days=30), by=team)
    system.pass_time(10 * DAY)
    new = runtime.keys.rotate(old.key.id, overlap=timedelta(hours=2), by=team)
    same = (new.key.scopes, new.key.role, new.key.name)
    assert same == (old.key.scopes, "editor", old.key.name)
    assert new.key.expires_at_epoch == system.now() + 30 * DAY.total_seconds() * 1000
    runtime.access.authenticate(old.raw)
    with pytest.raises(ConflictError):
        runtime.keys.rotate(old.key.id, by=team)
    system.pass_time(timedelta(hours=2))
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(old.raw)
    runtime.access.authenticate(new.raw)


def test_an_overlap_makes_no_key_last_longer(runtime: Runtime, team, system) -> None:
    old = runtime.keys.issue(KeyDraft(expires_in_days=1), by=team)
    runtime.keys.rotate(old.key.id, overlap=timedelta(days=7), by=team)
    system.pass_time(DAY)
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(old.raw)
    with pytest.raises(InvalidInputError, match="overlapHours"):
        runtime.keys.rotate(old.key.id, overlap=timedelta(days=8), by=team)


def test_a_revoked_key_opens_nothing_at_once(runtime: Runtime, team) -> None:
    issued = runtime.keys.issue(KeyDraft(), by=team)
    runtime.keys.revoke(issued.key.id, by=team)
    assert runtime.keys.revoke(issued.key.id, by=team).status == "revoked"
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(issued.raw)


def test_the_machines_token_ends_by_its_file_alone(runtime: Runtime) -> None:
    token = runtime.access.new_local_token()
    runtime.access.admit_local_token(token)
    (key,) = runtime.keys.list(by=ME)
    with pytest.raises(ConflictError, match="delete the file"):
        runtime.keys.revoke(key.id, by=ME)
    assert runtime.access.authenticate(token).is_operator


def test_a_members_key_allows_no_more_than_the_member_may(
    runtime: Runtime, team
) -> None:
    runtime.teams.add_member(MemberDraft(user_id="vera", role="viewer"), by=team)
    with pytest.raises(ForbiddenError, match="'viewer'"):
        runtime.keys.issue(KeyDraft(role="editor", user_id="vera"), by=team)
    with pytest.raises(InvalidInputError, match="add the member"):
        runtime.keys.issue(KeyDraft(user_id="nobody"), by=team)
    issued = runtime.keys.issue(KeyDraft(role="reader", user_id="vera"), by=team)
    assert runtime.access.authenticate(issued.raw).user_id == "vera"


def test_who_leaves_the_team_leaves_their_keys(runtime: Runtime, team) -> None:
    runtime.teams.add_member(MemberDraft(user_id="vera", role="owner"), by=team)
    issued = runtime.keys.issue(KeyDraft(role="owner", user_id="vera"), by=team)
    runtime.teams.remove_member("vera", by=team)
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(issued.raw)
    runtime.teams.add_member(MemberDraft(user_id="vera", role="viewer"), by=team)
    assert runtime.access.authenticate(issued.raw).scopes == ROLES["reader"]


def test_a_key_hashed_with_another_secret_opens_nothing(system) -> None:
    storage = InProcessStorage(system)

    def opened(secret: ServerSecret | None) -> Runtime:
        queue = InProcessQueueEngine(storage, system)
        made = {"storage": storage, "queue": queue, "system": system}
        return assemble(generator=RuleBasedGenerator(), secret=secret, **made)

    one, other = ServerSecret(b"1" * 32), ServerSecret(b"2" * 32)
    issued = opened(one).keys.issue(KeyDraft(), by=ME)
    planted = opened(None).keys.issue(KeyDraft(), by=ME)
    assert opened(one).access.authenticate(issued.raw)
    for secret, raw in ((other, issued.raw), (None, issued.raw), (one, planted.raw)):
        with pytest.raises(UnauthenticatedError):
            opened(secret).access.authenticate(raw)


def test_the_last_use_is_noted_once_a_minute(runtime: Runtime, team, system) -> None:
    issued = runtime.keys.issue(KeyDraft(), by=team)
    runtime.access.authenticate(issued.raw)
    assert runtime.access.write_down() == 1
    first = system.now()
    system.pass_time(timedelta(seconds=59))
    runtime.access.authenticate(issued.raw)
    assert runtime.access.write_down() == 0
    system.pass_time(timedelta(seconds=1))
    runtime.access.authenticate(issued.raw)
    assert [key.last_used_at_epoch for key in runtime.keys.list(by=team)] == [first]
    assert runtime.access.write_down() == 1
    (key,) = runtime.keys.list(by=team)
    assert key.last_used_at_epoch == first + 60_000


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"role": "reader", "scopes": ["*"]}, "not both"),
        ({"noExpiry": True, "expiresInDays": 3}, "contradict"),
        ({"expiresInDays": 366}, "expiresInDays"),
        ({"teamId": "x"}, "teamId"),
        ({"createdBy": "x"}, "createdBy"),
    ],
)
def test_a_draft_that_says_too_much_is_refused(fields, fault: str) -> None:
    with pytest.raises(InvalidInputError, match=fault):
        KeyDraft.from_wire(fields)


def test_beside_a_role_a_scope_means_what_it_says(runtime: Runtime, team) -> None:
    draft = KeyDraft.from_wire({"role": "agent", "scopes": ["memories:write"]})
    issued = runtime.keys.issue(draft, by=team)
    assert frozenset(issued.key.scopes) == ROLES["agent"] | {"memories:write"}
    assert issued.key.role == "agent"
    with pytest.raises(InvalidInputError, match="'admin' is no scope"):
        runtime.keys.issue(KeyDraft(role="agent", scopes=("admin",)), by=team)


def test_every_scope_says_what_it_lets_do() -> None:
    assert all(SCOPES.values())


def test_a_key_is_called_by_its_name_or_its_label(runtime: Runtime, team) -> None:
    for wish, name in (
        ({"name": "ci"}, "ci"),
        ({"label": "ci"}, "ci"),
        ({}, "unnamed"),
    ):
        issued = runtime.keys.issue(KeyDraft.model_validate(wish), by=team)
        assert issued.key.name == name
    with pytest.raises(InvalidInputError, match="label is name once more"):
        KeyDraft.from_wire({"name": "a", "label": "b"})


def test_a_rotation_overlaps_for_a_day_unless_said_otherwise() -> None:
    assert KeyRotation().overlap == DAY
    assert KeyRotation(overlap_hours=0).overlap == timedelta()
    for hours in (-1, 169):
        with pytest.raises(InvalidInputError, match="overlapHours"):
            KeyRotation.from_wire({"overlapHours": hours})
