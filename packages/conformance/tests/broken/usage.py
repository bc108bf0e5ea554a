# SPDX-License-Identifier: Apache-2.0
"""Books of usage that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.usage import UsageContract
from claude_mem_core.reference.usage import InProcessUsage

from broken.registry import breaks


@breaks(UsageContract.test_a_month_tells_what_the_team_used, "usage")
class MonthsAreMixed(InProcessUsage):
    def of(self, month, *, scope):
        months = [m for t, m in self._state.usage if t == scope.team_id]
        return super().of(max(months, default=month), scope=scope)


@breaks(UsageContract.test_what_is_used_adds_up, "usage")
class TheLastCountWins(InProcessUsage):
    def count(self, month, used, *, scope):
        self._state.usage[scope.team_id, month] = {
            **self.of(month, scope=scope),
            **used,
        }
