# SPDX-License-Identifier: Apache-2.0
"""Every generator of this package keeps what a generator promises."""

from __future__ import annotations

import pytest
from claude_mem_conformance.generator import GeneratorContract


class TestAnthropic(GeneratorContract):
    @pytest.fixture
    def generator(self, opened):
        return opened("anthropic")


class TestGemini(GeneratorContract):
    @pytest.fixture
    def generator(self, opened):
        return opened("gemini")


class TestOpenAi(GeneratorContract):
    @pytest.fixture
    def generator(self, opened):
        return opened("openai")


class TestAuto(GeneratorContract):
    @pytest.fixture
    def generator(self, opened):
        return opened("auto")
