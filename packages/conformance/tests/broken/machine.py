# SPDX-License-Identifier: Apache-2.0
"""Storages that only a long story finds out."""

from __future__ import annotations

from contextlib import contextmanager

from claude_mem_conformance.machine import PATIENT, StorageMachineContract
from claude_mem_core.reference.storage import InProcessStorage
from hypothesis import Phase, settings

from broken.jobs import ALostLeaseCosts, AnyClaimWillDo, ManyAtATime
from broken.memories import OldWordsFind
from broken.registry import breaks

FOUND_IS_ENOUGH = settings(PATIENT, phases=[Phase.generate])


RECORDS = StorageMachineContract.test_its_records_are_those_of_a_model
WORK = StorageMachineContract.test_its_work_is_that_of_a_model


@breaks(RECORDS, "storage")
class MemoriesSurviveARollBack(InProcessStorage):
    @contextmanager
    def _begin(self):
        with super()._begin() as records:
            try:
                yield records
            except Exception:
                self._state.memories = dict(records.memories._state.memories)
                raise


@breaks(RECORDS, "memories")
class StaleWords(OldWordsFind):
    pass


@breaks(WORK, "jobs")
class StaleAttempts(ALostLeaseCosts):
    pass


@breaks(WORK, "jobs")
class TwoClaimsOfASession(ManyAtATime):
    pass


@breaks(WORK, "jobs")
class StaleClaims(AnyClaimWillDo):
    pass
