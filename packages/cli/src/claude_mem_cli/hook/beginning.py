# SPDX-License-Identifier: Apache-2.0
"""What a session begins with, with a server and without one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from claude_mem_cli.hook import answers, spool

_SESSION = ("session_id", "sessionId", "conversation_id", "thread_id", "id")


def taken(folder: str, agent: str, body: bytes, said: bytes) -> str:
    """What the agent is told; what it would be told without a server is kept."""
    told = json.loads(said)
    project = _project(_payload(body))
    if told.get("offline"):
        answers.keep(folder, agent, project, told["offline"])
    else:
        answers.drop(folder, agent, project)
    return json.dumps(told["answer"])


def last(folder: str, agent: str, body: bytes) -> str | None:
    """What a session of this folder was told last; None where nothing was kept."""
    return answers.last(folder, agent, _project(_payload(body)))


def is_first(folder: str, body: bytes) -> bool:
    """Whether the session that this event is of was told of nothing yet."""
    payload = _payload(body)
    named = (payload.get(name) for name in _SESSION)
    session = next((one for one in named if isinstance(one, str) and one), "")
    path = os.path.join(folder, spool.FOLDER, "told")
    try:
        with open(path, "r+", encoding="utf-8") as file:
            if file.read(1024) == session:
                return False
            file.seek(0)
            file.truncate()
            file.write(session[:1024])
    except FileNotFoundError:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(session[:1024])
    return True


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _project(payload: Mapping[str, Any]) -> str:
    """The folder that answers are kept for."""
    cwd = payload.get("cwd")
    return cwd if isinstance(cwd, str) and cwd else os.getcwd()
