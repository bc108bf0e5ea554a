# SPDX-License-Identifier: Apache-2.0
"""Claude Code's hooks become events, and nothing of them is lost."""

from __future__ import annotations

import json

import pytest
from claude_mem_agents.claude_code import ClaudeCode
from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.value import LAST_EPOCH
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_700_000_000_000
COMMON = {
    "session_id": "5f2b", "transcript_path": "/home/me/.claude/5f2b.jsonl",
    "cwd": "/home/me/lamp", "permission_mode": "default", "prompt_id": "p1",
}  # fmt: skip


def capture(event: str, payload: dict[str, object]) -> AgentEventCapture:
    return ClaudeCode().capture(event, payload, received_at=NOW)


def test_a_tool_use_is_read_in_full() -> None:
    payload = {
        **COMMON, "hook_event_name": "PostToolUse", "tool_name": "Bash",
        "tool_input": {"command": "cat hello.txt"}, "tool_response": {"stdout": "hello"},
        "tool_use_id": "toolu_01", "duration_ms": 4455,
    }  # fmt: skip

    assert capture("PostToolUse", payload) == AgentEventCapture(
        source_type="hook",
        event_type="tool_use",
        platform_source="claude",
        payload=payload,
        content_session_id="5f2b",
        occurred_at_epoch=NOW,
        tool_use_id="toolu_01",
        metadata={
            "promptId": "p1",
            "transcriptPath": "/home/me/.claude/5f2b.jsonl",
            "permissionMode": "default",
            "durationMs": 4455,
        },
        root_path="/home/me/lamp",
    )


@pytest.mark.parametrize(
    ("name", "event_type"),
    [
        ("UserPromptSubmit", "user_prompt"), ("PostToolUse", "tool_use"),
        ("PostToolUseFailure", "tool_failure"), ("PreToolUse", "pre_tool_use"),
        ("Stop", "turn_end"), ("SubagentStop", "subagent_stop"),
        ("SessionStart", "session_start"), ("SessionEnd", "session_end"),
        ("AssistantMessage", "assistant_message"), ("PreCompact", "pre_compact"),
        ("PostToolBatch", "post_tool_batch"), ("CwdChanged", "cwd_changed"),
        ("MCPServerAdded", "mcp_server_added"), ("post-tool-use", "tool_use"),
        ("post_tool_use", "tool_use"), ("Something New", "something_new"),
        ("Ünbekannt", "ünbekannt"), ("...", "unnamed"), ("x" * 1000, "x" * 512),
    ],
)  # fmt: skip
def test_every_event_has_a_type(name, event_type) -> None:
    assert capture(name, {}).event_type == event_type


def test_a_prompts_id_is_the_events_own_for_the_prompt_only() -> None:
    assert capture("UserPromptSubmit", COMMON).source_event_id == "p1"
    assert capture("PostToolUse", COMMON).source_event_id is None
    assert capture("SubagentStop", COMMON).source_event_id is None


def test_an_end_is_known_by_its_prompt_and_what_was_said_last() -> None:
    ends = [{**COMMON, "last_assistant_message": said} for said in ("a b", "a c d")]
    first, other = (capture("Stop", one).source_event_id for one in ends)

    assert first is not None
    assert first == capture("Stop", ends[0]).source_event_id
    assert first != other
    assert capture("Stop", {"session_id": "s"}).source_event_id is None


def test_an_id_that_the_sender_gave_the_event_comes_first() -> None:
    payload = {**COMMON, "source_event_id": "e1"}

    assert capture("UserPromptSubmit", payload).source_event_id == "e1"
    assert capture("Stop", payload).source_event_id == "e1"


@pytest.mark.parametrize(
    ("payload", "session_id"),
    [
        ({"session_id": "a", "id": "b", "sessionId": "c"}, "a"),
        ({"id": "b", "sessionId": "c"}, "b"),
        ({"sessionId": "c"}, "c"),
        ({"session_id": None, "sessionId": "c"}, "c"),
        ({"session_id": "", "sessionId": "c"}, "c"),
        ({"session_id": 5}, None),
        ({"session_id": "x" * 256}, "x" * 256),
        ({"session_id": "x" * 257}, None),
        ({"session_id": "a\0b"}, None),
        ({}, None),
    ],
)
def test_the_session_is_named_by_the_first_of_three_fields(payload, session_id) -> None:
    captured = capture("Stop", payload)

    assert captured.content_session_id == session_id
    assert captured.payload == payload


