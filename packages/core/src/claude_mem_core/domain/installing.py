# SPDX-License-Identifier: Apache-2.0
"""What installing into a coding agent would change, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from claude_mem_core.domain.scopes import KeyRole, besides

KEY_ROLE: Final[KeyRole] = "agent"
"""The role of the key that an agent's hooks and tools show."""

KEY_ADDS: Final = ("memories:write",)
"""What it allows besides: by the tools an agent keeps what it is asked to remember."""

KEY_ALLOWS: Final = besides(KEY_ROLE, KEY_ADDS)
"""All that it allows."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where an agent's files are, and what is put into them.

    Attributes:
        home: The user's home folder.
        project: The folder of the project that it is for; None: for all of the user's.
        folder: The data folder.
        python: The interpreter that has the hook command.
        key: What the hooks show to the server; None where none is made yet.
    """

    home: Path
    project: Path | None
    folder: Path
    python: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file as it is, and as it is to be.

    Attributes:
        path: The file.
        before: What it holds; None where it is not there.
        after: What it is to hold; None: it goes.
        is_private: Whether only its owner may read it.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class HookTrial:
    """What an agent runs at the start of a session.

    Attributes:
        command: The program and its arguments.
        env: What the agent's own settings add to its environment.
    """

    command: Sequence[str]
    env: Mapping[str, str]
