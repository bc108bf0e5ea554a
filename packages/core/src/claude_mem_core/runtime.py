# SPDX-License-Identifier: Apache-2.0
"""The services on given adapters: how an agent embeds the core."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Self

from claude_mem_core.domain.generation_job import LONGEST_ERROR
from claude_mem_core.domain.keeping import KEEPING, Keeping
from claude_mem_core.domain.keys import ServerSecret
from claude_mem_core.domain.limits import NO_CAPS, PACES, Caps, Paces
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.domain.worker import BEAT_EVERY, WorkerHealth, WorkerRecord
from claude_mem_core.errors import (
    ClaudeMemError,
    ConfigurationError,
    ConflictError,
    Issue,
    NotFoundError,
)
from claude_mem_core.ports.agents import AgentVocabulary
from claude_mem_core.ports.embedder import Embedder
from claude_mem_core.ports.generator import ObservationGenerator
from claude_mem_core.ports.limits import RateLimiter
from claude_mem_core.ports.queue import (
    AT_ONCE,
    ObservationQueueEngine,
    OwnWorkers,
)
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System
from claude_mem_core.services.access import Access
from claude_mem_core.services.audit_trail import AuditTrail
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.context import ContextPacks
from claude_mem_core.services.embedding import EMBED_EVERY, Embedding
from claude_mem_core.services.events import Events
from claude_mem_core.services.generation import PAUSE_AFTER_ERROR, Generator
from claude_mem_core.services.hooks import Hooks
from claude_mem_core.services.jobs import Jobs
from claude_mem_core.services.keys import Keys
from claude_mem_core.services.limits import Limits
from claude_mem_core.services.memories import Memories
from claude_mem_core.services.projects import Projects
from claude_mem_core.services.readiness import LoopState, OwnLoop, shortcomings
from claude_mem_core.services.recall import Recall
from claude_mem_core.services.replay import Generators, Replay
from claude_mem_core.services.rescan import Rescan
from claude_mem_core.services.retention import Retention
from claude_mem_core.services.servings import Servings
from claude_mem_core.services.sessions import Sessions
from claude_mem_core.services.similarity import Similarity
from claude_mem_core.services.status import Status
from claude_mem_core.services.teams import Teams
from claude_mem_core.services.upkeep import EVERY, Upkeep
from claude_mem_core.services.usage import Usage
from claude_mem_core.services.uses import Uses
from claude_mem_core.services.viewing import Viewing
from claude_mem_core.services.workers import Workers
from claude_mem_core.system import RealSystem

IDLE_TURN = timedelta(minutes=30)
"""A turn without an event for so long counts as ended."""

GRACE = timedelta(seconds=10)
"""How long what is being done may take when the process is to end."""

LOOK_UP_EVERY = timedelta(seconds=10)
"""How long a worker waits for work before it begins its loop anew."""

AUDIT_EVERY = timedelta(milliseconds=500)
"""How often what was served is written: none of it is a second late."""

IN_THE_SERVER = "server"
"""The name in which a server's own thread claims jobs."""

log = logging.getLogger(__name__)


