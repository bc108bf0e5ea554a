# SPDX-License-Identifier: Apache-2.0
"""Every format of transcripts here keeps the port's promises."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from claude_mem_agents.transcripts.claude_code import ClaudeCodeTranscripts
from claude_mem_agents.transcripts.codex import CodexTranscripts
from claude_mem_agents.transcripts.cursor import CursorTranscripts
from claude_mem_agents.transcripts.gemini import GeminiTranscripts
from claude_mem_agents.transcripts.opencode import OpenCodeTranscripts
from claude_mem_conformance.transcripts import TranscriptContract
from hosts_seen import NOW, VOCABULARIES

OWN = Path(__file__).parent / "transcripts" / "home"
CLAUDE = "7d0c4b6e-1111-4e52-9a57-0a2b8a3f1c10"
CODEX = "01a22674-3c77-70e3-abfb-7649f6506d78"
TURN = "01a22674-3c91-7a90-8529-62e2c7c383de"
OPENCODE = "ses_469cf929cffeBICghRNeI7BWy6"


class _OfHost(TranscriptContract):
    kind: type
    file: str
    hooks: tuple[tuple[str, dict[str, object]], ...] = ()

    @pytest.fixture
    def transcripts(self):
        return self.kind()

    @pytest.fixture
    def transcript(self, home: Path) -> Path:
        shutil.copytree(OWN, home, dirs_exist_ok=True)
        (path,) = home.glob(self.file)
        # What has no time of its own has that of the file.
        os.utime(path, (1_772_445_600, 1_772_445_600))
        return path

    @pytest.fixture
    def reported(self, transcripts):
        vocabulary = VOCABULARIES[transcripts.name]
        return [
            vocabulary.capture(hook, dict(payload), received_at=NOW)
            for hook, payload in self.hooks
        ]


class TestClaudeCode(_OfHost):
    kind = ClaudeCodeTranscripts
    file = f".claude/projects/*/{CLAUDE}.jsonl"
    hooks = (
        ("UserPromptSubmit", {"session_id": CLAUDE, "prompt_id": "p1"}),
        ("PostToolUseFailure", {"session_id": CLAUDE, "tool_use_id": "toolu_1"}),
        ("PostToolUse", {"session_id": CLAUDE, "tool_use_id": "toolu_2"}),
        (
            "Stop",
            {
                "session_id": CLAUDE,
                "prompt_id": "p1",
                "last_assistant_message": "Fixed: the lamp was off by default.",
            },
        ),
    )


class TestOldClaudeCode(_OfHost):
    kind = ClaudeCodeTranscripts
    file = ".claude/projects/*/5b1e0d2a-*.jsonl"
    hooks = (
        (
            "PostToolUse",
            {
                "session_id": "5b1e0d2a-2222-4c3d-8e4f-5a6b7c8d9e0f",
                "tool_use_id": "toolu_7",
            },
        ),
    )


class TestCodex(_OfHost):
    kind = CodexTranscripts
    file = ".codex/sessions/2026/*/*/*.jsonl"
    hooks = (
        (
            "UserPromptSubmit",
            {"session_id": CODEX, "turn_id": TURN, "prompt": "Make the lamp shine"},
        ),
        ("PostToolUse", {"session_id": CODEX, "tool_use_id": "call_1"}),
        (
            "Stop",
            {
                "session_id": CODEX,
                "turn_id": TURN,
                "last_assistant_message": "It shines now.",
            },
        ),
    )


class TestOldCodex(_OfHost):
    kind = CodexTranscripts
    file = ".codex/sessions/2025/*/*/*.jsonl"


class TestGemini(_OfHost):
    kind = GeminiTranscripts
    file = ".gemini/tmp/lamp/chats/*.jsonl"


class _Document(_OfHost):
    @pytest.fixture
    def lines(self):
        return False

    @pytest.fixture
    def stages(self, transcript: Path):
        data = transcript.read_bytes()
        return [b"", data[: len(data) // 2], data]


class TestGeminiDocument(_Document):
    kind = GeminiTranscripts
    file = ".gemini/tmp/lamp/chats/*.json"


OPENCODE_HOOKS = (
    ("chat.message", {"sessionID": OPENCODE, "messageID": "msg_1"}),
    (
        "tool.execute.after",
        {"sessionID": OPENCODE, "callID": "call_a", "metadata": {"exit": 0}},
    ),
)


class TestOpenCodeFolders(_Document):
    kind = OpenCodeTranscripts
    file = ".local/share/opencode/storage/session/*/*.json"
    hooks = OPENCODE_HOOKS


class TestOpenCodeExport(_Document):
    kind = OpenCodeTranscripts
    file = ".local/share/opencode/storage/session/*/export.json"
    hooks = OPENCODE_HOOKS

    @pytest.fixture
    def transcript(self, home: Path) -> Path:
        path = home / ".local/share/opencode/storage/session/abc/export.json"
        path.parent.mkdir(parents=True)
        shutil.copy(OWN / "exports" / "opencode.json", path)
        return path


class TestOpenCodeDatabase(_Document):
    kind = OpenCodeTranscripts
    hooks = OPENCODE_HOOKS

    @pytest.fixture
    def transcript(self, home: Path) -> Path:
        path = home / ".local/share/opencode/opencode.db"
        path.parent.mkdir(parents=True)
        stored = OWN / ".local" / "share" / "opencode" / "storage"
        with closing(sqlite3.connect(path)) as db:
            db.executescript(
                "CREATE TABLE session (id, directory, time_created);"
                "CREATE TABLE message (id, session_id, time_created, data);"
                "CREATE TABLE part (id, message_id, session_id, time_updated, data);"
            )
            session = (OPENCODE, "/home/me/lamp", 1)
            db.execute("INSERT INTO session VALUES (?, ?, ?)", session)
            for number, file in enumerate(sorted(stored.glob("message/*/*.json"))):
                message = (file.stem, OPENCODE, number, file.read_text())
                db.execute("INSERT INTO message VALUES (?, ?, ?, ?)", message)
            for file in stored.glob("part/*/*.json"):
                part = (file.stem, file.parent.name, OPENCODE, 5, file.read_text())
                db.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?)", part)
            db.commit()
        return path

    @pytest.fixture
    def stages(self, transcript: Path):
        # It is its owner's business to write it so that it can be read.
        return [transcript.read_bytes()]


class TestCursorAgent(_OfHost):
    kind = CursorTranscripts
    file = ".cursor/projects/*/agent-transcripts/*/*.jsonl"


class TestCursorExport(_Document):
    kind = CursorTranscripts

    @pytest.fixture
    def transcript(self, home: Path) -> Path:
        path = home / ".cursor/projects/lamp.md"
        path.parent.mkdir(parents=True)
        shutil.copy(OWN / "exports" / "cursor.md", path)
        return path

    @pytest.fixture
    def stages(self, transcript: Path):
        data = transcript.read_bytes()
        cut = data.index(b"---\n\n**User**\n\nWhy?")
        return [b"", data[:cut], data]


def test_a_rollout_tells_the_remote_of_its_folder(tmp_path: Path) -> None:
    git = {"repository_url": "git@example.invalid:me/lamp.git", "branch": "main"}
    begun = {"id": "s1", "cwd": "/home/ann/lamp", "git": git}
    message = {"type": "message", "role": "user"}
    asked = {**message, "content": [{"type": "input_text", "text": "Fix the lamp"}]}
    path = tmp_path / "rollout-s1.jsonl"
    at = "2026-03-02T10:00:00Z"
    records = (("session_meta", begun), ("response_item", asked))
    lines = [{"timestamp": at, "type": kind, "payload": one} for kind, one in records]
    path.write_text("".join(f"{json.dumps(one)}\n" for one in lines))

    (heard,) = CodexTranscripts().open(path).read()

    assert heard.remote == "git@example.invalid:me/lamp.git"
    assert heard.event.root_path == "/home/ann/lamp"
