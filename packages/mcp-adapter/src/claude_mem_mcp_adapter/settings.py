# SPDX-License-Identifier: Apache-2.0
"""The settings of the MCP adapter."""

from __future__ import annotations

from claude_mem_core.settings import Settings
from pydantic import Field


class McpSettings(Settings):
    """Which tools are listed, and by whose key an own process asks.

    Attributes:
        mcp_observation_names: The tools are listed under the reference system's
            `observation_*` names too.
        api_key: The key of the caller over standard input; without it whoever may
            read the data folder acts with every right.
    """

    mcp_observation_names: bool = False
    api_key: str | None = Field(default=None, repr=False)
