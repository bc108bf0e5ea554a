# SPDX-License-Identifier: Apache-2.0
"""A model beside the storage: dictionaries that do what the storage should.

Hypothesis writes the same steps into both, in any order, some in blocks that are
rolled back, and compares what they hold after each.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.analysis import asked
from claude_mem_core.domain.generation_job import (
    MAX_LOST_LEASES,
    UNSETTLED,
    Claim,
    Failure,
    GenerationJob,
    queued_job,
)
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.search import TermQuery
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.value import LAST_EPOCH
from claude_mem_core.errors import ConflictError
from claude_mem_core.ports.jobs import JobLedger
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.contract import Contract

T = TypeVar("T")

LEASE = 1_000
NO = Failure("transient", "no")
WORDS = ("banana", "cherry", "walnut", "pepper")
PATIENT = settings(
    max_examples=60,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

picks = st.integers(0, 99)
undone = st.sampled_from([False, False, False, True])
times = st.sampled_from([0, 1, LEASE // 2, LEASE, 2 * LEASE])


@dataclass(frozen=True, slots=True)
class Use:
    """Something that a claim entitles to, and what it makes of the job."""

    of: Callable[[JobLedger, Claim, int], object]
    changes: Callable[[GenerationJob, int], dict[str, object]]


def _failed(job: GenerationJob, now: int) -> dict[str, object]:
    attempts = job.attempts + 1
    if attempts >= job.max_attempts:
        return {"status": "failed", "attempts": attempts}
    later = {"status": "queued", "available_at_epoch": now + LEASE}
    return {"attempts": attempts, **later}


USES = (
    Use(
        lambda jobs, claim, now: jobs.settle(claim, now=now),
        lambda _, __: {"status": "completed"},
    ),
    Use(
        lambda jobs, claim, now: jobs.release(claim, now=now, available_at=now + 1),
        lambda _, now: {"status": "queued", "available_at_epoch": now + 1},
    ),
    Use(
        lambda jobs, claim, now: jobs.fail(
            claim, now=now, failure=NO, retry_at=now + LEASE
        ),
        _failed,
    ),
)


class StorageMachineContract(Contract):
    """A storage beside its model. The adapter's test gives the fixture `storage`."""

    ports: ClassVar[tuple[type, ...]] = (Storage,)
    machine_settings: ClassVar[settings] = PATIENT

    def test_its_records_are_those_of_a_model(self, storage: Storage) -> None:
        """All or nothing: a block that raises leaves no trace of its writes.

        Kept: what a finished ``begin`` block wrote is there for every later reader.
        """
        self._run(RecordMachine, storage)

    def test_its_work_is_that_of_a_model(self, storage: Storage) -> None:
        """All or nothing: a block that raises leaves no trace of its writes.

        Kept: what a finished ``begin`` block wrote is there for every later reader.
        """
        self._run(LedgerMachine, storage)

    def _run(
        self, machine: Callable[[Storage, str], _Machine], storage: Storage
    ) -> None:
        numbers = itertools.count(1)
        run_state_machine_as_test(
            lambda: machine(storage, f"team {next(numbers)}"),  # type: ignore[arg-type]
            settings=self.machine_settings,
        )


@dataclass(slots=True)
class Model:
    """What one team has, in the order in which it was put in."""

    projects: dict[str, Project] = field(default_factory=dict)
    sessions: dict[str, ServerSession] = field(default_factory=dict)
    events: dict[str, AgentEvent] = field(default_factory=dict)
    memories: dict[str, MemoryItem] = field(default_factory=dict)
    jobs: dict[str, GenerationJob] = field(default_factory=dict)

    def work_of(self, session_id: str) -> list[GenerationJob]:
        """A session's unsettled jobs, in the order they were put."""
        jobs = self.jobs.values()
        ours = (job for job in jobs if job.server_session_id == session_id)
        return [job for job in ours if job.status in UNSETTLED]


class _Machine(RuleBasedStateMachine):
    """Steps in a team of its own, so that one storage serves every run."""

    def __init__(self, storage: Storage, team_id: str) -> None:
        super().__init__()
        self._storage = storage
        self._scope = Scope(team_id)
        self._numbers = itertools.count(1)
        self._model = Model()
        self._now = NOW
        with storage.begin() as tx:
            tx.teams.add(samples.team(team_id))

    @initialize()
    def settle_in(self) -> None:
        """Two projects with a session in each, so that there is something to do."""
        for pick in (0, 1):
            self._add_project(undo=False)
            self._add_session(pick, undo=False)

    def _add_project(self, *, undo: bool) -> None:
        name = self._new_id("project")
        new = samples.project(name, team_id=self._scope.team_id, slug=name)
        if self._write(lambda tx: tx.projects.add(new), undo=undo):
            self._model.projects[new.id] = new

    def _add_session(self, pick: int, *, undo: bool) -> None:
        project = _one(self._model.projects, pick)
        new = samples.session(self._new_id("session"), project_id=project.id)
        if self._write(lambda tx: tx.sessions.add(new), undo=undo):
            self._model.sessions[new.id] = new

    def _write(self, deed: Callable[[Transaction], object], *, undo: bool) -> bool:
        """Whether the deed was committed, rather than rolled back."""
        with suppress(_UndoneError), self._storage.begin() as tx:
            deed(tx)
            if undo:
                raise _UndoneError
        return not undo

    def _refused(self, deed: Callable[[Transaction], object]) -> None:
        try:
            self._write(deed, undo=False)
        except ConflictError:
            return
        raise AssertionError("the storage took the same record twice")

    def _new_id(self, kind: str) -> str:
        return f"{kind} {next(self._numbers):03d} of {self._scope.team_id}"

    def _home(self, pick: int) -> dict[str, object]:
        session = _one(self._model.sessions, pick)
        return {"project_id": session.project_id, "server_session_id": session.id}


