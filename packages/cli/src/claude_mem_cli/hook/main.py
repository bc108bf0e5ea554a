# SPDX-License-Identifier: Apache-2.0
"""`claude-mem-hook AGENT EVENT`: hand on what an agent reports, print what it is told.

It ends with 0 whatever happens, within its time, and says nothing that the agent would
have to read but the answer. What no server takes is kept on disk.
"""

from __future__ import annotations

import os
import select
import sys
import time

from claude_mem_cli.hook.place import Place, place
from claude_mem_cli.hook.post import Answer, NoAnswerError, post

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

LONGEST_INPUT = 16 * 1024 * 1024
WITHIN = 2.0
"""Seconds for all of it, from the first byte of the input on."""

WITHIN_AT_START = 4.0
"""The same for a hook that may start the server: it comes once in a session."""

DATA = "--data="
USAGE = (
    "usage: claude-mem-hook AGENT EVENT "
    "[--start] [--reconcile] [--no-answer] [--dry-run] [--data=FOLDER]"
)
OFFLINE = "X-Claude-Mem-Offline"
OCCURRED = "X-Claude-Mem-Occurred-At"
_SUCCESS = range(200, 300)


class Call:
    """What the command was asked to do.

    Attributes:
        agent: The agent's name in addresses.
        event: The event in the agent's spelling.
        starts: Start the server where none runs.
        reconciles: Then fill in, in the background, what was lost of the session.
        answers: Print what the agent is told.
        is_dry: Only tell what would become of it.
        folder: The data folder, where it is not the environment's.
    """

    __slots__ = (
        *("agent", "answers", "event", "folder"),
        *("is_dry", "reconciles", "starts"),
    )

    def __init__(
        self, agent: str, event: str, flags: set[str], folder: str | None
    ) -> None:
        self.agent = agent
        self.event = event
        self.starts = "--start" in flags
        self.reconciles = "--reconcile" in flags
        self.answers = "--no-answer" not in flags
        self.is_dry = "--dry-run" in flags
        self.folder = folder


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Do it, and end with 0."""
    try:
        run(sys.argv[1:] if args is None else args, os.environ)
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
    if call.is_dry:
        # Only who looks for a fault pays for it, and no hook does.
        from claude_mem_cli.hook import dry

        _print(dry.run(where, f"/hooks/{call.agent}/{call.event}", body, until))
        return
    answer = _sent(where, call, body, at, until)
    if answer is not None:
        _take(where, call, body, answer)
    else:
        _keep(where, call, body, at, env)
    if call.reconciles:
        from claude_mem_cli.hook import reconciling

        reconciling.start(call.agent, body, env, begins=call.starts)


def _call(args: Sequence[str]) -> Call | None:
    folders = [one[len(DATA) :] for one in args if one.startswith(DATA)]
    args = [one for one in args if not one.startswith(DATA)]
    flags = {one for one in args if one.startswith("--")}
    names = [one for one in args if not one.startswith("--")]
    known = flags <= {"--start", "--reconcile", "--no-answer", "--dry-run"}
    if len(names) != 2 or not known or not all(map(_is_plain, names)):  # noqa: PLR2004
        return None
    return Call(names[0], names[1], flags, folders[0] if folders else None)


def _is_plain(name: str) -> bool:
    """Whether it can stand in an address as it is."""
    for sign in "-_.":
        name = name.replace(sign, "")
    return name.isascii() and name.isalnum()


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
        **({OFFLINE: "1"} if call.starts and call.answers else {}),
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
    if not call.starts:
        os.write(1, answer.body + b"\n")
        return
    from claude_mem_cli.hook import beginning

    _print(beginning.taken(where.folder, call.agent, body, answer.body))


def _keep(
    where: Place, call: Call, body: bytes, at: int, env: Mapping[str, str]
) -> None:
    """Keep the event on disk, and go on without a server as well as can be."""
    from claude_mem_cli.hook import beginning, spool

    if call.starts:
        from claude_mem_cli.hook import detached

        # Also where one seems to be there: its files may tell of one that was killed.
        # Beside one that is only slow this starts nothing.
        detached.start(("server", "start", "--daemon"), env)
        kept = beginning.last(where.folder, call.agent, body)
        if kept is not None and call.answers:
            _print(kept)
    entry: spool.Entry = {
        "at": at,
        "agent": call.agent,
        "event": call.event,
        "key": where.public_key,
        "body": body.decode("utf-8", "replace"),
    }
    spool.put(where.folder, entry)
    if beginning.is_first(where.folder, body):
        _tell("claude-mem: no server answers; what happens is kept until one does")


def _print(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def _tell(line: str) -> None:
    try:
        os.write(2, line.encode("ascii", "replace") + b"\n")
    except OSError:
        return
