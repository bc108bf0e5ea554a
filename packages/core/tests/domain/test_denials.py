# SPDX-License-Identifier: Apache-2.0
"""Refusals are counted by the minute, and tell of no address."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.denials import (
    MINUTE,
    MOST_KINDS,
    AddressClass,
    Denial,
    Denials,
    address_class,
)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.2", "loopback"),
        ("192.168.1.9", "private"),
        ("fe80::1%eth0", "private"),
        ("93.184.216.34", "public"),
        ("2606:2800:220:1::1", "public"),
        ("localhost", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_is_told_by_its_class(
    address: str | None, told: AddressClass
) -> None:
    assert address_class(address) == told


def test_the_refusals_of_a_minute_are_one_row_a_kind() -> None:
    denials, by = Denials(), Principal(team_id="t", project_id="p", actor_id="key")
    for _ in range(100):
        denials.add(Denial(401, "loopback"), now=5)
    denials.add(Denial(403, "private", by, "memory.search"), now=6)
    assert not denials.is_due(now=5 + MINUTE - 1)
    assert denials.is_due(now=5 + MINUTE)
    (first, nobody), (second, who) = denials.taken()
    assert first.metadata == {"status": 401, "count": 100, "from": "loopback"}
    assert nobody is None
    assert second.metadata["deed"] == "memory.search"
    assert (second.project_id, who) == ("p", by)
    assert not denials.is_due(now=10 * MINUTE)


def test_a_clock_that_is_set_back_keeps_none_of_them_for_ever() -> None:
    denials = Denials()
    denials.add(Denial(401, "loopback"), now=5)
    assert denials.is_due(now=4)


def test_many_kinds_become_one() -> None:
    denials = Denials()
    for number in range(MOST_KINDS + 50):
        by = Principal(team_id=f"t{number}")
        denials.add(Denial(403, "public", by), now=0)
    told = list(denials.taken())
    assert len(told) == MOST_KINDS + 1
    assert sum(int(str(deed.metadata["count"])) for deed, _ in told) == MOST_KINDS + 50
