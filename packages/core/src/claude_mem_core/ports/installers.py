# SPDX-License-Identifier: Apache-2.0
"""The port to the settings of coding agents, where hooks are put in."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from claude_mem_core.domain.installing import FileChange, HookTrial, Site


class AgentInstaller(Protocol):
    """One agent's files, read and changed so that it reports here.

    * planning changes nothing;
    * what is installed already is no change;
    * what it did not write itself stays, byte for byte;
    * a file that holds the key is private;
    * taken out of a file that was changed since, what others wrote stays.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The agent's name in addresses: `claude-code`."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The agent's name for people: `Claude Code`."""

    @property
    @abstractmethod
    def asks(self) -> frozenset[str]:
        """The scopes that its hooks and tools need of a key."""

    @abstractmethod
    def is_there(self, site: Site) -> bool:
        """Whether the agent was used on this machine."""

    @abstractmethod
    def install(self, site: Site) -> Sequence[FileChange]:
        """What is to be changed for it to report here; empty where it does.

        Raises:
            InvalidInputError: A file of the agent's cannot be read; it names it.
        """

    @abstractmethod
    def uninstall(self, site: Site) -> Sequence[FileChange]:
        """What is to be changed for it to report here no more.

        Raises:
            InvalidInputError: A file of the agent's cannot be read; it names it.
        """

    @abstractmethod
    def installed_key(self, site: Site) -> str | None:
        """The key that its hooks show now."""

    @abstractmethod
    def trial(self, site: Site) -> HookTrial:
        """The hook command of a session's start, as the installed files have it."""
