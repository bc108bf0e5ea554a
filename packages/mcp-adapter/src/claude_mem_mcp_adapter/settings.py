# SPDX-License-Identifier: Apache-2.0
"""The settings of the MCP adapter."""

from __future__ import annotations

from pathlib import Path

from claude_mem_core.errors import ConfigurationError
from claude_mem_core.settings import Settings
from pydantic import Field


class McpSettings(Settings):
    """Which tools are listed, and by whose key an own process asks.

    Attributes:
        mcp_observation_names: The tools are listed under the reference system's
            `observation_*` names too.
        api_key: The key of the caller over standard input; without it whoever may
            read the data folder acts with every right.
        api_key_file: The file that has this key, where `api_key` is left out.
    """

    mcp_observation_names: bool = False
    api_key: str | None = Field(default=None, repr=False)
    api_key_file: Path | None = None

    @property
    def key(self) -> str | None:
        """The key of the caller over standard input.

        Raises:
            ConfigurationError: The file that has it cannot be read, or is empty: who
                was to have few rights must not get all of them for that.
        """
        if self.api_key is not None or self.api_key_file is None:
            return self.api_key
        try:
            key = self.api_key_file.expanduser().read_text("ascii").strip()
        except (OSError, ValueError) as error:
            raise _unread(self.api_key_file, str(error)) from error
        if not key:
            raise _unread(self.api_key_file, "it is empty")
        return key


def _unread(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"CLAUDE_MEM_API_KEY_FILE: {path} has no key: {why}; install the agent again "
        "with claude-mem install, or unset it"
    )
