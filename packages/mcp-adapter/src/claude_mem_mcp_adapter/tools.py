# SPDX-License-Identifier: Apache-2.0
"""Every tool in one table: the deed that it asks for, and how it is told to a model.

The deed says who may; the row says in what words. What is listed, the guard, the page
of the reference and the tests of who may do what are made from these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Final

from claude_mem_core.domain.deeds import DEEDS, Deed

from claude_mem_mcp_adapter import answers, asking, writing
from claude_mem_mcp_adapter.answers import Answer
from claude_mem_mcp_adapter.arguments import Arguments
from claude_mem_mcp_adapter.desk import Desk

Does = Callable[[Desk, Any], tuple[Answer, str]]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool.

    Attributes:
        deed: What it asks for, and so who may.
        takes: Its arguments.
        gives: What it answers with.
        does: What it does: one method of one service.
        about: What a model is told of it.
        destroys: It takes away what was there.
        repeats: Called again with the same arguments it changes nothing more.
        same_as: The tool that this is another name of.
    """

    name: str
    title: str
    deed: Deed
    takes: type[Arguments]
    gives: type[Answer]
    does: Does
    about: str
    destroys: bool = False
    repeats: bool = False
    same_as: str | None = None

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.deed.does != "writes"


def _does(module: str, name: str) -> Does:
    """A deed of one of our modules, which is imported by the first call.

    To list the tools takes a third less without what only calls need.
    """

    def done(desk: Desk, asked: Arguments) -> tuple[Answer, str]:
        does: Does = getattr(import_module(f"claude_mem_mcp_adapter.{module}"), name)
        return does(desk, asked)

    return done


TOOLS: Final[Sequence[ToolSpec]] = (
    ToolSpec(
        "search",
        "Search memories (step 1)",
        DEEDS["memory.search"],
        asking.Search,
        answers.Index,
        _does("reading", "search"),
        "Step 1 of 3: find what is known from earlier sessions. Gives an index: one "
        "line for each memory with its id, day, type, size in tokens, and what it was "
        "found by. Cheap: ask this first, then timeline around what looks right, then "
        "get_observations for the few ids that matter.",
        repeats=True,
    ),
    ToolSpec(
        "timeline",
        "What was around it (step 2)",
        DEEDS["memory.timeline"],
        asking.Timeline,
        answers.Index,
        _does("reading", "timeline"),
        "Step 2 of 3: see what happened before and after a memory, a session or a "
        "moment, oldest first, as lines of an index. Give an anchor that search "
        "listed, or a query in its place.",
        repeats=True,
    ),
    ToolSpec(
        "get_observations",
        "Get memories whole (step 3)",
        DEEDS["memory.read_many"],
        asking.Get,
        answers.Whole,
        _does("reading", "get"),
        "Step 3 of 3: read memories whole, with their sources, by the ids that search "
        "or timeline listed. Ask for several at once, and only for those you need.",
        repeats=True,
    ),
    ToolSpec(
        "memory_search",
        "Search memories, with text",
        DEEDS["memory.search"],
        asking.Search,
        answers.Found,
        _does("reading", "memory_search"),
        "Find memories and read how each begins, in one call. For many results search "
        "is cheaper: it lists them, and get_observations reads the few that matter.",
        repeats=True,
    ),
    ToolSpec(
        "memory_context",
        "What to know beforehand",
        DEEDS["context.pack"],
        asking.Context,
        answers.Pack,
        _does("reading", "context"),
        "The most useful memories that fit a budget of tokens, as one text: at the "
        "start of work without arguments; about a question, about files before you "
        "edit them, or about a command that failed and its error.",
        repeats=True,
    ),
    ToolSpec(
        "memory_list_recent",
        "The latest memories",
        DEEDS["memory.search"],
        asking.Recent,
        answers.Found,
        _does("reading", "recent"),
        "The latest memories of the project, newest first, with how each begins.",
        repeats=True,
    ),
    ToolSpec(
        "memory_add",
        "Remember something",
        DEEDS["memory.write"],
        writing.Add,
        answers.Kept,
        _does("changing", "add"),
        "Keep something for later sessions: a fact, a preference of the user, a "
        "convention, a cause that was found. Write it so that it stands alone. Never "
        "put a secret in it. Decisions belong in memory_record_decision.",
    ),
    ToolSpec(
        "memory_record_decision",
        "Record a decision",
        DEEDS["memory.write"],
        writing.Decision,
        answers.Kept,
        _does("changing", "decide"),
        "Keep what was decided, why, and what was not taken. Search first: where an "
        "earlier decision is replaced, call memory_supersede with its id afterwards.",
    ),
    ToolSpec(
        "memory_supersede",
        "Replace a memory",
        DEEDS["memory.supersede"],
        writing.Supersede,
        answers.Kept,
        _does("changing", "supersede"),
        "Say that a newer memory takes an older one's place. The older one is kept and "
        "is no longer found, unless someone asks about the time when it held.",
        destroys=True,
        repeats=True,
    ),
    ToolSpec(
        "memory_forget",
        "Let a memory hold no longer",
        DEEDS["memory.expire"],
        writing.Forget,
        answers.Kept,
        _does("changing", "forget"),
        "Let a memory hold no longer from now on: it is not found and not told any "
        "more. It expires and is NOT erased: it stays in the store, for questions "
        "about the past and for undo. Where something must be erased, such as a "
        "secret, tell the user: claude-mem server redact does that.",
        destroys=True,
        repeats=True,
    ),
    ToolSpec(
        "memory_feedback",
        "Say whether a memory helped",
        DEEDS["memory.feedback"],
        writing.Judge,
        answers.Judged,
        _does("changing", "judge"),
        "Say whether a memory that you were told was useful, or is wrong. What helps "
        "is told sooner next time, and what is wrong later or never.",
    ),
)
"""The tools that are always listed."""


def _again(name: str, like: str, note: str) -> ToolSpec:
    row = next(one for one in TOOLS if one.name == like)
    return replace(row, name=name, about=f"{note} {row.about}", same_as=like)


OBSERVATION_TOOLS: Final[Sequence[ToolSpec]] = (
    _again("observation_add", "memory_add", "The same as memory_add."),
    _again("observation_search", "memory_search", "The same as memory_search."),
    _again("observation_context", "memory_context", "The same as memory_context."),
    ToolSpec(
        "observation_record_event",
        "Record an event",
        DEEDS["event.write"],
        writing.Record,
        answers.Recorded,
        _does("changing", "record"),
        "Keep something that happened, for memories to be made of in the background. "
        "What you know already is better kept with memory_add.",
    ),
    ToolSpec(
        "observation_generation_status",
        "How far a job is",
        DEEDS["generation_job.read"],
        writing.JobId,
        answers.JobStatus,
        _does("reading", "job_status"),
        "How far the job is that makes memories of an event.",
        repeats=True,
    ),
)
"""The reference system's names, listed where the settings ask for them."""

BY_NAME: Final[Mapping[str, ToolSpec]] = {
    row.name: row for row in (*TOOLS, *OBSERVATION_TOOLS)
}
"""Each tool by its name."""
