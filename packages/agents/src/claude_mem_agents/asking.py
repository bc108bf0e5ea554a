# SPDX-License-Identifier: Apache-2.0
"""What an agent may be told at an event, from what the rules read of its payload."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from claude_mem_core.domain.hook import LONGEST_ASKED, HookMoment, HookQuestion
from claude_mem_core.domain.value import JsonObject
from pydantic import JsonValue

from claude_mem_agents.fields import at, text
from claude_mem_agents.host import Host

MOST_FILES = 20
LONGEST_COMMAND = 2_000
"""Characters of a command that are looked through for files; the rest is a script."""

PATHS = ("file_path", "filePath", "path", "absolute_path", "notebook_path")
SEVERAL = ("paths", "files", "file_paths", "filePaths")
MCP_READER = re.compile(r"mcp__.+__(?:read|view|cat)(?:_files?)?\Z")
PATCHED = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (\S.*?)\s*$", re.MULTILINE)
RUNNERS = frozenset({"Bash", "shell", "exec_command"})

READERS = {
    **dict.fromkeys(("cat", "less", "more", "nl"), frozenset[str]()),
    **dict.fromkeys(("head", "tail"), frozenset({"-n", "-c", "--lines", "--bytes"})),
    "sed": frozenset({"-e", "--expression"}),
}
"""Commands that print the files that they name, and their options with a value."""

_ENDS = frozenset({"|", "||", "&&", ";", "&", ">", ">>", "<", "<<"})


def question(
    host: Host, moment: HookMoment, said: JsonObject, *, failed: bool
) -> HookQuestion | None:
    """What a host may be told at this moment; None where nothing could be asked."""
    match moment:
        case "start":
            return _of_start(host, said)
        case "prompt":
            return _of_prompt(host, said)
        case "file":
            return _of_file(host, said)
        case "failure":
            return _of_failure(host, said, failed=failed)


def _of_start(host: Host, said: JsonObject) -> HookQuestion | None:
    # A resumed session was told before, and reads that again itself.
    if said.get("source") == "resume":
        return None
    return HookQuestion(moment="start", budget=host.most_told)


def _of_prompt(host: Host, said: JsonObject) -> HookQuestion | None:
    prompt = text(said, "prompt")
    if prompt is None:
        return None
    query = prompt[:LONGEST_ASKED]
    return HookQuestion(moment="prompt", query=query, budget=host.most_told)


def _of_file(host: Host, said: JsonObject) -> HookQuestion | None:
    files = tuple(dict.fromkeys(_files(host, said)))[:MOST_FILES]
    if not files:
        return None
    return HookQuestion(moment="file", files=files, budget=host.most_told)


def _of_failure(host: Host, said: JsonObject, *, failed: bool) -> HookQuestion | None:
    """How a call failed; of a host that tells no failures apart, what it printed."""
    error = text(said, "error", "error.message")
    output = None if failed else text(said, "tool_response")
    if (error or output) is None or said.get("is_interrupt") is True:
        return None
    command = text(said, "tool_input.command") or text(said, "tool_name") or "tool"
    return HookQuestion(
        moment="failure",
        command=command[:LONGEST_ASKED],
        error=error and error[-LONGEST_ASKED:],
        output=output and output[-LONGEST_ASKED:],
        budget=host.most_told,
    )


def _files(host: Host, said: JsonObject) -> Iterator[str]:
    tool, given = text(said, "tool_name") or "", said.get("tool_input")
    if not isinstance(given, dict):
        return
    if tool in host.files or MCP_READER.match(tool):
        yield from _named(given)
    command = text(given, "command")
    if command is None:
        return
    if tool == "apply_patch":
        yield from PATCHED.findall(command)
    elif host.reads_commands and tool in RUNNERS:
        yield from _read_by(command[:LONGEST_COMMAND])


def _named(given: JsonObject) -> Iterator[str]:
    for name in PATHS:
        path = text(given, name)
        if path is not None:
            yield path
    for name in SEVERAL:
        yield from _texts(at(given, name))


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            if isinstance(one, str) and one and "\0" not in one:
                yield one


def _read_by(command: str) -> Iterator[str]:
    """The files that a command prints, when that is all it does."""
    words = _words(command)
    if not words or words[0] not in READERS:
        return
    reader, *rest = words
    script = reader == "sed"
    after_option = False
    for word in rest:
        if word in _ENDS:
            return
        if after_option:
            after_option = False
        elif word.startswith("-"):
            after_option = word in READERS[reader]
            script = script and not after_option
        elif script:
            script = False
        else:
            yield word


def _words(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:
        return []
