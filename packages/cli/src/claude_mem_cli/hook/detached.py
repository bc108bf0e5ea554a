# SPDX-License-Identifier: Apache-2.0
"""Programs that are started and left alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence


def start(args: Sequence[str], env: Mapping[str, str]) -> None:
    """Start a `claude-mem` command in a session of its own, and wait for nothing."""
    nowhere = [
        (os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)
    ]
    command = [sys.executable, "-P", "-m", "claude_mem_cli", *args]
    try:
        os.posix_spawn(
            sys.executable, command, dict(env), file_actions=nowhere, setsid=True
        )
    except NotImplementedError:
        # Where a new session cannot be had, the host may end it with the hook.
        os.posix_spawn(sys.executable, command, dict(env), file_actions=nowhere)
