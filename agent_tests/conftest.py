# SPDX-License-Identifier: Apache-2.0
"""A desk for each story."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from clients import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A home with a running server, and agents that report to it."""
    one = Desk(tmp_path)
    try:
        one.claude_mem("server", "start", "--daemon")
        for agent in ("claude-code", "codex", "opencode", "gemini"):
            one.claude_mem("install", agent, "--yes")
        yield one
    finally:
        one.close()
