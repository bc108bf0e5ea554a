# SPDX-License-Identifier: Apache-2.0
"""`claude-mem-hook AGENT EVENT`: hand on what an agent reports, print what it is told.

It ends with 0 whatever happens, within its time, and says nothing that the agent would
have to read but the answer. What no server takes is kept on disk.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from claude_mem_cli.hook import answers, detached, reconciling, spool
from claude_mem_cli.hook.place import Place, place
from claude_mem_cli.hook.post import Answer, NoAnswerError, post

LONGEST_INPUT = 16 * 1024 * 1024
WITHIN = 2.0
"""Seconds for all of it, from the first byte of the input on."""

WITHIN_AT_START = 4.0
"""The same for a hook that may start the server: it comes once in a session."""

DATA = "--data="
USAGE = (
    "usage: claude-mem-hook AGENT EVENT"
    " [--start] [--reconcile] [--no-answer] [--data=FOLDER]"
)
OFFLINE = "X-Claude-Mem-Offline"
OCCURRED = "X-Claude-Mem-Occurred-At"
_SESSION = ("session_id", "sessionId", "conversation_id", "thread_id", "id")
_SUCCESS = range(200, 300)


class Call(NamedTuple):
    """What the command was asked to do.

    Attributes:
        agent: The agent's name in addresses.
        event: The event in the agent's spelling.
        starts: Start the server where none runs.
        reconciles: Then fill in, in the background, what was lost of the session.
        answers: Print what the agent is told.
        folder: The data folder, where it is not the environment's.
    """

    agent: str
    event: str
    starts: bool
    answers: bool
    reconciles: bool = False
    folder: str | None = None


def main() -> NoReturn:
    """Do it, and end with 0."""
    try:
        run(sys.argv[1:], os.environ)
    except BaseException as error:  # noqa: BLE001 - nothing of ours may stop the agent
        _tell(f"claude-mem: this event was not kept ({type(error).__name__})")
    # Not even a closed standard output makes it end otherwise.
    os._exit(0)


def run(args: Sequence[str], env: Mapping[str, str]) -> None:
    """Hand on the standard input."""
    call = _call(args)
    if call is None:
        _tell(USAGE)
        return
    until = time.monotonic() + (WITHIN_AT_START if call.starts else WITHIN)
    at, body = time.time_ns() // 1_000_000, _input(until)
    if call.folder is not None:
        env = {**env, "CLAUDE_MEM_DATA_DIR": call.folder}
    where = place(env, call.agent)
    answer = _sent(where, call, body, at, until)
    if answer is not None:
        _take(where, call, body, answer)
    else:
        _keep(where, call, body, at, env)
    if call.reconciles:
        reconciling.start(call.agent, _payload(body), env, begins=call.starts)


def _call(args: Sequence[str]) -> Call | None:
    folders = [one[len(DATA) :] for one in args if one.startswith(DATA)]
    args = [one for one in args if not one.startswith(DATA)]
    flags = {one for one in args if one.startswith("--")}
    names = [one for one in args if not one.startswith("--")]
    known = flags <= {"--start", "--reconcile", "--no-answer"}
    if len(names) != 2 or not known or not all(map(_is_plain, names)):  # noqa: PLR2004
        return None
    return Call(
        agent=names[0],
        event=names[1],
        starts="--start" in flags,
        answers="--no-answer" not in flags,
        reconciles="--reconcile" in flags,
        folder=folders[0] if folders else None,
    )


def _is_plain(name: str) -> bool:
    """Whether it can stand in an address as it is."""
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def _input(until: float) -> bytes:
    """The standard input, as far as it came in time."""
    parts, size = [], 0
    while size <= LONGEST_INPUT:
        left = until - time.monotonic()
        if left <= 0 or not select.select([0], [], [], left)[0]:
            break
        part = os.read(0, 1024 * 1024)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _sent(
    where: Place, call: Call, body: bytes, at: int, until: float
) -> Answer | None:
    """The server's answer; None where the event is still to be kept."""
    if where.host is None or where.key is None:
        return None
    headers = {
        "Authorization": f"Bearer {where.key}",
        OCCURRED: str(at),
        **({OFFLINE: "1"} if call.answers else {}),
    }
    path = f"/hooks/{call.agent}/{call.event}"
    try:
        answer = post(where.host, where.port, path, body, headers, until=until)
    except NoAnswerError:
        return None
    return answer if answer.status in _SUCCESS else None


def _take(where: Place, call: Call, body: bytes, answer: Answer) -> None:
    """Print what the agent is told, and keep what it would be told without a server."""
    if not call.answers:
        return
    told = json.loads(answer.body)
    _print(json.dumps(told["answer"]))
    if call.starts:
        project = _project(_payload(body))
        if told.get("offline"):
            answers.keep(where.folder, call.agent, project, told["offline"])
        else:
            answers.drop(where.folder, call.agent, project)


def _keep(
    where: Place, call: Call, body: bytes, at: int, env: Mapping[str, str]
) -> None:
    """Keep the event on disk, and go on without a server as well as can be."""
    payload = _payload(body)
    if call.starts:
        if where.host is None:
            detached.start(("server", "start", "--daemon"), env)
        kept = answers.last(where.folder, call.agent, _project(payload))
        if kept is not None and call.answers:
            _print(kept)
    text = body.decode("utf-8", "replace")
    entry: spool.Entry = {
        "at": at,
        "agent": call.agent,
        "event": call.event,
        "key": where.public_key,
        "body": text,
    }
    spool.put(where.folder, entry)
    if _is_first(where.folder, payload):
        _tell("claude-mem: no server answers; what happens is kept until one does")


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


def _is_first(folder: str, payload: Mapping[str, Any]) -> bool:
    """Whether this session was told of nothing yet."""
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


def _print(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def _tell(line: str) -> None:
    try:
        os.write(2, line.encode("ascii", "replace") + b"\n")
    except OSError:
        return
