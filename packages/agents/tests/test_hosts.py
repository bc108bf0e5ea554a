# SPDX-License-Identifier: Apache-2.0
"""What is special about a host, and what is the same for all of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from claude_mem_core.domain.agent_event import (
    AgentEvent,
    AgentEventCapture,
    event_key,
    stored,
)
from claude_mem_core.domain.hook import HookQuestion
from hosts_seen import NAMES, NOW, VOCABULARIES, golden
from hypothesis import given
from hypothesis import strategies as st
from turns import observe

TEAM = "t"


def capture(host: str, hook: str, **payload: Any) -> AgentEventCapture:
    return VOCABULARIES[host].capture(hook, payload, received_at=NOW)


def asks(host: str, hook: str, **payload: Any) -> HookQuestion | None:
    return VOCABULARIES[host].asks(hook, payload)


def event(host: str, hook: str, number: int, **payload: Any) -> AgentEvent:
    draft = capture(host, hook, **payload).in_project("p")
    return stored(draft, session_id="s", id_=f"e{number}", now=NOW)


LAMP = "/home/me/shop/src/lamp.py"
OLD, NEW = "def light():\n    pass\n", "def light():\n    return 1\n"
ASKED = "Fix the lamp: it never burns, and the tests fail."
ENDED = "The lamp burns again: light() returns 1 now, because it returned nothing."
RAN = "3 passed in 0.12s"
PATCH = (
    "*** Begin Patch\n*** Update File: src/lamp.py\n@@\n def light():\n-    pass\n"
    "+    return 1\n*** End Patch\n"
)
CODEX = {"session_id": "s", "cwd": "/home/me/shop", "turn_id": "t"}
CURSOR = {"conversation_id": "s", "workspace_roots": ["/home/me/shop"]}
GEMINI = {"session_id": "s", "cwd": "/home/me/shop"}
OPENCODE = {"sessionID": "s", "directory": "/home/me/shop"}
COPILOT = {"sessionId": "s", "cwd": "/home/me/shop"}
OPENCLAW = {"context": {"sessionId": "s", "workspaceDir": "/home/me/shop"}}

# A prompt, an edit, a test that passes, and an answer, in the words of each host.
TURNS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "claude-code": [
        ("UserPromptSubmit", {**GEMINI, "prompt": ASKED}),
        (
            "PostToolUse",
            {
                **GEMINI,
                "tool_name": "Edit",
                "tool_input": {"file_path": LAMP, "old_string": OLD, "new_string": NEW},
                "tool_response": {"filePath": LAMP},
            },
        ),
        (
            "PostToolUse",
            {
                **GEMINI,
                "tool_name": "Bash",
                "tool_input": {"command": "pytest -q"},
                "tool_response": {"stdout": RAN, "stderr": ""},
            },
        ),
        ("Stop", {**GEMINI, "last_assistant_message": ENDED}),
    ],
    "codex": [
        ("UserPromptSubmit", {**CODEX, "prompt": ASKED}),
        (
            "PostToolUse",
            {
                **CODEX,
                "tool_name": "apply_patch",
                "tool_input": {"command": PATCH},
                "tool_response": "Success. Updated the following files:\nM src/lamp.py",
            },
        ),
        (
            "PostToolUse",
            {
                **CODEX,
                "tool_name": "Bash",
                "tool_input": {"command": "pytest -q"},
                "tool_response": RAN,
            },
        ),
        ("Stop", {**CODEX, "last_assistant_message": ENDED}),
    ],
    "cursor": [
        ("beforeSubmitPrompt", {**CURSOR, "prompt": ASKED}),
        (
            "afterFileEdit",
            {
                **CURSOR,
                "file_path": LAMP,
                "edits": [{"old_string": OLD, "new_string": NEW}],
            },
        ),
        ("afterShellExecution", {**CURSOR, "command": "pytest -q", "output": RAN}),
        ("afterAgentResponse", {**CURSOR, "text": ENDED}),
        ("stop", {**CURSOR, "status": "completed"}),
    ],
    "gemini": [
        ("BeforeAgent", {**GEMINI, "prompt": ASKED}),
        (
            "AfterTool",
            {
                **GEMINI,
                "tool_name": "replace",
                "tool_input": {"file_path": LAMP, "old_string": OLD, "new_string": NEW},
                "tool_response": {"llmContent": "Modified.", "returnDisplay": ""},
            },
        ),
        (
            "AfterTool",
            {
                **GEMINI,
                "tool_name": "run_shell_command",
                "tool_input": {"command": "pytest -q"},
                "tool_response": {"llmContent": RAN, "returnDisplay": RAN},
            },
        ),
        ("AfterAgent", {**GEMINI, "prompt": ASKED, "prompt_response": ENDED}),
    ],
    "opencode": [
        ("chat.message", {**OPENCODE, "prompt": ASKED}),
        (
            "tool.execute.after",
            {
                **OPENCODE,
                "tool": "edit",
                "args": {"filePath": LAMP, "oldString": OLD, "newString": NEW},
                "output": "",
            },
        ),
        (
            "tool.execute.after",
            {
                **OPENCODE,
                "tool": "bash",
                "args": {"command": "pytest -q"},
                "output": RAN,
                "metadata": {"exit": 0},
            },
        ),
        ("message.updated", {**OPENCODE, "text": ENDED}),
        ("session.idle", {**OPENCODE}),
    ],
    "copilot": [
        ("userPromptSubmitted", {**COPILOT, "prompt": ASKED}),
        (
            "postToolUse",
            {
                **COPILOT,
                "toolName": "edit",
                "toolArgs": json.dumps({"path": LAMP, "old_str": OLD, "new_str": NEW}),
                "toolResult": {"resultType": "success", "textResultForLlm": "Edited."},
            },
        ),
        (
            "postToolUse",
            {
                **COPILOT,
                "toolName": "bash",
                "toolArgs": {"command": "pytest -q"},
                "toolResult": {"resultType": "success", "textResultForLlm": RAN},
            },
        ),
        ("agentStop", {**COPILOT, "last_assistant_message": ENDED}),
    ],
    "openclaw": [
        ("before_prompt_build", {**OPENCLAW, "prompt": ASKED}),
        (
            "after_tool_call",
            {
                **OPENCLAW,
                "toolName": "edit",
                "params": {"path": LAMP, "oldText": OLD, "newText": NEW},
                "result": "ok",
            },
        ),
        (
            "after_tool_call",
            {
                **OPENCLAW,
                "toolName": "exec",
                "params": {"command": "pytest -q"},
                "result": {"content": [{"type": "text", "text": RAN}]},
            },
        ),
        ("agent_end", {**OPENCLAW, "last_assistant_message": ENDED}),
    ],
    "raw": [
        ("session-init", {**COPILOT, "prompt": ASKED}),
        (
            "file-edit",
            {
                **COPILOT,
                "filePath": LAMP,
                "edits": [{"old_string": OLD, "new_string": NEW}],
            },
        ),
        (
            "observation",
            {
                **COPILOT,
                "toolName": "Bash",
                "toolInput": {"command": "pytest -q"},
                "toolResponse": RAN,
            },
        ),
        ("summarize", {**COPILOT, "lastAssistantMessage": ENDED}),
    ],
}


@pytest.mark.parametrize("host", TURNS)
def test_the_same_work_is_the_same_memory_whoever_did_it(host: str) -> None:
    made = {
        name: observe(
            *(event(name, hook, at, **p) for at, (hook, p) in enumerate(turn))
        )
        for name, turn in ((n, TURNS[n]) for n in ("claude-code", host))
    }
    (expected,), (memory,) = made["claude-code"].memories, made[host].memories

    assert memory.files_modified == expected.files_modified == ("src/lamp.py",)
    told = ("type", "title", "narrative", "concepts")
    assert [getattr(memory, name) for name in told] == [
        getattr(expected, name) for name in told
    ]
    # A patch shows a change without the two lines side by side that an edit has.
    assert expected.facts[:2] == memory.facts[:2]
    assert host == "codex" or memory.facts == expected.facts


def test_a_patch_that_a_model_hands_to_the_shell_is_a_change_of_its_files() -> None:
    command = f"apply_patch <<'EOF'\n{PATCH}EOF"
    turn = list(TURNS["codex"])
    turn[1] = ("PostToolUse", {**turn[1][1], "tool_name": "Bash"})
    turn[1][1]["tool_input"] = {"command": command}
    made = observe(
        *(event("codex", hook, at, **p) for at, (hook, p) in enumerate(turn))
    )

    assert made.memories[0].files_modified == ("src/lamp.py",)


FAILURES: list[tuple[str, str, dict[str, Any]]] = [
    ("cursor", "postToolUseFailure", {"error_message": "timed out"}),
    ("cursor", "postToolUse", {"tool_output": '{"exitCode": 1, "output": "E501"}'}),
    ("gemini", "AfterTool", {"tool_response": {"error": {"message": "E501"}}}),
    ("gemini", "AfterTool", {"tool_response": {"error": "E501"}}),
    ("opencode", "tool.execute.after", {"output": "E501", "metadata": {"exit": 2}}),
    ("opencode", "message.part.updated", {"properties": {}}),
    ("copilot", "postToolUse", {"toolResult": {"resultType": "failure"}}),
    ("copilot", "PostToolUse", {"tool_result": {"result_type": "denied"}}),
    ("copilot", "postToolUseFailure", {"error": "E501"}),
    ("openclaw", "after_tool_call", {"error": "E501"}),
    ("raw", "observation", {"error": "E501"}),
]


@pytest.mark.parametrize(("host", "hook", "payload"), FAILURES)
def test_a_failure_is_told_from_a_success(
    host: str, hook: str, payload: dict[str, Any]
) -> None:
    assert capture(host, hook, **payload).event_type == "tool_failure"


SUCCESSES: list[tuple[str, str, dict[str, Any]]] = [
    ("cursor", "postToolUse", {"tool_output": '{"exitCode": 0}'}),
    ("cursor", "postToolUse", {"tool_output": "no JSON"}),
    ("gemini", "AfterTool", {"tool_response": {"error": None}}),
    ("gemini", "AfterTool", {"tool_response": {"llmContent": "ok"}}),
    ("opencode", "tool.execute.after", {"output": "ok", "metadata": {"exit": 0}}),
    ("copilot", "postToolUse", {"toolResult": {"resultType": "success"}}),
    ("openclaw", "after_tool_call", {"result": "ok"}),
    ("raw", "observation", {"error": ""}),
]


@pytest.mark.parametrize(("host", "hook", "payload"), SUCCESSES)
def test_a_success_is_told_from_a_failure(
    host: str, hook: str, payload: dict[str, Any]
) -> None:
    assert capture(host, hook, **payload).event_type == "tool_use"


@pytest.mark.parametrize("host", NAMES)
def test_a_host_never_replaces_what_was_said_by_what_it_adds(host: str) -> None:
    for hook, how in VOCABULARIES[host].host.hooks.items():
        said = dict.fromkeys(how.adds, "as it was said")
        kept = capture(host, hook, **said).payload

        assert isinstance(kept, dict)
        assert {name: kept[name] for name in said} == said


def test_two_prompts_in_one_turn_of_codex_are_two_events() -> None:
    first, second, again = (
        capture("codex", "UserPromptSubmit", **{**CODEX, "prompt": prompt})
        for prompt in ("Fix the lamp.", "And the fuse, please.", "Fix the lamp.")
    )
    keys = [
        event_key(one.in_project("p"), team_id=TEAM) for one in (first, second, again)
    ]

    assert keys[0] == keys[2] != keys[1]
    assert first.metadata["promptId"] == "t"


def test_no_identity_of_a_prompt_tells_what_it_says() -> None:
    ids = {
        capture(
            "codex", "UserPromptSubmit", **{**CODEX, "prompt": said}
        ).source_event_id
        for said in ("The key is a1b2.", "The key is c3d4.")
    }

    assert len(ids) == 1


def test_a_helper_of_openclaw_is_not_taken_for_the_agent_itself() -> None:
    payload = {"prompt": "x", "context": {"agentId": "main", "sessionId": "s"}}

    assert (
        "agentId" not in capture("openclaw", "before_prompt_build", **payload).metadata
    )


LONG = "x" * 129


@pytest.mark.parametrize("host", ["claude-code", "codex", "gemini", "raw"])
@pytest.mark.parametrize("odd", ["", LONG, 5, None, True, ["a"], {"a": 1}])
def test_an_agents_name_is_text_of_1_to_128_characters(host: str, odd: object) -> None:
    payload = {"session_id": "s", "agent_id": odd, "agent_type": "x" * 128}
    metadata = capture(host, "Stop", **payload).metadata

    assert metadata == {"agentType": "x" * 128}


@pytest.mark.parametrize("host", NAMES)
def test_no_payload_at_all_is_still_an_event(host: str) -> None:
    for hook in VOCABULARIES[host].host.hooks:
        assert capture(host, hook).occurred_at_epoch == NOW


@pytest.mark.parametrize("cwd", [None, "", 5, [], {}, True, "/a\0b"])
@pytest.mark.parametrize("host", ["codex", "gemini", "copilot", "raw"])
def test_a_folder_that_is_none_is_left_out_and_kept_raw(host: str, cwd: object) -> None:
    seen = capture(host, "SessionStart", cwd=cwd)

    assert seen.root_path is None
    assert seen.payload == {"cwd": cwd}


@pytest.mark.parametrize(
    "roots", [None, [], "x", [None], [5], {"0": "/a"}, [["/a"]], [""]]
)
def test_cursor_without_a_usable_root_has_the_folder_of_its_command(
    roots: object,
) -> None:
    payload = {"workspace_roots": roots, "cwd": "/home/me/shop"}
    roots_of_odd = "/a" if roots == {"0": "/a"} else "/home/me/shop"

    seen = capture("cursor", "afterShellExecution", **payload)
    assert seen.root_path == roots_of_odd


# -- what may be told ---------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("cat a.py", ("a.py",)),
        ("cat -n -A src/a.py 'src/b c.py'", ("src/a.py", "src/b c.py")),
        ("head -n 20 a.py", ("a.py",)),
        ("head -20 a.py", ("a.py",)),
        ("tail -c 5 a.py b.py", ("a.py", "b.py")),
        ("sed -n 1,20p a.py", ("a.py",)),
        ("sed -n -e 1,20p a.py", ("a.py",)),
        ("cat a.py | grep lamp", ("a.py",)),
        ("cat a.py && rm b.py", ("a.py",)),
        ("cat a.py > b.py", ("a.py",)),
        ("cat a.py a.py", ("a.py",)),
    ],
)
def test_codex_reads_a_file_by_a_command_that_prints_it(
    command: str, files: tuple[str, ...]
) -> None:
    given = {"tool_name": "Bash", "tool_input": {"command": command}}
    asked = asks("codex", "PreToolUse", **given)

    assert asked is not None
    assert (asked.moment, asked.files) == ("file", files)


@pytest.mark.parametrize(
    "command",
    ["rm a.py", "grep cat a.py", "make cat", "cat", "cat -n", "echo 'cat a.py", "", "x" * 9999],
)  # fmt: skip
def test_a_command_that_does_anything_else_reads_no_file(command: str) -> None:
    given = {"tool_name": "Bash", "tool_input": {"command": command}}

    assert asks("codex", "PreToolUse", **given) is None


def test_a_command_of_claude_code_is_not_looked_through() -> None:
    given = {"tool_name": "Bash", "tool_input": {"command": "cat a.py"}}

    assert asks("claude-code", "PreToolUse", **given) is None


@pytest.mark.parametrize("tool", ["read", "view", "cat", "read_file", "view_files"])
def test_an_mcp_tool_that_reads_names_its_files(tool: str) -> None:
    given = {
        "tool_name": f"mcp__files__{tool}",
        "tool_input": {"path": "a.py", "paths": ["b.py", 5, "c.py"]},
    }
    asked = asks("codex", "PreToolUse", **given)

    assert asked is not None
    assert asked.files == ("a.py", "b.py", "c.py")


@pytest.mark.parametrize("tool", ["read_mail", "reader", "readfile2", "review"])
def test_an_mcp_tool_whose_name_only_begins_so_reads_no_file(tool: str) -> None:
    given = {"tool_name": f"mcp__files__{tool}", "tool_input": {"path": "a.py"}}

    assert asks("codex", "PreToolUse", **given) is None


def test_a_patch_asks_about_the_files_that_it_changes() -> None:
    given = {"tool_name": "apply_patch", "tool_input": {"command": PATCH}}
    asked = asks("codex", "PreToolUse", **given)

    assert asked is not None
    assert asked.files == ("src/lamp.py",)


def test_codex_is_asked_about_by_what_a_command_printed() -> None:
    given = {"tool_name": "Bash", "tool_input": {"command": "make"}}
    asked = asks("codex", "PostToolUse", **given, tool_response="No rule for x")

    assert asked is not None
    assert (asked.moment, asked.command) == ("failure", "make")
    assert (asked.error, asked.output) == (None, "No rule for x")


@pytest.mark.parametrize(
    ("host", "hook", "payload"),
    [
        ("gemini", "AfterTool", {"tool_response": {"error": {"message": "E501"}}}),
        ("opencode", "tool.execute.after", {"output": "E501", "metadata": {"exit": 1}}),
        ("copilot", "postToolUseFailure", {"error": "E501"}),
        ("cursor", "postToolUse", {"tool_output": '{"exitCode":1,"output":"E501"}'}),
        ("raw", "observation", {"error": "E501"}),
    ],
)
def test_a_failure_asks_for_what_mended_it(
    host: str, hook: str, payload: dict[str, Any]
) -> None:
    asked = asks(host, hook, **payload)

    assert asked is not None
    assert (asked.moment, asked.error) == ("failure", "E501")


@pytest.mark.parametrize("host", ["gemini", "opencode", "cursor", "raw"])
def test_a_call_that_went_well_asks_for_nothing(host: str) -> None:
    hook = {"gemini": "AfterTool", "opencode": "tool.execute.after", "cursor": "postToolUse", "raw": "observation"}[host]  # fmt: skip
    payload = {"metadata": {"exit": 0}, "tool_response": {"llmContent": "ok"}}

    assert asks(host, hook, **payload) is None


ANSWERS = [
    ("codex", "SessionStart", {"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": "told"}, "systemMessage": "note"}),
    ("codex", "post_tool_use", {"hookSpecificOutput": {"hookEventName": "PostToolUse", "additionalContext": "told"}, "systemMessage": "note"}),
    ("codex", "Stop", {"systemMessage": "note"}),
    ("cursor", "beforeSubmitPrompt", {"continue": True}),
    ("cursor", "sessionStart", {"additional_context": "told"}),
    ("cursor", "stop", {}),
    ("gemini", "BeforeAgent", {"hookSpecificOutput": {"hookEventName": "BeforeAgent", "additionalContext": "told"}, "systemMessage": "note"}),
    ("windsurf", "pre_user_prompt", {}),
    ("copilot", "sessionStart", {"additionalContext": "told"}),
    ("copilot", "SessionStart", {"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": "told"}}),
    ("copilot", "postToolUseFailure", {"additionalContext": "told"}),
    ("opencode", "chat.message", {"context": "told", "note": "note"}),
    ("openclaw", "before_prompt_build", {"appendSystemContext": "told"}),
    ("raw", "context", {"context": "told", "note": "note"}),
]  # fmt: skip


@pytest.mark.parametrize(("host", "hook", "answer"), ANSWERS)
def test_a_host_is_answered_in_its_own_words(
    host: str, hook: str, answer: dict[str, Any]
) -> None:
    assert VOCABULARIES[host].answer(hook, "told", "note") == answer


@pytest.mark.parametrize("host", NAMES)
def test_no_host_is_asked_to_hide_anything(host: str) -> None:
    for row in golden(host):
        answer = VOCABULARIES[host].answer(row["hook"], "told", "note")
        assert "suppressOutput" not in json.dumps(answer)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)  # fmt: skip
FIELDS = [
    *("tool_info", "context", "edits", "toolArgs", "tool_output", "result_json", "cwd"),
    *("workspace_roots", "properties", "metadata", "args", "tool_name", "tool_input"),
    *("tool_response", "error", "prompt", "timestamp", "toolResult", "directory"),
]


@given(
    st.sampled_from(NAMES),
    st.data(),
    st.dictionaries(st.sampled_from(FIELDS), ODD),
)
def test_no_payload_is_refused_and_each_is_kept_whole(host, data, payload) -> None:
    vocabulary = VOCABULARIES[host]
    hook = data.draw(st.sampled_from([*vocabulary.host.hooks, "SomethingNew"]))
    seen = vocabulary.capture(hook, payload, received_at=NOW)
    vocabulary.asks(hook, payload)

    assert {name: seen.payload[name] for name in payload} == payload
    json.dumps(seen.to_wire())