class Runtime:
    """Every service, on one set of adapters.

    It is a context manager: leaving it stops the worker and closes the adapters.
    An async caller hands each call to a thread, as every method here blocks.
    """

    def __init__(  # noqa: PLR0913, PLR0915 - one for each choice, and each service
        self,
        storage: Storage,
        queue: ObservationQueueEngine,
        generator: ObservationGenerator,
        system: System,
        *,
        agents: Mapping[str, AgentVocabulary],
        idle_turn: timedelta,
        retention: timedelta | None = None,
        audit_retention: timedelta | None = None,
        generators: Generators,
        keeping: Keeping = KEEPING,
        embedder: Embedder | None = None,
        secret: ServerSecret | None = None,
        limiter: RateLimiter | None = None,
        paces: Paces = PACES,
        caps: Caps = NO_CAPS,
        prompt_confidence: float | None = None,
        takes_back: Callable[[], None] | None = None,
    ) -> None:
        self._storage = storage
        self._embedder = embedder
        self._queue = queue
        self._agents = agents
        audited = Audited(system, secret.audit_key if secret else None, takes_back)
        self._audited = audited
        self.servings = Servings(storage, audited)
        self.audit = AuditTrail(storage, audited, self.servings, keeps=audit_retention)
        self.access = Access(storage, audited, secret)
        self.usage = Usage(storage, system)
        self.limits = Limits(limiter, self.usage, system, paces=paces, caps=caps)
        self.keys = Keys(storage, audited, secret)
        self.viewing = Viewing(storage, audited, secret)
        self.teams = Teams(storage, audited)
        self.projects = Projects(storage, audited, keeping)
        self.sessions = Sessions(storage, queue, audited, keeping)
        self.events = Events(storage, queue, audited, keeping)
        self.uses = Uses(storage, system)
        self.memories = Memories(storage, audited, self.uses, self.servings, keeping)
        self.rescan = Rescan(storage, audited, keeping)
        self.similarity = Similarity(embedder)
        self.embedding = Embedding(storage, embedder, system)
        self.recall = Recall(storage, system, self.similarity, self.servings)
        self.context = ContextPacks(
            storage, audited, self.similarity, self.uses, self.servings
        )
        self.hooks = Hooks(
            self.events, self.context, prompt_confidence=prompt_confidence
        )
        self.jobs = Jobs(storage, queue, audited)
        self.generator = Generator(storage, queue, generator, audited, keeping)
        self.replay = Replay(
            storage, generator, audited, others=generators, keeping=keeping
        )
        self.upkeep = Upkeep(storage, queue, system, idle_turn=idle_turn)
        self.retention = Retention(storage, system, keeps=retention)
        self.workers = Workers(storage, system)
        self.status = Status(storage, queue, system, generator=generator)
        self.worker = Loop(
            "generation worker", partial(self._serve, IN_THE_SERVER), pause=AT_ONCE
        )
        self.embedding_loop = Loop("embedding", self._embed, pause=EMBED_EVERY)
        self.keeper = Loop("upkeep", self._keep_up, pause=EVERY)
        self.auditor = Loop("audit log", self._keep_audit, pause=AUDIT_EVERY)
        self.system = system
        self.keeping = keeping
        self._is_closed = False

    def agent(self, name: str) -> AgentVocabulary:
        """The vocabulary of an agent; `NotFoundError` when none is installed."""
        try:
            return self._agents[name]
        except KeyError:
            raise NotFoundError("agent", name) from None

    @property
    def has_own_workers(self) -> bool:
        """Whether the engine brings workers, so that the server does not work."""
        return isinstance(self._queue, OwnWorkers)

    @property
    def own_loop(self) -> OwnLoop:
        """How the worker in this process is."""
        return OwnLoop(self.worker.state, self.worker.problem)

    @property
    def dense_problem(self) -> str | None:
        """What the embedder failed with last; None when it did what it was asked."""
        return self.similarity.problem or self.embedding_loop.problem

    def shortcomings(self) -> Sequence[Issue]:
        """Why the work does not go on as it should; empty when it does.

        Free of content and of secrets.
        """
        return shortcomings(self.status, self.own_loop)

    def start(self, *, work: bool) -> None:
        """Keep the ledger moving in a thread, and do its work in another if asked.

        Raises:
            ConflictError: It was started before.
        """
        self.keeper.start()
        self.auditor.start()
        if work:
            self.worker.start()
            self._start_embedding()

    def be_worker(self, who: WorkerRecord, stop: StopSignal) -> None:
        """Do the ledger's work until `stop` is given, as one on the store's list.

        Args:
            who: What the list says of it.
            stop: Ends it after the present job, or ten seconds later.

        Raises:
            ConflictError: A worker of this name is at work on another machine.
        """
        self.workers.enter(who)
        work = Loop("worker", partial(self._serve, who.id), pause=AT_ONCE, stop=stop)

        def beat(_: StopSignal) -> None:
            problem = work.problem or self._queue.health().problem
            health: WorkerHealth = "errored" if problem else "active"
            self.workers.beat(who.changed(health=health, last_error=problem))

        attendance = Loop("attendance", beat, pause=BEAT_EVERY)
        for loop in (work, attendance, self.keeper):
            loop.start()
        self._start_embedding()
        while not stop.wait(BEAT_EVERY):
            pass
        work.stop(grace=GRACE)
        self.embedding_loop.stop(grace=GRACE)
        attendance.stop(grace=GRACE)
        self._leave(who)

    def close(self) -> None:
        """Stop the work, give back what is held, let go of the adapters.

        What is being done may be finished within ten seconds. Twice is harmless.
        """
        for grace in (AT_ONCE, GRACE):
            # Both are asked before either is waited for.
            for loop in (self.worker, self.keeper, self.embedding_loop, self.auditor):
                loop.stop(grace=grace)
        self.uses.write_down()
        self.access.write_down()
        self.usage.write_down()
        self.limits.close()
        self._close_audit()
        if self._embedder is not None:
            self._embedder.close()
        self._queue.close()
        self._storage.close()

    def _close_audit(self) -> None:
        self.servings.write_down(closes=True)
        if self.auditor.state != "disabled" and not self._is_closed:
            self.audit.tell_head(at_end=True)
        self._is_closed = True

    def _keep_audit(self, _: StopSignal) -> None:
        self.servings.write_down(opens=True)
        self.audit.tell_head()
        self._audited.take_back()

    def _keep_up(self, _: StopSignal) -> None:
        self.upkeep.once()
        self.retention.once()
        self.audit.prune()
        self.uses.write_down()
        self.access.write_down()
        self.usage.write_down()

    def _start_embedding(self) -> None:
        if self._embedder is not None:
            self.embedding_loop.start()

    def _embed(self, stop: StopSignal) -> None:
        while not stop.is_set and self.embedding.once():
            pass

    def _leave(self, who: WorkerRecord) -> None:
        try:
            self.workers.leave(who)
        except ClaudeMemError as error:
            # It counts as gone when it was silent for long enough.
            log.warning("worker %s stays on the list for now: %s", who.id, error)

    def _serve(self, name: str, stop: StopSignal) -> None:
        drain = partial(self.generator.drain, stop=stop, worker=name)
        if isinstance(self._queue, OwnWorkers):
            self._queue.run_worker(drain, name=name, stop=stop)
        else:
            drain(idle=LOOK_UP_EVERY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Loop:
    """A thread that does one deed again and again; no error ends it.

    Args:
        name: What the log calls it.
        deed: What it does, until it has done it once or is told to stop.
        pause: How long it rests between two deeds.
        stop: Ends it; one of its own when it is left out.
    """

    def __init__(
        self,
        name: str,
        deed: Callable[[StopSignal], object],
        *,
        pause: timedelta,
        stop: StopSignal | None = None,
    ) -> None:
        self._name = name
        self._deed = deed
        self._pause = pause
        self._stop = stop or StopSignal()
        self._thread: threading.Thread | None = None
        self.problem: str | None = None
        """What the last deed failed with, None after one that did not fail."""

    @property
    def is_alive(self) -> bool:
        """Whether the thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def state(self) -> LoopState:
        """Whether it was never wanted, is at work, or fails or is gone."""
        if self._thread is None:
            return "disabled"
        is_well = self._thread.is_alive() and self.problem is None
        return "active" if is_well else "errored"

    def start(self) -> None:
        """Start the thread.

        Raises:
            ConflictError: It was started before.
        """
        if self._thread is not None:
            raise ConflictError(f"the {self._name} was started already")
        self._thread = threading.Thread(target=self.run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, *, grace: timedelta) -> None:
        """End it after its present deed, and wait for that at most so long."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(grace.total_seconds())

    def _note(self, error: Exception) -> None:
        """Keep what went wrong, and tell it once as long as it stays the same."""
        told = KEEPING.told(error)[:LONGEST_ERROR]
        if told != self.problem:
            what = "the %s met an error and goes on: %s"
            log.error(what, self._name, KEEPING.traced(error))
        self.problem = told

    def run(self) -> None:
        """Do the deed in this thread, until it is told to stop."""
        while not self._stop.is_set:
            try:
                self._deed(self._stop)
                self.problem = None
            except Exception as error:  # noqa: BLE001 - no error may end it
                self._note(error)
                self._stop.wait(PAUSE_AFTER_ERROR)
            self._stop.wait(self._pause)


def assemble(  # noqa: PLR0913 - one for each thing that can be chosen
    *,
    storage: Storage,
    queue: ObservationQueueEngine,
    generator: ObservationGenerator,
    system: System | None = None,
    agents: Iterable[AgentVocabulary] = (),
    idle_turn: timedelta = IDLE_TURN,
    retention: timedelta | None = None,
    audit_retention: timedelta | None = None,
    keeping: Keeping = KEEPING,
    generators: Generators | None = None,
    embedder: Embedder | None = None,
    secret: ServerSecret | None = None,
    limiter: RateLimiter | None = None,
    paces: Paces = PACES,
    caps: Caps = NO_CAPS,
    prompt_confidence: float | None = None,
    takes_back: Callable[[], None] | None = None,
) -> Runtime:
    """The services on these adapters; nothing is started and nothing read.

    Args:
        storage: Where the records are.
        queue: The work on them.
        generator: What makes memories of events.
        system: Clock and dice; the real ones when left out.
        agents: The vocabularies of agents' hooks.
        idle_turn: A turn without an event for so long counts as ended.
        retention: How long the content of events is kept; None: for good.
        generators: Other generators by their names, to make the past anew with.
        audit_retention: How long the audit log keeps a row; None: for good.
        keeping: The rules for what is kept.
        embedder: What makes vectors of memories; without one they are found by
            their words alone.
        secret: What the server knows and its storage does not: with it the hashes of
            keys are keyed ones, and so are the seals of the audit log. A storage that
            lasts needs the same one every time.
        limiter: Who counts requests for all processes on the storage; this one counts
            for itself when it is left out.
        paces: How often each key may ask.
        caps: What each team may use in a month.
        prompt_confidence: How likely a prompt must be answered by what is known, for
            an agent to be told it; None: at a prompt it is told nothing.
        takes_back: Does away with what others keep of what was told, when a memory
            is changed.
    """
    return Runtime(
        storage,
        queue,
        generator,
        system or RealSystem(),
        agents={agent.name: agent for agent in agents},
        idle_turn=idle_turn,
        retention=retention,
        audit_retention=audit_retention,
        keeping=keeping,
        generators=generators or _no_other,
        embedder=embedder,
        secret=secret,
        limiter=limiter,
        paces=paces,
        caps=caps,
        prompt_confidence=prompt_confidence,
        takes_back=takes_back,
    )


def _no_other(name: str) -> ObservationGenerator:
    raise ConfigurationError(f"no generator {name!r} was given to this runtime")
