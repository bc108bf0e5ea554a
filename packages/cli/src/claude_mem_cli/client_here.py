# SPDX-License-Identifier: Apache-2.0
"""The client that is its own server: it opens the store and does the work itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.audit import AuditPage, AuditQuery
from claude_mem_core.domain.by_hand import Expiry, MemoryChange, Supersession
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.coverage import (
    CoverageTotals,
    ReconcileRequest,
    Reconciliation,
)
from claude_mem_core.domain.feedback import Feedback
from claude_mem_core.domain.generation_job import GenerationJob, JobQuery
from claude_mem_core.domain.memory_item import MemoryKind
from claude_mem_core.domain.memory_request import FoundMemories, MemoryRequest
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.project_identity import (
    ProjectAlias,
    ProjectFacts,
    ProjectIdentity,
)
from claude_mem_core.domain.replay import ReplayPage, ReplayRequest
from claude_mem_core.domain.rescan import RescanPage, RescanQuery
from claude_mem_core.domain.search import SearchQuery, SearchResult
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.team import Team, TeamDraft
from claude_mem_core.domain.timeline import Timeline, TimelineQuery
from claude_mem_core.domain.whereabouts import IdentifiedProject, Whereabouts
from claude_mem_core.runtime import Runtime
from typing_extensions import override

from claude_mem_cli.client import Acknowledged, Client, Ledger, Moved, Story, Told
from claude_mem_cli.team_client import TeamClient
from claude_mem_cli.team_here import TeamHere

LOOK_EVERY = 50
"""Jobs between two looks at how many are left."""

AT_ONCE, WAIT = timedelta(0), timedelta(seconds=1)


class ClientHere(Client):
    """A runtime of this process, in the name of whoever runs it."""

    def __init__(self, runtime: Runtime, where: str) -> None:
        self._runtime = runtime
        self._where = where
        self._by = Principal.local()

    @property
    @override
    def where(self) -> str:
        return self._where

    @override
    def projects(self) -> Sequence[Project]:
        return self._runtime.projects.list(by=self._by)

    @override
    def create_project(self, draft: ProjectDraft) -> Project:
        return self._runtime.projects.create(draft, by=self._by)

    @override
    def resolve(self, facts: ProjectFacts) -> Project | None:
        return self._runtime.projects.resolve(facts, by=self._by)

    @override
    def identify(self, told: Whereabouts) -> IdentifiedProject:
        return self._runtime.projects.identify(told, by=self._by)

    @override
    def identities(self, project_id: str) -> Sequence[ProjectIdentity]:
        return self._runtime.projects.identities(project_id, by=self._by)

    @override
    def alias(self, project_id: str, alias: ProjectAlias) -> ProjectIdentity:
        return self._runtime.projects.alias(project_id, alias, by=self._by)

    @override
    def memory_counts(self, project_id: str) -> Mapping[MemoryKind, int]:
        return self._runtime.memories.count(project_id, by=self._by)

    @override
    def teams(self) -> Sequence[Team]:
        return self._runtime.teams.list(by=self._by)

    @override
    def create_team(self, draft: TeamDraft) -> Team:
        return self._runtime.teams.create(draft, by=self._by)

    @override
    def team(self, team_id: str) -> TeamClient:
        return TeamHere(self._runtime, self._by.acting_for(team_id))

    @override
    def send(self, drafts: Sequence[AgentEventDraft]) -> Sequence[Acknowledged]:
        accepted = self._runtime.events.accept_batch(drafts, by=self._by)
        return [
            Acknowledged(one.event.id, one.event.server_session_id, one.created)
            for one in accepted
        ]

    @override
    def end_session(self, session_id: str) -> None:
        self._runtime.sessions.end(session_id, by=self._by)

    @override
    def session(self, session_id: str) -> ServerSession:
        return self._runtime.sessions.get(session_id, by=self._by)

    @override
    def reconcile(self, asked: ReconcileRequest) -> Reconciliation:
        return self._runtime.sessions.reconcile(asked, by=self._by)

    @override
    def coverage(self) -> CoverageTotals:
        return self._runtime.status.coverage()

    @override
    def search(self, query: SearchQuery) -> SearchResult:
        return self._runtime.recall.search(query, by=self._by)

    @override
    def timeline(self, query: TimelineQuery) -> Timeline:
        return self._runtime.recall.timeline(query, by=self._by)

    @override
    def memories(self, request: MemoryRequest) -> FoundMemories:
        return self._runtime.memories.get_many(request, by=self._by)

    @override
    def supersede(self, memory_id: str, told: Supersession) -> MemoryChange:
        return self._runtime.memories.supersede(memory_id, told, by=self._by)

    @override
    def expire(self, memory_id: str, told: Expiry) -> MemoryChange:
        return self._runtime.memories.expire(memory_id, told, by=self._by)

    @override
    def context(self, query: ContextQuery) -> Told:
        pack = self._runtime.context.pack(query, by=self._by)
        return Told(pack.items, pack.context, pack.tokens, pack.id, pack.explanation)

    @override
    def judge(self, memory_id: str, told: Feedback) -> float:
        return self._runtime.context.judge(memory_id, told, by=self._by)

    @override
    def jobs_left(self) -> Iterator[int]:
        while depth := self._runtime.status.progress().queue_depth:
            yield depth
            self._work()
        yield 0

    @override
    def jobs(self, query: JobQuery) -> Sequence[GenerationJob]:
        return self._runtime.jobs.list(query, by=self._by)

    @override
    def job(self, job_id: str) -> Story:
        story = self._runtime.jobs.get(job_id, by=self._by)
        return Story(story.job, story.events, story.calls)

    @override
    def retry_job(self, job_id: str) -> Moved:
        moved = self._runtime.jobs.retry(job_id, by=self._by)
        return Moved(moved.job, moved.already)

    @override
    def cancel_job(self, job_id: str) -> Moved:
        moved = self._runtime.jobs.cancel(job_id, by=self._by)
        return Moved(moved.job, moved.already)

    @override
    def reindex(self, project_id: str) -> GenerationJob:
        return self._runtime.jobs.reindex(project_id, by=self._by)

    @override
    def rescan(self, query: RescanQuery) -> RescanPage:
        return self._runtime.rescan.page(query, by=self._by)

    @override
    def regenerate(self, project_id: str, request: ReplayRequest) -> ReplayPage:
        return self._runtime.replay.regenerate(project_id, request, by=self._by)

    @override
    def audit(self, query: AuditQuery) -> AuditPage:
        return self._runtime.audit.list(query, by=self._by)

    @override
    def ledger(self) -> Ledger:
        progress = self._runtime.status.progress()
        return Ledger(progress.jobs, progress.lanes)

    @override
    def close(self) -> None:
        self._runtime.close()

    def _work(self) -> None:
        """Do some of the work that there is, or wait a little for more."""
        generator = self._runtime.generator
        for done in range(LOOK_EVERY):
            if generator.work(wait=AT_ONCE):
                continue
            if not done and not generator.work(wait=WAIT):
                # What is left was claimed by a process that may have gone away.
                self._runtime.upkeep.recover()
            return
