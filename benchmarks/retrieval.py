# SPDX-License-Identifier: Apache-2.0
"""``python -m benchmarks.retrieval --data DIR``: does a question find its session?

DIR holds `events.SPLIT.jsonl.gz` (hook payloads, one a line), `queries.SPLIT.jsonl`
(`id`, `text`) and `qrels_session.SPLIT.jsonl` (`query`, `memory`: a session's own id).
The events are taken in through the library's public services, become memories, and
each query is asked of these. A hit is a memory of a right session among the first ten.

With `memories.SPLIT.jsonl` (a turn a line: `session`, `text`),
the whole turns are searched too, by the same engine: what is lost by keeping less.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from claude_mem_core.api import (
    MemoryItem,
    MemoryItemDraft,
    Principal,
    ProjectDraft,
    Runtime,
    SearchQuery,
    ServerSessionDraft,
    open_runtime,
)
from claude_mem_core.domain.generation_job import JobStatus
from claude_mem_core.domain.tokens import estimated_tokens

BATCH = 500
FIRST = 10
ME = Principal.local()


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gave.

    Attributes:
        hit_at_10: The share of queries with a right memory among the first ten.
        tokens_per_memory: Estimated, on average over what was found.
        ms_per_query: Milliseconds, the median.
    """

    events: int
    jobs: Mapping[JobStatus, int]
    queries: int
    hit_at_1: float
    hit_at_5: float
    hit_at_10: float
    mrr: float
    tokens_per_memory: float
    ms_per_query: float
    seconds_to_accept: float
    seconds_to_generate: float


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="public")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ours = asdict(_measure(options.data, options.split))
    whole = _measure_whole_turns(options.data, options.split)
    if options.json:
        print(json.dumps({"memories": ours, "whole_turns": whole}))
    else:
        print("\n".join(f"{name:<20} {value}" for name, value in ours.items()))
        print(
            "\n".join(
                f"{f'turns: {name}':<20} {value}" for name, value in whole.items()
            )
        )


def _measure(data: Path, split: str) -> Figures:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_runtime({"CLAUDE_MEM_DATA_DIR": folder}) as runtime,
    ):
        project = runtime.projects.create(ProjectDraft(name="retrieval"), by=ME)
        start = time.perf_counter()
        names, count = _accept(runtime, project.id, data / f"events.{split}.jsonl.gz")
        accepted = time.perf_counter()
        runtime.generator.drain()
        generated = time.perf_counter()
        return Figures(
            events=count,
            jobs=runtime.status.progress().jobs,
            **_quality(runtime, project.id, names, data, split),
            seconds_to_accept=round(accepted - start, 1),
            seconds_to_generate=round(generated - accepted, 1),
        )


def _measure_whole_turns(data: Path, split: str) -> dict[str, Any]:
    """How well the turns themselves are found, each as one memory of all its words."""
    turns = data / f"memories.{split}.jsonl"
    if not turns.exists():
        return {}
    with (
        tempfile.TemporaryDirectory() as folder,
        open_runtime({"CLAUDE_MEM_DATA_DIR": folder}) as runtime,
    ):
        project = runtime.projects.create(ProjectDraft(name="turns"), by=ME)
        names = dict(_keep_whole(runtime, project.id, turn) for turn in _lines(turns))
        return _quality(runtime, project.id, names, data, split)


def _keep_whole(
    runtime: Runtime, project_id: str, turn: Mapping[str, str]
) -> tuple[str, str]:
    """Add a turn as it is to its session; our id of the session and its own name."""
    named = ServerSessionDraft(
        project_id=project_id, content_session_id=turn["session"]
    )
    session_id = runtime.sessions.start(named, by=ME).session.id
    draft = MemoryItemDraft(
        project_id=project_id,
        server_session_id=session_id,
        kind="observation",
        type="turn",
        narrative=turn["text"],
    )
    runtime.memories.add(draft, by=ME)
    return session_id, turn["session"]


def _quality(
    runtime: Runtime, project_id: str, names: dict[str, str], data: Path, split: str
) -> dict[str, Any]:
    """How well the queries find their sessions, and what they cost."""
    answers, milliseconds = _ask(runtime, project_id, data, split)
    right = _right_sessions(data, split)
    ranks = [
        _rank([_sessions(runtime, item, names) for item in items], right[query])
        for query, items in answers.items()
    ]
    found = [item for items in answers.values() for item in items]
    return {
        "queries": len(ranks),
        "hit_at_1": _share(ranks, 1),
        "hit_at_5": _share(ranks, 5),
        "hit_at_10": _share(ranks, FIRST),
        "mrr": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 4),
        "tokens_per_memory": round(sum(map(_tokens, found)) / max(len(found), 1), 1),
        "ms_per_query": round(sorted(milliseconds)[len(milliseconds) // 2], 2),
    }


def _accept(
    runtime: Runtime, project_id: str, path: Path
) -> tuple[dict[str, str], int]:
    """Take every event in and end every session.

    Returns:
        From our id of a session to the agent's own, and how many events there were.
    """
    agent, names, count = runtime.agent("claude-code"), {}, 0
    lines = _lines(path)
    while batch := list(islice(lines, BATCH)):
        drafts = []
        for payload in batch:
            event = payload["hook_event_name"]
            seen = agent.capture(event, payload, received_at=runtime.system.now())
            drafts.append(seen.in_project(project_id))
        for one in runtime.events.accept_batch(drafts, by=ME):
            names[str(one.event.server_session_id)] = str(one.event.content_session_id)
        count += len(batch)
        print(f"\r{count} events", end="", file=sys.stderr)
    print(file=sys.stderr)
    for session_id in names:
        runtime.sessions.end(session_id, by=ME)
    return names, count


def _ask(
    runtime: Runtime, project_id: str, data: Path, split: str
) -> tuple[dict[str, Sequence[MemoryItem]], list[float]]:
    answers: dict[str, Sequence[MemoryItem]] = {}
    milliseconds = []
    for query in _lines(data / f"queries.{split}.jsonl"):
        question = SearchQuery(project_id=project_id, query=query["text"], limit=FIRST)
        start = time.perf_counter()
        result = runtime.recall.search(question, by=ME)
        milliseconds.append((time.perf_counter() - start) * 1000)
        answers[query["id"]] = [hit.item for hit in result.hits]
    return answers, milliseconds


def _right_sessions(data: Path, split: str) -> dict[str, set[str]]:
    right = defaultdict(set)
    for judgement in _lines(data / f"qrels_session.{split}.jsonl"):
        right[judgement["query"]].add(judgement["memory"])
    return right


def _sessions(runtime: Runtime, item: MemoryItem, names: dict[str, str]) -> set[str]:
    """Where a memory is from: one that took another's place stands for its session."""
    cited = {source.event_id for source in item.sources if source.event_id}
    events = [runtime.events.get(event_id, by=ME) for event_id in cited]
    ours = {item.server_session_id, *(event.server_session_id for event in events)}
    return {names[session] for session in ours if session in names}


def _rank(found: Sequence[set[str]], right: set[str]) -> int | None:
    return next((at for at, one in enumerate(found, 1) if one & right), None)


def _share(ranks: Sequence[int | None], first: int) -> float:
    hits = sum(1 for rank in ranks if rank is not None and rank <= first)
    return round(hits / len(ranks), 4)


def _tokens(item: MemoryItem) -> int:
    prose = (item.title, item.subtitle, item.text, item.narrative, *item.facts)
    return estimated_tokens("\n".join(piece for piece in prose if piece))


def _lines(path: Path) -> Iterator[Any]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    main()
