# SPDX-License-Identifier: Apache-2.0
"""A loop of model and tools with the memory in the same process.

    python loop.py FOLDER "Mend the lamp."

The loop has the shape that LangChain and pydantic-ai give it: messages go to a model,
which answers or asks for a tool, whose result goes back. Three lines join it to the
memory: what is known goes into the system prompt, and each message and each call is an
event. The model here is a script, so that the example runs anywhere.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from claude_mem_core.api import (
    AgentEventDraft,
    ContextQuery,
    Principal,
    ProjectDraft,
    Runtime,
    open_runtime,
)

ME = Principal.local()
SESSION = f"loop-{time.time_ns()}"
Message = dict[str, Any]


@dataclass
class Agent:
    """A model, its tools, and what it remembers.

    Attributes:
        model: Takes messages, gives an answer: a text, or a tool and its input.
        tools: What can be called, by name.
    """

    model: Callable[[list[Message]], Message]
    tools: dict[str, Callable[..., str]]
    memory: Runtime
    project: str
    _number: Iterator[int] = field(default_factory=count)

    def run(self, prompt: str) -> str:
        """The model's last words on a prompt."""
        known = self.memory.context.pack(
            ContextQuery(project_id=self.project, query=prompt, token_budget=1500),
            by=ME,
        )
        messages: list[Message] = [
            {"role": "system", "content": known.context},
            {"role": "user", "content": prompt},
        ]
        self._happened("user_prompt", prompt=prompt)
        while "tool" in (answer := self.model(messages)):
            result = self.tools[answer["tool"]](**answer["input"])
            messages += [answer, {"role": "tool", "content": result}]
            self._happened(
                "tool_use",
                tool_name=answer["tool"],
                tool_input=answer["input"],
                tool_response=result,
            )
        self._happened("turn_end", last_assistant_message=answer["content"])
        return str(answer["content"])

    def _happened(self, event_type: str, **payload: Any) -> None:
        event = AgentEventDraft(
            project_id=self.project,
            source_type="api",
            event_type=event_type,
            platform_source="loop",
            content_session_id=SESSION,
            source_event_id=str(next(self._number)),
            occurred_at_epoch=time.time_ns() // 1_000_000,
            payload=payload,
        )
        self.memory.events.accept(event, by=ME)


def write_file(path: str, content: str) -> str:
    """Write a file."""
    Path(path).write_text(content, "utf-8")
    return f"wrote {path}"


def scripted(folder: Path) -> Callable[[list[Message]], Message]:
    """A model that writes one file and says why."""
    given = {"path": str(folder / "lamp.py"), "content": "def light():\n    return 1\n"}

    def model(messages: list[Message]) -> Message:
        if messages[-1]["role"] == "user":
            return {"role": "assistant", "tool": "write_file", "input": given}
        return {
            "role": "assistant",
            "content": "I wrote lamp.py: light() returns 1, because the lamp has one state only.",
        }

    return model


def main(folder: Path, prompt: str) -> None:
    """Work twice on the same project: the second time something is known."""
    with open_runtime({"CLAUDE_MEM_DATA_DIR": str(folder / "memory")}) as memory:
        project = memory.projects.create(ProjectDraft(name="lamp"), by=ME)
        agent = Agent(scripted(folder), {"write_file": write_file}, memory, project.id)
        print(agent.run(prompt))
        memory.generator.drain()
        known = memory.context.pack(
            ContextQuery(project_id=project.id, token_budget=1500), by=ME
        )
        print(known.context)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
