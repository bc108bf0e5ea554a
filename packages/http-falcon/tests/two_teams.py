# SPDX-License-Identifier: Apache-2.0
"""Two teams on one server, records of each, and everybody who could ask for them.

Each project's and each team's records carry a word of their own, a canary: where it
is read by somebody else, something leaked.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from claude_mem_core.domain.access import ApiKey, KeyDraft, Principal
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.keys import KEY_BYTES, hash_key, mint_key, read_key
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.project_identity import ProjectAlias
from claude_mem_core.domain.scopes import ROLES, SCOPES
from claude_mem_core.domain.server_session import ServerSessionDraft
from claude_mem_core.domain.team import LOCAL_TEAM_ID, MemberDraft, Team, TeamDraft
from claude_mem_core.reference.state import State
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime

EVERYTHING = frozenset(SCOPES)
TARGET_KEY = ("keys:manage",)
"""What the keys allow that are to be rotated and revoked."""

DAY = 86_400_000


@dataclass(frozen=True)
class Thing:
    """One project's records, by their ids: what a request may be about.

    Attributes:
        name: What it is to the first team: own, other project, other team, absent.
        team: Whose it is; an id that no team has for what is absent.
        canary: The word in its records.
    """

    name: str
    team: str
    project: str
    session: str
    event: str
    memory: str
    successor: str
    job: str
    pack: str
    key: str
    user: str
    canary: str

    @property
    def ids(self) -> Mapping[str, str]:
        """The ids by what they are of."""
        return {
            name: value
            for name, value in vars(self).items()
            if name not in ("name", "canary")
        }


@dataclass(frozen=True)
class Somebody:
    """Who asks.

    Attributes:
        name: What is special about them.
        key: What they show; None: nothing.
        counts: Whether it is a key that counts now.
        team: Whose they are.
        project: The only project that their key opens.
        scopes: What their key allows; None: exactly the scope of what is asked for.
    """

    name: str
    key: str | None = None
    counts: bool = True
    team: str = ""
    project: str | None = None
    scopes: frozenset[str] = EVERYTHING
    is_operator: bool = False


@dataclass
class World:
    """The server with both teams.

    Attributes:
        state: All records, as they were before anybody asked.
        teams: From the teams' letters to their ids.
        operator: This machine's token.
    """

    runtime: Runtime
    things: Mapping[str, Thing]
    state: State
    teams: Mapping[str, str]
    operator: str

    @property
    def storage(self) -> InProcessStorage:
        return self.runtime.access._storage

    def reset(self) -> None:
        """Everything as it was."""
        self.storage._state = self.state

    def team_of(self, record: Any) -> str:
        """Whose a record is."""
        if isinstance(record, Team):
            return record.id
        if getattr(record, "team_id", None) is not None:
            return str(record.team_id)
        return str(self.storage._state.projects[record.project_id].team_id)

    def changed(self) -> list[Any]:
        """Every record that is another than before."""
        tables = (
            *("teams", "members", "keys", "projects", "identities", "sessions"),
            *("events", "memories", "jobs", "packs", "audit"),
        )
        now = self.storage._state
        return [
            record
            for table in tables
            for name, record in getattr(now, table).items()
            if getattr(self.state, table).get(name) is not record
        ]


def build(runtime: Runtime) -> World:
    """The world: team A with the projects 1 and 2, team B with one."""
    boss = Principal.local()
    teams = {
        name: runtime.teams.create(
            TeamDraft(name=f"Team {name}", metadata={"canary": f"canary-{name}"}),
            by=boss,
        ).id
        for name in ("A", "B")
    }
    for name, team in teams.items():
        runtime.usage.count(team, {f"canary-{name}": 1})
        member = MemberDraft(
            user_id=f"user-{name}",
            role="viewer",
            metadata={"canary": f"canary-{name}"},
        )
        runtime.teams.add_member(member, by=Principal(team_id=team))
    things = {
        "own": _thing(runtime, "own", teams["A"], "A", "1"),
        "other project": _thing(runtime, "other project", teams["A"], "A", "2"),
        "other team": _thing(runtime, "other team", teams["B"], "B", "1"),
    }
    nowhere = {name: f"absent-{name}" for name in things["own"].ids}
    things["absent"] = Thing(name="absent", canary="canary-of-nobody", **nowhere)
    operator = runtime.access.new_local_token()
    runtime.access.admit_local_token(operator)
    state = runtime.access._storage._state
    return World(runtime, things, state, teams, operator)


def _thing(runtime: Runtime, name: str, team: str, letter: str, number: str) -> Thing:
    by, canary = Principal(team_id=team), f"canary-{letter}-{number}"
    told = {"canary": canary}
    draft = ProjectDraft(name=f"{letter}{number}", metadata=told)
    project = runtime.projects.create(draft, by=by).id
    folder = ProjectAlias(of=f"/home/{name}")
    runtime.projects.alias(project, folder, by=by)
    key = f"session-{letter}{number}"
    started = runtime.sessions.start(
        ServerSessionDraft(project_id=project, content_session_id=key, title=canary),
        by=by,
    )
    accepted = runtime.events.accept(
        AgentEventDraft(
            project_id=project,
            source_type="api",
            event_type="tool_use",
            content_session_id=key,
            occurred_at_epoch=1_600_000_000_000,
            payload={"tool_name": "Bash", "text": canary},
        ),
        by=by,
    )
    assert accepted.generation_job is not None
    memory, successor = (
        runtime.memories.add(
            MemoryItemDraft(
                project_id=project,
                kind="manual",
                type="decision",
                title=f"The lamp turns {way}",
                text=canary,
            ),
            by=by,
        ).id
        for way in ("clockwise", "anticlockwise")
    )
    pack = runtime.context.pack(ContextQuery(project_id=project, query="lamp"), by=by)
    assert pack.id is not None
    issued = runtime.keys.issue(
        KeyDraft(name=canary, project_id=project, scopes=TARGET_KEY), by=by
    )
    return Thing(
        name, team, project, started.session.id, accepted.event.id, memory, successor,
        accepted.generation_job.id, pack.id, issued.key.id, f"user-{letter}", canary,
    )  # fmt: skip


def everybody(world: World, scope: str) -> list[Somebody]:
    """All who could ask for what needs this scope; their keys are made for it."""
    runtime, own = world.runtime, world.things["own"]
    ours, theirs = world.teams["A"], world.teams["B"]
    only, all_but = frozenset({scope}), EVERYTHING - {scope}
    now = runtime.system.now()
    good = mint_key(runtime.system.random_bytes(KEY_BYTES))

    def holder(name: str, team: str = ours, **given: object) -> Somebody:
        fields: dict[str, Any] = {
            "project": None,
            "scopes": EVERYTHING,
            "counts": True,
            **given,
        }
        special = fields.pop("fields", {})
        one = Somebody(name, None, team=team, **fields)
        return replace(one, key=_stored(world, one, **special))

    right = mint_key(runtime.system.random_bytes(KEY_BYTES))
    stored = holder("its own secret").key
    people = [
        Somebody("nobody", counts=False),
        Somebody("malformed", "nonsense", counts=False),
        Somebody("bad checksum", good[:-1] + ("a" if good[-1] != "a" else "b"), counts=False),
        Somebody("unknown id", good, counts=False),
        Somebody("wrong secret", _with_secret_of(stored, right), counts=False),
        holder("revoked", counts=False, fields={"status": "revoked"}),
        holder("expired", counts=False, fields={"expires_at_epoch": now - 1}),
        holder("not yet", counts=False, fields={"not_before_epoch": now + DAY}),
        holder("member who left", counts=False, fields={"user_id": "gone"}),
        holder("other team's reader", theirs, scopes=ROLES["reader"]),
        holder("other team's owner", theirs),
        holder("without the scope", scopes=all_but),
        holder("exactly the scope", scopes=only),
        holder("owner"),
        holder("this project", project=own.project),
        holder("this project, exactly the scope", project=own.project, scopes=only),
        holder("another project", project=world.things["other project"].project),
        holder(
            "operator without the scope", LOCAL_TEAM_ID, scopes=all_but,
            is_operator=True, fields={"is_local": True},
        ),
        Somebody("operator", world.operator, team=LOCAL_TEAM_ID, is_operator=True),
    ]  # fmt: skip
    world.state = world.storage._state
    return people


def _stored(world: World, one: Somebody, **special: object) -> str:
    runtime = world.runtime
    raw = mint_key(runtime.system.random_bytes(KEY_BYTES))
    parts, now = read_key(raw), runtime.system.now()
    assert parts is not None
    key = ApiKey(
        id=runtime.system.new_id(), team_id=one.team, project_id=one.project,
        name="somebody", key_hash=hash_key(parts), prefix=parts.prefix,
        scopes=tuple(sorted(one.scopes)), created_at_epoch=now, updated_at_epoch=now,
        **special,
    )  # fmt: skip
    with world.storage.begin() as tx:
        tx.keys.add(key)
    return raw


def _with_secret_of(key: str, other: str) -> str:
    """A well-formed key with the public part of one and the secret of another."""
    head = key[: -(43 + 6)] + other[-(43 + 6) : -6]
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number, check = zlib.crc32(head.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        check = digits[digit] + check
    assert read_key(head + check) is not None
    return head + check
