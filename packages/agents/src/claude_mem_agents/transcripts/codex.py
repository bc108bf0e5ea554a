# SPDX-License-Identifier: Apache-2.0
"""Codex: the rollout files of its sessions, as versions up to 0.171 write them.

One line a record, of which `response_item` holds what went between user, model and
tools, and `event_msg` what its screen shows; files from before September 2025 have the
items alone. What the hooks call `Bash` are its several ways to run a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.transcripts import Transcript, TranscriptFormat
from pydantic import JsonValue
from typing_extensions import override

from claude_mem_agents.codex import HOST
from claude_mem_agents.fields import at, epoch, parsed, text
from claude_mem_agents.transcripts.calls import Call, OpenCalls, Text
from claude_mem_agents.transcripts.lines import LineTranscript, Teller, entries_of
from claude_mem_agents.transcripts.said import (
    Said,
    an_object,
    joined_text,
    without_none,
)
from claude_mem_agents.vocabulary import TableVocabulary

SHELLS = frozenset({"exec_command", "shell", "shell_command", "local_shell"})
PATCH = "apply_patch"
TURN = "internal_chat_message_metadata_passthrough.turn_id"
THROUGH_SHELL = 3
"""Words of a command that a shell reads: `bash -lc COMMAND`."""

_PUT_IN = re.compile(
    r"\s*(?:<(?:environment_context|user_instructions|skill|turn_aborted|INSTRUCTIONS"
    r"|subagent_notification|user_shell_command|goal_context|permissions)\b"
    r"|# AGENTS\.md instructions\b)"
)
_HEADER = re.compile(r"(?:Chunk ID|Exit code|Wall time): .*?\nOutput:\n", re.DOTALL)


class CodexTranscripts(TranscriptFormat):
    """The transcripts of Codex."""

    @property
    @override
    def name(self) -> str:
        return HOST.name

    @override
    def recognises(self, path: Path, head: bytes) -> bool:
        first = next(entries_of(head.partition(b"\n")[0]), None)
        if first is None:
            # Its instructions make the first line of many a file a long one.
            return head.lstrip().startswith(b"{") and _begins_rollout(head)
        return first.get("type") == "session_meta" or (
            "instructions" in first and "id" in first and "timestamp" in first
        )

    @override
    def places(self, home: Path, env: Mapping[str, str]) -> Iterator[Path]:
        own = env.get("CODEX_HOME")
        folder = Path(own) if own else home / ".codex"
        yield folder / "sessions"
        yield folder / "archived_sessions"

    @override
    def open(self, path: Path) -> Transcript:
        return LineTranscript(path, CodexSession(path), TableVocabulary(HOST))


def _begins_rollout(head: bytes) -> bool:
    return b'"type":"session_meta"' in head[:200].replace(b" ", b"")


class CodexSession(Teller):
    """Understands the records of a session."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._calls = OpenCalls()
        self._last: Text | None = None
        self._session: str | None = None
        self._helper: str | None = None
        self._cwd: str | None = None
        self._branch: str | None = None
        self._remote: str | None = None
        self._model: str | None = None
        self._turn: str | None = None
        self._prompts = 0

    @override
    def hear(self, entry: JsonObject) -> Iterator[Said]:
        item = entry.get("payload")
        kind = text(entry, "type")
        if not isinstance(item, dict):
            # An old file: the items stand by themselves, below a line about it all.
            kind = "response_item" if kind else "session_meta"
            item = entry
        when = epoch((entry.get("timestamp"),))
        if kind == "session_meta":
            self._begin(item)
        elif kind == "turn_context":
            self._in_turn(item)
        elif kind == "event_msg":
            yield from self._shown(item, when)
        elif kind == "response_item":
            yield from self._went(item, when)
        elif kind == "compacted" and text(item, "message"):
            named: JsonObject = {"compact_summary": item["message"]}
            yield self._said("PostCompact", named, when, shared=False)

    @override
    def rest(self) -> Iterator[Said]:
        if not self._calls and self._last is not None:
            yield from self._ended(self._last.text, self._last.at)

    def _begin(self, item: JsonObject) -> None:
        if self._session is not None:
            # A fork repeats what it was made from.
            return
        own = text(item, "id")
        self._session = text(item, "session_id") or own
        self._helper = own if own != self._session else None
        self._cwd = text(item, "cwd")
        self._branch = text(item, "git.branch")
        self._remote = text(item, "git.repository_url")

    def _in_turn(self, item: JsonObject) -> None:
        self._turn = text(item, "turn_id") or self._turn
        self._cwd = text(item, "cwd") or self._cwd
        self._model = text(item, "model") or self._model

    def _shown(self, item: JsonObject, when: int | None) -> Iterator[Said]:
        kind = item.get("type")
        if kind == "task_started":
            self._turn = text(item, "turn_id") or self._turn
        elif kind == "task_complete":
            said = text(item, "last_agent_message")
            if said or self._last is not None:
                yield from self._ended(said or "", when)

    def _went(self, item: JsonObject, when: int | None) -> Iterator[Said]:
        self._turn = text(item, TURN) or self._turn
        kind, role = item.get("type"), item.get("role")
        if kind == "message" and role == "user":
            yield from self._asked(item, when)
        elif kind == "message" and role == "assistant":
            yield from self._answered(item, when)
        elif kind in ("function_call", "custom_tool_call", "local_shell_call"):
            yield from self._went_on()
            call_id = text(item, "call_id", "id")
            if call_id is not None:
                self._calls.begin(call_id, _call(item))
        elif kind in ("function_call_output", "custom_tool_call_output"):
            yield from self._result(item, when)

    def _asked(self, item: JsonObject, when: int | None) -> Iterator[Said]:
        prompt = joined_text(item.get("content"), "input_text", "text")
        if not prompt.strip() or _PUT_IN.match(prompt):
            return
        if self._last is not None:
            yield from self._ended(self._last.text, self._last.at)
        self._prompts += 1
        named: JsonObject = {"prompt": prompt}
        yield self._said("UserPromptSubmit", self._named(named, "prompt"), when)

    def _answered(self, item: JsonObject, when: int | None) -> Iterator[Said]:
        yield from self._went_on()
        said = joined_text(item.get("content"), "output_text", "text")
        if said.strip():
            own = text(item, "id") or f"{self._prompts}:{when}"
            self._last = Text(said, when, own)

    def _result(self, item: JsonObject, when: int | None) -> Iterator[Said]:
        call_id = text(item, "call_id")
        call = self._calls.end(call_id) if call_id else None
        if call is None:
            return
        named: JsonObject = {
            "tool_name": call.tool,
            "tool_input": call.input,
            "tool_use_id": call_id,
            "tool_response": _output(item.get("output"), call.tool),
        }
        yield self._said("PostToolUse", named, when)

    def _went_on(self) -> Iterator[Said]:
        """The last text, now that it turned out to be within a turn."""
        if self._last is not None:
            last, self._last = self._last, None
            named: JsonObject = {"text": last.text, "source_event_id": last.source}
            yield self._said("AssistantMessage", named, last.at)

    def _ended(self, said: str, when: int | None) -> Iterator[Said]:
        self._last = None
        named: JsonObject = {"last_assistant_message": said}
        yield self._said("Stop", self._named(named, "end"), when)

    def _named(self, named: JsonObject, kind: str) -> JsonObject:
        """With a name of its own, where no turn has one that the hooks know too."""
        if self._turn is not None:
            return named
        return {**named, "source_event_id": f"{kind}:{self._prompts}"}

    def _said(
        self, hook: str, named: JsonObject, when: int | None, *, shared: bool = True
    ) -> Said:
        payload = without_none(
            session_id=self._session,
            transcript_path=str(self._path),
            cwd=self._cwd,
            git_branch=self._branch,
            hook_event_name=hook,
            model=self._model,
            turn_id=self._turn,
            agent_id=self._helper,
            **named,
        )
        is_shared = shared and "source_event_id" not in named
        return Said(hook, payload, when, is_shared, self._remote)


def _call(item: JsonObject) -> Call:
    """The call as the hooks would report it."""
    name = text(item, "name") or "local_shell"
    given = item.get("arguments", item.get("input", item.get("action")))
    said = parsed(given)
    if name in SHELLS:
        return Call("Bash", {"command": _command(an_object(said))})
    if name == PATCH:
        patch = text(an_object(said), "input", "patch") or said
        return Call(PATCH, {"command": patch})
    return Call(name, said)


def _command(said: JsonObject) -> JsonValue:
    command = said.get("cmd", said.get("command"))
    if not isinstance(command, list):
        return command
    words = [word for word in command if isinstance(word, str)]
    if len(words) == THROUGH_SHELL and words[1] in ("-c", "-lc"):
        return words[-1]
    return " ".join(words)


def _output(output: JsonValue, tool: str) -> JsonValue:
    """What a call gave, without the header that the model sees above an output."""
    said = at(parsed(output), "output") if isinstance(output, str) else None
    said = output if said is None else said
    if isinstance(said, list):
        said = joined_text(said, "input_text", "output_text", "text")
    if tool == "Bash" and isinstance(said, str):
        header = _HEADER.match(said)
        return said[header.end() :] if header else said
    return said
