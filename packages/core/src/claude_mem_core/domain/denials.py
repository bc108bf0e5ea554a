# SPDX-License-Identifier: Apache-2.0
"""Requests that were refused, counted by the minute: they fill no disk."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import DENIED, AuditDeed
from claude_mem_core.domain.value import JsonObject, Name

AddressClass: TypeAlias = Literal["loopback", "private", "public", "unknown"]
"""From where a request came, as near as the log says."""

MINUTE = 60_000

MOST_KINDS = 256
"""Kinds of refusals of one minute that are told apart; the others are one."""


class Denial(NamedTuple):
    """A kind of refusal.

    Attributes:
        status: What was answered, such as 401, 403 or 429.
        origin: From where.
        by: The caller; None: nobody that is known.
        deed: What was asked for, by its name in the table of deeds.
    """

    status: int
    origin: AddressClass
    by: Principal | None = None
    deed: Name | None = None


class Denials:
    """The refusals since the last time that they were told."""

    def __init__(self) -> None:
        self._counts: Counter[Denial] = Counter()
        self._since = 0

    def add(self, denial: Denial, *, now: int) -> None:
        """Count one."""
        if not self._counts:
            self._since = now
        if denial not in self._counts and len(self._counts) >= MOST_KINDS:
            denial = Denial(denial.status, denial.origin)
        self._counts[denial] += 1

    def is_due(self, *, now: int) -> bool:
        """Whether there are some, and their minute is over."""
        return bool(self._counts) and not 0 <= now - self._since < MINUTE

    def taken(self) -> Iterator[tuple[AuditDeed, Principal | None]]:
        """What is to be told of them, and of whom; they are forgotten then."""
        counts, self._counts = self._counts, Counter()
        for denial, count in counts.items():
            project_id = denial.by.project_id if denial.by else None
            told: JsonObject = {
                "status": denial.status,
                "count": count,
                "from": denial.origin,
            }
            if denial.deed is not None:
                told["deed"] = denial.deed
            deed = AuditDeed(action=DENIED, project_id=project_id, metadata=told)
            yield deed, denial.by


def address_class(address: str | None) -> AddressClass:
    """What is told of an address: never the address itself."""
    try:
        known = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if known.is_loopback:
        return "loopback"
    return "private" if known.is_private else "public"
