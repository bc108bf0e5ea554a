# SPDX-License-Identifier: Apache-2.0
"""The settings of the HTTP front end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, TypeAlias

from claude_mem_core.settings import Settings
from pydantic import Field, field_validator

DEFAULT_PORT = 37877

AuthMode: TypeAlias = Literal["api-key", "local-dev"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.\-]*://[a-z0-9.\-\[\]:_]+")


class HttpSettings(Settings):
    """Where the server listens, and whom it lets in.

    Attributes:
        host: The address of this machine on which it listens; beyond loopback there
            must be a key besides this machine's token.
        port: The port there; 0 takes any free one.
        auth_mode: `local-dev` lets this machine read memories without a key.
        allowed_hosts: Names by which the server may be called, parted by commas,
            besides those of loopback and its address.
        cors_origins: Origins whose pages may ask, parted by commas, word for word.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65535)
    auth_mode: AuthMode = "api-key"
    allowed_hosts: str = ""
    cors_origins: str = ""

    @field_validator("host")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return str(ip_address(value))

    @field_validator("allowed_hosts")
    @classmethod
    def _are_names(cls, value: str) -> str:
        return _checked(value, _NAME, "a name without a scheme and a port")

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        return _checked(value, _ORIGIN, "an origin such as https://notes.example")

    @property
    def address(self) -> IPv4Address | IPv6Address:
        """The address on which it listens."""
        return ip_address(self.host)

    @property
    def names(self) -> frozenset[str]:
        """What `Host` may say besides the names of loopback, in lower case."""
        own = f"[{self.host}]" if self.address.version == 6 else self.host  # noqa: PLR2004 - IPv6
        bound = () if self.address.is_unspecified else (own,)
        return frozenset((*bound, *_parted(self.allowed_hosts)))

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may ask."""
        return frozenset(_parted(self.cors_origins))


def _parted(listed: str) -> Iterable[str]:
    return (name for part in listed.split(",") if (name := part.strip().lower()))


def _checked(listed: str, form: re.Pattern[str], wanted: str) -> str:
    for one in _parted(listed):
        if not form.fullmatch(one):
            raise ValueError(f"{one!r} is not {wanted}")
    return listed
