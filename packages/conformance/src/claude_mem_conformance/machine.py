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
from claude_mem_core.domain.generation_job import (
    MAX_LOST_LEASES,
    UNSETTLED,
    Claim,
    GenerationJob,
    JobStatus,
    queued_job,
)
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.search import TermQuery
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.errors import ConflictError
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
WORDS = ("banana", "cherry", "walnut", "pepper")
PATIENT = settings(
    max_examples=60,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

picks = st.integers(0, 99)
undone = st.sampled_from([False, False, False, True])
times = st.integers(0, 2 * LEASE)


class StorageMachineContract(Contract):
    """A storage beside its model. The adapter's test gives the fixture `storage`."""

    ports: ClassVar[tuple[type, ...]] = (Storage,)
    machine_settings: ClassVar[settings] = PATIENT

    def test_it_does_what_the_model_does(self, storage: Storage) -> None:
        """All or nothing: a block that raises leaves no trace of its writes.

        Kept: what a finished ``begin`` block wrote is there for every later reader.
        """
        numbers = itertools.count(1)
        run_state_machine_as_test(
            lambda: StorageMachine(storage, f"team {next(numbers)}"),  # type: ignore[arg-type]
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


class StorageMachine(RuleBasedStateMachine):
    """The steps; each run has a team of its own, so that one storage serves all."""

    def __init__(self, storage: Storage, team_id: str) -> None:
        super().__init__()
        self._storage = storage
        self._scope = Scope(team_id)
        self._numbers = itertools.count(1)
        self._model = Model()
        self._claims: dict[str, Claim] = {}
        self._now = NOW
        with storage.begin() as tx:
            tx.teams.add(samples.team(team_id))

    @override
    def teardown(self) -> None:
        """Leave no work behind for the next run."""
        with self._storage.begin() as tx:
            for session_id in self._model.sessions:
                tx.jobs.clear(session_id, now=self._now)

    @initialize()
    def settle_in(self) -> None:
        """A project with a session, so that there is something to do."""
        self.add_project(undo=False)
        self.add_session(0, undo=False)

    # --- records ------------------------------------------------------------------

    @rule(undo=undone)
    def add_project(self, *, undo: bool) -> None:
        """A project more."""
        name = self._new_id("project")
        new = samples.project(name, team_id=self._scope.team_id, slug=name)
        if self._write(lambda tx: tx.projects.add(new), undo=undo):
            self._model.projects[new.id] = new

    @precondition(lambda self: self._model.projects)
    @rule(pick=picks, undo=undone)
    def add_session(self, pick: int, *, undo: bool) -> None:
        """A session more."""
        project = _one(self._model.projects, pick)
        new = samples.session(self._new_id("session"), project_id=project.id)
        if self._write(lambda tx: tx.sessions.add(new), undo=undo):
            self._model.sessions[new.id] = new

    @precondition(lambda self: self._model.sessions)
    @rule(pick=picks, undo=undone)
    def end_session(self, pick: int, *, undo: bool) -> None:
        """A session in another state."""
        session = _one(self._model.sessions, pick).changed(
            status="completed", updated_at_epoch=self._now
        )
        if self._write(lambda tx: tx.sessions.replace(session), undo=undo):
            self._model.sessions[session.id] = session

    @precondition(lambda self: self._model.sessions)
    @rule(pick=picks, undo=undone)
    def add_event(self, pick: int, *, undo: bool) -> None:
        """An event more; the same one again is refused."""
        new = samples.event(self._new_id("event"), **self._home(pick))

        def add(tx: Transaction) -> None:
            tx.events.add(new, key=f"key of {new.id}", turn=1)

        if self._write(add, undo=undo):
            self._model.events[new.id] = new
            self._refused(add)

    @precondition(lambda self: self._model.sessions)
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

    # --- jobs ---------------------------------------------------------------------

    @precondition(lambda self: self._model.sessions)
    @rule(pick=picks, undo=undone)
    def put_job(self, pick: int, *, undo: bool) -> None:
        """A job more; the same one again changes nothing."""
        team = {"team_id": self._scope.team_id}
        draft = samples.job_draft(self._new_id("job"), **team, **self._home(pick))
        new = queued_job(draft, now=self._now)

        def put(tx: Transaction) -> None:
            assert tx.jobs.add(new)
            assert not tx.jobs.add(new)

        if self._write(put, undo=undo):
            self._model.jobs[new.id] = new

    @precondition(lambda self: self._model.sessions)
    @rule(pick=picks, undo=undone)
    def claim(self, pick: int, *, undo: bool) -> None:
        """The head of a session, when it may be worked on."""
        session = _one(self._model.sessions, pick)
        head = next(iter(self._model.work_of(session.id)), None)
        free = head is not None and head.status == "queued"
        expected = head if free and self._is_due(head) else None
        claims: list[Claim | None] = []
        until = self._now + LEASE

        def claim(tx: Transaction) -> None:
            claims.append(
                tx.jobs.claim(now=self._now, lease_until=until, session_id=session.id)
            )

        done = self._write(claim, undo=undo)
        got = claims[0]
        assert (got and got.job.id) == (expected and expected.id)
        if done and got is not None:
            self._claims[got.job.id] = got
            self._change(got.job.id, status="processing", lease_until_epoch=until)

    @precondition(lambda self: self._claims)
    @rule(pick=picks, undo=undone)
    def settle(self, pick: int, *, undo: bool) -> None:
        """A job is done, if its claim still counts."""
        claim = _one(self._claims, pick)
        self._use(claim, lambda tx: tx.jobs.settle(claim, now=self._now), undo=undo)
        if not undo:
            self._end(claim, status="completed")

    @precondition(lambda self: self._claims)
    @rule(pick=picks, wait=times, undo=undone)
    def release(self, pick: int, wait: int, *, undo: bool) -> None:
        """A job goes back, if its claim still counts."""
        claim, at = _one(self._claims, pick), self._now + wait
        self._use(
            claim,
            lambda tx: tx.jobs.release(claim, now=self._now, available_at=at),
            undo=undo,
        )
        if not undo:
            self._end(claim, status="queued", available_at_epoch=at)

    @precondition(lambda self: self._claims)
    @rule(pick=picks, wait=times, undo=undone)
    def fail(self, pick: int, wait: int, *, undo: bool) -> None:
        """An attempt is spent, if the claim still counts."""
        claim, at = _one(self._claims, pick), self._now + wait
        self._use(
            claim,
            lambda tx: tx.jobs.fail(claim, now=self._now, error="no", retry_at=at),
            undo=undo,
        )
        if not undo and self._counts(claim):
            attempts = self._model.jobs[claim.job.id].attempts + 1
            status: JobStatus = "queued"
            if attempts >= claim.job.max_attempts:
                status, at = "failed", claim.job.available_at_epoch
            self._end(claim, status=status, attempts=attempts, available_at_epoch=at)

    @rule(pass_=times, undo=undone)
    def recover(self, pass_: int, *, undo: bool) -> None:
        """Time passes, and leases with it."""
        self._now += pass_
        if self._write(lambda tx: tx.jobs.recover(now=self._now), undo=undo):
            for job in list(self._model.jobs.values()):
                if (job.lease_until_epoch or self._now + 1) <= self._now:
                    lost = job.lost_leases + 1
                    status = "failed" if lost >= MAX_LOST_LEASES else "queued"
                    self._change(
                        job.id, status=status, lost_leases=lost, lease_until_epoch=None
                    )

    @precondition(lambda self: self._model.sessions)
    @rule(pick=picks, undo=undone)
    def clear(self, pick: int, *, undo: bool) -> None:
        """A session's work is called off."""
        session = _one(self._model.sessions, pick)
        if self._write(lambda tx: tx.jobs.clear(session.id, now=self._now), undo=undo):
            for job in self._model.work_of(session.id):
                self._change(job.id, status="cancelled", lease_until_epoch=None)

    # --- what must hold at every moment -------------------------------------------

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

    # --- by hand ------------------------------------------------------------------

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

    def _use(
        self, claim: Claim, deed: Callable[[Transaction], object], *, undo: bool
    ) -> None:
        if self._counts(claim):
            self._write(deed, undo=undo)
        else:
            self._refused(deed)

    def _counts(self, claim: Claim) -> bool:
        newest = self._claims[claim.job.id].token == claim.token
        job = self._model.jobs[claim.job.id]
        return newest and job.status == "processing"

    def _end(self, claim: Claim, **changes: object) -> None:
        if self._counts(claim):
            self._change(claim.job.id, **changes, lease_until_epoch=None)

    def _change(self, job_id: str, **changes: object) -> None:
        self._model.jobs[job_id] = self._model.jobs[job_id].changed(**changes)

    def _is_due(self, job: GenerationJob | None) -> bool:
        return job is not None and job.available_at_epoch <= self._now

    def _home(self, pick: int) -> dict[str, object]:
        session = _one(self._model.sessions, pick)
        return {"project_id": session.project_id, "server_session_id": session.id}

    def _memory(
        self, id_: str, word: str, home: dict[str, object], **fields: object
    ) -> MemoryItem:
        return samples.memory(id_, f"A {word}", **home, **fields)

    def _found(self, snapshot: Snapshot, project_id: str, word: str) -> set[str]:
        query = TermQuery(project_id=project_id, terms=(word,), limit=99)
        hits = snapshot.memories.search(query, scope=self._scope)
        return {hit.item_id for hit in hits}

    def _new_id(self, kind: str) -> str:
        return f"{kind} {next(self._numbers):03d} of {self._scope.team_id}"


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
