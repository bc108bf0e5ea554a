# SPDX-License-Identifier: Apache-2.0
"""Every format of transcripts that this distribution reads."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.ports.transcripts import TranscriptFormat

from claude_mem_agents.transcripts.claude_code import ClaudeCodeTranscripts
from claude_mem_agents.transcripts.codex import CodexTranscripts
from claude_mem_agents.transcripts.cursor import CursorTranscripts
from claude_mem_agents.transcripts.gemini import GeminiTranscripts
from claude_mem_agents.transcripts.opencode import OpenCodeTranscripts

FORMATS: Sequence[TranscriptFormat] = (
    ClaudeCodeTranscripts(),
    CodexTranscripts(),
    CursorTranscripts(),
    GeminiTranscripts(),
    OpenCodeTranscripts(),
)
