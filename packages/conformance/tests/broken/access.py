# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Teams and keys that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.access import KeyContract, TeamContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.errors import NotFoundError
from claude_mem_core.reference.access import InProcessKeys, InProcessTeams

from broken.registry import breaks


@breaks(TeamContract.test_a_slug_and_a_place_are_taken_once, "teams")
class TeamsShareSlugs(InProcessTeams):
    def add(self, team):
        self._state.teams[team.id] = team


@breaks(TeamContract.test_a_team_sees_itself_alone, "teams")
class TeamsSeeEachOther(InProcessTeams):
    def get(self, team_id, *, scope):
        return super().get(team_id, scope=Scope(team_id))


@breaks(TeamContract.test_members_come_by_user_id, "teams")
class MembersComeAsTheyWere(InProcessTeams):
    def members(self, *, scope):
        every = self._state.members.values()
        return [member for member in every if member.team_id == scope.team_id]


@breaks(TeamContract.test_a_new_team_is_kept_whole, "teams")
class TeamsLoseMetadata(InProcessTeams):
    def add(self, team):
        super().add(team.changed(metadata={}))


@breaks(TeamContract.test_a_member_belongs_to_a_team_that_is_there, "teams")
class MembersOfNothing(InProcessTeams):
    def add_member(self, member):
        try:
            super().add_member(member)
        except NotFoundError:
            self._state.members[member.id] = member


@breaks(TeamContract.test_who_runs_the_server_sees_every_team, "teams")
class TeamsComeNewestFirst(InProcessTeams):
    def all(self):
        return super().all()[::-1]


@breaks(TeamContract.test_a_member_leaves_the_team_that_they_are_of, "teams")
class AnybodyLetsMembersGo(InProcessTeams):
    def remove_member(self, member_id, *, scope):
        del self._state.members[member_id]


@breaks(KeyContract.test_a_key_is_found_by_its_id_within_the_scope, "keys")
class KeysOfEverybody(InProcessKeys):
    def get(self, key_id, *, scope):
        try:
            return self._state.keys[key_id]
        except KeyError:
            raise NotFoundError("key", key_id) from None


@breaks(KeyContract.test_the_latest_use_is_noted, "keys")
class AnyUseIsNoted(InProcessKeys):
    def used(self, key_id, *, at):
        key = self._state.keys.get(key_id)
        if key is not None:
            self._state.keys[key_id] = key.changed(last_used_at_epoch=at)


@breaks(KeyContract.test_prefix_and_hash_are_taken_once, "keys")
class KeysShareHashes(InProcessKeys):
    def add(self, key):
        super().add(key.changed(key_hash=f"{key.key_hash} {key.id}"))
        self._state.keys[key.id] = key


@breaks(KeyContract.test_a_key_is_found_by_its_public_part, "keys")
class KeysOfOneTeamOnly(InProcessKeys):
    def find(self, prefix):
        key = super().find(prefix)
        return key if key and key.team_id == "team" else None


@breaks(KeyContract.test_a_caller_is_known_by_the_hash, "keys")
class KeysByTheStartOfAHash(InProcessKeys):
    def with_hash(self, key_hash):
        everyone = self._state.keys.values()
        return next((k for k in everyone if k.key_hash.startswith(key_hash)), None)


@breaks(KeyContract.test_keys_come_oldest_first, "keys")
class KeysComeNewestFirst(InProcessKeys):
    def list(self, *, scope):
        return super().list(scope=scope)[::-1]


@breaks(KeyContract.test_a_new_key_is_kept_whole, "keys")
class KeysLoseScopes(InProcessKeys):
    def add(self, key):
        super().add(key.changed(scopes=()))


@breaks(KeyContract.test_a_key_is_replaced_by_its_id, "keys")
class KeysAreReplacedByNothing(InProcessKeys):
    def replace(self, key):
        self._state.keys[key.id] = key
