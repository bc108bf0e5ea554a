# SPDX-License-Identifier: Apache-2.0
"""Cursor: the chats that it exports as Markdown, and the files of its agent.

Neither tells what the tools gave, so only what was asked and answered is read. The
files of the agent have no times, an export has that of its making.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.transcripts import Transcript, TranscriptFormat
from typing_extensions import override

from claude_mem_agents.cursor import HOST
from claude_mem_agents.transcripts.documents import DocumentTeller, DocumentTranscript
from claude_mem_agents.transcripts.lines import LineTranscript, Teller, entries_of
from claude_mem_agents.transcripts.said import (
    Said,
    an_object,
    joined_text,
    without_none,
)
from claude_mem_agents.vocabulary import TableVocabulary

FOLDER = "agent-transcripts"
_EXPORTED = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*# [^\n]*\n_Exported on [^\n]* from Cursor\b[^\n]*_"
)
_HEAD = re.compile(r"# (?P<title>[^\n]*)\n_Exported on (?P<when>[^\n]*?) from Cursor")
_SPEAKER = re.compile(r"^---\n+\*\*(User|Cursor)\*\*\n", re.MULTILINE)
_TIME = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}) at (\d{1,2}):(\d\d):(\d\d)\s*([AP]M)?"
    r"\s*(?:GMT|UTC)?([+-]\d{1,2})?(?::?(\d\d))?",
    re.IGNORECASE,
)
_QUERY = re.compile(r"<user_query>\s*(.*?)\s*</user_query>", re.DOTALL)


class CursorTranscripts(TranscriptFormat):
    """The transcripts of Cursor."""

    @property
    @override
    def name(self) -> str:
        return HOST.name

    @override
    def recognises(self, path: Path, head: bytes) -> bool:
        if _EXPORTED.match(head):
            return True
        first = next(entries_of(head), {})
        message = an_object(first.get("message"))
        return FOLDER in path.parts and "role" in first and "content" in message

    @override
    def places(self, home: Path, env: Mapping[str, str]) -> Iterator[Path]:
        yield home / ".cursor" / "projects"

    @override
    def open(self, path: Path) -> Transcript:
        vocabulary = TableVocabulary(HOST)
        if FOLDER in path.parts:
            return LineTranscript(path, CursorSession(path), vocabulary)
        return DocumentTranscript(path, CursorExport(path), vocabulary)


class CursorSession(Teller):
    """Understands the messages of a conversation, whichever way they were written."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self._path = path
        self._name = name or path.stem
        self._root = _root_of(path)
        self._count = 0
        self._last: tuple[str, str] | None = None
        self.at: int | None = None

    @override
    def hear(self, entry: JsonObject) -> Iterator[Said]:
        content = an_object(entry.get("message")).get("content")
        said = joined_text(content, "text")
        if entry.get("role") == "user":
            query = _QUERY.search(said)
            yield from self.asked(query[1] if query else said)
        elif entry.get("role") == "assistant":
            yield from self.answered(said)

    @override
    def rest(self) -> Iterator[Said]:
        yield from self._told("stop", "last_assistant_message")

    def asked(self, prompt: str) -> Iterator[Said]:
        """The user asked."""
        if prompt.strip():
            yield from self._told("stop", "last_assistant_message")
            yield self._said("beforeSubmitPrompt", {"prompt": prompt}, self._next())

    def answered(self, said: str) -> Iterator[Said]:
        """The agent answered."""
        if said.strip():
            yield from self._told("afterAgentResponse", "text")
            self._last = said, self._next()

    def _told(self, hook: str, name: str) -> Iterator[Said]:
        if self._last is not None:
            (said, own), self._last = self._last, None
            yield self._said(hook, {name: said}, own)

    def _next(self) -> str:
        self._count += 1
        return f"message:{self._count}"

    def _said(self, hook: str, named: JsonObject, own: str) -> Said:
        payload = without_none(
            conversation_id=self._name,
            workspace_roots=[self._root] if self._root else None,
            transcript_path=str(self._path),
            hook_event_name=hook,
            source_event_id=own,
            **named,
        )
        return Said(hook, payload, self.at, shared=False)


class CursorExport(DocumentTeller):
    """Understands an exported chat, which is the same one when it is exported again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chat: CursorSession | None = None
        self._known = 0

    @override
    def hear(self, document: str) -> Iterator[Said]:
        head = _HEAD.search(document)
        _, *pieces = _SPEAKER.split(document)
        turns = list(zip(pieces[::2], pieces[1::2], strict=False))
        if head is None or not turns:
            return
        if self._chat is None:
            begun = f"{head['title']}\0{turns[0][1].strip()}"
            digest = hashlib.sha256(begun.encode()).hexdigest()
            self._chat = CursorSession(self._path, f"export-{digest[:32]}")
        self._chat.at = _epoch(head["when"])
        for speaker, said in turns[self._known :]:
            text = said.strip().removesuffix("---").strip()
            tell = self._chat.asked if speaker == "User" else self._chat.answered
            yield from tell(text)
        self._known = len(turns)

    @override
    def rest(self) -> Iterator[Said]:
        if self._chat is not None:
            yield from self._chat.rest()


def _epoch(when: str) -> int | None:
    """The time of an export, which is written as in the United States."""
    found = _TIME.search(when)
    if found is None:
        return None
    month, day, year, hour, minute, second = map(int, found.groups()[:6])
    half, ahead = found[7], int(found[8] or 0)
    if half:
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return (int(moment.timestamp()) - ahead * 3600) * 1000


def _root_of(path: Path) -> str | None:
    """The folder of a project, where its name in Cursor's own folder still leads to it.

    That name has a hyphen for every slash, and may have others.
    """
    if FOLDER not in path.parts:
        return None
    name = path.parts[path.parts.index(FOLDER) - 1]
    folder = Path("/" + name.replace("-", "/"))
    return str(folder) if folder.is_dir() else None
