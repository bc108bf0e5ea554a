# SPDX-License-Identifier: Apache-2.0
"""Tool calls in the words of many agents, read as what they did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from claude_mem_core.domain.agent_event import TOOL_FAILURE, AgentEvent
from claude_mem_core.domain.privacy import without_private


class Deed(StrEnum):
    """What a tool call does."""

    WRITES = "writes"
    READS = "reads"
    RUNS = "runs"
    OTHER = "other"


# The tools of Claude Code, Codex, Cursor, Gemini CLI and OpenCode, in lower case and
# without punctuation. Any other tool is OTHER: what it names is no evidence of files.
_DEEDS: Mapping[str, Deed] = {
    **dict.fromkeys(("edit", "multiedit", "write", "notebookedit"), Deed.WRITES),
    **dict.fromkeys(("writefile", "editfile", "replace", "applypatch"), Deed.WRITES),
    **dict.fromkeys(("read", "readfile", "notebookread"), Deed.READS),
    **dict.fromkeys(("bash", "shell", "exec", "execcommand"), Deed.RUNS),
    **dict.fromkeys(("runshellcommand", "runterminalcmd"), Deed.RUNS),
}
_PATH_KEYS = ("file_path", "filePath", "path", "notebook_path", "target_file")
_PATCHED_FILE = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (\S.*)$", re.MULTILINE)
_DEFINITION = re.compile(
    r"^[ \t]*(?:(?:export|pub|public|private|static|async|default)[ \t]+)*"
    r"(?:func|def|class|fn|function|interface|struct|enum|trait|type)[ \t]+"
    r"(?:\([^()\n]*\)[ \t]*)?([A-Za-z_]\w{2,})",
    re.MULTILINE,
)
# A command behind a pipe ends well even though the test before it failed.
_FAILED_OUTPUT = re.compile(
    r"^(?:FAIL\b|--- FAIL|FAILED\b|Traceback |panic: )", re.MULTILINE
)
_COMPLAINT = re.compile(
    r"^(?!Error: Exit code).*\b(?:error|FAIL|fatal|panic)\b.*$", re.MULTILINE
)
_LINE = re.compile(r"^(?!Error: Exit code)[ \t]*\S.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool call.

    Attributes:
        files: The paths that it reads or writes, as it spells them.
        symbols: The functions and types whose heads an edit shows.
        command: The command line, where it ran one.
        complaint: The line that says what went wrong; empty after success.
    """

    event_id: str
    deed: Deed
    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    command: str = ""
    complaint: str = ""


def tool_use(event: AgentEvent) -> ToolUse:
    """The tool call that an event reports."""
    payload = event.payload if isinstance(event.payload, dict) else {}
    name = re.sub(r"[\W_]", "", _text(payload.get("tool_name"))).lower()
    deed = _DEEDS.get(name, Deed.OTHER)
    given = payload.get("tool_input")
    asked = given if isinstance(given, dict) else {}
    return ToolUse(
        event_id=event.id,
        deed=deed,
        files=() if deed in (Deed.RUNS, Deed.OTHER) else _files(asked),
        symbols=_symbols(asked) if deed is Deed.WRITES else (),
        command=_command(asked) if deed is Deed.RUNS else "",
        complaint=_complaint(event, payload, deed),
    )


def _files(asked: Mapping[str, JsonValue]) -> tuple[str, ...]:
    named = [_text(asked.get(key)) for key in _PATH_KEYS]
    patched = _PATCHED_FILE.findall(_text(asked.get("input")))
    return tuple(dict.fromkeys(path for path in (*named, *patched) if path))


def _symbols(asked: Mapping[str, JsonValue]) -> tuple[str, ...]:
    texts = (_text(asked.get(key)) for key in ("old_string", "new_string", "content"))
    return tuple(dict.fromkeys(name for text in texts for name in _heads(text)))


def _heads(text: str) -> list[str]:
    return _DEFINITION.findall(text)


def _command(asked: Mapping[str, JsonValue]) -> str:
    command = asked.get("command")
    if isinstance(command, list):
        return " ".join(_text(word) for word in command)
    return " ".join(_text(command).split())


def _complaint(event: AgentEvent, payload: Mapping[str, JsonValue], deed: Deed) -> str:
    told = event.event_type == TOOL_FAILURE or payload.get("is_error") is True
    if not told and deed is not Deed.RUNS:
        return ""
    output = "\n".join(_strings(payload.get("error") or payload.get("tool_response")))
    if not told and not _FAILED_OUTPUT.search(output):
        return ""
    line = _COMPLAINT.search(output) or _LINE.search(output)
    return line[0].strip() if line else "failed"


def _strings(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield without_private(value)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)


def _text(value: JsonValue) -> str:
    return without_private(value) if isinstance(value, str) else ""
