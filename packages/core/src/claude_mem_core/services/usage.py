# SPDX-License-Identifier: Apache-2.0
"""Usage: what teams asked for and what models took for them, by months."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.limits import month_began, month_of
from claude_mem_core.domain.value import Epoch, Value
from claude_mem_core.errors import ClaudeMemError
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System

log = logging.getLogger(__name__)


class UsageReport(Value):
    """What a team used in a month.

    Attributes:
        since: When the month began, in UTC.
        usage: By kind: `request`, each deed by its name, and the tokens that models
            took and gave.
    """

    since: Epoch
    usage: Mapping[str, int]


class Usage:
    """The counts of this month; those of this process are written every few seconds.

    A killed process loses some seconds of them.
    """

    def __init__(self, storage: Storage, system: System) -> None:
        self._storage = storage
        self._system = system
        self._turn = threading.Lock()
        self._counted: Counter[tuple[str, str, str]] = Counter()
        self._known: dict[tuple[str, str], Mapping[str, int]] = {}

    def count(self, team_id: str, used: Mapping[str, int]) -> None:
        """Count something; it is written down later."""
        month = month_of(self._system.now())
        with self._turn:
            for kind, amount in used.items():
                self._counted[team_id, month, kind] += amount

    def report(self, *, by: Principal) -> UsageReport:
        """What the caller's team used this month."""
        since = month_began(self._system.now())
        return UsageReport(since=since, usage=self.of_month(by.team_id))

    def of_month(self, team_id: str) -> Mapping[str, int]:
        """What a team used this month, by kind, as far as this process knows.

        What other processes count is known some seconds later.
        """
        now = self._system.now()
        month = month_of(now)
        known = self._known.get((team_id, month))
        if known is None:
            known = self._read(team_id, now=now)
        with self._turn:
            own = {
                kind: amount
                for (team, when, kind), amount in self._counted.items()
                if (team, when) == (team_id, month)
            }
        kinds = sorted({*known, *own})
        return {kind: known.get(kind, 0) + own.get(kind, 0) for kind in kinds}

    def write_down(self) -> int:
        """Write down what was counted; how many counts that were.

        Where it cannot be done the log says so, and they wait for the next time.
        """
        with self._turn:
            counted, self._counted = self._counted, Counter()
        try:
            if counted:
                self._write(counted)
        except ClaudeMemError as error:
            log.warning("what was used is not noted for now: %s", error)
            with self._turn:
                self._counted.update(counted)
            return 0
        # Read anew by whoever asks next: others count too.
        self._known = {}
        return len(counted)

    def _write(self, counted: Counter[tuple[str, str, str]]) -> None:
        months: dict[tuple[str, str], dict[str, int]] = {}
        for (team_id, month, kind), amount in counted.items():
            months.setdefault((team_id, month), {})[kind] = amount
        with self._storage.begin() as tx:
            for (team_id, month), used in months.items():
                tx.usage.count(month, used, scope=Scope(team_id))

    def _read(self, team_id: str, *, now: int) -> Mapping[str, int]:
        month, since = month_of(now), month_began(now)
        with self._storage.read() as snapshot:
            stored = dict(snapshot.usage.of(month, scope=Scope(team_id)))
            spent = snapshot.model_calls.spent(since=since, team_id=team_id)
        if spent.calls:
            stored["inputTokens"] = spent.input_tokens
            stored["outputTokens"] = spent.output_tokens
        self._known[team_id, month] = stored
        return stored
