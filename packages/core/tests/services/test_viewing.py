# SPDX-License-Identifier: Apache-2.0
"""A code lets a page in once, within a minute, for what its maker may still give."""

from __future__ import annotations

from datetime import timedelta

import pytest
from claude_mem_core.domain.access import KeyDraft, Principal
from claude_mem_core.domain.scopes import ROLES
from claude_mem_core.domain.team import MemberDraft, TeamDraft
from claude_mem_core.domain.viewing import ViewerEntry
from claude_mem_core.errors import ForbiddenError, UnauthenticatedError
from claude_mem_core.services import viewing

ME = Principal.local()
SECOND = timedelta(seconds=1)


def invited(runtime, by=ME) -> ViewerEntry:
    return ViewerEntry(code=runtime.viewing.invite(by=by).code)


def keys(runtime):
    return runtime.keys.list(by=ME)


def test_a_code_gives_a_key_of_a_reader(runtime) -> None:
    new = runtime.viewing.enter(invited(runtime))
    holder = runtime.access.authenticate(new.raw)

    assert holder.scopes == ROLES["reader"]
    assert (new.key.name, new.key.role, new.key.team_id) == (
        "viewer",
        "reader",
        "local",
    )
    assert not holder.is_operator


def test_the_key_ends_after_twelve_hours(runtime, system) -> None:
    raw = runtime.viewing.enter(invited(runtime)).raw

    system.pass_time(timedelta(hours=12) - SECOND)
    assert runtime.access.authenticate(raw)
    system.pass_time(SECOND)
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(raw)


def test_a_code_is_good_once(runtime) -> None:
    entry = invited(runtime)
    runtime.viewing.enter(entry)

    with pytest.raises(UnauthenticatedError):
        runtime.viewing.enter(entry)
    assert len(keys(runtime)) == 1


@pytest.mark.parametrize(("age", "lets_in"), [(59, True), (60, False), (600, False)])
def test_a_code_is_good_for_a_minute(runtime, system, age, lets_in) -> None:
    code = runtime.viewing.invite(by=ME)
    assert code.expires_at_epoch == system.now() + 60_000
    system.pass_time(age * SECOND)

    if lets_in:
        assert runtime.viewing.enter(ViewerEntry(code=code.code)).raw
    else:
        with pytest.raises(UnauthenticatedError):
            runtime.viewing.enter(ViewerEntry(code=code.code))
        assert keys(runtime) == []


def test_what_was_never_a_code_lets_nobody_in(runtime) -> None:
    known = invited(runtime)

    for wrong in ("x", known.code[:-1], known.code + "A", known.code.swapcase()):
        with pytest.raises(UnauthenticatedError):
            runtime.viewing.enter(ViewerEntry(code=wrong))
    assert runtime.viewing.enter(known).raw


def test_no_two_codes_are_alike_and_each_has_random_bits_enough(runtime) -> None:
    codes = {runtime.viewing.invite(by=ME).code for _ in range(50)}

    assert len(codes) == 50
    assert all(len(one) * 6 >= 128 for one in codes)


def test_a_code_is_kept_as_its_hash_alone(runtime) -> None:
    code = runtime.viewing.invite(by=ME).code

    assert code not in repr(vars(runtime.viewing))


def test_a_code_ends_with_the_key_of_who_asked_for_it(runtime) -> None:
    team = ME.acting_for(runtime.teams.create(TeamDraft(name="Ours"), by=ME).id)
    owner = runtime.keys.issue(KeyDraft(role="owner"), by=team)
    entry = invited(runtime, runtime.access.authenticate(owner.raw))
    runtime.keys.revoke(owner.key.id, by=team)

    with pytest.raises(UnauthenticatedError):
        runtime.viewing.enter(entry)
    assert len(runtime.keys.list(by=team)) == 1


def test_the_key_of_a_members_page_goes_with_the_member(runtime) -> None:
    team = ME.acting_for(runtime.teams.create(TeamDraft(name="Ours"), by=ME).id)
    for user, role in (("ada", "owner"), ("bob", "owner")):
        runtime.teams.add_member(MemberDraft(user_id=user, role=role), by=team)
    ada = runtime.keys.issue(KeyDraft(role="owner", user_id="ada"), by=team)
    page = runtime.viewing.enter(invited(runtime, runtime.access.authenticate(ada.raw)))
    assert runtime.access.authenticate(page.raw).user_id == "ada"

    runtime.teams.remove_member("ada", by=team)

    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(page.raw)


def test_nobody_invites_to_more_than_they_may(runtime) -> None:
    team = ME.acting_for(runtime.teams.create(TeamDraft(name="Ours"), by=ME).id)
    poor = runtime.keys.issue(KeyDraft(scopes=("keys:manage",)), by=team)

    with pytest.raises(ForbiddenError):
        runtime.viewing.invite(by=runtime.access.authenticate(poor.raw))


def test_the_oldest_codes_give_way(runtime, monkeypatch) -> None:
    monkeypatch.setattr(viewing, "MOST_CODES", 2)
    oldest, second, newest = (invited(runtime) for _ in range(3))

    with pytest.raises(UnauthenticatedError):
        runtime.viewing.enter(oldest)
    assert runtime.viewing.enter(second).raw
    assert runtime.viewing.enter(newest).raw


def test_codes_are_gone_when_they_are_old(runtime, system) -> None:
    invited(runtime)
    system.pass_time(timedelta(minutes=1))
    invited(runtime)

    assert len(runtime.viewing._waiting) == 1
