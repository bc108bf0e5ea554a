# SPDX-License-Identifier: Apache-2.0
"""The adapters within this process keep every promise."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from claude_mem_conformance.agents import VocabularyContract
from claude_mem_conformance.embedder import EmbedderContract
from claude_mem_conformance.generator import GeneratorContract
from claude_mem_conformance.limits import RateLimiterContract
from claude_mem_conformance.queue import QueueContract
from claude_mem_conformance.records import StorageContracts
from claude_mem_conformance.secrets import SecretDetectorContract
from claude_mem_conformance.system import SystemContract
from claude_mem_core.ports.secrets import SecretDetector
from claude_mem_core.reference.agents import PlainAgent
from claude_mem_core.reference.embedder import HashingEmbedder
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.limits import InProcessRateLimiter
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.system import RealSystem


class TestInProcessStorage(StorageContracts):
    @pytest.fixture
    def storage(self):
        return InProcessStorage(RealSystem())


class TestInProcessQueueEngine(QueueContract):
    @pytest.fixture
    def storage(self, system):
        return InProcessStorage(system)

    @pytest.fixture
    def engine(self, storage, system):
        return InProcessQueueEngine(storage, system, poll=timedelta(minutes=1))


class Numbers(SecretDetector):
    """As simple as a detector can be: the one of the guide."""

    name = "acme-token"
    words = ("acme_",)
    examples = ("acme_0123456789",)

    def find(self, text):
        return [found.span() for found in re.finditer(r"acme_\d{10}", text)]


class TestNumbers(SecretDetectorContract):
    @pytest.fixture
    def detector(self):
        return Numbers()


class TestPlainAgent(VocabularyContract):
    @pytest.fixture
    def vocabulary(self):
        return PlainAgent()


class TestRealSystem(SystemContract):
    @pytest.fixture
    def system(self):
        return RealSystem()


class TestRuleBasedGenerator(GeneratorContract):
    @pytest.fixture
    def generator(self):
        return RuleBasedGenerator()


class TestHashingEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        return HashingEmbedder()


class TestInProcessRateLimiter(RateLimiterContract):
    @pytest.fixture
    def limiter(self):
        return InProcessRateLimiter()
