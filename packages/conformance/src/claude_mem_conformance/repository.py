# SPDX-License-Identifier: Apache-2.0
"""The base of the contracts for what a storage holds."""

from __future__ import annotations

import pytest
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.contract import Contract


class RepositoryContract(Contract):
    """Records of one kind. The adapter's test gives the fixture `storage`."""

    @pytest.fixture
    def inhabited(self, storage: Storage) -> Storage:
        """The storage with the teams, projects, sessions and events of `samples`."""
        samples.inhabit(storage)
        return storage
