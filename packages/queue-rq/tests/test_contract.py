# SPDX-License-Identifier: Apache-2.0
"""The engine on Redis keeps every promise of its ports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from claude_mem_conformance.own_workers import OwnWorkersContract
from claude_mem_conformance.queue import QueueContract
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_queue_rq.queue import RqQueueEngine


class TestRqQueueEngine(QueueContract, OwnWorkersContract):
    @pytest.fixture
    def storage(self, system):
        return InProcessStorage(system)

    @pytest.fixture
    def engine(self, storage, system, address):
        return RqQueueEngine(storage, system, address, poll=timedelta(minutes=1))
