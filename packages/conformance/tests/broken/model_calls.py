# SPDX-License-Identifier: Apache-2.0

"""Books of model calls that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.model_calls import ModelCallContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.reference.jobs import InProcessJobs
from claude_mem_core.reference.model_calls import InProcessModelCalls

from broken.registry import breaks


@breaks(ModelCallContract.test_outside_the_scope_there_is_no_call, "model_calls")
class TheProjectLimitIsForgotten(InProcessModelCalls):
    def of_job(self, job_id, *, scope):
        return super().of_job(job_id, scope=Scope(scope.team_id))


@breaks(ModelCallContract.test_a_job_knows_its_calls, "model_calls")
class CallsAreSortedByName(InProcessModelCalls):
    def of_job(self, job_id, *, scope):
        return sorted(super().of_job(job_id, scope=scope), key=lambda one: one.id)


@breaks(ModelCallContract.test_the_latest_calls_of_a_provider, "model_calls")
class TheLatestIsByTheClock(InProcessModelCalls):
    def latest(self, provider, *, limit):
        known = super().latest(provider, limit=len(self._state.model_calls))
        return sorted(known, key=lambda one: -one.created_at_epoch)[:limit]


@breaks(ModelCallContract.test_what_was_spent_is_summed, "model_calls")
class FailuresCostNothing(InProcessModelCalls):
    def spent(self, *, since, team_id=None):
        known = self._state.model_calls
        self._state.model_calls = {
            name: call for name, call in known.items() if call.outcome == "ok"
        }
        try:
            return super().spent(since=since, team_id=team_id)
        finally:
            self._state.model_calls = known


@breaks(ModelCallContract.test_a_call_is_written_once, "model_calls")
class TheFirstCallIsOverwritten(InProcessModelCalls):
    def add(self, call):
        self._state.model_calls[call.id] = call


@breaks(ModelCallContract.test_what_was_spent_outlives_its_job, "jobs")
class PuttingInAnewIsFree(InProcessJobs):
    def add(self, job):
        calls = self._state.model_calls
        self._state.model_calls = {k: v for k, v in calls.items() if v.job_id != job.id}
        return super().add(job)