@pytest.mark.parametrize(
    ("ts", "epoch"),
    [
        ("2026-01-05T12:17:31.459Z", 1767615451459),
        ("2026-01-05T13:17:31.459+01:00", 1767615451459),
        ("2026-01-05T12:17:31.459999Z", 1767615451459),
        ("1970-01-01T00:00:00Z", 0),
        (1767615451459, 1767615451459),
        (0, 0),
        (LAST_EPOCH, LAST_EPOCH),
        (LAST_EPOCH + 1, NOW),
        (-1, NOW),
        ("1969-12-31T23:59:59Z", NOW),
        ("2026-01-05T12:17:31.459", NOW),
        ("yesterday", NOW),
        ("", NOW),
        (True, NOW),
        (1.5, NOW),
        (None, NOW),
        ({}, NOW),
    ],
)
def test_an_event_happened_when_it_says_else_when_it_came(ts, epoch) -> None:
    assert capture("Stop", {"ts": ts}).occurred_at_epoch == epoch


@pytest.mark.parametrize("cwd", [None, "", 5, [], {}, True, "/a\0b"])
def test_a_folder_that_is_none_is_left_out_and_kept_raw(cwd) -> None:
    captured = capture("Stop", {"session_id": "s1", "cwd": cwd})

    assert captured.root_path is None
    assert captured.payload == {"session_id": "s1", "cwd": cwd}
    assert captured.content_session_id == "s1"


@pytest.mark.parametrize("name", ["tool_use_id", "toolUseId"])
def test_the_tool_call_is_named_in_either_spelling(name) -> None:
    assert capture("PreToolUse", {name: "t1"}).tool_use_id == "t1"


def agent(**fields: object) -> dict[str, object]:
    """What is read of a subagent's name."""
    metadata = capture("PostToolUse", {**COMMON, **fields}).metadata
    return {key: metadata[key] for key in ("agentId", "agentType") if key in metadata}


def test_a_subagents_id_and_type_are_read() -> None:
    assert agent(agent_id="a", agent_type="explorer") == {
        "agentId": "a",
        "agentType": "explorer",
    }


def test_the_main_session_has_no_agent() -> None:
    assert agent() == {}


@pytest.mark.parametrize("odd", [5, None, True, ["a"], {"a": 1}])
def test_an_agent_id_that_is_no_text_counts_as_absent(odd) -> None:
    assert agent(agent_id=odd, agent_type="explorer") == {"agentType": "explorer"}


@pytest.mark.parametrize("odd", [5, None, True, ["a"], {"a": 1}])
def test_an_agent_type_that_is_no_text_counts_as_absent(odd) -> None:
    assert agent(agent_id="a", agent_type=odd) == {"agentId": "a"}


def test_an_agent_id_alone_is_read() -> None:
    assert agent(agent_id="a") == {"agentId": "a"}


def test_a_session_start_without_any_field_is_read() -> None:
    captured = capture("SessionStart", {})

    assert captured.event_type == "session_start"
    assert captured.metadata == {}


def test_an_agent_name_of_129_characters_counts_as_absent() -> None:
    assert agent(agent_id="x" * 129, agent_type="y" * 129) == {}


def test_an_agent_name_of_128_characters_is_read() -> None:
    assert agent(agent_id="x" * 128) == {"agentId": "x" * 128}


def test_an_empty_agent_name_counts_as_absent() -> None:
    assert agent(agent_id="", agent_type="") == {}


FIELDS = [
    "session_id", "id", "sessionId", "cwd", "ts", "tool_use_id", "prompt_id", "agent_id",
    "agent_type", "transcript_path", "duration_ms", "permission_mode", "source_event_id",
]  # fmt: skip
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)  # fmt: skip


@given(st.text(max_size=30), st.dictionaries(st.sampled_from(FIELDS), ODD))
def test_no_payload_is_refused_and_each_is_kept_whole(event, payload) -> None:
    captured = capture(event, payload)

    assert captured.payload == payload
    assert captured.source_type == "hook"
    json.dumps(captured.to_wire())
