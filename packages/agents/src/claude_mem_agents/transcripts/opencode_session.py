# SPDX-License-Identifier: Apache-2.0
"""OpenCode's messages of parts, which its exports, folders and databases all hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from claude_mem_core.domain.value import JsonObject

from claude_mem_agents.fields import at, epoch, text
from claude_mem_agents.transcripts.calls import Text, Told
from claude_mem_agents.transcripts.said import (
    Said,
    an_object,
    joined_text,
    without_none,
)

GOES_ON = ("tool-calls", "unknown")
"""Why a message of the model ended that does not end the turn."""


class OpenCodeSession:
    """Understands the messages of a session, however often each is told of."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: Text | None = None
        self._session: JsonObject = {}
        self._told = Told()

    def begin(self, session: JsonObject) -> None:
        """This is about that session."""
        self._session = session

    def hear(self, info: JsonObject, parts: Iterable[JsonObject]) -> Iterator[Said]:
        """What happened by a message that was not told yet."""
        if info.get("role") == "user":
            yield from self._asked(info, parts)
        elif info.get("role") == "assistant":
            yield from self._answered(info, parts)

    def rest(self) -> Iterator[Said]:
        """What has happened when nothing follows."""
        yield from self._ended()

    def _asked(self, info: JsonObject, parts: Iterable[JsonObject]) -> Iterator[Said]:
        typed = [part for part in parts if part.get("synthetic") is not True]
        prompt = joined_text([*typed], "text")
        own = text(info, "id")
        if not prompt.strip() or not self._told.is_new(own):
            return
        yield from self._ended()
        named: JsonObject = {"prompt": prompt, "messageID": own}
        yield self._said("chat.message", named, _time(info, "time.created"))

    def _answered(
        self, info: JsonObject, parts: Iterable[JsonObject]
    ) -> Iterator[Said]:
        for part in parts:
            if part.get("type") == "tool":
                yield from self._went_on()
                yield from self._called(part)
            elif part.get("type") == "text" and at(part, "time.end") is not None:
                yield from self._spoke(part, info)
        ended = text(info, "finish")
        if ended is not None and ended not in GOES_ON:
            yield from self._ended()

    def _spoke(self, part: JsonObject, info: JsonObject) -> Iterator[Said]:
        said, own = text(part, "text"), text(part, "id")
        if said and said.strip() and self._told.is_new(own):
            yield from self._went_on()
            when = _time(part, "time.end")
            self._last = Text(said, when or _time(info, "time.created"), own)

    def _called(self, part: JsonObject) -> Iterator[Said]:
        state = an_object(part.get("state"))
        failed = state.get("status") == "error"
        if not (failed or state.get("status") == "completed"):
            return
        if not self._told.is_new(text(part, "callID")):
            return
        noted = an_object(state.get("metadata"))
        if failed:
            noted = {"exit": 1, **noted}
        named: JsonObject = {
            "tool": text(part, "tool"),
            "callID": text(part, "callID"),
            "args": state.get("input"),
            "output": state.get("error") if failed else state.get("output"),
            "title": state.get("title"),
            "metadata": noted,
        }
        yield self._said("tool.execute.after", named, _time(state, "time.end"))

    def _went_on(self) -> Iterator[Said]:
        if self._last is not None:
            last, self._last = self._last, None
            named: JsonObject = {"text": last.text, "source_event_id": last.source}
            yield self._said("message.updated", named, last.at)

    def _ended(self) -> Iterator[Said]:
        if self._last is None:
            return
        last, self._last = self._last, None
        named: JsonObject = {
            "last_assistant_message": last.text,
            "source_event_id": last.source,
        }
        yield self._said("session.idle", named, last.at)

    def _said(self, hook: str, named: JsonObject, when: int | None) -> Said:
        payload = without_none(
            sessionID=text(self._session, "id"),
            directory=text(self._session, "directory"),
            transcript_path=str(self._path),
            **named,
        )
        return Said(hook, payload, when, "source_event_id" not in named)


def _time(value: JsonObject, path: str) -> int | None:
    return epoch((at(value, path),))
