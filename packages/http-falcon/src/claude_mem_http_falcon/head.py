# SPDX-License-Identifier: Apache-2.0
"""What a request says before its body: enough to know whether it may come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

_OF_A_PROXY = frozenset({"FORWARDED", "VIA", "X-REAL-IP"})


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body.

    Attributes:
        method: In capitals.
        path: Without the query.
        peer: The address at the other end of the line.
        fields: Its header, by names in capitals.
    """

    method: str
    path: str
    peer: str
    fields: Mapping[str, str]

    def header(self, name: str) -> str | None:
        """A header field by its name; None when the request has none."""
        return self.fields.get(name.upper())

    @property
    def is_from_this_machine(self) -> bool:
        """Whether a program of this machine sent it, and passed on nobody else's."""
        return _is_loopback(self.peer) and not any(map(_is_forwarded, self.fields))


def _is_forwarded(name: str) -> bool:
    return name in _OF_A_PROXY or name.startswith("X-FORWARDED-")


def _is_loopback(peer: str) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        # How a socket for both families tells of an IPv4 peer.
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
