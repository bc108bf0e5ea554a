# SPDX-License-Identifier: Apache-2.0
"""Viewing: how a page in a browser comes by a key, without one in its address."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

from claude_mem_core.domain.access import NewKey, Principal
from claude_mem_core.domain.keys import ServerSecret
from claude_mem_core.domain.value import millis
from claude_mem_core.domain.viewing import (
    CODE_BYTES,
    CODE_LASTS,
    KEY,
    KEY_LASTS,
    ViewerCode,
    ViewerEntry,
    code_of,
)
from claude_mem_core.errors import UnauthenticatedError
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.services.access import still_counts
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.issuing import issued

MOST_CODES = 1_000
"""Codes that wait at once; the oldest give way."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    by: Principal
    until: int


class Viewing:
    """Codes that let a page in once, for a key that reads and soon ends.

    A code is kept as its hash, in this process alone, and for a minute: it is of no
    use to whoever reads the disk, and gone when the server stops.
    """

    def __init__(
        self, storage: Storage, audited: Audited, secret: ServerSecret | None = None
    ) -> None:
        self._storage = storage
        self._audited = audited
        self._system = audited.system
        self._secret = secret
        self._waiting: dict[str, _Waiting] = {}
        self._turn = threading.Lock()

    def invite(self, *, by: Principal) -> ViewerCode:
        """A code with which a page gets a key of the caller's team.

        Raises:
            ForbiddenError: The key would allow what the caller's own does not.
        """
        by.require_all(KEY.wanted)
        code, now = code_of(self._system.random_bytes(CODE_BYTES)), self._system.now()
        until = now + millis(CODE_LASTS)
        with self._turn:
            fresh = {k: v for k, v in self._waiting.items() if v.until > now}
            while len(fresh) >= MOST_CODES:
                del fresh[next(iter(fresh))]
            self._waiting = {**fresh, _hash(code): _Waiting(by, until)}
        return ViewerCode(code=code, expires_at_epoch=until)

    def enter(self, entry: ViewerEntry) -> NewKey:
        """The key for whoever shows a code; no code is good twice.

        Raises:
            UnauthenticatedError: It was shown before, is too old, or never was one;
                or the key of who asked for it counts no more. It does not say which.
        """
        with self._turn:
            found = self._waiting.pop(_hash(entry.code), None)
        if found is None or found.until <= self._system.now():
            raise _nobody()
        with self._storage.begin() as tx:
            if not self._counts(tx, found.by):
                raise _nobody()
            return issued(
                tx,
                # A page of a member's goes with them when they leave.
                KEY.changed(user_id=found.by.user_id),
                lasts=KEY_LASTS,
                by=found.by,
                audited=self._audited,
                secret=self._secret,
            )

    def _counts(self, tx: Transaction, by: Principal) -> bool:
        """Whether the key of who asked counts still, where they came with one."""
        if by.actor_type != "api_key" or by.actor_id is None:
            return True
        return still_counts(tx, by.actor_id, scope=by.scope, now=self._system.now())


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _nobody() -> UnauthenticatedError:
    return UnauthenticatedError(
        "the link was used before, or is older than a minute: "
        "run claude-mem viewer for a new one"
    )
