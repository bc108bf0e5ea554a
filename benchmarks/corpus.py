# SPDX-License-Identifier: Apache-2.0
"""What `benchmarks.retrieval` searches: memories, questions, and the right answers."""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from claude_mem_core.api import (
    MemoryItemDraft,
    MemoryRecord,
    Principal,
    ProjectDraft,
    Runtime,
    SearchQuery,
    ServerSessionDraft,
)

ME = Principal.local()
BATCH = 500


@dataclass(frozen=True, slots=True)
class Query:
    """A question of the benchmark.

    Attributes:
        conv: The haystack that it searches.
        abstains: No memory answers it.
        asked_at: When it was asked, in milliseconds, where the set tells.
    """

    id: str
    conv: str
    text: str
    category: str
    abstains: bool = False
    asked_at: int | None = None


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
        as_asked: Each question is asked as of when it was asked.
    """

    runtime: Runtime
    queries: list[Query] = field(default_factory=list)
    projects: dict[str, str] = field(default_factory=dict)
    right: dict[str, set[str]] = field(default_factory=dict)
    right_sessions: dict[str, set[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    memories: int = 0
    as_asked: bool = False

    def search(self, query: Query, limit: int) -> Sequence[MemoryRecord]:
        """The best memories for a query."""
        project_id = self.projects[query.conv]
        asked = SearchQuery(
            project_id=project_id,
            query=query.text,
            limit=limit,
            as_of=query.asked_at if self.as_asked else None,
        )
        return [hit.item for hit in self.runtime.recall.search(asked, by=ME).hits]

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
            made = self.runtime.projects.create(ProjectDraft(name=conv), by=ME)
            self.projects[conv] = made.id
        return self.projects[conv]

    def keep(self, conv: str, turn: Mapping[str, Any], name: str, session: str) -> None:
        """Add a turn as it is to its session.

        Args:
            conv: The haystack.
            turn: `text`, and `ts`, `speaker`, `image_caption`, `project` where known.
            name: The turn's own name.
            session: The session's own name.
        """
        project_id = self.project(conv)
        session_id = self._session(project_id, session)
        pieces = (turn["text"], turn.get("image_caption"))
        draft = MemoryItemDraft(
            project_id=project_id,
            server_session_id=session_id,
            kind="observation",
            type="message" if turn.get("speaker") else "turn",
            author=turn.get("speaker"),
            narrative="\n".join(piece for piece in pieces if piece),
            concepts=tuple(one for one in (turn.get("project"),) if one),
            valid_from_epoch=_epoch(turn.get("ts")),
        )
        self.names[self.runtime.memories.add(draft, by=ME).id] = name
        self.names[session_id] = session
        self.memories += 1

    def _session(self, project_id: str, name: str) -> str:
        draft = ServerSessionDraft(project_id=project_id, content_session_id=name)
        return self.runtime.sessions.start(draft, by=ME).session.id


def turns(runtime: Runtime, data: Path, split: str) -> Corpus:
    """Every turn of `memories.SPLIT.jsonl` as one memory of all its words."""
    corpus = Corpus(runtime)
    _ask(corpus, data, split)
    named = _session_names(data, split)
    lines = list(_lines(data / f"memories.{split}.jsonl"))
    for at, turn in enumerate(lines, 1):
        session = named(turn["conv"], str(turn["session"]))
        corpus.keep(turn["conv"], turn, turn["id"], session)
        if at % 100 == 0:
            print(f"\r{at} of {len(lines)} memories", end="", file=sys.stderr)
    print(file=sys.stderr)
    return corpus


def made(runtime: Runtime, data: Path, split: str) -> Corpus:
    """The memories that the product makes of `events.SPLIT.jsonl.gz`."""
    corpus = Corpus(runtime)
    _ask(corpus, data, split)
    corpus.right = {}
    [conv] = {query.conv for query in corpus.queries}
    project_id = corpus.project(conv)
    _accept(corpus, project_id, data / f"events.{split}.jsonl.gz")
    runtime.generator.drain()
    counts = runtime.memories.count(project_id, by=ME)
    corpus.memories = sum(counts.values())
    return corpus


def long_mem_eval(runtime: Runtime, path: Path) -> Corpus:
    """A LongMemEval file: each question has a haystack of its own.

    Both roles are indexed. A question whose id ends in `_abs` has no answer.
    """
    corpus = Corpus(runtime)
    questions = json.loads(path.read_text(encoding="utf-8"))
    for count, one in enumerate(questions, 1):
        name = one["question_id"]
        abstains = name.endswith("_abs")
        text, kind = one["question"], one["question_type"]
        date = one.get("question_date")
        at = _epoch(_moment(date).isoformat()) if date else None
        corpus.queries.append(Query(name, name, text, kind, abstains, at))
        if not abstains:
            corpus.right_sessions[name] = set(one["answer_session_ids"])
            corpus.right[name] = set()
        _keep_haystack(corpus, one, abstains=abstains)
        print(f"\r{count} of {len(questions)} haystacks", end="", file=sys.stderr)
    print(file=sys.stderr)
    return corpus


def _keep_haystack(corpus: Corpus, one: Mapping[str, Any], *, abstains: bool) -> None:
    name = one["question_id"]
    sessions = zip(
        one["haystack_session_ids"],
        one["haystack_dates"],
        one["haystack_sessions"],
        strict=True,
    )
    for session, date, said in sessions:
        for at, turn in enumerate(said):
            told = {"text": turn["content"], "speaker": turn["role"]}
            told["ts"] = _moment(date).isoformat()
            corpus.keep(name, told, f"{session}/{at}", session)
            if turn.get("has_answer") and not abstains:
                corpus.right[name].add(f"{session}/{at}")


def _moment(date: str) -> datetime:
    return datetime.strptime(date, "%Y/%m/%d (%a) %H:%M").replace(tzinfo=UTC)


def _ask(corpus: Corpus, data: Path, split: str) -> None:
    for one in _lines(data / f"queries.{split}.jsonl"):
        abstains = bool(one.get("abstain"))
        corpus.queries.append(
            Query(
                one["id"],
                one["conv"],
                one["text"],
                one["category"],
                abstains,
                _epoch(one.get("ts")),
            )
        )
    corpus.right = _judged(data / f"qrels.{split}.jsonl")
    corpus.right_sessions = _judged(data / f"qrels_session.{split}.jsonl")


def _judged(path: Path) -> dict[str, set[str]]:
    right: defaultdict[str, set[str]] = defaultdict(set)
    if path.exists():
        for one in _lines(path):
            right[one["query"]].add(one["memory"])
    return right


def _session_names(data: Path, split: str) -> Callable[[str, str], str]:
    """How the judgements name a session: as its memories do, or with more to it."""
    path = data / f"sessions.{split}.jsonl"
    known = (
        {(one["conv"], one["id"]) for one in _lines(path)} if path.exists() else set()
    )

    @cache
    def named(conv: str, session: str) -> str:
        tails = (f"/{session}", f"/S{session}")
        longer = (i for c, i in known if c == conv and i.endswith(tails))
        return session if (conv, session) in known else next(longer, session)

    return named


def _accept(corpus: Corpus, project_id: str, path: Path) -> None:
    """Take every event in and end every session."""
    runtime, count = corpus.runtime, 0
    agent, lines = runtime.agent("claude-code"), _lines(path)
    sessions = set()
    while batch := list(islice(lines, BATCH)):
        drafts = []
        for payload in batch:
            event = payload["hook_event_name"]
            seen = agent.capture(event, payload, received_at=runtime.system.now())
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


def _epoch(told: str | None) -> int | None:
    """Milliseconds; a time without a zone is in UTC."""
    if told is None:
        return None
    moment = datetime.fromisoformat(told)
    return int(
        (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
    )


def _lines(path: Path) -> Iterator[Any]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
