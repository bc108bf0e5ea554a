# SPDX-License-Identifier: Apache-2.0
"""A machine of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine without a server yet; a server that is left over is ended."""
    one = Machine(tmp_path / "data")
    yield one
    if one.server is not None:
        one.kill()
