# SPDX-License-Identifier: Apache-2.0

"""What a storage is held to about teams and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.team import TeamMember
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.access import KeyRepository, TeamRepository
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, PROJECT, STRANGERS


class TeamContract(RepositoryContract):
    """Teams and members."""

    ports: ClassVar[tuple[type, ...]] = (TeamRepository,)

    def test_a_slug_and_a_place_are_taken_once(self, inhabited: Storage) -> None:
        """A team's slug, and a user's place in a team, is taken once:
        `ConflictError`.
        """  # noqa: D205 - the promise is quoted whole
        with inhabited.begin() as tx:
            tx.teams.add(samples.team("first", slug="slug"))
            tx.teams.add_member(samples.member("first", user_id="user"))
            tx.teams.add_member(
                samples.member("abroad", user_id="user", team_id="strangers")
            )
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.teams.add(samples.team("second", slug="slug"))
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.teams.add_member(samples.member("second", user_id="user"))

    def test_a_team_sees_itself_alone(self, inhabited: Storage) -> None:
        """The scope's own team; `NotFoundError` for any other."""
        with inhabited.read() as snapshot:
            assert snapshot.teams.get("team", scope=OURS).id == "team"
            for scope in (STRANGERS, Scope("nobody")):
                with pytest.raises(NotFoundError):
                    snapshot.teams.get("team", scope=scope)
            with pytest.raises(NotFoundError):
                snapshot.teams.get("absent", scope=Scope("absent"))

    def test_members_come_by_user_id(self, inhabited: Storage) -> None:
        """The team's members, by user id."""
        anne = samples.member("2", user_id="anne")
        zoe = samples.member("1", user_id="zoe", metadata=samples.AWKWARD)
        with inhabited.begin() as tx:
            tx.teams.add_member(samples.member("0", user_id="m", team_id="strangers"))
            tx.teams.add_member(zoe)
            tx.teams.add_member(anne)
        assert _members(inhabited) == [anne, zoe]

    def test_a_new_team_is_kept_whole(self, inhabited: Storage) -> None:
        """Keep a new team."""
        team = samples.team("new", slug="new", metadata=samples.AWKWARD)
        with inhabited.begin() as tx:
            tx.teams.add(team)
        with inhabited.read() as snapshot:
            assert snapshot.teams.get("new", scope=Scope("new")) == team

    def test_a_member_belongs_to_a_team_that_is_there(self, inhabited: Storage) -> None:
        """Keep a new member; `NotFoundError` when there is no such team."""
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.teams.add_member(samples.member("lost", team_id="absent"))

    def test_who_runs_the_server_sees_every_team(self, inhabited: Storage) -> None:
        """Every team, oldest first: for who runs the server."""
        with inhabited.begin() as tx:
            before = [team.id for team in tx.teams.all()]
            tx.teams.add(samples.team("z"))
            tx.teams.add(samples.team("a"))
        with inhabited.read() as snapshot:
            every = snapshot.teams.all()
        assert [team.id for team in every] == [*before, "z", "a"]
        assert every[-1] == samples.team("a")

    def test_a_member_leaves_the_team_that_they_are_of(
        self, inhabited: Storage
    ) -> None:
        """Let a member of the team go; `NotFoundError` when it has no such one."""
        with inhabited.begin() as tx:
            tx.teams.add_member(samples.member("goes", user_id="anne"))
            tx.teams.add_member(samples.member("stays", user_id="zoe"))
        for member_id, scope in (("goes", STRANGERS), ("absent", OURS)):
            with pytest.raises(NotFoundError), inhabited.begin() as tx:
                tx.teams.remove_member(member_id, scope=scope)
        with inhabited.begin() as tx:
            tx.teams.remove_member("goes", scope=OURS)
        assert [one.id for one in _members(inhabited)] == ["stays"]


