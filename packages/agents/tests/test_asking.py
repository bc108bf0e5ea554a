# SPDX-License-Identifier: Apache-2.0
"""What Claude Code can be told at which of its events."""

from __future__ import annotations

import pytest
from claude_mem_agents.claude_code import MOST_TOLD, ClaudeCode
from claude_mem_core.domain.hook import LONGEST_ASKED, HookQuestion

COMMON = {"session_id": "s", "cwd": "/home/me/lamp"}


def asks(event: str, **payload: object) -> HookQuestion | None:
    return ClaudeCode().asks(event, {**COMMON, **payload})


@pytest.mark.parametrize("source", ["startup", "clear", "compact", "fork"])
def test_a_session_that_begins_asks_for_what_is_known(source: str) -> None:
    expected = HookQuestion(moment="start", budget=MOST_TOLD)

    assert asks("SessionStart", source=source) == expected
    assert asks("session-start", source=source) == expected


def test_a_resumed_session_has_its_memories_in_its_transcript() -> None:
    assert asks("SessionStart", source="resume") is None


def test_a_prompt_asks_for_what_fits_it() -> None:
    asked = asks("UserPromptSubmit", prompt="Mend the lamp.")

    assert asked is not None
    assert (asked.moment, asked.query) == ("prompt", "Mend the lamp.")


@pytest.mark.parametrize("prompt", ["", None, 5, ["x"]])
def test_no_prompt_asks_nothing(prompt: object) -> None:
    assert asks("UserPromptSubmit", prompt=prompt) is None


@pytest.mark.parametrize("tool", ["Read", "Edit", "MultiEdit", "Write"])
def test_a_tool_that_opens_a_file_asks_about_it(tool: str) -> None:
    asked = asks("PreToolUse", tool_name=tool, tool_input={"file_path": "/a/b.py"})

    assert asked is not None
    assert (asked.moment, asked.files) == ("file", ("/a/b.py",))


def test_a_notebook_has_its_own_field() -> None:
    given = {"notebook_path": "/a/b.ipynb"}
    asked = asks("PreToolUse", tool_name="NotebookEdit", tool_input=given)

    assert asked is not None
    assert asked.files == ("/a/b.ipynb",)


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Bash", {"command": "cat b.py"}),
        ("Read", {}),
        ("Read", "/a/b.py"),
        ("Read", {"file_path": 5}),
        (None, {"file_path": "/a/b.py"}),
    ],
)
def test_no_file_asks_nothing(tool: object, given: object) -> None:
    assert asks("PreToolUse", tool_name=tool, tool_input=given) is None


def test_a_failure_tells_what_failed_and_how() -> None:
    asked = asks(
        "PostToolUseFailure",
        tool_name="Bash",
        tool_input={"command": "make"},
        error="Exit code 2\nno rule",
    )

    assert asked is not None
    assert (asked.moment, asked.command) == ("failure", "make")
    assert asked.error == "Exit code 2\nno rule"


def test_of_a_long_error_the_end_is_asked_about() -> None:
    asked = asks("PostToolUseFailure", tool_name="Edit", error="a" * 30_000 + "end")

    assert asked is not None
    assert asked.command == "Edit"
    assert asked.error is not None
    assert len(asked.error) == LONGEST_ASKED
    assert asked.error.endswith("end")


def test_what_the_user_interrupted_did_not_fail() -> None:
    failed = {"tool_name": "Bash", "error": "Interrupted", "is_interrupt": True}

    assert asks("PostToolUseFailure", **failed) is None


@pytest.mark.parametrize("event", ["PostToolUse", "Stop", "SessionEnd", "PreCompact"])
def test_other_events_ask_nothing_and_are_told_nothing(event: str) -> None:
    assert asks(event, prompt="x", error="x") is None
    assert ClaudeCode().answer(event, "told") == {}


def test_the_answer_is_in_the_agents_words() -> None:
    assert ClaudeCode().answer("session_start", "told", "note") == {
        "hookSpecificOutput": {
            "hookEventName": "SessionStart",
            "additionalContext": "told",
        },
        "systemMessage": "note",
    }
