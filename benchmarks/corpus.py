# SPDX-License-Identifier: Apache-2.0
"""What `benchmarks.retrieval` searches: memories, questions, and the right answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from claude_mem_core.api import (
    MemoryItemDraft,
    MemoryRecord,
    Principal,
    ProjectDraft,
    Runtime,
    SearchHit,
    SearchQuery,
    ServerSessionDraft,
)
from claude_mem_core.errors import InvalidInputError
from pydantic import ValidationError

from benchmarks import dataset, folder, long_mem_eval
from benchmarks.dataset import Dataset, Query, Turn

ME = Principal.local()
BATCH = 500


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, by the benchmark's own names.

    Attributes:
        sessions: A memory may stand for several.
    """

    id: str
    sessions: tuple[str, ...]


@dataclass(slots=True)
class Corpus:
    """Memories that were taken in, and what is asked of them.

    Attributes:
        projects: The project of each haystack.
        right: The right memories of a query; empty where only sessions are judged.
        right_sessions: Its right sessions.
        names: From our id of a memory, or of a session, to the benchmark's.
        sessions: Our id of a session, by its haystack and its name.
        notes: What is odd about what was read.
        as_asked: Each question is asked as of when it was asked.
    """

    runtime: Runtime
    queries: list[Query] = field(default_factory=list)
    projects: dict[str, str] = field(default_factory=dict)
    right: dict[str, set[str]] = field(default_factory=dict)
    right_sessions: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    memories: int = 0
    as_asked: bool = False
    notes: list[str] = field(default_factory=list)

    def search(self, query: Query, limit: int) -> Sequence[SearchHit]:
        """What a query finds, best first."""
        project_id = self.projects[query.conv]
        asked = SearchQuery(
            project_id=project_id,
            query=query.text,
            limit=limit,
            as_of=query.asked_at if self.as_asked else None,
        )
        return self.runtime.recall.search(asked, by=ME).hits

    def place(self, item: MemoryRecord) -> Found:
        """A memory by the benchmark's names.

        One that took another's place stands for the sessions of both, which its
        sources tell.
        """
        sources = self.runtime.memories.get(item.id, by=ME).sources
        cited = {source.event_id for source in sources if source.event_id}
        theirs = [self.session_of(event_id) for event_id in sorted(cited)]
        ours = dict.fromkeys(one for one in (item.server_session_id, *theirs) if one)
        sessions = (self.names[one] for one in ours if one in self.names)
        return Found(self.names.get(item.id, item.id), tuple(sessions))

    def session_of(self, event_id: str) -> str | None:
        """Our id of the session of an event."""
        return self.runtime.events.get(event_id, by=ME).server_session_id

    def project(self, conv: str) -> str:
        """The project of a haystack, made when it is first named."""
        if conv not in self.projects:
            # By a name of ours: a set may call its haystacks what no project is called.
            name = f"haystack {len(self.projects) + 1}"
            made = self.runtime.projects.create(ProjectDraft(name=name), by=ME)
            self.projects[conv] = made.id
        return self.projects[conv]

    def keep(self, turn: Turn) -> None:
        """Add a turn as it is to its session."""
        project_id = self.project(turn.conv)
        session_id = self._session(project_id, turn)
        try:
            draft = MemoryItemDraft(
                project_id=project_id,
                server_session_id=session_id,
                kind="observation",
                type="message" if turn.speaker else "turn",
                author=turn.speaker,
                narrative=turn.text,
                concepts=tuple(one for one in (turn.concept,) if one),
                valid_from_epoch=turn.at,
            )
        except ValidationError as error:
            told = error.errors()[0]
            cause = f"{told['loc'][0]}: {told['msg']}"
            where = f"the memory {turn.id!r}"
            raise InvalidInputError.of(where, cause, "correct it") from None
        self.names[self.runtime.memories.add(draft, by=ME).id] = turn.id
        self.names[session_id] = turn.session
        self.memories += 1

    def _session(self, project_id: str, turn: Turn) -> str:
        key = (turn.conv, turn.session)
        if key not in self.sessions:
            name = f"session {len(self.sessions) + 1}"
            draft = ServerSessionDraft(project_id=project_id, content_session_id=name)
            self.sessions[key] = self.runtime.sessions.start(draft, by=ME).session.id
        return self.sessions[key]


def turns(runtime: Runtime, data: Path, split: str) -> Corpus:
    """Every turn of `memories.SPLIT.jsonl` as one memory of all its words."""
    return _kept(runtime, folder.read(data, split))


def haystacks(runtime: Runtime, path: Path) -> Corpus:
    """A LongMemEval file: each question has a haystack of its own."""
    return _kept(runtime, long_mem_eval.read(path))


def made(runtime: Runtime, data: Path, split: str) -> Corpus:
    """The memories that the product makes of `events.SPLIT.jsonl.gz`."""
    found = Dataset(queries=folder.queries(data, split))
    folder.judge(found, data, split)
    found.right = {}
    corpus = _asked(runtime, found)
    convs = {query.conv for query in corpus.queries}
    if len(convs) > 1:
        cause = f"the queries are of {len(convs)} haystacks, and events of one"
        raise InvalidInputError.of(f"queries.{split}.jsonl", cause, "ask of one `conv`")
    [conv] = convs
    project_id = corpus.project(conv)
    _accept(corpus, project_id, data, split)
    runtime.generator.drain()
    counts = runtime.memories.count(project_id, by=ME)
    corpus.memories = sum(counts.values())
    dataset.remark(found, {conv: set(corpus.names.values())}, "sessions")
    return corpus


def _kept(runtime: Runtime, found: Dataset) -> Corpus:
    corpus = _asked(runtime, found)
    for at, turn in enumerate(found.turns, 1):
        corpus.keep(turn)
        if at % 100 == 0:
            told = f"\r{at} of {len(found.turns)} memories"
            print(told, end="", file=sys.stderr)
    print(file=sys.stderr)
    by_id = dataset.by_conv((one.conv, one.id) for one in found.turns)
    sessions = dataset.by_conv((one.conv, one.session) for one in found.turns)
    dataset.remark(found, by_id, "memories")
    dataset.remark(found, sessions, "sessions")
    return corpus


def _asked(runtime: Runtime, found: Dataset) -> Corpus:
    """A corpus of nothing yet, with what is asked of it."""
    dataset.require_judged(found)
    corpus = Corpus(
        runtime, found.queries, right=found.right, right_sessions=found.right_sessions
    )
    corpus.notes = found.notes
    for query in found.queries:
        corpus.project(query.conv)
    return corpus


def _accept(corpus: Corpus, project_id: str, data: Path, split: str) -> None:
    """Take every event in and end every session."""
    runtime, count = corpus.runtime, 0
    agent, lines = runtime.agent("claude-code"), folder.events(data, split)
    sessions = set()
    while batch := list(islice(lines, BATCH)):
        drafts = []
        for line in batch:
            event = line.name("hook_event_name")
            seen = agent.capture(event, line.told, received_at=runtime.system.now())
            drafts.append(seen.in_project(project_id))
        for one in runtime.events.accept_batch(drafts, by=ME):
            session_id = str(one.event.server_session_id)
            corpus.names[session_id] = str(one.event.content_session_id)
            sessions.add(session_id)
        count += len(batch)
        print(f"\r{count} events", end="", file=sys.stderr)
    print(file=sys.stderr)
    for session_id in sorted(sessions):
        runtime.sessions.end(session_id, by=ME)