class KeyContract(RepositoryContract):
    """Keys."""

    ports: ClassVar[tuple[type, ...]] = (KeyRepository,)

    @pytest.mark.parametrize("field", ["prefix", "key_hash"])
    def test_prefix_and_hash_are_taken_once(
        self, inhabited: Storage, field: str
    ) -> None:
        """A key's prefix and hash are each taken once: `ConflictError`."""
        with inhabited.begin() as tx:
            tx.keys.add(samples.key("first", **{field: "the same"}))
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.keys.add(
                samples.key("second", team_id="strangers", **{field: "the same"})
            )

    def test_a_key_is_found_by_its_public_part(self, inhabited: Storage) -> None:
        """The key with this public part."""
        with inhabited.begin() as tx:
            tx.keys.add(samples.key("ours"))
            tx.keys.add(samples.key("theirs", team_id="strangers"))
        with inhabited.read() as snapshot:
            found = [snapshot.keys.find(f"prefix-{id_}") for id_ in ("ours", "theirs")]
            assert [key and key.id for key in found] == ["ours", "theirs"]
            assert snapshot.keys.find("prefix-absent") is None

    def test_a_caller_is_known_by_the_hash(self, inhabited: Storage) -> None:
        """The key with this hash: how a caller becomes known at the door."""
        with inhabited.begin() as tx:
            tx.keys.add(samples.key("ours", key_hash="one"))
            tx.keys.add(samples.key("theirs", team_id="strangers", key_hash="other"))
        with inhabited.read() as snapshot:
            found = [snapshot.keys.with_hash(one) for one in ("one", "other")]
            assert [key and key.id for key in found] == ["ours", "theirs"]
            assert snapshot.keys.with_hash("on") is None

    def test_keys_come_oldest_first(self, inhabited: Storage) -> None:
        """The team's keys, oldest first."""
        with inhabited.begin() as tx:
            tx.keys.add(samples.key("z", created_at_epoch=NOW))
            tx.keys.add(samples.key("not ours", team_id="strangers"))
            tx.keys.add(samples.key("a", created_at_epoch=NOW + 1))
        with inhabited.read() as snapshot:
            assert [key.id for key in snapshot.keys.list(scope=OURS)] == ["z", "a"]

    def test_a_new_key_is_kept_whole(self, inhabited: Storage) -> None:
        """Keep a new key."""
        limits = {
            "scopes": ("memories:read", "x"),
            "expires_at_epoch": NOW + 1,
            "not_before_epoch": NOW,
            "kind": "agent",
            "role": "agent",
            "user_id": "anne",
            "is_local": True,
            "rotated_to_id": "next",
        }
        key = samples.key(
            "full", project_id="project", metadata=samples.AWKWARD, **limits
        )
        with inhabited.begin() as tx:
            tx.keys.add(key)
        with inhabited.read() as snapshot:
            assert snapshot.keys.find("prefix-full") == key

    def test_a_key_is_replaced_by_its_id(self, inhabited: Storage) -> None:
        """Put `key` in the place of the one with its id; `NotFoundError` if none."""
        revoked = samples.key("one", status="revoked", last_used_at_epoch=NOW)
        with inhabited.begin() as tx:
            tx.keys.add(samples.key("one"))
            tx.keys.add(samples.key("two"))
            tx.keys.replace(revoked)
        with inhabited.read() as snapshot:
            assert snapshot.keys.find("prefix-one") == revoked
            assert snapshot.keys.find("prefix-two") == samples.key("two")
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.keys.replace(samples.key("absent"))

    def test_a_key_is_found_by_its_id_within_the_scope(
        self, inhabited: Storage
    ) -> None:
        """The key with this id; `NotFoundError` outside the scope."""
        limited = samples.key("limited", project_id="project")
        with inhabited.begin() as tx:
            tx.keys.add(limited)
            tx.keys.add(samples.key("whole"))
            tx.keys.add(samples.key("theirs", team_id="strangers"))
        with inhabited.read() as snapshot:
            assert snapshot.keys.get("limited", scope=PROJECT) == limited
            assert snapshot.keys.get("whole", scope=OURS) == samples.key("whole")
            for key_id, scope in (
                ("theirs", OURS),
                ("absent", OURS),
                ("whole", PROJECT),
                ("limited", Scope("team", "other")),
            ):
                with pytest.raises(NotFoundError):
                    snapshot.keys.get(key_id, scope=scope)

    def test_the_latest_use_is_noted(self, inhabited: Storage) -> None:
        """Note a key's latest use; an earlier one, or one of no key, is nothing."""
        with inhabited.begin() as tx:
            tx.keys.add(samples.key("one"))
            tx.keys.add(samples.key("two"))
            tx.keys.used("one", at=NOW + 5)
            tx.keys.used("one", at=NOW)
            tx.keys.used("absent", at=NOW)
        with inhabited.read() as snapshot:
            one = snapshot.keys.get("one", scope=OURS)
            assert one == samples.key("one", last_used_at_epoch=NOW + 5)
            assert snapshot.keys.get("two", scope=OURS) == samples.key("two")


def _members(storage: Storage) -> Sequence[TeamMember]:
    with storage.read() as snapshot:
        return list(snapshot.teams.members(scope=OURS))
