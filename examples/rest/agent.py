# SPDX-License-Identifier: Apache-2.0
"""An agent of your own, that remembers over plain REST.

    CLAUDE_MEM_URL=... CLAUDE_MEM_API_KEY=... python agent.py "Mend the lamp." FOLDER

It asks what is known, does its work (here: it writes one file), and reports each step.
Sending an event again is harmless: its own id says that it is the same.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

URL = os.environ["CLAUDE_MEM_URL"]
KEY = os.environ["CLAUDE_MEM_API_KEY"]
LONGEST_WAIT = 10


def post(path: str, body: Any) -> Any:
    """What the server answers; an HTTPError says what was wrong."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = Request(URL + path, json.dumps(body).encode(), headers)  # noqa: S310 - our own server
    with urlopen(request, timeout=LONGEST_WAIT) as answer:  # noqa: S310
        return json.load(answer)


class Session:
    """One session of this agent in one folder."""

    def __init__(self, folder: Path) -> None:
        self.id = str(uuid4())
        self._folder = folder
        self._count = 0

    def told(self, event: str, **payload: Any) -> str:
        """Report an event, and return what fits it: a text for the model, or none."""
        self._count += 1
        fields = {
            "contentSessionId": self.id,
            "rootPath": str(self._folder),
            "cwd": str(self._folder),
            "sourceEventId": f"{self.id}:{self._count}",
            "occurredAtEpoch": int(time.time() * 1000),
        }
        answer = post(f"/hooks/plain/{event}", {**fields, **payload})
        return str(answer.get("context", ""))


def main(prompt: str, folder: Path) -> None:
    """One turn of work."""
    session = Session(folder)
    known = session.told("session_start")
    known += session.told("user_prompt", prompt=prompt)
    print(f"The model is asked {prompt!r} and told {len(known)} characters:\n{known}")

    file = folder / "lamp.py"
    content = "def light():\n    return 1\n"
    file.write_text(content, "utf-8")
    session.told(
        "tool_use",
        tool_name="Write",
        tool_input={"file_path": str(file), "content": content},
        tool_response={"type": "create"},
    )
    done = "I wrote lamp.py: light() returns 1, because the lamp has one state only."
    session.told("turn_end", last_assistant_message=done)
    session.told("session_end")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
