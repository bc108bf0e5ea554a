# SPDX-License-Identifier: Apache-2.0
"""Teams, and who belongs to them."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.scopes import ROLE_OF_MEMBER, ROLES
from claude_mem_core.domain.team import MemberDraft, Team, TeamDraft, TeamMember
from claude_mem_core.errors import ConflictError, ForbiddenError, NotFoundError
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import member_of_team


class Teams:
    """Teams and their members.

    Who runs the server sees to all of them, everybody else to their own.
    """

    def __init__(self, storage: Storage, audited: Audited) -> None:
        self._storage = storage
        self._system = audited.system
        self._audited = audited

    def create(self, draft: TeamDraft, *, by: Principal) -> Team:
        """The new team.

        Raises:
            ConflictError: The slug is taken.
            ForbiddenError: The caller does not run the server.
        """
        if not by.is_operator:
            raise ForbiddenError("only who runs the server makes teams")
        now = self._system.now()
        team = Team(
            id=self._system.new_id(),
            name=draft.name,
            slug=draft.slug,
            metadata=draft.metadata,
            created_at_epoch=now,
            updated_at_epoch=now,
        )
        with self._storage.begin() as tx:
            tx.teams.add(team)
            self._record(tx, "team.create", team.id, by=by.acting_for(team.id))
        return team

    def list(self, *, by: Principal) -> Sequence[Team]:
        """The teams that the caller may see to, oldest first."""
        with self._storage.read() as snapshot:
            if by.is_operator:
                return snapshot.teams.all()
            return [snapshot.teams.get(by.team_id, scope=by.scope)]

    def find(self, name: str, *, by: Principal) -> Team:
        """The team with this id or slug.

        Raises:
            NotFoundError: There is none, or it is not the caller's.
        """
        for team in self.list(by=by):
            if name in (team.id, team.slug):
                return team
        raise NotFoundError("team", name)

    def members(self, *, by: Principal) -> Sequence[TeamMember]:
        """The members of the caller's team, by user id."""
        with self._storage.read() as snapshot:
            snapshot.teams.get(by.team_id, scope=by.scope)
            return snapshot.teams.members(scope=by.scope)

    def add_member(self, draft: MemberDraft, *, by: Principal) -> TeamMember:
        """The new member of the caller's team.

        Raises:
            ConflictError: The user is a member already.
            ForbiddenError: The role allows what the caller's key does not.
        """
        by.require_all(ROLES[ROLE_OF_MEMBER[draft.role]])
        _require_whole_team(by)
        now = self._system.now()
        member = TeamMember(
            id=self._system.new_id(),
            team_id=by.team_id,
            user_id=draft.user_id,
            role=draft.role,
            metadata=draft.metadata,
            created_at_epoch=now,
            updated_at_epoch=now,
        )
        with self._storage.begin() as tx:
            tx.teams.add_member(member)
            self._record(tx, "member.add", member.user_id, by=by, role=member.role)
        return member

    def remove_member(self, user_id: str, *, by: Principal) -> TeamMember:
        """The member, who belongs to the team no more; their keys open nothing.

        Raises:
            ConflictError: They are the team's only owner.
            ForbiddenError: Their role allows what the caller's key does not.
            NotFoundError: They are no member.
        """
        _require_whole_team(by)
        with self._storage.begin() as tx:
            member = member_of_team(tx, user_id, scope=by.scope)
            if member is None:
                raise NotFoundError("member", user_id)
            by.require_all(ROLES[ROLE_OF_MEMBER[member.role]])
            everybody = tx.teams.members(scope=by.scope)
            owners = [one for one in everybody if one.role == "owner"]
            if owners == [member] and len(everybody) > 1:
                message = f"{user_id!r} is the team's only owner; add another one first"
                raise ConflictError(message)
            tx.teams.remove_member(member.id, scope=by.scope)
            self._record(tx, "member.remove", user_id, by=by, role=member.role)
        return member

    def _record(
        self, tx: Transaction, action: str, target: str, *, by: Principal, **more: str
    ) -> None:
        kind = action.partition(".")[0]
        deed = AuditDeed(
            action=action, target_type=kind, target_id=target, metadata={**more}
        )
        self._audited.record(tx, deed, by=by)


def _require_whole_team(by: Principal) -> None:
    if by.project_id is not None:
        raise ForbiddenError("a key that is limited to one project sees to no members")
