# SPDX-License-Identifier: Apache-2.0
"""What the tools that write do: each one method of one service."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.by_hand import Expiry, MemoryChange, Supersession
from claude_mem_core.domain.feedback import Feedback
from claude_mem_core.domain.memory_item import MemoryItem, MemoryItemDraft

from claude_mem_mcp_adapter import answers, writing
from claude_mem_mcp_adapter.answers import Judged, Kept, Recorded
from claude_mem_mcp_adapter.desk import Desk

TO_MEND = (
    "It is found from now on. Where an older memory says otherwise, call "
    "memory_supersede with its id."
)
TO_UNDO = "The same call with undo takes it back."


def add(desk: Desk, asked: writing.Add) -> tuple[Kept, str]:
    """Keep a memory in the agent's words."""
    draft = {
        "projectId": desk.project_to_write(asked.project),
        "kind": "manual",
        "type": asked.type,
        "text": asked.content,
        "trust": "agent",
        "concepts": list(asked.concepts),
        "filesModified": list(asked.files),
        **asked.said("project", "content", "type", "concepts", "files"),
    }
    item = desk.runtime.memories.add(MemoryItemDraft.from_wire(draft), by=desk.by)
    return _kept(item)


def decide(desk: Desk, asked: writing.Decision) -> tuple[Kept, str]:
    """Keep a decision, why it was taken, and what was not."""
    facts = [f"Not taken: {one}" for one in asked.alternatives]
    draft = {
        "projectId": desk.project_to_write(asked.project),
        "kind": "manual",
        "type": "decision",
        "title": asked.decision,
        "trust": "agent",
        "facts": facts,
        "concepts": list(asked.concepts),
        "filesModified": list(asked.files),
        **({} if asked.rationale is None else {"narrative": asked.rationale}),
    }
    item = desk.runtime.memories.add(MemoryItemDraft.from_wire(draft), by=desk.by)
    return _kept(item)


def forget(desk: Desk, asked: writing.Forget) -> tuple[Kept, str]:
    """Let a memory hold no longer from now on, or again."""
    told = Expiry.from_wire(asked.said("id"))
    return _changed(desk.runtime.memories.expire(asked.id, told, by=desk.by))


def supersede(desk: Desk, asked: writing.Supersede) -> tuple[Kept, str]:
    """Let a memory take another one's place, or none."""
    told = Supersession.from_wire(asked.said("id"))
    return _changed(desk.runtime.memories.supersede(asked.id, told, by=desk.by))


def judge(desk: Desk, asked: writing.Judge) -> tuple[Judged, str]:
    """Take down whether a memory was of use."""
    told = Feedback.from_wire(asked.said("id"))
    value = desk.runtime.context.judge(asked.id, told, by=desk.by)
    wrong = "Where you know what is so, keep that with memory_add and memory_supersede."
    answer = Judged(
        memory_id=asked.id,
        feedback=value,
        next=wrong if asked.wrong else "Nothing more to do.",
    )
    return answer, f"Noted: {value:+.2f}."


def record(desk: Desk, asked: writing.Record) -> tuple[Recorded, str]:
    """Keep an event, for memories to be made of."""
    when = asked.occurred_at_epoch
    draft = {
        **asked.said("project", "generate", "occurred_at_epoch"),
        "projectId": desk.project_to_write(asked.project),
        "sourceType": asked.source_type,
        "payload": {} if asked.payload is None else asked.payload,
        "occurredAtEpoch": desk.runtime.system.now() if when is None else when,
    }
    accepted = desk.runtime.events.accept(
        AgentEventDraft.from_wire(draft), by=desk.by, generate=asked.generate
    )
    job = accepted.generation_job
    answer = Recorded(
        event_id=accepted.event.id,
        job_id=job.id if job else None,
        created=accepted.created,
        next="observation_generation_status tells how far its job is.",
    )
    return answer, f"Event {answer.event_id} is kept."


def _kept(item: MemoryItem) -> tuple[Kept, str]:
    memory = answers.short(item)
    return Kept(memory=memory, next=TO_MEND), f"Kept as {item.id}."


def _changed(change: MemoryChange) -> tuple[Kept, str]:
    memory = answers.short(change.memory)
    kept = Kept(memory=memory, unchanged=change.unchanged, next=TO_UNDO)
    done = "It was so already." if change.unchanged else "Done."
    return kept, f"{done}\n{answers.named(memory)}"
