# SPDX-License-Identifier: Apache-2.0
"""What the tools that read take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from claude_mem_core.domain.value import JsonObject
from pydantic import Field

from claude_mem_mcp_adapter.arguments import Arguments, Count, Moment, OfProject, Words

MOST = 50
AS_OF = "What held at this time, in place of now"
KNOWN_AT = "What was recorded by this time, in place of now"
KINDS: Mapping[str, str] = {
    "observations": "observation",
    "sessions": "summary",
    "prompts": "prompt",
}
"""What the reference system called kinds of records."""


class Filtered(OfProject):
    """The arguments by which a question is narrowed."""

    kind: Words = Field(
        default=(), description="Of these kinds: observation, summary, prompt, manual"
    )
    type: Words = Field(
        default=(),
        description="Of these types, such as decision, bugfix, feature, discovery",
    )
    concept: Words = Field(default=(), description="With one of these concepts")
    file: Words = Field(default=(), description="About one of these files or folders")
    session_id: Words = Field(default=(), description="Of these sessions")
    platform_source: Words = Field(
        default=(), description="From these agents, such as claude-code or codex"
    )
    date_start: Moment | None = Field(
        default=None, description="From then on: 2026-03-01, a time, or milliseconds"
    )
    date_end: Moment | None = Field(default=None, description="Until then")
    as_of: Moment | None = Field(default=None, description=AS_OF)
    known_at: Moment | None = Field(default=None, description=KNOWN_AT)
    include_superseded: bool = Field(
        default=False, description="Those too whose place another took"
    )
    include_expired: bool = Field(
        default=False, description="Those too that hold no longer"
    )

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **OfProject.SYNONYMS,
        "obstype": "type",
        "types": "type",
        "kinds": "kind",
        "concepts": "concept",
        "files": "file",
        "filepath": "file",
        "sessionids": "sessionId",
        "serversessionid": "sessionId",
        "platform": "platformSource",
        "from": "dateStart",
        "since": "dateStart",
        "to": "dateEnd",
        "until": "dateEnd",
    }

    @property
    def filters(self) -> JsonObject:
        """What narrows the question, as the services say it."""
        names = set(Filtered.model_fields) - {"project"}
        said = self.said(*(set(type(self).model_fields) - names))
        types = [*self.type]
        if "type" in said:
            kinds = [KINDS[one] for one in types if one in KINDS]
            said["type"] = [one for one in types if one not in KINDS]
            said["kind"] = [*self.kind, *kinds]
        return said


class Search(Filtered):
    """What `search` and `memory_search` take."""

    query: str | None = Field(
        default=None,
        description="The question, in your own words; without it the latest are listed",
    )
    limit: Count = Field(default=20, ge=1, le=MOST, description="At most so many")
    offset: Count = Field(
        default=0, ge=0, le=MOST, description="Leave out so many of the best"
    )
    order_by: str | None = Field(
        default=None,
        pattern="^(relevance|date_desc|date_asc)$",
        description="relevance, date_desc or date_asc",
    )

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **Filtered.SYNONYMS,
        "q": "query",
        "text": "query",
        "question": "query",
        "maxresults": "limit",
        "count": "limit",
        "sort": "orderBy",
    }


class Recent(Filtered):
    """What `memory_list_recent` takes."""

    limit: Count = Field(default=10, ge=1, le=MOST, description="At most so many")

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **Filtered.SYNONYMS,
        "count": "limit",
        "n": "limit",
    }


class Timeline(Filtered):
    """What `timeline` takes."""

    anchor: str | int | None = Field(
        default=None,
        description="Id of a memory or of a session, a day, a time, or milliseconds",
    )
    query: str | None = Field(
        default=None,
        description="In place of an anchor: the best memory that this finds",
    )
    depth_before: Count = Field(default=5, ge=0, le=MOST, description="Memories before")
    depth_after: Count = Field(default=5, ge=0, le=MOST, description="Memories after")

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **Filtered.SYNONYMS,
        "id": "anchor",
        "anchorid": "anchor",
        "before": "depthBefore",
        "after": "depthAfter",
    }


class Get(Arguments):
    """What `get_observations` takes."""

    ids: Words = Field(min_length=1, description="Ids that search or timeline listed")
    evidence: bool = Field(
        default=False, description="With the words that each was taken from"
    )
    as_of: Moment | None = Field(default=None, description=AS_OF)
    known_at: Moment | None = Field(default=None, description=KNOWN_AT)

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        "id": "ids",
        "memoryid": "ids",
        "memoryids": "ids",
        "observationids": "ids",
    }


class Context(OfProject):
    """What `memory_context` takes."""

    query: str | None = Field(default=None, description="What the work is about")
    files: Words = Field(default=(), description="Tell what is known of these files")
    command: str | None = Field(default=None, description="A command that failed")
    error: str | None = Field(default=None, description="What it complained of")
    limit: Count = Field(default=10, ge=1, le=MOST, description="At most so many")
    token_budget: Count = Field(
        default=2_000, ge=1, le=8_000, description="At most so many tokens of text"
    )
    as_of: Moment | None = Field(default=None, description=AS_OF)
    known_at: Moment | None = Field(default=None, description=KNOWN_AT)

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **OfProject.SYNONYMS,
        "q": "query",
        "file": "files",
        "filepath": "files",
        "maxtokens": "tokenBudget",
    }
