# SPDX-License-Identifier: Apache-2.0
"""Every vocabulary here keeps the port's promises."""

from __future__ import annotations

import pytest
from claude_mem_agents.vocabulary import TableVocabulary
from claude_mem_conformance.agents import VocabularyContract
from hosts_seen import VOCABULARIES, payloads


class _OfHost(VocabularyContract):
    name: str

    @pytest.fixture
    def vocabulary(self) -> TableVocabulary:
        return VOCABULARIES[self.name]

    @pytest.fixture
    def hooks(self):
        known = VOCABULARIES[self.name].host.hooks
        # Where a host's word is ours already, nothing is brought into our words.
        return {
            hook: payload
            for hook, payload in payloads(self.name).items()
            if known[hook].event_type != hook
        }


class TestClaudeCode(_OfHost):
    name = "claude-code"


class TestCodex(_OfHost):
    name = "codex"


class TestCursor(_OfHost):
    name = "cursor"


class TestGemini(_OfHost):
    name = "gemini"


class TestOpenCode(_OfHost):
    name = "opencode"


class TestWindsurf(_OfHost):
    name = "windsurf"


class TestCopilot(_OfHost):
    name = "copilot"


class TestOpenClaw(_OfHost):
    name = "openclaw"


class TestRaw(_OfHost):
    name = "raw"
