# SPDX-License-Identifier: Apache-2.0
"""``python -m benchmarks.extraction --data DIR``: what becomes of recorded sessions.

DIR holds `events.SPLIT.jsonl.gz` (hook payloads, one a line). Every turn and every
session goes through the rules in this process, without a store. It prints how fast
they are, how much they keep, and whether each line that they keep stands in the
events. With `--sample N --seed S` it prints N memories drawn by the seed, to be judged.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from claude_mem_agents.claude_code import ClaudeCode
from claude_mem_core.domain.agent_event import AgentEvent, TurnRole, stored, turn_role
from claude_mem_core.domain.extraction.verify import unsupported
from claude_mem_core.domain.memory_item import MemoryItem, MemoryItemDraft
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.tokens import estimated_tokens
from claude_mem_core.ports.generator import (
    EARLIER_EVENTS,
    EARLIER_TURNS,
    FinishedSession,
    Turn,
)
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.services.memories import remembered
from claude_mem_core.system import RealSystem

NOW = 1
PROJECT = Project(
    id="p", team_id="t", name="all", created_at_epoch=NOW, updated_at_epoch=NOW
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gave.

    Attributes:
        events_per_second: Of the rules alone, by the time of one core.
        token_share: The memories' estimated tokens by those of the events.
        facts_verified: The share of facts that their spans show.
        lines_verified: The same of every title, sentence, fact and file.
    """

    events: int
    turns: int
    turns_with_memories: int
    memories: int
    by_type: Mapping[str, int]
    events_per_second: float
    events_per_memory: float
    tokens_per_memory: float
    token_share: float
    facts: int
    facts_verified: float
    lines_verified: float


@dataclass
class Made:
    """What became of the sessions, and the time that it took."""

    memories: list[MemoryItemDraft] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    turns: int = 0
    fruitful: int = 0
    seconds: float = 0


def main() -> None:
    """Measure, and print the figures, or a sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="public")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", default="0")
    options = parser.parse_args()
    sessions = _sessions(options.data / f"events.{options.split}.jsonl.gz")
    made = _made(sessions)
    if options.sample:
        chosen = random.Random(options.seed).sample(made.memories, options.sample)
        print("\n\n".join(_shown(at, one) for at, one in enumerate(chosen, 1)))
        return
    figures = asdict(_figures(sessions, made))
    if options.json:
        print(json.dumps(figures))
        return
    print("\n".join(f"{name:<20} {value}" for name, value in figures.items()))
    for fault in made.faults[:20]:
        print("not in its sources:", fault)


def _made(sessions: Sequence[Sequence[AgentEvent]]) -> Made:
    made, rules = Made(), RuleBasedGenerator()
    for events in sessions:
        by_id = {event.id: event for event in events}
        drafts = _of_session(rules, events, made)
        made.memories += drafts
        made.faults += (fault for one in drafts for fault in unsupported(one, by_id))
    return made


def _of_session(
    rules: RuleBasedGenerator, events: Sequence[AgentEvent], made: Made
) -> list[MemoryItemDraft]:
    """What the rules keep of a session; only their own time is counted."""
    shown = list(_shown_turns(events))
    start = time.process_time()
    drafts = [rules.observe(turn).memories for turn in shown]
    made.seconds += time.process_time() - start
    made.turns += len(shown)
    made.fruitful += sum(map(bool, drafts))
    kept = [one for memories in drafts for one in memories]
    ended = FinishedSession(
        PROJECT,
        shown[0].session,
        prompts=tuple(turn.events[0] for turn in shown),
        memories=tuple(map(_item, kept)),
        last_event=events[-1],
    )
    start = time.process_time()
    summary = rules.summarise(ended).memories
    made.seconds += time.process_time() - start
    return [*kept, *summary]


def _shown_turns(events: Sequence[AgentEvent]) -> Iterator[Turn]:
    """A session's turns as a generator is shown them."""
    session = ServerSession(
        id=events[0].server_session_id or "",
        project_id=PROJECT.id,
        started_at_epoch=NOW,
        updated_at_epoch=NOW,
    )
    turns = _turns(events)
    for number, turn in enumerate(turns):
        before = turns[max(0, number - EARLIER_TURNS) : number]
        earlier = tuple(event for one in before for event in one)[-EARLIER_EVENTS:]
        yield Turn(PROJECT, session, number, tuple(turn), earlier)


def _item(draft: MemoryItemDraft) -> MemoryItem:
    return remembered(draft, system=RealSystem(), created=NOW)


def _turns(events: Sequence[AgentEvent]) -> list[list[AgentEvent]]:
    turns: list[list[AgentEvent]] = []
    for event in events:
        opens = turn_role(event.event_type, event.payload) is TurnRole.OPENS
        if opens or not turns:
            turns.append([])
        turns[-1].append(event)
    return turns


def _sessions(path: Path) -> list[list[AgentEvent]]:
    agent, sessions = ClaudeCode(), dict[str, list[AgentEvent]]()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            payload = json.loads(line)
            name = payload["hook_event_name"]
            draft = agent.capture(name, payload, received_at=NOW).in_project(PROJECT.id)
            own = sessions.setdefault(str(draft.content_session_id), [])
            session_id = draft.content_session_id
            own.append(stored(draft, session_id=session_id, id_=f"e{number}", now=NOW))
    return list(sessions.values())


def _figures(sessions: Sequence[Sequence[AgentEvent]], made: Made) -> Figures:
    events = sum(map(len, sessions))
    told = sum(
        estimated_tokens(json.dumps(event.payload, ensure_ascii=False))
        for session in sessions
        for event in session
    )
    kept = sum(estimated_tokens(text_of(one)) for one in made.memories)
    facts = sum(len(one.facts) for one in made.memories)
    lines = sum(len(list(_lines(one))) for one in made.memories)
    wrong = sum(fault.startswith("facts[") for fault in made.faults)
    return Figures(
        events=events,
        turns=made.turns,
        turns_with_memories=made.fruitful,
        memories=len(made.memories),
        by_type=dict(Counter(one.type for one in made.memories).most_common()),
        events_per_second=round(events / made.seconds),
        events_per_memory=round(events / len(made.memories), 2),
        tokens_per_memory=round(kept / len(made.memories), 1),
        token_share=round(kept / told, 4),
        facts=facts,
        facts_verified=round(1 - wrong / max(facts, 1), 4),
        lines_verified=round(1 - len(made.faults) / lines, 4),
    )


def text_of(item: MemoryItem | MemoryItemDraft) -> str:
    """All that a memory says."""
    prose = (item.title, item.subtitle, item.text, item.narrative, *item.facts)
    return "\n".join(piece for piece in prose if piece)


def _lines(item: MemoryItemDraft) -> Iterator[str]:
    yield from text_of(item).splitlines()
    yield from (*item.files_read, *item.files_modified)


def _shown(number: int, item: MemoryItemDraft) -> str:
    told = (
        ("title", item.title),
        ("subtitle", item.subtitle),
        ("asked", item.text),
        ("narrative", item.narrative),
        *(("fact", fact) for fact in item.facts),
        ("modified", ", ".join(item.files_modified)),
        ("metadata", json.dumps(item.metadata, ensure_ascii=False)),
    )
    head = (
        f"[{number}] {item.kind} {item.type}, {item.trust}, {len(item.sources)} sources"
    )
    return "\n".join([head, *(f"  {name}: {text}" for name, text in told if text)])


if __name__ == "__main__":
    main()
