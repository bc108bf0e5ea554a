# SPDX-License-Identifier: Apache-2.0
"""The book of model calls in this process."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.model_call import ModelCall, Spent
from claude_mem_core.errors import ConflictError
from claude_mem_core.ports.model_calls import ModelCallBook
from claude_mem_core.reference.projects import is_within
from claude_mem_core.reference.state import State


class InProcessModelCalls(ModelCallBook):
    """Calls of models."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def of_job(self, job_id: str, *, scope: Scope) -> Sequence[ModelCall]:
        return [
            call
            for call in self._state.model_calls.values()
            if call.job_id == job_id and is_within(self._state, call.project_id, scope)
        ]

    @override
    def latest(self, provider: str, *, limit: int) -> Sequence[ModelCall]:
        newest = reversed(list(self._state.model_calls.values()))
        return [call for call in newest if call.provider == provider][:limit]

    @override
    def spent(self, *, since: int, team_id: str | None = None) -> Spent:
        calls = [
            call
            for call in self._state.model_calls.values()
            if call.created_at_epoch >= since and team_id in (None, call.team_id)
        ]
        return Spent(
            calls=len(calls),
            input_tokens=sum(call.input_tokens for call in calls),
            output_tokens=sum(call.output_tokens for call in calls),
            cost_micro_usd=sum(call.cost_micro_usd or 0 for call in calls),
        )

    @override
    def add(self, call: ModelCall) -> None:
        if call.id in self._state.model_calls:
            raise ConflictError(f"the model call {call.id!r} is in the book already")
        self._state.model_calls[call.id] = call
