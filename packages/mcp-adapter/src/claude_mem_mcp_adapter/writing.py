# SPDX-License-Identifier: Apache-2.0
"""What the tools that write take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from claude_mem_core.domain.listing import listed
from pydantic import Field, model_validator

from claude_mem_mcp_adapter.arguments import Arguments, OfProject, Words

MEMORY_ID = "Id of the memory, as search, timeline and every answer give it"
ITEM: Mapping[str, str] = {
    "memoryid": "id",
    "itemid": "id",
    "observationid": "id",
    "ids": "id",
}


class Add(OfProject):
    """What `memory_add` takes."""

    content: str = Field(
        min_length=1,
        description="What to remember, in one or a few full sentences that stand alone",
    )
    title: str | None = Field(default=None, description="What it is called, one line")
    type: str = Field(
        default="note",
        min_length=1,
        description="What it is: note, preference, discovery, bugfix, convention",
    )
    concepts: Words = Field(default=(), description="Words that it is filed under")
    files: Words = Field(default=(), description="Files that it is about")
    server_session_id: str | None = Field(
        default=None, description="Id of the session that it is of"
    )

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **OfProject.SYNONYMS,
        "text": "content",
        "memory": "content",
        "narrative": "content",
        "body": "content",
        "tags": "concepts",
        "concept": "concepts",
        "file": "files",
        "kind": "type",
        "sessionid": "serverSessionId",
    }


class Decision(OfProject):
    """What `memory_record_decision` takes."""

    decision: str = Field(min_length=1, description="What was decided, in one sentence")
    rationale: str | None = Field(default=None, description="Why it was decided so")
    alternatives: Words = Field(
        default=(), description="What was considered and not taken, one each"
    )
    concepts: Words = Field(default=(), description="Words that it is filed under")
    files: Words = Field(default=(), description="Files that it is about")

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **OfProject.SYNONYMS,
        "title": "decision",
        "content": "decision",
        "reason": "rationale",
        "why": "rationale",
        "options": "alternatives",
        "tags": "concepts",
        "file": "files",
    }


class OfItem(Arguments):
    """The arguments of what is about one memory."""

    id: str = Field(min_length=1, description=MEMORY_ID)

    SYNONYMS: ClassVar[Mapping[str, str]] = ITEM

    @model_validator(mode="before")
    @classmethod
    def _takes_a_list_of_one(cls, given: Any) -> Any:  # noqa: ANN401 - as it was sent
        ids = given.get("id") if isinstance(given, dict) else None
        if isinstance(ids, list) or (isinstance(ids, str) and ids.startswith("[")):
            found = listed(ids)
            if isinstance(found, tuple) and len(found) == 1:
                return {**given, "id": found[0]}
        return given


class Forget(OfItem):
    """What `memory_forget` takes."""

    reason: str | None = Field(
        default=None, description="Why it holds no longer; kept beside the memory"
    )
    undo: bool = Field(default=False, description="Let it hold again")

    SYNONYMS: ClassVar[Mapping[str, str]] = {**ITEM, "why": "reason"}


class Supersede(OfItem):
    """What `memory_supersede` takes."""

    superseded_by_id: str | None = Field(
        default=None, description="Id of the memory that takes its place"
    )
    undo: bool = Field(default=False, description="Nothing took its place after all")

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **ITEM,
        "oldid": "id",
        "newid": "supersededById",
        "by": "supersededById",
        "supersededby": "supersededById",
    }


class Judge(OfItem):
    """What `memory_feedback` takes."""

    useful: bool = Field(description="Whether it helped")
    wrong: bool = Field(default=False, description="Whether it says what is not so")

    SYNONYMS: ClassVar[Mapping[str, str]] = {
        **ITEM,
        "helpful": "useful",
        "incorrect": "wrong",
    }


class Record(OfProject):
    """What `observation_record_event` takes."""

    event_type: str = Field(
        min_length=1, description="What happened, such as tool_use or user_prompt"
    )
    payload: Any = Field(default=None, description="What is told of it, any JSON")
    source_type: str = Field(default="api", description="api, hook or worker")
    occurred_at_epoch: int | None = Field(
        default=None, description="When, in milliseconds since 1970; else now"
    )
    content_session_id: str | None = Field(
        default=None, description="How the agent calls its session"
    )
    platform_source: str | None = Field(default=None, description="Which agent it is")
    generate: bool = Field(default=True, description="Make memories of it")


class JobId(Arguments):
    """What `observation_generation_status` takes."""

    job_id: str = Field(min_length=1, description="Id of the generation job")

    SYNONYMS: ClassVar[Mapping[str, str]] = {"id": "jobId"}
