# SPDX-License-Identifier: Apache-2.0
"""A credential is a key that counts now, or nothing."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import KeyDraft, Principal
from claude_mem_core.domain.team import MemberDraft, TeamDraft
from claude_mem_core.errors import InvalidInputError, UnauthenticatedError
from claude_mem_core.reference.access import InProcessKeys
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime


def test_the_local_token_stands_for_the_local_team(runtime: Runtime) -> None:
    token = runtime.access.new_local_token()
    runtime.access.admit_local_token(token)

    caller = runtime.access.authenticate(token)

    assert caller.scope == Principal.local().scope
    assert caller.actor_type == "api_key"


@pytest.mark.parametrize("credential", [None, "", "cmem_sk_", "nonsense"])
def test_what_is_no_key_opens_nothing(runtime: Runtime, credential: str | None) -> None:
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(credential)


def test_a_well_formed_key_that_was_never_admitted_opens_nothing(
    runtime: Runtime,
) -> None:
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(runtime.access.new_local_token())


def test_the_right_public_part_with_a_wrong_secret_opens_nothing(
    runtime: Runtime, system
) -> None:
    random = bytes(range(44))
    system.random_bytes = lambda _: random
    runtime.access.admit_local_token(runtime.access.new_local_token())
    system.random_bytes = lambda _: random[:-1] + b"\0"

    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(runtime.access.new_local_token())


def test_who_guesses_a_secret_learns_nothing_of_the_key(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InProcessKeys, "find", pytest.fail)
    monkeypatch.setattr(InProcessKeys, "get", pytest.fail)

    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(runtime.access.new_local_token())


def test_a_new_local_token_shuts_the_old_one_out(runtime: Runtime) -> None:
    old, new = runtime.access.new_local_token(), runtime.access.new_local_token()
    runtime.access.admit_local_token(old)
    runtime.access.admit_local_token(new)
    runtime.access.admit_local_token(new)

    assert runtime.access.authenticate(new)
    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(old)


def test_a_token_file_with_something_else_in_it_is_refused(runtime: Runtime) -> None:
    with pytest.raises(InvalidInputError, match="delete the file"):
        runtime.access.admit_local_token("password")


def test_the_key_itself_is_never_stored(
    runtime: Runtime, storage: InProcessStorage
) -> None:
    token = runtime.access.new_local_token()
    runtime.access.admit_local_token(token)

    secret = token.split("_")[-1]

    assert secret not in repr(storage._state)


def test_the_machines_token_counts_for_nobody_elsewhere(runtime: Runtime) -> None:
    token = runtime.access.new_local_token()
    runtime.access.admit_local_token(token)
    other = runtime.keys.issue(KeyDraft(), by=Principal.local()).raw

    with pytest.raises(UnauthenticatedError):
        runtime.access.authenticate(token, at_home=False)
    assert runtime.access.authenticate(token, at_home=True).is_operator
    assert not runtime.access.authenticate(other, at_home=False).is_operator


def test_there_are_keys_once_one_counts_besides_the_machines_own(
    runtime: Runtime, system
) -> None:
    me = Principal.local()
    runtime.access.admit_local_token(runtime.access.new_local_token())
    team = me.acting_for(runtime.teams.create(TeamDraft(name="Ours"), by=me).id)
    runtime.teams.add_member(MemberDraft(user_id="ada"), by=team)
    later = KeyDraft(not_before_epoch=system.now() + 1000)
    runtime.keys.issue(later, by=team)
    runtime.keys.revoke(runtime.keys.issue(KeyDraft(), by=team).key.id, by=team)
    assert not runtime.access.has_keys()

    runtime.keys.issue(KeyDraft(user_id="ada"), by=team)
    assert runtime.access.has_keys()
    runtime.teams.remove_member("ada", by=team)
    assert not runtime.access.has_keys()


def test_who_comes_without_a_key_reads_this_machines_memories_and_no_more() -> None:
    caller = Principal.without_key()

    assert caller.scope == Principal.local().scope
    assert caller.scopes == {"memories:read", "context:read"}
    assert not caller.is_operator
