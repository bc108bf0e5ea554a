# SPDX-License-Identifier: Apache-2.0
"""A storage that lasts is held to lasting."""

from __future__ import annotations

import pytest
from claude_mem_conformance.storage import StorageContract
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.system import RealSystem


class TestStorageThatLasts(StorageContract):
    @pytest.fixture
    def storage(self):
        return InProcessStorage(RealSystem())

    @pytest.fixture
    def reopen(self, storage):
        def reopened():
            again = InProcessStorage(RealSystem())
            again._state = storage._state
            return again

        return reopened


class TestStorageThatDoesNot(StorageContract):
    @pytest.fixture
    def storage(self):
        return InProcessStorage(RealSystem())

    def test_the_missing_ability_is_named(self, request):
        with pytest.raises(
            pytest.skip.Exception, match="the ability `Reopen` is missing"
        ):
            request.getfixturevalue("reopen")
