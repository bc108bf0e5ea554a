# SPDX-License-Identifier: Apache-2.0
"""The audit log as it is listed, checked and let go, and that it holds no content."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import KeyDraft, Principal
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.audit import PRUNED, AuditDeed, AuditQuery, AuditRow
from claude_mem_core.domain.by_hand import Expiry, Supersession
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.feedback import Feedback
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemoryItemPatch
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.project_identity import ProjectAlias, ProjectFacts
from claude_mem_core.domain.rescan import RescanQuery
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.server_session import ServerSessionDraft
from claude_mem_core.domain.team import MemberDraft, TeamDraft
from claude_mem_core.domain.timeline import TimelineQuery
from claude_mem_core.domain.whereabouts import Whereabouts
from claude_mem_core.errors import ForbiddenError
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime
from claude_mem_core.services import audit_trail
from claude_mem_core.services.audit_trail import AuditTrail
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.servings import Servings

ME = Principal.local()
MONTH = timedelta(days=30)


def rows(storage: InProcessStorage) -> list[AuditRow]:
    with storage.read() as snapshot:
        return list(snapshot.audit.page(after=0, limit=10_000))


@pytest.fixture
def audited(system) -> Audited:
    return Audited(system, b"key")


@pytest.fixture
def trail(storage, audited) -> AuditTrail:
    return AuditTrail(storage, audited, Servings(storage, audited), keeps=MONTH)


def write(storage, audited, count: int = 1, by: Principal = ME) -> None:
    for _ in range(count):
        with storage.begin() as tx:
            audited.record(tx, AuditDeed(action="event.write", project_id="p"), by=by)


def test_pages_follow_each_other(trail, storage, audited) -> None:
    write(storage, audited, 5)
    seen, after = [], None
    while True:
        page = trail.list(AuditQuery(limit=2, after=after), by=ME)
        seen += [row.seq for row in page.audit]
        after = page.next
        if after is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_a_caller_sees_its_own_team_and_project(trail, storage, audited) -> None:
    write(storage, audited)
    write(storage, audited, by=Principal(team_id="others"))
    limited = ME.changed(project_id="q")
    assert [row.seq for row in trail.list(AuditQuery(), by=ME).audit] == [1]
    assert trail.list(AuditQuery(), by=limited).audit == ()
    with pytest.raises(ForbiddenError):
        trail.list(AuditQuery(project_id="p"), by=limited)


def test_rows_whose_time_is_over_go_and_the_rest_can_be_checked(
    trail, storage, audited, system
) -> None:
    write(storage, audited, 4)
    system.pass_time(MONTH)
    write(storage, audited, 2)
    assert trail.prune() == 0
    system.pass_time(timedelta(days=1))
    last = rows(storage)[3]
    assert trail.prune() == 4
    *kept, mark = rows(storage)
    assert [row.seq for row in kept] == [5, 6]
    assert mark.action == PRUNED
    assert mark.metadata == {"lastSeq": 4, "lastHash": last.row_hash}
    assert trail.verify(last.head).fault is None
    system.pass_time(MONTH)
    assert trail.prune() == 2
    assert trail.verify().fault is None


def test_it_is_looked_for_old_rows_once_a_day(trail, storage, audited, system) -> None:
    assert trail.prune() == 0
    write(storage, audited)
    system.pass_time(timedelta(hours=23))
    assert trail.prune() == 0
    system.pass_time(2 * MONTH)
    assert trail.prune() == 1


def test_without_a_term_every_row_stays(storage, audited, system) -> None:
    trail = AuditTrail(storage, audited, Servings(storage, audited))
    write(storage, audited)
    system.pass_time(timedelta(days=10_000))
    assert trail.prune() == 0
    assert len(rows(storage)) == 1


def test_the_head_is_told_now_and_then_and_at_the_end(
    trail,
    storage,
    audited,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(audit_trail, "LOG_EVERY", 3)
    told = []
    for _ in range(7):
        write(storage, audited)
        trail.tell_head()
        told.append(len(caplog.messages))
    assert told == [0, 0, 1, 1, 1, 2, 2]
    trail.tell_head(at_end=True)
    assert caplog.messages[-1] == f"audit head {trail.head()}"


CANARY = "canary7f3a"


def text(place: str) -> str:
    """A text that is nowhere else, told by where it was planted."""
    return f"{CANARY} {place}"


def test_no_row_holds_content(
    runtime: Runtime,
    storage: InProcessStorage,
    draft: Callable[..., AgentEventDraft],
    project: Project,
) -> None:
    _write_everything(runtime, project, draft)
    _serve_everything(runtime, project)
    runtime.audit.denied(401, address="93.184.216.34")
    runtime.servings.write_down(closes=True)
    every = rows(storage)
    told = "\n".join(row.model_dump_json() for row in every)
    assert CANARY not in told
    assert "93.184.216.34" not in told
    assert {row.action for row in every} >= {
        *("project.create", "project.identify", "session.start", "session.end"),
        *("event.write", "memory.write", "memory.update", "memory.supersede"),
        *("memory.expire", "memory.feedback", "team.create"),
        *("api_key.create", "api_key.rotate", "api_key.revoke", "member.add"),
        *("memory.search", "memory.timeline", "memory.read", "memory.read_many"),
        *("context.pack", "access.denied", "observation.created"),
    }


def _write_everything(
    runtime: Runtime, project: Project, draft: Callable[..., AgentEventDraft]
) -> None:
    named = ProjectDraft(
        name=text("name"), slug=f"{CANARY}-slug", root_path=f"/srv/{CANARY}"
    )
    other = runtime.projects.create(named, by=ME)
    remote = f"git@github.com:{CANARY}/app.git"
    runtime.projects.alias(other.id, ProjectAlias(of=remote), by=ME)
    facts = ProjectFacts(folder=f"/home/{CANARY}")
    runtime.projects.identify(Whereabouts(facts=facts), by=ME)
    started = ServerSessionDraft(
        project_id=project.id, external_session_id=CANARY, title=text("title")
    )
    session = runtime.sessions.start(started, by=ME).session
    runtime.sessions.end(session.id, by=ME)
    for event_type in ("user_prompt", "turn_end"):
        said = draft(
            event_type,
            content_session_id=f"{CANARY}-s",
            source_event_id=f"{CANARY}-{event_type}",
            payload={"text": text("payload"), text("key"): 1},
        )
        runtime.events.accept(said, by=ME)
    runtime.generator.drain()
    _write_memories(runtime, project)
    _write_keys(runtime)


def _write_memories(runtime: Runtime, project: Project) -> None:
    told = MemoryItemDraft(
        project_id=project.id,
        kind="manual",
        type="note",
        title=text("title"),
        text=text("text"),
        facts=(text("fact"),),
        concepts=(text("concept"),),
        files_read=(f"/src/{CANARY}.py",),
        metadata={text("key"): text("value")},
    )
    one, other = (runtime.memories.add(told, by=ME) for _ in range(2))
    patch = MemoryItemPatch.from_wire({"narrative": text("narrative")})
    runtime.memories.update(one.id, patch, by=ME)
    after = Supersession(superseded_by_id=other.id)
    runtime.memories.supersede(one.id, after, by=ME)
    runtime.memories.expire(other.id, Expiry(), by=ME)
    runtime.context.judge(other.id, Feedback(useful=True), by=ME)
    runtime.rescan.page(RescanQuery(), by=ME)


def _write_keys(runtime: Runtime) -> None:
    team = TeamDraft(name=text("team"), slug=f"{CANARY}-team", metadata={"k": CANARY})
    runtime.teams.create(team, by=ME)
    # A member is known by the id that they were given, in the log too.
    member = MemberDraft(user_id="anne", metadata={text("key"): text("value")})
    runtime.teams.add_member(member, by=ME)
    runtime.teams.remove_member("anne", by=ME)
    made = runtime.keys.issue(KeyDraft(name=text("key's name")), by=ME)
    runtime.keys.rotate(made.key.id, by=ME)
    runtime.keys.revoke(made.key.id, by=ME)


def _serve_everything(runtime: Runtime, project: Project) -> None:
    everything = {"include_superseded": True, "include_expired": True}
    query = SearchQuery(project_id=project.id, query=text("query"), **everything)
    hits = runtime.recall.search(query, by=ME).hits
    line = TimelineQuery(project_id=project.id, query=text("query"))
    runtime.recall.timeline(line, by=ME)
    runtime.memories.get(hits[0].item.id, by=ME)
    runtime.memories.get_many(MemoryRequest(ids=(f"{CANARY}-id",)), by=ME)
    asked = ContextQuery(project_id=project.id, query=text("query"))
    runtime.context.pack(asked, by=ME)
