# SPDX-License-Identifier: Apache-2.0
"""Every prompt in one table: what a user can start an agent with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from claude_mem_core.domain.deeds import DEEDS, Deed

from claude_mem_mcp_adapter.desk import Desk


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a prompt."""

    name: str
    about: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """One prompt.

    Attributes:
        deed: What filling it in asks for, and so who may.
        does: From the arguments to the text of the user's message.
    """

    name: str
    title: str
    deed: Deed
    takes: Sequence[Argument]
    does: Callable[[Desk, Mapping[str, str]], str]
    about: str


PROJECT = Argument("project", "Name, id or folder of the project; else this folder's")


def _recall(desk: Desk, given: Mapping[str, str]) -> str:
    question = given["question"]
    pack = _pack(desk, given, {"query": question})
    known = pack or "Nothing that was kept fits at first sight."
    return (
        f"{known}\n\nAnswer this from what earlier sessions left, and name the ids "
        "that you used. Where the notes are not enough, call search, then timeline, "
        f"then get_observations. Say so where nothing is known.\n\n{question}"
    )


def _hand_over(desk: Desk, given: Mapping[str, str]) -> str:
    known = _pack(desk, given, {}) or "Nothing was kept of this project before."
    return (
        f"{known}\n\nWrite the hand-over of this session for whoever goes on: what was "
        "wanted, what is done and how it was checked, what is open and what comes "
        "next, which files matter, and what surprised you. Keep each fact that is new "
        "with memory_add and each decision with memory_record_decision; let what no "
        "longer holds be replaced with memory_supersede. Then show the hand-over."
    )


def _decision(desk: Desk, given: Mapping[str, str]) -> str:
    del desk
    return (
        "Record this decision. First call search for an earlier one about the same "
        "matter. Then call memory_record_decision with what was decided, why, and "
        "what was not taken; ask the user for what you do not know. Where it replaces "
        f"an earlier one, call memory_supersede.\n\n{given['decision']}"
    )


def _pack(desk: Desk, given: Mapping[str, str], about: Mapping[str, str]) -> str:
    told = {**about, **desk.project(given.get("project"))}
    from claude_mem_core.domain.context_pack import ContextQuery

    query = ContextQuery.from_wire(told)
    return desk.runtime.context.pack(
        query, by=desk.by, request_id=desk.asker.request_id
    ).context


PROMPTS: Final[Sequence[PromptSpec]] = (
    PromptSpec(
        "recall",
        "Recall",
        DEEDS["context.pack"],
        (Argument("question", "What you want to know", required=True), PROJECT),
        _recall,
        "Answer a question from what earlier sessions left.",
    ),
    PromptSpec(
        "hand_over",
        "Hand over",
        DEEDS["context.pack"],
        (PROJECT,),
        _hand_over,
        "End a session so that the next one can go on.",
    ),
    PromptSpec(
        "record_decision",
        "Record a decision",
        DEEDS["memory.write"],
        (Argument("decision", "What was decided", required=True),),
        _decision,
        "Keep a decision with its reasons.",
    ),
)
