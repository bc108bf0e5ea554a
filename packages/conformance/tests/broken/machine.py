# SPDX-License-Identifier: Apache-2.0
"""Storages that only a long story finds out."""

from __future__ import annotations

from contextlib import contextmanager

from claude_mem_conformance.machine import PATIENT, StorageMachineContract
from claude_mem_core.reference.storage import InProcessStorage
from hypothesis import Phase, settings

from broken.jobs import ALostLeaseCosts, ManyAtATime
from broken.memories import OldWordsFind
from broken.registry import breaks

FOUND_IS_ENOUGH = settings(PATIENT, phases=[Phase.generate])


def _breaks(part):
    return breaks(StorageMachineContract.test_it_does_what_the_model_does, part)


@_breaks("storage")
class MemoriesSurviveARollBack(InProcessStorage):
    @contextmanager
    def _begin(self):
        with super()._begin() as records:
            try:
                yield records
            except Exception:
                self._state.memories = dict(records.memories._state.memories)
                raise


@_breaks("memories")
class StaleWords(OldWordsFind):
    pass


@_breaks("jobs")
class StaleAttempts(ALostLeaseCosts):
    pass


@_breaks("jobs")
class TwoClaimsOfASession(ManyAtATime):
    pass
