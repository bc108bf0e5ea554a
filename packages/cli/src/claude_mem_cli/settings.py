# SPDX-License-Identifier: Apache-2.0
"""The settings of the command itself."""

from __future__ import annotations

from claude_mem_core.settings import Settings


class ClientSettings(Settings):
    """What the user says to every command at once.

    Attributes:
        project: The project that is meant, by its name, slug or id, in every folder.
    """

    project: str | None = None
