# SPDX-License-Identifier: Apache-2.0
"""What a command asks for, whoever does it: a running server, or this process."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.audit import AuditPage, AuditQuery
from claude_mem_core.domain.by_hand import Expiry, MemoryChange, Supersession
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.context_pack import Told as Considered
from claude_mem_core.domain.coverage import (
    CoverageTotals,
    ReconcileRequest,
    Reconciliation,
)
from claude_mem_core.domain.feedback import Feedback
from claude_mem_core.domain.generation_job import (
    GenerationJob,
    JobEvent,
    JobKind,
    JobQuery,
    JobStatus,
    Lane,
)
from claude_mem_core.domain.memory_item import MemoryKind, MemoryRecord
from claude_mem_core.domain.memory_request import FoundMemories, MemoryRequest
from claude_mem_core.domain.model_call import ModelCall
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

from claude_mem_cli.team_client import TeamClient


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One event that is kept now.

    Attributes:
        created: Whether it is new.
        session_id: The stored session that it belongs to.
    """

    event_id: str
    session_id: str | None
    created: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What the next session is told, and the memories that this was made from."""

    memories: tuple[MemoryRecord, ...]
    context: str
    tokens: int
    pack_id: str | None = None
    explanation: Sequence[Considered] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A job after an operator acted on it, and whether it was there already."""

    job: GenerationJob
    already: bool


@dataclass(frozen=True, slots=True)
class Story:
    """A job, every move that it made, and the calls of a model that it took."""

    job: GenerationJob
    moves: Sequence[JobEvent]
    calls: Sequence[ModelCall] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """How many jobs are in each state, and the work of each kind."""

    jobs: Mapping[JobStatus, int]
    lanes: Mapping[JobKind, Lane]


class Client(Protocol):
    """The deeds that commands need.

    Every method raises what the services raise, and an `AdapterError` when nobody
    answers.
    """

    @property
    @abstractmethod
    def where(self) -> str:
        """Who does the work, in words for the user."""

    @abstractmethod
    def projects(self) -> Sequence[Project]:
        """The projects that there are, oldest first."""

    @abstractmethod
    def create_project(self, draft: ProjectDraft) -> Project:
        """The new project; `ConflictError` when its slug is taken."""

    @abstractmethod
    def resolve(self, facts: ProjectFacts) -> Project | None:
        """The project that the facts are of, if there is one."""

    @abstractmethod
    def identify(self, told: Whereabouts) -> IdentifiedProject:
        """The project of a session or of the facts, made where there is none."""

    @abstractmethod
    def identities(self, project_id: str) -> Sequence[ProjectIdentity]:
        """What stands for a project."""

    @abstractmethod
    def alias(self, project_id: str, alias: ProjectAlias) -> ProjectIdentity:
        """The identity by which a folder or a remote stands for a project now."""

    @abstractmethod
    def memory_counts(self, project_id: str) -> Mapping[MemoryKind, int]:
        """How many memories of each kind a project holds, no kind without any."""

    @abstractmethod
    def teams(self) -> Sequence[Team]:
        """The teams that the caller sees to, oldest first."""

    @abstractmethod
    def create_team(self, draft: TeamDraft) -> Team:
        """The new team; `ConflictError` when its slug is taken."""

    @abstractmethod
    def team(self, team_id: str) -> TeamClient:
        """Whoever does what is asked for of this team."""

    @abstractmethod
    def send(self, drafts: Sequence[AgentEventDraft]) -> Sequence[Acknowledged]:
        """Keep all of these events, or none."""

    @abstractmethod
    def end_session(self, session_id: str) -> None:
        """End a session; ending it again changes nothing."""

    @abstractmethod
    def session(self, session_id: str) -> ServerSession:
        """The session with this id, with its coverage; `NotFoundError` if none."""

    @abstractmethod
    def reconcile(self, asked: ReconcileRequest) -> Reconciliation:
        """Which events that a transcript tells of are not kept of its session."""

    @abstractmethod
    def coverage(self) -> CoverageTotals | None:
        """How much is kept of all sessions with a transcript; None: nobody knows."""

    @abstractmethod
    def search(self, query: SearchQuery) -> SearchResult:
        """The memories that fit, best first."""

    @abstractmethod
    def timeline(self, query: TimelineQuery) -> Timeline:
        """What stands around an anchor, oldest first, each memory whole."""

    @abstractmethod
    def memories(self, request: MemoryRequest) -> FoundMemories:
        """The memories with these ids in their order, and the ids of the others."""

    @abstractmethod
    def supersede(self, memory_id: str, told: Supersession) -> MemoryChange:
        """A memory when another one took its place; `ConflictError` when one has."""

    @abstractmethod
    def expire(self, memory_id: str, told: Expiry) -> MemoryChange:
        """A memory when it holds until then."""

    @abstractmethod
    def context(self, query: ContextQuery) -> Told:
        """What fits the budget, best first."""

    @abstractmethod
    def judge(self, memory_id: str, told: Feedback) -> float:
        """How useful a memory is held to be, now that someone says so."""

    @abstractmethod
    def jobs_left(self) -> Iterator[int]:
        """How many jobs wait, again and again until there are none."""

    @abstractmethod
    def jobs(self, query: JobQuery) -> Sequence[GenerationJob]:
        """The jobs that a query asks for, newest first."""

    @abstractmethod
    def job(self, job_id: str) -> Story:
        """The job with this id, and what became of it."""

    @abstractmethod
    def retry_job(self, job_id: str) -> Moved:
        """A failed or cancelled job waits again; `ConflictError` for others."""

    @abstractmethod
    def cancel_job(self, job_id: str) -> Moved:
        """An unsettled job is cancelled; `ConflictError` for others."""

    @abstractmethod
    def reindex(self, project_id: str) -> GenerationJob:
        """The job that writes what finds a project's memories anew."""

    @abstractmethod
    def rescan(self, query: RescanQuery) -> RescanPage:
        """The next records, looked over for what must not be kept."""

    @abstractmethod
    def regenerate(self, project_id: str, request: ReplayRequest) -> ReplayPage:
        """Some of a project's sessions, made again by a generator."""

    @abstractmethod
    def audit(self, query: AuditQuery) -> AuditPage:
        """The rows of the audit log that a query asks for."""

    @abstractmethod
    def ledger(self) -> Ledger:
        """How much work there is, of all projects."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is open."""
