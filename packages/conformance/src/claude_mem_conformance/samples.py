# SPDX-License-Identifier: Apache-2.0
"""Records to try an adapter with: always the same, and each a call away.

`inhabit` puts two teams into a storage: `team` with the projects `project` and
`other`, and `strangers` with the project `theirs`. Each project has one session and,
in it, one event: `session`, `other-session`, `their-session`, and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from claude_mem_core.domain.access import ApiKey, Scope
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.audit import AuditRow
from claude_mem_core.domain.context_pack import PackReceipt, Told
from claude_mem_core.domain.feedback import MemoryUse
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.generation_job import GenerationJob, JobDraft, queued_job
from claude_mem_core.domain.memory_item import MemoryItem, MemorySource
from claude_mem_core.domain.model_call import ModelCall
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.project_identity import ProjectIdentity
from claude_mem_core.domain.server_session import ServerSession, SessionKey
from claude_mem_core.domain.team import Team, TeamMember
from claude_mem_core.domain.value import JsonObject, Value
from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance.clock import NOW

V = TypeVar("V", bound=Value)

OURS = Scope("team")
"""All that the team has."""

PROJECT = Scope("team", "project")
"""What a caller sees that is limited to one project."""

OTHER = Scope("team", "other")
"""What a caller sees that is limited to the team's other project."""

STRANGERS = Scope("strangers")
"""What another team sees."""

OUTSIDE = (OTHER, STRANGERS, Scope("nobody"))
"""The scopes from which nothing of `project` is to be seen."""

SESSION_KEY = SessionKey(content_session_id="session", platform_source="claude")
"""How its agent calls `session`."""

ELSEWHERE: dict[str, Any] = {
    "project_id": "other",
    "server_session_id": "other-session",
}
"""The fields of a record that is in `other`."""

AWKWARD: JsonObject = {
    "kéy": [1, 1.5, None, True, "ß\n\x00", {"deep": []}],
    "big": 2**70,
}
"""JSON that a careless column would change."""


def team(id_: str = "team", **fields: object) -> Team:
    """A team."""
    return _of(Team, {"id": id_, "name": id_, **_dated(), **fields})


def member(id_: str, **fields: object) -> TeamMember:
    """A member of `team`."""
    role = {"user_id": f"user of {id_}", "role": "member"}
    return _of(TeamMember, {"id": id_, "team_id": "team", **role, **_dated(), **fields})


def key(id_: str, **fields: object) -> ApiKey:
    """A key of `team`."""
    proof = {"prefix": f"prefix-{id_}", "key_hash": f"hash-{id_}"}
    named = {"id": id_, "team_id": "team", "name": id_}
    return _of(ApiKey, {**named, **proof, **_dated(), **fields})


def audit_row(seq: int, **fields: object) -> AuditRow:
    """A row about a deed in `project`; its hashes seal nothing."""
    deed = {"action": "event.write", "actor_type": "user", "project_id": "project"}
    when = {"created_at_epoch": NOW}
    hashes = {"prev_hash": f"hash {seq - 1}", "row_hash": f"hash {seq}"}
    place = {"id": f"row {seq}", "team_id": "team", "seq": seq, **hashes}
    return _of(AuditRow, {**place, **deed, **when, **fields})


def project(id_: str = "project", **fields: object) -> Project:
    """A project of `team`."""
    return _of(
        Project, {"id": id_, "team_id": "team", "name": id_, **_dated(), **fields}
    )


def identity(key: str, **fields: object) -> ProjectIdentity:
    """A key that stands for `project`."""
    what = {"project_id": "project", "proof": "folder", "created_at_epoch": NOW}
    return _of(ProjectIdentity, {"key": key, **what, **fields})


def session(id_: str = "session", **fields: object) -> ServerSession:
    """A session of `project`, which its agent calls by its id here."""
    when = {"started_at_epoch": NOW, "updated_at_epoch": NOW}
    named = {"id": id_, "project_id": "project", "content_session_id": id_}
    return _of(ServerSession, {**named, **when, **fields})


def event(id_: str = "event", **fields: object) -> AgentEvent:
    """A tool use in `session`."""
    where = {"project_id": "project", "server_session_id": "session"}
    what = {"source_type": "hook", "event_type": "tool_use", "payload": {}}
    when = {"occurred_at_epoch": NOW, "created_at_epoch": NOW}
    return _of(AgentEvent, {"id": id_, **where, **what, **when, **fields})


