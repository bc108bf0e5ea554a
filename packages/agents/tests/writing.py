# SPDX-License-Identifier: Apache-2.0
"""Sessions as Claude Code writes them down and as its hooks report them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PROMPT = "Fix the parser, which breaks on prices"
SAID = (
    "Fixed. The parser took the decimal comma of a price for a full stop; it now "
    "replaces the comma before converting."
)
BEGAN = datetime(2026, 3, 2, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Written:
    """A session of one turn.

    Attributes:
        calls: How many tools it calls.
        began: When it began.
        named: Its client gives prompts an id, which newer ones do.
    """

    name: str
    folder: str = "/srv/small"
    calls: int = 4
    began: datetime = BEGAN
    named: bool = True

    @property
    def ids(self) -> list[str]:
        """The ids of its calls."""
        return [f"toolu_{self.name}_{number}" for number in range(self.calls)]

    @property
    def events(self) -> int:
        """What its transcript tells of: the prompt, the calls, the end."""
        return self.calls + 2

    def lines(self) -> list[str]:
        """What its transcript holds, each with its end."""
        return [f"{json.dumps(entry)}\n" for entry in self._entries()]

    def write(self, home: Path) -> Path:
        """Its transcript, where Claude Code keeps it below a home folder."""
        path = home / ".claude" / "projects" / "-srv-small" / f"{self.name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(self.lines()))
        return path

    def hooks(self) -> Iterator[Json]:
        """What the hooks report of it, in order."""
        own = {"session_id": self.name, "cwd": self.folder}
        if self.named:
            own["prompt_id"] = "p1"
        yield {**own, "hook_event_name": "UserPromptSubmit", "prompt": PROMPT}
        for number, call in enumerate(self.ids):
            yield {
                **own,
                "hook_event_name": "PostToolUse",
                "tool_name": "Bash",
                "tool_input": {"command": f"echo {number}"},
                "tool_response": {"stdout": str(number)},
                "tool_use_id": call,
            }

    def _entries(self) -> Iterator[Json]:
        typed = {"role": "user", "content": PROMPT}
        prompt = {"promptId": "p1"} if self.named else {}
        yield self._entry(0, "user", typed, **prompt)
        for number, call in enumerate(self.ids):
            use = {"type": "tool_use", "id": call, "name": "Bash"}
            asked = {**use, "input": {"command": f"echo {number}"}}
            said = {"role": "assistant", "content": [asked]}
            yield self._entry(2 * number + 1, "assistant", said)
            given = {"type": "tool_result", "tool_use_id": call, "content": str(number)}
            result = {"role": "user", "content": [given]}
            yield self._entry(2 * number + 2, "user", result, **prompt)
        end = {"role": "assistant", "stop_reason": "end_turn"}
        text = [{"type": "text", "text": SAID}]
        yield self._entry(2 * self.calls + 1, "assistant", {**end, "content": text})

    def _entry(self, place: int, kind: str, message: Json, **more: str) -> Json:
        at = self.began + timedelta(seconds=place)
        return {
            "type": kind,
            "sessionId": self.name,
            "uuid": f"{self.name}-{place}",
            "cwd": self.folder,
            "timestamp": at.isoformat().replace("+00:00", "Z"),
            "message": message,
            **more,
        }
