# SPDX-License-Identifier: Apache-2.0
"""Gemini CLI: the files of its chats.

Newer versions write one record a line and write a message anew when it changed; older
ones write the chat as one document. Both have the same messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from claude_mem_core.domain.value import JsonObject
from claude_mem_core.file_heads import head_of
from claude_mem_core.ports.transcripts import Transcript, TranscriptFormat
from pydantic import JsonValue
from typing_extensions import override

from claude_mem_agents.fields import at, epoch, text
from claude_mem_agents.gemini import HOST
from claude_mem_agents.transcripts.calls import Text, Told
from claude_mem_agents.transcripts.documents import (
    DocumentTeller,
    DocumentTranscript,
    json_document,
)
from claude_mem_agents.transcripts.lines import (
    LineTranscript,
    Teller,
    entries_of,
)
from claude_mem_agents.transcripts.said import Said, dicts, joined_text, without_none
from claude_mem_agents.vocabulary import TableVocabulary

SIGNS = (b'"sessionId"', b'"projectHash"')
ROOT = ".project_root"
"""The file beside the chats of a project that names its folder."""

FAILED = "error"
ENDED = ("success", FAILED)


class GeminiTranscripts(TranscriptFormat):
    """The transcripts of Gemini CLI."""

    @property
    @override
    def name(self) -> str:
        return HOST.name

    @override
    def recognises(self, path: Path, head: bytes) -> bool:
        start = head.lstrip()[:4096]
        return start.startswith(b"{") and all(sign in start for sign in SIGNS)

    @override
    def places(self, home: Path, env: Mapping[str, str]) -> Iterator[Path]:
        own = env.get("GEMINI_CLI_HOME")
        yield (Path(own) if own else home) / ".gemini" / "tmp"

    @override
    def open(self, path: Path) -> Transcript:
        vocabulary = TableVocabulary(HOST)
        if next(entries_of(head_of(path).partition(b"\n")[0]), None) is None:
            return DocumentTranscript(path, GeminiDocument(path), vocabulary)
        return LineTranscript(path, GeminiChat(path), vocabulary)


class GeminiChat(Teller):
    """Understands the messages of a chat, each as often as it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session: str | None = None
        self._cwd = _root_of(path)
        self._prompt: str | None = None
        self._last: Text | None = None
        self._told = Told()

    @override
    def hear(self, entry: JsonObject) -> Iterator[Said]:
        self._session = self._session or text(entry, "sessionId")
        for message in (entry, *dicts(entry.get("messages"))):
            if message.get("type") == "user":
                yield from self._asked(message)
            elif message.get("type") == "gemini":
                yield from self._answered(message)

    @override
    def rest(self) -> Iterator[Said]:
        yield from self._ended()

    def _asked(self, message: JsonObject) -> Iterator[Said]:
        prompt = _words(message.get("content"))
        own = text(message, "id")
        if not prompt.strip() or not self._told.is_new(own):
            return
        yield from self._ended()
        self._prompt = prompt
        named: JsonObject = {"prompt": prompt, "source_event_id": own}
        yield self._said("BeforeAgent", named, _when(message))

    def _answered(self, message: JsonObject) -> Iterator[Said]:
        own, said = text(message, "id"), _words(message.get("content"))
        calls = dicts(message.get("toolCalls"))
        if said.strip() and self._told.is_new(own):
            yield from self._went_on()
            self._last = Text(said, _when(message), own)
        if calls:
            yield from self._went_on()
        for call in calls:
            if call.get("status") in ENDED and self._told.is_new(text(call, "id")):
                yield self._called(call, message)

    def _called(self, call: JsonObject, message: JsonObject) -> Said:
        given = _given(call)
        if call.get("status") == FAILED:
            given = {"error": {"message": given or "it failed"}}
        named: JsonObject = {
            "tool_name": text(call, "name"),
            "tool_input": call.get("args"),
            "tool_response": given,
            "tool_use_id": text(call, "id"),
        }
        when = _when(call)
        return self._said("AfterTool", named, _when(message) if when is None else when)

    def _went_on(self) -> Iterator[Said]:
        if self._last is not None:
            last, self._last = self._last, None
            named: JsonObject = {"text": last.text, "source_event_id": last.source}
            yield self._said("AssistantMessage", named, last.at)

    def _ended(self) -> Iterator[Said]:
        if self._last is None:
            return
        last, self._last = self._last, None
        named: JsonObject = {
            "prompt": self._prompt,
            "prompt_response": last.text,
            "source_event_id": last.source,
        }
        yield self._said("AfterAgent", named, last.at)

    def _said(self, hook: str, named: JsonObject, when: int | None) -> Said:
        payload = without_none(
            session_id=self._session,
            transcript_path=str(self._path),
            cwd=self._cwd,
            hook_event_name=hook,
            **named,
        )
        # Its hooks name neither prompts nor calls.
        return Said(hook, payload, when, shared=False)


class GeminiDocument(DocumentTeller):
    """Understands a chat that is one document."""

    def __init__(self, path: Path) -> None:
        self._chat = GeminiChat(path)

    @override
    def hear(self, document: str) -> Iterator[Said]:
        yield from self._chat.hear(json_document(document))

    @override
    def rest(self) -> Iterator[Said]:
        yield from self._chat.rest()


def _words(content: JsonValue) -> str:
    return joined_text(content, "text")


def _given(call: JsonObject) -> JsonValue:
    """What a call gave to the model."""
    said: list[JsonValue] = [
        next((one for one in map(response.get, ("output", "error")) if one), response)
        for part in dicts(call.get("result"))
        if isinstance(response := at(part, "functionResponse.response"), dict)
    ]
    if len(said) == 1:
        return said[0]
    return said or call.get("resultDisplay")


def _when(message: JsonObject) -> int | None:
    return epoch((message.get("timestamp"),))


def _root_of(path: Path) -> str | None:
    """The folder of the project whose chats lie here, where its agent noted it."""
    try:
        return (path.parent.parent / ROOT).read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