class RecordMachine(_Machine):
    """The steps with projects, sessions, events and memories."""

    @rule(undo=undone)
    def add_project(self, *, undo: bool) -> None:
        """A project more."""
        self._add_project(undo=undo)

    @rule(pick=picks, undo=undone)
    def add_session(self, pick: int, *, undo: bool) -> None:
        """A session more."""
        self._add_session(pick, undo=undo)

    @rule(pick=picks, undo=undone)
    def end_session(self, pick: int, *, undo: bool) -> None:
        """A session in another state."""
        session = _one(self._model.sessions, pick).changed(
            status="completed", updated_at_epoch=self._now
        )
        if self._write(lambda tx: tx.sessions.replace(session), undo=undo):
            self._model.sessions[session.id] = session

    @rule(pick=picks, undo=undone)
    def add_event(self, pick: int, *, undo: bool) -> None:
        """An event more; the same one again is refused."""
        new = samples.event(self._new_id("event"), **self._home(pick))

        def add(tx: Transaction) -> None:
            tx.events.add(new, key=f"key of {new.id}", turn=1)

        if self._write(add, undo=undo):
            self._model.events[new.id] = new
            self._refused(add)

    @rule(pick=picks, word=st.sampled_from(WORDS), undo=undone)
    def add_memory(self, pick: int, word: str, *, undo: bool) -> None:
        """A memory more; the same one again is refused."""
        new = self._memory(self._new_id("memory"), word, self._home(pick))

        def add(tx: Transaction) -> None:
            tx.memories.add(new, key=f"key of {new.id}")

        if self._write(add, undo=undo):
            self._model.memories[new.id] = new
            self._refused(add)

    @precondition(lambda self: self._model.memories)
    @rule(pick=picks, word=st.sampled_from(WORDS), undo=undone)
    def replace_memory(self, pick: int, word: str, *, undo: bool) -> None:
        """A memory with other words."""
        old = _one(self._model.memories, pick)
        home: dict[str, object] = {
            "project_id": old.project_id,
            "server_session_id": old.server_session_id,
        }
        new = self._memory(old.id, word, home, created_at_epoch=old.created_at_epoch)
        if self._write(lambda tx: tx.memories.replace(new), undo=undo):
            self._model.memories[new.id] = new

    @precondition(lambda self: self._model.memories)
    @rule(pick=picks, undo=undone)
    def remove_memory(self, pick: int, *, undo: bool) -> None:
        """A memory less."""
        old = _one(self._model.memories, pick)
        if self._write(lambda tx: tx.memories.remove(old.id), undo=undo):
            del self._model.memories[old.id]

    @invariant()
    def the_same_records_are_there(self) -> None:
        """Projects, sessions, events and memories are those of the model."""
        model, scope = self._model, self._scope
        with self._storage.read() as snapshot:
            assert list(snapshot.projects.list(scope=scope)) == [
                *model.projects.values()
            ]
            for session in model.sessions.values():
                assert snapshot.sessions.get(session.id, scope=scope) == session
                events = model.events.values()
                assert list(snapshot.events.of_turn(session.id, 1, scope=scope)) == [
                    one for one in events if one.server_session_id == session.id
                ]
            found = snapshot.memories.get_many(list(model.memories), scope=scope)
            assert list(found) == list(model.memories.values())

    @invariant()
    def a_word_finds_the_same_memories(self) -> None:
        """In each project, every word finds what has it, and nothing else."""
        with self._storage.read() as snapshot:
            for project_id, word in itertools.product(self._model.projects, WORDS):
                memories = self._model.memories.values()
                ours = (one for one in memories if one.project_id == project_id)
                expected = {one.id for one in ours if one.title == f"A {word}"}
                assert self._found(snapshot, project_id, word) == expected

    def _memory(
        self, id_: str, word: str, home: dict[str, object], **fields: object
    ) -> MemoryItem:
        return samples.memory(id_, f"A {word}", **home, **fields)

    def _found(self, snapshot: Snapshot, project_id: str, word: str) -> set[str]:
        wanted = samples.wanted(project_id)
        query = TermQuery(terms=asked(word).tokens, wanted=wanted, limit=99)
        hits = snapshot.memories.search(query, scope=self._scope).candidates
        return {hit.item_id for hit in hits}


