# SPDX-License-Identifier: Apache-2.0

"""Books of context packs that each break one promise."""

from __future__ import annotations

from dataclasses import replace

from claude_mem_conformance.packs import PackContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.reference.packs import InProcessPacks

from broken.registry import breaks


@breaks(PackContract.test_outside_the_scope_nothing_was_told, "packs")
class TheProjectLimitIsForgottenInLists(InProcessPacks):
    def telling(self, item_id, *, scope):
        return super().telling(item_id, scope=Scope(scope.team_id))


@breaks(PackContract.test_a_receipt_is_found_by_its_id, "packs")
class TheProjectLimitIsForgottenForOne(InProcessPacks):
    def get(self, pack_id, *, scope):
        return super().get(pack_id, scope=Scope(scope.team_id))


@breaks(PackContract.test_a_memory_knows_the_packs_that_told_it, "packs")
class PacksAreSortedByName(InProcessPacks):
    def telling(self, item_id, *, scope):
        told = super().telling(item_id, scope=scope)
        return sorted(told, key=lambda one: one.id)


@breaks(PackContract.test_uses_become_feedback, "packs")
class NoDisappointmentIsHeard(InProcessPacks):
    def feedback(self, item_ids):
        known = super().feedback(item_ids)
        return {k: v for k, v in known.items() if not v.contradicted}


@breaks(PackContract.test_a_use_grows_old_by_newer_ones, "packs")
class NoUseFades(InProcessPacks):
    def _seen(self, item_id):
        return (replace(one, weeks=0) for one in super()._seen(item_id))


@breaks(PackContract.test_a_project_knows_what_it_was_told, "packs")
class TheLatestIsToldLast(InProcessPacks):
    def told_between(self, since, until, project_id, *, scope, limit):
        told = super().told_between(since, until, project_id, scope=scope, limit=limit)
        return sorted(told, key=lambda one: one.told_at_epoch)


@breaks(PackContract.test_a_use_answers_what_was_told_before_it, "packs")
class AnyUseAnswers(InProcessPacks):
    def _answers(self, receipt, item_id):
        return super()._answers(receipt.changed(told_at_epoch=0), item_id)


@breaks(PackContract.test_a_pack_told_again_is_one_receipt, "packs")
class TellingAgainIsNotCounted(InProcessPacks):
    def add(self, receipt):
        self._state.packs[receipt.id] = receipt


@breaks(PackContract.test_what_was_told_is_written_down, "packs")
class OnlySessionsAreWrittenDown(InProcessPacks):
    def add(self, receipt):
        if receipt.server_session_id is not None:
            super().add(receipt)


@breaks(PackContract.test_a_use_is_written_once, "packs")
class TheFirstUseIsOverwritten(InProcessPacks):
    def note(self, use):
        self._state.uses[use.id] = use
