# SPDX-License-Identifier: Apache-2.0
"""Events of hand-made turns, in the words that an agent's hooks use."""

from __future__ import annotations

from itertools import count

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.verify import unsupported
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.ports.generator import Generation, Turn
from claude_mem_core.reference.generator import RuleBasedGenerator
from pydantic import JsonValue

PROJECT = Project(
    id="p",
    team_id="t",
    name="shop",
    root_path="/home/me/shop",
    created_at_epoch=1,
    updated_at_epoch=1,
)
SESSION = ServerSession(id="s", project_id="p", started_at_epoch=1, updated_at_epoch=1)
NUMBERS = count()


def event(event_type: str, payload: JsonValue) -> AgentEvent:
    return AgentEvent(
        id=f"e{next(NUMBERS)}",
        project_id="p",
        server_session_id="s",
        source_type="hook",
        event_type=event_type,
        payload=payload,
        occurred_at_epoch=1,
        created_at_epoch=1,
    )


def asked(text: str) -> AgentEvent:
    return event("user_prompt", {"prompt": text})


def said(text: str) -> AgentEvent:
    return event("assistant_message", {"text": text})


def stopped(text: str) -> AgentEvent:
    return event("turn_end", {"last_assistant_message": text})


def edited(path: str, new: str = "x = 1", old: str = "") -> AgentEvent:
    change: JsonValue = {"file_path": path, "old_string": old, "new_string": new}
    return event("tool_use", {"tool_name": "Edit", "tool_input": change})


def wrote(path: str, content: str) -> AgentEvent:
    payload: JsonValue = {
        "tool_name": "Write",
        "tool_input": {"file_path": path, "content": content},
        "tool_response": {"type": "create", "filePath": path},
    }
    return event("tool_use", payload)


def ran(command: str, output: str, *, failed: bool = False) -> AgentEvent:
    payload: dict[str, JsonValue] = {
        "tool_name": "Bash",
        "tool_input": {"command": command},
        "tool_response": {"stdout": output},
        "is_error": failed,
    }
    return event("tool_use", payload)


def read(path: str, content: str | None = None, *, total: int = 1) -> AgentEvent:
    payload: dict[str, JsonValue] = {
        "tool_name": "Read",
        "tool_input": {"file_path": path},
    }
    if content is not None:
        payload["tool_response"] = {
            "type": "text",
            "file": {
                "filePath": path,
                "content": content,
                "startLine": 1,
                "numLines": content.count("\n") + 1,
                "totalLines": total,
            },
        }
    return event("tool_use", payload)


def observe(
    *events: AgentEvent, earlier: tuple[AgentEvent, ...] = (), number: int = 1
) -> Generation:
    """What the rules make of a turn; all of it is found in the events."""
    made = RuleBasedGenerator().observe(Turn(PROJECT, SESSION, number, events, earlier))
    known = {each.id: each for each in (*earlier, *events)}
    for memory in made.memories:
        assert unsupported(memory, known) == []
    return made


def only(made: Generation) -> MemoryItemDraft:
    assert len(made.memories) == 1
    return made.memories[0]


def of_type(made: Generation, type_name: str) -> MemoryItemDraft:
    (memory,) = (one for one in made.memories if one.type == type_name)
    return memory


def roles(memory: MemoryItemDraft, part: str) -> set[JsonValue]:
    """The roles of the sources that support a part of a memory."""
    return {
        source.metadata["role"]
        for source in memory.sources
        if part in str(source.metadata["supports"])
    }
