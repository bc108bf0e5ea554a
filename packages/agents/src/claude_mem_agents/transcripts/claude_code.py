# SPDX-License-Identifier: Apache-2.0
"""Claude Code: the JSONL files of its sessions, as versions 2.0 to 2.1.332 write them.

One entry a line: what a user typed and what tools gave (`user`), what the model said
and called (`assistant`), and much that only the client itself needs. A helper's entries
stand in a file of their own beside the session's, in older versions among its entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.transcripts import Transcript, TranscriptFormat
from pydantic import JsonValue
from typing_extensions import override

from claude_mem_agents.claude_code import HOST, NAME
from claude_mem_agents.fields import epoch, text
from claude_mem_agents.transcripts.calls import Call, OpenCalls, Text
from claude_mem_agents.transcripts.lines import LineTranscript, Teller, entries_of
from claude_mem_agents.transcripts.said import (
    Said,
    an_object,
    dicts,
    joined_text,
    without_none,
)
from claude_mem_agents.vocabulary import TableVocabulary

OWN = ("user", "assistant", "system", "summary", "attachment", "queue-operation")
ENDS = ("stop_hook_summary", "turn_duration")
"""What the client notes when a turn has ended."""

FINISHED = "end_turn"
HELPER = "sidechain"
"""The name of a helper that an old version gave none."""

_NOT_TYPED = re.compile(
    r"\s*(?:\[Request interrupted by user"
    r"|<(?:local-command|bash)-(?:stdout|stderr|input|caveat)\b"
    r"|<system-reminder>|<user-memory-input>|Caveat: The messages below)"
)
_COMMAND = re.compile(r"<command-name>\s*(/?\S+)\s*</command-name>")
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_FAULT = re.compile(r"</?tool_use_error>")
_REJECTED = re.compile(
    r"The user doesn't want to (?:proceed with this tool use|take this action)"
    r"|\[Request interrupted by user"
)


class ClaudeCodeTranscripts(TranscriptFormat):
    """The transcripts of Claude Code."""

    @property
    @override
    def name(self) -> str:
        return NAME

    @override
    def recognises(self, path: Path, head: bytes) -> bool:
        return any(
            entry.get("type") in OWN
            and isinstance(entry.get("sessionId"), str)
            and ("uuid" in entry or "operation" in entry)
            for entry in entries_of(head)
        )

    @override
    def places(self, home: Path, env: Mapping[str, str]) -> Iterator[Path]:
        own = env.get("CLAUDE_CONFIG_DIR")
        yield (Path(own) if own else home / ".claude") / "projects"

    @override
    def companions(self, path: Path) -> Iterator[Path]:
        yield from sorted((path.with_suffix("") / "subagents").glob("*.jsonl"))

    @override
    def open(self, path: Path) -> Transcript:
        return LineTranscript(path, ClaudeCodeSession(path), TableVocabulary(HOST))


class ClaudeCodeSession(Teller):
    """Understands the entries of a session."""

    def __init__(self, path: Path) -> None:
        self._told_path = _path_told(path)
        self._types: dict[str, str] = {}
        self._calls = OpenCalls()
        self._last: Text | None = None
        self._prompt: str | None = None
        self._entry: JsonObject = {}
        self._compacted_by: JsonValue = None

    @override
    def hear(self, entry: JsonObject) -> Iterator[Said]:
        kind = entry.get("type")
        if kind not in ("user", "assistant", "system") or "forkedFrom" in entry:
            # What a fork repeats is told by the session that it was forked from.
            return
        if kind == "system":
            yield from self._noted(entry)
            return
        message = an_object(entry.get("message"))
        if kind == "assistant":
            yield from self._answered(entry, message)
        elif entry.get("isCompactSummary") is True:
            yield from self._compacted(entry, message)
        elif entry.get("isMeta") is not True:
            yield from self._given(entry, message)

    @override
    def rest(self) -> Iterator[Said]:
        if not self._calls:
            yield from self._ended(self._entry)

    def _noted(self, entry: JsonObject) -> Iterator[Said]:
        if entry.get("subtype") in ENDS and not _helper(entry):
            yield from self._ended(entry)
        elif entry.get("subtype") == "compact_boundary":
            known = an_object(entry.get("compactMetadata"))
            self._compacted_by = known.get("trigger")

    def _answered(self, entry: JsonObject, message: JsonObject) -> Iterator[Said]:
        """What the model said and called."""
        if entry.get("isApiErrorMessage") is True:
            return
        helper, kind = _helper(entry), text(entry, "attributionAgent")
        if helper and kind:
            self._types[helper] = kind
        for part in dicts(message.get("content")):
            if helper is None and part.get("type") in ("text", "tool_use"):
                yield from self._went_on()
            self._note(entry, part)
        if helper is None and message.get("stop_reason") == FINISHED:
            yield from self._ended(entry)

    def _note(self, entry: JsonObject, part: JsonObject) -> None:
        """Remember what is told when it turns out how it went on."""
        name, call_id = text(part, "name"), text(part, "id")
        if part.get("type") == "tool_use" and name and call_id:
            self._calls.begin(call_id, Call(name, part.get("input")))
        said = text(part, "text") if part.get("type") == "text" else None
        if said and said.strip() and _helper(entry) is None:
            self._entry = entry
            self._last = Text(said, _at(entry), text(entry, "uuid"))

    def _given(self, entry: JsonObject, message: JsonObject) -> Iterator[Said]:
        """What the user typed, and what tools gave."""
        content = message.get("content")
        for part in dicts(content):
            if part.get("type") == "tool_result":
                yield from self._result(entry, part)
        if _helper(entry) is None:
            prompt = _typed(joined_text(content, "text"))
            if prompt is not None:
                yield from self._prompted(entry, prompt)

    def _prompted(self, entry: JsonObject, prompt: str) -> Iterator[Said]:
        yield from self._ended(entry)
        self._prompt = text(entry, "promptId")
        named: JsonObject = {"prompt": prompt}
        if self._prompt is None:
            named["source_event_id"] = text(entry, "uuid")
        yield self._said(entry, "UserPromptSubmit", named)

    def _result(self, entry: JsonObject, part: JsonObject) -> Iterator[Said]:
        call_id = text(part, "tool_use_id")
        call = self._calls.end(call_id) if call_id else None
        if call is None or call_id is None:
            return
        content = part.get("content")
        said = joined_text(content, "text")
        named: JsonObject = {
            "tool_name": call.tool,
            "tool_input": call.input,
            "tool_use_id": call_id,
        }
        if part.get("is_error") is not True:
            given = entry.get("toolUseResult")
            named["tool_response"] = content if given is None else given
            yield self._said(entry, "PostToolUse", named)
        elif not _REJECTED.match(said):
            # What the user refused was never done.
            named["error"] = _FAULT.sub("", said)
            yield self._said(entry, "PostToolUseFailure", named)

    def _compacted(self, entry: JsonObject, message: JsonObject) -> Iterator[Said]:
        summary: JsonObject = {
            "compact_summary": joined_text(message.get("content"), "text"),
            "trigger": self._compacted_by,
            "source_event_id": text(entry, "uuid"),
        }
        yield self._said(entry, "PostCompact", summary)

    def _went_on(self) -> Iterator[Said]:
        """The last text, now that it turned out to be within a turn."""
        if self._last is not None:
            last, self._last = self._last, None
            named: JsonObject = {"text": last.text, "source_event_id": last.source}
            yield self._said(self._entry, "AssistantMessage", named)

    def _ended(self, entry: JsonObject) -> Iterator[Said]:
        """The end of a turn, if the agent said anything since the last one."""
        if self._last is None:
            return
        last, self._last = self._last, None
        named: JsonObject = {"last_assistant_message": last.text}
        if self._prompt is None:
            named["source_event_id"] = last.source
        # It belongs to where the text stands, not to the prompt that comes after it.
        said = self._said(self._entry, "Stop", named)
        at = _at(entry) if entry.get("type") == "system" else last.at
        yield replace(said, at=at)

    def _said(self, entry: JsonObject, hook: str, named: JsonObject) -> Said:
        helper = _helper(entry)
        payload = without_none(
            session_id=text(entry, "sessionId"),
            transcript_path=self._told_path,
            cwd=text(entry, "cwd"),
            git_branch=text(entry, "gitBranch"),
            hook_event_name=hook,
            prompt_id=text(entry, "promptId") or self._prompt,
            agent_id=helper,
            agent_type=self._types.get(helper or ""),
            **named,
        )
        # Before it had ids for prompts, its hooks named neither them nor ends.
        return Said(hook, payload, _at(entry), "source_event_id" not in named)


def _helper(entry: JsonObject) -> str | None:
    """The helper whose entry this is, if it is one's."""
    own = text(entry, "agentId")
    if own is None and entry.get("isSidechain") is True:
        return HELPER
    return own


def _path_told(path: Path) -> str:
    """The transcript that the hooks name: a helper's have that of its session."""
    folder = path.parent
    is_helpers = folder.name == "subagents"
    return str(folder.parent.with_suffix(".jsonl") if is_helpers else path)


def _typed(said: str) -> str | None:
    """What a user entered, as the hook of prompts has it; None for what nobody did."""
    command = _COMMAND.search(said)
    if command is not None:
        arguments = _ARGUMENTS.search(said)
        return f"{command[1]} {arguments[1] if arguments else ''}".strip()
    return None if not said.strip() or _NOT_TYPED.match(said) else said


def _at(entry: JsonObject) -> int | None:
    times: Iterable[JsonValue] = (entry.get("timestamp"),)
    return epoch(times)