def memory(
    id_: str = "memory", title: str = "A memory", **fields: object
) -> MemoryItem:
    """An observation of `session` with one source."""
    where = {"project_id": "project", "server_session_id": "session"}
    what = {"kind": "observation", "type": "discovery", "title": title}
    mine = {"sources": (memory_source(id_),)}
    return _of(MemoryItem, {"id": id_, **where, **what, **mine, **_dated(), **fields})


def wanted(*project_ids: str, now: int = NOW, **fields: object) -> MemoryFilter:
    """A filter on `project`, or on others."""
    where = {"project_ids": project_ids or ("project",), "now": now}
    return _of(MemoryFilter, {**where, **fields})


def memory_source(memory_id: str, **fields: object) -> MemorySource:
    """A source of a memory; it cites no event."""
    named = {"id": f"source of {memory_id}", "memory_item_id": memory_id}
    what = {"source_type": "manual", "created_at_epoch": NOW}
    return _of(MemorySource, {**named, **what, **fields})


def job(name: str = "job", *, now: int = NOW, **fields: object) -> GenerationJob:
    """A queued job about the event `name` of `session`."""
    return queued_job(job_draft(name, **fields), now=now)


def job_draft(name: str = "job", **fields: object) -> JobDraft:
    """Work about the event `name` of `session`."""
    where = {"team_id": "team", "project_id": "project", "server_session_id": "session"}
    work = {"kind": "event", "source_id": name, "dedupe_key": f"key of {name}"}
    return _of(JobDraft, {**where, **work, **fields})


def worker(name: str = "worker", **fields: object) -> WorkerRecord:
    """A worker that was heard of just now."""
    where = {"engine": "in-process", "host": "lighthouse", "pid": 1}
    when = {"started_at_epoch": NOW, "seen_at_epoch": NOW}
    return _of(WorkerRecord, {"id": name, **where, **when, **fields})


def model_call(id_: str = "call", **fields: object) -> ModelCall:
    """A call that a model answered, for a job of `project`."""
    where = {"team_id": "team", "project_id": "project", "job_id": "job"}
    what = {"provider": "provider", "model": "model", "outcome": "ok"}
    cost = {"input_tokens": 100, "output_tokens": 10, "cost_micro_usd": 7}
    when = {"created_at_epoch": NOW}
    return _of(ModelCall, {"id": id_, **where, **what, **cost, **when, **fields})


def receipt(id_: str = "pack", *told: str, **fields: object) -> PackReceipt:
    """What was told of `told` in `project`."""
    items = [
        Told(
            memory_id=one,
            score=1.5,
            value_per_token=0.25,
            tokens=30,
            included=True,
            reason="whole",
        )
        for one in told
    ]
    where = {"project_id": "project", "server_session_id": "session"}
    size = {"token_budget": 500, "tokens": 90, "characters": 300}
    rest = {"items": tuple(items), "told_at_epoch": NOW}
    return _of(PackReceipt, {"id": id_, **where, **size, **rest, **fields})


def use(id_: str = "use", **fields: object) -> MemoryUse:
    """That `memory` was of use to the user."""
    what = {"memory_item_id": "memory", "project_id": "project", "kind": "useful"}
    return _of(MemoryUse, {"id": id_, **what, "created_at_epoch": NOW, **fields})


def inhabit(storage: Storage) -> None:
    """Put two teams, three projects, and a session and an event in each."""
    homes = (
        ("", "team", "project"),
        ("other-", "team", "other"),
        ("their-", "strangers", "theirs"),
    )
    with storage.begin() as tx:
        tx.teams.add(team("team"))
        tx.teams.add(team("strangers"))
        for prefix, team_id, project_id in homes:
            tx.projects.add(project(project_id, team_id=team_id))
            home = session(f"{prefix}session", project_id=project_id)
            tx.sessions.add(home)
            first = event(
                f"{prefix}event", project_id=project_id, server_session_id=home.id
            )
            tx.events.add(first, key=f"key of {first.id}", turn=1)


def _of(value: type[V], fields: Mapping[str, object]) -> V:
    return value.model_validate(fields, by_name=True)


def _dated() -> dict[str, object]:
    return {"created_at_epoch": NOW, "updated_at_epoch": NOW}
