# SPDX-License-Identifier: Apache-2.0
"""The settings of the HTTP front end."""

from __future__ import annotations

from claude_mem_core.settings import Settings
from pydantic import Field

DEFAULT_PORT = 37877


class HttpSettings(Settings):
    """Where the server listens.

    Attributes:
        port: The port on 127.0.0.1; 0 takes any free one.
    """

    port: int = Field(default=DEFAULT_PORT, ge=0, le=65535)
