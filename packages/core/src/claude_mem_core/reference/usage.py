# SPDX-License-Identifier: Apache-2.0
"""What teams used, in this process."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.ports.usage import UsageBook
from claude_mem_core.reference.state import State


class InProcessUsage(UsageBook):
    """What teams used."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def of(self, month: str, *, scope: Scope) -> Mapping[str, int]:
        return self._state.usage.get((scope.team_id, month), {})

    @override
    def count(self, month: str, used: Mapping[str, int], *, scope: Scope) -> None:
        before = self.of(month, scope=scope)
        kinds = {*before, *used}
        self._state.usage[scope.team_id, month] = {
            kind: before.get(kind, 0) + used.get(kind, 0) for kind in kinds
        }