class LedgerMachine(_Machine):
    """The steps with jobs and claims, while time passes."""

    def __init__(self, storage: Storage, team_id: str) -> None:
        super().__init__(storage, team_id)
        self._claims: list[Claim] = []

    @override
    def teardown(self) -> None:
        """Leave no work behind for the next run."""
        with self._storage.begin() as tx:
            for session_id in self._model.sessions:
                tx.jobs.clear(session_id, now=self._now)

    @rule(pick=picks, undo=undone)
    def put(self, pick: int, *, undo: bool) -> None:
        """A job more; the same one again changes nothing."""
        team = {"team_id": self._scope.team_id}
        draft = samples.job_draft(self._new_id("job"), **team, **self._home(pick))
        new = queued_job(draft, now=self._now)

        def put(tx: Transaction) -> None:
            assert tx.jobs.add(new)
            assert not tx.jobs.add(new)

        if self._write(put, undo=undo):
            self._model.jobs[new.id] = new

    @rule(pick=picks, undo=undone)
    def claim(self, pick: int, *, undo: bool) -> None:
        """The head of a session, when it may be worked on; often one where it may."""
        sessions = self._model.sessions
        ready = {id_: one for id_, one in sessions.items() if self._claimable(id_)}
        session = _one(sessions if pick % 5 == 1 else ready or sessions, pick)
        expected = self._claimable(session.id)
        until = self._now + LEASE
        got: list[Claim | None] = []

        def claim(tx: Transaction) -> None:
            got.append(
                tx.jobs.claim(now=self._now, lease_until=until, session_id=session.id)
            )

        done = self._write(claim, undo=undo)
        assert [one and one.job.id for one in got] == [expected and expected.id]
        if done and expected is not None:
            self._claims.extend(one for one in got if one is not None)
            held = {"status": "processing", "lease_until_epoch": until}
            self._change(expected, claims=expected.claims + 1, **held)

    @precondition(lambda self: self._claims)
    @rule(pick=picks, how=st.sampled_from(USES), undo=undone)
    def use(self, pick: int, how: Use, *, undo: bool) -> None:
        """A claim is used, and refused when it does not count any more."""
        # The newest is the likeliest to count, and small numbers are drawn most often.
        claim = self._claims[-1 - pick % len(self._claims)]
        job = self._model.jobs[claim.job.id]
        if not self._counts(claim):
            self._refused(lambda tx: how.of(tx.jobs, claim, self._now))
        elif self._write(lambda tx: how.of(tx.jobs, claim, self._now), undo=undo):
            self._change(job, lease_until_epoch=None, **how.changes(job, self._now))

    @rule(by=times, undo=undone)
    def recover(self, by: int, *, undo: bool) -> None:
        """Time passes, and leases with it."""
        self._now += by
        now, latest = self._now, LAST_EPOCH
        if self._write(lambda tx: tx.jobs.recover(now=now, latest=latest), undo=undo):
            for job in list(self._model.jobs.values()):
                if (job.lease_until_epoch or self._now + 1) <= self._now:
                    lost = job.lost_leases + 1
                    status = "failed" if lost >= MAX_LOST_LEASES else "queued"
                    back = {"status": status, "lease_until_epoch": None}
                    self._change(job, lost_leases=lost, **back)

    @rule(pick=picks, undo=undone)
    def start_over(self, pick: int, *, undo: bool) -> None:
        """A session's claimed work waits again."""
        id_ = _one(self._model.sessions, pick).id
        if self._write(lambda tx: tx.jobs.reset(id_, now=self._now), undo=undo):
            for job in self._model.work_of(id_):
                self._change(job, status="queued", lease_until_epoch=None)

    @invariant()
    def the_same_work_is_to_be_done(self) -> None:
        """Each job is in the model's state, and each session as deep."""
        with self._storage.read() as snapshot:
            for job in self._model.jobs.values():
                stored = snapshot.jobs.get(job.id, scope=self._scope)
                assert _state(stored) == _state(job)
            for session_id in self._model.sessions:
                depth = len(self._model.work_of(session_id))
                assert snapshot.jobs.depth(session_id) == depth

    def _claimable(self, session_id: str) -> GenerationJob | None:
        head = next(iter(self._model.work_of(session_id)), None)
        if head is None or head.status != "queued":
            return None
        return head if head.available_at_epoch <= self._now else None

    def _counts(self, claim: Claim) -> bool:
        job = self._model.jobs[claim.job.id]
        return (job.status, job.claims) == ("processing", claim.token)

    def _change(self, job: GenerationJob, **changes: object) -> None:
        self._model.jobs[job.id] = job.changed(**changes)


class _UndoneError(Exception):
    """What rolls a block back."""


def _one(records: dict[str, T], pick: int) -> T:
    every: Sequence[T] = list(records.values())
    return every[pick % len(every)]


def _state(job: GenerationJob) -> tuple[object, ...]:
    return (
        *(job.status, job.attempts, job.lost_leases),
        *(job.available_at_epoch, job.lease_until_epoch),
    )
