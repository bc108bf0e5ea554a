# SPDX-License-Identifier: Apache-2.0
"""What a transcript says, in the words of its host's hooks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from claude_mem_core.domain.json_line import fit
from claude_mem_core.domain.transcript import Heard, read_from_transcript
from claude_mem_core.domain.value import JsonObject
from pydantic import JsonValue

from claude_mem_agents.vocabulary import TableVocabulary


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happened, as the host's hook would report it.

    Attributes:
        hook: The event in the host's spelling.
        payload: What the hook would say of it.
        at: When, as epoch; None where the transcript does not tell.
        shared: Whether the hook names it by the same id.
        remote: The address of the git remote, where the transcript tells it.
    """

    hook: str
    payload: JsonObject
    at: int | None
    shared: bool = True
    remote: str | None = None


class Hearing:
    """Makes events of what a file says, by the vocabulary of its host.

    Args:
        path: The file.
        vocabulary: That of the hooks: so both ways give an event the same identity.
    """

    def __init__(self, path: Path, vocabulary: TableVocabulary) -> None:
        self._path = path
        self._vocabulary = vocabulary
        self._now: int | None = None

    def heard(self, line: int, said: Said) -> Heard:
        """The event; one without a time happened when the last one did."""
        if said.at is not None:
            self._now = said.at
        elif self._now is None:
            self._now = self._path.stat().st_mtime_ns // 1_000_000
        payload, mended = fit(said.payload)
        event = self._vocabulary.capture(said.hook, payload, received_at=self._now)
        return Heard(
            file=str(self._path),
            line=line,
            event=read_from_transcript(event),
            mended=mended,
            shared=said.shared,
            remote=said.remote,
        )


def without_none(**fields: JsonValue) -> JsonObject:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def joined_text(content: JsonValue, *kinds: str) -> str:
    """The text of a message: as it is, or that of its parts of these kinds."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = [
        part.get("text")
        for part in content
        if isinstance(part, dict) and part.get("type", kinds[0]) in kinds
    ]
    return "\n".join(one for one in texts if isinstance(one, str) and one)


def dicts(value: JsonValue) -> list[JsonObject]:
    """The objects of a list; none of anything else."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def an_object(value: JsonValue) -> JsonObject:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
